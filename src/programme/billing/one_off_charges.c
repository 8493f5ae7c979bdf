#include "programme/billing/one_off_charges.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/name_cache.h"
#include "store/billing/months.h"
#include "store/billing/one_off_charges.h"

enum { QUANTITY_MAX = 1000000000, DESCRIPTION_BYTES_MAX = 500, UNIT_PRICE_DIGITS = 6, PERCENT_DIGITS = 4 };

static enum status describe(struct name_cache *names, const struct one_off_charge *charge,
                            const struct agreement *agreement, struct one_off_charge_view *view,
                            struct fault *fault) {
    struct call *call = names->call;
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    const struct account *customer = NULL;
    struct one_off_charge_view made = {
        .identifier = identifier_text(call, IDENTIFIER_CHARGE, charge->id),
        .agreement = identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id),
        .month = charge->month,
        .description = charge->description,
        .quantity = charge->quantity,
        .unit_price_millionths = charge->unit_price_millionths,
        .tax = charge->tax,
    };
    enum status status = name_cache_account(names, agreement->seller_id, &seller, fault);
    if (status == STATUS_OK) {
        status = name_cache_account(names, agreement->buyer_id, &buyer, fault);
    }
    if (status == STATUS_OK) {
        status = name_cache_account(names, charge->customer_id, &customer, fault);
    }
    if (status == STATUS_OK) {
        status = currency_find(agreement->currency, "currency", &made.currency, fault);
    }
    if (status == STATUS_OK) {
        status = money_line_amount((struct quantity){charge->quantity, 1}, charge->unit_price_millionths,
                                   made.currency, &made.amount_minor, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    made.seller_code = seller->code;
    made.buyer_code = buyer->code;
    made.customer_code = customer->code;
    if (charge->invoice_id > 0) {
        made.invoice = identifier_text(call, IDENTIFIER_INVOICE, charge->invoice_id);
    }
    *view = made;
    return STATUS_OK;
}

static enum status parse_tax(const struct add_one_off_charge_input *input, const struct agreement *agreement,
                             struct tax *tax, struct fault *fault) {
    struct tax given = {0};
    enum status status = STATUS_OK;
    if (input->tax_category.length == 0 && input->tax_rate.length == 0) {
        *tax = agreement->tax;
        return STATUS_OK;
    }
    if (input->tax_category.length == 0 || input->tax_category.length >= sizeof(given.category)) {
        return fault_set(fault, STATUS_INVALID, "unknown-tax-category", "tax_category", input->tax_category,
                         "a tax category is one of S, Z, E, AE, K, G, O, L, M");
    }
    for (size_t i = 0; i < input->tax_category.length; i++) {
        given.category[i] = input->tax_category.at[i];
    }
    if (input->tax_rate.length > 0) {
        status = decimal_parse(input->tax_rate, PERCENT_DIGITS, "tax_rate", &given.rate_millionths, fault);
    }
    if (status == STATUS_OK) {
        status = tax_check(given, "tax", fault);
    }
    if (status == STATUS_OK) {
        *tax = given;
    }
    return status;
}

static enum status parse_charge(struct call *call, const struct add_one_off_charge_input *input,
                                const struct agreement *agreement, struct one_off_charge *charge,
                                struct fault *fault) {
    struct text description = text_trim(input->description);
    enum status status = STATUS_OK;
    if (description.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "description", description,
                         "a charge needs a description, which stands on the invoice");
    }
    if (description.length > DESCRIPTION_BYTES_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-long", "description", description,
                         "a description has at most %d bytes", DESCRIPTION_BYTES_MAX);
    }
    if (input->quantity < 1 || input->quantity > QUANTITY_MAX) {
        return fault_set(fault, STATUS_INVALID, "quantity-out-of-range", "quantity",
                         text_format(call->arena, "%lld", (long long)input->quantity),
                         "a quantity from 1 to %d would be right", QUANTITY_MAX);
    }
    status = decimal_parse(input->unit_price, UNIT_PRICE_DIGITS, "unit_price", &charge->unit_price_millionths,
                           fault);
    if (status == STATUS_OK && charge->unit_price_millionths < 0) {
        status = fault_set(fault, STATUS_INVALID, "negative-price", "unit_price", input->unit_price,
                           "a charge is not negative; give money back with a credit note");
    }
    if (status == STATUS_OK) {
        status = parse_tax(input, agreement, &charge->tax, fault);
    }
    charge->description = description;
    charge->quantity = input->quantity;
    return status;
}

static enum status require_open(struct call *call, int64_t agreement_id, struct month month, struct text word,
                                struct fault *fault) {
    enum month_state state = MONTH_OPEN;
    enum status status = month_state_load(call->db, agreement_id, month, &state, fault);
    if (status != STATUS_OK || state != MONTH_CLOSED) {
        return status;
    }
    return fault_set(fault, STATUS_CONFLICT, "month-closed", "month", word,
                     "this month is closed on the edge; add the charge to a month that is open");
}

enum status add_one_off_charge(struct call *call, const struct add_one_off_charge_input *input,
                               struct one_off_charge_view *result, struct fault *fault) {
    struct agreement agreement;
    struct account customer = {0};
    struct one_off_charge charge = {.created_at_us = call->now_us};
    struct name_cache names;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    name_cache_init(&names, call);
    status = find_own_edge(call, input->seller, input->buyer, RIGHT_BILLING, &agreement, fault);
    if (status == STATUS_OK) {
        status = month_parse(input->month, "month", &charge.month, fault);
    }
    if (status == STATUS_OK && input->customer.length > 0) {
        status = find_customer_below(call, &agreement, input->customer, &customer, fault);
    }
    if (status == STATUS_OK) {
        status = parse_charge(call, input, &agreement, &charge, fault);
    }
    if (status == STATUS_OK) {
        status = require_open(call, agreement.id, charge.month, input->month, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    charge.agreement_id = agreement.id;
    charge.customer_id = customer.id;
    status = one_off_charge_insert(call->db, &charge, fault);
    if (status == STATUS_OK) {
        status = describe(&names, &charge, &agreement, result, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "charge.add", result->identifier, agreement.seller_id,
                             text_format(call->arena, "%lld × %.*s to %.*s in %.*s",
                                         (long long)charge.quantity, TEXT_ARGS(charge.description),
                                         TEXT_ARGS(result->buyer_code), TEXT_ARGS(input->month)),
                             fault);
    }
done:
    return call_end(call, status, fault);
}

static enum status unknown_charge(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-charge", "charge", word, "there is no such charge");
}

enum status remove_one_off_charge(struct call *call, struct text word, struct fault *fault) {
    struct one_off_charge charge;
    struct agreement agreement;
    int64_t id = 0;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = identifier_decode(call->secret, IDENTIFIER_CHARGE, word, &id)
                 ? one_off_charge_load(call->db, call->arena, id, &charge, fault)
                 : unknown_charge(word, fault);
    if (status == STATUS_NOT_FOUND) {
        return call_end(call, unknown_charge(word, fault), fault);
    }
    if (status == STATUS_OK) {
        status = agreement_load(call->db, call->arena, charge.agreement_id, &agreement, fault);
    }
    if (status == STATUS_OK && !actor_is_party(call, &agreement)) {
        status = unknown_charge(word, fault);
    }
    if (status == STATUS_OK) {
        status = require_right(call, agreement.seller_id, RIGHT_BILLING, fault);
    }
    if (status == STATUS_OK && charge.invoice_id > 0) {
        status = fault_set(fault, STATUS_CONFLICT, "already-billed", "charge", word,
                           "this charge is on an invoice; credit its line instead");
    }
    if (status == STATUS_OK) {
        status = one_off_charge_delete(call->db, id, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "charge.remove", word, agreement.seller_id, charge.description, fault);
    }
    return call_end(call, status, fault);
}

enum status list_one_off_charges(struct call *call, const struct list_one_off_charges_input *input,
                                 struct one_off_charge_page *result, struct fault *fault) {
    struct edge_words words = {input->seller, input->buyer, input->month};
    struct edge_choice choice;
    struct one_off_charge *charges = NULL;
    struct one_off_charge_view *items = NULL;
    struct one_off_charge_page made = {0};
    struct name_cache names;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    name_cache_init(&names, call);
    status = find_edge_choice(call, &words, &choice, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    struct one_off_charge_filter filter = {choice.party_id, choice.seller_id, choice.buyer_id, choice.month};
    status = one_off_charge_list(call->db, call->arena, &filter, input->page, &charges, &made.count,
                                 &made.next_after, fault);
    if (status == STATUS_OK) {
        items = ARENA_NEW(call->arena, struct one_off_charge_view, made.count + 1);
    }
    for (size_t i = 0; status == STATUS_OK && i < made.count; i++) {
        struct agreement agreement;
        status = agreement_load(call->db, call->arena, charges[i].agreement_id, &agreement, fault);
        if (status == STATUS_OK) {
            status = describe(&names, &charges[i], &agreement, &items[i], fault);
        }
    }
    made.items = items;
    if (status == STATUS_OK) {
        *result = made;
    }
done:
    return call_end(call, status, fault);
}
