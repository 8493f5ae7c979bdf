#include "store/catalogue/price_use.h"

#include "store/engine/rows.h"

static const struct db_field CLOSED_MONTH_FIELDS[] = {
    DB_FIELD_INT(struct closed_month, buyer_id, "buyer_id"),
    DB_FIELD_INT(struct closed_month, agreement_id, "agreement_id"),
    DB_FIELD_MONTH(struct closed_month, month, "month"),
    DB_FIELD_INT(struct closed_month, rules, "rules", DB_OR_NULL | DB_COUNT),
    DB_FIELD_INT(struct closed_month, usage_billing, "usage_billing", DB_COUNT),
    DB_FIELD_BOOL(struct closed_month, is_closing, "is_closing"),
};
static const struct db_fields CLOSED_MONTH = DB_FIELDS(struct closed_month, CLOSED_MONTH_FIELDS);

static const char CLOSED[] =
    "select {} from (select g.buyer_id, m.agreement_id, m.month, m.rules, m.usage_billing, "
    "case when m.state = 'closing' then 1 else 0 end as is_closing from months m "
    "join agreements g on g.id = m.agreement_id where m.state in ('closed', 'closing') and g.seller_id = $1 "
    "and ($2 = 0 or g.buyer_id = $2) and m.month >= $3) closed_months order by buyer_id, month, agreement_id";

enum status closed_months_of_seller(struct db *db, struct arena *arena, int64_t seller_id, int64_t buyer_id,
                                    struct month from, struct closed_month **months, size_t *count,
                                    struct fault *fault) {
    return rows_all(db, arena, &CLOSED_MONTH, CLOSED,
                    DB_ARGS(db_integer(seller_id), db_integer(buyer_id), db_integer(from.index)), months,
                    count, fault);
}

static const struct db_field FIRST_ON_FIELDS[] = {
    DB_FIELD_INT(struct sku_first_on, sku_id, "sku_id"),
    DB_FIELD_INT(struct sku_first_on, at_us, "at_us"),
};
static const struct db_fields FIRST_ON = DB_FIELDS(struct sku_first_on, FIRST_ON_FIELDS);

static const char FIRSTS[] = "select {} from (select sku_id, min(first_on_at_us) as at_us from licences "
                             "where first_on_at_us is not null "
                             "group by sku_id) firsts order by sku_id";

enum status skus_first_on(struct db *db, struct arena *arena, struct sku_first_on **skus, size_t *count,
                          struct fault *fault) {
    return rows_all(db, arena, &FIRST_ON, FIRSTS, DB_NO_ARGS, skus, count, fault);
}

/* A licence counts in the month where an event with seats lies before its end, and no later one by its start.
 * What an undo has taken away is taken for use: who asks wants to be sure that there was none. */
static const char USED[] =
    "with recursive below(id) as (select cast($2 as bigint) union all "
    "select a.id from accounts a join below b on a.seller_id = b.id) "
    "select case when exists (select 1 from below b join licences l on l.customer_id = b.id "
    "where l.sku_id = $3 and l.first_edge <= $5 and l.last_edge >= $5 and exists "
    "(select 1 from licence_events e where e.licence_id = l.id and e.at_us < $7 and e.seats_after > 0 "
    "and not exists (select 1 from licence_events f where f.licence_id = e.licence_id "
    "and f.number > e.number and f.at_us <= $6 and not exists "
    "(select 1 from voided_events v where v.provider_id = f.provider_id and v.number = f.number)))) "
    "or exists (select 1 from agreements g join invoices i on i.agreement_id = g.id "
    "join invoice_lines l on l.invoice_id = i.id where g.seller_id = $1 and g.buyer_id = $2 "
    "and l.sku_id = $3 and coalesce(l.corrects_month, i.month) = $4) "
    "or exists (select 1 from agreements g join corrections c on c.agreement_id = g.id "
    "where g.seller_id = $1 and g.buyer_id = $2 and c.sku_id = $3 and c.month = $4) then 1 else 0 end";

enum status sku_is_used(struct db *db, const struct sku_use *use, bool *is_used, struct fault *fault) {
    return rows_yes(db, USED,
                    DB_ARGS(db_integer(use->seller_id), db_integer(use->buyer_id), db_integer(use->sku_id),
                            db_integer(use->month.index), db_integer(use->seller_depth),
                            db_integer(use->from_us), db_integer(use->until_us)),
                    is_used, fault);
}
