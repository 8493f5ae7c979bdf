#include "store/access/users.h"

#include "store/access/role_words.h"
#include "store/engine/rows.h"

#include <assert.h>

/* ---- roles ---- */

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

static const char *role_word(int role) {
    return role_name((enum role)role);
}

const struct db_words ROLE_WORDS = {role_word, ROLE_COUNT};

static const struct db_field USER_FIELDS[] = {
    DB_FIELD_INT(struct user, id, "id"),
    DB_FIELD_INT(struct user, account_id, "account_id"),
    DB_FIELD_INT(struct user, person_id, "person_id"),
    DB_FIELD_TEXT(struct user, name, "name", DB_SAVED),
    DB_FIELD_WORD(struct user, role, "role", &ROLE_WORDS, DB_SAVED),
    DB_FIELD_BOOL(struct user, active, "active", DB_SAVED),
    DB_FIELD_INT(struct user, created_at_us, "created_at_us"),
    DB_FIELD_INT(struct user, version, "version"),
};
static const struct db_fields USER = DB_FIELDS(struct user, USER_FIELDS);

/* A user as it is read, with its person's address. */
static const struct db_field NAMED_USER_FIELDS[] = {
    DB_FIELD_REST("u", &USER),
    DB_FIELD_TEXT(struct user, email, "p.email"),
};
static const struct db_fields NAMED_USER = DB_FIELDS(struct user, NAMED_USER_FIELDS);

#define FROM_USERS "select {} from users u join persons p on p.id = u.person_id "

static const char LOAD_USER[] = FROM_USERS "where u.id = $1";

enum status user_load(struct db *db, struct arena *arena, int64_t id, struct user *user,
                      struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, arena, &NAMED_USER, LOAD_USER, DB_ARGS(db_integer(id)), user, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-user", "user", TEXT(""), "There is no such user.");
    }
    return STATUS_OK;
}

static const char FIND_EMAIL[] = FROM_USERS "where p.email = $2 and u.account_id = $1";

enum status user_find_email(struct db *db, struct arena *arena, int64_t account_id, struct text email,
                            bool *found, struct user *user, struct fault *fault) {
    return rows_one(db, arena, &NAMED_USER, FIND_EMAIL, DB_ARGS(db_integer(account_id), db_string(email)),
                    user, found, fault);
}

static const char LIST_OF_PERSON[] = FROM_USERS "where u.person_id = $1 order by u.id";

enum status user_list_of_person(struct db *db, struct arena *arena, int64_t person_id, struct user **users,
                                size_t *count, struct fault *fault) {
    return rows_all(db, arena, &NAMED_USER, LIST_OF_PERSON, DB_ARGS(db_integer(person_id)), users, count,
                    fault);
}

static const char INSERT_USER[] = "insert into users ({}) values ({$1})";

enum status user_insert(struct db *db, struct user *user, struct fault *fault) {
    assert(user->account_id > 0 && user->person_id > 0);
    TRY(db_counter_take(db, "users", 1, &user->id, fault));
    user->version = 1;
    return rows_insert(db, &USER, INSERT_USER, DB_NO_ARGS, user, fault);
}

static const char UPDATE_USER[] =
    "update users set {=3}, version = version + 1 where id = $1 and version = $2";

enum status user_update(struct db *db, struct user *user, struct fault *fault) {
    int64_t changed = 0;
    TRY(rows_save(db, &USER, UPDATE_USER, DB_ARGS(db_integer(user->id), db_integer(user->version)), user,
                  &changed, fault));
    if (changed != 1) {
        return fault_set(fault, STATUS_STALE, "stale", "version", TEXT(""),
                         "The user was changed by somebody else meanwhile: read it again first.");
    }
    user->version++;
    return STATUS_OK;
}

static const char LIST_USERS[] = FROM_USERS "where u.account_id = $1 and u.id > $2 order by u.id limit $3";

enum status user_list(struct db *db, struct arena *arena, int64_t account_id, struct page page,
                      struct user **users, size_t *count, int64_t *next_after, struct fault *fault) {
    return rows_page(db, arena, &NAMED_USER, LIST_USERS,
                     DB_ARGS(db_integer(account_id), db_integer(page.after_id)), page, users, count,
                     next_after, fault);
}

static const char COUNT_OWNERS[] = "select cast(count(*) as bigint) from users "
                                   "where account_id = $1 and role = 'owner' and active = 1";

enum status user_count_active_owners(struct db *db, int64_t account_id, int64_t *owners,
                                     struct fault *fault) {
    return db_query_int(db, COUNT_OWNERS, DB_ARGS(db_integer(account_id)), 0, owners, fault);
}

/* ---- sessions ---- */

static const struct db_field SESSION_FIELDS[] = {
    DB_FIELD_BYTES(struct session, token_hash, "token_hash"),
    DB_FIELD_INT(struct session, user_id, "user_id"),
    DB_FIELD_INT(struct session, created_at_us, "created_at_us"),
    DB_FIELD_INT(struct session, seen_at_us, "seen_at_us"),
    DB_FIELD_INT(struct session, expires_at_us, "expires_at_us"),
};
static const struct db_fields SESSION = DB_FIELDS(struct session, SESSION_FIELDS);

static const char INSERT_SESSION[] = "insert into sessions ({}) values ({$1})";

enum status session_insert(struct db *db, const struct session *session, struct fault *fault) {
    assert(session->token_hash.length > 0 && session->expires_at_us > session->created_at_us);
    return rows_insert(db, &SESSION, INSERT_SESSION, DB_NO_ARGS, session, fault);
}

struct session_and_user {
    struct session session;
    struct user user;
};

static const struct db_field SESSION_AND_USER_FIELDS[] = {
    DB_FIELD_PART(struct session_and_user, session, "s", &SESSION),
    DB_FIELD_PART(struct session_and_user, user, NULL, &NAMED_USER),
};
static const struct db_fields SESSION_AND_USER = DB_FIELDS(struct session_and_user, SESSION_AND_USER_FIELDS);

/* One that was seen in the future was opened by a clock that was wrong, and would last for too long. */
static const int64_t AHEAD_US = INT64_C(60000000);
static const char FIND_SESSION[] =
    "select {} from sessions s join users u on u.id = s.user_id "
    "join persons p on p.id = u.person_id where s.token_hash = $1 and s.expires_at_us > $2 "
    "and s.seen_at_us <= $3 and u.active = 1";

enum status session_find(struct db *db, struct arena *arena, struct text token_hash, int64_t now_us,
                         bool *found, struct session *session, struct user *user, struct fault *fault) {
    struct session_and_user both = {0};
    TRY(rows_one(db, arena, &SESSION_AND_USER, FIND_SESSION,
                 DB_ARGS(db_bytes(token_hash), db_integer(now_us), db_integer(now_us + AHEAD_US)), &both,
                 found, fault));
    if (*found) {
        *session = both.session;
        *user = both.user;
    }
    return STATUS_OK;
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

static const char SET_SESSION_USER[] = "update sessions set user_id = $2 where token_hash = $1";

enum status session_set_user(struct db *db, struct text token_hash, int64_t user_id, struct fault *fault) {
    return db_run(db, SET_SESSION_USER, DB_ARGS(db_bytes(token_hash), db_integer(user_id)), NULL, fault);
}

static const char DELETE_OF_USER[] = "delete from sessions where user_id = $1";

enum status session_delete_of_user(struct db *db, int64_t user_id, struct fault *fault) {
    return db_run(db, DELETE_OF_USER, DB_ARGS(db_integer(user_id)), NULL, fault);
}

static const char DELETE_OF_PERSON[] = "delete from sessions where token_hash <> $2 and user_id in "
                                       "(select id from users where person_id = $1)";

enum status session_delete_of_person(struct db *db, int64_t person_id, struct text keep_hash,
                                     struct fault *fault) {
    return db_run(db, DELETE_OF_PERSON, DB_ARGS(db_integer(person_id), db_bytes(keep_hash)), NULL, fault);
}

static const char DELETE_EXPIRED[] = "delete from sessions where expires_at_us <= $1";

enum status session_delete_expired(struct db *db, int64_t now_us, struct fault *fault) {
    return db_run(db, DELETE_EXPIRED, DB_ARGS(db_integer(now_us)), NULL, fault);
}

/* ---- tokens ---- */

static const struct db_field TOKEN_FIELDS[] = {
    DB_FIELD_INT(struct token, id, "id"),
    DB_FIELD_INT(struct token, account_id, "account_id"),
    DB_FIELD_TEXT(struct token, name, "name"),
    DB_FIELD_BYTES(struct token, token_hash, "token_hash"),
    DB_FIELD_TEXT(struct token, scopes, "scopes"),
    DB_FIELD_INT(struct token, created_by, "created_by"),
    DB_FIELD_INT(struct token, created_at_us, "created_at_us"),
    DB_FIELD_INT(struct token, expires_at_us, "expires_at_us", DB_OR_NULL),
    DB_FIELD_INT(struct token, revoked_at_us, "revoked_at_us", DB_OR_NULL),
};
static const struct db_fields TOKEN = DB_FIELDS(struct token, TOKEN_FIELDS);

static const char LOAD_TOKEN[] = "select {} from tokens where id = $1";

enum status token_load(struct db *db, struct arena *arena, int64_t id, struct token *token,
                       struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, arena, &TOKEN, LOAD_TOKEN, DB_ARGS(db_integer(id)), token, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-token", "token", TEXT(""),
                         "There is no such token.");
    }
    return STATUS_OK;
}

static const char INSERT_TOKEN[] = "insert into tokens ({}) values ({$1})";

enum status token_insert(struct db *db, struct token *token, struct fault *fault) {
    assert(token->account_id > 0 && token->token_hash.length > 0 && token->revoked_at_us == 0);
    TRY(db_counter_take(db, "tokens", 1, &token->id, fault));
    return rows_insert(db, &TOKEN, INSERT_TOKEN, DB_NO_ARGS, token, fault);
}

static const char FIND_TOKEN[] =
    "select {} from tokens "
    "where token_hash = $1 and revoked_at_us is null and (expires_at_us is null or expires_at_us > $2)";

enum status token_find(struct db *db, struct arena *arena, struct text token_hash, int64_t now_us,
                       bool *found, struct token *token, struct fault *fault) {
    return rows_one(db, arena, &TOKEN, FIND_TOKEN, DB_ARGS(db_bytes(token_hash), db_integer(now_us)), token,
                    found, fault);
}

static const char REVOKE_TOKEN[] =
    "update tokens set revoked_at_us = $2 where id = $1 and revoked_at_us is null";

enum status token_revoke(struct db *db, int64_t id, int64_t revoked_at_us, struct fault *fault) {
    return db_run(db, REVOKE_TOKEN, DB_ARGS(db_integer(id), db_integer(revoked_at_us)), NULL, fault);
}

static const char LIST_TOKENS[] =
    "select {} from tokens where account_id = $1 and id > $2 order by id limit $3";

enum status token_list(struct db *db, struct arena *arena, int64_t account_id, struct page page,
                       struct token **tokens, size_t *count, int64_t *next_after, struct fault *fault) {
    return rows_page(db, arena, &TOKEN, LIST_TOKENS,
                     DB_ARGS(db_integer(account_id), db_integer(page.after_id)), page, tokens, count,
                     next_after, fault);
}

/* ---- failed sign-ins ---- */

struct text sign_in_email_subject(struct arena *arena, struct text email) {
    return text_format(arena, "email %.*s", TEXT_ARGS(email));
}

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

static const char CLEAR_OLD_FAILURES[] =
    "delete from sign_in_failures where first_at_us <= $1 or first_at_us > $2";

enum status sign_in_failures_clear_old(struct db *db, int64_t before_us, int64_t after_us,
                                       struct fault *fault) {
    return db_run(db, CLEAR_OLD_FAILURES, DB_ARGS(db_integer(before_us), db_integer(after_us)), NULL, fault);
}
