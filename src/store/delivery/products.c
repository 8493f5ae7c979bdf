#include "store/delivery/products.h"

#include "store/engine/rows.h"

#include <assert.h>

static const struct db_field PRODUCT_FIELDS[] = {
    DB_FIELD_INT(struct product, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct product, vendor_id, "vendor_id"),
    DB_FIELD_TEXT(struct product, code, "code"),
    DB_FIELD_TEXT(struct product, update_name, "update_name"),
    DB_FIELD_TEXT(struct product, name, "name"),
    DB_FIELD_INT(struct product, created_at_us, "created_at_us"),
};
static const struct db_fields PRODUCT = DB_FIELDS(struct product, PRODUCT_FIELDS);

static const char INSERT[] = "insert into products ({}) values ({$1})";

enum status product_insert(struct db *db, struct product *product, struct fault *fault) {
    assert(product->vendor_id > 0 && product->code.length > 0 && product->update_name.length > 0);
    TRY(db_counter_take(db, "products", 1, &product->id, fault));
    return rows_insert(db, &PRODUCT, INSERT, DB_NO_ARGS, product, fault);
}

static const char LOAD[] = "select {p} from products p where p.id = $1";

enum status product_load(struct db *db, struct arena *arena, int64_t id, struct product *product, bool *found,
                         struct fault *fault) {
    return rows_one(db, arena, &PRODUCT, LOAD, DB_ARGS(db_integer(id)), product, found, fault);
}

static const char FIND_CODE[] = "select {p} from products p where lower(p.code) = lower($1) "
                                "and ($2 = 0 or p.vendor_id = $2) order by p.id";

enum status product_find_code(struct db *db, struct arena *arena, int64_t vendor_id, struct text code,
                              struct product **products, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &PRODUCT, FIND_CODE, DB_ARGS(db_string(code), db_integer(vendor_id)), products,
                    count, fault);
}

static const char HAS_UPDATE_NAME[] = "select 1 from products where lower(update_name) = lower($1)";

enum status product_has_update_name(struct db *db, struct text update_name, bool *yes, struct fault *fault) {
    return rows_yes(db, HAS_UPDATE_NAME, DB_ARGS(db_string(update_name)), yes, fault);
}

static const char LIST[] = "select {p} from products p where p.id > $1 and ($2 = 0 or p.vendor_id = $2) "
                           "order by p.id limit $3";

enum status product_list(struct db *db, struct arena *arena, int64_t vendor_id, struct page page,
                         struct product **products, size_t *count, int64_t *next_after, struct fault *fault) {
    return rows_page(db, arena, &PRODUCT, LIST, DB_ARGS(db_integer(page.after_id), db_integer(vendor_id)),
                     page, products, count, next_after, fault);
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
    return rows_integers(db, arena, LOAD_SKUS, DB_ARGS(db_integer(product_id)), sku_ids, count, fault);
}

static const char LOAD_ENTITLING[] =
    "select sku_id from product_skus where product_id = $1 "
    "union "
    "select b.bundle_id from bundle_parts b join product_skus s on s.sku_id = b.part_id "
    "where s.product_id = $1 order by 1";

enum status product_sku_load_entitling(struct db *db, struct arena *arena, int64_t product_id,
                                       int64_t **sku_ids, size_t *count, struct fault *fault) {
    return rows_integers(db, arena, LOAD_ENTITLING, DB_ARGS(db_integer(product_id)), sku_ids, count, fault);
}

static const char LOAD_OF_LICENCE[] =
    "select {p} from products p where exists ("
    "select 1 from licences l join product_skus s on s.sku_id = l.sku_id "
    "where s.product_id = p.id and (l.id = $1 or l.parent_id = $1)) order by p.code";

enum status product_load_of_licence(struct db *db, struct arena *arena, int64_t licence_id,
                                    struct product **products, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &PRODUCT, LOAD_OF_LICENCE, DB_ARGS(db_integer(licence_id)), products, count,
                    fault);
}

static const char BY_LICENCE[] =
    "select cast(count(*) as bigint) from licences l join product_skus s on s.sku_id = l.sku_id "
    "join licences o on o.id = $2 "
    "where s.product_id = $1 and (l.id = $2 or l.parent_id = $2) "
    "and l.counted_seats > 0 and o.counted_seats > 0";

enum status product_entitled_by_licence(struct db *db, int64_t product_id, int64_t licence_id, bool *yes,
                                        struct fault *fault) {
    return rows_yes(db, BY_LICENCE, DB_ARGS(db_integer(product_id), db_integer(licence_id)), yes, fault);
}

static const char BY_ACCOUNT[] =
    "select cast(count(*) as bigint) where exists ("
    "select 1 from licences l where l.customer_id = $2 and l.counted_seats > 0 "
    "and l.sku_id in (select s.sku_id from product_skus s where s.product_id = $1)) or exists ("
    "select 1 from licences l where l.provider_id = $2 and l.counted_seats > 0 "
    "and l.sku_id in (select s.sku_id from product_skus s where s.product_id = $1))";

enum status product_entitled_by_account(struct db *db, int64_t product_id, int64_t account_id, bool *yes,
                                        struct fault *fault) {
    return rows_yes(db, BY_ACCOUNT, DB_ARGS(db_integer(product_id), db_integer(account_id)), yes, fault);
}
