/* Blocks: so many seats of one SKU that a provider may issue; a block costs nothing by itself.
 *
 * `issued_seats` is the sum of the seats of the licences that name the block and are not retired (parts of a
 * bundle do not count). It is kept beside the licences so that the table's own check constraint guards it. */
#ifndef SEATMETER_STORE_LICENSING_BLOCKS_H
#define SEATMETER_STORE_LICENSING_BLOCKS_H

#include "core/licence/licence_state.h"
#include "store/engine/db.h"
#include "store/engine/page.h"

struct block {
    int64_t id;
    int64_t provider_id;
    int64_t sku_id;
    int64_t size;
    int64_t issued_seats;
    enum block_state state;
    int64_t ordered_at_us;
    int64_t version;
};

/* Numbers the block and sets its version to 1. */
enum status block_insert(struct db *db, struct block *block, struct fault *fault) MUST_CHECK;

enum status block_load(struct db *db, int64_t id, struct block *block, bool *found,
                       struct fault *fault) MUST_CHECK;

/* Saves size, issued seats and state, and counts `block->version` up. */
enum status block_update(struct db *db, struct block *block, struct fault *fault) MUST_CHECK;

/* Adds `seats` (below zero: gives back) to the block's issued seats. The caller has checked that they fit. */
enum status block_add_issued(struct db *db, int64_t block_id, int64_t seats, struct fault *fault) MUST_CHECK;

/* What to list; 0 and -1 leave a condition out. */
struct block_filter {
    int64_t provider_id;
    int64_t sku_id;
    int state; /* enum block_state or -1 */
};

/* A page by ascending id; `*next_after` is 0 behind the last. */
enum status block_list(struct db *db, struct arena *arena, const struct block_filter *filter,
                       struct page page, struct block **blocks, size_t *count, int64_t *next_after,
                       struct fault *fault) MUST_CHECK;

#endif
