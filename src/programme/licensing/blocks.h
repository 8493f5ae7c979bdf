/* Ordering, enlarging, closing and listing blocks of seats: a provider's own business.
 *
 * A block needs a signed agreement on every edge from the provider up to the distributor, and a SKU that the
 * provider may sell: a vendor's product, or a bundle composed by the provider or by an account above it. */
#ifndef SEATMETER_PROGRAMME_LICENSING_BLOCKS_H
#define SEATMETER_PROGRAMME_LICENSING_BLOCKS_H

#include "core/licence/licence_state.h"
#include "programme/call/call.h"
#include "store/engine/page.h"

enum { BLOCK_SIZE_MAX = 100000000 };

/* A block as people read it. */
struct block_view {
    int64_t id;
    struct text identifier; /* blk_… */
    struct text provider;   /* acc_… */
    struct text provider_code;
    struct text sku; /* sku_… */
    struct text sku_code;
    struct text sku_name;
    int64_t size;
    int64_t issued_seats;
    int64_t free_seats;
    enum block_state state;
    int64_t ordered_at_us;
    int64_t version;
};

struct order_block_input {
    struct text provider;
    struct text sku;
    int64_t size;
};
enum status order_block(struct call *call, const struct order_block_input *input, struct block_view *out,
                        struct fault *fault) MUST_CHECK;

struct enlarge_block_input {
    struct text block;
    int64_t size; /* the new size: above the present one */
    int64_t if_version;
};
enum status enlarge_block(struct call *call, const struct enlarge_block_input *input, struct block_view *out,
                          struct fault *fault) MUST_CHECK;

/* Nothing more is issued from a closed block; what was issued goes on working. */
struct close_block_input {
    struct text block;
    int64_t if_version;
};
enum status close_block(struct call *call, const struct close_block_input *input, struct block_view *out,
                        struct fault *fault) MUST_CHECK;

enum status show_block(struct call *call, struct text block, struct block_view *out,
                       struct fault *fault) MUST_CHECK;

/* Empty texts leave a condition out. */
struct list_blocks_input {
    struct text provider;
    struct text sku;
    struct text state; /* "open", "closed" */
    struct page page;
};
struct block_page {
    struct block_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_blocks(struct call *call, const struct list_blocks_input *input, struct block_page *out,
                        struct fault *fault) MUST_CHECK;

#endif
