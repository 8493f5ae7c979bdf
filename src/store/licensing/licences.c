#include "store/licensing/licences.h"

#include "store/engine/numbers.h"
#include "store/engine/rows.h"

#include <assert.h>

static const struct db_field LICENCE_FIELDS[] = {
    DB_FIELD_INT(struct licence, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct licence, block_id, "block_id"),
    DB_FIELD_INT(struct licence, provider_id, "provider_id"),
    DB_FIELD_INT(struct licence, customer_id, "customer_id"),
    DB_FIELD_INT(struct licence, sku_id, "sku_id"),
    DB_FIELD_INT(struct licence, parent_id, "parent_id", DB_OR_NULL),
    DB_FIELD_INT(struct licence, part_quantity, "part_quantity"),
    DB_FIELD_INT(struct licence, first_edge, "first_edge"),
    DB_FIELD_INT(struct licence, last_edge, "last_edge"),
    DB_FIELD_BYTES_OF(struct licence, key_hash, "key_hash", LICENCE_KEY_HASH_BYTES, DB_OR_NULL),
    DB_FIELD_BYTES(struct licence, key_sealed, "key_sealed", DB_OR_NULL),
    DB_FIELD_TEXT(struct licence, key_hint, "key_hint"),
    DB_FIELD_STATE(struct licence, state, "state", &licence_machine, DB_SAVED),
    DB_FIELD_INT32(struct licence, seats, "seats", DB_SAVED | DB_FROM_ONE),
    DB_FIELD_INT(struct licence, suspensions, "suspensions", DB_COUNT),
    DB_FIELD_INT32(struct licence, counted_seats, "counted_seats", DB_SAVED | DB_COUNT),
    DB_FIELD_INT(struct licence, issued_at_us, "issued_at_us"),
    DB_FIELD_INT(struct licence, first_on_at_us, "first_on_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct licence, last_event_at_us, "last_event_at_us", DB_SAVED),
    DB_FIELD_INT(struct licence, retired_at_us, "retired_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct licence, version, "version"),
};
static const struct db_fields LICENCE = DB_FIELDS(struct licence, LICENCE_FIELDS);

static const struct db_field LICENCE_ROW_FIELDS[] = {
    DB_FIELD_PART(struct licence_row, licence, "l", &LICENCE),
    DB_FIELD_TEXT(struct licence_row, provider_code, "p.code"),
    DB_FIELD_TEXT(struct licence_row, customer_code, "c.code"),
    DB_FIELD_TEXT(struct licence_row, customer_name, "c.name"),
    DB_FIELD_TEXT(struct licence_row, sku_code, "s.code"),
    DB_FIELD_TEXT(struct licence_row, sku_name, "s.name"),
    DB_FIELD_INT(struct licence_row, sku_owner_id, "s.owner_id"),
};
static const struct db_fields LICENCE_ROW = DB_FIELDS(struct licence_row, LICENCE_ROW_FIELDS);

#define ROW_JOINS                                                                                            \
    "join accounts p on p.id = l.provider_id join accounts c on c.id = l.customer_id "                       \
    "join skus s on s.id = l.sku_id "

int32_t licence_counted_seats(const struct licence *licence) {
    assert(licence->suspensions >= 0);
    return licence->state == LICENCE_ON && licence->suspensions == 0 ? licence->seats : 0;
}

static struct text state_word(enum licence_state state) {
    return text_of(machine_state_name(&licence_machine, (int)state));
}

static const char INSERT[] = "insert into licences ({}) values ({$1})";

enum status licence_insert(struct db *db, struct licence *licence, struct fault *fault) {
    assert(licence->seats > 0 && licence->counted_seats == licence_counted_seats(licence));
    assert((licence->parent_id == 0) == (licence->key_hash.length == LICENCE_KEY_HASH_BYTES));
    TRY(db_require_part(db, licence->provider_id, fault));
    TRY(db_number_take(db, DB_NUMBERS_LICENCES, &licence->id, fault));
    licence->version = 1;
    return rows_insert(db, &LICENCE, INSERT, DB_NO_ARGS, licence, fault);
}

static const char LOAD[] = "select {} from licences l " ROW_JOINS "where l.id = $1";

enum status licence_load(struct db *db, struct arena *arena, int64_t id, struct licence_row *row, bool *found,
                         struct fault *fault) {
    return rows_one(db, arena, &LICENCE_ROW, LOAD, DB_ARGS(db_integer(id)), row, found, fault);
}

static const char LOAD_BY_KEY[] = "select {} from licences l " ROW_JOINS "where l.key_hash = $1";

enum status licence_load_by_key(struct db *db, struct arena *arena,
                                const unsigned char hash[LICENCE_KEY_HASH_BYTES], struct licence_row *row,
                                bool *found, struct fault *fault) {
    struct text bytes = {(const char *)hash, LICENCE_KEY_HASH_BYTES};
    return rows_one(db, arena, &LICENCE_ROW, LOAD_BY_KEY, DB_ARGS(db_bytes(bytes)), row, found, fault);
}

static const char PROVIDER[] = "select provider_id from licences where id = $1";

enum status licence_provider(struct db *db, int64_t id, int64_t *provider_id, struct fault *fault) {
    return db_query_int(db, PROVIDER, DB_ARGS(db_integer(id)), 0, provider_id, fault);
}

static const char PROVIDER_BY_KEY[] = "select provider_id from licences where key_hash = $1";

enum status licence_provider_by_key(struct db *db, const unsigned char hash[LICENCE_KEY_HASH_BYTES],
                                    int64_t *provider_id, struct fault *fault) {
    struct text bytes = {(const char *)hash, LICENCE_KEY_HASH_BYTES};
    return db_query_int(db, PROVIDER_BY_KEY, DB_ARGS(db_bytes(bytes)), 0, provider_id, fault);
}

static const char LOAD_PARTS[] = "select {l} from licences l where l.parent_id = $1 order by l.id";

enum status licence_load_parts(struct db *db, struct arena *arena, int64_t parent_id, struct licence **parts,
                               size_t *count, struct fault *fault) {
    return rows_all(db, arena, &LICENCE, LOAD_PARTS, DB_ARGS(db_integer(parent_id)), parts, count, fault);
}

static const struct db_field RANGE_FIELDS[] = {
    DB_FIELD_INT(struct licence_range, first_edge, "first_edge"),
    DB_FIELD_INT(struct licence_range, last_edge, "last_edge"),
};
static const struct db_fields RANGE = DB_FIELDS(struct licence_range, RANGE_FIELDS);

static const char RANGES[] = "select distinct {} from licences where customer_id = $1 and sku_id = $2 and "
                             "first_on_at_us is not null order by first_edge, last_edge";

enum status licence_ranges_load(struct db *db, struct arena *arena, int64_t customer_id, int64_t sku_id,
                                struct licence_range **ranges, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &RANGE, RANGES, DB_ARGS(db_integer(customer_id), db_integer(sku_id)), ranges,
                    count, fault);
}

static const char UPDATE[] = "update licences set {=2}, version = version + 1 where id = $1";

enum status licence_update(struct db *db, struct licence *licence, struct fault *fault) {
    assert(licence->seats > 0 && licence->counted_seats == licence_counted_seats(licence));
    TRY(db_require_part(db, licence->provider_id, fault));
    licence->version++;
    return rows_save_later(db, &LICENCE, UPDATE, DB_ARGS(db_integer(licence->id)), licence, fault);
}

static const char LIST_OF_CUSTOMER[] = "select id from licences where customer_id = $1 and state = $2 "
                                       "and parent_id is null order by id";

enum status licence_list_of_customer(struct db *db, struct arena *arena, int64_t customer_id,
                                     enum licence_state state, int64_t **ids, size_t *count,
                                     struct fault *fault) {
    return rows_integers(db, arena, LIST_OF_CUSTOMER,
                         DB_ARGS(db_integer(customer_id), db_string(state_word(state))), ids, count, fault);
}

#define LIST_CONDITIONS                                                                                      \
    "and (cast($3 as bigint) = 0 or s.owner_id = $3) and (cast($4 as bigint) = 0 or l.sku_id = $4) "         \
    "and (l.parent_id = $5 or cast($5 as bigint) = 0 and (l.parent_id is null or cast($3 as bigint) <> 0)) " \
    "and (cast($6 as bigint) = 0 or l.block_id = $6) and (cast($7 as text) = '' or l.state = $7) "           \
    "and (cast($8 as bigint) < 0 or $8 = case when l.suspensions > 0 then 1 else 0 end) "                    \
    "order by l.id limit $9"

/* Collects a small subtree's licences, then sorts them. */
static const char LIST_NARROW[] =
    "select {} from account_ancestors a join licences l on l.customer_id = a.account_id " ROW_JOINS
    "where a.ancestor_id = $2 and l.id > $1 " LIST_CONDITIONS;

/* Walks the licences in order and asks of each whether it is below. */
static const char LIST_WIDE[] =
    "select {} from licences l " ROW_JOINS "where l.id > $1 and (cast($2 as bigint) = 0 or exists "
    "(select 1 from account_ancestors a where a.ancestor_id = $2 and "
    "a.account_id = l.customer_id)) " LIST_CONDITIONS;

enum status licence_list(struct db *db, struct arena *arena, const struct licence_filter *filter,
                         struct page page, struct licence_row **rows, size_t *count, int64_t *next_after,
                         struct fault *fault) {
    struct text state = filter->state < 0 ? TEXT("") : state_word((enum licence_state)filter->state);
    return rows_page(db, arena, &LICENCE_ROW, filter->wide || filter->below_id == 0 ? LIST_WIDE : LIST_NARROW,
                     DB_ARGS(db_integer(page.after_id), db_integer(filter->below_id),
                             db_integer(filter->vendor_id), db_integer(filter->sku_id),
                             db_integer(filter->parent_id), db_integer(filter->block_id), db_string(state),
                             db_integer(filter->suspended)),
                     page, rows, count, next_after, fault);
}
