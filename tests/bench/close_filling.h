/* What the parts of the close store share while it is filled: who there is, drawn first, and how rows go out.
 */
#ifndef SEATMETER_TESTS_BENCH_CLOSE_FILLING_H
#define SEATMETER_TESTS_BENCH_CLOSE_FILLING_H

#include "close_store.h"

#include "core/base/rng.h"

enum {
    VENDORS = 8,
    SKUS = 400,
    ASSORTMENT = 40, /* SKUs of a provider */
    PALETTE_MIN = 6, /* SKUs of a customer */
    PALETTE_MAX = 26,
    DISTRIBUTOR = 1,
    FIRST_VENDOR = 2,
    FIRST_PROVIDER = FIRST_VENDOR + VENDORS
};

struct customer {
    int64_t provider; /* from 0 */
    int palette_size;
    uint16_t palette[PALETTE_MAX]; /* places in the provider's assortment */
};

struct filling {
    struct call *call;
    struct close_store_size size;
    struct rng rng;
    struct arena arena; /* everything but rows on their way */
    struct arena row;
    int64_t row_count;
    struct month month;
    int64_t m0_us;
    int64_t m1_us;
    uint16_t (*assortments)[ASSORTMENT]; /* per provider: SKUs from 0 */
    struct customer *customers;
    uint32_t *customer_draws; /* a customer as often as it is likely */
    size_t customer_draw_count;
};

static const int64_t FILLING_DAY_US = INT64_C(86400) * 1000000;

/* A row's text of a number, until some thousand rows later. */
struct db_value filling_words(struct filling *filling, const char *format, int64_t number);

enum status filling_put(struct filling *filling, struct db_bulk *bulk, const struct db_value *values,
                        struct fault *fault) MUST_CHECK;

/* Ends the bulk (NULL where it did not start) and passes `status` on. */
enum status filling_end(struct db_bulk *bulk, enum status status, struct fault *fault) MUST_CHECK;

/* Takes numbers 1 to `count` of a counter that is new. */
enum status filling_count(struct filling *filling, const char *counter, int64_t count,
                          struct fault *fault) MUST_CHECK;

/* The parts, in their order. */
enum status filling_trade(struct filling *filling, struct fault *fault) MUST_CHECK;
enum status filling_prices(struct filling *filling, struct fault *fault) MUST_CHECK;
enum status filling_licences(struct filling *filling, struct fault *fault) MUST_CHECK;

/* What follows the month, from a filling that has just begun. */
enum status filling_reports(struct filling *filling, struct fault *fault) MUST_CHECK;

#endif
