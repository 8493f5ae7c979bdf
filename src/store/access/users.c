#include "store/access/users.h"

#include "store/engine/rows.h"

#include <assert.h>

static const char *const ROLES[] = {
    [ROLE_OWNER] = "owner",
    [ROLE_FINANCE] = "finance",
    [ROLE_TECHNICIAN] = "technician",
    [ROLE_VIEWER] = "viewer",
};
enum { ROLE_COUNT = sizeof ROLES / sizeof ROLES[0] };

const char *role_name(enum role role) {
    assert((unsigned)role < ROLE_COUNT);
    return ROLES[role];
}

enum status role_parse(struct text word, const char *field, enum role *role, struct fault *fault) {
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (text_is(word, ROLES[i])) {
            *role = (enum role)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-role", field, word,
                     "\"%.*s\" is no role: say owner, finance, technician or viewer.", TEXT_ARGS(word));
}

/* ---- users ---- */

#define USER_COLUMNS                                                                                         \
    "u.id, u.account_id, u.email, u.name, u.role, u.password_hash, u.active, u.created_at_us, u.version"
enum { USER_COLUMN_COUNT = 9 };

static enum status read_user(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    struct user *user = item;
    *user = (struct user){.id = db_column_int(rows, 0),
                          .account_id = db_column_int(rows, 1),
                          .email = db_column_copy(rows, 2, arena),
                          .name = db_column_copy(rows, 3, arena),
                          .password_hash = db_column_copy(rows, 5, arena),
                          .active = db_column_int(rows, 6) != 0,
                          .created_at_us = db_column_int(rows, 7),
                          .version = db_column_int(rows, 8)};
    return role_parse(db_column_text(rows, 4), "role", &user->role, fault);
}

static const char LOAD_USER[] = "select " USER_COLUMNS " from users u where u.id = $1";

enum status user_load(struct db *db, struct arena *arena, int64_t id, struct user *user,
                      struct fault *fault) {
    bool found = false;
    enum status status =
        rows_one(db, arena, LOAD_USER, DB_ARGS(db_integer(id)), read_user, user, &found, fault);
    if (status == STATUS_OK && !found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-user", "user", TEXT(""), "There is no such user.");
    }
    return status;
}

static const char FIND_EMAIL[] = "select " USER_COLUMNS " from users u where u.email = $1";

enum status user_find_email(struct db *db, struct arena *arena, struct text email, bool *found,
                            struct user *user, struct fault *fault) {
    return rows_one(db, arena, FIND_EMAIL, DB_ARGS(db_string(email)), read_user, user, found, fault);
}

static const char INSERT_USER[] =
    "insert into users (id, account_id, email, name, role, password_hash, active, created_at_us, version) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, 1)";

enum status user_insert(struct db *db, struct user *user, struct fault *fault) {
    assert(user->account_id > 0 && user->email.length > 0 && user->password_hash.length > 0);
    enum status status = db_counter_take(db, "users", 1, &user->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    user->version = 1;
    return db_run(db, INSERT_USER,
                  DB_ARGS(db_integer(user->id), db_integer(user->account_id), db_string(user->email),
                          db_string(user->name), db_string(text_of(role_name(user->role))),
                          db_string(user->password_hash), db_integer(user->active),
                          db_integer(user->created_at_us)),
                  NULL, fault);
}

static const char UPDATE_USER[] = "update users set name = $3, role = $4, password_hash = $5, active = $6, "
                                  "version = version + 1 where id = $1 and version = $2";

enum status user_update(struct db *db, struct user *user, struct fault *fault) {
    int64_t changed = 0;
    enum status status = db_run(db, UPDATE_USER,
                                DB_ARGS(db_integer(user->id), db_integer(user->version),
                                        db_string(user->name), db_string(text_of(role_name(user->role))),
                                        db_string(user->password_hash), db_integer(user->active)),
                                &changed, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (changed != 1) {
        return fault_set(fault, STATUS_STALE, "stale", "version", TEXT(""),
                         "The user was changed by somebody else meanwhile: read it again first.");
    }
    user->version++;
    return STATUS_OK;
}

static const char LIST_USERS[] =
    "select " USER_COLUMNS " from users u where u.account_id = $1 and u.id > $2 order by u.id limit $3";

enum status user_list(struct db *db, struct arena *arena, int64_t account_id, struct page page,
                      struct user **users, size_t *count, int64_t *next_after, struct fault *fault) {
    size_t limit = (size_t)page_limit(page);
    enum status status =
        rows_all(db, arena, LIST_USERS,
                 DB_ARGS(db_integer(account_id), db_integer(page.after_id), db_integer((int64_t)limit + 1)),
                 read_user, sizeof(struct user), users, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *next_after = 0;
    if (*count > limit) {
        *count = limit;
        *next_after = (*users)[limit - 1].id;
    }
    return STATUS_OK;
}

static const char COUNT_OWNERS[] = "select cast(count(*) as bigint) from users "
                                   "where account_id = $1 and role = 'owner' and active = 1";

enum status user_count_active_owners(struct db *db, int64_t account_id, int64_t *owners,
                                     struct fault *fault) {
    return db_query_int(db, COUNT_OWNERS, DB_ARGS(db_integer(account_id)), 0, owners, fault);
}

/* ---- sessions ---- */

static const char INSERT_SESSION[] =
    "insert into sessions (token_hash, user_id, created_at_us, seen_at_us, expires_at_us) "
    "values ($1, $2, $3, $4, $5)";

enum status session_insert(struct db *db, const struct session *session, struct fault *fault) {
    assert(session->token_hash.length > 0 && session->expires_at_us > session->created_at_us);
    return db_run(db, INSERT_SESSION,
                  DB_ARGS(db_bytes(session->token_hash), db_integer(session->user_id),
                          db_integer(session->created_at_us), db_integer(session->seen_at_us),
                          db_integer(session->expires_at_us)),
                  NULL, fault);
}

struct session_and_user {
    struct session session;
    struct user user;
};

static enum status read_session(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    struct session_and_user *both = item;
    both->session = (struct session){.token_hash = db_column_copy(rows, USER_COLUMN_COUNT, arena),
                                     .user_id = db_column_int(rows, 0),
                                     .created_at_us = db_column_int(rows, USER_COLUMN_COUNT + 1),
                                     .seen_at_us = db_column_int(rows, USER_COLUMN_COUNT + 2),
                                     .expires_at_us = db_column_int(rows, USER_COLUMN_COUNT + 3)};
    return read_user(rows, arena, &both->user, fault);
}

static const char FIND_SESSION[] =
    "select " USER_COLUMNS ", s.token_hash, s.created_at_us, s.seen_at_us, s.expires_at_us "
    "from sessions s join users u on u.id = s.user_id "
    "where s.token_hash = $1 and s.expires_at_us > $2 and u.active = 1";

enum status session_find(struct db *db, struct arena *arena, struct text token_hash, int64_t now_us,
                         bool *found, struct session *session, struct user *user, struct fault *fault) {
    struct session_and_user both = {0};
    enum status status = rows_one(db, arena, FIND_SESSION, DB_ARGS(db_bytes(token_hash), db_integer(now_us)),
                                  read_session, &both, found, fault);
    if (status == STATUS_OK && *found) {
        *session = both.session;
        *user = both.user;
    }
    return status;
}

static const char EXTEND_SESSION[] =
    "update sessions set seen_at_us = $2, expires_at_us = $3 where token_hash = $1";

enum status session_extend(struct db *db, struct text token_hash, int64_t seen_at_us, int64_t expires_at_us,
                           struct fault *fault) {
    return db_run(db, EXTEND_SESSION,
                  DB_ARGS(db_bytes(token_hash), db_integer(seen_at_us), db_integer(expires_at_us)), NULL,
                  fault);
}

static const char DELETE_SESSION[] = "delete from sessions where token_hash = $1";

enum status session_delete(struct db *db, struct text token_hash, struct fault *fault) {
    return db_run(db, DELETE_SESSION, DB_ARGS(db_bytes(token_hash)), NULL, fault);
}

static const char DELETE_OTHERS[] = "delete from sessions where user_id = $1 and token_hash <> $2";

enum status session_delete_others(struct db *db, int64_t user_id, struct text keep_hash,
                                  struct fault *fault) {
    return db_run(db, DELETE_OTHERS, DB_ARGS(db_integer(user_id), db_bytes(keep_hash)), NULL, fault);
}

static const char DELETE_EXPIRED[] = "delete from sessions where expires_at_us <= $1";

enum status session_delete_expired(struct db *db, int64_t now_us, struct fault *fault) {
    return db_run(db, DELETE_EXPIRED, DB_ARGS(db_integer(now_us)), NULL, fault);
}

/* ---- tokens ---- */

#define TOKEN_COLUMNS                                                                                        \
    "id, account_id, name, token_hash, scopes, created_by, created_at_us, expires_at_us, revoked_at_us"

static enum status read_token(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)fault;
    *(struct token *)item = (struct token){.id = db_column_int(rows, 0),
                                           .account_id = db_column_int(rows, 1),
                                           .name = db_column_copy(rows, 2, arena),
                                           .token_hash = db_column_copy(rows, 3, arena),
                                           .scopes = db_column_copy(rows, 4, arena),
                                           .created_by = db_column_int(rows, 5),
                                           .created_at_us = db_column_int(rows, 6),
                                           .expires_at_us = db_column_int(rows, 7),
                                           .revoked_at_us = db_column_int(rows, 8)};
    return STATUS_OK;
}

static const char LOAD_TOKEN[] = "select " TOKEN_COLUMNS " from tokens where id = $1";

enum status token_load(struct db *db, struct arena *arena, int64_t id, struct token *token,
                       struct fault *fault) {
    bool found = false;
    enum status status =
        rows_one(db, arena, LOAD_TOKEN, DB_ARGS(db_integer(id)), read_token, token, &found, fault);
    if (status == STATUS_OK && !found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-token", "token", TEXT(""),
                         "There is no such token.");
    }
    return status;
}

static const char INSERT_TOKEN[] =
    "insert into tokens (" TOKEN_COLUMNS ") values ($1, $2, $3, $4, $5, $6, $7, $8, null)";

enum status token_insert(struct db *db, struct token *token, struct fault *fault) {
    assert(token->account_id > 0 && token->token_hash.length > 0);
    enum status status = db_counter_take(db, "tokens", 1, &token->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT_TOKEN,
                  DB_ARGS(db_integer(token->id), db_integer(token->account_id), db_string(token->name),
                          db_bytes(token->token_hash), db_string(token->scopes),
                          db_integer(token->created_by), db_integer(token->created_at_us),
                          rows_integer_or_null(token->expires_at_us)),
                  NULL, fault);
}

static const char FIND_TOKEN[] =
    "select " TOKEN_COLUMNS " from tokens "
    "where token_hash = $1 and revoked_at_us is null and (expires_at_us is null or expires_at_us > $2)";

enum status token_find(struct db *db, struct arena *arena, struct text token_hash, int64_t now_us,
                       bool *found, struct token *token, struct fault *fault) {
    return rows_one(db, arena, FIND_TOKEN, DB_ARGS(db_bytes(token_hash), db_integer(now_us)), read_token,
                    token, found, fault);
}

static const char REVOKE_TOKEN[] =
    "update tokens set revoked_at_us = $2 where id = $1 and revoked_at_us is null";

enum status token_revoke(struct db *db, int64_t id, int64_t revoked_at_us, struct fault *fault) {
    return db_run(db, REVOKE_TOKEN, DB_ARGS(db_integer(id), db_integer(revoked_at_us)), NULL, fault);
}

static const char LIST_TOKENS[] =
    "select " TOKEN_COLUMNS " from tokens where account_id = $1 and id > $2 order by id limit $3";

enum status token_list(struct db *db, struct arena *arena, int64_t account_id, struct page page,
                       struct token **tokens, size_t *count, int64_t *next_after, struct fault *fault) {
    size_t limit = (size_t)page_limit(page);
    enum status status =
        rows_all(db, arena, LIST_TOKENS,
                 DB_ARGS(db_integer(account_id), db_integer(page.after_id), db_integer((int64_t)limit + 1)),
                 read_token, sizeof(struct token), tokens, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *next_after = 0;
    if (*count > limit) {
        *count = limit;
        *next_after = (*tokens)[limit - 1].id;
    }
    return STATUS_OK;
}

/* ---- failed sign-ins ---- */

static const char COUNT_FAILURES[] =
    "select failures from sign_in_failures where subject = $1 and first_at_us > $2";

enum status sign_in_failures_count(struct db *db, struct text subject, int64_t now_us, int64_t window_us,
                                   int64_t *failures, struct fault *fault) {
    return db_query_int(db, COUNT_FAILURES, DB_ARGS(db_string(subject), db_integer(now_us - window_us)), 0,
                        failures, fault);
}

static const char ADD_FAILURE[] =
    "insert into sign_in_failures (subject, failures, first_at_us) values ($1, 1, $2) "
    "on conflict (subject) do update set "
    "failures = case when sign_in_failures.first_at_us > $3 then sign_in_failures.failures + 1 else 1 end, "
    "first_at_us = case when sign_in_failures.first_at_us > $3 then sign_in_failures.first_at_us else $2 end";

enum status sign_in_failures_add(struct db *db, struct text subject, int64_t now_us, int64_t window_us,
                                 struct fault *fault) {
    return db_run(db, ADD_FAILURE,
                  DB_ARGS(db_string(subject), db_integer(now_us), db_integer(now_us - window_us)), NULL,
                  fault);
}

static const char FORGIVE_FAILURE[] =
    "update sign_in_failures set failures = failures - 1 where subject = $1 and failures > 0";

enum status sign_in_failures_forgive(struct db *db, struct text subject, struct fault *fault) {
    return db_run(db, FORGIVE_FAILURE, DB_ARGS(db_string(subject)), NULL, fault);
}

static const char CLEAR_FAILURES[] = "delete from sign_in_failures where subject = $1";

enum status sign_in_failures_clear(struct db *db, struct text subject, struct fault *fault) {
    return db_run(db, CLEAR_FAILURES, DB_ARGS(db_string(subject)), NULL, fault);
}

static const char CLEAR_OLD_FAILURES[] = "delete from sign_in_failures where first_at_us <= $1";

enum status sign_in_failures_clear_old(struct db *db, int64_t before_us, struct fault *fault) {
    return db_run(db, CLEAR_OLD_FAILURES, DB_ARGS(db_integer(before_us)), NULL, fault);
}
