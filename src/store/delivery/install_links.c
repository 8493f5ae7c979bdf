#include "store/delivery/install_links.h"

#include "store/engine/rows.h"

#include <assert.h>

#define COLUMNS "id, licence_id, created_by, created_at_us, expires_at_us, revoked_at_us"

static enum status read_link(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)fault;
    *(struct install_link *)item = (struct install_link){.id = db_column_int(rows, 0),
                                                         .licence_id = db_column_int(rows, 1),
                                                         .token_hash = TEXT(""),
                                                         .created_by = db_column_copy(rows, 2, arena),
                                                         .created_at_us = db_column_int(rows, 3),
                                                         .expires_at_us = db_column_int(rows, 4),
                                                         .revoked_at_us = db_column_int(rows, 5)};
    return STATUS_OK;
}

static const char INSERT[] = "insert into install_links (id, licence_id, token_hash, created_by, "
                             "created_at_us, expires_at_us) values ($1, $2, $3, $4, $5, $6)";

enum status install_link_insert(struct db *db, struct install_link *link, struct fault *fault) {
    assert(link->licence_id > 0 && link->token_hash.length > 0);
    enum status status = db_counter_take(db, "install_links", 1, &link->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(link->id), db_integer(link->licence_id), db_bytes(link->token_hash),
                          db_string(link->created_by), db_integer(link->created_at_us),
                          db_integer(link->expires_at_us)),
                  NULL, fault);
}

static const char LOAD[] = "select " COLUMNS " from install_links where id = $1";

enum status install_link_load(struct db *db, struct arena *arena, int64_t id, struct install_link *link,
                              bool *found, struct fault *fault) {
    return rows_one(db, arena, LOAD, DB_ARGS(db_integer(id)), read_link, link, found, fault);
}

static const char FIND[] = "select " COLUMNS " from install_links where token_hash = $1";

enum status install_link_find(struct db *db, struct arena *arena, struct text token_hash,
                              struct install_link *link, bool *found, struct fault *fault) {
    return rows_one(db, arena, FIND, DB_ARGS(db_bytes(token_hash)), read_link, link, found, fault);
}

static const char LIST[] =
    "select " COLUMNS " from install_links where licence_id = $1 order by id desc limit 100";

enum status install_link_list(struct db *db, struct arena *arena, int64_t licence_id,
                              struct install_link **links, size_t *count, struct fault *fault) {
    return rows_all(db, arena, LIST, DB_ARGS(db_integer(licence_id)), read_link, sizeof(struct install_link),
                    links, count, fault);
}

static const char REVOKE[] =
    "update install_links set revoked_at_us = $2 where id = $1 and revoked_at_us is null";

enum status install_link_revoke(struct db *db, int64_t id, int64_t at_us, struct fault *fault) {
    return db_run(db, REVOKE, DB_ARGS(db_integer(id), db_integer(at_us)), NULL, fault);
}
