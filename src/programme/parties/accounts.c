#include "programme/parties/accounts.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/validate.h"
#include "programme/parties/account_create.h"

enum { ACCOUNT_DEPTH_MAX = 20 };

/* ---- as people read it ---- */

/* Somebody who sees an account in full is above it or is it, so that its seller is known as well. */
static enum status fill_in_full(struct call *call, const struct account *account, struct account_view *out,
                                struct fault *fault) {
    if (account->seller_id != 0) {
        struct account seller;
        enum status status = account_load(call->db, call->arena, account->seller_id, &seller, fault);
        if (status != STATUS_OK) {
            return status;
        }
        out->seller = identifier_text(call, IDENTIFIER_ACCOUNT, seller.id);
        out->seller_code = seller.code;
    }
    out->in_full = true;
    out->tax_number = account->tax_number;
    out->email = account->email;
    out->has_logo = account->has_logo;
    out->created_at_us = account->created_at_us;
    out->version = account->version;
    return STATUS_OK;
}

static enum status fill_view(struct call *call, const struct account *account, struct account_view *out,
                             struct fault *fault) {
    bool in_full = false;
    struct account_view view = {.id = account->id,
                                .identifier = identifier_text(call, IDENTIFIER_ACCOUNT, account->id),
                                .kind = text_of(account_kind_name(account->kind)),
                                .code = account->code,
                                .name = account->name,
                                .address = account->address,
                                .country = account->country};
    enum status status = actor_is_or_is_above(call, account->id, &in_full, fault);
    if (status == STATUS_OK && in_full) {
        status = fill_in_full(call, account, &view, fault);
    }
    if (status == STATUS_OK) {
        *out = view;
    }
    return status;
}

/* ---- adding ---- */

static bool may_sell_to(enum account_kind seller, enum account_kind buyer) {
    switch (buyer) {
    case ACCOUNT_DISTRIBUTOR:
    case ACCOUNT_PROVIDER:
        return seller == ACCOUNT_DISTRIBUTOR;
    case ACCOUNT_CUSTOMER:
        return seller == ACCOUNT_PROVIDER;
    case ACCOUNT_VENDOR:
        break;
    }
    return false;
}

static enum status wrong_seller(const struct account *seller, enum account_kind kind, struct fault *fault) {
    static const char *const RIGHT_SELLERS[] = {
        [ACCOUNT_VENDOR] = "a vendor has no seller, and the operator or the distributor adds it",
        [ACCOUNT_DISTRIBUTOR] = "a sub-distributor's seller is a distributor",
        [ACCOUNT_PROVIDER] = "a provider's seller is a distributor",
        [ACCOUNT_CUSTOMER] = "a customer's seller is a provider",
    };
    return fault_set(fault, STATUS_CONFLICT, "wrong-seller", "seller", seller->code,
                     "%.*s is a %s and cannot have this %s: %s.", TEXT_ARGS(seller->code),
                     account_kind_name(seller->kind), account_kind_name(kind), RIGHT_SELLERS[kind]);
}

/* A vendor's word for "seller" is empty; the one that adds it is the distributor. */
static enum status find_seller(struct call *call, const struct add_account_input *input,
                               enum account_kind kind, struct account *seller, struct fault *fault) {
    enum status status =
        find_account_with_right(call, input->seller, "seller", RIGHT_ACCOUNTS, seller, fault);
    if (status != STATUS_OK) {
        return status;
    }
    bool is_root = seller->kind == ACCOUNT_DISTRIBUTOR && seller->seller_id == 0;
    bool fits =
        kind == ACCOUNT_VENDOR ? is_root && input->seller.length == 0 : may_sell_to(seller->kind, kind);
    if (!fits) {
        return wrong_seller(seller, kind, fault);
    }
    if (seller->depth >= ACCOUNT_DEPTH_MAX) {
        return fault_set(fault, STATUS_CONFLICT, "too-deep", "seller", seller->code,
                         "There are %d tiers above already, which is the most.", ACCOUNT_DEPTH_MAX);
    }
    return STATUS_OK;
}

enum status add_account(struct call *call, const struct add_account_input *input, struct account_view *out,
                        struct fault *fault) {
    struct account_details details = {input->name,    input->code,       input->address,
                                      input->country, input->tax_number, input->email};
    enum account_kind kind;
    struct account seller;
    struct account account;
    enum status status = account_kind_parse(input->kind, "kind", &kind, fault);
    if (status == STATUS_OK) {
        status = account_details_check(call, &details, fault);
    }
    if (status == STATUS_OK) {
        status = call_begin(call, DB_WRITE, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = find_seller(call, input, kind, &seller, fault);
    if (status == STATUS_OK) {
        status = account_make(call, kind, kind == ACCOUNT_VENDOR ? NULL : &seller, details, &account, fault);
    }
    if (status == STATUS_OK && !input->without_agreement) {
        if (kind == ACCOUNT_VENDOR) {
            status = agreement_make_signed(call, account.id, seller.id, &input->terms, fault);
        } else if (kind == ACCOUNT_CUSTOMER) {
            status = agreement_make_signed(call, seller.id, account.id, &input->terms, fault);
        }
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &account, out, fault);
    }
    return call_end(call, status, fault);
}

/* ---- editing ---- */

static enum status may_edit(struct call *call, const struct account *account,
                            const struct edit_account_input *input, struct fault *fault) {
    bool by_seller = account->seller_id != 0 && actor_is(call, account->seller_id);
    if (!by_seller) {
        enum status status = require_right(call, account->id, RIGHT_ACCOUNTS, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    bool is_vendor = account->kind == ACCOUNT_VENDOR && !actor_is_operator(call);
    if (input->code != NULL && !by_seller && (account->seller_id != 0 || is_vendor)) {
        return fault_set(fault, STATUS_FORBIDDEN, "not-yours", "code", *input->code,
                         "The code is the name that others have for the account: its seller changes it, a "
                         "vendor's the operator.");
    }
    return require_any_right(call, RIGHT_ACCOUNTS, fault);
}

static struct text new_or_old(const struct text *given, struct text old) {
    return given == NULL ? old : *given;
}

/* The label stays: months are rated in its order, and their bills must come out the same again. */
static enum status change_code(struct call *call, struct account *account, struct text code,
                               struct fault *fault) {
    if (text_equal(code, account->code)) {
        return STATUS_OK;
    }
    bool taken = false;
    enum status status = account_code_taken(call->db, account->seller_id, code, &taken, fault);
    if (status == STATUS_OK && taken) {
        return fault_set(fault, STATUS_CONFLICT, "code-taken", "code", code,
                         "The code \"%.*s\" is taken: choose another.", TEXT_ARGS(code));
    }
    account->code = code;
    return status;
}

static enum status apply_edit(struct call *call, const struct edit_account_input *input,
                              struct account *account, struct fault *fault) {
    struct account_details details = {.name = new_or_old(input->name, account->name),
                                      .code = new_or_old(input->code, account->code),
                                      .address = new_or_old(input->address, account->address),
                                      .country = new_or_old(input->country, account->country),
                                      .tax_number = new_or_old(input->tax_number, account->tax_number),
                                      .email = new_or_old(input->email, account->email)};
    enum status status = check_code(details.code, "code", fault);
    if (status == STATUS_OK) {
        status = account_details_check(call, &details, fault);
    }
    if (status == STATUS_OK) {
        status = change_code(call, account, details.code, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    account->name = details.name;
    account->address = details.address;
    account->country = details.country;
    account->tax_number = details.tax_number;
    account->email = details.email;
    status = account_update(call->db, account, fault);
    if (status == STATUS_OK && input->logo_png != NULL) {
        status = account_logo_save(call->db, account->id, *input->logo_png, fault);
    }
    return status;
}

enum status edit_account(struct call *call, const struct edit_account_input *input, struct account_view *out,
                         struct fault *fault) {
    struct account account;
    bool has_logo = input->logo_png != NULL && input->logo_png->length > 0;
    enum status status = has_logo ? document_logo_check(*input->logo_png, fault) : STATUS_OK;
    if (status == STATUS_OK) {
        status = call_begin(call, DB_WRITE, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = find_account_or_own(call, input->account, "account", &account, fault);
    if (status == STATUS_OK) {
        status = may_edit(call, &account, input, fault);
    }
    if (status == STATUS_OK) {
        status = check_version(input->if_version, account.version, fault);
    }
    if (status == STATUS_OK) {
        status = apply_edit(call, input, &account, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "account.edit", identifier_text(call, IDENTIFIER_ACCOUNT, account.id),
                             account.id, TEXT(""), fault);
    }
    if (status == STATUS_OK) {
        status = account_load(call->db, call->arena, account.id, &account, fault);
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &account, out, fault);
    }
    return call_end(call, status, fault);
}

/* ---- reading ---- */

enum status show_account(struct call *call, struct text account, struct account_view *out,
                         struct fault *fault) {
    struct account found;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_account_or_own(call, account, "account", &found, fault);
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &found, out, fault);
    }
    return call_end(call, status, fault);
}

enum status show_account_logo(struct call *call, struct text account, struct text *png, struct fault *fault) {
    struct account found;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_account_or_own(call, account, "account", &found, fault);
    }
    if (status == STATUS_OK) {
        status = account_logo_load(call->db, call->arena, found.id, png, fault);
    }
    return call_end(call, status, fault);
}

static enum status make_filter(struct call *call, const struct list_accounts_input *input,
                               struct account_filter *filter, struct fault *fault) {
    struct account seller;
    enum status status = STATUS_OK;
    filter->known_to_id = actor_is_operator(call) ? 0 : call->actor.account_id;
    filter->code = input->code;
    if (input->kind.length > 0) {
        filter->has_kind = true;
        status = account_kind_parse(input->kind, "kind", &filter->kind, fault);
    }
    if (status == STATUS_OK && input->seller.length > 0) {
        status = find_account(call, input->seller, "seller", &seller, fault);
        if (status == STATUS_OK) {
            filter->seller_id = seller.id;
        }
    }
    return status;
}

enum status list_accounts(struct call *call, const struct list_accounts_input *input,
                          struct account_page *out, struct fault *fault) {
    struct account_filter filter = {0};
    struct account *accounts = NULL;
    struct account_page page = {0};
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = make_filter(call, input, &filter, fault);
    }
    if (status == STATUS_OK) {
        status = account_list(call->db, call->arena, &filter, input->page, &accounts, &page.count,
                              &page.next_after, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    page.items = ARENA_NEW(call->arena, struct account_view, page.count);
    for (size_t i = 0; i < page.count && status == STATUS_OK; i++) {
        status = fill_view(call, &accounts[i], &page.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = page;
    }
done:
    return call_end(call, status, fault);
}
