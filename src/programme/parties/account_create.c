#include "programme/parties/account_create.h"

#include "programme/call/authorise.h"
#include "programme/call/validate.h"
#include "programme/parties/code_from_name.h"
#include "store/parties/accounts.h"

#include <assert.h>

enum { ACCOUNT_NAME_MAX_BYTES = 200, ACCOUNT_ADDRESS_MAX_BYTES = 1000, TAX_NUMBER_MAX_BYTES = 60 };

enum status account_details_check(struct call *call, struct account_details *details, struct fault *fault) {
    TRY(check_required_line(details->name, "name", ACCOUNT_NAME_MAX_BYTES, &details->name, fault));
    TRY(check_lines(details->address, "address", ACCOUNT_ADDRESS_MAX_BYTES, &details->address, fault));
    TRY(check_country(call->arena, details->country, "country", &details->country, fault));
    TRY(check_line(details->tax_number, "tax_number", TAX_NUMBER_MAX_BYTES, &details->tax_number, fault));
    return check_email(call->arena, details->email, "email", &details->email, fault);
}

/* The first of CODE, CODE-2, CODE-3, … that the seller has not given yet. */
static enum status choose_code(struct call *call, int64_t seller_id, struct text name, struct text *code,
                               struct fault *fault) {
    struct text base = code_from_name(call->arena, name);
    struct text tried = base;
    for (int number = 2;; number++) {
        bool taken = false;
        TRY(account_code_taken(call->db, seller_id, 0, tried, &taken, fault));
        if (!taken && !code_is_reserved(tried)) {
            *code = tried;
            return STATUS_OK;
        }
        tried = text_format(call->arena, "%.*s-%d", TEXT_ARGS(base), number);
    }
}

/* The code where no other account has that label, else the identifier. */
static enum status choose_label(struct call *call, struct account *account, struct fault *fault) {
    bool taken = false;
    TRY(account_label_taken(call->db, account->code, &taken, fault));
    account->label = taken ? identifier_text(call, IDENTIFIER_ACCOUNT, account->id) : account->code;
    return STATUS_OK;
}

enum status account_code_require_free(struct call *call, int64_t seller_id, int64_t account_id,
                                      struct text code, struct fault *fault) {
    bool taken = false;
    TRY(account_code_taken(call->db, seller_id, account_id, code, &taken, fault));
    if (taken) {
        return fault_set(fault, STATUS_CONFLICT, "code-taken", "code", code,
                         "The code \"%.*s\" is taken, or was another account's before: choose another.",
                         TEXT_ARGS(code));
    }
    return STATUS_OK;
}

/* A vendor stands beside the chain, the distributor at its top, everybody else below its seller. */
static int64_t depth_below(const struct account *seller, enum account_kind kind) {
    if (seller != NULL) {
        return seller->depth + 1;
    }
    return kind == ACCOUNT_VENDOR ? 0 : 1;
}

enum status account_create(struct call *call, enum account_kind kind, const struct account *seller,
                           struct account_details details, struct account *account, struct fault *fault) {
    assert(call->depth > 0 && call->writes && details.name.length > 0);
    struct account made = {.kind = kind,
                           .code = details.code,
                           .name = details.name,
                           .seller_id = seller == NULL ? 0 : seller->id,
                           .depth = depth_below(seller, kind),
                           .address = details.address,
                           .country = details.country,
                           .tax_number = details.tax_number,
                           .email = details.email,
                           .created_at_us = call->now_us,
                           .version = 1};
    if (made.code.length == 0) {
        TRY(choose_code(call, made.seller_id, made.name, &made.code, fault));
    } else {
        TRY(check_code(made.code, "code", fault));
        TRY(account_code_require_free(call, made.seller_id, 0, made.code, fault));
    }
    TRY(account_next_id(call->db, &made.id, fault));
    TRY(choose_label(call, &made, fault));
    assert(made.code.length > 0 && made.label.length > 0);
    TRY(account_insert(call->db, &made, fault));
    TRY(audit_write(call, "account.add", identifier_text(call, IDENTIFIER_ACCOUNT, made.id), made.id,
                    text_format(call->arena, "%s %.*s", account_kind_name(kind), TEXT_ARGS(made.name)),
                    fault));
    *account = made;
    return STATUS_OK;
}
