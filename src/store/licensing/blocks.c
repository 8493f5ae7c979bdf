#include "store/licensing/blocks.h"

#include <assert.h>

#define COLUMNS "id, provider_id, sku_id, size, issued_seats, state, ordered_at_us, version"

static struct text state_word(enum block_state state) {
    return text_of(machine_state_name(&block_machine, (int)state));
}

static enum status block_from_row(struct db_rows *rows, struct block *block, struct fault *fault) {
    *block = (struct block){.id = db_column_int(rows, 0),
                            .provider_id = db_column_int(rows, 1),
                            .sku_id = db_column_int(rows, 2),
                            .size = db_column_int(rows, 3),
                            .issued_seats = db_column_int(rows, 4),
                            .ordered_at_us = db_column_int(rows, 6),
                            .version = db_column_int(rows, 7)};
    int state = 0;
    enum status status = machine_state_parse(&block_machine, db_column_text(rows, 5), &state, fault);
    block->state = (enum block_state)state;
    return status;
}

static const char INSERT[] = "insert into blocks (id, provider_id, sku_id, size, issued_seats, state, "
                             "ordered_at_us, version) values ($1, $2, $3, $4, $5, $6, $7, 1)";

enum status block_insert(struct db *db, struct block *block, struct fault *fault) {
    assert(block->size > 0 && block->issued_seats <= block->size);
    enum status status = db_counter_take(db, "blocks", 1, &block->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    block->version = 1;
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(block->id), db_integer(block->provider_id), db_integer(block->sku_id),
                          db_integer(block->size), db_integer(block->issued_seats),
                          db_string(state_word(block->state)), db_integer(block->ordered_at_us)),
                  NULL, fault);
}

static const char LOAD[] = "select " COLUMNS " from blocks where id = $1";

enum status block_load(struct db *db, int64_t id, struct block *block, bool *found, struct fault *fault) {
    struct db_rows *rows = NULL;
    enum status status = db_query(db, LOAD, DB_ARGS(db_integer(id)), &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, found, fault);
    }
    if (status == STATUS_OK && *found) {
        status = block_from_row(rows, block, fault);
    }
    db_rows_close(rows);
    return status;
}

static const char UPDATE[] =
    "update blocks set size = $2, issued_seats = $3, state = $4, version = version + 1 "
    "where id = $1";

enum status block_update(struct db *db, struct block *block, struct fault *fault) {
    assert(block->issued_seats >= 0 && block->issued_seats <= block->size);
    block->version++;
    return db_run(db, UPDATE,
                  DB_ARGS(db_integer(block->id), db_integer(block->size), db_integer(block->issued_seats),
                          db_string(state_word(block->state))),
                  NULL, fault);
}

static const char ADD_ISSUED[] = "update blocks set issued_seats = issued_seats + $2, version = version + 1 "
                                 "where id = $1";

enum status block_add_issued(struct db *db, int64_t block_id, int64_t seats, struct fault *fault) {
    return db_run(db, ADD_ISSUED, DB_ARGS(db_integer(block_id), db_integer(seats)), NULL, fault);
}

static const char LIST[] = "select " COLUMNS " from blocks where id > $1 "
                           "and (cast($2 as bigint) = 0 or provider_id = $2) "
                           "and (cast($3 as bigint) = 0 or sku_id = $3) "
                           "and (cast($4 as text) = '' or state = $4) order by id limit $5";

enum status block_list(struct db *db, struct arena *arena, const struct block_filter *filter,
                       struct page page, struct block **blocks, size_t *count, int64_t *next_after,
                       struct fault *fault) {
    int32_t limit = page_limit(page);
    struct block *items = ARENA_NEW(arena, struct block, (size_t)limit + 1);
    size_t used = 0;
    struct text state = filter->state < 0 ? TEXT("") : state_word((enum block_state)filter->state);
    struct db_rows *rows = NULL;
    enum status status =
        db_query(db, LIST,
                 DB_ARGS(db_integer(page.after_id), db_integer(filter->provider_id),
                         db_integer(filter->sku_id), db_string(state), db_integer((int64_t)limit + 1)),
                 &rows, fault);
    bool have_row = true;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        status = block_from_row(rows, &items[used++], fault);
    }
    db_rows_close(rows);
    if (status != STATUS_OK) {
        return status;
    }
    bool more = used > (size_t)limit;
    *count = more ? (size_t)limit : used;
    *next_after = more ? items[limit - 1].id : 0;
    *blocks = items;
    return STATUS_OK;
}
