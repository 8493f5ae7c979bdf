/* Close store: a store with one big month that waits for its close, made from a seed.
 *
 * Rows go straight into the tables, but they are what the use cases would have left behind: audit_store finds
 * nothing to say. Per million licences: a thousand providers, ten thousand customers, three million events,
 * all in CLOSE_MONTH, and 400 SKUs of eight vendors. Customers are of very different sizes, a provider keeps
 * an assortment, popular SKUs are in most of them. Every edge has prices; all metering policies, tier modes
 * and terms are among them. */
#ifndef SEATMETER_TESTS_BENCH_CLOSE_STORE_H
#define SEATMETER_TESTS_BENCH_CLOSE_STORE_H

#include "core/time/date.h"
#include "programme/call/call.h"

#define CLOSE_MONTH "2026-10"
#define CLOSE_TIME_ZONE "America/New_York"

struct close_store_size {
    int64_t licences;
    int64_t events;
    int64_t providers;
    int64_t customers;
};

struct close_store_size close_store_size_of(int64_t licences);

/* The month's start and end in CLOSE_TIME_ZONE, where all events lie. */
enum status close_store_month(struct month *month, int64_t *m0_us, int64_t *m1_us,
                              struct fault *fault) MUST_CHECK;

/* Fills the empty, migrated store of `call`, in one transaction. */
enum status close_store_fill(struct call *call, struct close_store_size size, uint64_t seed,
                             struct fault *fault) MUST_CHECK;

#endif
