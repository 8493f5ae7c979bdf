#include "store/billing/margin_queries.h"

#include "store/billing/wide_sum.h"
#include "store/engine/rows.h"

/* A sum as a row has it. */
struct summed_row {
    struct margin_sum sum;
    int64_t high;
    int64_t low;
};

static const struct db_field SUM_FIELDS[] = {
    DB_FIELD_INT(struct summed_row, sum.seller_id, "i.seller_id"),
    DB_FIELD_INT(struct summed_row, sum.buyer_id, "i.buyer_id"),
    DB_FIELD_INT(struct summed_row, sum.customer_id, "l.customer_id"),
    DB_FIELD_INT(struct summed_row, sum.sku_id, "l.sku_id"),
    DB_FIELD_TEXT(struct summed_row, sum.currency, "i.currency"),
    DB_FIELD_INT(struct summed_row, high, WIDE_SUM_HIGH("l.amount_minor")),
    DB_FIELD_INT(struct summed_row, low, WIDE_SUM_LOW("l.amount_minor")),
};
static const struct db_fields SUM = DB_FIELDS(struct summed_row, SUM_FIELDS);

static const char SUMS[] = "select {} from invoices i join invoice_lines l on l.invoice_id = i.id "
                           "where (i.seller_id = $1 or i.buyer_id = $1) and i.month = $2 "
                           "group by i.seller_id, i.buyer_id, l.customer_id, l.sku_id, i.currency";

enum status margin_sums_load(struct db *db, struct arena *arena, int64_t account_id, struct month month,
                             struct margin_sum **sums, size_t *count, struct fault *fault) {
    struct summed_row *rows = NULL;
    TRY(rows_all(db, arena, &SUM, SUMS, DB_ARGS(db_integer(account_id), db_integer(month.index)), &rows,
                 count, fault));
    *sums = ARENA_NEW(arena, struct margin_sum, *count);
    for (size_t i = 0; i < *count; i++) {
        (*sums)[i] = rows[i].sum;
        (*sums)[i].amount_minor = wide_sum(rows[i].high, rows[i].low);
    }
    return STATUS_OK;
}
