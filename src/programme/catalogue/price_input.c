#include "programme/catalogue/price_input.h"

#include "programme/call/lookup_account.h"
#include "programme/call/tax_parties.h"
#include "programme/call/validate.h"
#include "store/catalogue/skus.h"
#include "store/parties/amendments.h"
#include "store/parties/programme.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FREE_MONTHS_MAX = 120 };
static const int64_t UNITS_MAX = 1000000000;

/* ---- whose prices ---- */

static enum status find_edge(struct pricing *pricing, struct text buyer_word, struct fault *fault) {
    struct call *call = pricing->call;
    struct account buyer;
    struct agreement agreement;
    bool found = false;
    TRY(find_account(call, buyer_word, "buyer", &buyer, fault));
    TRY(agreement_find_edge(call->db, call->arena, pricing->seller.id, buyer.id, &found, &agreement, fault));
    if (!found) {
        return fault_set(fault, STATUS_CONFLICT, "no-agreement", "buyer", buyer.code,
                         "%.*s has no agreement with %.*s: offer one first.", TEXT_ARGS(pricing->seller.code),
                         TEXT_ARGS(buyer.code));
    }
    pricing->buyer_id = buyer.id;
    pricing->buyer = buyer;
    pricing->tax = agreement.tax;
    pricing->buyer_code = buyer.code;
    pricing->currency = agreement.currency;
    return amendments_of(call->db, call->arena, agreement.id, &pricing->amendments, &pricing->amendment_count,
                         fault);
}

enum status pricing_open(struct call *call, struct text seller, struct text buyer, struct pricing *pricing,
                         struct fault *fault) {
    struct programme programme;
    *pricing = (struct pricing){.call = call, .buyer_code = TEXT("")};
    TRY(find_account_with_right(call, seller, "seller", RIGHT_PRICES, &pricing->seller, fault));
    TRY(programme_load(call->db, call->arena, &programme, fault));
    pricing->currency = programme.currency;
    if (buyer.length > 0) {
        TRY(find_edge(pricing, buyer, fault));
    }
    return STATUS_OK;
}

/* ---- one price from its texts ---- */

enum status pricing_check_sku(const struct pricing *pricing, const struct sku *sku, struct fault *fault) {
    if (sku->kind == SKU_SERVICE) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-sku", "sku", sku->code,
                         "%.*s is a service: it is billed by charges and has no price list.",
                         TEXT_ARGS(sku->code));
    }
    if (pricing->seller.kind == ACCOUNT_CUSTOMER) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-seller", "seller", pricing->seller.code,
                         "Name a seller: %.*s is a customer and sells nothing.",
                         TEXT_ARGS(pricing->seller.code));
    }
    return STATUS_OK;
}

/* The amendment whose terms a month has; NULL: the first terms. */
static const struct amendment *amendment_in(const struct pricing *pricing, struct month month) {
    const struct amendment *found = NULL;
    for (size_t i = 0; i < pricing->amendment_count; i++) {
        const struct amendment *amendment = &pricing->amendments[i];
        bool holds = amendment->state == AMENDMENT_ACCEPTED && amendment->from.index <= month.index;
        if (holds && (found == NULL || amendment->from.index >= found->from.index)) {
            found = amendment;
        }
    }
    return found;
}

/* The currency of the terms of a month, and whether one of the terms from that month on is in `wanted`. */
static struct text currency_in(const struct pricing *pricing, struct month month, struct text wanted,
                               bool *is_ever) {
    const struct amendment *of_month = amendment_in(pricing, month);
    struct text currency = of_month == NULL ? pricing->currency : of_month->currency;
    *is_ever = text_equal(currency, wanted);
    for (size_t i = 0; i < pricing->amendment_count; i++) {
        const struct amendment *amendment = &pricing->amendments[i];
        *is_ever =
            *is_ever || (amendment->state == AMENDMENT_ACCEPTED && amendment->from.index > month.index &&
                         text_equal(amendment->currency, wanted));
    }
    return currency;
}

/* A standard price is for any buyer, so its seller alone is asked. */
static enum status parse_tax(const struct pricing *pricing, const struct set_price_input *input,
                             struct date from, struct price_edge *edge, struct fault *fault) {
    edge->has_tax = text_trim(input->tax_category).length > 0 || text_trim(input->tax_rate).length > 0;
    if (!edge->has_tax) {
        return STATUS_OK;
    }
    TRY(check_tax(input->tax_category, input->tax_rate, &edge->tax, fault));
    if (pricing->buyer_id == 0) {
        return check_tax_parties(edge->tax, &pricing->seller, NULL, fault);
    }
    const struct amendment *of_month = amendment_in(pricing, date_month(from));
    TRY(check_tax_beside(edge->tax, of_month == NULL ? pricing->tax : of_month->tax, fault));
    return check_tax_parties(edge->tax, &pricing->seller, &pricing->buyer, fault);
}

/* A standard price may be in any currency; it holds for the edges whose agreement is in that one. A buyer's
 * own is in the currency of its month, or of a later one. */
static enum status parse_currency(const struct pricing *pricing, struct text given, struct date from,
                                  struct text *code, struct fault *fault) {
    struct text word = text_trim(given);
    struct currency currency;
    bool is_ever = false;
    struct text agreed = currency_in(pricing, date_month(from), word, &is_ever);
    if (word.length == 0) {
        word = agreed;
        is_ever = true;
    }
    TRY(currency_find(word, "currency", &currency, fault));
    if (pricing->buyer_id != 0 && !is_ever) {
        return fault_set(fault, STATUS_INVALID, "wrong-currency", "currency", word,
                         "The agreement with %.*s is in %.*s; a price in %.*s cannot be billed on it.",
                         TEXT_ARGS(pricing->buyer_code), TEXT_ARGS(agreed), TEXT_ARGS(word));
    }
    *code = text_copy(pricing->call->arena, text_of(currency.code));
    return STATUS_OK;
}

static enum status parse_terms(const struct set_price_input *input, struct price_terms *terms,
                               struct fault *fault) {
    struct text trial_end = text_trim(input->trial_end);
    int64_t free_months = 0;
    TRY(check_number(input->minimum, "minimum", 0, UNITS_MAX, 0, &terms->minimum_units, fault));
    TRY(check_number(input->free_months, "free_months", 0, FREE_MONTHS_MAX, 0, &free_months, fault));
    TRY(check_yes_no(input->not_for_resale, "not_for_resale", &terms->not_for_resale, fault));
    assert(terms->minimum_units >= 0 && free_months >= 0 && free_months <= FREE_MONTHS_MAX);
    terms->free_months = (int32_t)free_months;
    terms->has_trial_end = trial_end.length > 0;
    return terms->has_trial_end ? date_parse(trial_end, "trial_end", &terms->trial_end, fault) : STATUS_OK;
}

static enum status parse_modes(const struct set_price_input *input, struct price *price,
                               struct fault *fault) {
    struct text policy = text_trim(input->policy);
    struct text mode = text_trim(input->tier_mode);
    if (policy.length > 0) {
        TRY(metering_policy_parse(policy, "policy", &price->policy, fault));
    }
    return mode.length > 0 ? tier_mode_parse(mode, "tier_mode", &price->mode, fault) : STATUS_OK;
}

enum status pricing_parse_price(const struct pricing *pricing, const struct set_price_input *input,
                                struct price *price, struct price_edge *edge, struct fault *fault) {
    *price = (struct price){.policy = POLICY_PEAK, .mode = TIER_FLAT};
    *edge = (struct price_edge){.seller_id = pricing->seller.id,
                                .buyer_id = pricing->buyer_id,
                                .created_at_us = pricing->call->now_us};
    TRY(date_parse(text_trim(input->effective_from), "effective_from", &price->effective_from, fault));
    TRY(parse_currency(pricing, input->currency, price->effective_from, &edge->currency, fault));
    TRY(parse_modes(input, price, fault));
    TRY(parse_terms(input, &price->terms, fault));
    return parse_tax(pricing, input, price->effective_from, edge, fault);
}

enum status pricing_parse_tier(const struct tier_input *input, struct price_tier *tier, struct fault *fault) {
    TRY(check_number(input->from, "tier_from", 0, UNITS_MAX, 1, &tier->from, fault));
    TRY(decimal_parse(text_trim(input->unit_price), 6, "unit_price", &tier->unit_price_millionths, fault));
    if (tier->unit_price_millionths < 0) {
        return fault_set(fault, STATUS_INVALID, "negative-price", "unit_price", input->unit_price,
                         "A unit price is 0 or more.");
    }
    return STATUS_OK;
}

static int compare_tiers(const void *a, const void *b) {
    const struct price_tier *first = a;
    const struct price_tier *second = b;
    return (first->from > second->from) - (first->from < second->from);
}

void pricing_sort_tiers(struct price_tier *tiers, size_t count) {
    if (count > 1) {
        qsort(tiers, count, sizeof *tiers, compare_tiers);
    }
}

/* ---- whether two prices agree ---- */

static bool same_terms(const struct price_terms *a, const struct price_terms *b) {
    return a->minimum_units == b->minimum_units && a->free_months == b->free_months &&
           a->has_trial_end == b->has_trial_end &&
           (!a->has_trial_end || a->trial_end.day == b->trial_end.day) &&
           a->not_for_resale == b->not_for_resale;
}

bool price_same_head(const struct price *a, const struct price_edge *a_edge, const struct price *b,
                     const struct price_edge *b_edge) {
    return a->policy == b->policy && a->mode == b->mode && same_terms(&a->terms, &b->terms) &&
           text_equal(a_edge->currency, b_edge->currency) && a_edge->has_tax == b_edge->has_tax &&
           (!a_edge->has_tax || (strcmp(a_edge->tax.category, b_edge->tax.category) == 0 &&
                                 a_edge->tax.rate_millionths == b_edge->tax.rate_millionths));
}

bool price_same(const struct price *a, const struct price_edge *a_edge, const struct price *b,
                const struct price_edge *b_edge) {
    if (!price_same_head(a, a_edge, b, b_edge) || a->tier_count != b->tier_count) {
        return false;
    }
    for (size_t i = 0; i < a->tier_count; i++) {
        if (a->tiers[i].from != b->tiers[i].from ||
            a->tiers[i].unit_price_millionths != b->tiers[i].unit_price_millionths) {
            return false;
        }
    }
    return true;
}

struct text pricing_currency_on(const struct pricing *pricing, struct date from) {
    bool is_ever = false;
    return currency_in(pricing, date_month(from), TEXT(""), &is_ever);
}

int64_t price_date_key(struct text currency, struct date date) {
    int64_t letters = 0;
    for (size_t i = 0; i < currency.length; i++) {
        letters = letters << 8 | (unsigned char)currency.at[i];
    }
    return (int64_t)date.day * (1 << 24) + letters;
}

enum status pricing_fault_exists(const struct pricing *pricing, const struct price *price,
                                 const struct price_edge *edge, struct text sku, struct fault *fault) {
    struct text date = date_format(pricing->call->arena, price->effective_from);
    return fault_set(
        fault, STATUS_CONFLICT, "price-exists", "effective_from", date,
        "%.*s has another price in %.*s from %.*s on already: give the new one a later date, or say that it "
        "replaces that one.",
        TEXT_ARGS(sku), TEXT_ARGS(edge->currency), TEXT_ARGS(date));
}
