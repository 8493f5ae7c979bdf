/* How long a whole close takes, on both engines, beside the two things that nobody gets around: adding the
 * month's events up, for which DuckDB is the measure, and writing the lines, for which the bare insert of the
 * same lines into an empty table of the same engine is. The bare question in SQL on the engine itself is a
 * third peer, unless CLOSE_BENCH_NO_SQL is set.
 *
 * usage: close_bench [LICENCES] [RUNS]. PostgreSQL's address stands in SEATMETER_TEST_POSTGRESQL; without it
 * only SQLite is measured. Every run has a copy of the store and asks its peers itself. Every step is a
 * process of its own, so that the close's peak memory is its own too. Prints the medians and, as the last
 * line, the worse engine's ratio: the close's time to that of DuckDB and the insert together.
 * CLOSE_BENCH_CHECK has the last run's store checked, CLOSE_BENCH_VERBOSE shows every run. */
#include "bench_call.h"
#include "bench_clock.h"
#include "close_peers.h"
#include "close_store.h"

#include "programme/audit/audit_store.h"
#include "programme/jobs/close_month.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS_MAX = 99 };

/* 2026-11-25, when every report of CLOSE_MONTH is approved. */
static const int64_t CLOSED_AT_US = INT64_C(1795564800) * 1000000;

/* What a step found out. */
struct outcome {
    double seconds;
    double processor_s;
    int64_t groups; /* of the bare aggregation */
    int64_t licences;
    int64_t lines;
    int64_t invoices;
    int64_t peak_kib;
};

struct step {
    struct place place;
    struct place closed; /* whose lines are inserted bare */
    int64_t licences;
    struct call *call;
    struct fault fault;
};

/* ---- the steps ---- */

static enum status report_it(struct step *step, struct outcome *outcome) {
    (void)outcome;
    enum status status = call_begin(step->call, DB_WRITE, &step->fault);
    if (status != STATUS_OK) {
        return status;
    }
    return call_end(step->call, close_store_report(step->call, step->licences, &step->fault), &step->fault);
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
    double used = processor_seconds(step->call->db);
    double began = seconds_now();
    status =
        db_query(step->call->db, bare, DB_ARGS(db_integer(m0_us), db_integer(m1_us)), &rows, &step->fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, &step->fault);
    }
    outcome->seconds = seconds_now() - began;
    if (status == STATUS_OK && have_row) {
        outcome->groups = db_column_int(rows, 0);
        outcome->licences = db_column_int(rows, 2);
    }
    db_rows_close(rows);
    outcome->processor_s = processor_seconds(step->call->db) - used;
    return status;
}

static enum status close_it(struct step *step, struct outcome *outcome) {
    struct close_month_input input = {.month = TEXT(CLOSE_MONTH)};
    struct close_month_result result;
    double used = processor_seconds(step->call->db);
    double began = seconds_now();
    enum status status = close_month(step->call, &input, &result, &step->fault);
    outcome->seconds = seconds_now() - began;
    outcome->processor_s = processor_seconds(step->call->db) - used;
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
    double used = processor_seconds(step->call->db);
    double began = seconds_now();
    enum status status = audit_store(step->call, &result, &step->fault);
    outcome->seconds = seconds_now() - began;
    outcome->processor_s = processor_seconds(step->call->db) - used;
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

static void run_step(struct step step, step_function *function, int out) {
    struct bench_call bench;
    struct outcome outcome = {0};
    bench_call_open(&bench, &step.place, CLOSED_AT_US);
    step.call = &bench.call;
    bench_must(function(&step, &outcome), &step.fault);
    bench_call_close(&bench);
    bool is_told = write(out, &outcome, sizeof outcome) == (ssize_t)sizeof outcome;
    exit(is_told ? 0 : 1);
}

/* Runs a step in a process of its own. */
static struct outcome step_in_child(struct step step, step_function *function) {
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
        run_step(step, function, ends[1]);
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

/* ---- runs and their medians ---- */

/* What a run found out, in seconds and in processor seconds. */
enum figure { DUCKDB, INSERT, SQL, CLOSE, TO_SQL, RATIO, FIGURES };
enum clock { TIME, PROCESSOR, CLOCKS };

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

struct measuring {
    enum db_engine engine;
    int64_t licences;
    int runs;
    bool asks_sql;
    struct close_store store;
    char duckdb[300]; /* its file */
    double figures[CLOCKS][FIGURES][RUNS_MAX];
    struct outcome closed;
    int64_t peak_kib;
};

static enum status insert_it(struct step *step, struct outcome *outcome) {
    struct lines_written written = {0};
    enum status status = db_migrate(step->call->db, &step->fault);
    if (status == STATUS_OK) {
        status = insert_lines(&step->closed, step->call->db, &written, &step->fault);
    }
    *outcome = (struct outcome){
        .seconds = written.seconds, .processor_s = written.processor_s, .lines = written.lines};
    return status;
}

static struct outcome insert_of(const struct measuring *measuring, const struct place *closed) {
    struct step step = {
        .place = place_make(measuring->engine, "lines"), .closed = *closed, .licences = measuring->licences};
    struct outcome outcome = step_in_child(step, insert_it);
    place_drop(&step.place);
    return outcome;
}

static struct bare_answer ask_duckdb(const struct measuring *measuring) {
    struct month month;
    struct fault fault;
    int64_t m0_us = 0;
    int64_t m1_us = 0;
    bench_must(close_store_month(&month, &m0_us, &m1_us, &fault), &fault);
    return duckdb_ask(measuring->duckdb, m0_us, m1_us);
}

static void keep_figures(double figures[FIGURES][RUNS_MAX], int run, const double *taken) {
    for (int i = 0; i <= CLOSE; i++) {
        figures[i][run] = taken[i];
    }
    figures[TO_SQL][run] = taken[SQL] > 0 ? taken[CLOSE] / taken[SQL] : 0;
    figures[RATIO][run] = taken[CLOSE] / (taken[DUCKDB] + taken[INSERT]);
}

static void run_once(struct measuring *measuring, int run) {
    struct step step = {.place = place_copy(&measuring->store.place, "run"), .licences = measuring->licences};
    struct bare_answer duckdb = ask_duckdb(measuring);
    step_in_child(step, report_it);
    struct outcome bare = {0};
    if (measuring->asks_sql) {
        bare = step_in_child(step, ask_bare);
        assert(bare.groups == duckdb.groups && bare.licences == duckdb.licences);
    }
    struct outcome closed = step_in_child(step, close_it);
    struct outcome inserted = insert_of(measuring, &step.place);
    assert(inserted.lines == closed.lines);
    if (run + 1 == measuring->runs && getenv("CLOSE_BENCH_CHECK") != NULL) {
        struct outcome checked = step_in_child(step, check_it);
        printf("  check: %.2f s, %.2f of a processor, %lld MiB\n", checked.seconds, checked.processor_s,
               (long long)checked.peak_kib / 1024);
    }
    place_drop(&step.place);
    const double taken[CLOCKS][CLOSE + 1] = {
        {duckdb.seconds, inserted.seconds, bare.seconds, closed.seconds},
        {duckdb.processor_s, inserted.processor_s, bare.processor_s, closed.processor_s}};
    for (int i = 0; i < CLOCKS; i++) {
        keep_figures(measuring->figures[i], run, taken[i]);
    }
    measuring->closed = closed;
    measuring->peak_kib = closed.peak_kib > measuring->peak_kib ? closed.peak_kib : measuring->peak_kib;
    if (getenv("CLOSE_BENCH_VERBOSE") != NULL) {
        printf("  run %d: DuckDB %.2f s, insert %.2f s, SQL %.2f s, close %.2f s\n", run + 1, duckdb.seconds,
               inserted.seconds, bare.seconds, closed.seconds);
    }
}

static void print_medians(struct measuring *measuring, enum clock clock, double medians[FIGURES]) {
    for (int i = 0; i < FIGURES; i++) {
        medians[i] = median(measuring->figures[clock][i], measuring->runs);
    }
    printf("%8.2f %8.2f %8.2f %8.2f %6.2f %6.2f\n", medians[DUCKDB], medians[INSERT], medians[SQL],
           medians[CLOSE], medians[TO_SQL], medians[RATIO]);
}

static double measure(struct measuring *measuring) {
    double medians[FIGURES];
    measuring->store = close_store_open(measuring->engine, measuring->licences);
    if (access(measuring->duckdb, F_OK) != 0) {
        duckdb_import(&measuring->store.place, measuring->duckdb);
    }
    for (int i = 0; i < measuring->runs; i++) {
        run_once(measuring, i);
    }
    close_store_leave(&measuring->store);
    printf("%-10s %9lld %9lld %8lld %6lld ", measuring->engine == DB_SQLITE ? "SQLite" : "PostgreSQL",
           (long long)measuring->licences, (long long)measuring->closed.lines,
           (long long)measuring->closed.invoices, (long long)measuring->peak_kib / 1024);
    print_medians(measuring, TIME, medians);
    double ratio = medians[RATIO];
    printf("%-46s ", "  of a processor");
    print_medians(measuring, PROCESSOR, medians);
    fflush(stdout);
    return ratio;
}

int main(int argc, char **argv) {
    int64_t licences = 1000000;
    int64_t runs = 3;
    if ((argc > 1 && !text_to_int64(text_of(argv[1]), &licences)) || licences < CLOSE_STORE_MIN ||
        licences > CLOSE_STORE_MAX || (argc > 2 && !text_to_int64(text_of(argv[2]), &runs)) || runs < 1 ||
        runs > RUNS_MAX || argc > 3) {
        fprintf(stderr, "usage: close_bench [LICENCES] [RUNS], %d to %d and 1 to %d\n", CLOSE_STORE_MIN,
                CLOSE_STORE_MAX, RUNS_MAX);
        return 2;
    }
    const char *base = getenv("TMPDIR");
    struct measuring measuring = {
        .licences = licences, .runs = (int)runs, .asks_sql = getenv("CLOSE_BENCH_NO_SQL") == NULL};
    snprintf(measuring.duckdb, sizeof measuring.duckdb, "%s/seatmeter-bench-%ld.duckdb",
             base == NULL ? "/tmp" : base, (long)getpid());
    printf("%-10s %9s %9s %8s %6s %8s %8s %8s %8s %6s %6s\n", "engine", "licences", "lines", "invoices",
           "MiB", "DuckDB s", "insert s", "SQL s", "close s", "to SQL", "ratio");
    fflush(stdout);
    double worst = measure(&measuring);
    if (place_has_postgresql()) {
        measuring.engine = DB_POSTGRESQL;
        measuring.peak_kib = 0;
        double ratio = measure(&measuring);
        worst = ratio > worst ? ratio : worst;
    }
    unlink(measuring.duckdb);
    printf("ratio %.2f\n", worst);
    return 0;
}
