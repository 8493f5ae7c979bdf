/* Loose tables: what keeps the largest tables in order is taken off while a benchmark fills them.
 *
 * An index kept row by row is read and written all over, one made of what is there is a sort: ten million
 * rows differ by a factor of ten. What is taken is asked of the database and put back word for word, so that
 * a store is in the end what the migrations made. Keys that other tables name stay, and on SQLite those that
 * belong to a table's own definition. What goes wrong ends the program with a message. */
#ifndef SEATMETER_TESTS_BENCH_LOOSE_TABLES_H
#define SEATMETER_TESTS_BENCH_LOOSE_TABLES_H

#include "bench_places.h"

#include "core/base/arena.h"

struct loose_pair {
    const char *take; /* a statement; NULL: nothing */
    const char *again;
};

struct loose_tables {
    struct arena arena;
    struct loose_pair *pairs;
    size_t count;
    size_t capacity;
};

/* Outside of any transaction on `place`. */
void loose_tables_take(struct loose_tables *tables, const struct place *place);
void loose_tables_put_back(struct loose_tables *tables, const struct place *place);

#endif
