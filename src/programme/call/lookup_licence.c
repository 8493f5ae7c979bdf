#include "programme/call/lookup_licence.h"

#include "programme/call/lookup.h"
#include "programme/call/sight.h"

static const struct lookup_noun LICENCE = {.noun = "licence",
                                           .named_by = "its key or its identifier (lic_…)",
                                           .unknown_code = "unknown-licence",
                                           .word_is_secret = true};
static const struct lookup_noun BLOCK = {.noun = "block",
                                         .named_by = "the identifier (blk_…) that ordering it gave",
                                         .unknown_code = "unknown-block"};

static enum status actor_may_see_licence(const struct call *call, const struct licence_row *row, bool *yes,
                                         struct fault *fault) {
    const struct licence *licence = &row->licence;
    if (licence->parent_id != 0 && !actor_is(call, row->sku_owner_id)) {
        TRY(sight_parts(call, licence, yes, fault));
        if (!*yes) {
            return STATUS_OK;
        }
    }
    if (actor_is(call, licence->provider_id) || actor_is(call, licence->customer_id) ||
        actor_is(call, row->sku_owner_id)) {
        *yes = true;
        return STATUS_OK;
    }
    return actor_is_or_is_above(call, licence->provider_id, yes, fault);
}

static enum status load_by_key(const struct call *call, struct text word, struct licence_row *row,
                               bool *found, struct fault *fault) {
    char key[LICENCE_KEY_BYTES];
    unsigned char hash[LICENCE_KEY_HASH_BYTES];
    TRY(licence_key_parse(word, key, fault));
    licence_key_hash(call->secret, key, hash);
    return licence_load_by_key(call->db, call->arena, hash, row, found, fault);
}

/* A word such as blk_… is the identifier of something else, and is not taken for a mistyped key. */
static bool looks_like_an_identifier(struct text word) {
    return word.length > 4 && word.at[3] == '_';
}

enum status find_licence(const struct call *call, struct text word, struct licence_row *row,
                         struct fault *fault) {
    struct text trimmed = text_trim(word);
    int64_t id = 0;
    bool found = false;
    bool seen = false;
    TRY(lookup_require_word(&LICENCE, trimmed, "licence", fault));
    if (identifier_decode(call->secret, IDENTIFIER_LICENCE, trimmed, &id)) {
        TRY(licence_load(call->db, call->arena, id, row, &found, fault));
    } else if (!looks_like_an_identifier(trimmed)) {
        TRY(load_by_key(call, trimmed, row, &found, fault));
    }
    if (found) {
        TRY(actor_may_see_licence(call, row, &seen, fault));
    }
    return lookup_require_found(&LICENCE, trimmed, "licence", seen, fault);
}

enum status find_licence_to_change(const struct call *call, struct text word, struct licence_row *row,
                                   struct fault *fault) {
    TRY(find_licence(call, word, row, fault));
    return require_right(call, row->licence.provider_id, RIGHT_LICENCES, fault);
}

enum status find_block(const struct call *call, struct text word, struct block *block, struct fault *fault) {
    struct text trimmed = text_trim(word);
    int64_t id = 0;
    bool found = false;
    TRY(lookup_require_word(&BLOCK, trimmed, "block", fault));
    if (identifier_decode(call->secret, IDENTIFIER_BLOCK, trimmed, &id)) {
        TRY(block_load(call->db, id, block, &found, fault));
    }
    bool seen = found && actor_is(call, block->provider_id);
    return lookup_require_found(&BLOCK, trimmed, "block", seen, fault);
}
