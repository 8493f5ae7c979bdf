#include "programme/call/sight.h"

#include "store/parties/agreements.h"

/* ---- the rule ---- */

bool sight_rule(const struct sight_facts *facts) {
    bool viewer_sells_software = facts->viewer == ACCOUNT_VENDOR;
    return facts->is_below || facts->is_above || facts->are_parties ||
           (facts->account == ACCOUNT_VENDOR && !viewer_sells_software) ||
           (viewer_sells_software && facts->shows_names);
}

/* ---- who looks ---- */

static enum status load_own(const struct call *call, struct account *own, struct fault *fault) {
    return account_load(call->db, call->arena, call->actor.account_id, own, fault);
}

/* Who lets vendors read names: two questions, once. */
static enum status need_naming(struct sight *sight, struct fault *fault) {
    const struct call *call = sight->call;
    int64_t *providers = NULL;
    size_t count = 0;
    if (sight->has_naming) {
        return STATUS_OK;
    }
    TRY(accounts_naming_vendors(call->db, call->arena, &sight->vendors, &sight->vendor_count, fault));
    if (sight->vendor_count > 0) {
        TRY(agreements_naming_providers(call->db, call->arena, &providers, &count, fault));
    }
    id_map_init(&sight->providers, call->arena, 2 * count + 16);
    for (size_t i = 0; i < count; i++) {
        id_map_put(&sight->providers, providers[i], 0, 1);
    }
    sight->has_naming = true;
    return STATUS_OK;
}

enum status sight_open(const struct call *call, struct sight *sight, struct fault *fault) {
    *sight = (struct sight){.call = call};
    if (actor_is_operator(call)) {
        return STATUS_OK;
    }
    TRY(load_own(call, &sight->own, fault));
    if (sight->own.kind != ACCOUNT_VENDOR) {
        return STATUS_OK;
    }
    TRY(need_naming(sight, fault));
    for (size_t i = 0; i < sight->vendor_count; i++) {
        sight->is_let_read = sight->is_let_read || sight->vendors[i].id == sight->own.id;
    }
    return STATUS_OK;
}

bool sight_shows_names(const struct sight *sight, int64_t provider_id) {
    uint32_t at = 0;
    return sight->is_let_read && id_map_get(&sight->providers, provider_id, 0, &at);
}

enum status sight_named_to(struct sight *sight, const struct account *account, const struct account **vendors,
                           size_t *count, struct fault *fault) {
    uint32_t at = 0;
    int64_t provider_id = account->kind == ACCOUNT_CUSTOMER ? account->seller_id : account->id;
    *vendors = NULL;
    *count = 0;
    if (account->kind != ACCOUNT_CUSTOMER && account->kind != ACCOUNT_PROVIDER) {
        return STATUS_OK;
    }
    TRY(need_naming(sight, fault));
    if (id_map_get(&sight->providers, provider_id, 0, &at)) {
        *vendors = sight->vendors;
        *count = sight->vendor_count;
    }
    return STATUS_OK;
}

/* ---- who is named ---- */

/* What the two accounts themselves say. */
static struct sight_facts facts_of(const struct sight *sight, const struct account *account) {
    const struct account *own = &sight->own;
    bool is_root = own->kind == ACCOUNT_DISTRIBUTOR && own->seller_id == 0;
    int64_t provider_id = account->kind == ACCOUNT_CUSTOMER ? account->seller_id : account->id;
    return (struct sight_facts){
        .viewer = own->kind,
        .account = account->kind,
        .is_below = account->id == own->id || account->seller_id == own->id ||
                    (is_root && account->kind != ACCOUNT_VENDOR),
        .is_above = own->seller_id == account->id,
        .shows_names = sight_shows_names(sight, provider_id),
    };
}

static enum status names_account(const struct sight *sight, const struct account *account, bool *yes,
                                 struct fault *fault) {
    const struct call *call = sight->call;
    *yes = true;
    if (actor_is_operator(call)) {
        return STATUS_OK;
    }
    struct sight_facts facts = facts_of(sight, account);
    if (sight_rule(&facts)) {
        return STATUS_OK;
    }
    /* Those below and the parties of its agreements. */
    TRY(account_is_known(call->db, sight->own.id, account->id, &facts.are_parties, fault));
    if (!facts.are_parties) {
        TRY(account_is_or_is_above(call->db, account->id, sight->own.id, &facts.is_above, fault));
    }
    *yes = sight_rule(&facts);
    return STATUS_OK;
}

enum status sight_limit_account(const struct sight *sight, struct account *account, struct fault *fault) {
    bool named = false;
    TRY(names_account(sight, account, &named, fault));
    if (!named) {
        struct text identifier = identifier_text(sight->call, IDENTIFIER_ACCOUNT, account->id);
        *account = (struct account){.id = account->id,
                                    .kind = account->kind,
                                    .code = identifier,
                                    .label = identifier,
                                    .name = TEXT(""),
                                    .seller_id = account->seller_id,
                                    .depth = account->depth,
                                    .address = TEXT(""),
                                    .country = TEXT(""),
                                    .tax_number = TEXT(""),
                                    .email = TEXT("")};
    }
    return STATUS_OK;
}

/* Whoever sees a licence is its customer, is or stands above its provider, or is the vendor: the vendor alone
 * is not told whose it is. */
void sight_limit_licence(const struct sight *sight, struct licence_row *row) {
    bool is_vendor = !actor_is_operator(sight->call) && sight->own.kind == ACCOUNT_VENDOR;
    if (!is_vendor || sight_shows_names(sight, row->licence.provider_id)) {
        return;
    }
    row->provider_code = identifier_text(sight->call, IDENTIFIER_ACCOUNT, row->licence.provider_id);
    row->customer_code = identifier_text(sight->call, IDENTIFIER_ACCOUNT, row->licence.customer_id);
    row->customer_name = TEXT("");
}

/* ---- what a bundle consists of ---- */

enum status sight_parts_from_edge(const struct call *call, int64_t *last_edge, struct fault *fault) {
    struct account own = {0};
    *last_edge = -1;
    if (actor_is_operator(call)) {
        return STATUS_OK;
    }
    TRY(load_own(call, &own, fault));
    /* A vendor's depth is 0, the distributor's 1: nothing above them is sold as a bundle. */
    *last_edge = own.depth <= 1 ? -1 : own.depth - 1;
    return STATUS_OK;
}

enum status sight_parts(const struct call *call, const struct licence *part, bool *yes, struct fault *fault) {
    int64_t from_edge = -1;
    TRY(sight_parts_from_edge(call, &from_edge, fault));
    *yes = part->last_edge >= from_edge;
    return STATUS_OK;
}

/* ---- agreements ---- */

enum status sight_agreement(const struct call *call, int64_t agreement_id, struct text *shown,
                            struct fault *fault) {
    struct agreement agreement = {0};
    TRY(agreement_load(call->db, call->arena, agreement_id, &agreement, fault));
    *shown = actor_is_party(call, &agreement) ? identifier_text(call, IDENTIFIER_AGREEMENT, agreement_id)
                                              : TEXT("other");
    return STATUS_OK;
}
