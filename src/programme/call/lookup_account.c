#include "programme/call/lookup_account.h"

#include "programme/call/lookup.h"
#include "store/parties/programme.h"

#include <string.h>

static const struct lookup_noun ACCOUNT = {
    .noun = "account",
    .named_by = "its code, SELLER/CODE or its identifier (acc_…)",
    .unknown_code = "unknown-account",
    .ambiguous_code = "ambiguous-code",
    .ambiguous_status = STATUS_INVALID,
};

static enum status unknown_account(struct text word, const char *field, struct fault *fault) {
    return lookup_require_found(&ACCOUNT, word, field, false, fault);
}

static enum status find_account_by_id(const struct call *call, int64_t id, struct text word,
                                      const char *field, struct account *account, struct fault *fault) {
    bool visible = false;
    TRY(actor_may_see_account(call, id, &visible, fault));
    if (!visible) {
        return unknown_account(word, field, fault);
    }
    enum status status = account_load(call->db, call->arena, id, account, fault);
    return status == STATUS_NOT_FOUND ? unknown_account(word, field, fault) : status;
}

/* ---- a code alone ---- */

/* Whose circles count: the actor's own account's, for the operator the distributor's. */
static enum status load_viewpoint(const struct call *call, int64_t *viewpoint_id, struct fault *fault) {
    struct programme programme;
    if (!actor_is_operator(call)) {
        *viewpoint_id = call->actor.account_id;
        return STATUS_OK;
    }
    TRY(programme_load(call->db, call->arena, &programme, fault));
    *viewpoint_id = programme.distributor_id;
    return STATUS_OK;
}

/* Asks for a code, at or below `within_id` (0: anywhere). `*found` is NULL where there is none; `*claims` are
 * all that have the code, and `*chosen` counts; where it does not say one, those that are tied are marked. */
struct code_search {
    struct account_claim *claims;
    struct code_claim *marks;
    size_t count;
    size_t chosen;
    bool says_one;
};

/* Whom a word may mean: where a customer is asked for, who resells does not stand in its way. */
enum sought { ANY_ACCOUNT, CUSTOMERS_FIRST };

/* The claims that stay are those of customers, where there is any. */
static void keep_customers(struct code_search *search) {
    size_t kept = 0;
    for (size_t i = 0; i < search->count; i++) {
        struct account_claim claim = search->claims[i];
        if (claim.account.kind == ACCOUNT_CUSTOMER) {
            search->claims[i] = search->claims[kept];
            search->claims[kept++] = claim;
        }
    }
    search->count = kept > 0 ? kept : search->count;
}

static enum status search_code(const struct call *call, int64_t within_id, enum sought sought,
                               struct text word, struct code_search *search, struct fault *fault) {
    struct account_code_query query = {
        .viewer_id = actor_viewer_id(call), .viewpoint_id = within_id, .within_id = within_id, .code = word};
    *search = (struct code_search){0};
    if (within_id == 0) {
        TRY(load_viewpoint(call, &query.viewpoint_id, fault));
    }
    TRY(account_find_code(call->db, call->arena, &query, &search->claims, &search->count, fault));
    if (sought == CUSTOMERS_FIRST) {
        keep_customers(search);
    }
    search->marks = ARENA_NEW(call->arena, struct code_claim, search->count);
    for (size_t i = 0; i < search->count; i++) {
        search->marks[i] = (struct code_claim){.code = search->claims[i].account.code,
                                               .circle = search->claims[i].circle,
                                               .age = search->claims[i].age};
    }
    if (search->count > 0) {
        search->says_one = code_claim_choose(word, search->marks, search->count, &search->chosen);
    }
    return STATUS_OK;
}

/* ---- SELLER/CODE ---- */

/* Goes down from the account that `*account` is along the codes of the path's rest. */
static enum status walk_path(const struct call *call, struct text rest, bool *found, struct account *account,
                             struct fault *fault) {
    *found = true;
    while (*found && rest.length > 0) {
        struct text code = text_take_until(&rest, '/');
        struct account *buyers = NULL;
        size_t count = 0;
        size_t exact = 0;
        TRY(account_find_buyer(call->db, call->arena, account->id, code, &buyers, &count, fault));
        while (exact < count && !text_equal(buyers[exact].code, code)) {
            exact++;
        }
        *found = exact < count || count == 1;
        if (*found) {
            *account = buyers[exact < count ? exact : 0];
        }
    }
    return STATUS_OK;
}

static enum status find_first(const struct call *call, struct text first, bool *found,
                              struct account *account, struct fault *fault) {
    struct code_search search;
    int64_t id = 0;
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, first, &id)) {
        enum status status = account_load(call->db, call->arena, id, account, fault);
        *found = status == STATUS_OK;
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    TRY(search_code(call, 0, ANY_ACCOUNT, first, &search, fault));
    *found = search.says_one;
    if (*found) {
        *account = search.claims[search.chosen].account;
    }
    return STATUS_OK;
}

/* `*found` is false where the path leads to nothing that the actor may know of. */
static enum status follow_path(const struct call *call, struct text path, bool *found,
                               struct account *account, struct fault *fault) {
    struct text rest = path;
    struct account at = {0};
    *found = path.length > 0 && path.at[path.length - 1] != '/';
    if (!*found) {
        return STATUS_OK;
    }
    TRY(find_first(call, text_take_until(&rest, '/'), found, &at, fault));
    if (*found) {
        TRY(walk_path(call, rest, found, &at, fault));
    }
    if (*found) {
        TRY(actor_may_see_account(call, at.id, found, fault));
        *account = at;
    }
    return STATUS_OK;
}

/* ---- what an ambiguous code may mean ---- */

/* The shortest SELLER/CODE, or longer path, that leads to the account and to no other; empty: none does. */
static enum status name_by_path(const struct call *call, const struct account *account, struct text *path,
                                struct fault *fault) {
    struct text tried = account->code;
    struct account above = *account;
    *path = TEXT("");
    while (above.seller_id != 0) {
        struct account found = {0};
        bool leads = false;
        TRY(account_load(call->db, call->arena, above.seller_id, &above, fault));
        tried = text_format(call->arena, "%.*s/%.*s", TEXT_ARGS(above.code), TEXT_ARGS(tried));
        if (tried.length >= sizeof(((struct fault_choice *)0)->path)) {
            return STATUS_OK;
        }
        TRY(follow_path(call, tried, &leads, &found, fault));
        if (leads && found.id == account->id) {
            *path = tried;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

static enum status refuse_ambiguous(const struct call *call, struct text word, const char *field,
                                    const struct code_search *search, struct fault *fault) {
    struct lookup_choice *choices = ARENA_NEW(call->arena, struct lookup_choice, search->count);
    size_t count = 0;
    for (size_t i = 0; i < search->count; i++) {
        const struct account *account = &search->claims[i].account;
        if (!search->marks[i].is_tied) {
            continue;
        }
        choices[count].identifier = identifier_text(call, IDENTIFIER_ACCOUNT, account->id);
        TRY(name_by_path(call, account, &choices[count].path, fault));
        count++;
    }
    return lookup_ambiguous(&ACCOUNT, word, field, choices, count, fault);
}

/* ---- finding ---- */

/* By whatever word; a code is looked for at or below `within_id` first (0: anywhere). */
static enum status find_account_within(const struct call *call, int64_t within_id, enum sought sought,
                                       struct text word, const char *field, struct account *account,
                                       struct fault *fault) {
    struct code_search search;
    bool found = false;
    int64_t id = 0;
    TRY(lookup_require_word(&ACCOUNT, word, field, fault));
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, word, &id)) {
        return find_account_by_id(call, id, word, field, account, fault);
    }
    if (memchr(word.at, '/', word.length) != NULL) {
        TRY(follow_path(call, word, &found, account, fault));
        return lookup_require_found(&ACCOUNT, word, field, found, fault);
    }
    TRY(search_code(call, within_id, sought, word, &search, fault));
    if (search.count == 0 && within_id != 0) {
        TRY(search_code(call, 0, sought, word, &search, fault));
    }
    TRY(lookup_require_found(&ACCOUNT, word, field, search.count > 0, fault));
    if (!search.says_one) {
        return refuse_ambiguous(call, word, field, &search, fault);
    }
    *account = search.claims[search.chosen].account;
    return STATUS_OK;
}

enum status find_account(const struct call *call, struct text word, const char *field,
                         struct account *account, struct fault *fault) {
    return find_account_within(call, 0, ANY_ACCOUNT, word, field, account, fault);
}

enum status account_is_called(const struct call *call, int64_t account_id, struct text word, bool *yes,
                              struct fault *fault) {
    struct account found = {0};
    int64_t id = 0;
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, word, &id)) {
        *yes = id == account_id;
        return STATUS_OK;
    }
    TRY(account_had_code(call->db, account_id, word, yes, fault));
    if (!*yes && memchr(word.at, '/', word.length) != NULL) {
        TRY(follow_path(call, word, yes, &found, fault));
        *yes = *yes && found.id == account_id;
    }
    return STATUS_OK;
}

enum status find_account_or_own(const struct call *call, struct text word, const char *field,
                                struct account *account, struct fault *fault) {
    if (word.length > 0) {
        return find_account(call, word, field, account, fault);
    }
    if (!actor_is_operator(call)) {
        return account_load(call->db, call->arena, call->actor.account_id, account, fault);
    }
    struct programme programme;
    TRY(programme_load(call->db, call->arena, &programme, fault));
    return account_load(call->db, call->arena, programme.distributor_id, account, fault);
}

enum status find_account_with_right(const struct call *call, struct text word, const char *field,
                                    enum right right, struct account *account, struct fault *fault) {
    struct account found = {0};
    TRY(find_account_or_own(call, word, field, &found, fault));
    TRY(require_right(call, found.id, right, fault));
    *account = found;
    return STATUS_OK;
}

enum status find_account_condition(const struct call *call, struct text word, const char *field,
                                   int64_t *account_id, struct fault *fault) {
    struct account found = {0};
    if (word.length > 0) {
        TRY(find_account(call, word, field, &found, fault));
    }
    *account_id = found.id;
    return STATUS_OK;
}

enum status find_account_below(const struct call *call, struct text word, const char *field,
                               struct account *account, struct fault *fault) {
    struct account found = {0};
    bool below = false;
    TRY(find_account(call, word, field, &found, fault));
    TRY(actor_is_or_is_above(call, found.id, &below, fault));
    if (!below) {
        return fault_set(
            fault, STATUS_NOT_FOUND, "unknown-account", field, word,
            "There is no account \"%.*s\" at or below your own: give the code or identifier of one.",
            TEXT_ARGS(word));
    }
    *account = found;
    return STATUS_OK;
}

enum status find_customer_below(const struct call *call, const struct agreement *agreement, struct text word,
                                struct account *customer, struct fault *fault) {
    struct account found = {0};
    bool is_below = false;
    TRY(find_account_within(call, agreement->buyer_id, ANY_ACCOUNT, word, "customer", &found, fault));
    TRY(account_is_or_is_above(call->db, agreement->buyer_id, found.id, &is_below, fault));
    if (!is_below) {
        return fault_set(fault, STATUS_INVALID, "not-below-buyer", "customer", word,
                         "Name the buyer of this agreement as the customer, or an account below it.");
    }
    *customer = found;
    return STATUS_OK;
}

enum status find_customer_of(const struct call *call, int64_t provider_id, struct text word,
                             struct account *customer, struct fault *fault) {
    struct text trimmed = text_trim(word);
    struct account found = {0};
    bool is_own = false;
    if (trimmed.length > 0) {
        found.id = provider_id;
        TRY(walk_path(call, trimmed, &is_own, &found, fault));
    }
    if (!is_own) {
        TRY(find_account_within(call, 0, CUSTOMERS_FIRST, trimmed, "customer", &found, fault));
    }
    if (found.seller_id != provider_id || found.kind != ACCOUNT_CUSTOMER) {
        return fault_set(fault, STATUS_CONFLICT, "not-a-customer", "customer", trimmed,
                         "Name one of the provider's own customers: this account is none of them.");
    }
    *customer = found;
    return STATUS_OK;
}

enum status find_end_customer(const struct call *call, int64_t within_id, struct text word,
                              struct account *customer, struct fault *fault) {
    return find_account_within(call, within_id, CUSTOMERS_FIRST, word, "customer", customer, fault);
}

enum status find_customer_to_licence(const struct call *call, struct text word, struct account *customer,
                                     struct fault *fault) {
    struct account found = {0};
    TRY(find_account_within(call, 0, CUSTOMERS_FIRST, word, "customer", &found, fault));
    if (found.kind != ACCOUNT_CUSTOMER) {
        return fault_set(fault, STATUS_CONFLICT, "not-a-customer", "customer", word,
                         "Name a customer, as licences are at customers: this account is a %s.",
                         account_kind_name(found.kind));
    }
    TRY(require_right(call, found.seller_id, RIGHT_LICENCES, fault));
    *customer = found;
    return STATUS_OK;
}
