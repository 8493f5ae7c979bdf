#include "programme/parties/agreements.h"

#include "core/money/money.h"
#include "core/time/date.h"
#include "core/time/zone.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/validate.h"
#include "store/parties/programme.h"

#include <assert.h>

enum { PAYMENT_DAYS_MAX = 365, REPORT_DUE_DAYS_MAX = 60, TERMS_MAX_BYTES = 4000, SIGNER_MAX_BYTES = 200 };
enum { PAYMENT_DAYS_DEFAULT = 30, REPORT_DUE_DAYS_DEFAULT = 5 };

/* ---- as people read it ---- */

enum status agreement_view_fill(struct call *call, const struct agreement *agreement,
                                struct agreement_view *out, struct fault *fault) {
    struct account seller;
    struct account buyer;
    enum status status = account_load(call->db, call->arena, agreement->seller_id, &seller, fault);
    if (status == STATUS_OK) {
        status = account_load(call->db, call->arena, agreement->buyer_id, &buyer, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *out = (struct agreement_view){
        .id = agreement->id,
        .identifier = identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id),
        .state = text_of(machine_state_name(&agreement_machine, (int)agreement->state)),
        .seller = identifier_text(call, IDENTIFIER_ACCOUNT, seller.id),
        .seller_code = seller.code,
        .seller_name = seller.name,
        .buyer = identifier_text(call, IDENTIFIER_ACCOUNT, buyer.id),
        .buyer_code = buyer.code,
        .buyer_name = buyer.name,
        .currency = agreement->currency,
        .time_zone = agreement->time_zone,
        .tax_category = text_copy(call->arena, text_of(agreement->tax.category)),
        .tax_rate = decimal_format_short(call->arena, agreement->tax.rate_millionths, 4),
        .payment_days = agreement->payment_days,
        .report_due_days = agreement->report_due_days,
        .terms = agreement->terms,
        .offered_at_us = agreement->offered_at_us,
        .signed_at_us = agreement->signed_at_us,
        .signed_by = agreement->signed_by,
        .ended_at_us = agreement->ended_at_us,
        .created_at_us = agreement->created_at_us,
        .version = agreement->version,
    };
    return STATUS_OK;
}

/* ---- terms ---- */

static enum status check_zone(struct text name, struct fault *fault) {
    struct zone *zone = NULL;
    enum status status = zone_open(name, "time_zone", &zone, fault);
    zone_close(zone);
    return status;
}

static enum status fill_terms(struct call *call, const struct agreement_terms_input *terms,
                              struct agreement *agreement, struct fault *fault) {
    struct programme programme;
    struct currency currency;
    enum status status = programme_load(call->db, call->arena, &programme, fault);
    if (status != STATUS_OK) {
        return status;
    }
    agreement->currency = terms->currency.length > 0 ? terms->currency : programme.currency;
    agreement->time_zone = terms->time_zone.length > 0 ? terms->time_zone : programme.time_zone;
    status = currency_find(agreement->currency, "currency", &currency, fault);
    if (status == STATUS_OK && terms->time_zone.length > 0) {
        status = check_zone(terms->time_zone, fault);
    }
    if (status == STATUS_OK) {
        status = check_tax(terms->tax_category, terms->tax_rate, &agreement->tax, fault);
    }
    if (status == STATUS_OK) {
        status = check_number(terms->payment_days, "payment_days", 0, PAYMENT_DAYS_MAX, PAYMENT_DAYS_DEFAULT,
                              &agreement->payment_days, fault);
    }
    if (status == STATUS_OK) {
        status = check_number(terms->report_due_days, "report_due_days", 0, REPORT_DUE_DAYS_MAX,
                              REPORT_DUE_DAYS_DEFAULT, &agreement->report_due_days, fault);
    }
    if (status == STATUS_OK) {
        status = check_lines(terms->text, "terms", TERMS_MAX_BYTES, &agreement->terms, fault);
    }
    return status;
}

static enum status step(struct agreement *agreement, const char *event, struct fault *fault) {
    int to = 0;
    enum status status = machine_step(&agreement_machine, (int)agreement->state, event, &to, fault);
    if (status == STATUS_OK) {
        agreement->state = (enum agreement_state)to;
    }
    return status;
}

static enum status audit_agreement(struct call *call, const char *action, const struct agreement *agreement,
                                   struct fault *fault) {
    /* The other party's trail shows it too. */
    int64_t other =
        call->actor.account_id == agreement->buyer_id ? agreement->seller_id : agreement->buyer_id;
    return audit_write(call, action, identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id), other,
                       text_format(call->arena, "%.*s, %.*s", TEXT_ARGS(agreement->currency),
                                   TEXT_ARGS(agreement->time_zone)),
                       fault);
}

enum status agreement_make_signed(struct call *call, int64_t seller_id, int64_t buyer_id,
                                  const struct agreement_terms_input *terms, struct fault *fault) {
    assert(call->depth > 0 && call->writes);
    struct agreement agreement = {.seller_id = seller_id,
                                  .buyer_id = buyer_id,
                                  .state = AGREEMENT_DRAFT,
                                  .offered_at_us = call->now_us,
                                  .signed_at_us = call->now_us,
                                  .created_at_us = call->now_us};
    enum status status = fill_terms(call, terms, &agreement, fault);
    if (status == STATUS_OK) {
        status = step(&agreement, "offer", fault);
    }
    if (status == STATUS_OK) {
        status = step(&agreement, "sign", fault);
    }
    if (status == STATUS_OK) {
        status = agreement_insert(call->db, &agreement, fault);
    }
    if (status == STATUS_OK) {
        status = audit_agreement(call, "agreement.sign", &agreement, fault);
    }
    return status;
}

/* ---- offering ---- */

/* Who sells to whom: the seller of its buyer, or a vendor to the distributor. */
static bool is_edge(const struct account *seller, const struct account *buyer) {
    if (seller->kind == ACCOUNT_VENDOR) {
        return buyer->kind == ACCOUNT_DISTRIBUTOR && buyer->seller_id == 0;
    }
    return buyer->seller_id == seller->id;
}

/* The seller whom no word names is the buyer's, for the operator and for itself. */
static enum status find_parties(struct call *call, const struct offer_agreement_input *input,
                                struct account *seller, struct account *buyer, struct fault *fault) {
    enum status status = find_account(call, input->buyer, "buyer", buyer, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (input->seller.length == 0 && actor_is_operator(call) && buyer->seller_id != 0) {
        status = account_load(call->db, call->arena, buyer->seller_id, seller, fault);
    } else {
        status = find_account_or_own(call, input->seller, "seller", seller, fault);
    }
    if (status == STATUS_OK) {
        status = require_right(call, seller->id, RIGHT_ACCOUNTS, fault);
    }
    if (status == STATUS_OK && !is_edge(seller, buyer)) {
        return fault_set(
            fault, STATUS_CONFLICT, "not-an-edge", "buyer", buyer->code,
            "%.*s does not sell to %.*s: an agreement is between an account and its own buyer, or "
            "between a vendor and the distributor.",
            TEXT_ARGS(seller->code), TEXT_ARGS(buyer->code));
    }
    return status;
}

static enum status save_offer(struct call *call, const struct offer_agreement_input *input, bool exists,
                              struct agreement *agreement, struct fault *fault) {
    enum status status = fill_terms(call, &input->terms, agreement, fault);
    if (status == STATUS_OK && !input->as_draft) {
        if (agreement->state == AGREEMENT_DRAFT) {
            status = step(agreement, "offer", fault);
        }
        agreement->offered_at_us = call->now_us;
    }
    if (status != STATUS_OK) {
        return status;
    }
    return exists ? agreement_update(call->db, agreement, fault)
                  : agreement_insert(call->db, agreement, fault);
}

enum status offer_agreement(struct call *call, const struct offer_agreement_input *input,
                            struct agreement_view *out, struct fault *fault) {
    struct account seller;
    struct account buyer;
    struct agreement agreement;
    bool exists = false;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_parties(call, input, &seller, &buyer, fault);
    if (status == STATUS_OK) {
        status = agreement_find_edge(call->db, call->arena, seller.id, buyer.id, &exists, &agreement, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    if (!exists) {
        agreement = (struct agreement){.seller_id = seller.id,
                                       .buyer_id = buyer.id,
                                       .state = AGREEMENT_DRAFT,
                                       .created_at_us = call->now_us};
    } else if (agreement.state != AGREEMENT_DRAFT && agreement.state != AGREEMENT_OFFERED) {
        status = fault_set(fault, STATUS_CONFLICT, "agreement-exists", "buyer", buyer.code,
                           "There is an agreement between %.*s and %.*s already, and it is %s.",
                           TEXT_ARGS(seller.code), TEXT_ARGS(buyer.code),
                           machine_state_name(&agreement_machine, (int)agreement.state));
        goto done;
    }
    status = check_version(input->if_version, exists ? agreement.version : 0, fault);
    if (status == STATUS_OK) {
        status = save_offer(call, input, exists, &agreement, fault);
    }
    if (status == STATUS_OK && agreement.state == AGREEMENT_DRAFT) {
        status =
            audit_write(call, "agreement.draft", identifier_text(call, IDENTIFIER_AGREEMENT, agreement.id),
                        agreement.seller_id, TEXT(""), fault);
    } else if (status == STATUS_OK) {
        status = audit_agreement(call, "agreement.offer", &agreement, fault);
    }
    if (status == STATUS_OK) {
        status = agreement_view_fill(call, &agreement, out, fault);
    }
done:
    return call_end(call, status, fault);
}

/* ---- signing ---- */

enum status sign_agreement(struct call *call, const struct sign_agreement_input *input,
                           struct agreement_view *out, struct fault *fault) {
    struct agreement agreement;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    const struct agreement_words words = {input->agreement, input->seller, input->buyer};
    status = find_agreement(call, words, &agreement, fault);
    if (status == STATUS_OK) {
        status = require_right(call, agreement.buyer_id, RIGHT_ACCOUNTS, fault);
    }
    if (status == STATUS_OK) {
        status = check_version(input->if_version, agreement.version, fault);
    }
    if (status == STATUS_OK) {
        status = step(&agreement, "sign", fault);
    }
    if (status == STATUS_OK) {
        status =
            check_required_line(input->signed_by, "signed_by", SIGNER_MAX_BYTES, &agreement.signed_by, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    agreement.signed_at_us = call->now_us;
    status = agreement_update(call->db, &agreement, fault);
    if (status == STATUS_OK) {
        status = audit_agreement(call, "agreement.sign", &agreement, fault);
    }
    if (status == STATUS_OK) {
        status = agreement_view_fill(call, &agreement, out, fault);
    }
done:
    return call_end(call, status, fault);
}

/* ---- reading ---- */

enum status show_agreement(struct call *call, struct text agreement, struct text seller, struct text buyer,
                           struct agreement_view *out, struct fault *fault) {
    struct agreement found;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_agreement(call, (struct agreement_words){agreement, seller, buyer}, &found, fault);
    }
    if (status == STATUS_OK) {
        status = agreement_view_fill(call, &found, out, fault);
    }
    return call_end(call, status, fault);
}

static enum status make_filter(struct call *call, const struct list_agreements_input *input,
                               struct agreement_filter *filter, struct fault *fault) {
    struct account account;
    enum status status = STATUS_OK;
    filter->party_id = actor_is_operator(call) ? 0 : call->actor.account_id;
    if (input->seller.length > 0) {
        status = find_account(call, input->seller, "seller", &account, fault);
        filter->seller_id = account.id;
    }
    if (status == STATUS_OK && input->buyer.length > 0) {
        status = find_account(call, input->buyer, "buyer", &account, fault);
        filter->buyer_id = account.id;
    }
    if (status == STATUS_OK && input->state.length > 0) {
        int state = 0;
        status = machine_state_parse(&agreement_machine, input->state, &state, fault);
        filter->has_state = true;
        filter->state = (enum agreement_state)state;
    }
    return status;
}

enum status list_agreements(struct call *call, const struct list_agreements_input *input,
                            struct agreement_page *out, struct fault *fault) {
    struct agreement_filter filter = {0};
    struct agreement *agreements = NULL;
    struct agreement_page page = {0};
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = make_filter(call, input, &filter, fault);
    }
    if (status == STATUS_OK) {
        status = agreement_list(call->db, call->arena, &filter, input->page, &agreements, &page.count,
                                &page.next_after, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    page.items = ARENA_NEW(call->arena, struct agreement_view, page.count);
    for (size_t i = 0; i < page.count && status == STATUS_OK; i++) {
        status = agreement_view_fill(call, &agreements[i], &page.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = page;
    }
done:
    return call_end(call, status, fault);
}
