/* Label values are patterns and numbers of ours, never what a client sent, so their number is bounded. */
#include "web/metrics.h"

#include "core/base/buffer.h"

#include <assert.h>
#include <stdio.h>

static const int STATUSES[METRICS_STATUSES - 1] = {200, 201, 202, 204, 304, 400, 401, 403, 404, 405,
                                                   406, 408, 409, 411, 412, 413, 414, 415, 422, 428,
                                                   429, 431, 499, 500, 501, 503, 505, 507};
static const int64_t BUCKETS_US[METRICS_BUCKETS] = {1000,   2500,   5000,   10000,   25000,   50000,
                                                    100000, 250000, 500000, 1000000, 2500000, 10000000};
static const char *const BUCKET_LABELS[METRICS_BUCKETS] = {
    "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "10"};

void metrics_count(struct metrics *metrics, int route_index, int http_status, int64_t duration_us) {
    assert(route_index >= -1 && route_index < METRICS_ROUTES_MAX);
    struct metrics_route *route = &metrics->routes[route_index + 1];
    int status = 0;
    while (status < METRICS_STATUSES - 1 && STATUSES[status] != http_status) {
        status++;
    }
    int bucket = 0;
    while (bucket < METRICS_BUCKETS && duration_us > BUCKETS_US[bucket]) {
        bucket++;
    }
    atomic_fetch_add_explicit(&route->responses[status], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&route->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&route->duration_us, duration_us, memory_order_relaxed);
}

static long long read_counter(const atomic_llong *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* A metric with one value. */
static void add_single(struct buffer *out, const char *name, const char *type, const char *help,
                       long long value) {
    buffer_add_format(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name, value);
}

/* The labels of the counters at `index`: of no route, or of the route before it in the table. */
static struct text route_labels(struct arena *arena, const struct route_table *routes, size_t index) {
    if (index == 0) {
        return TEXT("method=\"other\",route=\"none\"");
    }
    const struct route *route = route_table_at(routes, index - 1);
    return text_format(arena, "method=\"%s\",route=\"%s\"", method_name(route->method), route->pattern);
}

static void add_responses(struct buffer *out, const struct metrics_route *route, struct text labels) {
    for (size_t s = 0; s < METRICS_STATUSES; s++) {
        long long responses = read_counter(&route->responses[s]);
        char status[8] = "other";
        if (s < METRICS_STATUSES - 1) {
            snprintf(status, sizeof status, "%d", STATUSES[s]);
        }
        if (responses > 0) {
            buffer_add_format(out, "seatmeter_http_requests_total{%.*s,status=\"%s\"} %lld\n",
                              TEXT_ARGS(labels), status, responses);
        }
    }
}

static void add_durations(struct buffer *out, const struct metrics_route *route, struct text labels) {
    long long below[METRICS_BUCKETS + 1];
    long long total = 0;
    for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
        total += read_counter(&route->buckets[b]);
        below[b] = total;
    }
    if (total == 0) {
        return;
    }
    for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
        buffer_add_format(out, "seatmeter_http_request_duration_seconds_bucket{%.*s,le=\"%s\"} %lld\n",
                          TEXT_ARGS(labels), b < METRICS_BUCKETS ? BUCKET_LABELS[b] : "+Inf", below[b]);
    }
    long long us = read_counter(&route->duration_us);
    buffer_add_format(out, "seatmeter_http_request_duration_seconds_sum{%.*s} %lld.%06lld\n",
                      TEXT_ARGS(labels), us / 1000000, us % 1000000);
    buffer_add_format(out, "seatmeter_http_request_duration_seconds_count{%.*s} %lld\n", TEXT_ARGS(labels),
                      total);
}

static void add_routes(struct buffer *out, const struct metrics *metrics, const struct route_table *routes) {
    size_t count = route_table_count(routes);
    buffer_add(out, TEXT("# HELP seatmeter_http_requests_total Requests answered.\n"
                         "# TYPE seatmeter_http_requests_total counter\n"));
    for (size_t i = 0; i <= count; i++) {
        add_responses(out, &metrics->routes[i], route_labels(out->arena, routes, i));
    }
    buffer_add(out, TEXT("# HELP seatmeter_http_request_duration_seconds From the request line to the end of "
                         "the answer.\n"
                         "# TYPE seatmeter_http_request_duration_seconds histogram\n"));
    for (size_t i = 0; i <= count; i++) {
        add_durations(out, &metrics->routes[i], route_labels(out->arena, routes, i));
    }
}

struct text metrics_format(struct arena *arena, const struct metrics *metrics,
                           const struct route_table *routes) {
    struct buffer out = {.arena = arena};
    add_routes(&out, metrics, routes);
    add_single(&out, "seatmeter_http_requests_in_flight", "gauge", "Requests begun and not yet answered.",
               read_counter(&metrics->in_flight));
    add_single(&out, "seatmeter_http_requests_waiting", "gauge", "Requests that wait for a worker.",
               read_counter(&metrics->waiting));
    add_single(&out, "seatmeter_http_connections", "gauge", "Open connections.",
               read_counter(&metrics->http.connections));
    add_single(&out, "seatmeter_http_evicted_total", "counter",
               "Connections closed, the longest idle or slow ones, so that others find a place.",
               read_counter(&metrics->http.evicted));
    add_single(&out, "seatmeter_http_turned_away_total", "counter",
               "Connections turned away: too many, of all or of one address.",
               read_counter(&metrics->http.turned_away));
    add_single(&out, "seatmeter_http_malformed_total", "counter",
               "Requests refused as no HTTP or as too large.", read_counter(&metrics->http.malformed));
    add_single(&out, "seatmeter_http_limited_total", "counter", "Requests refused by a rate limit.",
               read_counter(&metrics->limited));
    add_single(&out, "seatmeter_db_errors_total", "counter", "Requests that failed at the database.",
               read_counter(&metrics->db_errors));
    add_single(&out, "process_start_time_seconds", "gauge", "When the process began, in Unix time.",
               metrics->started_at_s);
    buffer_add_format(&out,
                      "# HELP seatmeter_build_info The program that answers.\n"
                      "# TYPE seatmeter_build_info gauge\nseatmeter_build_info{version=\"%s\"} 1\n",
                      SEATMETER_VERSION);
    return buffer_text(&out);
}
