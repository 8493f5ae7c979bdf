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
#include "programme/exchange/export_sink.h"

struct export_input {
    struct text what;     /* one of the tables: "events" */
    struct text month;    /* "2026-11", for events, lines, ledger and adjustments; empty: everything */
    bool for_spreadsheet; /* what a spreadsheet would take for a formula is text (core/base/csv.h) */
};

/* The name of a kind of export, by its number from 0; NULL behind the last. */
const char *export_kind(size_t number);

/* Fault "unknown-export" on field "what". */
enum status export_records(struct call *call, const struct export_input *input, struct export_sink *sink,
                           struct fault *fault) MUST_CHECK;

#endif
