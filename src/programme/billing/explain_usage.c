/* Only the usage of the line's SKU below the edge's buyer is read: a tier is reached by all of the edge's
 * customers together, and by nothing else. */
#include "programme/billing/explain_usage.h"

#include "core/rating/corrections.h"
#include "programme/billing/load_snapshot.h"
#include "programme/call/authorise.h"
#include "programme/usage/load_usage.h"
#include "store/billing/close_queries.h"
#include "store/billing/corrections.h"
#include "store/billing/reports.h"

#include <assert.h>
#include <stdlib.h>

__extension__ typedef __int128 wide;

enum { PRICE_DIGITS = 6 };

/* The SKU as it is rated now. */
struct rating_again {
    struct call *call;
    const struct usage_to_explain *asked;
    struct programme_part part; /* the edge's buyer and the SKU */
    struct snapshot snapshot;
    uint32_t agreement;
    uint32_t sku;
    struct usage usage;
    struct usage_by_edge by_edge;
    struct id_map rules; /* agreement → what its month was closed by */
    struct rated_month month;
    struct sku_charge charge;
    const struct customer_charge *customer; /* NULL: the line is for no one customer, or for none of now */
};

/* ---- rating ---- */

/* The corrections of the month that were carried when the document was issued. */
static enum status read_corrections(struct rating_again *again, struct month month,
                                    struct rated_month_input *input, struct fault *fault) {
    struct call *call = again->call;
    struct correction *corrections = NULL;
    size_t count = 0;
    size_t kept = 0;
    if (!again->asked->with_corrections) {
        return STATUS_OK;
    }
    TRY(corrections_of_month(call->db, call->arena, &again->part, month, &corrections, &count, fault));
    for (size_t i = 0; i < count; i++) {
        bool is_carried =
            corrections[i].invoice_id > 0 && corrections[i].invoice_id <= again->asked->head->id;
        if (is_carried && corrections[i].agreement_id == again->asked->head->agreement_id) {
            corrections[kept++] = corrections[i];
        }
    }
    input->corrections = corrections;
    input->correction_count = kept;
    return STATUS_OK;
}

static enum status read_month(struct rating_again *again, struct month month, struct fault *fault) {
    struct call *call = again->call;
    struct usage_scope scope = {.from_us = INT64_MAX,
                                .until_us = INT64_MIN,
                                .forgiving = true,
                                .under_account_id = again->asked->head->buyer_id,
                                .sku_id = again->asked->line->sku_id};
    struct rated_month_input input = {
        .snapshot = &again->snapshot, .usage = &again->usage, .by_edge = &again->by_edge, .month = month};
    int64_t *agreements = NULL;
    struct report_adjustment *adjustments = NULL;
    TRY(report_adjustments_of_month(call->db, call->arena, &again->part, month, &agreements, &adjustments,
                                    &input.adjustment_count, fault));
    TRY(read_corrections(again, month, &input, fault));
    TRY(month_rules_of_edges(call->db, call->arena, &again->part, month, &again->rules, fault));
    input.rules = &again->rules;
    input.adjustment_agreements = agreements;
    input.adjustments = adjustments;
    TRY(rated_month_open(call->arena, &input, &again->month, fault));
    /* What changed before the month that is rated is what there was at its beginning. */
    const struct edge_month on = rated_month_on(&again->month, again->agreement);
    scope.from_us = on.span.midnights_us[0];
    scope.until_us = on.span.midnights_us[on.span.days];
    TRY(usage_load(call->db, call->arena, &scope, &again->usage, fault));
    return usage_by_edge_of(&again->snapshot, &again->usage, call->arena, &again->by_edge, fault);
}

static void find_customer(struct rating_again *again) {
    for (size_t i = 0; i < again->charge.customer_count; i++) {
        if (again->charge.customers[i].customer_id == again->asked->line->customer_id) {
            again->customer = &again->charge.customers[i];
        }
    }
}

/* The rated line that the billed one is: one that charges the same, else the one in its place. */
static bool find_line(const struct rating_again *again, size_t *found) {
    const struct billed_line *billed = again->asked->line;
    size_t ordinal = 0;
    bool has_found = false;
    for (size_t i = 0; i < again->charge.line_count; i++) {
        struct billed_line line = sku_charge_line(&again->charge, i);
        if (lines_charge_the_same(&line, billed)) {
            *found = i;
            return true;
        }
        if (line.customer_id == billed->customer_id && ordinal++ == again->asked->ordinal) {
            *found = i;
            has_found = true;
        }
    }
    return has_found;
}

/* ---- the meter ---- */

/* A licence of the edge with its place in the usage. */
struct placed_licence {
    const struct usage_licence *licence;
    uint32_t place; /* among the meter's licences */
};

static int compare_licences(const void *left, const void *right) {
    const struct usage_licence *a = ((const struct placed_licence *)left)->licence;
    const struct usage_licence *b = ((const struct placed_licence *)right)->licence;
    if (a->first_on_at_us != b->first_on_at_us) {
        return a->first_on_at_us < b->first_on_at_us ? -1 : 1;
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

/* The group's licences that are billed on the edge, by their first event on. */
static struct placed_licence *find_licences(const struct rating_again *again, const struct edge_month *on,
                                            size_t *count) {
    const struct usage_group *group = again->customer->group;
    struct placed_licence *placed =
        ARENA_NEW(again->call->arena, struct placed_licence, group->licence_count);
    *count = 0;
    for (uint32_t i = 0; i < group->licence_count; i++) {
        const struct usage_licence *licence = &again->customer->usage->licences[group->first_licence + i];
        if (usage_is_billed(licence, on->seller_depth)) {
            placed[*count] = (struct placed_licence){licence, (uint32_t)*count};
            (*count)++;
        }
    }
    qsort(placed, *count, sizeof *placed, compare_licences);
    return placed;
}

/* An event while the events are put in order. */
struct ordered_event {
    struct explained_event event;
    uint32_t shown; /* the licence's place among those that are shown */
};

static int compare_events(const void *left, const void *right) {
    const struct ordered_event *a = left;
    const struct ordered_event *b = right;
    if (a->event.at_us != b->event.at_us) {
        return a->event.at_us < b->event.at_us ? -1 : 1;
    }
    return a->shown < b->shown ? -1 : a->shown > b->shown;
}

/* The changes as events: several of a licence at one instant are one, as S(t) has it (R6.1). */
static void fill_events(const struct rating_again *again, const struct meter_group *meter,
                        const uint32_t *shown_of_place, struct explained_meter *out) {
    struct arena *arena = again->call->arena;
    struct ordered_event *ordered = ARENA_NEW(arena, struct ordered_event, meter->change_count);
    struct explained_event *events = ARENA_NEW(arena, struct explained_event, meter->change_count);
    int32_t *seats = ARENA_NEW(arena, int32_t, meter->licence_count);
    size_t *last = ARENA_NEW(arena, size_t, meter->licence_count); /* event + 1 of each licence; 0: none */
    size_t count = 0;
    for (size_t i = 0; i < meter->licence_count; i++) {
        seats[i] = meter->opening_seats[i];
    }
    for (size_t i = 0; i < meter->change_count; i++) {
        const struct seat_change *change = &meter->changes[i];
        uint32_t shown = shown_of_place[change->licence];
        size_t before = last[change->licence];
        if (before > 0 && ordered[before - 1].event.at_us == change->at_us) {
            ordered[before - 1].event.seats_after = change->seats;
        } else {
            ordered[count].event = (struct explained_event){out->licences[shown].identifier, change->at_us,
                                                            seats[change->licence], change->seats};
            ordered[count++].shown = shown;
            last[change->licence] = count;
        }
        seats[change->licence] = change->seats;
    }
    qsort(ordered, count, sizeof *ordered, compare_events);
    out->event_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (ordered[i].event.seats_before != ordered[i].event.seats_after) {
            events[out->event_count++] = ordered[i].event;
        }
    }
    out->events = events;
}

/* Fills in what the edge meters of the customer: licences, events and S(t). */
static void fill_meter(struct rating_again *again, const struct edge_month *on, struct explained_meter *out) {
    struct arena *arena = again->call->arena;
    const struct metering *metering = &again->charge.metering;
    struct usage_meter meter;
    size_t count = 0;
    if (again->customer == NULL || again->customer->group == NULL ||
        !usage_meter_at(again->customer->usage, again->customer->group, on->seller_depth, on->usage_scratch,
                        &meter)) {
        return;
    }
    const struct placed_licence *placed = find_licences(again, on, &count);
    assert(count == meter.meter.licence_count);
    out->trace = meter_trace_of(&meter.meter, &on->span, metering->from_us, arena);
    out->measured = again->customer->measured.quantity;
    assert(meter_trace_quantity(&out->trace, count, metering->policy).parts == out->measured.parts);
    struct explained_licence *licences = ARENA_NEW(arena, struct explained_licence, count);
    uint32_t *shown_of_place = ARENA_NEW(arena, uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t place = placed[i].place;
        shown_of_place[place] = (uint32_t)i;
        licences[i] = (struct explained_licence){
            identifier_text(again->call, IDENTIFIER_LICENCE, placed[i].licence->id),
            meter.meter.opening_seats[place], out->trace.licence_highest[place]};
    }
    out->licences = licences;
    out->licence_count = count;
    fill_events(again, &meter.meter, shown_of_place, out);
}

/* ---- the sum ---- */

bool explained_is_rounded(const struct billed_line *line, struct currency currency) {
    wide exact = (wide)line->quantity_parts * line->unit_price_millionths;
    wide amount = (wide)line->amount_minor * line->parts_per_unit;
    for (int digit = currency.minor_digits; digit < PRICE_DIGITS; digit++) {
        amount *= 10;
    }
    return exact != amount;
}

/* "8/30 (8 seat-days in a month of 30 days)", "12". */
static struct text quantity_words(struct arena *arena, struct quantity quantity) {
    if (quantity.parts_per_unit == 1) {
        return quantity_format(arena, quantity);
    }
    return text_format(arena, "%lld/%lld (%lld seat-days in a month of %lld days)", (long long)quantity.parts,
                       (long long)quantity.parts_per_unit, (long long)quantity.parts,
                       (long long)quantity.parts_per_unit);
}

/* How the tier was reached, and what of it is the line's. */
static struct text tier_words(const struct rating_again *again, const struct explained_sum *sum,
                              struct quantity quantity) {
    struct arena *arena = again->call->arena;
    const struct price *price = again->charge.price;
    if (quantity.parts == 0) {
        return TEXT("");
    }
    struct text total = quantity_format(arena, sum->total);
    long long from = (long long)price->tiers[sum->tier].from;
    switch (price->mode) {
    case TIER_FLAT:
        return TEXT("");
    case TIER_VOLUME:
        return text_format(arena, "All customers come to %.*s, which reaches the tier from unit %lld. ",
                           TEXT_ARGS(total), from);
    case TIER_GRADUATED:
        break;
    }
    return text_format(arena, "Of %.*s of all customers the tier from unit %lld has %.*s%s%.*s%s. ",
                       TEXT_ARGS(total), from, TEXT_ARGS(quantity_format(arena, sum->tier_total)),
                       sum->is_shared ? ", shared by largest remainder, of which " : "",
                       TEXT_ARGS(sum->is_shared ? quantity_format(arena, quantity) : TEXT("")),
                       sum->is_shared ? " are this line's" : "");
}

static struct text sum_words(const struct rating_again *again, const struct explained_sum *sum,
                             const struct billed_line *line, struct currency currency) {
    struct arena *arena = again->call->arena;
    struct quantity quantity = {line->quantity_parts, line->parts_per_unit};
    struct text minimum = TEXT("");
    if (line->customer_id == 0) {
        minimum = text_format(arena, "All customers together are charged for less than the minimum of %lld. ",
                              (long long)again->charge.metering.minimum_units);
    }
    return text_format(arena, "%.*s%.*s%.*s × %.*s = %.*s%s.", TEXT_ARGS(minimum),
                       TEXT_ARGS(tier_words(again, sum, quantity)),
                       TEXT_ARGS(quantity_words(arena, quantity)),
                       TEXT_ARGS(decimal_format_short(arena, line->unit_price_millionths, PRICE_DIGITS)),
                       TEXT_ARGS(money_format(arena, line->amount_minor, currency)),
                       sum->is_rounded ? EXPLAINED_ROUNDING : "");
}

static void fill_sum(const struct rating_again *again, size_t at, struct line_explanation *result) {
    const struct sku_charge *charge = &again->charge;
    const struct rating_line *rated = &charge->lines[at];
    struct explained_sum *sum = &result->sum;
    size_t sharing = 0;
    bool has_other_tiers = false;
    *sum = (struct explained_sum){.tier = rated->tier};
    sum->total.parts_per_unit = sum->tier_total.parts_per_unit = rated->quantity.parts_per_unit;
    for (size_t i = 0; i < charge->line_count; i++) {
        const struct rating_line *line = &charge->lines[i];
        sum->total.parts += line->quantity.parts;
        if (line->tier == rated->tier) {
            sum->tier_total.parts += line->quantity.parts;
            sharing += line->quantity.parts > 0;
        } else {
            has_other_tiers = has_other_tiers || line->quantity.parts > 0;
        }
    }
    sum->is_shared =
        charge->price->mode == TIER_GRADUATED && has_other_tiers && sharing > 1 && rated->quantity.parts > 0;
    sum->is_rounded = explained_is_rounded(&result->computed, result->currency);
    sum->words = sum_words(again, sum, &result->computed, result->currency);
}

/* ---- all of it ---- */

/* What sets units. A late event sets none: the meter has it. */
static struct explained_override explained(const struct override *override) {
    return override == NULL || override->late_count > 0
               ? (struct explained_override){.reason = TEXT("")}
               : (struct explained_override){true, override->units, override->reason};
}

static enum status explain_rated(struct rating_again *again, struct line_explanation *result,
                                 struct fault *fault) {
    const struct billed_line *billed = again->asked->line;
    struct arena *arena = again->call->arena;
    size_t at = 0;
    TRY(read_month(again, result->month, fault));
    struct edge_month on = rated_month_on(&again->month, again->agreement);
    TRY(sku_charge_of(&again->month, arena, &on, again->agreement, again->sku, &again->charge, fault));
    find_customer(again);
    result->meter.time_zone = again->snapshot.agreements[again->agreement].time_zone;
    result->rules = on.rules;
    result->meter.span = on.span;
    result->meter.counted_from_us = again->charge.metering.from_us;
    result->meter.measured.parts_per_unit = again->charge.metering.parts_per_unit;
    fill_meter(again, &on, &result->meter);
    if (again->customer != NULL) {
        result->why = again->customer->charged.why;
        result->charged = again->customer->charged.quantity;
        result->adjustment = explained(again->customer->adjustment);
        result->correction = explained(again->customer->correction);
    }
    result->price = again->charge.price;
    result->has_computed = find_line(again, &at);
    if (result->has_computed) {
        result->computed = sku_charge_line(&again->charge, at);
        fill_sum(again, at, result);
    }
    result->agrees = result->has_computed && lines_charge_the_same(&result->computed, billed) &&
                     result->computed.measured_parts == billed->measured_parts;
    return STATUS_OK;
}

enum status explain_usage(struct call *call, const struct usage_to_explain *usage,
                          struct line_explanation *result, struct fault *fault) {
    const struct programme_part part = {
        .around_id = usage->head->buyer_id, .party_id = usage->head->buyer_id, .sku_id = usage->line->sku_id};
    struct rating_again again = {.call = call, .asked = usage, .part = part};
    enum status status = snapshot_load(call, &part, &again.snapshot, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    again.agreement = snapshot_agreement_in(&again.snapshot, usage->head->agreement_id, usage->head->month);
    if (again.agreement != SNAPSHOT_NONE && usage->line->corrects_month.index != INVOICE_NO_MONTH) {
        /* The document may be of a later agreement than the month that it corrects. */
        again.agreement =
            snapshot_agreement_of_month(&again.snapshot, again.snapshot.edge_of_agreement[again.agreement],
                                        usage->line->corrects_month, true);
    }
    again.sku = snapshot_sku_find(&again.snapshot, usage->line->sku_id);
    if (again.agreement != SNAPSHOT_NONE && again.sku != SNAPSHOT_NONE) {
        status = explain_rated(&again, result, fault);
    }
done:
    snapshot_close(&again.snapshot);
    return status;
}
