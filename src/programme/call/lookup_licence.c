#include "programme/call/lookup_licence.h"

static enum status unknown_licence(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-licence", "licence", word,
                     "there is no such licence; give its key or its identifier (lic_…)");
}

/* Nobody else learns whether it is there. */
static enum status actor_may_see_licence(const struct call *call, const struct licence_row *row, bool *yes,
                                         struct fault *fault) {
    const struct licence *licence = &row->licence;
    if (actor_is(call, licence->provider_id) || actor_is(call, licence->customer_id) ||
        actor_is(call, row->sku_owner_id)) {
        *yes = true;
        return STATUS_OK;
    }
    return actor_is_or_is_above(call, licence->provider_id, yes, fault);
}

enum status find_licence(const struct call *call, struct text word, struct licence_row *row,
                         struct fault *fault) {
    word = text_trim(word);
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "licence", word,
                         "a licence must be named by its key or its identifier (lic_…)");
    }
    int64_t id = 0;
    bool found = false;
    bool seen = false;
    enum status status = STATUS_OK;
    if (identifier_decode(call->secret, IDENTIFIER_LICENCE, word, &id)) {
        status = licence_load(call->db, call->arena, id, row, &found, fault);
    } else if (word.length > 4 && word.at[3] == '_') {
        return unknown_licence(word, fault);
    } else {
        char key[LICENCE_KEY_BYTES];
        unsigned char hash[LICENCE_KEY_HASH_BYTES];
        status = licence_key_parse(word, key, fault);
        if (status != STATUS_OK) {
            return status;
        }
        licence_key_hash(call->secret, key, hash);
        status = licence_load_by_key(call->db, call->arena, hash, row, &found, fault);
    }
    if (status == STATUS_OK && found) {
        status = actor_may_see_licence(call, row, &seen, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    return found && seen ? STATUS_OK : unknown_licence(word, fault);
}

enum status find_licence_to_change(const struct call *call, struct text word, struct licence_row *row,
                                   struct fault *fault) {
    enum status status = find_licence(call, word, row, fault);
    if (status == STATUS_OK) {
        status = require_right(call, row->licence.provider_id, RIGHT_LICENCES, fault);
    }
    return status;
}

enum status find_block(const struct call *call, struct text word, struct block *block, struct fault *fault) {
    word = text_trim(word);
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "block", word,
                         "a block must be named by its identifier (blk_…)");
    }
    int64_t id = 0;
    bool found = false;
    if (identifier_decode(call->secret, IDENTIFIER_BLOCK, word, &id)) {
        enum status status = block_load(call->db, id, block, &found, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (found && actor_is(call, block->provider_id)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-block", "block", word,
                     "there is no such block; give the identifier (blk_…) that ordering it told");
}

enum status find_licensable_sku(const struct call *call, int64_t provider_id, struct text word,
                                struct sku *sku, struct fault *fault) {
    word = text_trim(word);
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "sku", word, "a SKU must be named");
    }
    int64_t id = 0;
    enum status status = STATUS_OK;
    bool known = false;
    size_t count = 0;
    if (identifier_decode(call->secret, IDENTIFIER_SKU, word, &id)) {
        status = sku_load(call->db, call->arena, id, sku, fault);
        if (status == STATUS_OK) {
            status = sku_is_known(call->db, provider_id, sku, &known, fault);
        }
        if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
            return status;
        }
    } else {
        struct sku *skus = NULL;
        int64_t next_after = 0;
        struct sku_filter filter = {.known_to_id = provider_id, .code = word};
        status = sku_list(call->db, call->arena, &filter, (struct page){.limit = 2}, &skus, &count,
                          &next_after, fault);
        if (status != STATUS_OK) {
            return status;
        }
        known = count == 1;
        if (known) {
            *sku = skus[0];
        }
    }
    if (count > 1) {
        return fault_set(fault, STATUS_CONFLICT, "ambiguous-code", "sku", word,
                         "several SKUs have this code; give the identifier (sku_…)");
    }
    if (!known) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-sku", "sku", word,
                         "there is no such SKU in the catalogue that the provider can order from");
    }
    if (sku->kind == SKU_SERVICE) {
        return fault_set(fault, STATUS_INVALID, "not-licensable", "sku", word,
                         "a service has no licences; products and bundles have");
    }
    return STATUS_OK;
}

enum status find_account_below(const struct call *call, struct text word, const char *field,
                               struct account *account, struct fault *fault) {
    bool below = false;
    enum status status = find_account(call, word, field, account, fault);
    if (status == STATUS_OK) {
        status = actor_is_or_is_above(call, account->id, &below, fault);
    }
    if (status == STATUS_OK && !below) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-account", field, word,
                         "there is no such account at or below your own");
    }
    return status;
}

enum status find_customer_of(const struct call *call, int64_t provider_id, struct text word,
                             struct account *customer, struct fault *fault) {
    word = text_trim(word);
    struct account *accounts = NULL;
    size_t count = 0;
    int64_t next_after = 0;
    struct account_filter filter = {.seller_id = provider_id, .code = word};
    if (word.length > 0) {
        enum status status = account_list(call->db, call->arena, &filter, (struct page){.limit = 1},
                                          &accounts, &count, &next_after, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    struct account account = {0};
    if (count == 1) {
        account = accounts[0];
    } else {
        enum status status = find_account(call, word, "customer", &account, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (account.seller_id != provider_id || account.kind != ACCOUNT_CUSTOMER) {
        return fault_set(
            fault, STATUS_CONFLICT, "not-a-customer", "customer", word,
            "licences are issued to the provider's own customers alone, and this account is none");
    }
    *customer = account;
    return STATUS_OK;
}

enum status find_customer_to_licence(const struct call *call, struct text word, struct account *customer,
                                     struct fault *fault) {
    enum status status = find_account(call, word, "customer", customer, fault);
    if (status == STATUS_OK && customer->kind != ACCOUNT_CUSTOMER) {
        return fault_set(fault, STATUS_CONFLICT, "not-a-customer", "customer", word,
                         "this account is a %s; licences are at customers",
                         account_kind_name(customer->kind));
    }
    return status == STATUS_OK ? require_right(call, customer->seller_id, RIGHT_LICENCES, fault) : status;
}
