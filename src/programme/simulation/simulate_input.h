/* Simulation's input: how large a world is wanted, and what came of it. */
#ifndef SEATMETER_PROGRAMME_SIMULATION_SIMULATE_INPUT_H
#define SEATMETER_PROGRAMME_SIMULATION_SIMULATE_INPUT_H

#include "programme/call/call.h"

#include <stdbool.h>

enum { SIMULATE_PROVIDERS_MAX = 10000, SIMULATE_LICENCES_MAX = 10000000, SIMULATE_MONTHS_MAX = 120 };

struct simulate_input {
    uint64_t seed;
    int64_t providers; /* 1 or more */
    int64_t customers; /* at least as many as providers */
    int64_t licences;
    int64_t months;
    struct text from; /* the first month; empty: 2026-01 or, with until_now, so that the last one runs now */
    bool until_now;   /* the last month is lived through up to call->now_us and stays open */
    bool no_close;    /* the last month is reported and approved, not closed */
    bool rich; /* also several zones and currencies, bundles, terms of prices, adjusted reports, charges,
                  corrections, amendments, moves and late changes; else UTC and the programme's currency alone
                */
};

struct simulate_result {
    int64_t accounts;
    int64_t skus;
    int64_t licences;
    int64_t events; /* in the log, at the end */
    int64_t invoices;
    int64_t lines;
    int64_t months_closed;
};

#endif
