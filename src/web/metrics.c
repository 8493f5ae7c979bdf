/* Label values are patterns and numbers of ours, never what a client sent, so their number is bounded. */
#include "web/metrics.h"

#include "web/router.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const int STATUSES[METRICS_STATUSES - 1] = {200, 201, 204, 304, 400, 401, 403, 404, 405,
                                                   406, 408, 409, 411, 412, 413, 414, 415, 422,
                                                   428, 429, 431, 499, 500, 501, 503, 505, 507};
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
    atomic_fetch_add_explicit(&route->answers[status], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&route->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&route->duration_us, duration_us, memory_order_relaxed);
}

struct buffer {
    struct arena *arena;
    char *at;
    size_t length;
    size_t capacity;
};

static void put(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct buffer *buffer, const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < sizeof line);
    while (buffer->length + (size_t)length > buffer->capacity) {
        buffer->at = arena_grow(buffer->arena, buffer->at, buffer->capacity, &buffer->capacity, 1);
    }
    memcpy(buffer->at + buffer->length, line, (size_t)length);
    buffer->length += (size_t)length;
}

static long long read_counter(const atomic_llong *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void put_gauge(struct buffer *out, const char *name, const char *type, const char *help,
                      long long value) {
    put(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name, value);
}

static const char *route_pattern(size_t index) {
    return index == 0 ? "none" : router_route(index - 1)->pattern;
}

static const char *route_method(size_t index) {
    return index == 0 ? "other" : method_name(router_route(index - 1)->method);
}

static void put_requests(struct buffer *out, struct metrics *metrics, size_t count) {
    put(out, "# HELP seatmeter_http_requests_total Requests answered.\n"
             "# TYPE seatmeter_http_requests_total counter\n");
    for (size_t i = 0; i <= count; i++) {
        for (size_t s = 0; s < METRICS_STATUSES; s++) {
            long long answers = read_counter(&metrics->routes[i].answers[s]);
            char status[8] = "other";
            if (s < METRICS_STATUSES - 1) {
                snprintf(status, sizeof status, "%d", STATUSES[s]);
            }
            if (answers > 0) {
                put(out, "seatmeter_http_requests_total{method=\"%s\",route=\"%s\",status=\"%s\"} %lld\n",
                    route_method(i), route_pattern(i), status, answers);
            }
        }
    }
}

static void put_durations(struct buffer *out, struct metrics *metrics, size_t count) {
    put(out,
        "# HELP seatmeter_http_request_duration_seconds From the request line to the end of the answer.\n"
        "# TYPE seatmeter_http_request_duration_seconds histogram\n");
    for (size_t i = 0; i <= count; i++) {
        const struct metrics_route *route = &metrics->routes[i];
        long long below[METRICS_BUCKETS + 1];
        long long total = 0;
        for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
            total += read_counter(&route->buckets[b]);
            below[b] = total;
        }
        if (total == 0) {
            continue;
        }
        for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
            put(out,
                "seatmeter_http_request_duration_seconds_bucket{method=\"%s\",route=\"%s\",le=\"%s\"} %lld\n",
                route_method(i), route_pattern(i), b < METRICS_BUCKETS ? BUCKET_LABELS[b] : "+Inf", below[b]);
        }
        long long us = read_counter(&route->duration_us);
        put(out, "seatmeter_http_request_duration_seconds_sum{method=\"%s\",route=\"%s\"} %lld.%06lld\n",
            route_method(i), route_pattern(i), us / 1000000, us % 1000000);
        put(out, "seatmeter_http_request_duration_seconds_count{method=\"%s\",route=\"%s\"} %lld\n",
            route_method(i), route_pattern(i), total);
    }
}

struct text metrics_format(struct arena *arena, struct metrics *metrics) {
    struct buffer out = {.arena = arena};
    size_t count = router_route_count();
    put_requests(&out, metrics, count);
    put_durations(&out, metrics, count);
    put_gauge(&out, "seatmeter_http_requests_in_flight", "gauge", "Requests begun and not yet answered.",
              read_counter(&metrics->in_flight));
    put_gauge(&out, "seatmeter_http_requests_waiting", "gauge", "Requests that wait for a worker.",
              read_counter(&metrics->waiting));
    put_gauge(&out, "seatmeter_http_connections", "gauge", "Open connections.",
              read_counter(&metrics->connections));
    put_gauge(&out, "seatmeter_http_limited_total", "counter", "Requests refused by a rate limit.",
              read_counter(&metrics->limited));
    put_gauge(&out, "seatmeter_db_errors_total", "counter", "Requests that failed at the database.",
              read_counter(&metrics->db_errors));
    put_gauge(&out, "process_start_time_seconds", "gauge", "When the process began, in Unix time.",
              metrics->started_at_s);
    put(&out,
        "# HELP seatmeter_build_info The program that answers.\n# TYPE seatmeter_build_info gauge\n"
        "seatmeter_build_info{version=\"%s\"} 1\n",
        SEATMETER_VERSION);
    return (struct text){out.at, out.length};
}
