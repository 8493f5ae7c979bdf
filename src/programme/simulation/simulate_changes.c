#include "programme/simulation/simulate_changes.h"

#include "core/time/instant.h"
#include "programme/jobs/close_month.h"
#include "programme/licensing/moves.h"
#include "programme/licensing/turn_licence.h"
#include "programme/parties/amend_agreement.h"
#include "programme/simulation/simulate_prices.h"
#include "programme/simulation/simulate_setup.h"
#include "programme/usage/decide_report.h"

#include <assert.h>
#include <string.h>

static const int64_t DAY_US = INT64_C(86400000000);

static struct text month_word(const struct sim *sim, int32_t month) {
    return month_format(sim->call->arena, month_plus(sim->first_month, month));
}

/* ---- prices ---- */

/* A buyer's own prices of all that a provider sells, its bundle left out where it is another's customer.
 * Dearer ones than hold in a month that has begun are refused, and those that hold stay. */
static enum status price_buyer(struct sim *sim, const struct sim_provider *goods, struct text seller,
                               struct text buyer, struct text currency, int32_t month, struct fault *fault) {
    struct csv_writer csv = simulate_prices_begin(sim);
    bool is_own_customer = text_equal(goods->code, seller);
    int64_t rate = text_is(currency, "JPY") ? 150 : 1;
    for (int i = 0; i < goods->block_count; i++) {
        int sku = goods->blocks[i].sku;
        if (sku == SIM_SKUS && !is_own_customer) {
            continue;
        }
        int64_t cost = sku == SIM_SKUS ? 20000000 : sim->skus[sku].cost_millionths;
        struct sim_price price = {.sku = sku == SIM_SKUS ? goods->bundle : sim->skus[sku].code,
                                  .currency = currency,
                                  .from = month_first_day(month_plus(sim->first_month, month)),
                                  .unit_millionths =
                                      cost * rate * rng_between(&sim->changes, 170, 1500) / 100,
                                  .is_own = true};
        simulate_price_write(sim, &sim->changes, &csv, price);
    }
    enum status status = simulate_prices_import(sim, seller, buyer, &csv, fault);
    return status != STATUS_OK && strcmp(fault->code, "price-rises") == 0 ? STATUS_OK : status;
}

/* ---- amendments ---- */

/* Proposes new terms. What may not be now, as a correction waits or later terms are agreed, is left. */
static enum status amend(struct sim *sim, struct text seller, struct text buyer, int32_t from,
                         struct agreement_terms_input terms, bool *is_amended, struct fault *fault) {
    const struct amend_agreement_input input = {
        .agreement = {.seller = seller, .buyer = buyer}, .from = month_word(sim, from), .terms = terms};
    struct terms_view view;
    enum status status = amend_agreement(sim->call, &input, &view, fault);
    *is_amended = status == STATUS_OK;
    return status == STATUS_CONFLICT || status == STATUS_INVALID ? STATUS_OK : status;
}

static void choose_tax(struct sim *sim, struct agreement_terms_input *terms) {
    terms->tax_category = TEXT("S");
    terms->tax_rate = text_format(sim->call->arena, "%lld", (long long)rng_between(&sim->changes, 5, 25));
}

enum status simulate_amend_customer(struct sim *sim, int64_t index, int32_t from, struct fault *fault) {
    struct sim_customer *customer = &sim->customers[index];
    const struct sim_provider *provider = &sim->providers[customer->provider];
    const struct sim_place *place = simulate_place(&sim->changes);
    uint64_t dice = rng_below(&sim->changes, 4);
    struct agreement_terms_input terms = {0};
    bool is_amended = false;
    if (customer->gone || customer->move.length > 0) {
        return STATUS_OK;
    }
    if (dice == 0 || dice == 3) {
        choose_tax(sim, &terms);
    }
    if (dice == 1 || dice == 3) {
        terms.time_zone = text_of(place->time_zone);
    }
    if (dice == 2 || dice == 3) {
        terms.currency = text_of(place->currency);
    }
    TRY(amend(sim, provider->code, customer->code, from, terms, &is_amended, fault));
    if (is_amended && terms.time_zone.length > 0 && !text_equal(terms.time_zone, customer->time_zone)) {
        customer->time_zone = terms.time_zone;
        customer->zone_from = from;
    }
    if (!is_amended || terms.currency.length == 0 || text_equal(terms.currency, customer->currency)) {
        return STATUS_OK;
    }
    customer->currency = terms.currency;
    return price_buyer(sim, provider, provider->code, customer->code, terms.currency, from, fault);
}

enum status simulate_amend_provider(struct sim *sim, int64_t index, int32_t from, struct fault *fault) {
    const struct sim_provider *provider = &sim->providers[index];
    const struct sim_place *place = simulate_place(&sim->changes);
    uint64_t dice = rng_below(&sim->changes, 3);
    struct agreement_terms_input terms = {0};
    bool is_amended = false;
    if (dice == 0) {
        choose_tax(sim, &terms);
    } else if (dice == 1) {
        terms.payment_days = TEXT("45");
    } else {
        terms.time_zone = text_of(place->time_zone);
    }
    return amend(sim, provider->seller, provider->code, from, terms, &is_amended, fault);
}

/* ---- moves ---- */

static bool can_move(const struct sim *sim, const struct sim_customer *customer, int64_t to) {
    return !customer->gone && !customer->suspended && to != customer->provider &&
           !sim->providers[customer->provider].suspended && !sim->providers[to].suspended;
}

static enum status agree(struct sim *sim, struct text move, struct text party, struct fault *fault) {
    struct agree_move_input input = {.move = move, .party = party, .agreed_by = TEXT("the owner")};
    struct move_view view;
    return agree_move(sim->call, &input, &view, fault);
}

enum status simulate_agree_move(struct sim *sim, int64_t index, int32_t month, int64_t *at_us,
                                struct fault *fault) {
    struct sim_customer *customer = &sim->customers[index];
    int64_t to = (int64_t)rng_below(&sim->changes, (uint64_t)sim->input->providers);
    *at_us = 0;
    if (!can_move(sim, customer, to) || customer->move.length > 0 || customer->zone_from >= month) {
        return STATUS_OK;
    }
    const struct sim_provider *from = &sim->providers[customer->provider];
    struct propose_move_input input = {
        .customer = customer->code, .to = sim->providers[to].code, .month = month_word(sim, month)};
    struct move_view move;
    TRY(propose_move(sim->call, &input, &move, fault));
    customer->move = text_copy(&sim->arena, move.identifier);
    customer->moves_to = to;
    customer->moves_month = month;
    *at_us = move.at_us;
    TRY(agree(sim, customer->move, customer->code, fault));
    TRY(agree(sim, customer->move, from->code, fault));
    return agree(sim, customer->move, sim->providers[to].code, fault);
}

enum status simulate_carry_out_move(struct sim *sim, int64_t index, struct fault *fault) {
    struct sim_customer *customer = &sim->customers[index];
    const struct change_move_input change = {.move = customer->move};
    struct move_view move;
    assert(customer->move.length > 0);
    if (!can_move(sim, customer, customer->moves_to)) {
        customer->move = TEXT("");
        return withdraw_move(sim->call, &change, &move, fault);
    }
    TRY(carry_out_move(sim->call, &change, &move, fault));
    customer->gone = true;
    return price_buyer(sim, &sim->providers[customer->provider], sim->providers[customer->moves_to].code,
                       move.successor, customer->currency, customer->moves_month, fault);
}

/* ---- late changes ---- */

void simulate_note_change(struct sim_licence *licence, int64_t at_us) {
    licence->before = licence->last;
    licence->last = (struct sim_mark){licence->state, licence->seats, at_us};
    licence->last_at_us = at_us;
}

enum status simulate_late_change(struct sim *sim, struct sim_licence *licence, int64_t month_from_us,
                                 int64_t month_until_us, struct fault *fault) {
    /* A day's distance from either end is inside the month in every zone. */
    int64_t from_us =
        licence->before.at_us > month_from_us + DAY_US ? licence->before.at_us : month_from_us + DAY_US;
    int64_t until_us = licence->last.at_us;
    bool was_on = licence->before.state == LICENCE_ON;
    bool is_turned = licence->last.state == LICENCE_ON || licence->last.state == LICENCE_OFF;
    if (until_us - from_us < 2 || until_us > month_until_us - DAY_US || !is_turned ||
        sim->call->now_us > month_until_us - DAY_US) {
        return STATUS_OK;
    }
    int64_t at_us = from_us + 1 + (int64_t)rng_below(&sim->changes, (uint64_t)(until_us - from_us - 1));
    struct turn_licence_input input = {.licence = licence->identifier,
                                       .at = instant_format(sim->call->arena, at_us)};
    struct licence_view view;
    TRY(was_on ? turn_licence_off(sim->call, &input, &view, fault)
               : turn_licence_on(sim->call, &input, &view, fault));
    licence->state = was_on ? LICENCE_OFF : LICENCE_ON;
    licence->last = (struct sim_mark){licence->state, licence->before.seats, at_us};
    licence->last_at_us = at_us;
    licence->seats = licence->before.seats;
    return STATUS_OK;
}

enum status simulate_approve_waiting(struct sim *sim, const struct close_month_result *closed,
                                     size_t *approved, struct fault *fault) {
    *approved = 0;
    for (size_t i = 0; i < closed->open_count; i++) {
        struct decide_report_input decision = {
            .name = {.provider = closed->open[i].buyer_code,
                     .seller = closed->open[i].seller_code,
                     .month = month_format(sim->call->arena, closed->month)}};
        struct report_detail detail;
        if (text_is(closed->open[i].reason, "report-not-approved")) {
            TRY(approve_report(sim->call, &decision, &detail, fault));
            (*approved)++;
        }
    }
    return STATUS_OK;
}
