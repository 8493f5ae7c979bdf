/* World: what a test of the store or of a use case stands on: a fresh, migrated store on one engine.
 *
 * A test program lists its tests with WORLD_TEST and runs them with world_run_tests: each runs once per
 * engine, with the engine in its name, on a store of its own: a file in a temporary directory, or a schema of
 * its own in the PostgreSQL that SEATMETER_TEST_POSTGRESQL names (script/with-postgres gives one). Without
 * that variable the tests on PostgreSQL are skipped, loudly. A test gets the world as `*state`. */
#ifndef SEATMETER_TESTS_PROGRAMME_WORLD_H
#define SEATMETER_TESTS_PROGRAMME_WORLD_H

#include "programme/call/call.h"
#include "store/engine/db.h"

#include <stddef.h>

enum { WORLD_CONNECTIONS_MAX = 8 };

/* 2026-11-24T12:00:00Z, a Tuesday. */
#define WORLD_NOW_US (INT64_C(1795521600) * 1000000)

/* Random bytes that are the same in every run of a test. */
struct world_random {
    struct random_source source;
    uint64_t state;
};

struct world {
    enum db_engine engine;
    char url[512];
    char place[256]; /* a temporary directory; goes with the world, as does the schema */
    char schema[64]; /* on PostgreSQL */
    int64_t version; /* of the store and the number of its tables, as they were made */
    int64_t tables;
    struct db *db;
    struct db *others[WORLD_CONNECTIONS_MAX];
    struct arena arena;
    struct fault fault; /* for WORLD_OK, which prints it */
    int64_t now_us;     /* WORLD_NOW_US at first; a test moves it on */
    struct world_random random;
    unsigned char secret[PROGRAMME_SECRET_BYTES];
};

struct world_test {
    const char *name;
    void (*run)(void **state);
};

#define WORLD_TEST(function)                                                                                 \
    { #function, function }

/* Runs the tests on both engines; the value for main to return. */
int world_run_tests(const char *group, const struct world_test *tests, size_t count);

/* Another connection to the same store; the world closes it, or world_close_other does sooner. */
struct db *world_reopen(struct world *world);
void world_close_other(struct world *world, struct db *db);

/* The path of a file in the world's temporary directory, which is removed with all its files. */
struct text world_file(struct world *world, const char *name);

/* Copies the files of the world's store on SQLite, as they are now: the database, then its log. */
void world_copy_store(struct world *world, struct text path);

/* A second world in mid-test, whose store has no table yet; NULL where the engine is not there to be tested.
 * world_drop frees it. */
struct world *world_empty(enum db_engine engine);
void world_drop(struct world *world);

/* The call of the operator, now, on the world's connection and arena. */
struct call world_call(struct world *world);

/* Fails the test with the fault's words unless `expression` (which must use &world->fault) gives STATUS_OK.
 */
#define WORLD_OK(world, expression) world_must_be_ok((world), (expression), #expression, __FILE__, __LINE__)
void world_must_be_ok(struct world *world, enum status status, const char *what, const char *file, int line);

/* Fails the test unless `expression` gives a fault of that code. */
#define WORLD_FAULT(world, expected, expression)                                                             \
    world_must_fail((world), (expected), (expression), #expression, __FILE__, __LINE__)
void world_must_fail(struct world *world, const char *code, enum status status, const char *what,
                     const char *file, int line);

#endif
