/* Simulation's prices: lists of them as CSV, as people import them. */
#ifndef SEATMETER_PROGRAMME_SIMULATION_SIMULATE_PRICES_H
#define SEATMETER_PROGRAMME_SIMULATION_SIMULATE_PRICES_H

#include "core/base/csv.h"
#include "programme/simulation/simulate_world.h"

struct sim_price {
    struct text sku;
    struct text currency;
    struct date from;
    int64_t unit_millionths;
    bool is_own; /* a buyer's own: it may have a minimum */
};

/* The list's header, in the call's arena. */
struct csv_writer simulate_prices_begin(struct sim *sim);

/* One price's rows: policy and tier mode by chance, so that every pair of them is in use. */
void simulate_price_write(struct sim *sim, struct rng *rng, struct csv_writer *csv, struct sim_price price);

/* Imports the list, none of which is there yet. `buyer` empty: standard prices. */
enum status simulate_prices_import(struct sim *sim, struct text seller, struct text buyer,
                                   const struct csv_writer *csv, struct fault *fault) MUST_CHECK;

#endif
