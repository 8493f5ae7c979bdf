/* Places for stores that a benchmark makes, copies and drops: a directory for SQLite, databases of the test's
 * server for PostgreSQL. What goes wrong ends the program with a message. */
#ifndef SEATMETER_TESTS_BENCH_PLACES_H
#define SEATMETER_TESTS_BENCH_PLACES_H

#include "store/engine/db.h"

struct place {
    enum db_engine engine;
    char url[512];
    char name[256]; /* the file or the database */
};

/* Whether SEATMETER_TEST_POSTGRESQL names a server. */
bool place_has_postgresql(void);

struct place place_make(enum db_engine engine, const char *name);

/* What time would have done: statistics gathered, everything on the disk. */
void place_settle(const struct place *place);

/* Places that stay for later runs, in the directory that SEATMETER_BENCH_STORES names; PostgreSQL's server
 * has to be one that stays, too (SEATMETER_TEST_POSTGRESQL_DATA). */
bool place_keeps_stores(void);
struct place place_kept(enum db_engine engine, const char *name); /* only its name */
bool place_is_there(const struct place *place);
void place_begin(const struct place *place); /* makes a kept place */
void place_rename(const struct place *from, const struct place *to);

/* How much of the disk it takes. */
int64_t place_bytes(const struct place *place);

struct place place_copy(const struct place *from, const char *name);
void place_drop(const struct place *place);

#endif
