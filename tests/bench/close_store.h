/* Close store: a store with one big month, made from a seed, at the end of that month.
 *
 * Rows go straight into the tables, but they are what the use cases would have left behind: audit_store finds
 * nothing to say. Only the audit trail and devices are not there. Per million licences: a thousand providers,
 * ten thousand customers, three million events, all in CLOSE_MONTH, and 400 SKUs of eight vendors. Customers
 * are of very different sizes, a provider keeps an assortment, popular SKUs are in most of them. Every edge
 * has prices; all metering policies, tier modes and terms are among them.
 *
 * A filled store is kept for later benchmarks where SEATMETER_BENCH_STORES names a directory (script/bench
 * fill does). Nobody changes a kept store: who writes takes a copy (place_copy). */
#ifndef SEATMETER_TESTS_BENCH_CLOSE_STORE_H
#define SEATMETER_TESTS_BENCH_CLOSE_STORE_H

#include "bench_places.h"

#include "core/time/date.h"
#include "programme/call/call.h"

#define CLOSE_MONTH "2026-10"
#define CLOSE_TIME_ZONE "America/New_York"

enum { CLOSE_STORE_MIN = 100, CLOSE_STORE_MAX = 10000000 };

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

/* A store of so many licences: the kept one, else one that is made now. What goes wrong ends the program with
 * a message. */
struct close_store {
    struct place place;
    bool is_kept;
};

struct close_store close_store_open(enum db_engine engine, int64_t licences);
void close_store_leave(const struct close_store *store); /* drops it unless it is kept */

/* Makes the store that is kept, where there is none yet. */
struct close_store close_store_keep(enum db_engine engine, int64_t licences);

/* After the month: every provider has reported it and the distributor has approved. In a transaction. */
enum status close_store_report(struct call *call, int64_t licences, struct fault *fault) MUST_CHECK;

#endif
