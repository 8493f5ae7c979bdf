/* How many events a simulated programme lives through in a second, on both engines.
 *
 * usage: simulate_bench. PostgreSQL's address stands in SEATMETER_TEST_POSTGRESQL; without it only SQLite is
 * measured. The peer is the least that any log costs: the same rows inserted one by one in one transaction.
 * What the simulation does besides is all the rest: every event is a use case with its checks, its licence,
 * block and audit entry, and the months are reported, closed and paid. Prints a table and the worse engine's
 * ratio of seconds. */
#include "bench_places.h"

#include "rng_arrays.h"

#include "programme/simulation/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EVENT_COLUMNS = 12 };

/* Not a secret: the same on every machine. */
struct seeded {
    struct random_source source;
    struct rng rng;
};

static void fill_seeded(struct random_source *source, void *bytes, size_t size_bytes) {
    rng_fill(&((struct seeded *)source)->rng, bytes, size_bytes);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(enum status status, const struct fault *fault) {
    if (status == STATUS_OK) {
        return;
    }
    fprintf(stderr, "simulate_bench: %s: %s\n", fault->code, fault->message);
    exit(1);
}

static struct db *open_new(const struct place *place) {
    struct db *db = NULL;
    struct fault fault;
    must(db_open(text_of(place->url), &db, &fault), &fault);
    must(db_migrate(db, &fault), &fault);
    return db;
}

static double live(struct db *db, struct simulate_result *result) {
    static const unsigned char secret[PROGRAMME_SECRET_BYTES] = {7};
    static const struct simulate_input input = {
        .seed = 1, .providers = 100, .customers = 1000, .licences = 10000, .months = 3};
    struct seeded seeded = {{fill_seeded}, {{0}}};
    struct arena arena;
    struct fault fault;
    rng_seed(&seeded.rng, 11);
    arena_init(&arena);
    struct call call = {.db = db,
                        .arena = &arena,
                        .actor = {.kind = ACTOR_OPERATOR, .rights = RIGHT_ALL},
                        .now_us = INT64_C(1795564800) * 1000000, /* 2026-11-25 */
                        .secret = secret,
                        .random = &seeded.source};
    double began = seconds_now();
    must(simulate(&call, &input, result, &fault), &fault);
    double seconds = seconds_now() - began;
    arena_clean_up(&arena);
    return seconds;
}

static const char EVENTS[] =
    "select number, at_us, licence_id, provider_id, customer_id, sku_id, cause_id, kind, "
    "own_seats, seats_before, seats_after, recorded_at_us from licence_events";
static const char INSERT[] =
    "insert into licence_events (number, at_us, licence_id, provider_id, customer_id, "
    "sku_id, cause_id, kind, own_seats, seats_before, seats_after, recorded_at_us) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/* The rows of the log, EVENT_COLUMNS values each. */
static struct db_value *read_log(struct db *db, struct arena *arena, size_t count) {
    struct db_value *values = ARENA_NEW(arena, struct db_value, count * EVENT_COLUMNS);
    struct db_rows *rows = NULL;
    struct fault fault;
    bool have_row = false;
    must(db_query(db, EVENTS, DB_NO_ARGS, &rows, &fault), &fault);
    for (size_t i = 0; i < count; i++) {
        must(db_next(rows, &have_row, &fault), &fault);
        for (int k = 0; k < EVENT_COLUMNS; k++) {
            values[i * EVENT_COLUMNS + (size_t)k] = db_integer(db_column_int(rows, k));
        }
    }
    db_rows_close(rows);
    return values;
}

static double insert_bare(struct db *db, const struct db_value *values, size_t count) {
    struct fault fault;
    double began = seconds_now();
    must(db_begin(db, DB_WRITE, &fault), &fault);
    for (size_t i = 0; i < count; i++) {
        must(db_run(db, INSERT, values + i * EVENT_COLUMNS, EVENT_COLUMNS, NULL, &fault), &fault);
    }
    must(db_commit(db, &fault), &fault);
    return seconds_now() - began;
}

static double measure(enum db_engine engine) {
    struct place lived_in = place_make(engine, "life");
    struct place bare = place_make(engine, "bare");
    struct db *db = open_new(&lived_in);
    struct db *bare_db = open_new(&bare);
    struct simulate_result result;
    struct arena arena;
    arena_init(&arena);
    double life_s = live(db, &result);
    size_t count = (size_t)result.events;
    double bare_s = insert_bare(bare_db, read_log(db, &arena, count), count);
    printf("%-10s %9lld %9lld %8lld %8.2f %8.2f %9.0f %7.1f\n", engine == DB_SQLITE ? "SQLite" : "PostgreSQL",
           (long long)result.licences, (long long)result.events, (long long)result.lines, bare_s, life_s,
           (double)result.events / life_s, life_s / bare_s);
    fflush(stdout);
    db_close(db);
    db_close(bare_db);
    place_drop(&lived_in);
    place_drop(&bare);
    arena_clean_up(&arena);
    return life_s / bare_s;
}

int main(void) {
    printf("%-10s %9s %9s %8s %8s %8s %9s %7s\n", "engine", "licences", "events", "lines", "bare s", "life s",
           "events/s", "ratio");
    double worst = measure(DB_SQLITE);
    if (place_has_postgresql()) {
        double ratio = measure(DB_POSTGRESQL);
        worst = ratio > worst ? ratio : worst;
    }
    printf("ratio %.2f\n", worst);
    return 0;
}
