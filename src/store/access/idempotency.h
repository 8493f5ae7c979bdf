/* Idempotency: answers that are kept for a day under (actor, key), so that a request sent again is not done
 * again. A row is written in the transaction of what it answers for. */
#ifndef SEATMETER_STORE_ACCESS_IDEMPOTENCY_H
#define SEATMETER_STORE_ACCESS_IDEMPOTENCY_H

#include "store/engine/db.h"

struct idempotent_response {
    struct text actor;
    struct text key;
    struct text request_hash;
    int64_t status;
    struct text answer; /* sealed by the door: it may hold a key or a token */
    int64_t at_us;
};

enum status idempotent_response_find(struct db *db, struct arena *arena, struct text actor, struct text key,
                                     bool *found, struct idempotent_response *kept,
                                     struct fault *fault) MUST_CHECK;
enum status idempotent_response_insert(struct db *db, const struct idempotent_response *kept,
                                       struct fault *fault) MUST_CHECK;
enum status idempotent_response_delete(struct db *db, struct text actor, struct text key,
                                       struct fault *fault) MUST_CHECK;
enum status idempotent_response_delete_before(struct db *db, int64_t at_us, struct fault *fault) MUST_CHECK;

#endif
