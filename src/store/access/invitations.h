/* Invitations that are open: somebody with that e-mail address may become a user of the account. What was
 * accepted, taken back or replaced is deleted. Of a link only its hash is kept. */
#ifndef SEATMETER_STORE_ACCESS_INVITATIONS_H
#define SEATMETER_STORE_ACCESS_INVITATIONS_H

#include "store/access/users.h"

struct invitation {
    int64_t id;
    int64_t account_id;
    struct text email; /* in its normal form */
    struct text name;
    enum role role;
    struct text token_hash; /* of its link; empty: none was made yet */
    struct text invited_by; /* in the audit trail's words */
    int64_t created_at_us;
    int64_t expires_at_us;
};

/* All of these know the invitations alone that have not expired at `now_us`. */
enum status invitation_load(struct db *db, struct arena *arena, int64_t id, int64_t now_us, bool *found,
                            struct invitation *invitation, struct fault *fault) MUST_CHECK;
enum status invitation_find(struct db *db, struct arena *arena, struct text token_hash, int64_t now_us,
                            bool *found, struct invitation *invitation, struct fault *fault) MUST_CHECK;
/* Of an account; 0: of all. */
enum status invitation_list(struct db *db, struct arena *arena, int64_t account_id, int64_t now_us,
                            struct page page, struct invitation **invitations, size_t *count,
                            int64_t *next_after, struct fault *fault) MUST_CHECK;
enum status invitation_count(struct db *db, int64_t account_id, int64_t now_us, int64_t *count,
                             struct fault *fault) MUST_CHECK;

enum status invitation_insert(struct db *db, struct invitation *invitation,
                              struct fault *fault) MUST_CHECK; /* sets id */
/* A new link: the one before is over. */
enum status invitation_set_link(struct db *db, int64_t id, struct text token_hash, int64_t expires_at_us,
                                struct fault *fault) MUST_CHECK;
enum status invitation_delete(struct db *db, int64_t id, struct fault *fault) MUST_CHECK;
/* The account's earlier one for that address, if there is one. */
enum status invitation_delete_email(struct db *db, int64_t account_id, struct text email,
                                    struct fault *fault) MUST_CHECK;
/* All that somebody made, who may not any more. */
enum status invitation_delete_by(struct db *db, struct text invited_by, struct fault *fault) MUST_CHECK;
enum status invitation_delete_expired(struct db *db, int64_t now_us, struct fault *fault) MUST_CHECK;

#endif
