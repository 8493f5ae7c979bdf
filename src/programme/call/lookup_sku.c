#include "programme/call/lookup_sku.h"

#include "programme/call/lookup.h"
#include "programme/call/lookup_account.h"

#include <assert.h>
#include <string.h>

enum { PATH_SPLITS_MAX = 24 }; /* the chain's tiers, and some of the code's own */

static const struct lookup_noun SKU = {
    .noun = "SKU",
    .named_by = "its code, OWNER/CODE or its identifier (sku_…)",
    .unknown_code = "unknown-sku",
    .ambiguous_code = "ambiguous-code",
    .ambiguous_status = STATUS_INVALID,
};

static enum status find_sku_by_id(const struct call *call, int64_t viewer_id, int64_t id, struct text word,
                                  const char *field, struct sku *sku, struct fault *fault) {
    bool known = true;
    struct sku found = {0};
    enum status status = sku_load(call->db, call->arena, id, &found, fault);
    if (status == STATUS_OK && viewer_id != 0) {
        status = sku_is_known(call->db, viewer_id, &found, &known, fault);
    }
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !known)) {
        return lookup_require_found(&SKU, word, field, false, fault);
    }
    TRY(status);
    *sku = found;
    return STATUS_OK;
}

/* ---- codes ---- */

/* The SKUs that a code may name; where `count` is above 0 and `says_one`, `chosen` is the one that counts. */
struct sku_search {
    struct sku_claim *claims;
    struct code_claim *marks;
    size_t count;
    size_t chosen;
    bool says_one;
};

static void choose(const struct call *call, struct text code, struct sku_search *search) {
    search->marks = ARENA_NEW(call->arena, struct code_claim, search->count);
    for (size_t i = 0; i < search->count; i++) {
        search->marks[i] =
            (struct code_claim){.code = search->claims[i].sku.code, .age = search->claims[i].age};
    }
    if (search->count > 0) {
        search->says_one = code_claim_choose(code, search->marks, search->count, &search->chosen);
    }
}

/* Whoever knows a SKU reads its owner's code, whether or not it may know of that account else. */
static enum status is_owner(const struct call *call, int64_t owner_id, struct text word, bool *yes,
                            struct fault *fault) {
    struct account owner = {0};
    int64_t id = 0;
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, word, &id)) {
        *yes = id == owner_id;
        return STATUS_OK;
    }
    if (memchr(word.at, '/', word.length) != NULL) {
        enum status status = find_account(call, word, "owner", &owner, fault);
        *yes = status == STATUS_OK && owner.id == owner_id;
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    TRY(account_load(call->db, call->arena, owner_id, &owner, fault));
    *yes = text_equal_folded(owner.code, word);
    return STATUS_OK;
}

/* The SKUs of `code` whose owner is called `owner`. */
static enum status search_owned(const struct call *call, int64_t viewer_id, struct text owner,
                                struct text code, struct sku_search *search, struct fault *fault) {
    size_t kept = 0;
    *search = (struct sku_search){0};
    TRY(sku_find_code(call->db, call->arena, viewer_id, code, &search->claims, &search->count, fault));
    for (size_t i = 0; i < search->count; i++) {
        bool yes = false;
        TRY(is_owner(call, search->claims[i].sku.owner_id, owner, &yes, fault));
        if (yes) {
            search->claims[kept++] = search->claims[i];
        }
    }
    search->count = kept;
    choose(call, code, search);
    return STATUS_OK;
}

/* OWNER/CODE goes before a code that has a "/" itself, so that it names what it says whatever anybody calls
 * a SKU. */
static enum status search_sku(const struct call *call, int64_t viewer_id, struct text word,
                              struct sku_search *search, struct fault *fault) {
    int splits = 0;
    *search = (struct sku_search){0};
    for (size_t i = 1; i + 1 < word.length && search->count == 0 && splits < PATH_SPLITS_MAX; i++) {
        if (word.at[i] == '/') {
            splits++;
            TRY(search_owned(call, viewer_id, (struct text){word.at, i},
                             (struct text){word.at + i + 1, word.length - i - 1}, search, fault));
        }
    }
    if (search->count == 0) {
        TRY(sku_find_code(call->db, call->arena, viewer_id, word, &search->claims, &search->count, fault));
        choose(call, word, search);
    }
    return STATUS_OK;
}

/* OWNER/CODE where that leads to this SKU and to no other; empty where it does not. */
static enum status name_by_path(const struct call *call, int64_t viewer_id, const struct sku *sku,
                                struct text *path, struct fault *fault) {
    struct account owner = {0};
    struct sku_search search;
    *path = TEXT("");
    TRY(account_load(call->db, call->arena, sku->owner_id, &owner, fault));
    struct text tried = text_format(call->arena, "%.*s/%.*s", TEXT_ARGS(owner.code), TEXT_ARGS(sku->code));
    TRY(search_sku(call, viewer_id, tried, &search, fault));
    if (search.says_one && search.claims[search.chosen].sku.id == sku->id &&
        tried.length < sizeof(((struct fault_choice *)0)->path)) {
        *path = tried;
    }
    return STATUS_OK;
}

static enum status refuse_ambiguous(const struct call *call, int64_t viewer_id, struct text word,
                                    const char *field, const struct sku_search *search, struct fault *fault) {
    struct lookup_choice *choices = ARENA_NEW(call->arena, struct lookup_choice, search->count);
    size_t count = 0;
    for (size_t i = 0; i < search->count; i++) {
        const struct sku *sku = &search->claims[i].sku;
        if (!search->marks[i].is_tied) {
            continue;
        }
        choices[count].identifier = identifier_text(call, IDENTIFIER_SKU, sku->id);
        TRY(name_by_path(call, viewer_id, sku, &choices[count].path, fault));
        count++;
    }
    return lookup_ambiguous(&SKU, word, field, choices, count, fault);
}

/* ---- finding ---- */

static enum status find_sku_seen_by(const struct call *call, int64_t viewer_id, struct text word,
                                    const char *field, struct sku *sku, struct fault *fault) {
    struct sku_search search;
    int64_t id = 0;
    TRY(lookup_require_word(&SKU, word, field, fault));
    if (identifier_decode(call->secret, IDENTIFIER_SKU, word, &id)) {
        return find_sku_by_id(call, viewer_id, id, word, field, sku, fault);
    }
    TRY(search_sku(call, viewer_id, word, &search, fault));
    TRY(lookup_require_found(&SKU, word, field, search.count > 0, fault));
    if (!search.says_one) {
        return refuse_ambiguous(call, viewer_id, word, field, &search, fault);
    }
    *sku = search.claims[search.chosen].sku;
    return STATUS_OK;
}

enum status find_sku(const struct call *call, struct text word, const char *field, struct sku *sku,
                     struct fault *fault) {
    return find_sku_seen_by(call, actor_viewer_id(call), word, field, sku, fault);
}

enum status find_sku_owned(const struct call *call, int64_t owner_id, struct text word, const char *field,
                           struct sku *sku, struct fault *fault) {
    struct sku_search search;
    TRY(lookup_require_word(&SKU, word, field, fault));
    TRY(search_owned(call, 0, identifier_text(call, IDENTIFIER_ACCOUNT, owner_id), word, &search, fault));
    if (search.count == 0) {
        return find_sku(call, word, field, sku, fault);
    }
    if (!search.says_one) {
        return refuse_ambiguous(call, owner_id, word, field, &search, fault);
    }
    *sku = search.claims[search.chosen].sku;
    return STATUS_OK;
}

enum status find_sku_of_seller(const struct call *call, int64_t seller_id, struct text word,
                               const char *field, struct sku *sku, struct fault *fault) {
    assert(actor_is(call, seller_id));
    return find_sku_seen_by(call, seller_id, word, field, sku, fault);
}

enum status find_licensable_sku(const struct call *call, int64_t provider_id, struct text word,
                                struct sku *sku, struct fault *fault) {
    struct sku found = {0};
    struct text trimmed = text_trim(word);
    TRY(find_sku_of_seller(call, provider_id, trimmed, "sku", &found, fault));
    if (found.kind == SKU_SERVICE) {
        return fault_set(fault, STATUS_INVALID, "not-licensable", "sku", trimmed,
                         "Name a product or a bundle: \"%.*s\" is a service, and services have no licences.",
                         TEXT_ARGS(found.code));
    }
    *sku = found;
    return STATUS_OK;
}
