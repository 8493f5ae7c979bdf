#include "programme/call/parts.h"

#include "programme/call/lookup_account.h"
#include "store/devices/devices.h"
#include "store/licensing/blocks.h"
#include "store/licensing/licences.h"

/* A lookup that has found nothing, or nothing that the actor may know of, is no fault here. */
static enum status or_none(enum status status) {
    return status == STATUS_INTERNAL || status == STATUS_BUSY ? status : STATUS_OK;
}

enum status parts_of_key(const struct call *call, const char *key, int64_t *provider_id,
                         struct fault *fault) {
    unsigned char hash[LICENCE_KEY_HASH_BYTES];
    licence_key_hash(call->secret, key, hash);
    return licence_provider_by_key(call->db, hash, provider_id, fault);
}

enum status parts_of_licence(const struct call *call, struct text word, int64_t *provider_id,
                             struct fault *fault) {
    struct text trimmed = text_trim(word);
    struct fault ignored;
    char key[LICENCE_KEY_BYTES];
    int64_t id = 0;
    *provider_id = 0;
    if (identifier_decode(call->secret, IDENTIFIER_LICENCE, trimmed, &id)) {
        return licence_provider(call->db, id, provider_id, fault);
    }
    if (licence_key_parse(trimmed, key, &ignored) != STATUS_OK) {
        return STATUS_OK;
    }
    return parts_of_key(call, key, provider_id, fault);
}

enum status parts_of_block(const struct call *call, struct text word, int64_t *provider_id,
                           struct fault *fault) {
    struct block block = {0};
    bool found = false;
    int64_t id = 0;
    *provider_id = 0;
    if (!identifier_decode(call->secret, IDENTIFIER_BLOCK, text_trim(word), &id)) {
        return STATUS_OK;
    }
    TRY(block_load(call->db, id, &block, &found, fault));
    *provider_id = block.provider_id;
    return STATUS_OK;
}

enum status parts_of_provider(const struct call *call, struct text word, int64_t *provider_id,
                              struct fault *fault) {
    struct account provider = {0};
    enum status status = find_account_or_own(call, word, "provider", &provider, fault);
    *provider_id = status == STATUS_OK ? provider.id : 0;
    return or_none(status);
}

enum status parts_of_customer(const struct call *call, struct text word, int64_t *provider_id,
                              struct fault *fault) {
    struct account customer = {0};
    enum status status = find_customer_to_licence(call, word, &customer, fault);
    *provider_id = status == STATUS_OK ? customer.seller_id : 0;
    return or_none(status);
}

enum status parts_of_device(const struct call *call, int64_t device_id, int64_t *provider_id,
                            struct fault *fault) {
    return device_provider(call->db, device_id, provider_id, fault);
}
