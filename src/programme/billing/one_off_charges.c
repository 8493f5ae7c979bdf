#include "programme/billing/one_off_charges.h"

#include "programme/billing/waiting.h"
#include "programme/call/authorise.h"
#include "programme/call/closing_guard.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/name_cache.h"
#include "programme/call/tax_parties.h"
#include "programme/call/validate.h"
#include "store/billing/one_off_charges.h"
#include "store/parties/amendments.h"

enum { MONTHS_BEFORE_SIGNATURE = 12, MONTHS_AHEAD = 12 };
enum { QUANTITY_MAX = 1000000000, DESCRIPTION_BYTES_MAX = 500, UNIT_PRICE_DIGITS = 6 };

static enum status view_charge(struct name_cache *names, const struct one_off_charge *charge,
                               struct one_off_charge_view *view, struct fault *fault) {
    struct call *call = names->call;
    const struct agreement *agreement = NULL;
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    const struct account *customer = NULL;
    TRY(name_cache_agreement(names, charge->agreement_id, &agreement, fault));
    struct agreement terms = *agreement;
    TRY(agreement_in_month(call->db, call->arena, charge->month, &terms, fault));
    TRY(name_cache_account(names, agreement->seller_id, &seller, fault));
    TRY(name_cache_account(names, agreement->buyer_id, &buyer, fault));
    TRY(name_cache_account(names, charge->customer_id, &customer, fault));
    struct one_off_charge_view made = {
        .identifier = identifier_text(call, IDENTIFIER_CHARGE, charge->id),
        .agreement = identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id),
        .seller_code = seller->code,
        .buyer_code = buyer->code,
        .customer_code = customer->code,
        .month = charge->month,
        .description = charge->description,
        .quantity = charge->quantity,
        .unit_price_millionths = charge->unit_price_millionths,
        .tax = charge->tax,
    };
    TRY(currency_find(terms.currency, "currency", &made.currency, fault));
    TRY(one_off_charge_amount(charge, made.currency, &made.amount_minor, fault));
    const struct waiting waiting = {agreement->seller_id, agreement->buyer_id, charge->month, terms.currency};
    if (charge->invoice_id > 0) {
        made.invoice = identifier_text(call, IDENTIFIER_INVOICE, charge->invoice_id);
    } else {
        TRY(find_why_stuck(call, &waiting, &made.stuck, fault));
    }
    *view = made;
    return STATUS_OK;
}

/* ---- adding ---- */

static enum status parse_tax(struct call *call, const struct add_one_off_charge_input *input,
                             const struct agreement *agreement, struct tax *tax, struct fault *fault) {
    struct account seller;
    struct account buyer;
    TRY(check_tax_change(input->tax_category, input->tax_rate, agreement->tax, tax, fault));
    if (input->tax_category.length == 0 && input->tax_rate.length == 0) {
        return STATUS_OK;
    }
    TRY(check_tax_beside(*tax, agreement->tax, fault));
    TRY(account_load(call->db, call->arena, agreement->seller_id, &seller, fault));
    TRY(account_load(call->db, call->arena, agreement->buyer_id, &buyer, fault));
    return check_tax_parties(*tax, &seller, &buyer, fault);
}

static enum status parse_charge(struct call *call, const struct add_one_off_charge_input *input,
                                const struct agreement *agreement, struct one_off_charge *charge,
                                struct fault *fault) {
    charge->description = text_trim(input->description);
    charge->quantity = input->quantity;
    if (charge->description.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "description", charge->description,
                         "Give the charge a description, which stands on the invoice.");
    }
    if (charge->description.length > DESCRIPTION_BYTES_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-long", "description", charge->description,
                         "Give a description of up to %d bytes.", DESCRIPTION_BYTES_MAX);
    }
    TRY(check_visible(charge->description, "description", false, fault));
    if (input->quantity < 1 || input->quantity > QUANTITY_MAX) {
        return fault_set(fault, STATUS_INVALID, "quantity-out-of-range", "quantity",
                         text_format(call->arena, "%lld", (long long)input->quantity),
                         "Give a quantity from 1 to %d.", QUANTITY_MAX);
    }
    TRY(decimal_parse(input->unit_price, UNIT_PRICE_DIGITS, "unit_price", &charge->unit_price_millionths,
                      fault));
    if (charge->unit_price_millionths < 0) {
        return fault_set(fault, STATUS_INVALID, "negative-price", "unit_price", input->unit_price,
                         "A charge is not negative. Give money back with a credit note.");
    }
    return parse_tax(call, input, agreement, &charge->tax, fault);
}

static enum status require_open(const struct call *call, const struct month_edge *edge, struct month month,
                                struct text word, struct fault *fault) {
    if (edge->is_closing) {
        return month_is_closing(call, month, "month", fault);
    }
    if (!edge->is_closed) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "month-closed", "month", word,
                     "This month is closed on the edge. Add the charge to a month that is open.");
}

/* The month of an instant in UTC; a zone may be a day apart, which a bound of a year does not mind. */
static struct month month_at(int64_t at_us) {
    static const int64_t DAY_US = INT64_C(86400) * 1000000;
    return date_month((struct date){(int32_t)(at_us / DAY_US)});
}

/* Refuses a slip of the year, which would wait for ever or bill what never was agreed. */
static enum status check_reason(const struct call *call, const struct agreement *agreement,
                                struct month month, struct text word, struct fault *fault) {
    struct month signed_in = month_at(agreement->signed_at_us > 0 ? agreement->signed_at_us : call->now_us);
    struct month first = month_plus(signed_in, -MONTHS_BEFORE_SIGNATURE);
    struct month last = month_plus(month_at(call->now_us), MONTHS_AHEAD);
    if (month.index >= first.index && month.index <= last.index) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "month-out-of-range", "month", word,
                     "Give a month from %s (%d months before the agreement was signed) to %s (%d months from "
                     "now).",
                     month_format(call->arena, first).at, MONTHS_BEFORE_SIGNATURE,
                     month_format(call->arena, last).at, MONTHS_AHEAD);
}

static enum status add_charge_body(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct add_one_off_charge_input *asked = input;
    struct one_off_charge_view *view = output;
    struct month_edge edge;
    struct account customer = {0};
    struct one_off_charge charge = {.created_at_us = call->now_us};
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(month_parse(asked->month, "month", &charge.month, fault));
    TRY(find_own_edge_in(call, asked->seller, asked->buyer, charge.month, RIGHT_BILLING, &edge, fault));
    if (asked->customer.length > 0) {
        TRY(find_customer_below(call, &edge.agreement, asked->customer, &customer, fault));
    }
    TRY(parse_charge(call, asked, &edge.agreement, &charge, fault));
    TRY(check_reason(call, &edge.agreement, charge.month, asked->month, fault));
    TRY(require_open(call, &edge, charge.month, asked->month, fault));
    charge.agreement_id = edge.agreement.id;
    charge.customer_id = customer.id;
    TRY(one_off_charge_insert(call->db, &charge, fault));
    TRY(view_charge(&names, &charge, view, fault));
    return audit_write(call, "charge.add", view->identifier, edge.agreement.seller_id,
                       text_format(call->arena, "%lld × %.*s to %.*s in %.*s", (long long)charge.quantity,
                                   TEXT_ARGS(charge.description), TEXT_ARGS(view->buyer_code),
                                   TEXT_ARGS(asked->month)),
                       fault);
}

enum status add_one_off_charge(struct call *call, const struct add_one_off_charge_input *input,
                               struct one_off_charge_view *result, struct fault *fault) {
    struct one_off_charge_view made;
    TRY(call_run(call, DB_WRITE, add_charge_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}

/* ---- removing ---- */

static enum status unknown_charge(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-charge", "charge", word,
                     "There is no such charge. Name it by its identifier (chg_…).");
}

/* The charge of an identifier, of an edge of the actor's. */
static enum status find_charge(const struct call *call, struct text word, struct one_off_charge *charge,
                               struct agreement *agreement, struct fault *fault) {
    int64_t id = 0;
    if (!identifier_decode(call->secret, IDENTIFIER_CHARGE, word, &id)) {
        return unknown_charge(word, fault);
    }
    enum status status = one_off_charge_load(call->db, call->arena, id, charge, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? unknown_charge(word, fault) : status;
    }
    TRY(agreement_load(call->db, call->arena, charge->agreement_id, agreement, fault));
    return actor_is_party(call, agreement) ? STATUS_OK : unknown_charge(word, fault);
}

static enum status remove_charge_body(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct text *word = input;
    struct one_off_charge charge;
    struct agreement agreement;
    (void)output;
    TRY(find_charge(call, *word, &charge, &agreement, fault));
    TRY(require_right(call, agreement.seller_id, RIGHT_BILLING, fault));
    if (charge.invoice_id > 0) {
        return fault_set(fault, STATUS_CONFLICT, "already-billed", "charge", *word,
                         "This charge is on an invoice. Credit its line instead.");
    }
    TRY(refuse_while_closing(call, agreement.seller_id, agreement.buyer_id, "charge", fault));
    TRY(one_off_charge_delete(call->db, charge.id, fault));
    return audit_write(call, "charge.remove", *word, agreement.seller_id, charge.description, fault);
}

enum status remove_one_off_charge(struct call *call, struct text word, struct fault *fault) {
    return call_run(call, DB_WRITE, remove_charge_body, &word, NULL, fault);
}

/* ---- listing ---- */

static enum status list_charges_body(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct list_one_off_charges_input *asked = input;
    struct one_off_charge_page *page = output;
    struct edge_words words = {asked->seller, asked->buyer, asked->month};
    struct edge_choice choice;
    struct one_off_charge *charges = NULL;
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(find_edge_choice(call, &words, &choice, fault));
    struct one_off_charge_filter filter = {choice.party_id, choice.seller_id, choice.buyer_id, choice.month};
    TRY(one_off_charge_list(call->db, call->arena, &filter, asked->page, &charges, &page->count,
                            &page->next_after, fault));
    struct one_off_charge_view *items = ARENA_NEW(call->arena, struct one_off_charge_view, page->count);
    for (size_t i = 0; i < page->count; i++) {
        TRY(view_charge(&names, &charges[i], &items[i], fault));
    }
    page->items = items;
    return STATUS_OK;
}

enum status list_one_off_charges(struct call *call, const struct list_one_off_charges_input *input,
                                 struct one_off_charge_page *result, struct fault *fault) {
    struct one_off_charge_page made = {0};
    TRY(call_run(call, DB_READ, list_charges_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}
