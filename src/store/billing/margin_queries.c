#include "store/billing/margin_queries.h"

#include "store/engine/rows.h"

static const char SUMS[] = "select i.seller_id, i.buyer_id, l.customer_id, l.sku_id, i.currency, "
                           "cast(sum(l.amount_minor) as bigint) "
                           "from invoices i join invoice_lines l on l.invoice_id = i.id "
                           "where (i.seller_id = $1 or i.buyer_id = $1) and i.month = $2 "
                           "group by i.seller_id, i.buyer_id, l.customer_id, l.sku_id, i.currency";

static enum status read_sum(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)fault;
    *(struct margin_sum *)item = (struct margin_sum){
        .seller_id = db_column_int(rows, 0),
        .buyer_id = db_column_int(rows, 1),
        .customer_id = db_column_int(rows, 2),
        .sku_id = db_column_int(rows, 3),
        .currency = db_column_copy(rows, 4, arena),
        .amount_minor = db_column_int(rows, 5),
    };
    return STATUS_OK;
}

enum status margin_sums_load(struct db *db, struct arena *arena, int64_t account_id, struct month month,
                             struct margin_sum **sums, size_t *count, struct fault *fault) {
    return rows_all(db, arena, SUMS, DB_ARGS(db_integer(account_id), db_integer(month.index)), read_sum,
                    sizeof(**sums), sums, count, fault);
}
