#include "store/licensing/licences.h"

#include <assert.h>

#define COLUMNS                                                                                              \
    "l.id, l.block_id, l.provider_id, l.customer_id, l.sku_id, l.parent_id, l.part_quantity, l.first_edge, " \
    "l.last_edge, l.key_hash, l.key_sealed, l.key_hint, l.state, l.seats, l.suspensions, l.counted_seats, "  \
    "l.issued_at_us, l.first_on_at_us, l.last_event_at_us, l.retired_at_us, l.version"
enum { COLUMN_COUNT = 21 };

#define ROW_COLUMNS COLUMNS ", p.code, c.code, c.name, s.code, s.name, s.owner_id"
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

static struct db_value id_or_null(int64_t id) {
    return id == 0 ? db_null() : db_integer(id);
}

static struct db_value bytes_or_null(struct text bytes) {
    return bytes.length == 0 ? db_null() : db_bytes(bytes);
}

static enum status licence_from_row(struct db_rows *rows, struct arena *arena, struct licence *licence,
                                    struct fault *fault) {
    *licence = (struct licence){.id = db_column_int(rows, 0),
                                .block_id = db_column_int(rows, 1),
                                .provider_id = db_column_int(rows, 2),
                                .customer_id = db_column_int(rows, 3),
                                .sku_id = db_column_int(rows, 4),
                                .parent_id = db_column_int(rows, 5),
                                .part_quantity = db_column_int(rows, 6),
                                .first_edge = db_column_int(rows, 7),
                                .last_edge = db_column_int(rows, 8),
                                .key_hash = db_column_copy(rows, 9, arena),
                                .key_sealed = db_column_copy(rows, 10, arena),
                                .key_hint = db_column_copy(rows, 11, arena),
                                .seats = (int32_t)db_column_int(rows, 13), /* written from an int32_t */
                                .suspensions = db_column_int(rows, 14),
                                .counted_seats = (int32_t)db_column_int(rows, 15), /* the same */
                                .issued_at_us = db_column_int(rows, 16),
                                .first_on_at_us = db_column_int(rows, 17),
                                .last_event_at_us = db_column_int(rows, 18),
                                .retired_at_us = db_column_int(rows, 19),
                                .version = db_column_int(rows, 20)};
    int state = 0;
    enum status status = machine_state_parse(&licence_machine, db_column_text(rows, 12), &state, fault);
    licence->state = (enum licence_state)state;
    return status;
}

static enum status licence_row_from_row(struct db_rows *rows, struct arena *arena, struct licence_row *row,
                                        struct fault *fault) {
    row->provider_code = db_column_copy(rows, COLUMN_COUNT, arena);
    row->customer_code = db_column_copy(rows, COLUMN_COUNT + 1, arena);
    row->customer_name = db_column_copy(rows, COLUMN_COUNT + 2, arena);
    row->sku_code = db_column_copy(rows, COLUMN_COUNT + 3, arena);
    row->sku_name = db_column_copy(rows, COLUMN_COUNT + 4, arena);
    row->sku_owner_id = db_column_int(rows, COLUMN_COUNT + 5);
    return licence_from_row(rows, arena, &row->licence, fault);
}

static const char INSERT[] =
    "insert into licences (id, block_id, provider_id, customer_id, sku_id, parent_id, part_quantity, "
    "first_edge, "
    "last_edge, key_hash, key_sealed, key_hint, state, seats, suspensions, counted_seats, issued_at_us, "
    "first_on_at_us, last_event_at_us, retired_at_us, version) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 1)";

enum status licence_insert(struct db *db, struct licence *licence, struct fault *fault) {
    assert(licence->seats > 0 && licence->counted_seats == licence_counted_seats(licence));
    assert((licence->parent_id == 0) == (licence->key_hash.length == LICENCE_KEY_HASH_BYTES));
    enum status status = db_counter_take(db, "licences", 1, &licence->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    licence->version = 1;
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(licence->id), db_integer(licence->block_id),
                          db_integer(licence->provider_id), db_integer(licence->customer_id),
                          db_integer(licence->sku_id), id_or_null(licence->parent_id),
                          db_integer(licence->part_quantity), db_integer(licence->first_edge),
                          db_integer(licence->last_edge), bytes_or_null(licence->key_hash),
                          bytes_or_null(licence->key_sealed), db_string(licence->key_hint),
                          db_string(state_word(licence->state)), db_integer(licence->seats),
                          db_integer(licence->suspensions), db_integer(licence->counted_seats),
                          db_integer(licence->issued_at_us), id_or_null(licence->first_on_at_us),
                          db_integer(licence->last_event_at_us), id_or_null(licence->retired_at_us)),
                  NULL, fault);
}

static enum status load_one(struct db *db, struct arena *arena, const char *sql, struct db_value key,
                            struct licence_row *row, bool *found, struct fault *fault) {
    struct db_rows *rows = NULL;
    enum status status = db_query(db, sql, &key, 1, &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, found, fault);
    }
    if (status == STATUS_OK && *found) {
        status = licence_row_from_row(rows, arena, row, fault);
    }
    db_rows_close(rows);
    return status;
}

static const char LOAD[] = "select " ROW_COLUMNS " from licences l " ROW_JOINS "where l.id = $1";

enum status licence_load(struct db *db, struct arena *arena, int64_t id, struct licence_row *row, bool *found,
                         struct fault *fault) {
    return load_one(db, arena, LOAD, db_integer(id), row, found, fault);
}

static const char LOAD_BY_KEY[] = "select " ROW_COLUMNS " from licences l " ROW_JOINS "where l.key_hash = $1";

enum status licence_load_by_key(struct db *db, struct arena *arena,
                                const unsigned char hash[LICENCE_KEY_HASH_BYTES], struct licence_row *row,
                                bool *found, struct fault *fault) {
    struct text bytes = {(const char *)hash, LICENCE_KEY_HASH_BYTES};
    return load_one(db, arena, LOAD_BY_KEY, db_bytes(bytes), row, found, fault);
}

static const char LOAD_PARTS[] = "select " COLUMNS " from licences l where l.parent_id = $1 order by l.id";

enum status licence_load_parts(struct db *db, struct arena *arena, int64_t parent_id, struct licence **parts,
                               size_t *count, struct fault *fault) {
    struct licence *items = NULL;
    size_t used = 0;
    size_t capacity = 0;
    struct db_rows *rows = NULL;
    enum status status = db_query(db, LOAD_PARTS, DB_ARGS(db_integer(parent_id)), &rows, fault);
    bool have_row = true;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, used, &capacity, sizeof *items);
        status = licence_from_row(rows, arena, &items[used++], fault);
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *parts = items;
        *count = used;
    }
    return status;
}

static const char UPDATE[] = "update licences set state = $2, seats = $3, counted_seats = $4, first_on_at_us "
                             "= $5, last_event_at_us = $6, "
                             "retired_at_us = $7, version = version + 1 where id = $1";

enum status licence_update(struct db *db, struct licence *licence, struct fault *fault) {
    assert(licence->seats > 0 && licence->counted_seats == licence_counted_seats(licence));
    licence->version++;
    return db_run(db, UPDATE,
                  DB_ARGS(db_integer(licence->id), db_string(state_word(licence->state)),
                          db_integer(licence->seats), db_integer(licence->counted_seats),
                          id_or_null(licence->first_on_at_us), db_integer(licence->last_event_at_us),
                          id_or_null(licence->retired_at_us)),
                  NULL, fault);
}

static const char LIST_OF_CUSTOMER[] = "select id from licences where customer_id = $1 and state = $2 "
                                       "and parent_id is null order by id";

enum status licence_list_of_customer(struct db *db, struct arena *arena, int64_t customer_id,
                                     enum licence_state state, int64_t **ids, size_t *count,
                                     struct fault *fault) {
    int64_t *items = NULL;
    size_t used = 0;
    size_t capacity = 0;
    struct db_rows *rows = NULL;
    enum status status = db_query(
        db, LIST_OF_CUSTOMER, DB_ARGS(db_integer(customer_id), db_string(state_word(state))), &rows, fault);
    bool have_row = true;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, used, &capacity, sizeof *items);
        items[used++] = db_column_int(rows, 0);
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *ids = items;
        *count = used;
    }
    return status;
}

#define LIST_CONDITIONS                                                                                      \
    "and (cast($3 as bigint) = 0 or s.owner_id = $3) and (cast($4 as bigint) = 0 or l.sku_id = $4) "         \
    "and (l.parent_id = $5 or cast($5 as bigint) = 0 and (l.parent_id is null or cast($3 as bigint) <> 0)) " \
    "and (cast($6 as bigint) = 0 or l.block_id = $6) and (cast($7 as text) = '' or l.state = $7) "           \
    "and (cast($8 as bigint) < 0 or $8 = case when l.suspensions > 0 then 1 else 0 end) "                    \
    "order by l.id limit $9"

/* Collects a small subtree's licences, then sorts them. */
static const char LIST_NARROW[] =
    "select " ROW_COLUMNS
    " from account_ancestors a join licences l on l.customer_id = a.account_id " ROW_JOINS
    "where a.ancestor_id = $2 and l.id > $1 " LIST_CONDITIONS;

/* Walks the licences in order and asks of each whether it is below. */
static const char LIST_WIDE[] = "select " ROW_COLUMNS " from licences l " ROW_JOINS
                                "where l.id > $1 and (cast($2 as bigint) = 0 or exists "
                                "(select 1 from account_ancestors a where a.ancestor_id = $2 and "
                                "a.account_id = l.customer_id)) " LIST_CONDITIONS;

enum status licence_list(struct db *db, struct arena *arena, const struct licence_filter *filter,
                         struct page page, struct licence_row **rows_out, size_t *count, int64_t *next_after,
                         struct fault *fault) {
    int32_t limit = page_limit(page);
    struct licence_row *items = ARENA_NEW(arena, struct licence_row, (size_t)limit + 1);
    size_t used = 0;
    struct text state = filter->state < 0 ? TEXT("") : state_word((enum licence_state)filter->state);
    const char *sql = filter->wide || filter->below_id == 0 ? LIST_WIDE : LIST_NARROW;
    struct db_rows *rows = NULL;
    enum status status = db_query(
        db, sql,
        DB_ARGS(db_integer(page.after_id), db_integer(filter->below_id), db_integer(filter->vendor_id),
                db_integer(filter->sku_id), db_integer(filter->parent_id), db_integer(filter->block_id),
                db_string(state), db_integer(filter->suspended), db_integer((int64_t)limit + 1)),
        &rows, fault);
    bool have_row = true;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        status = licence_row_from_row(rows, arena, &items[used++], fault);
    }
    db_rows_close(rows);
    if (status != STATUS_OK) {
        return status;
    }
    bool more = used > (size_t)limit;
    *count = more ? (size_t)limit : used;
    *next_after = more ? items[limit - 1].licence.id : 0;
    *rows_out = items;
    return STATUS_OK;
}
