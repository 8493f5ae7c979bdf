#include "programme/call/sight.h"

/* ---- who is named ---- */

static enum status load_own(const struct call *call, struct account *own, struct fault *fault) {
    return account_load(call->db, call->arena, call->actor.account_id, own, fault);
}

enum status sight_names_account(const struct call *call, const struct account *account, bool *yes,
                                struct fault *fault) {
    TRY(actor_may_see_account(call, account->id, yes, fault));
    if (*yes) {
        return STATUS_OK;
    }
    if (account->kind == ACCOUNT_VENDOR) {
        struct account own = {0};
        TRY(load_own(call, &own, fault));
        *yes = own.kind != ACCOUNT_VENDOR;
        return STATUS_OK;
    }
    return account_is_or_is_above(call->db, account->id, call->actor.account_id, yes, fault);
}

enum status sight_limit_account(const struct call *call, struct account *account, struct fault *fault) {
    bool named = false;
    TRY(sight_names_account(call, account, &named, fault));
    if (!named) {
        struct text identifier = identifier_text(call, IDENTIFIER_ACCOUNT, account->id);
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

enum status sight_limit_licence(const struct call *call, struct licence_row *row, struct fault *fault) {
    struct account provider = {
        .id = row->licence.provider_id, .kind = ACCOUNT_PROVIDER, .code = row->provider_code};
    struct account customer = {.id = row->licence.customer_id,
                               .kind = ACCOUNT_CUSTOMER,
                               .code = row->customer_code,
                               .name = row->customer_name};
    TRY(sight_limit_account(call, &provider, fault));
    TRY(sight_limit_account(call, &customer, fault));
    row->provider_code = provider.code;
    row->customer_code = customer.code;
    row->customer_name = customer.name;
    return STATUS_OK;
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
