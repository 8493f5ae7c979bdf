/* How long others wait while a month is closed: clients that turn licences on and off, each with a connection
 * and a process of its own, alone and then beside the close.
 *
 * usage: beside_bench [LICENCES] [CLIENTS] [PER_SECOND]. Each client makes so many changes a second at most
 * (0: as many as it can). PostgreSQL's address stands in SEATMETER_TEST_POSTGRESQL; without it only SQLite is
 * measured. Prints the median, p99 and longest time of a change, and as the last line the worse engine's
 * ratio: p99 beside the close to p99 alone. */
#include "bench_call.h"
#include "bench_clock.h"
#include "close_store.h"

#include "programme/call/authorise.h"
#include "programme/jobs/close_month.h"
#include "programme/licensing/turn_licence.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64, CHANGES_MAX = 200000 };

/* 2026-11-25, when every report of CLOSE_MONTH is approved. */
static const int64_t CLOSED_AT_US = INT64_C(1795564800) * 1000000;
static const double ALONE_S = 8;

/* What all processes share. */
struct shared {
    volatile int is_over;
    volatile int close_is_done;
    volatile double close_s;
    int64_t counts[CLIENTS_MAX];
    int64_t refused[CLIENTS_MAX];
    double took_s[CLIENTS_MAX][CHANGES_MAX];
};

struct measuring {
    struct place place;
    int64_t licences;
    int clients;
    double every_s; /* a client's change; 0: at once */
    struct shared *shared;
};

static void nap(double seconds) {
    struct timespec pause = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
}

/* Turns a licence off or, where it is off, on. */
static enum status change(struct call *call, int64_t licence_id, struct fault *fault) {
    struct turn_licence_input input = {.licence = identifier_text(call, IDENTIFIER_LICENCE, licence_id)};
    struct licence_view view;
    enum status status = turn_licence_off(call, &input, &view, fault);
    return status == STATUS_CONFLICT ? turn_licence_on(call, &input, &view, fault) : status;
}

static void run_client(const struct measuring *measuring, int client) {
    struct bench_call bench;
    struct shared *shared = measuring->shared;
    struct rng rng;
    rng_seed(&rng, (uint64_t)client + 1);
    bench_call_open(&bench, &measuring->place, CLOSED_AT_US + client);
    double due = seconds_now();
    while (!shared->is_over && shared->counts[client] < CHANGES_MAX) {
        struct fault fault;
        struct arena arena;
        int64_t licence_id = 1 + (int64_t)rng_below(&rng, (uint64_t)measuring->licences);
        arena_init(&arena);
        bench.call.arena = &arena;
        due += measuring->every_s;
        double left = due - seconds_now();
        if (left > 0) {
            nap(left);
        }
        double began = seconds_now();
        enum status status = change(&bench.call, licence_id, &fault);
        double took = seconds_now() - began;
        arena_clean_up(&arena);
        if (status == STATUS_BUSY || status == STATUS_INTERNAL) {
            fprintf(stderr, "refused: %s (%s)\n", fault.message, fault.code);
            shared->refused[client]++;
        } else if (status == STATUS_OK) {
            shared->took_s[client][shared->counts[client]++] = took;
        }
    }
    _exit(0);
}

static void close_beside(const struct measuring *measuring) {
    struct bench_call bench;
    struct fault fault;
    struct close_month_input input = {.month = TEXT(CLOSE_MONTH)};
    struct close_month_result result;
    bench_call_open(&bench, &measuring->place, CLOSED_AT_US);
    double began = seconds_now();
    bench_must(close_month(&bench.call, &input, &result, &fault), &fault);
    measuring->shared->close_s = seconds_now() - began;
    measuring->shared->close_is_done = 1;
    assert(result.open_count == 0);
    _exit(0);
}

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Prints a row and gives p99. */
static double show(const struct measuring *measuring, const char *what) {
    const struct shared *shared = measuring->shared;
    int64_t count = 0;
    int64_t refused = 0;
    for (int i = 0; i < measuring->clients; i++) {
        count += shared->counts[i];
        refused += shared->refused[i];
    }
    assert(count > 0);
    double *all = malloc((size_t)count * sizeof *all);
    int64_t at = 0;
    assert(all != NULL);
    for (int i = 0; i < measuring->clients; i++) {
        memcpy(all + at, shared->took_s[i], (size_t)shared->counts[i] * sizeof *all);
        at += shared->counts[i];
    }
    qsort(all, (size_t)count, sizeof *all, compare_doubles);
    double p99 = all[count * 99 / 100];
    printf("%-10s %-8s %9lld %8lld %8.2f %8.2f %8.2f %8.2f\n",
           measuring->place.engine == DB_SQLITE ? "SQLite" : "PostgreSQL", what, (long long)count,
           (long long)refused, all[count / 2] * 1000, p99 * 1000, all[count - 1] * 1000, shared->close_s);
    fflush(stdout);
    free(all);
    return p99;
}

static void start_clients(struct measuring *measuring) {
    memset(measuring->shared, 0, sizeof *measuring->shared);
    for (int i = 0; i < measuring->clients; i++) {
        fflush(stdout);
        pid_t child = fork();
        assert(child >= 0);
        if (child == 0) {
            run_client(measuring, i);
        }
    }
}

static void end_children(struct measuring *measuring) {
    int how = 0;
    measuring->shared->is_over = 1;
    while (wait(&how) > 0) {
        assert(how == 0);
    }
}

static double measure_alone(struct measuring *measuring) {
    start_clients(measuring);
    nap(ALONE_S);
    end_children(measuring);
    return show(measuring, "alone");
}

static double measure_beside(struct measuring *measuring) {
    start_clients(measuring);
    fflush(stdout);
    pid_t closer = fork();
    assert(closer >= 0);
    if (closer == 0) {
        close_beside(measuring);
    }
    int how = 0;
    pid_t ended = waitpid(closer, &how, 0);
    assert(ended == closer && how == 0);
    end_children(measuring);
    return show(measuring, "beside");
}

static void report(const struct measuring *measuring) {
    struct bench_call bench;
    struct fault fault;
    bench_call_open(&bench, &measuring->place, CLOSED_AT_US);
    bench_must(call_begin(&bench.call, DB_WRITE, &fault), &fault);
    bench_must(close_store_report(&bench.call, measuring->licences, &fault), &fault);
    bench_must(call_end(&bench.call, STATUS_OK, &fault), &fault);
    bench_call_close(&bench);
}

static double measure(struct measuring *measuring, enum db_engine engine) {
    struct close_store store = close_store_open(engine, measuring->licences);
    measuring->place = place_copy(&store.place, "beside");
    report(measuring);
    double alone = measure_alone(measuring);
    double beside = measure_beside(measuring);
    place_drop(&measuring->place);
    close_store_leave(&store);
    return beside / alone;
}

int main(int argc, char **argv) {
    int64_t licences = 1000000;
    int64_t clients = 4;
    int64_t per_second = 25;
    if ((argc > 1 && !text_to_int64(text_of(argv[1]), &licences)) || licences < CLOSE_STORE_MIN ||
        licences > CLOSE_STORE_MAX || (argc > 2 && !text_to_int64(text_of(argv[2]), &clients)) ||
        clients < 1 || clients > CLIENTS_MAX || (argc > 3 && !text_to_int64(text_of(argv[3]), &per_second)) ||
        per_second < 0 || argc > 4) {
        fprintf(stderr, "usage: beside_bench [LICENCES] [CLIENTS] [PER_SECOND]\n");
        return 2;
    }
    struct measuring measuring = {.licences = licences,
                                  .clients = (int)clients,
                                  .every_s = per_second == 0 ? 0 : 1 / (double)per_second};
    measuring.shared =
        mmap(NULL, sizeof *measuring.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(measuring.shared != MAP_FAILED);
    printf("%-10s %-8s %9s %8s %8s %8s %8s %8s\n", "engine", "", "changes", "refused", "median", "p99 ms",
           "longest", "close s");
    double worst = measure(&measuring, DB_SQLITE);
    if (place_has_postgresql()) {
        double ratio = measure(&measuring, DB_POSTGRESQL);
        worst = ratio > worst ? ratio : worst;
    }
    printf("ratio %.2f\n", worst);
    return 0;
}
