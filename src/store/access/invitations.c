#include "store/access/invitations.h"

#include "store/access/role_words.h"
#include "store/engine/rows.h"

#include <assert.h>

static const struct db_field INVITATION_FIELDS[] = {
    DB_FIELD_INT(struct invitation, id, "id"),
    DB_FIELD_INT(struct invitation, account_id, "account_id"),
    DB_FIELD_TEXT(struct invitation, email, "email"),
    DB_FIELD_TEXT(struct invitation, name, "name"),
    DB_FIELD_WORD(struct invitation, role, "role", &ROLE_WORDS),
    DB_FIELD_BYTES(struct invitation, token_hash, "token_hash", DB_OR_NULL),
    DB_FIELD_TEXT(struct invitation, invited_by, "invited_by"),
    DB_FIELD_INT(struct invitation, created_at_us, "created_at_us"),
    DB_FIELD_INT(struct invitation, expires_at_us, "expires_at_us"),
};
static const struct db_fields INVITATION = DB_FIELDS(struct invitation, INVITATION_FIELDS);

static const char LOAD[] = "select {} from invitations where id = $1 and expires_at_us > $2";

enum status invitation_load(struct db *db, struct arena *arena, int64_t id, int64_t now_us, bool *found,
                            struct invitation *invitation, struct fault *fault) {
    return rows_one(db, arena, &INVITATION, LOAD, DB_ARGS(db_integer(id), db_integer(now_us)), invitation,
                    found, fault);
}

static const char FIND[] = "select {} from invitations where token_hash = $1 and expires_at_us > $2";

enum status invitation_find(struct db *db, struct arena *arena, struct text token_hash, int64_t now_us,
                            bool *found, struct invitation *invitation, struct fault *fault) {
    assert(token_hash.length > 0);
    return rows_one(db, arena, &INVITATION, FIND, DB_ARGS(db_bytes(token_hash), db_integer(now_us)),
                    invitation, found, fault);
}

static const char LIST[] = "select {} from invitations where account_id = $1 and expires_at_us > $2 and "
                           "id > $3 order by id limit $4";
static const char LIST_ALL[] =
    "select {} from invitations where expires_at_us > $1 and id > $2 order by id limit $3";

enum status invitation_list(struct db *db, struct arena *arena, int64_t account_id, int64_t now_us,
                            struct page page, struct invitation **invitations, size_t *count,
                            int64_t *next_after, struct fault *fault) {
    struct db_value now = db_integer(now_us);
    struct db_value after = db_integer(page.after_id);
    if (account_id == 0) {
        return rows_page(db, arena, &INVITATION, LIST_ALL, DB_ARGS(now, after), page, invitations, count,
                         next_after, fault);
    }
    return rows_page(db, arena, &INVITATION, LIST, DB_ARGS(db_integer(account_id), now, after), page,
                     invitations, count, next_after, fault);
}

static const char COUNT[] = "select cast(count(*) as bigint) from invitations "
                            "where account_id = $1 and expires_at_us > $2";

enum status invitation_count(struct db *db, int64_t account_id, int64_t now_us, int64_t *count,
                             struct fault *fault) {
    return db_query_int(db, COUNT, DB_ARGS(db_integer(account_id), db_integer(now_us)), 0, count, fault);
}

static const char INSERT[] = "insert into invitations ({}) values ({$1})";

enum status invitation_insert(struct db *db, struct invitation *invitation, struct fault *fault) {
    assert(invitation->account_id > 0 && invitation->email.length > 0);
    assert(invitation->expires_at_us > invitation->created_at_us);
    TRY(db_counter_take(db, "invitations", 1, &invitation->id, fault));
    return rows_insert(db, &INVITATION, INSERT, DB_NO_ARGS, invitation, fault);
}

static const char SET_LINK[] = "update invitations set token_hash = $2, expires_at_us = $3 where id = $1";

enum status invitation_set_link(struct db *db, int64_t id, struct text token_hash, int64_t expires_at_us,
                                struct fault *fault) {
    assert(token_hash.length > 0);
    return db_run(db, SET_LINK, DB_ARGS(db_integer(id), db_bytes(token_hash), db_integer(expires_at_us)),
                  NULL, fault);
}

static const char DELETE[] = "delete from invitations where id = $1";

enum status invitation_delete(struct db *db, int64_t id, struct fault *fault) {
    return db_run(db, DELETE, DB_ARGS(db_integer(id)), NULL, fault);
}

static const char DELETE_EMAIL[] = "delete from invitations where account_id = $1 and email = $2";

enum status invitation_delete_email(struct db *db, int64_t account_id, struct text email,
                                    struct fault *fault) {
    return db_run(db, DELETE_EMAIL, DB_ARGS(db_integer(account_id), db_string(email)), NULL, fault);
}

static const char DELETE_BY[] = "delete from invitations where invited_by = $1";

enum status invitation_delete_by(struct db *db, struct text invited_by, struct fault *fault) {
    return db_run(db, DELETE_BY, DB_ARGS(db_string(invited_by)), NULL, fault);
}

static const char DELETE_EXPIRED[] = "delete from invitations where expires_at_us <= $1";

enum status invitation_delete_expired(struct db *db, int64_t now_us, struct fault *fault) {
    return db_run(db, DELETE_EXPIRED, DB_ARGS(db_integer(now_us)), NULL, fault);
}
