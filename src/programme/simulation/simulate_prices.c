#include "programme/simulation/simulate_prices.h"

#include "programme/catalogue/import_prices.h"

#include <assert.h>

struct csv_writer simulate_prices_begin(struct sim *sim) {
    static const char *const HEADER[] = {"sku",         "currency",  "effective_from", "policy",
                                         "tier_mode",   "tier_from", "unit_price",     "minimum",
                                         "free_months", "trial_end", "not_for_resale"};
    struct csv_writer csv;
    csv_writer_init(&csv, sim->call->arena);
    for (size_t i = 0; i < sizeof HEADER / sizeof HEADER[0]; i++) {
        csv_write(&csv, text_of(HEADER[i]));
    }
    csv_end_row(&csv);
    return csv;
}

void simulate_price_write(struct sim *sim, struct rng *rng, struct csv_writer *csv, struct sim_price price) {
    static const int64_t TIER_FROM[] = {1, 11, 51};
    static const int64_t TIER_PERCENT[] = {100, 90, 75};
    struct arena *arena = sim->call->arena;
    enum metering_policy policy = (enum metering_policy)rng_below(rng, 4);
    enum tier_mode mode = (enum tier_mode)rng_below(rng, 3);
    uint64_t terms = sim->input->rich ? rng_below(rng, 20) : 20;
    struct date trial_end = {price.from.day + 40};
    for (int tier = 0; tier < (mode == TIER_FLAT ? 1 : 3); tier++) {
        int64_t unit = terms == 3 ? 0 : price.unit_millionths * TIER_PERCENT[tier] / 100;
        csv_write(csv, price.sku);
        csv_write(csv, price.currency);
        csv_write(csv, date_format(arena, price.from));
        csv_write(csv, text_of(metering_policy_name(policy)));
        csv_write(csv, text_of(tier_mode_name(mode)));
        csv_write_int(csv, TIER_FROM[tier]);
        csv_write(csv, decimal_format(arena, unit, 6));
        csv_write_int(csv, terms == 0 && price.is_own ? 25 : 0); /* minimum */
        csv_write_int(csv, terms == 1 ? 2 : 0);                  /* free_months */
        csv_write(csv, terms == 2 ? date_format(arena, trial_end) : TEXT(""));
        csv_write(csv, terms == 3 ? TEXT("1") : TEXT("0")); /* not_for_resale */
        csv_end_row(csv);
    }
}

enum status simulate_prices_import(struct sim *sim, struct text seller, struct text buyer,
                                   const struct csv_writer *csv, struct fault *fault) {
    struct import_prices_input input = {.seller = seller, .buyer = buyer, .content = csv_written(csv)};
    struct import_prices_result result;
    struct import_problems problems = {0};
    TRY(import_prices(sim->call, &input, &result, &problems, fault));
    assert(result.prices == result.prices_added); /* each list is imported once */
    return STATUS_OK;
}
