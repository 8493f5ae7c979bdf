/* What a close is measured beside: DuckDB's answer to the bare question about the month's events, and the
 * bare insert of the close's lines. */
#ifndef SEATMETER_TESTS_BENCH_CLOSE_PEERS_H
#define SEATMETER_TESTS_BENCH_CLOSE_PEERS_H

#include "bench_places.h"

struct bare_answer {
    double seconds;
    double processor_s;
    int64_t groups;
    int64_t licences;
};

/* Copies the events and licences of `place` into a DuckDB file, which is what DuckDB is asked about. What
 * goes wrong ends the program with a message. */
void duckdb_import(const struct place *place, const char *file);
struct bare_answer duckdb_ask(const char *file, int64_t from_us, int64_t to_us);

struct lines_written {
    double seconds;
    double processor_s;
    int64_t lines;
};

/* Reads every invoice line of `closed` into memory, then writes them to the empty table of `empty`, as a
 * close would: in one transaction, in their order. Only the writing is timed. */
enum status insert_lines(const struct place *closed, struct db *empty, struct lines_written *written,
                         struct fault *fault) MUST_CHECK;

#endif
