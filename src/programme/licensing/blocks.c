#include "programme/licensing/blocks.h"

#include "programme/call/agreement_chain.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_licence.h"
#include "programme/call/lookup_sku.h"
#include "programme/call/parts.h"

#include <assert.h>

static struct block_view block_view_of(const struct call *call, const struct block *block,
                                       const struct account *provider, const struct sku *sku) {
    return (struct block_view){.id = block->id,
                               .identifier = identifier_text(call, IDENTIFIER_BLOCK, block->id),
                               .provider = identifier_text(call, IDENTIFIER_ACCOUNT, provider->id),
                               .provider_code = provider->code,
                               .sku = identifier_text(call, IDENTIFIER_SKU, sku->id),
                               .sku_code = sku->code,
                               .sku_name = sku->name,
                               .size = block->size,
                               .issued_seats = block->issued_seats,
                               .free_seats = block->size - block->issued_seats,
                               .state = block->state,
                               .ordered_at_us = block->ordered_at_us,
                               .version = block->version};
}

static enum status load_block_view(const struct call *call, const struct block *block, struct block_view *out,
                                   struct fault *fault) {
    struct account provider = {0};
    struct sku sku = {0};
    TRY(account_load(call->db, call->arena, block->provider_id, &provider, fault));
    TRY(sku_load(call->db, call->arena, block->sku_id, &sku, fault));
    *out = block_view_of(call, block, &provider, &sku);
    return STATUS_OK;
}

static enum status check_size(const struct call *call, int64_t size, int64_t more_than, struct fault *fault) {
    if (size > more_than && size <= BLOCK_SIZE_MAX) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "size-out-of-range", "size",
                     text_format(call->arena, "%lld", (long long)size), "Give a size from %lld to %d.",
                     (long long)more_than + 1, BLOCK_SIZE_MAX);
}

/* ---- ordering ---- */

static enum status find_ordering_provider(const struct call *call, struct text word, struct account *provider,
                                          struct fault *fault) {
    TRY(find_account_with_right(call, word, "provider", RIGHT_LICENCES, provider, fault));
    if (provider->kind == ACCOUNT_PROVIDER) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "not-a-provider", "provider", word,
                     "Only providers order blocks, and this account is a %s.",
                     account_kind_name(provider->kind));
}

static enum status do_order_block(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct order_block_input *order = input;
    struct account provider = {0};
    struct sku sku = {0};
    TRY(find_ordering_provider(call, order->provider, &provider, fault));
    TRY(check_size(call, order->size, 0, fault));
    TRY(find_licensable_sku(call, provider.id, order->sku, &sku, fault));
    TRY(agreement_chain_require(call, provider.id, fault));
    struct block block = {.provider_id = provider.id,
                          .sku_id = sku.id,
                          .size = order->size,
                          .state = BLOCK_OPEN,
                          .ordered_at_us = call->now_us};
    TRY(block_insert(call->db, &block, fault));
    struct block_view view = block_view_of(call, &block, &provider, &sku);
    assert(view.free_seats == order->size); /* nothing is issued from a new block */
    TRY(audit_write(
        call, "block.order", view.identifier, provider.id,
        text_format(call->arena, "%lld seats of %.*s", (long long)block.size, TEXT_ARGS(sku.code)), fault));
    *(struct block_view *)output = view;
    return STATUS_OK;
}

static enum status find_parts_to_order(struct call *call, const void *input, struct call_parts *parts,
                                       struct fault *fault) {
    const struct order_block_input *order = input;
    return parts_of_provider(call, order->provider, &parts->provider_id, fault);
}

enum status order_block(struct call *call, const struct order_block_input *input, struct block_view *out,
                        struct fault *fault) {
    return call_run_parts(call, find_parts_to_order, do_order_block, input, out, fault);
}

/* ---- enlarging and closing ---- */

/* The block that somebody means to change. */
static enum status find_block_to_change(struct call *call, struct text word, int64_t if_version,
                                        struct block *block, struct fault *fault) {
    TRY(find_block(call, word, block, fault));
    TRY(require_right(call, block->provider_id, RIGHT_LICENCES, fault));
    return check_version(if_version, block->version, fault);
}

/* The end of every change: the row, the trail and the view. */
static enum status save_block(struct call *call, struct block *block, const char *action, struct text detail,
                              struct block_view *out, struct fault *fault) {
    struct block_view view = {0};
    TRY(block_update(call->db, block, fault));
    TRY(load_block_view(call, block, &view, fault));
    TRY(audit_write(call, action, view.identifier, block->provider_id, detail, fault));
    *out = view;
    return STATUS_OK;
}

static enum status do_enlarge_block(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct enlarge_block_input *enlarge = input;
    struct block block = {0};
    TRY(find_block_to_change(call, enlarge->block, enlarge->if_version, &block, fault));
    if (block.state != BLOCK_OPEN) {
        return fault_set(fault, STATUS_CONFLICT, "block-closed", "block", enlarge->block,
                         "The block is closed: order another one.");
    }
    TRY(check_size(call, enlarge->size, block.size, fault));
    TRY(agreement_chain_require(call, block.provider_id, fault));
    struct text detail =
        text_format(call->arena, "from %lld to %lld seats", (long long)block.size, (long long)enlarge->size);
    block.size = enlarge->size;
    return save_block(call, &block, "block.enlarge", detail, output, fault);
}

static enum status find_parts_to_enlarge(struct call *call, const void *input, struct call_parts *parts,
                                         struct fault *fault) {
    const struct enlarge_block_input *enlarge = input;
    return parts_of_block(call, enlarge->block, &parts->provider_id, fault);
}

enum status enlarge_block(struct call *call, const struct enlarge_block_input *input, struct block_view *out,
                          struct fault *fault) {
    return call_run_parts(call, find_parts_to_enlarge, do_enlarge_block, input, out, fault);
}

static enum status do_close_block(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct close_block_input *close = input;
    struct block block = {0};
    int state = 0;
    TRY(find_block_to_change(call, close->block, close->if_version, &block, fault));
    TRY(machine_step(&block_machine, (int)block.state, "close", &state, fault));
    block.state = (enum block_state)state;
    return save_block(call, &block, "block.close", TEXT(""), output, fault);
}

static enum status find_parts_to_close(struct call *call, const void *input, struct call_parts *parts,
                                       struct fault *fault) {
    const struct close_block_input *close = input;
    return parts_of_block(call, close->block, &parts->provider_id, fault);
}

enum status close_block(struct call *call, const struct close_block_input *input, struct block_view *out,
                        struct fault *fault) {
    return call_run_parts(call, find_parts_to_close, do_close_block, input, out, fault);
}

/* ---- reading ---- */

static enum status do_show_block(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct block block = {0};
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_block(call, *word, &block, fault));
    return load_block_view(call, &block, output, fault);
}

enum status show_block(struct call *call, struct text block, struct block_view *out, struct fault *fault) {
    return call_run(call, DB_READ, do_show_block, &block, out, fault);
}

/* Blocks are the provider's own business: everybody lists its own, the operator all. */
static enum status make_block_filter(struct call *call, const struct list_blocks_input *input,
                                     struct block_filter *filter, struct fault *fault) {
    *filter = (struct block_filter){.provider_id = call->actor.account_id, .state = -1};
    TRY(require_any_right(call, RIGHT_READ, fault));
    if (input->provider.length > 0) {
        struct account provider = {0};
        TRY(find_account_with_right(call, input->provider, "provider", RIGHT_READ, &provider, fault));
        filter->provider_id = provider.id;
    }
    if (input->sku.length > 0) {
        struct sku sku = {0};
        TRY(filter->provider_id == 0
                ? find_sku(call, input->sku, "sku", &sku, fault)
                : find_licensable_sku(call, filter->provider_id, input->sku, &sku, fault));
        filter->sku_id = sku.id;
    }
    if (input->state.length > 0) {
        TRY(machine_state_parse(&block_machine, input->state, &filter->state, fault));
    }
    return STATUS_OK;
}

static enum status do_list_blocks(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct list_blocks_input *list = input;
    struct block_filter filter;
    struct block *blocks = NULL;
    struct block_page page = {0};
    TRY(make_block_filter(call, list, &filter, fault));
    TRY(block_list(call->db, call->arena, &filter, list->page, &blocks, &page.count, &page.next_after,
                   fault));
    page.items = ARENA_NEW(call->arena, struct block_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        TRY(load_block_view(call, &blocks[i], &page.items[i], fault));
    }
    *(struct block_page *)output = page;
    return STATUS_OK;
}

enum status list_blocks(struct call *call, const struct list_blocks_input *input, struct block_page *out,
                        struct fault *fault) {
    return call_run(call, DB_READ, do_list_blocks, input, out, fault);
}
