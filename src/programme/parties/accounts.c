#include "programme/parties/accounts.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/name_cache.h"
#include "programme/call/validate.h"
#include "programme/parties/account_create.h"

/* ---- as people read it ---- */

/* Whoever sees an account in full is the account or stands above it, and so knows its seller as well. */
static enum status fill_in_full(struct name_cache *names, const struct account *account,
                                struct account_view *out, struct fault *fault) {
    const struct account *seller = NULL;
    if (account->seller_id != 0) {
        TRY(name_cache_account(names, account->seller_id, &seller, fault));
        out->seller = identifier_text(names->call, IDENTIFIER_ACCOUNT, seller->id);
        out->seller_code = seller->code;
    }
    struct sight *sight = NULL;
    TRY(name_cache_sight(names, &sight, fault));
    TRY(sight_named_to(sight, account, &out->named_to, &out->named_to_count, fault));
    out->named_to_ids = ARENA_NEW(names->call->arena, struct text, out->named_to_count);
    for (size_t i = 0; i < out->named_to_count; i++) {
        out->named_to_ids[i] = identifier_text(names->call, IDENTIFIER_ACCOUNT, out->named_to[i].id);
    }
    out->in_full = true;
    out->tax_number = account->tax_number;
    out->email = account->email;
    out->has_logo = account->has_logo;
    out->created_at_us = account->created_at_us;
    out->version = account->version;
    return STATUS_OK;
}

static enum status fill_view(struct name_cache *names, const struct account *account,
                             struct account_view *out, struct fault *fault) {
    struct call *call = names->call;
    bool in_full = false;
    struct account_view view = {.id = account->id,
                                .identifier = identifier_text(call, IDENTIFIER_ACCOUNT, account->id),
                                .kind = text_of(account_kind_name(account->kind)),
                                .code = account->code,
                                .name = account->name,
                                .address = account->address,
                                .country = account->country};
    TRY(actor_is_or_is_above(call, account->id, &in_full, fault));
    if (in_full) {
        TRY(fill_in_full(names, account, &view, fault));
    }
    *out = view;
    return STATUS_OK;
}

static enum status fill_one_view(struct call *call, const struct account *account, struct account_view *out,
                                 struct fault *fault) {
    struct name_cache names;
    name_cache_init(&names, call);
    return fill_view(&names, account, out, fault);
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
        [ACCOUNT_VENDOR] = "a vendor has no seller; the operator or the distributor adds it",
        [ACCOUNT_DISTRIBUTOR] = "a sub-distributor's seller is a distributor",
        [ACCOUNT_PROVIDER] = "a provider's seller is a distributor",
        [ACCOUNT_CUSTOMER] = "a customer's seller is a provider",
    };
    return fault_set(fault, STATUS_CONFLICT, "wrong-seller", "seller", seller->code,
                     "%.*s is a %s and cannot have this %s: %s.", TEXT_ARGS(seller->code),
                     account_kind_name(seller->kind), account_kind_name(kind), RIGHT_SELLERS[kind]);
}

/* The account that adds another. A vendor has no seller: the distributor adds it, and no word names that. */
static enum status find_seller(struct call *call, const struct add_account_input *input,
                               enum account_kind kind, struct account *seller, struct fault *fault) {
    TRY(find_account_with_right(call, input->seller, "seller", RIGHT_ACCOUNTS, seller, fault));
    bool is_root = seller->kind == ACCOUNT_DISTRIBUTOR && seller->seller_id == 0;
    bool fits =
        kind == ACCOUNT_VENDOR ? is_root && input->seller.length == 0 : may_sell_to(seller->kind, kind);
    if (!fits) {
        return wrong_seller(seller, kind, fault);
    }
    if (seller->depth >= ACCOUNT_DEPTH_MAX) {
        return fault_set(fault, STATUS_CONFLICT, "too-deep", "seller", seller->code,
                         "Name a seller further up: there are %d tiers above already, which is the most.",
                         ACCOUNT_DEPTH_MAX);
    }
    return STATUS_OK;
}

struct new_account {
    const struct add_account_input *input;
    enum account_kind kind;
    struct account_details details;
};

static enum status do_add_account(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct new_account *added = input;
    const struct agreement_terms_input *terms = &added->input->terms;
    bool is_vendor = added->kind == ACCOUNT_VENDOR;
    struct account seller;
    struct account account;
    TRY(find_seller(call, added->input, added->kind, &seller, fault));
    TRY(account_create(call, added->kind, is_vendor ? NULL : &seller, added->details, &account, fault));
    if (!added->input->without_agreement && is_vendor) {
        TRY(agreement_create_signed(call, account.id, seller.id, terms, fault));
    }
    if (!added->input->without_agreement && added->kind == ACCOUNT_CUSTOMER) {
        TRY(agreement_create_signed(call, seller.id, account.id, terms, fault));
    }
    return fill_one_view(call, &account, output, fault);
}

enum status add_account(struct call *call, const struct add_account_input *input, struct account_view *out,
                        struct fault *fault) {
    struct new_account added = {.input = input,
                                .details = {input->name, input->code, input->address, input->country,
                                            input->tax_number, input->email}};
    TRY(account_kind_parse(input->kind, "kind", &added.kind, fault));
    TRY(account_details_check(call, &added.details, fault));
    return call_run(call, DB_WRITE, do_add_account, &added, out, fault);
}

/* ---- editing ---- */

static bool changes_code_alone(const struct edit_account_input *input) {
    return input->code != NULL && input->name == NULL && input->address == NULL && input->country == NULL &&
           input->tax_number == NULL && input->email == NULL && input->logo_png == NULL;
}

/* A code is a name that others have for the account. Its seller changes it, and so does whoever sells to
 * that seller, further up too: a code is in their way as well. */
static enum status require_may_edit(struct call *call, const struct account *account,
                                    const struct edit_account_input *input, struct fault *fault) {
    bool by_seller = account->seller_id != 0 && actor_is(call, account->seller_id);
    bool is_above = false;
    if (!by_seller && changes_code_alone(input) && account->seller_id != 0) {
        TRY(actor_is_or_is_above(call, account->seller_id, &is_above, fault));
    }
    if (!by_seller && !is_above) {
        TRY(require_right(call, account->id, RIGHT_ACCOUNTS, fault));
    }
    bool is_vendor = account->kind == ACCOUNT_VENDOR && !actor_is_operator(call);
    if (input->code != NULL && !by_seller && !is_above && (account->seller_id != 0 || is_vendor)) {
        return fault_set(fault, STATUS_FORBIDDEN, "not-yours", "code", *input->code,
                         "The code is the name that others have for the account: its seller and the accounts "
                         "above change it, a vendor's the operator.");
    }
    return require_any_right(call, RIGHT_ACCOUNTS, fault);
}

/* A code in other letters is the same one, and is as old as before. */
static enum status change_code(struct call *call, const struct account *account, struct text code,
                               struct fault *fault) {
    if (text_equal(code, account->code)) {
        return STATUS_OK;
    }
    TRY(check_code(code, "code", fault));
    TRY(account_code_require_free(call, account->seller_id, account->id, code, fault));
    return text_equal_folded(code, account->code)
               ? STATUS_OK
               : account_code_give(call->db, account->id, code, call->now_us, fault);
}

static struct text new_or_old(const struct text *given, struct text old) {
    return given == NULL ? old : *given;
}

/* The label stays: months are rated in its order, and their bills must come out the same again. */
static enum status apply_edit(struct call *call, const struct edit_account_input *input,
                              struct account *account, struct fault *fault) {
    struct account_details details = {.name = new_or_old(input->name, account->name),
                                      .code = new_or_old(input->code, account->code),
                                      .address = new_or_old(input->address, account->address),
                                      .country = new_or_old(input->country, account->country),
                                      .tax_number = new_or_old(input->tax_number, account->tax_number),
                                      .email = new_or_old(input->email, account->email)};
    TRY(account_details_check(call, &details, fault));
    TRY(change_code(call, account, details.code, fault));
    account->code = details.code;
    account->name = details.name;
    account->address = details.address;
    account->country = details.country;
    account->tax_number = details.tax_number;
    account->email = details.email;
    TRY(account_update(call->db, account, fault));
    return input->logo_png == NULL ? STATUS_OK
                                   : account_logo_save(call->db, account->id, *input->logo_png, fault);
}

static enum status do_edit_account(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct edit_account_input *edit = input;
    struct account account;
    TRY(find_account_or_own(call, edit->account, "account", &account, fault));
    TRY(require_may_edit(call, &account, edit, fault));
    TRY(check_version(edit->if_version, account.version, fault));
    struct text code = account.code;
    TRY(apply_edit(call, edit, &account, fault));
    TRY(audit_write(call, "account.edit", identifier_text(call, IDENTIFIER_ACCOUNT, account.id), account.id,
                    text_equal(code, account.code) ? TEXT("")
                                                   : text_format(call->arena, "the code %.*s is now %.*s",
                                                                 TEXT_ARGS(code), TEXT_ARGS(account.code)),
                    fault));
    TRY(account_load(call->db, call->arena, account.id, &account, fault));
    return fill_one_view(call, &account, output, fault);
}

enum status edit_account(struct call *call, const struct edit_account_input *input, struct account_view *out,
                         struct fault *fault) {
    if (input->logo_png != NULL && input->logo_png->length > 0) {
        TRY(document_logo_check(*input->logo_png, fault));
    }
    return call_run(call, DB_WRITE, do_edit_account, input, out, fault);
}

/* ---- reading ---- */

static enum status find_readable(struct call *call, struct text word, struct account *account,
                                 struct fault *fault) {
    TRY(require_any_right(call, RIGHT_READ, fault));
    return find_account_or_own(call, word, "account", account, fault);
}

static enum status do_show_account(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct account found;
    TRY(find_readable(call, *word, &found, fault));
    return fill_one_view(call, &found, output, fault);
}

enum status show_account(struct call *call, struct text account, struct account_view *out,
                         struct fault *fault) {
    return call_run(call, DB_READ, do_show_account, &account, out, fault);
}

static enum status do_show_account_logo(struct call *call, const void *input, void *output,
                                        struct fault *fault) {
    const struct text *word = input;
    struct account found;
    TRY(find_readable(call, *word, &found, fault));
    return account_logo_load(call->db, call->arena, found.id, output, fault);
}

enum status show_account_logo(struct call *call, struct text account, struct text *png, struct fault *fault) {
    return call_run(call, DB_READ, do_show_account_logo, &account, png, fault);
}

static enum status choose_accounts(struct call *call, const struct list_accounts_input *input,
                                   struct account_filter *filter, struct fault *fault) {
    filter->known_to_id = actor_viewer_id(call);
    filter->code = input->code;
    filter->has_kind = input->kind.length > 0;
    if (filter->has_kind) {
        TRY(account_kind_parse(input->kind, "kind", &filter->kind, fault));
    }
    return find_account_condition(call, input->seller, "seller", &filter->seller_id, fault);
}

static enum status do_list_accounts(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct list_accounts_input *wanted = input;
    struct account_filter filter = {0};
    struct account *accounts = NULL;
    struct account_page page = {0};
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(choose_accounts(call, wanted, &filter, fault));
    TRY(account_list(call->db, call->arena, &filter, wanted->page, &accounts, &page.count, &page.next_after,
                     fault));
    page.items = ARENA_NEW(call->arena, struct account_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        TRY(fill_view(&names, &accounts[i], &page.items[i], fault));
    }
    *(struct account_page *)output = page;
    return STATUS_OK;
}

enum status list_accounts(struct call *call, const struct list_accounts_input *input,
                          struct account_page *out, struct fault *fault) {
    return call_run(call, DB_READ, do_list_accounts, input, out, fault);
}
