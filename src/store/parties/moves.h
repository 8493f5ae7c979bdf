/* Moves: a customer goes from one provider to another, at the first instant of a month.
 *
 * The customer becomes an account below the new provider, and each licence that goes along becomes a licence
 * of that account, its successor. One move of a customer is open at a time. */
#ifndef SEATMETER_STORE_PARTIES_MOVES_H
#define SEATMETER_STORE_PARTIES_MOVES_H

#include "core/time/date.h"
#include "store/engine/db.h"
#include "store/engine/page.h"

/* Agreed: everybody whose word is needed has given it, and the month may still lie ahead. */
enum move_state { MOVE_PROPOSED, MOVE_AGREED, MOVE_DONE, MOVE_WITHDRAWN };
const char *move_state_name(enum move_state state);

struct move {
    int64_t id;
    int64_t customer_id;
    int64_t from_id;
    int64_t to_id;
    struct month month;
    enum move_state state;
    bool is_alone;
    struct text customer_agreed_by; /* empty: not yet; so also below */
    struct text from_agreed_by;
    struct text to_agreed_by;
    struct text proposed_by;
    int64_t proposed_at_us;
    int64_t decided_at_us; /* 0: open */
    int64_t successor_id;  /* 0: not carried out */
    int64_t version;
};

/* Numbers the move; a customer with an open one is STATUS_CONFLICT "already-exists". */
enum status move_insert(struct db *db, struct move *move, struct fault *fault) MUST_CHECK;
/* Saves state, words, times and successor, and raises the version; "stale". */
enum status move_update(struct db *db, struct move *move, struct fault *fault) MUST_CHECK;
enum status move_load(struct db *db, struct arena *arena, int64_t id, struct move *move, bool *found,
                      struct fault *fault) MUST_CHECK;
enum status move_find_open(struct db *db, struct arena *arena, int64_t customer_id, struct move *move,
                           bool *found, struct fault *fault) MUST_CHECK;

/* By ascending id; `party_id` (0: anybody) is the customer, one of the providers, the successor, or above
 * both providers. */
enum status move_list(struct db *db, struct arena *arena, int64_t party_id, struct page page,
                      struct move **moves, size_t *count, int64_t *next_after,
                      struct fault *fault) MUST_CHECK;

/* The moves that are agreed, by id. */
enum status moves_agreed(struct db *db, struct arena *arena, int64_t **ids, size_t *count,
                         struct fault *fault) MUST_CHECK;

/* Notes that a licence goes on as another. */
enum status moved_licence_insert(struct db *db, int64_t move_id, int64_t licence_id, int64_t successor_id,
                                 struct fault *fault) MUST_CHECK;

#endif
