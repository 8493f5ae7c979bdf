/* Export rows: the long tables, streamed for one reader.
 *
 * A reader is everybody (all zero), a vendor (its SKUs' events and its edges) or an account (what is below it
 * and its edges). Columns are ids and raw integers; the programme names them. */
#ifndef SEATMETER_STORE_UPKEEP_EXPORT_QUERIES_H
#define SEATMETER_STORE_UPKEEP_EXPORT_QUERIES_H

#include "core/time/date.h"
#include "store/engine/db.h"

struct export_scope {
    int64_t under_id;  /* licences and events of customers at or below this account; 0: all */
    int64_t vendor_id; /* only of SKUs that it owns; 0: all */
    int64_t party_id;  /* edges that it is a party of; 0: all */
    int64_t from_us;   /* events */
    int64_t until_us;
    int32_t month;           /* of invoices; -1: all */
    int64_t parts_from_edge; /* parts of bundles whose last edge is at least this; -1: all */
};

/* sequence, at_us, provider_id, customer_id, licence_id, sku_id, kind, seats_after */
enum status export_events_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                 struct fault *fault) MUST_CHECK;

/* id, provider_id, customer_id, sku_id, parent_id, first_edge, last_edge, first_on_at_us */
enum status export_licences_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                   struct fault *fault) MUST_CHECK;

/* invoice_id, number, month, seller_id, buyer_id, currency, customer_id, sku_id, policy, measured_parts,
 * quantity_parts, parts_per_unit, unit_price_millionths, amount_minor, description, note */
enum status export_lines_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                struct fault *fault) MUST_CHECK;

/* posting, at_us, invoice_id, account, debit_minor, credit_minor, currency, owner_id, number */
enum status export_ledger_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                 struct fault *fault) MUST_CHECK;

/* month, agreement_id, customer_id, sku_id, units, reason, kind ("adjustment" of an approved report, or
 * "correction"), invoice_id (of a correction; 0: it waits) */
enum status export_adjustments_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                      struct fault *fault) MUST_CHECK;

/* One-off charges, billed or waiting: by id. */
enum status export_charges_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                  struct fault *fault) MUST_CHECK;

/* month, agreement_id, rules, usage_billing, closed_at_us: of the closed months, by month. */
enum status export_months_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                 struct fault *fault) MUST_CHECK;

/* move id, month, customer_id, from_id, to_id, successor_id, licence_id, its successor's id: of the moves
 * that were carried out a row for each licence that went along, or one; ids that are not told are 0. */
enum status export_moves_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                struct fault *fault) MUST_CHECK;

#endif
