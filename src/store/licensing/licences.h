/* Licences: what is installed at an end customer, with its own state and what counts of it now.
 *
 * A licence of a bundle has parts: licences of their own whose parent it is, one for every SKU of which the
 * bundle consists. What changes everything below an account at once is in cascade.h. */
#ifndef SEATMETER_STORE_LICENSING_LICENCES_H
#define SEATMETER_STORE_LICENSING_LICENCES_H

#include "core/licence/licence_key.h"
#include "core/licence/licence_state.h"
#include "core/usage/event.h"
#include "store/engine/db.h"
#include "store/engine/page.h"

enum { LICENCE_LAST_EDGE = 127 };

struct licence {
    int64_t id;
    int64_t block_id;
    int64_t provider_id;
    int64_t customer_id;
    int64_t sku_id;
    int64_t parent_id;     /* 0: not a part */
    int64_t part_quantity; /* seats of this part for one seat of its parent */
    int64_t first_edge;    /* billed on the edges whose seller's depth is from first_edge */
    int64_t last_edge;     /* to last_edge */
    struct text key_hash;  /* bytes; empty for a part */
    struct text key_sealed;
    struct text key_hint; /* the key's last group */
    enum licence_state state;
    int32_t seats;
    int64_t suspensions;   /* suspended agreements above it */
    int32_t counted_seats; /* seats while it is on and nothing above is suspended, else 0 */
    int64_t issued_at_us;
    int64_t first_on_at_us; /* 0: never */
    int64_t last_event_at_us;
    int64_t retired_at_us; /* 0: not retired */
    int64_t version;
};

/* What counts of the licence as it stands. */
int32_t licence_counted_seats(const struct licence *licence);

/* Numbers the licence and sets its version to 1. */
enum status licence_insert(struct db *db, struct licence *licence, struct fault *fault) MUST_CHECK;

/* A licence with the names a reader needs; text lives in `arena`. */
struct licence_row {
    struct licence licence;
    struct text provider_code;
    struct text customer_code;
    struct text customer_name;
    struct text sku_code;
    struct text sku_name;
    int64_t sku_owner_id;
};
enum status licence_load(struct db *db, struct arena *arena, int64_t id, struct licence_row *row, bool *found,
                         struct fault *fault) MUST_CHECK;
enum status licence_load_by_key(struct db *db, struct arena *arena,
                                const unsigned char hash[LICENCE_KEY_HASH_BYTES], struct licence_row *row,
                                bool *found, struct fault *fault) MUST_CHECK;

/* Whose a licence is, which it is for ever; 0 where there is none. */
enum status licence_provider(struct db *db, int64_t id, int64_t *provider_id, struct fault *fault) MUST_CHECK;
enum status licence_provider_by_key(struct db *db, const unsigned char hash[LICENCE_KEY_HASH_BYTES],
                                    int64_t *provider_id, struct fault *fault) MUST_CHECK;

/* The parts of a bundle's licence, by id; none for a plain one. */
enum status licence_load_parts(struct db *db, struct arena *arena, int64_t parent_id, struct licence **parts,
                               size_t *count, struct fault *fault) MUST_CHECK;

/* The edges on which licences of a SKU at a customer that were ever on are billed, parts of bundles among
 * them: each range once. */
struct licence_range {
    int64_t first_edge;
    int64_t last_edge;
};
enum status licence_ranges_load(struct db *db, struct arena *arena, int64_t customer_id, int64_t sku_id,
                                struct licence_range **ranges, size_t *count, struct fault *fault) MUST_CHECK;

/* Saves state, seats, counted seats and the instants, and counts `licence->version` up. */
enum status licence_update(struct db *db, struct licence *licence, struct fault *fault) MUST_CHECK;

/* A customer's licences that are in `state` and no parts. */
enum status licence_list_of_customer(struct db *db, struct arena *arena, int64_t customer_id,
                                     enum licence_state state, int64_t **ids, size_t *count,
                                     struct fault *fault) MUST_CHECK;

/* What to list; 0 and -1 leave a condition out. Parts are left out unless asked for by parent or vendor. */
struct licence_filter {
    int64_t below_id;  /* at this account or below it */
    int64_t vendor_id; /* of a SKU that this account owns */
    bool wide;         /* most licences match: walk them in order instead of collecting the subtree's */
    int64_t sku_id;
    int64_t parent_id;
    int64_t block_id;
    int state;     /* enum licence_state or -1 */
    int suspended; /* 1: only with suspensions, 0: only without, -1: either */
};

/* A page by ascending id. */
enum status licence_list(struct db *db, struct arena *arena, const struct licence_filter *filter,
                         struct page page, struct licence_row **rows, size_t *count, int64_t *next_after,
                         struct fault *fault) MUST_CHECK;

#endif
