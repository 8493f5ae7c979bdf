#include "store/licensing/blocks.h"

#include "store/engine/numbers.h"
#include "store/engine/rows.h"

#include <assert.h>

static const struct db_field BLOCK_FIELDS[] = {
    DB_FIELD_INT(struct block, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct block, provider_id, "provider_id"),
    DB_FIELD_INT(struct block, sku_id, "sku_id"),
    DB_FIELD_INT(struct block, size, "size", DB_SAVED | DB_COUNT),
    DB_FIELD_INT(struct block, issued_seats, "issued_seats", DB_SAVED | DB_COUNT),
    DB_FIELD_STATE(struct block, state, "state", &block_machine, DB_SAVED),
    DB_FIELD_INT(struct block, ordered_at_us, "ordered_at_us"),
    DB_FIELD_INT(struct block, version, "version"),
};
static const struct db_fields BLOCK = DB_FIELDS(struct block, BLOCK_FIELDS);

static const char INSERT[] = "insert into blocks ({}) values ({$1})";

enum status block_insert(struct db *db, struct block *block, struct fault *fault) {
    assert(block->size > 0 && block->issued_seats <= block->size);
    TRY(db_require_part(db, block->provider_id, fault));
    TRY(db_number_take(db, DB_NUMBERS_BLOCKS, &block->id, fault));
    block->version = 1;
    return rows_insert(db, &BLOCK, INSERT, DB_NO_ARGS, block, fault);
}

static const char LOAD[] = "select {} from blocks where id = $1";

enum status block_load(struct db *db, int64_t id, struct block *block, bool *found, struct fault *fault) {
    return rows_one(db, NULL, &BLOCK, LOAD, DB_ARGS(db_integer(id)), block, found, fault);
}

static const char UPDATE[] = "update blocks set {=2}, version = version + 1 where id = $1";

enum status block_update(struct db *db, struct block *block, struct fault *fault) {
    assert(block->issued_seats >= 0 && block->issued_seats <= block->size);
    TRY(db_require_part(db, block->provider_id, fault));
    block->version++;
    return rows_save(db, &BLOCK, UPDATE, DB_ARGS(db_integer(block->id)), block, NULL, fault);
}

static const char ADD_ISSUED[] = "update blocks set issued_seats = issued_seats + $2, version = version + 1 "
                                 "where id = $1";

enum status block_add_issued(struct db *db, int64_t block_id, int64_t seats, struct fault *fault) {
    return db_run_later(db, ADD_ISSUED, DB_ARGS(db_integer(block_id), db_integer(seats)), fault);
}

static const char LIST[] = "select {} from blocks where id > $1 "
                           "and (cast($2 as bigint) = 0 or provider_id = $2) "
                           "and (cast($3 as bigint) = 0 or sku_id = $3) "
                           "and (cast($4 as text) = '' or state = $4) order by id limit $5";

enum status block_list(struct db *db, struct arena *arena, const struct block_filter *filter,
                       struct page page, struct block **blocks, size_t *count, int64_t *next_after,
                       struct fault *fault) {
    struct text state =
        filter->state < 0 ? TEXT("") : text_of(machine_state_name(&block_machine, filter->state));
    return rows_page(db, arena, &BLOCK, LIST,
                     DB_ARGS(db_integer(page.after_id), db_integer(filter->provider_id),
                             db_integer(filter->sku_id), db_string(state)),
                     page, blocks, count, next_after, fault);
}
