#include "cli/commands/explanation.h"

#include "cli/show.h"
#include "core/time/instant.h"

#include <stdio.h>

enum { PRICE_DIGITS = 6 };

static struct text price_text(struct arena *arena, int64_t unit_price_millionths) {
    return decimal_format_short(arena, unit_price_millionths, PRICE_DIGITS);
}

/* An instant without the parts of a second that it has not. */
static struct text instant_text(struct arena *arena, int64_t at_us) {
    struct text full = instant_format(arena, at_us);
    bool is_whole = at_us % 1000000 == 0 && full.length > 8;
    return is_whole ? text_format(arena, "%.*sZ", (int)full.length - 8, full.at) : full;
}

static void print_head(struct arena *arena, const struct line_explanation *from) {
    const struct invoice_line *billed = &from->billed;
    show_line(stdout, "%.*s line %lld, %.*s → %.*s, %.*s: %s\n", TEXT_ARGS(from->number),
              (long long)from->line, TEXT_ARGS(from->seller_code), TEXT_ARGS(from->buyer_code),
              TEXT_ARGS(month_format(arena, from->month)), explained_kind_name(from->kind));
    show_line(stdout, "line      %.*s%s%.*s: %.*s × %.*s = %.*s %s%s%.*s\n", TEXT_ARGS(billed->customer_code),
              billed->customer_code.length > 0 ? " " : "", TEXT_ARGS(billed->description),
              TEXT_ARGS(quantity_format(arena, billed->quantity)),
              TEXT_ARGS(price_text(arena, billed->unit_price_millionths)),
              TEXT_ARGS(money_format(arena, billed->amount_minor, from->currency)), from->currency.code,
              billed->note.length > 0 ? ", " : "", TEXT_ARGS(billed->note));
}

static void print_price(struct arena *arena, const struct price *price) {
    const struct price_terms *terms = &price->terms;
    show_line(stdout, "price     from %.*s: %s, %s", TEXT_ARGS(date_format(arena, price->effective_from)),
              metering_policy_name(price->policy), tier_mode_name(price->mode));
    for (size_t i = 0; i < price->tier_count; i++) {
        show_line(stdout, "%s %.*s", i == 0 ? "," : ";",
                  TEXT_ARGS(price_text(arena, price->tiers[i].unit_price_millionths)));
        if (price->tier_count > 1) {
            show_line(stdout, " from unit %lld", (long long)price->tiers[i].from);
        }
    }
    if (terms->minimum_units > 0) {
        show_line(stdout, "; minimum %lld", (long long)terms->minimum_units);
    }
    if (terms->free_months > 0) {
        show_line(stdout, "; free months %d", (int)terms->free_months);
    }
    if (terms->has_trial_end) {
        show_line(stdout, "; trial until %.*s", TEXT_ARGS(date_format(arena, terms->trial_end)));
    }
    show_line(stdout, "%s\n", terms->not_for_resale ? "; not for resale" : "");
}

static void print_licences(struct arena *arena, const struct explained_meter *meter) {
    for (size_t i = 0; i < meter->licence_count; i++) {
        show_line(stdout, "licence   %.*s  seats before the month %d, at most %d in it\n",
                  TEXT_ARGS(meter->licences[i].identifier), (int)meter->licences[i].opening_seats,
                  (int)meter->licences[i].highest_seats);
    }
    for (size_t i = 0; i < meter->event_count; i++) {
        show_line(stdout, "event     %.*s  %.*s  seats %d → %d\n",
                  TEXT_ARGS(instant_text(arena, meter->events[i].at_us)), TEXT_ARGS(meter->events[i].licence),
                  (int)meter->events[i].seats_before, (int)meter->events[i].seats_after);
    }
}

/* The highest S(t) of the days on which there was any, neighbours of the same joined. */
static void print_days(struct arena *arena, const struct line_explanation *from) {
    const struct meter_trace *trace = &from->meter.trace;
    struct date first = month_first_day(from->month);
    const uint8_t *days = from->meter.span.day_of_month;
    for (size_t i = 0, end = 0; i < trace->day_count; i = end) {
        for (end = i + 1; end < trace->day_count && trace->day_highest[end] == trace->day_highest[i]; end++) {
        }
        if (trace->day_highest[i] > 0) {
            show_line(stdout, "days      %.*s to %.*s  highest %lld\n",
                      TEXT_ARGS(date_format(arena, (struct date){first.day + days[i] - 1})),
                      TEXT_ARGS(date_format(arena, (struct date){first.day + days[end - 1] - 1})),
                      (long long)trace->day_highest[i]);
        }
    }
}

static void print_meter(struct arena *arena, const struct line_explanation *from) {
    const struct explained_meter *meter = &from->meter;
    show_line(stdout, "month     %.*s to %.*s (%.*s)\n",
              TEXT_ARGS(instant_text(arena, meter->span.midnights_us[0])),
              TEXT_ARGS(instant_text(arena, meter->span.midnights_us[meter->span.days])),
              TEXT_ARGS(meter->time_zone));
    if (meter->counted_from_us > meter->span.midnights_us[0]) {
        show_line(stdout, "counted   from %.*s\n", TEXT_ARGS(instant_text(arena, meter->counted_from_us)));
    }
    print_licences(arena, meter);
    for (size_t i = 0; i < meter->trace.step_count; i++) {
        show_line(stdout, "S(t)      %.*s  %lld\n",
                  TEXT_ARGS(instant_text(arena, meter->trace.steps[i].at_us)),
                  (long long)meter->trace.steps[i].seats);
    }
    if (from->price != NULL && from->price->policy == POLICY_DAILY) {
        print_days(arena, from);
    }
}

static void print_override(const char *name, const struct explained_override *override) {
    if (override->is_set) {
        show_line(stdout, "%-9s %lld units: %.*s\n", name, (long long) override->units,
                  TEXT_ARGS(override->reason));
    }
}

static void print_rating(struct arena *arena, const struct line_explanation *from) {
    printf("rules     version %d\n", from->rules);
    if (from->price != NULL) {
        print_price(arena, from->price);
    }
    if (from->billed.customer_code.length > 0) {
        print_meter(arena, from);
        show_line(stdout, "measured  %.*s\n", TEXT_ARGS(quantity_format(arena, from->meter.measured)));
        print_override("adjusted", &from->adjustment);
        print_override("corrected", &from->correction);
        show_line(stdout, "charged   %.*s: %s\n", TEXT_ARGS(quantity_format(arena, from->charged)),
                  charge_reason_name(from->why));
    }
    for (size_t i = 0; i < from->replaced_count; i++) {
        show_line(stdout, "replaces  line %lld\n", (long long)from->replaces[i]);
    }
}

static void print_kind(struct arena *arena, const struct line_explanation *from) {
    const struct explained_reference *reference = &from->reference;
    switch (from->kind) {
    case EXPLAINED_USAGE:
    case EXPLAINED_MINIMUM:
    case EXPLAINED_CORRECTION:
        print_rating(arena, from);
        break;
    case EXPLAINED_CHARGE:
        if (from->charge.length > 0) {
            show_line(stdout, "charge    %.*s, added at %.*s\n", TEXT_ARGS(from->charge),
                      TEXT_ARGS(instant_text(arena, from->charge_added_at_us)));
        }
        break;
    case EXPLAINED_REVERSAL:
    case EXPLAINED_CREDIT:
        if (reference->invoice.length > 0) {
            show_line(stdout, "%-9s %.*s line %lld\n",
                      from->kind == EXPLAINED_CREDIT ? "credits" : "reverses", TEXT_ARGS(reference->number),
                      (long long)reference->line);
        }
        break;
    case EXPLAINED_NO_DIFFERENCE:
        show_line(stdout, "The month was rated again with its corrections, and nothing differs.\n");
        break;
    }
}

void explanation_print(struct arena *arena, const struct line_explanation *explanation) {
    print_head(arena, explanation);
    print_kind(arena, explanation);
    if (explanation->sum.words.length > 0) {
        show_line(stdout, "sum       %.*s\n", TEXT_ARGS(explanation->sum.words));
    }
    if (!explanation->agrees) {
        show_line(stdout, "differs   What is computed now is not what was billed. Run seatmeter check.\n");
    }
}
