/* Metrics: what the server counts, as Prometheus text. Counters are atomic; nothing is locked. */
#ifndef SEATMETER_WEB_METRICS_H
#define SEATMETER_WEB_METRICS_H

#include "core/base/text.h"
#include "http/http_handler.h"
#include "web/route.h"

#include <stdatomic.h>
#include <stdint.h>

enum { METRICS_ROUTES_MAX = 160, METRICS_STATUSES = 29, METRICS_BUCKETS = 12 };

struct metrics_route {
    atomic_llong responses[METRICS_STATUSES]; /* by status; the last for any other */
    atomic_llong buckets[METRICS_BUCKETS + 1];
    atomic_llong duration_us;
};

struct metrics {
    struct metrics_route routes[METRICS_ROUTES_MAX + 1]; /* the first: requests of no route */
    atomic_llong in_flight;
    atomic_llong waiting; /* for a worker */
    struct http_shared_counters http;
    atomic_llong db_errors;
    atomic_llong limited; /* refused by a rate limit */
    int64_t started_at_s;
};

/* `route_index` is −1 for a request that found none. */
void metrics_count(struct metrics *metrics, int route_index, int http_status, int64_t duration_us);

/* The counters of the routes, which are those of the table, and of the server. */
struct text metrics_format(struct arena *arena, const struct metrics *metrics,
                           const struct route_table *routes);

#endif
