#include "device/door_metrics.h"

#include "core/base/buffer.h"
#include "device/files.h"
#include "http/http.h"

#include <inttypes.h>

static void put_one(struct buffer *out, const char *name, const char *type, const char *help,
                    uint64_t value) {
    buffer_add_format(
        out,
        "# HELP seatmeter_device_%s %s\n# TYPE seatmeter_device_%s %s\nseatmeter_device_%s %" PRIu64 "\n",
        name, help, name, type, name, value);
}

static void put_head(struct buffer *out, const char *name, const char *type, const char *help) {
    buffer_add_format(out, "# HELP seatmeter_device_%s %s\n# TYPE seatmeter_device_%s %s\n", name, help, name,
                      type);
}

/* A counter by code; codes that never came are left out. */
static void put_codes(struct buffer *out, const char *name, const char *help,
                      const uint64_t counts[LEASE_CODE_COUNT]) {
    put_head(out, name, "counter", help);
    for (int i = 0; i < LEASE_CODE_COUNT; i++) {
        if (counts[i] > 0 || i == LEASE_CODE_OK) {
            buffer_add_format(out, "seatmeter_device_%s{code=\"%s\"} %" PRIu64 "\n", name,
                              lease_code_row((enum lease_code)i)->word, counts[i]);
        }
    }
}

static void put_dropped(struct buffer *out, const struct http_counters *http) {
    const struct {
        const char *why;
        uint64_t count;
    } rows[] = {
        {"malformed", http->malformed},   {"too-large", http->too_large},
        {"slow-head", http->slow_head},   {"slow-body", http->slow_body},
        {"slow-reader", http->slow_send}, {"idle", http->idle_closed},
        {"reset-by-client", http->reset}, {"too-many", http->refused_connections},
        {"evicted", http->evicted},
    };
    put_head(out, "dropped_total", "counter", "Connections that were refused or dropped, by why.");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buffer_add_format(out, "seatmeter_device_dropped_total{why=\"%s\"} %" PRIu64 "\n", rows[i].why,
                          rows[i].count);
    }
}

static void put_turns(struct buffer *out, const struct http_counters *http) {
    put_head(out, "turn_seconds", "histogram", "How long a turn of the loop takes: what a request waits.");
    uint64_t below = 0;
    for (int i = 0; i <= HTTP_TURN_BUCKETS; i++) {
        below += http->turns_by_time[i];
        if (i < HTTP_TURN_BUCKETS) {
            buffer_add_format(out, "seatmeter_device_turn_seconds_bucket{le=\"%.6f\"} %" PRIu64 "\n",
                              (double)HTTP_TURN_BUCKETS_US[i] / 1e6, below);
        } else {
            buffer_add_format(out, "seatmeter_device_turn_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", below);
        }
    }
    buffer_add_format(out, "seatmeter_device_turn_seconds_sum %" PRIu64 ".%06" PRIu64 "\n",
                      http->busy_us / 1000000, http->busy_us % 1000000);
    buffer_add_format(out, "seatmeter_device_turn_seconds_count %" PRIu64 "\n", below);
}

static void put_http(struct buffer *out, const struct http_counters *http) {
    put_one(out, "connections", "gauge", "Open connections.", http->connections);
    put_one(out, "connections_total", "counter", "Connections taken.", http->accepted);
    put_one(out, "requests_total", "counter", "Requests that came whole.", http->requests);
    put_one(out, "shed_total", "counter", "Requests answered 503 because they had waited too long.",
            http->shed);
    put_one(out, "buffered_bytes", "gauge", "Held for requests half come and answers half gone.",
            http->buffered_bytes);
    put_one(out, "received_bytes_total", "counter", "Bytes in.", http->bytes_in);
    put_one(out, "sent_bytes_total", "counter", "Bytes out, without downloads.", http->bytes_out);
    put_head(out, "answers_total", "counter", "Answers by the class of their status.");
    for (int i = 2; i < 6; i++) {
        buffer_add_format(out, "seatmeter_device_answers_total{class=\"%dxx\"} %" PRIu64 "\n", i,
                          http->responses_by_class[i]);
    }
    put_dropped(out, http);
    put_turns(out, http);
}

static void put_live(struct buffer *out, const struct live *live) {
    struct live_counts counts;
    live_count(live, &counts);
    put_one(out, "live_licences", "gauge", "Licences in memory.", counts.licences);
    put_one(out, "live_devices", "gauge", "Devices in memory.", counts.devices);
    put_one(out, "live_bytes", "gauge", "Memory of both.", counts.bytes);
    put_one(out, "rows_behind", "gauge", "Devices whose row in the store is behind.", counts.behind);
    put_one(out, "saved_total", "counter", "Devices' rows and entries of the log, written behind.",
            counts.saved);
    put_one(out, "waiting_jobs", "gauge", "Activations and releases that wait for the writer.",
            counts.waiting_jobs);
    put_one(out, "transactions_total", "counter", "Transactions of the writer.", counts.transactions);
    put_one(out, "store_failures_total", "counter", "Transactions and rounds of the feed that failed.",
            counts.failures);
}

static void put_downloads(struct buffer *out, const struct device_door *door) {
    const struct files_counters *files = files_counters(door->files);
    uint64_t answers[LEASE_CODE_COUNT];
    for (int i = 0; i < LEASE_CODE_COUNT; i++) {
        answers[i] = atomic_load(&files->answers[i]) + (i == LEASE_CODE_OK ? 0 : door->counters.downloads[i]);
    }
    put_codes(out, "downloads_total", "Downloads, by the code of their answer.", answers);
    put_one(out, "downloads_under_way", "gauge", "Downloads under way.", atomic_load(&files->under_way));
    put_one(out, "downloads_broken_total", "counter", "Downloads whose client went away or stalled.",
            atomic_load(&files->broken));
    put_one(out, "download_bytes_total", "counter", "Bytes of downloads.", atomic_load(&files->bytes));
    put_one(out, "file_failures_total", "counter", "Failures of the store or the disk at a download.",
            atomic_load(&files->failures));
    put_one(out, "metadata_hits_total", "counter", "Update metadata answered from memory.",
            door->counters.metadata_hits);
    put_one(out, "metadata_loads_total", "counter", "Update metadata loaded from the store.",
            door->counters.metadata_loads);
}

struct text door_metrics_format(struct device_door *door, struct arena *arena) {
    struct buffer out = {.arena = arena};
    const struct door_counters *counters = &door->counters;
    put_codes(&out, "check_ins_total", "Check-ins and releases, by the code of their answer.",
              counters->check_ins);
    put_codes(&out, "activations_total", "Activations, by the code of their answer.", counters->activations);
    put_one(&out, "retries_total", "counter", "Check-ins that were sent again.", counters->retries);
    put_one(&out, "believed_total", "counter", "Devices that were ahead of the store after a crash.",
            counters->believed);
    put_one(&out, "signatures_total", "counter", "Signatures made: one for a batch of leases.",
            counters->trees);
    put_one(&out, "leases_total", "counter", "Leases signed.", counters->leases);
    put_http(&out, http_counters(door->http));
    put_live(&out, door->live);
    put_downloads(&out, door);
    buffer_add_format(
        &out,
        "# HELP seatmeter_build_info The program that answers.\n# TYPE seatmeter_build_info gauge\n"
        "seatmeter_build_info{version=\"%s\"} 1\n",
        SEATMETER_VERSION);
    return buffer_text(&out);
}
