/* What the device door's live state costs and does, without HTTP: how long it takes to load, how much memory
 * it is, how long a lookup takes, how many activations a second the writer makes durable, what check-ins cost
 * in the log, and how fast rows follow.
 *
 * usage: live_bench DATABASE_URL LICENCES [ACTIVATIONS]
 * Makes the store there, unless one of a run before it is there: LICENCES licences with a device each. */
#include "live_store.h"

#include "core/base/rng.h"
#include "device/live/live.h"
#include "device/live/live_state.h"

#include <inttypes.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { LOOKUPS = 4000000, LOGS = 4, LOG_ENTRIES = 100000 };
static const int64_t HOUR_US = INT64_C(3600) * 1000000;

static const unsigned char secret[PROGRAMME_SECRET_BYTES] = {7, 3, 9};

static void fill_random(struct random_source *source, void *bytes, size_t size_bytes) {
    (void)source;
    randombytes_buf(bytes, size_bytes);
}

static struct random_source machine_random = {fill_random};

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct fault fault;

static void must(enum status status) {
    if (status != STATUS_OK) {
        fprintf(stderr, "live_bench: %s: %s\n", fault.code, fault.message);
        exit(1);
    }
}

/* ---- measures ---- */

static double resident_mb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/* Of all threads: what a busy machine does not blur. */
static double processor_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void measure_lookups(struct live *live, int64_t devices) {
    struct rng rng;
    uint64_t sum = 0;
    int64_t *ids = calloc(LOOKUPS, sizeof *ids);
    rng_seed(&rng, 5);
    for (int i = 0; i < LOOKUPS; i++) {
        ids[i] = 1 + (int64_t)rng_below(&rng, (uint64_t)devices);
    }
    double began = seconds_now();
    for (int i = 0; i < LOOKUPS; i++) {
        const struct live_device *device = live_device_find(live, ids[i]);
        sum += device->link + (uint64_t)live_licence(live, device->licence)->seats;
    }
    double plain = seconds_now() - began;
    began = seconds_now();
    for (int i = 0; i < LOOKUPS; i++) {
        if (i + 16 < LOOKUPS) {
            live_prefetch(live, ids[i + 16]);
        }
        const struct live_device *device = live_device_find(live, ids[i]);
        sum += device->link + (uint64_t)live_licence(live, device->licence)->seats;
    }
    double ahead = seconds_now() - began;
    printf("lookup of a device at random and its licence: %.0f ns, %.0f ns with prefetch (%d)\n",
           plain / LOOKUPS * 1e9, ahead / LOOKUPS * 1e9, (int)(sum & 1));
    free(ids);
}

static size_t turn(struct live *live) {
    struct pollfd event = {.fd = live_fd(live), .events = POLLIN};
    size_t finished = 0;
    (void)poll(&event, 1, 1000);
    for (struct live_job *job = live_turn(live); job != NULL; job = job->next) {
        if (job->code != LEASE_CODE_OK) {
            fprintf(stderr, "live_bench: an activation was answered %s\n", lease_code_row(job->code)->word);
            exit(1);
        }
        finished++;
    }
    return finished;
}

static void measure_activations(struct live *live, char (*keys)[LICENCE_KEY_BYTES], size_t count) {
    struct live_job *jobs = calloc(count, sizeof *jobs);
    struct live_counts before;
    struct live_counts after;
    live_count(live, &before);
    for (size_t i = 0; i < count; i++) {
        jobs[i].kind = LIVE_ACTIVATE;
        memcpy(jobs[i].request.key, keys[i % LIVE_STORE_ROOMY], LICENCE_KEY_BYTES);
        randombytes_buf(jobs[i].request.device_key, DEVICE_KEY_BYTES);
        randombytes_buf(jobs[i].request.fingerprint, DEVICE_FINGERPRINT_BYTES);
        jobs[i].request.link = i;
        jobs[i].request.name = TEXT("PC-1234");
        jobs[i].request.version = TEXT("4.2.0");
        jobs[i].request.components = TEXT("firewall,mail");
        jobs[i].request.has_version = jobs[i].request.has_components = true;
    }
    double began = seconds_now();
    size_t pushed = 0;
    size_t done = 0;
    while (done < count) {
        while (pushed < count && pushed - done < 8000 && live_push(live, &jobs[pushed])) {
            pushed++;
        }
        done += turn(live);
    }
    double took = seconds_now() - began;
    live_count(live, &after);
    printf("activations: %.0f/s (%zu in %.2f s, %" PRIu64 " transactions)\n", (double)count / took, count,
           took, after.transactions - before.transactions);
    free(jobs);
}

/* More than are written as rows, so the log gets them. */
static void mark_at_random(struct live *live, struct rng *rng, int64_t devices, int64_t count) {
    uint32_t now_s = (uint32_t)(now_us() / 1000000);
    for (int64_t i = 0; i < count; i++) {
        struct live_device *device = live_device_find(live, 1 + (int64_t)rng_below(rng, (uint64_t)devices));
        device->sequence++;
        device->seen_at_s = now_s;
        live_mark(live, device, LEASE_CODE_OK);
    }
}

/* One turn; `*longest` in seconds. */
static void turn_timed(struct live *live, double *longest) {
    struct pollfd event = {.fd = live_fd(live), .events = POLLIN};
    (void)poll(&event, 1, 1000);
    double before = seconds_now();
    (void)live_turn(live);
    double took = seconds_now() - before;
    *longest = took > *longest ? took : *longest;
}

static uint64_t saved_by(const struct live *live) {
    struct live_counts counts;
    live_count(live, &counts);
    return counts.saved;
}

/* From when the loop has given the log to when its commit is known, so without the wait for the writer, which
 * asks twice a second. The sweep is kept from its rows meanwhile. */
static void measure_log(struct live *live, struct rng *rng, int64_t devices) {
    double marking = 0;
    double saving = 0;
    double longest = 0;
    for (int i = 0; i < LOGS; i++) {
        uint64_t saved = saved_by(live);
        int64_t logs = live->logs;
        double began = seconds_now();
        mark_at_random(live, rng, devices, LOG_ENTRIES);
        marking += seconds_now() - began;
        while (live->logs == logs) {
            turn_timed(live, &longest);
        }
        live->sweep.began_at_us += HOUR_US;
        began = seconds_now();
        while (saved_by(live) < saved + LOG_ENTRIES) {
            turn_timed(live, &longest);
        }
        saving += seconds_now() - began;
    }
    double all = (double)LOGS * LOG_ENTRIES;
    printf("check-ins at random: marked in %.0f ns each; %.0f entries/s of the log saved; the longest turn "
           "%.2f ms\n",
           marking / all * 1e9, all / saving, longest * 1e3);
}

/* At the end the rows that the sweep has left are brought up to date as fast as the store takes them. */
static void stop_and_measure_rows(struct live *live) {
    struct live_counts counts;
    live_count(live, &counts);
    double processor = processor_seconds();
    double began = seconds_now();
    live_stop(live);
    double took = seconds_now() - began;
    printf("stopped in %.2f s: %" PRIu64 " rows that were behind, %.0f/s, %.2f us of a processor each\n",
           took, counts.behind, (double)counts.behind / took,
           counts.behind == 0 ? 0 : (processor_seconds() - processor) / (double)counts.behind * 1e6);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: live_bench DATABASE_URL LICENCES [ACTIVATIONS]\n");
        return 2;
    }
    int64_t licences = strtoll(argv[2], NULL, 10);
    char(*keys)[LICENCE_KEY_BYTES] = calloc(LIVE_STORE_ROOMY, LICENCE_KEY_BYTES);
    live_store_fill(argv[1], secret, licences, keys);

    double before_mb = resident_mb();
    double processor_before = processor_seconds();
    struct live_options options = {
        .database_url = text_of(argv[1]), .secret = secret, .random = &machine_random, .now_us = now_us};
    struct live *live = NULL;
    struct live_counts counts;
    must(live_start(&options, &live, &fault));
    live_count(live, &counts);
    printf("loaded %" PRIu64 " licences, %" PRIu64 " devices in %.2f s (%.2f processor seconds)\n",
           counts.licences, counts.devices, (double)counts.loaded_in_us / 1e6,
           processor_seconds() - processor_before);
    printf("memory: %.1f bytes per licence and device (%.0f MB; the process grew by %.0f MB)\n",
           (double)counts.bytes / (double)counts.licences, (double)counts.bytes / 1048576,
           resident_mb() - before_mb);
    measure_lookups(live, licences);
    if (argc > 3) {
        measure_activations(live, keys, (size_t)strtoull(argv[3], NULL, 10));
    }
    struct rng rng;
    rng_seed(&rng, 9);
    measure_log(live, &rng, licences);
    stop_and_measure_rows(live);
    free(keys);
    return 0;
}
