/* How long a close takes beside the bare aggregation of the same events, on both engines.
 *
 * usage: close_bench [LICENCES] [RUNS]. PostgreSQL's address stands in SEATMETER_TEST_POSTGRESQL; without it
 * only SQLite is measured. A store is made once per engine and copied for every run; a run asks the bare
 * question first, on the copy that is then closed. Every step is a process of its own, so that the close's
 * peak memory is its own too. Prints the medians and, as the last line, the worse engine's ratio. */
#include "bench_places.h"

#include "close_store.h"
#include "rng_arrays.h"

#include "programme/audit/audit_store.h"
#include "programme/billing/close_month.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 99 };

/* 2026-11-25, when every report of CLOSE_MONTH is approved. */
static const int64_t CLOSED_AT_US = INT64_C(1795564800) * 1000000;

/* What a step found out. */
struct outcome {
    double seconds;
    int64_t groups; /* of the bare aggregation */
    int64_t lines;
    int64_t invoices;
    int64_t peak_kib;
};

struct step {
    struct place place;
    int64_t licences;
    struct db *db;
    struct call call;
    struct fault fault;
};

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the steps ---- */

/* Not a secret: the same on every machine, so that a seed gives the same store. */
struct seeded {
    struct random_source source;
    struct rng rng;
};

static void fill_seeded(struct random_source *source, void *bytes, size_t size_bytes) {
    rng_fill(&((struct seeded *)source)->rng, bytes, size_bytes);
}

static enum status make_store(struct step *step, struct outcome *outcome) {
    enum status status = db_migrate(step->db, &step->fault);
    if (status == STATUS_OK) {
        status = close_store_fill(&step->call, close_store_size_of(step->licences), 7, &step->fault);
    }
    *outcome = (struct outcome){0};
    return status;
}

/* The integral of seats over the month is the sum of (change × what is left of the month), as every licence
 * of this month begins in it. The wordings are the fastest of several on either engine. */
#define SEAT_TIME "sum((seats_after - seats_before) * ($2 - at_us)) / 1000000 as seat_time "
#define EVENTS_OF_MONTH "from licence_events where at_us >= $1 and at_us < $2 "
#define TOTAL_OF(groups)                                                                                     \
    "select count(*), cast(sum(seat_time) as bigint), cast(sum(licences) as bigint) from (" groups           \
    ") by_group"

static const char BARE_ON_POSTGRESQL[] =
    TOTAL_OF("select provider_id, customer_id, sku_id, count(distinct licence_id) as licences, " SEAT_TIME
                 EVENTS_OF_MONTH "group by provider_id, customer_id, sku_id");

static const char BARE_ON_SQLITE[] = TOTAL_OF(
    "select provider_id, customer_id, sku_id, count(*) as licences, sum(seat_time) as seat_time from ("
    "select licence_id, " SEAT_TIME EVENTS_OF_MONTH "group by licence_id) "
    "join licences on id = licence_id group by provider_id, customer_id, sku_id");

static enum status ask_bare(struct step *step, struct outcome *outcome) {
    struct month month;
    int64_t m0_us = 0;
    int64_t m1_us = 0;
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = close_store_month(&month, &m0_us, &m1_us, &step->fault);
    if (status != STATUS_OK) {
        return status;
    }
    const char *bare = step->place.engine == DB_SQLITE ? BARE_ON_SQLITE : BARE_ON_POSTGRESQL;
    double began = seconds_now();
    status = db_query(step->db, bare, DB_ARGS(db_integer(m0_us), db_integer(m1_us)), &rows, &step->fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, &step->fault);
    }
    outcome->seconds = seconds_now() - began;
    if (status == STATUS_OK && have_row) {
        outcome->groups = db_column_int(rows, 0);
    }
    db_rows_close(rows);
    return status;
}

static enum status close_it(struct step *step, struct outcome *outcome) {
    struct close_month_input input = {.month = TEXT(CLOSE_MONTH)};
    struct close_month_result result;
    double began = seconds_now();
    enum status status = close_month(&step->call, &input, &result, &step->fault);
    outcome->seconds = seconds_now() - began;
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < result.open_count; i++) {
        fprintf(stderr, "open: %.*s to %.*s: %.*s\n", TEXT_ARGS(result.open[i].seller_code),
                TEXT_ARGS(result.open[i].buyer_code), TEXT_ARGS(result.open[i].message));
    }
    assert(result.open_count == 0);
    outcome->lines = result.line_count;
    outcome->invoices = result.invoice_count;
    return STATUS_OK;
}

static enum status check_it(struct step *step, struct outcome *outcome) {
    struct audit_store_result result;
    double began = seconds_now();
    enum status status = audit_store(&step->call, &result, &step->fault);
    outcome->seconds = seconds_now() - began;
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < result.count && i < 20; i++) {
        fprintf(stderr, "violation: %.*s, %.*s: %.*s\n", TEXT_ARGS(result.violations[i].rule),
                TEXT_ARGS(result.violations[i].subject), TEXT_ARGS(result.violations[i].message));
    }
    assert(result.violation_total == 0);
    return STATUS_OK;
}

/* ---- processes ---- */

typedef enum status step_function(struct step *step, struct outcome *outcome);

static void run_step(const struct place *place, int64_t licences, step_function *function, int out) {
    static unsigned char secret[PROGRAMME_SECRET_BYTES] = {7};
    struct step step = {.place = *place, .licences = licences};
    struct seeded seeded = {{fill_seeded}, {{0}}};
    struct arena arena;
    struct outcome outcome = {0};
    rng_seed(&seeded.rng, 11);
    arena_init(&arena);
    enum status status = db_open(text_of(place->url), &step.db, &step.fault);
    step.call = (struct call){.db = step.db,
                              .arena = &arena,
                              .actor = {.kind = ACTOR_OPERATOR, .rights = RIGHT_ALL},
                              .now_us = CLOSED_AT_US,
                              .secret = secret,
                              .random = &seeded.source};
    if (status == STATUS_OK) {
        status = function(&step, &outcome);
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "close_bench: %s: %s\n", step.fault.code, step.fault.message);
        exit(1);
    }
    db_close(step.db);
    arena_clean_up(&arena);
    bool is_told = write(out, &outcome, sizeof outcome) == (ssize_t)sizeof outcome;
    exit(is_told ? 0 : 1);
}

/* Runs a step in a process of its own. */
static struct outcome step_in_child(const struct place *place, int64_t licences, step_function *function) {
    int ends[2];
    int how = 0;
    struct outcome outcome = {0};
    struct rusage usage = {0};
    fflush(stdout);
    bool is_open = pipe(ends) == 0;
    assert(is_open);
    pid_t child = fork();
    assert(child >= 0);
    if (child == 0) {
        run_step(place, licences, function, ends[1]);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], &outcome, sizeof outcome);
    close(ends[0]);
    wait4(child, &how, 0, &usage);
    if (length != (ssize_t)sizeof outcome || how != 0) {
        exit(1);
    }
    outcome.peak_kib = usage.ru_maxrss;
    return outcome;
}

/* ---- medians and the table ---- */

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double measure(enum db_engine engine, int64_t licences, int runs) {
    double bare[RUNS_MAX];
    double close[RUNS_MAX];
    double ratios[RUNS_MAX];
    struct outcome closed = {0};
    struct place master = place_make(engine, "master");
    int64_t peak_kib = 0;
    step_in_child(&master, licences, make_store);
    place_settle(&master);
    for (int i = 0; i < runs; i++) {
        struct place copy = place_copy(&master, "run");
        bare[i] = step_in_child(&copy, licences, ask_bare).seconds;
        closed = step_in_child(&copy, licences, close_it);
        close[i] = closed.seconds;
        ratios[i] = close[i] / bare[i];
        peak_kib = closed.peak_kib > peak_kib ? closed.peak_kib : peak_kib;
        if (getenv("CLOSE_BENCH_VERBOSE") != NULL) {
            printf("  run %d: bare %.2f s, close %.2f s\n", i + 1, bare[i], close[i]);
        }
        if (i + 1 == runs && getenv("CLOSE_BENCH_CHECK") != NULL) {
            printf("  check: %.2f s\n", step_in_child(&copy, licences, check_it).seconds);
        }
        place_drop(&copy);
    }
    place_drop(&master);
    double close_s = median(close, runs);
    double ratio = median(ratios, runs);
    struct close_store_size size = close_store_size_of(licences);
    printf("%-10s %9lld %9lld %9lld %8lld %8.2f %8.2f %9.0f %6lld %6.2f\n",
           engine == DB_SQLITE ? "SQLite" : "PostgreSQL", (long long)size.licences, (long long)size.events,
           (long long)closed.lines, (long long)closed.invoices, median(bare, runs), close_s,
           (double)size.events / close_s, (long long)peak_kib / 1024, ratio);
    return ratio;
}

int main(int argc, char **argv) {
    int64_t licences = 1000000;
    int64_t runs = 3;
    if ((argc > 1 && !text_to_int64(text_of(argv[1]), &licences)) || licences < 100 || licences > 10000000 ||
        (argc > 2 && !text_to_int64(text_of(argv[2]), &runs)) || runs < 1 || runs > RUNS_MAX || argc > 3) {
        fprintf(stderr, "usage: close_bench [LICENCES] [RUNS], 100 to 10000000 and 1 to %d\n", RUNS_MAX);
        return 2;
    }
    printf("%-10s %9s %9s %9s %8s %8s %8s %9s %6s %6s\n", "engine", "licences", "events", "lines", "invoices",
           "bare s", "close s", "events/s", "MiB", "ratio");
    double worst = measure(DB_SQLITE, licences, (int)runs);
    if (place_has_postgresql()) {
        double ratio = measure(DB_POSTGRESQL, licences, (int)runs);
        worst = ratio > worst ? ratio : worst;
    }
    printf("ratio %.2f\n", worst);
    return 0;
}
