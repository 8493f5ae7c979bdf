#include "store/delivery/products.h"

#include "store/engine/rows.h"

#include <assert.h>

#define COLUMNS "p.id, p.vendor_id, p.code, p.name, p.created_at_us"

static enum status read_product(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)fault;
    *(struct product *)item = (struct product){.id = db_column_int(rows, 0),
                                               .vendor_id = db_column_int(rows, 1),
                                               .code = db_column_copy(rows, 2, arena),
                                               .name = db_column_copy(rows, 3, arena),
                                               .created_at_us = db_column_int(rows, 4)};
    return STATUS_OK;
}

static enum status read_id(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)arena;
    (void)fault;
    *(int64_t *)item = db_column_int(rows, 0);
    return STATUS_OK;
}

static const char INSERT[] =
    "insert into products (id, vendor_id, code, name, created_at_us) values ($1, $2, $3, $4, $5)";

enum status product_insert(struct db *db, struct product *product, struct fault *fault) {
    assert(product->vendor_id > 0 && product->code.length > 0);
    enum status status = db_counter_take(db, "products", 1, &product->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(product->id), db_integer(product->vendor_id), db_string(product->code),
                          db_string(product->name), db_integer(product->created_at_us)),
                  NULL, fault);
}

static const char LOAD[] = "select " COLUMNS " from products p where p.id = $1";

enum status product_load(struct db *db, struct arena *arena, int64_t id, struct product *product, bool *found,
                         struct fault *fault) {
    return rows_one(db, arena, LOAD, DB_ARGS(db_integer(id)), read_product, product, found, fault);
}

static const char FIND_CODE[] = "select " COLUMNS " from products p where lower(p.code) = lower($1)";

enum status product_find_code(struct db *db, struct arena *arena, struct text code, struct product *product,
                              bool *found, struct fault *fault) {
    return rows_one(db, arena, FIND_CODE, DB_ARGS(db_string(code)), read_product, product, found, fault);
}

static const char LIST[] =
    "select " COLUMNS " from products p where p.id > $1 and ($2 = 0 or p.vendor_id = $2) "
    "order by p.id limit $3";

enum status product_list(struct db *db, struct arena *arena, int64_t vendor_id, struct page page,
                         struct product **products, size_t *count, int64_t *next_after, struct fault *fault) {
    size_t limit = (size_t)page_limit(page);
    enum status status =
        rows_all(db, arena, LIST,
                 DB_ARGS(db_integer(page.after_id), db_integer(vendor_id), db_integer((int64_t)limit + 1)),
                 read_product, sizeof(struct product), products, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *next_after = 0;
    if (*count > limit) {
        *count = limit;
        *next_after = (*products)[limit - 1].id;
    }
    return STATUS_OK;
}

static const char INSERT_SKU[] =
    "insert into product_skus (product_id, sku_id) values ($1, $2) on conflict do nothing";

enum status product_sku_insert(struct db *db, int64_t product_id, int64_t sku_id, struct fault *fault) {
    assert(product_id > 0 && sku_id > 0);
    return db_run(db, INSERT_SKU, DB_ARGS(db_integer(product_id), db_integer(sku_id)), NULL, fault);
}

static const char LOAD_SKUS[] = "select sku_id from product_skus where product_id = $1 order by sku_id";

enum status product_sku_load(struct db *db, struct arena *arena, int64_t product_id, int64_t **sku_ids,
                             size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_SKUS, DB_ARGS(db_integer(product_id)), read_id, sizeof(int64_t), sku_ids,
                    count, fault);
}

static const char LOAD_ENTITLING[] =
    "select sku_id from product_skus where product_id = $1 "
    "union "
    "select b.bundle_id from bundle_parts b join product_skus s on s.sku_id = b.part_id "
    "where s.product_id = $1 order by 1";

enum status product_sku_load_entitling(struct db *db, struct arena *arena, int64_t product_id,
                                       int64_t **sku_ids, size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_ENTITLING, DB_ARGS(db_integer(product_id)), read_id, sizeof(int64_t),
                    sku_ids, count, fault);
}

static const char LOAD_OF_LICENCE[] =
    "select " COLUMNS " from products p where exists ("
    "select 1 from licences l join product_skus s on s.sku_id = l.sku_id "
    "where s.product_id = p.id and (l.id = $1 or l.parent_id = $1)) order by p.code";

enum status product_load_of_licence(struct db *db, struct arena *arena, int64_t licence_id,
                                    struct product **products, size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_OF_LICENCE, DB_ARGS(db_integer(licence_id)), read_product,
                    sizeof(struct product), products, count, fault);
}

static enum status ask(struct db *db, const char *sql, int64_t product_id, int64_t other_id, bool *yes,
                       struct fault *fault) {
    int64_t count = 0;
    enum status status =
        db_query_int(db, sql, DB_ARGS(db_integer(product_id), db_integer(other_id)), 0, &count, fault);
    if (status == STATUS_OK) {
        *yes = count > 0;
    }
    return status;
}

static const char BY_LICENCE[] =
    "select cast(count(*) as bigint) from licences l join product_skus s on s.sku_id = l.sku_id "
    "join licences o on o.id = $2 "
    "where s.product_id = $1 and (l.id = $2 or l.parent_id = $2) "
    "and l.counted_seats > 0 and o.counted_seats > 0";

enum status product_entitled_by_licence(struct db *db, int64_t product_id, int64_t licence_id, bool *yes,
                                        struct fault *fault) {
    return ask(db, BY_LICENCE, product_id, licence_id, yes, fault);
}

static const char BY_ACCOUNT[] =
    "select cast(count(*) as bigint) where exists ("
    "select 1 from licences l where l.customer_id = $2 and l.counted_seats > 0 "
    "and l.sku_id in (select s.sku_id from product_skus s where s.product_id = $1)) or exists ("
    "select 1 from licences l where l.provider_id = $2 and l.counted_seats > 0 "
    "and l.sku_id in (select s.sku_id from product_skus s where s.product_id = $1))";

enum status product_entitled_by_account(struct db *db, int64_t product_id, int64_t account_id, bool *yes,
                                        struct fault *fault) {
    return ask(db, BY_ACCOUNT, product_id, account_id, yes, fault);
}
