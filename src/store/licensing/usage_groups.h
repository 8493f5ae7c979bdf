/* Usage groups: what a month's meter needs to know of every (end customer, SKU), kept beside the log.
 *
 * The transaction that writes an event carries it over to the groups that the event is of. An event that
 * comes in the order of time costs one row for each time zone on the customer's path, whatever the log holds;
 * anything else (an undo, a late change, an agreement's suspension, a new zone) has the groups that it
 * touches made again from the log. The log stays the truth: everything here follows from it, and seatmeter
 * check compares the two.
 *
 * A group has one row for each zone and level (core/usage/kept_replay.h), of the newest month in which
 * something changed; earlier such months stand in ended_usage. */
#ifndef SEATMETER_STORE_LICENSING_USAGE_GROUPS_H
#define SEATMETER_STORE_LICENSING_USAGE_GROUPS_H

#include "core/usage/event.h"
#include "core/usage/kept_replay.h"
#include "store/engine/db.h"

/* Carries events over that were just written, in their order; undos are passed over. */
enum status usage_groups_take(struct db *db, const struct licence_event *events, size_t count,
                              struct fault *fault) MUST_CHECK;

/* Of whom groups are made again. */
struct usage_groups_scope {
    int64_t account_id; /* of customers at or below it */
    int64_t vendor_id;  /* of SKUs that are this vendor's own; 0: of all */
    int64_t sku_id;     /* of this SKU alone, at the customer account_id; 0: of all */
};

/* Makes the groups of a scope again from the log, a provider at a time. In a write transaction; no other
 * statement may be under way. */
enum status usage_groups_rebuild(struct db *db, struct usage_groups_scope scope,
                                 struct fault *fault) MUST_CHECK;

/* Makes all groups again, with months as their zones have them now. Memory grows with the largest provider,
 * not with the store. */
enum status usage_groups_rebuild_all(struct db *db, struct fault *fault) MUST_CHECK;

/* After an edge's terms have changed: where groups below have not been counted by a zone of theirs yet, they
 * are made again. */
enum status usage_groups_follow_terms(struct db *db, int64_t seller_id, int64_t buyer_id,
                                      struct fault *fault) MUST_CHECK;

/* Whether all groups are kept. They are not in a store of an older version that was not filled yet, and not
 * where a log or a zone's months are such that nothing can be kept by them. */
enum status usage_groups_are_kept(struct db *db, bool *kept, struct fault *fault) MUST_CHECK;

/* How many rows stand for a group that the log says otherwise of. */
struct usage_difference {
    int64_t customer_id;
    int64_t sku_id;
};

/* Lays all groups beside the log; `*differences` has each (customer, SKU) once, of customers that may not
 * exist. `*torn` is how many kept months are no months. In a transaction. */
enum status usage_groups_compare(struct db *db, struct arena *arena, struct usage_difference **differences,
                                 size_t *count, int64_t *torn, struct fault *fault) MUST_CHECK;

#endif
