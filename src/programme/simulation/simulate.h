/* Simulate: a seeded programme that is set up and lived through in an empty store.
 *
 * Vendors with a catalogue, a distributor, sub-distributors, providers, customers and their licences, with
 * the churn of real ones: licences are turned on, off and on again, resized and retired, customers drop out,
 * agreements are suspended and resumed, months are reported, approved, closed and paid. Everything goes
 * through the same use cases as a person's work, at the simulation's own instants, so that a year passes in
 * seconds; one seed always gives the same world. */
#ifndef SEATMETER_PROGRAMME_SIMULATION_SIMULATE_H
#define SEATMETER_PROGRAMME_SIMULATION_SIMULATE_H

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
    bool rich; /* also several zones and currencies, bundles, terms of prices, adjusted reports, charges
                  and corrections; else UTC and the programme's currency alone */
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

/* A store without a programme is initialised first; one with more than its distributor is fault
 * "store-not-empty". Other faults: "malformed-number", "malformed-month". */
enum status simulate(struct call *call, const struct simulate_input *input, struct simulate_result *result,
                     struct fault *fault) MUST_CHECK;

#endif
