#include "store/delivery/install_links.h"

#include "store/engine/rows.h"

#include <assert.h>

static const struct db_field LINK_FIELDS[] = {
    DB_FIELD_INT(struct install_link, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct install_link, licence_id, "licence_id"),
    DB_FIELD_TEXT(struct install_link, created_by, "created_by"),
    DB_FIELD_INT(struct install_link, created_at_us, "created_at_us"),
    DB_FIELD_INT(struct install_link, expires_at_us, "expires_at_us"),
    DB_FIELD_INT(struct install_link, revoked_at_us, "revoked_at_us", DB_OR_NULL),
};
static const struct db_fields LINK = DB_FIELDS(struct install_link, LINK_FIELDS);

/* The hash goes in and never comes out. */
static const struct db_field INSERTED_FIELDS[] = {
    DB_FIELD_REST(NULL, &LINK),
    DB_FIELD_BYTES(struct install_link, token_hash, "token_hash"),
};
static const struct db_fields INSERTED_LINK = DB_FIELDS(struct install_link, INSERTED_FIELDS);

static const char INSERT[] = "insert into install_links ({}) values ({$1})";

enum status install_link_insert(struct db *db, struct install_link *link, struct fault *fault) {
    assert(link->licence_id > 0 && link->token_hash.length > 0 && link->revoked_at_us == 0);
    TRY(db_counter_take(db, "install_links", 1, &link->id, fault));
    return rows_insert(db, &INSERTED_LINK, INSERT, DB_NO_ARGS, link, fault);
}

static const char LOAD[] = "select {} from install_links where id = $1";

enum status install_link_load(struct db *db, struct arena *arena, int64_t id, struct install_link *link,
                              bool *found, struct fault *fault) {
    return rows_one(db, arena, &LINK, LOAD, DB_ARGS(db_integer(id)), link, found, fault);
}

static const char FIND[] = "select {} from install_links where token_hash = $1";

enum status install_link_find(struct db *db, struct arena *arena, struct text token_hash,
                              struct install_link *link, bool *found, struct fault *fault) {
    return rows_one(db, arena, &LINK, FIND, DB_ARGS(db_bytes(token_hash)), link, found, fault);
}

static const char LIST[] = "select {} from install_links where licence_id = $1 order by id desc limit 100";

enum status install_link_list(struct db *db, struct arena *arena, int64_t licence_id,
                              struct install_link **links, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &LINK, LIST, DB_ARGS(db_integer(licence_id)), links, count, fault);
}

static const char REVOKE[] =
    "update install_links set revoked_at_us = $2 where id = $1 and revoked_at_us is null";

enum status install_link_revoke(struct db *db, int64_t id, int64_t at_us, struct fault *fault) {
    return db_run(db, REVOKE, DB_ARGS(db_integer(id), db_integer(at_us)), NULL, fault);
}

static const char NOTE_DOWNLOAD[] = "update install_links set downloaded_at_us = $2 where id = $1";

enum status install_link_note_download(struct db *db, int64_t id, int64_t at_us, struct fault *fault) {
    return db_run(db, NOTE_DOWNLOAD, DB_ARGS(db_integer(id), db_integer(at_us)), NULL, fault);
}

static const char DOWNLOADED_SINCE[] =
    "select 1 from install_links where licence_id = $1 and downloaded_at_us >= $2 limit 1";

enum status install_links_used_since(struct db *db, int64_t licence_id, int64_t since_us, bool *used,
                                     struct fault *fault) {
    return rows_yes(db, DOWNLOADED_SINCE, DB_ARGS(db_integer(licence_id), db_integer(since_us)), used, fault);
}
