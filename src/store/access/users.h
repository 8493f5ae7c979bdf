/* Users, their sessions, and API tokens. Of session tokens and API tokens only hashes are kept.
 *
 * A user is a person's place in one account, with a role; a person may be a user of several. */
#ifndef SEATMETER_STORE_ACCESS_USERS_H
#define SEATMETER_STORE_ACCESS_USERS_H

#include "store/engine/db.h"
#include "store/engine/page.h"

enum role { ROLE_OWNER, ROLE_FINANCE, ROLE_TECHNICIAN, ROLE_VIEWER };

struct user {
    int64_t id;
    int64_t account_id;
    int64_t person_id;
    struct text email; /* the person's, which inserting and updating a user leave alone */
    struct text name;
    enum role role;
    bool active;
    int64_t created_at_us;
    int64_t version;
};

struct session {
    struct text token_hash;
    int64_t user_id;
    int64_t created_at_us;
    int64_t seen_at_us;
    int64_t expires_at_us;
};

struct token {
    int64_t id;
    int64_t account_id;
    struct text name;
    struct text token_hash;
    struct text scopes; /* words with blanks between */
    int64_t created_by; /* the user; 0: the operator */
    int64_t created_at_us;
    int64_t expires_at_us; /* 0: never */
    int64_t revoked_at_us; /* 0: not */
};

/* "owner", …; the parse's fault is "unknown-role". */
const char *role_name(enum role role);
enum status role_parse(struct text word, const char *field, enum role *role, struct fault *fault) MUST_CHECK;

/* An id that is not there is STATUS_NOT_FOUND "unknown-user". */
enum status user_load(struct db *db, struct arena *arena, int64_t id, struct user *user,
                      struct fault *fault) MUST_CHECK;
/* The user of the account with that e-mail address. */
enum status user_find_email(struct db *db, struct arena *arena, int64_t account_id, struct text email,
                            bool *found, struct user *user, struct fault *fault) MUST_CHECK;
enum status user_insert(struct db *db, struct user *user, struct fault *fault) MUST_CHECK; /* sets id */
/* Saves name, role and active; STATUS_STALE "stale". */
enum status user_update(struct db *db, struct user *user, struct fault *fault) MUST_CHECK;
enum status user_list(struct db *db, struct arena *arena, int64_t account_id, struct page page,
                      struct user **users, size_t *count, int64_t *next_after,
                      struct fault *fault) MUST_CHECK;
/* All users that are the person, in all accounts, the oldest first. */
enum status user_list_of_person(struct db *db, struct arena *arena, int64_t person_id, struct user **users,
                                size_t *count, struct fault *fault) MUST_CHECK;
enum status user_count_active_owners(struct db *db, int64_t account_id, int64_t *owners,
                                     struct fault *fault) MUST_CHECK;

enum status session_insert(struct db *db, const struct session *session, struct fault *fault) MUST_CHECK;
/* Where the session has not expired at `now_us` and its user is active. */
enum status session_find(struct db *db, struct arena *arena, struct text token_hash, int64_t now_us,
                         bool *found, struct session *session, struct user *user,
                         struct fault *fault) MUST_CHECK;
enum status session_extend(struct db *db, struct text token_hash, int64_t seen_at_us, int64_t expires_at_us,
                           struct fault *fault) MUST_CHECK;
enum status session_delete(struct db *db, struct text token_hash, struct fault *fault) MUST_CHECK;
/* The session acts for another user of its person from now on. */
enum status session_set_user(struct db *db, struct text token_hash, int64_t user_id,
                             struct fault *fault) MUST_CHECK;
/* All sessions that act for the user. */
enum status session_delete_of_user(struct db *db, int64_t user_id, struct fault *fault) MUST_CHECK;
/* All sessions of a person, for whichever account, but the one with `keep_hash` (empty: none is kept). */
enum status session_delete_of_person(struct db *db, int64_t person_id, struct text keep_hash,
                                     struct fault *fault) MUST_CHECK;
enum status session_delete_expired(struct db *db, int64_t now_us, struct fault *fault) MUST_CHECK;

/* An id that is not there is STATUS_NOT_FOUND "unknown-token". */
enum status token_load(struct db *db, struct arena *arena, int64_t id, struct token *token,
                       struct fault *fault) MUST_CHECK;
enum status token_insert(struct db *db, struct token *token, struct fault *fault) MUST_CHECK; /* sets id */
/* Where it is neither revoked nor expired at `now_us`. */
enum status token_find(struct db *db, struct arena *arena, struct text token_hash, int64_t now_us,
                       bool *found, struct token *token, struct fault *fault) MUST_CHECK;
enum status token_revoke(struct db *db, int64_t id, int64_t revoked_at_us, struct fault *fault) MUST_CHECK;
enum status token_list(struct db *db, struct arena *arena, int64_t account_id, struct page page,
                       struct token **tokens, size_t *count, int64_t *next_after,
                       struct fault *fault) MUST_CHECK;

/* The subject under which failed sign-ins with an e-mail address are counted. */
struct text sign_in_email_subject(struct arena *arena, struct text email);

/* Failed sign-ins of a subject ("email …", "address …" or "known …") since its window began; 0 where the
 * window, which is `window_us` long, is over. */
enum status sign_in_failures_count(struct db *db, struct text subject, int64_t now_us, int64_t window_us,
                                   int64_t *failures, struct fault *fault) MUST_CHECK;
enum status sign_in_failures_add(struct db *db, struct text subject, int64_t now_us, int64_t window_us,
                                 struct fault *fault) MUST_CHECK;
/* Takes one failure back: of a network address from which somebody did sign in. */
enum status sign_in_failures_forgive(struct db *db, struct text subject, struct fault *fault) MUST_CHECK;
enum status sign_in_failures_clear(struct db *db, struct text subject, struct fault *fault) MUST_CHECK;

/* Those whose window began before, so that the table does not grow with every guess, and those that a clock
 * which was wrong has counted after `after_us`. */
enum status sign_in_failures_clear_old(struct db *db, int64_t before_us, int64_t after_us,
                                       struct fault *fault) MUST_CHECK;

#endif
