/* Export: the records as CSV, streamed, so that anybody's own program can recompute a bill.
 *
 * events, prices, lines and ledger have exactly the columns that docs name; agreements, terms, licences and
 * adjustments give what else a recomputation needs. An account gets what it may see: its edges, the
 * licences below it. Lines end in \n; quoting as RFC 4180 has it. */
#ifndef SEATMETER_PROGRAMME_EXPORT_H
#define SEATMETER_PROGRAMME_EXPORT_H

#include "programme/call.h"

struct export_input {
    struct text
        what; /* "events", "prices", "lines", "ledger", "agreements", "terms", "licences", "adjustments" */
    struct text
        month; /* "2026-11"; empty: everything. agreements, terms, licences and prices: always everything */
};

/* Where the bytes go: a file, a response. */
struct export_sink {
    enum status (*write)(struct export_sink *sink, const char *bytes, size_t size_bytes, struct fault *fault);
};

/* A sink that writes to a stdio stream; fault "write-failed". */
struct export_file {
    struct export_sink sink;
    void *stream; /* FILE * */
};
struct export_file export_to_file(void *stream);

/* The kinds of export, NULL-terminated, for help and completion. */
extern const char *const EXPORT_KINDS[];

/* Fault "unknown-export" on field "what". */
enum status export_records(struct call *call, const struct export_input *input, struct export_sink *sink,
                           struct fault *fault) MUST_CHECK;

#endif
