/* Accounts: who sells to whom, as a tree.
 *
 * Vendors are roots (depth 0, no seller); the one distributor has depth 1 and no seller either; everybody
 * else has a seller and one more depth. account_ancestors keeps each account with itself and everything above
 * it up to the distributor, so that "below" is one index range. Vendors are joined by agreements alone. */
#ifndef SEATMETER_STORE_PARTIES_ACCOUNTS_H
#define SEATMETER_STORE_PARTIES_ACCOUNTS_H

#include "core/parties/account.h"
#include "store/engine/db.h"
#include "store/engine/page.h"
#include "store/engine/part.h"

struct account_filter {
    int64_t self_or_below_id; /* 0: anywhere; else within this subtree, itself included */
    int64_t known_to_id;      /* 0: anybody; else also its seller and its parties of agreements, as
                                 account_is_known has it */
    int64_t seller_id;        /* 0: any */
    bool has_kind;
    enum account_kind kind;
    struct text code; /* empty: any; letters of either case */
};

/* An account that a code may name. Of several the one of the lowest circle counts, and within a circle the
 * one that has had the code longest. */
struct account_claim {
    struct account account;
    int64_t circle; /* 0: the viewpoint itself; 1: its buyers, its seller and its other parties; 2: others */
    int64_t age;    /* the lower, the older; 0: from before ages were kept */
};

/* Who asks for a code, and where. */
struct account_code_query {
    int64_t viewer_id;    /* 0: anybody; else what this account may know of */
    int64_t viewpoint_id; /* from which circles are counted */
    int64_t within_id;    /* 0: anywhere; else at or below this account */
    struct text code;
};

/* An id that is not there is STATUS_NOT_FOUND "unknown-account". */
enum status account_load(struct db *db, struct arena *arena, int64_t id, struct account *account,
                         struct fault *fault) MUST_CHECK;

/* Takes the next id, before account_insert, because a label may be made from it. */
enum status account_next_id(struct db *db, int64_t *id, struct fault *fault) MUST_CHECK;

/* Inserts the account (id, depth and label set by the caller) and its rows of account_ancestors; version 1.
 */
enum status account_insert(struct db *db, const struct account *account, struct fault *fault) MUST_CHECK;

/* Saves code, label, name, address, country, tax number and e-mail, and raises the version. STATUS_STALE
 * "stale" where it is not account->version any more. */
enum status account_update(struct db *db, const struct account *account, struct fault *fault) MUST_CHECK;

/* The logo as PNG bytes; empty where there is none. */
enum status account_logo_load(struct db *db, struct arena *arena, int64_t id, struct text *png,
                              struct fault *fault) MUST_CHECK;
enum status account_logo_save(struct db *db, int64_t id, struct text png, struct fault *fault) MUST_CHECK;

/* Whether a seller (0: those without one) has given the code, in letters of either case, to another account
 * than `account_id` (0: to any), now or earlier. */
enum status account_code_taken(struct db *db, int64_t seller_id, int64_t account_id, struct text code,
                               bool *taken, struct fault *fault) MUST_CHECK;

/* Notes that the account has the code from now on. */
enum status account_code_give(struct db *db, int64_t account_id, struct text code, int64_t now_us,
                              struct fault *fault) MUST_CHECK;

/* Whether the account has the code, in letters of either case, or had it before. */
enum status account_had_code(struct db *db, int64_t account_id, struct text code, bool *yes,
                             struct fault *fault) MUST_CHECK;

/* What the numbers of the account's documents begin with: the code that it had when it issued the first.
 * Keeps `code` as that where it has issued none yet. */
enum status account_number_prefix(struct db *db, struct arena *arena, int64_t account_id, struct text code,
                                  struct text *prefix, struct fault *fault) MUST_CHECK;

/* The first code of every account: for exports. By account. */
struct first_code {
    int64_t account_id;
    struct text code;
};
enum status account_first_codes(struct db *db, struct arena *arena, struct first_code **codes, size_t *count,
                                struct fault *fault) MUST_CHECK;
enum status account_label_taken(struct db *db, struct text label, bool *taken,
                                struct fault *fault) MUST_CHECK;

/* The accounts of a code, in letters of either case, by id. */
enum status account_find_code(struct db *db, struct arena *arena, const struct account_code_query *query,
                              struct account_claim **claims, size_t *count, struct fault *fault) MUST_CHECK;

/* The seller's buyers of a code, in letters of either case: one, but for codes from before those were one. */
enum status account_find_buyer(struct db *db, struct arena *arena, int64_t seller_id, struct text code,
                               struct account **accounts, size_t *count, struct fault *fault) MUST_CHECK;

/* Vendors of a code, in letters of either case, or of a name. */
enum status account_find_vendor(struct db *db, struct arena *arena, struct text code_or_name,
                                struct account **accounts, size_t *count, struct fault *fault) MUST_CHECK;

/* Whether `ancestor_id` is `account_id` or above it. */
enum status account_is_or_is_above(struct db *db, int64_t ancestor_id, int64_t account_id, bool *yes,
                                   struct fault *fault) MUST_CHECK;

/* Whether `viewer_id` may know that the account is there: itself, everything below it, its seller, and the
 * other party of an agreement of its own. */
enum status account_is_known(struct db *db, int64_t viewer_id, int64_t account_id, bool *yes,
                             struct fault *fault) MUST_CHECK;

/* The ids from the distributor down to the account itself. */
enum status account_path(struct db *db, struct arena *arena, int64_t account_id, int64_t **ids, size_t *count,
                         struct fault *fault) MUST_CHECK;

/* A page of accounts by id; `*next_after` is 0 at the end. */
enum status account_list(struct db *db, struct arena *arena, const struct account_filter *filter,
                         struct page page, struct account **accounts, size_t *count, int64_t *next_after,
                         struct fault *fault) MUST_CHECK;

/* All accounts, by id: for a close and for exports. */
enum status account_load_all(struct db *db, struct arena *arena, struct account **accounts, size_t *count,
                             struct fault *fault) MUST_CHECK;

/* Those of a part, by id. */
enum status account_load_part(struct db *db, struct arena *arena, const struct programme_part *part,
                              struct account **accounts, size_t *count, struct fault *fault) MUST_CHECK;

/* The vendors whom the distributor lets read names, by its agreements with them (R2.17). */
enum status accounts_naming_vendors(struct db *db, struct arena *arena, struct account **vendors,
                                    size_t *count, struct fault *fault) MUST_CHECK;

#endif
