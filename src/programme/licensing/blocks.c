#include "programme/licensing/blocks.h"

#include "programme/call/agreement_chain.h"
#include "programme/call/lookup_licence.h"

static struct block_view block_describe(const struct call *call, const struct block *block,
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

static enum status block_load_names(const struct call *call, const struct block *block,
                                    struct block_view *out, struct fault *fault) {
    struct account provider = {0};
    struct sku sku = {0};
    enum status status = account_load(call->db, call->arena, block->provider_id, &provider, fault);
    if (status == STATUS_OK) {
        status = sku_load(call->db, call->arena, block->sku_id, &sku, fault);
    }
    if (status == STATUS_OK) {
        *out = block_describe(call, block, &provider, &sku);
    }
    return status;
}

static enum status check_size(const struct call *call, int64_t size, int64_t more_than, struct fault *fault) {
    if (size > more_than && size <= BLOCK_SIZE_MAX) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "size-out-of-range", "size",
                     text_format(call->arena, "%lld", (long long)size),
                     "a size from %lld to %d would be right", (long long)more_than + 1, BLOCK_SIZE_MAX);
}

enum status order_block(struct call *call, const struct order_block_input *input, struct block_view *out,
                        struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct account provider = {0};
    struct sku sku = {0};
    struct block block = {.size = input->size, .state = BLOCK_OPEN, .ordered_at_us = call->now_us};
    status = find_account_with_right(call, input->provider, "provider", RIGHT_LICENCES, &provider, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    if (provider.kind != ACCOUNT_PROVIDER) {
        status = fault_set(fault, STATUS_CONFLICT, "not-a-provider", "provider", input->provider,
                           "this account is a %s, and only providers order blocks",
                           account_kind_name(provider.kind));
        goto done;
    }
    status = check_size(call, input->size, 0, fault);
    if (status == STATUS_OK) {
        status = find_licensable_sku(call, provider.id, input->sku, &sku, fault);
    }
    if (status == STATUS_OK) {
        status = agreement_chain_require(call, provider.id, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    block.provider_id = provider.id;
    block.sku_id = sku.id;
    status = block_insert(call->db, &block, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    struct block_view info = block_describe(call, &block, &provider, &sku);
    status = audit_write(
        call, "block.order", info.identifier, provider.id,
        text_format(call->arena, "%lld seats of %.*s", (long long)block.size, TEXT_ARGS(sku.code)), fault);
    if (status == STATUS_OK) {
        *out = info;
    }
done:
    return call_end(call, status, fault);
}

/* The block that somebody means to change. */
static enum status find_block_to_change(struct call *call, struct text word, int64_t if_version,
                                        struct block *block, struct fault *fault) {
    enum status status = find_block(call, word, block, fault);
    if (status == STATUS_OK) {
        status = require_right(call, block->provider_id, RIGHT_LICENCES, fault);
    }
    if (status == STATUS_OK) {
        status = check_version(if_version, block->version, fault);
    }
    return status;
}

/* Saves, audits, and describes. */
static enum status save_block(struct call *call, struct block *block, const char *action, struct text detail,
                              struct block_view *out, struct fault *fault) {
    struct block_view info = {0};
    enum status status = block_update(call->db, block, fault);
    if (status == STATUS_OK) {
        status = block_load_names(call, block, &info, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, action, info.identifier, block->provider_id, detail, fault);
    }
    if (status == STATUS_OK) {
        *out = info;
    }
    return status;
}

enum status enlarge_block(struct call *call, const struct enlarge_block_input *input, struct block_view *out,
                          struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct block block = {0};
    status = find_block_to_change(call, input->block, input->if_version, &block, fault);
    if (status == STATUS_OK && block.state != BLOCK_OPEN) {
        status = fault_set(fault, STATUS_CONFLICT, "block-closed", "block", input->block,
                           "the block is closed; order another one");
    }
    if (status == STATUS_OK) {
        status = check_size(call, input->size, block.size, fault);
    }
    if (status == STATUS_OK) {
        status = agreement_chain_require(call, block.provider_id, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    struct text detail =
        text_format(call->arena, "from %lld to %lld seats", (long long)block.size, (long long)input->size);
    block.size = input->size;
    status = save_block(call, &block, "block.enlarge", detail, out, fault);
done:
    return call_end(call, status, fault);
}

enum status close_block(struct call *call, const struct close_block_input *input, struct block_view *out,
                        struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct block block = {0};
    int state = 0;
    status = find_block_to_change(call, input->block, input->if_version, &block, fault);
    if (status == STATUS_OK) {
        status = machine_step(&block_machine, (int)block.state, "close", &state, fault);
    }
    if (status == STATUS_OK) {
        block.state = (enum block_state)state;
        status = save_block(call, &block, "block.close", TEXT(""), out, fault);
    }
    return call_end(call, status, fault);
}

enum status show_block(struct call *call, struct text block_word, struct block_view *out,
                       struct fault *fault) {
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct block block = {0};
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_block(call, block_word, &block, fault);
    }
    if (status == STATUS_OK) {
        status = block_load_names(call, &block, out, fault);
    }
    return call_end(call, status, fault);
}

/* Blocks are the provider's own business: everybody lists its own, the operator all. */
static enum status block_filter_make(struct call *call, const struct list_blocks_input *input,
                                     struct block_filter *filter, struct fault *fault) {
    *filter = (struct block_filter){.provider_id = call->actor.account_id, .state = -1};
    enum status status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK && input->provider.length > 0) {
        struct account provider = {0};
        status = find_account_with_right(call, input->provider, "provider", RIGHT_READ, &provider, fault);
        filter->provider_id = provider.id;
    }
    if (status == STATUS_OK && input->sku.length > 0) {
        struct sku sku = {0};
        status = filter->provider_id == 0
                     ? find_sku(call, input->sku, "sku", &sku, fault)
                     : find_licensable_sku(call, filter->provider_id, input->sku, &sku, fault);
        filter->sku_id = sku.id;
    }
    if (status == STATUS_OK && input->state.length > 0) {
        status = machine_state_parse(&block_machine, input->state, &filter->state, fault);
    }
    return status;
}

enum status list_blocks(struct call *call, const struct list_blocks_input *input, struct block_page *out,
                        struct fault *fault) {
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct block_filter filter;
    struct block *blocks = NULL;
    struct block_page page = {0};
    status = block_filter_make(call, input, &filter, fault);
    if (status == STATUS_OK) {
        status = block_list(call->db, call->arena, &filter, input->page, &blocks, &page.count,
                            &page.next_after, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    page.items = ARENA_NEW(call->arena, struct block_view, page.count);
    for (size_t i = 0; status == STATUS_OK && i < page.count; i++) {
        status = block_load_names(call, &blocks[i], &page.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = page;
    }
done:
    return call_end(call, status, fault);
}
