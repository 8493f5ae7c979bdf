#include "store/billing/margin_queries.h"

#include "store/engine/rows.h"

static const struct db_field SUM_FIELDS[] = {
    DB_FIELD_INT(struct margin_sum, seller_id, "i.seller_id"),
    DB_FIELD_INT(struct margin_sum, buyer_id, "i.buyer_id"),
    DB_FIELD_INT(struct margin_sum, customer_id, "l.customer_id"),
    DB_FIELD_INT(struct margin_sum, sku_id, "l.sku_id"),
    DB_FIELD_TEXT(struct margin_sum, currency, "i.currency"),
    DB_FIELD_INT(struct margin_sum, amount_minor, "cast(sum(l.amount_minor) as bigint)"),
};
static const struct db_fields SUM = DB_FIELDS(struct margin_sum, SUM_FIELDS);

static const char SUMS[] = "select {} from invoices i join invoice_lines l on l.invoice_id = i.id "
                           "where (i.seller_id = $1 or i.buyer_id = $1) and i.month = $2 "
                           "group by i.seller_id, i.buyer_id, l.customer_id, l.sku_id, i.currency";

enum status margin_sums_load(struct db *db, struct arena *arena, int64_t account_id, struct month month,
                             struct margin_sum **sums, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &SUM, SUMS, DB_ARGS(db_integer(account_id), db_integer(month.index)), sums,
                    count, fault);
}
