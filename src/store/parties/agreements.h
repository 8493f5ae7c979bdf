/* Agreements: the edges of the programme, each with the terms by which its months are rated and billed.
 *
 * There is at most one agreement per edge (seller, buyer) that is not terminated. */
#ifndef SEATMETER_STORE_PARTIES_AGREEMENTS_H
#define SEATMETER_STORE_PARTIES_AGREEMENTS_H

#include "core/parties/agreement.h"
#include "store/engine/db.h"
#include "store/engine/page.h"
#include "store/engine/part.h"

struct agreement_filter {
    int64_t party_id; /* 0: any; else seller, or buyer of what is no draft */
    int64_t seller_id;
    int64_t buyer_id;
    bool with_proposal; /* only those that have a proposed amendment */
    bool has_state;
    enum agreement_state state;
};

/* An id that is not there is STATUS_NOT_FOUND "unknown-agreement". */
enum status agreement_load(struct db *db, struct arena *arena, int64_t id, struct agreement *agreement,
                           struct fault *fault) MUST_CHECK;

/* The edge's agreement that is not terminated. */
enum status agreement_find_edge(struct db *db, struct arena *arena, int64_t seller_id, int64_t buyer_id,
                                bool *found, struct agreement *agreement, struct fault *fault) MUST_CHECK;

/* Numbers and inserts; sets id and version. */
enum status agreement_insert(struct db *db, struct agreement *agreement, struct fault *fault) MUST_CHECK;

/* Saves everything but the parties and raises the version, also in `*agreement`. STATUS_STALE "stale" where
 * it is not agreement->version any more. */
enum status agreement_update(struct db *db, struct agreement *agreement, struct fault *fault) MUST_CHECK;

enum status agreement_list(struct db *db, struct arena *arena, const struct agreement_filter *filter,
                           struct page page, struct agreement **agreements, size_t *count,
                           int64_t *next_after, struct fault *fault) MUST_CHECK;

/* All of them, terminated ones too, by id: for a close. */
enum status agreement_load_all(struct db *db, struct arena *arena, struct agreement **agreements,
                               size_t *count, struct fault *fault) MUST_CHECK;

/* Those of a part's edges, by id. */
enum status agreement_load_part(struct db *db, struct arena *arena, const struct programme_part *part,
                                struct agreement **agreements, size_t *count, struct fault *fault) MUST_CHECK;

/* The providers that let vendors read names, by the agreements by which they buy (R2.17). */
enum status agreements_naming_providers(struct db *db, struct arena *arena, int64_t **ids, size_t *count,
                                        struct fault *fault) MUST_CHECK;

#endif
