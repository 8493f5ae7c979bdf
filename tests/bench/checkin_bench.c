/* Check-ins a second beside nginx answering `return 200` with a body of the same size: the same client, the
 * same requests, each server bound to core 0, the client to core 1, in turns. Then activations, for which the
 * door may use both cores.
 *
 * usage: checkin_bench PLACE [--devices N] [--rounds N] [--tries] [--database URL]
 * PLACE is a directory. --tries also measures batches of other sizes, and the loop alone on its core. The
 * last line is the ratio of the medians. */
#include "checkin_requests.h"
#include "checkin_server.h"
#include "live_store.h"

#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 9, CONNECTIONS = 64, ACTIVATING_CONNECTIONS = 4096, ACTIVATIONS = 300000 };

static const unsigned char secret[PROGRAMME_SECRET_BYTES] = {7, 3, 9};

struct bench {
    const char *place;
    char url[600];
    int64_t devices;
    int rounds;
    bool tries;
    struct load_requests requests;
    size_t next; /* of the requests: each is sent to the door once */
    size_t full; /* how many of them a measurement takes */
    size_t half;
    char (*keys)[LICENCE_KEY_BYTES];
    size_t samples;
    size_t bad_samples;
};

static void look_at(void *context, size_t request, const char *body, size_t length) {
    struct bench *bench = context;
    (void)request;
    bench->samples++;
    bench->bad_samples += !checkin_answer_is_good(body, length);
}

static void run(struct bench *bench, const struct server *server, bool is_door, size_t count,
                double per_second, struct load_result *result) {
    if (bench->next + count > bench->requests.count) {
        fprintf(stderr, "checkin: %zu devices are too few\n", bench->requests.count);
        exit(1);
    }
    struct load_plan plan = {.port = server->port,
                             .connections = CONNECTIONS,
                             .first = is_door ? bench->next : 0,
                             .count = count,
                             .per_second = per_second,
                             .sample_every = is_door ? 1000 : 0,
                             .sample = look_at,
                             .context = bench};
    load_run(&bench->requests, &plan, result);
    bench->next += is_door ? count : 0;
    if (result->good != count) {
        printf("of %zu requests %llu were answered 200, %llu 503\n", count, (unsigned long long)result->good,
               (unsigned long long)result->shed);
    }
}

struct figures {
    double rate[ROUNDS_MAX];
    double p50[ROUNDS_MAX], p99[ROUNDS_MAX];
    double half_p50[ROUNDS_MAX], half_p99[ROUNDS_MAX];
    double loop_us[ROUNDS_MAX], all_us[ROUNDS_MAX]; /* processor time a request */
};

static int ascending(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static double median(const double *values, int count) {
    double sorted[ROUNDS_MAX];
    memcpy(sorted, values, (size_t)count * sizeof sorted[0]);
    qsort(sorted, (size_t)count, sizeof sorted[0], ascending);
    return sorted[count / 2];
}

static void measure_full(struct bench *bench, const struct server *server, bool is_door,
                         struct figures *figures, int round) {
    struct load_result result;
    const char *loop = is_door ? "device-door" : NULL;
    double loop_before = server_processor_s(server, loop);
    double all_before = server_processor_s(server, NULL);
    run(bench, server, is_door, bench->full, 0, &result);
    figures->loop_us[round] =
        (server_processor_s(server, loop) - loop_before) / (double)result.answered * 1e6;
    figures->all_us[round] = (server_processor_s(server, NULL) - all_before) / (double)result.answered * 1e6;
    figures->rate[round] = (double)result.answered / result.seconds;
    figures->p50[round] = load_wait_ms(&result, 0.5);
    figures->p99[round] = load_wait_ms(&result, 0.99);
    load_result_free(&result);
}

static void measure_half(struct bench *bench, const struct server *server, bool is_door,
                         struct figures *figures, int round) {
    struct load_result result;
    run(bench, server, is_door, bench->half, figures->rate[round] / 2, &result);
    figures->half_p50[round] = load_wait_ms(&result, 0.5);
    figures->half_p99[round] = load_wait_ms(&result, 0.99);
    load_result_free(&result);
}

static void print_row(const char *name, const struct figures *figures, int rounds, double beside) {
    double rate = median(figures->rate, rounds);
    printf("%-30s  %10.0f  %6.2f  %7.2f  %7.2f  %9.2f  %9.2f  %7.2f  %7.2f\n", name, rate, rate / beside,
           median(figures->p50, rounds), median(figures->p99, rounds), median(figures->half_p50, rounds),
           median(figures->half_p99, rounds), median(figures->loop_us, rounds),
           median(figures->all_us, rounds));
}

/* How many bytes the door's answers have. */
static size_t body_size(struct bench *bench, const struct server *door) {
    struct load_result result;
    run(bench, door, true, 20000, 0, &result);
    size_t bytes = (size_t)(result.body_bytes / result.answered);
    load_result_free(&result);
    return bytes;
}

static double compare(struct bench *bench) {
    struct server door = door_begin(bench->url, secret, 0, DOOR_ON_CORE_0);
    size_t bytes = body_size(bench, &door);
    struct server nginx = nginx_begin(bench->place, bytes);
    struct figures ours = {0};
    struct figures theirs = {0};
    printf("%.0f licences and devices in %.2f s, %.0f bytes each; answers of %zu bytes\n\n",
           server_metric(&door, "live_devices"), door.started_in,
           server_metric(&door, "live_bytes") / server_metric(&door, "live_devices"), bytes);
    printf("%-30s  %10s  %6s  %7s  %7s  %9s  %9s  %7s  %7s\n", "one core", "requests/s", "ratio", "p50 ms",
           "p99 ms", "half, p50", "half, p99", "loop us", "all us");
    for (int round = 0; round < bench->rounds; round++) {
        measure_full(bench, &nginx, false, &theirs, round);
        measure_full(bench, &door, true, &ours, round);
        measure_half(bench, &nginx, false, &theirs, round);
        measure_half(bench, &door, true, &ours, round);
    }
    double beside = median(theirs.rate, bench->rounds);
    print_row("nginx, return 200", &theirs, bench->rounds, beside);
    print_row("check-ins", &ours, bench->rounds, beside);
    server_end(&nginx);
    server_end(&door);
    if (bench->tries) {
        static const struct {
            const char *name;
            uint32_t batch_max;
            enum door_cores cores;
        } tries[] = {{"  a signature for each", 1, DOOR_ON_CORE_0},
                     {"  batches of 4", 4, DOOR_ON_CORE_0},
                     {"  batches of 16", 16, DOOR_ON_CORE_0},
                     {"  batches of 64 (as above)", 64, DOOR_ON_CORE_0},
                     {"  batches of 256", 256, DOOR_ON_CORE_0},
                     {"  the loop alone on its core", 64, DOOR_LOOP_ON_CORE_0}};
        for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
            struct figures figures = {0};
            struct server other = door_begin(bench->url, secret, tries[i].batch_max, tries[i].cores);
            measure_full(bench, &other, true, &figures, 0);
            measure_half(bench, &other, true, &figures, 0);
            print_row(tries[i].name, &figures, 1, beside);
            server_end(&other);
        }
    }
    return median(ours.rate, bench->rounds) / beside;
}

/* Durable before they are answered: many connections wait together. The licences fill as it goes on. */
static void activate(struct bench *bench) {
    struct server door = door_begin(bench->url, secret, 0, DOOR_ON_BOTH_CORES);
    struct load_requests requests;
    activation_requests_make(bench->keys, LIVE_STORE_ROOMY, ACTIVATIONS, &requests);
    struct load_plan plan = {
        .port = door.port, .connections = ACTIVATING_CONNECTIONS, .count = ACTIVATIONS, .yields = true};
    struct load_result result;
    double verifying_s = -server_processor_s(&door, "device-verify");
    double loop_s = -server_processor_s(&door, "device-door");
    double writer_s = -server_processor_s(&door, "device-writer");
    load_run(&requests, &plan, &result);
    double per_one_us = 1e6 / (double)result.answered;
    verifying_s += server_processor_s(&door, "device-verify");
    loop_s += server_processor_s(&door, "device-door");
    writer_s += server_processor_s(&door, "device-writer");
    server_end(&door);
    printf("\n%-30s  %10s  %7s  %7s  %12s  %7s  %9s\n", "both cores", "a second", "p50 ms", "p99 ms",
           "verifying us", "loop us", "writer us");
    printf("%-30s  %10.0f  %7.0f  %7.0f  %12.1f  %7.1f  %9.1f\n", "activations, durable",
           (double)result.answered / result.seconds, load_wait_ms(&result, 0.5), load_wait_ms(&result, 0.99),
           verifying_s * per_one_us, loop_s * per_one_us, writer_s * per_one_us);
    printf("%llu of %d activations good; a second, of each fifth:", (unsigned long long)result.good,
           ACTIVATIONS);
    for (int fifth = 0; fifth < LOAD_FIFTHS; fifth++) {
        printf(" %.0f", (double)ACTIVATIONS / LOAD_FIFTHS / result.fifths[fifth]);
    }
    printf("\n");
    load_result_free(&result);
    load_requests_free(&requests);
}

static void read_arguments(int argc, char **argv, struct bench *bench) {
    static const struct option options[] = {{"devices", required_argument, NULL, 'd'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"tries", no_argument, NULL, 't'},
                                            {"database", required_argument, NULL, 'u'},
                                            {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (option == 'd') {
            bench->devices = strtoll(optarg, NULL, 10);
        } else if (option == 'r') {
            bench->rounds = (int)strtol(optarg, NULL, 10);
        } else if (option == 't') {
            bench->tries = true;
        } else if (option == 'u') {
            snprintf(bench->url, sizeof bench->url, "%s", optarg);
        } else {
            exit(2);
        }
    }
    if (optind + 1 != argc || bench->devices < 1000 || bench->rounds < 1 || bench->rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: checkin_bench PLACE [--devices N] [--rounds N] [--tries] [--database URL]\n");
        exit(2);
    }
    bench->place = argv[optind];
    if (bench->url[0] == '\0') {
        snprintf(bench->url, sizeof bench->url, "sqlite:%s/store.db", bench->place);
    }
}

int main(int argc, char **argv) {
    struct bench bench = {.devices = 1000000, .rounds = 3};
    if (sodium_init() < 0) {
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    read_arguments(argc, argv, &bench);
    bench.keys = calloc(LIVE_STORE_ROOMY, LICENCE_KEY_BYTES);
    live_store_fill(bench.url, secret, bench.devices, bench.keys);
    checkin_requests_make(bench.url, secret, &bench.requests);
    size_t parts = (size_t)bench.rounds + (bench.tries ? 6 : 0);
    bench.full = (bench.requests.count - 20000) / parts * 2 / 3;
    bench.half = bench.full / 3;
    bind_to_core(1);
    double ratio = compare(&bench);
    activate(&bench);
    printf("%zu answers looked at, %zu of them wrong\n", bench.samples, bench.bad_samples);
    printf("ratio %.2f\n", ratio);
    load_requests_free(&bench.requests);
    free(bench.keys);
    return bench.bad_samples == 0 ? 0 : 1;
}
