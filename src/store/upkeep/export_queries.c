#include "store/upkeep/export_queries.h"

#define UNDER(column)                                                                                        \
    "($1 = 0 or " column " in (select account_id from account_ancestors where ancestor_id = $1))"
#define OF_VENDOR(column) "($2 = 0 or " column " in (select id from skus where owner_id = $2))"
/* No part of a bundle that is sold as one to whoever reads. */
#define KNOWN_PART(licence_id, from_edge)                                                                    \
    "(" from_edge " = -1 or not exists (select 1 from licences part where part.id = " licence_id             \
    " and part.parent_id is not null and part.last_edge < " from_edge "))"
#define OF_PARTY(table) "($1 = 0 or " table ".seller_id = $1 or " table ".buyer_id = $1)"

static const char EVENTS[] =
    "select e.number, at_us, e.provider_id, customer_id, licence_id, sku_id, kind, seats_after, "
    "coalesce(v.voided_by, 0) from licence_events e left join voided_events v on v.provider_id = "
    "e.provider_id and "
    "v.number = e.number "
    "where at_us >= $3 and at_us < $4 and " UNDER("customer_id") " and " OF_VENDOR(
        "sku_id") " and " KNOWN_PART("licence_id", "$5") " order by e.provider_id, e.number";

enum status export_events_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                 struct fault *fault) {
    return db_stream(db, EVENTS,
                     DB_ARGS(db_integer(scope->under_id), db_integer(scope->vendor_id),
                             db_integer(scope->from_us), db_integer(scope->until_us),
                             db_integer(scope->parts_from_edge)),
                     rows, fault);
}

static const char LICENCES[] =
    "select id, provider_id, customer_id, sku_id, parent_id, first_edge, last_edge, first_on_at_us "
    "from licences l where " UNDER("customer_id") " and " OF_VENDOR("sku_id") " and " KNOWN_PART(
        "l.id", "$3") " order by id";

enum status export_licences_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                   struct fault *fault) {
    return db_stream(db, LICENCES,
                     DB_ARGS(db_integer(scope->under_id), db_integer(scope->vendor_id),
                             db_integer(scope->parts_from_edge)),
                     rows, fault);
}

static const char LINES[] =
    "select i.id, i.number, i.month, i.seller_id, i.buyer_id, i.currency, l.customer_id, l.sku_id, l.policy, "
    "l.measured_parts, l.quantity_parts, l.parts_per_unit, l.unit_price_millionths, l.amount_minor, "
    "l.description, l.note, l.position, coalesce(t.id, 0), coalesce(t.number, ''), "
    "coalesce(l.takes_position, "
    "case when t.id is not null then l.position end, 0), coalesce(m.rules, 0) from invoices i join "
    "invoice_lines l on l.invoice_id "
    "= "
    "i.id left join months m on m.agreement_id = i.agreement_id and m.month = i.month left join invoices t "
    "on t.id = coalesce(l.takes_invoice_id, case when i.kind = 'credit-note' and "
    "l.corrects_month is null then i.corrects_id end) where " OF_PARTY(
        "i") " and ($2 = -1 or i.month = $2) order by l.invoice_id, l.position";

enum status export_lines_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                struct fault *fault) {
    return db_stream(db, LINES, DB_ARGS(db_integer(scope->party_id), db_integer(scope->month)), rows, fault);
}

/* The store numbers postings over all books. An account is told their place in its own. */
#define LEDGER_OF(books)                                                                                     \
    "select g.place, g.at_us, g.invoice_id, g.account, g.debit_minor, g.credit_minor, g.currency, "          \
    "g.owner_id, i.number from " books " g join invoices i on i.id = g.invoice_id "                          \
    "where ($2 = -1 or i.month = $2) order by g.posting, g.position"
static const char LEDGER[] =
    LEDGER_OF("(select posting as place, ledger.* from ledger where cast($1 as bigint) = 0)");
static const char OWN_LEDGER[] = LEDGER_OF(
    "(select dense_rank() over (order by posting) as place, ledger.* from ledger where owner_id = $1)");

enum status export_ledger_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                 struct fault *fault) {
    return db_stream(db, scope->party_id == 0 ? LEDGER : OWN_LEDGER,
                     DB_ARGS(db_integer(scope->party_id), db_integer(scope->month)), rows, fault);
}

static const char ADJUSTMENTS[] =
    "select r.month, r.agreement_id, d.customer_id, d.sku_id, d.units, d.reason, 'adjustment' as kind, "
    "0 as invoice_id, d.report_id as number, '' as invoice_number, 0 as licence_id, 0 as at_us, 0 as seats "
    "from report_adjustments d join reports r "
    "on r.id = d.report_id "
    "join agreements a on a.id = r.agreement_id where r.state = 'approved' and " OF_PARTY(
        "a") " and ($2 = -1 or r.month = $2) union all "
             "select c.month, c.agreement_id, c.customer_id, c.sku_id, c.units, c.reason, 'correction' as "
             "kind, "
             "coalesce(c.invoice_id, 0) as invoice_id, c.id as number, coalesce(i.number, '') as "
             "invoice_number, coalesce(c.licence_id, 0), coalesce(c.at_us, 0), c.seats from corrections c "
             "join "
             "agreements a on a.id = c.agreement_id "
             "left join invoices i on i.id = c.invoice_id where c.state = 'accepted' and " OF_PARTY(
                 "a") " and ($2 = -1 or c.month = $2) "
                      "order by 1, 2, 7, 9, 3, 4";

enum status export_adjustments_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                      struct fault *fault) {
    return db_stream(db, ADJUSTMENTS, DB_ARGS(db_integer(scope->party_id), db_integer(scope->month)), rows,
                     fault);
}

/* A draft's charges are its seller's alone. */
static const char CHARGES[] =
    "select c.id, c.month, c.agreement_id, c.customer_id, c.description, c.quantity, "
    "c.unit_price_millionths, c.tax_category, c.tax_rate_millionths, coalesce(c.invoice_id, 0), "
    "coalesce(i.number, ''), c.created_at_us from charges c join agreements a on a.id = c.agreement_id "
    "left join invoices i on i.id = c.invoice_id where ($1 = 0 or a.seller_id = $1 or "
    "(a.buyer_id = $1 and a.state <> 'draft')) and ($2 = -1 or c.month = $2) order by c.id";

enum status export_charges_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                  struct fault *fault) {
    return db_stream(db, CHARGES, DB_ARGS(db_integer(scope->party_id), db_integer(scope->month)), rows,
                     fault);
}

static const char MONTHS[] =
    "select m.month, m.agreement_id, m.rules, m.usage_billing, m.closed_at_us from months m "
    "join agreements a on a.id = m.agreement_id where m.state = 'closed' and " OF_PARTY(
        "a") " and ($2 = -1 or m.month = $2) order by m.month, m.agreement_id";

enum status export_months_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                 struct fault *fault) {
    return db_stream(db, MONTHS, DB_ARGS(db_integer(scope->party_id), db_integer(scope->month)), rows, fault);
}

/* Whether the reader is an account or stands above it. */
#define REACHES(account)                                                                                     \
    "($1 = 0 or exists (select 1 from account_ancestors n where n.ancestor_id = $1 and n.account_id = "      \
    "m." account "))"
/* A move's parties read it, and who stands above both providers. What became of the customer and of its
 * licences is told to the new provider's side, what they were to the old one's. */
static const char MOVES[] =
    "select m.id, m.month, m.customer_id, m.from_id, m.to_id, "
    "case when " REACHES(
        "successor_id") " then m.successor_id else 0 end, "
                        "case when " REACHES(
                            "customer_id") " then coalesce(l.licence_id, 0) else 0 end, "
                                           "case when " REACHES(
                                               "successor_id") " then coalesce(l.successor_id, 0) else 0 end "
                                                               "from moves m left join moved_licences l on "
                                                               "l.move_id = m.id where m.state = 'done' "
                                                               "and ($2 = -1 or m.month = $2) and "
                                                               "(m.customer_id = $1 or m.successor_id = $1 "
                                                               "or m.from_id = $1 "
                                                               "or m.to_id = $1 or " REACHES(
                                                                   "from_id") " and " REACHES("to_id") ") "
                                                                                                       "order"
                                                                                                       " by "
                                                                                                       "m.id,"
                                                                                                       " l."
                                                                                                       "licen"
                                                                                                       "ce_"
                                                                                                       "id";

enum status export_moves_stream(struct db *db, const struct export_scope *scope, struct db_rows **rows,
                                struct fault *fault) {
    return db_stream(db, MOVES, DB_ARGS(db_integer(scope->party_id), db_integer(scope->month)), rows, fault);
}
