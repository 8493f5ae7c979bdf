/* Export: the records as CSV, streamed, so that anybody's own program can recompute a bill.
 *
 * events, prices, lines and ledger have exactly the columns that docs name; accounts, skus, agreements,
 * terms, licences and adjustments give what else a recomputation needs. An account gets what it may see: its
 * edges and the licences below it. Accounts go by their label, SKUs by their code (where another SKU has it
 * too, by their identifier), invoices by their number (by their identifier where the seller's label is not
 * its code). Lines end in \n, quoted where RFC 4180 needs it.
 *
 *   accounts     account,kind,code,name,seller,depth
 *   skus         sku,kind,owner,code,name
 *   agreements   agreement,seller,buyer,state,currency,time_zone,tax_category,tax_rate,payment_days,
 *                report_due_days,signed_at,ended_at
 *   terms        seller,buyer,sku,effective_from,minimum,free_months,trial_end,not_for_resale,tax_category,
 *                tax_rate (as prices: one row per price that applies to an edge)
 *   licences     licence,provider,customer,sku,parent,first_edge,last_edge,first_on
 *   adjustments  month,seller,buyer,customer,sku,units,reason,kind,invoice (kind adjustment or correction) */
#ifndef SEATMETER_PROGRAMME_EXCHANGE_EXPORT_H
#define SEATMETER_PROGRAMME_EXCHANGE_EXPORT_H

#include "programme/call/call.h"

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
