/* The explanation of a line, as JSON. It has the members that its kind of line has anything to say of. */
#include "json/represent.h"

enum { PRICE_DIGITS = 6 };

static void write_quantity(struct json_writer *out, const char *name, struct quantity quantity) {
    json_write_text(out, name, quantity_format(out->arena, quantity));
}

static void write_unit_price(struct json_writer *out, int64_t unit_price_millionths) {
    json_write_text(out, "unit_price", decimal_format_short(out->arena, unit_price_millionths, PRICE_DIGITS));
}

static void write_billed(struct json_writer *out, const struct line_explanation *explanation) {
    const struct invoice_line *billed = &explanation->billed;
    json_write_open(out, "billed");
    json_write_text_or_null(out, "customer", billed->customer_code);
    json_write_text_or_null(out, "sku", billed->sku);
    json_write_text(out, "description", billed->description);
    json_write_text_or_null(out, "policy", billed->policy);
    write_quantity(out, "measured", billed->measured);
    write_quantity(out, "quantity", billed->quantity);
    write_unit_price(out, billed->unit_price_millionths);
    json_write_text(out, "amount", money_format(out->arena, billed->amount_minor, explanation->currency));
    json_write_text_or_null(out, "note", billed->note);
    json_write_close(out);
}

static void write_computed(struct json_writer *out, const struct line_explanation *explanation) {
    const struct billed_line *computed = &explanation->computed;
    if (!explanation->has_computed) {
        json_write_null(out, "computed");
        return;
    }
    json_write_open(out, "computed");
    write_quantity(out, "measured", (struct quantity){computed->measured_parts, computed->parts_per_unit});
    write_quantity(out, "quantity", (struct quantity){computed->quantity_parts, computed->parts_per_unit});
    write_unit_price(out, computed->unit_price_millionths);
    json_write_text(out, "amount", money_format(out->arena, computed->amount_minor, explanation->currency));
    json_write_close(out);
}

static void write_price(struct json_writer *out, const struct price *price) {
    const struct price_terms *terms = &price->terms;
    json_write_open(out, "price");
    json_write_text(out, "effective_from", date_format(out->arena, price->effective_from));
    json_write_string(out, "policy", metering_policy_name(price->policy));
    json_write_string(out, "tier_mode", tier_mode_name(price->mode));
    json_write_open_array(out, "tiers");
    for (size_t i = 0; i < price->tier_count; i++) {
        json_write_open(out, NULL);
        json_write_int(out, "from", price->tiers[i].from);
        write_unit_price(out, price->tiers[i].unit_price_millionths);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_int(out, "minimum", terms->minimum_units);
    json_write_int(out, "free_months", terms->free_months);
    json_write_text_or_null(out, "trial_end",
                            terms->has_trial_end ? date_format(out->arena, terms->trial_end) : TEXT(""));
    json_write_bool(out, "not_for_resale", terms->not_for_resale);
    json_write_close(out);
}

static void write_override(struct json_writer *out, const char *name, const struct explained_override *from) {
    if (!from->is_set) {
        json_write_null(out, name);
        return;
    }
    json_write_open(out, name);
    json_write_int(out, "units", from->units);
    json_write_text(out, "reason", from->reason);
    json_write_close(out);
}

static void write_licences(struct json_writer *out, const struct explained_meter *meter) {
    json_write_open_array(out, "licences");
    for (size_t i = 0; i < meter->licence_count; i++) {
        json_write_open(out, NULL);
        json_write_text(out, "licence", meter->licences[i].identifier);
        json_write_int(out, "opening_seats", meter->licences[i].opening_seats);
        json_write_int(out, "highest_seats", meter->licences[i].highest_seats);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_open_array(out, "events");
    for (size_t i = 0; i < meter->event_count; i++) {
        json_write_open(out, NULL);
        json_write_text(out, "licence", meter->events[i].licence);
        json_write_instant(out, "at", meter->events[i].at_us);
        json_write_int(out, "seats_before", meter->events[i].seats_before);
        json_write_int(out, "seats_after", meter->events[i].seats_after);
        json_write_close(out);
    }
    json_write_close_array(out);
}

static void write_steps(struct json_writer *out, const struct line_explanation *explanation) {
    const struct meter_trace *trace = &explanation->meter.trace;
    struct date first = month_first_day(explanation->month);
    json_write_open_array(out, "steps");
    for (size_t i = 0; i < trace->step_count; i++) {
        json_write_open(out, NULL);
        json_write_instant(out, "at", trace->steps[i].at_us);
        json_write_int(out, "seats", trace->steps[i].seats);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_open_array(out, "days");
    for (size_t i = 0; i < trace->day_count; i++) {
        json_write_open(out, NULL);
        json_write_text(
            out, "date",
            date_format(out->arena, (struct date){first.day + explanation->meter.span.day_of_month[i] - 1}));
        json_write_int(out, "highest_seats", trace->day_highest[i]);
        json_write_close(out);
    }
    json_write_close_array(out);
}

static void write_meter(struct json_writer *out, const struct line_explanation *explanation) {
    const struct explained_meter *meter = &explanation->meter;
    json_write_open(out, "meter");
    json_write_text(out, "time_zone", meter->time_zone);
    json_write_instant(out, "from", meter->span.midnights_us[0]);
    json_write_instant(out, "until", meter->span.midnights_us[meter->span.days]);
    json_write_instant(out, "counted_from", meter->counted_from_us);
    write_licences(out, meter);
    write_steps(out, explanation);
    write_quantity(out, "measured", meter->measured);
    json_write_close(out);
}

static void write_sum(struct json_writer *out, const struct line_explanation *explanation) {
    const struct explained_sum *sum = &explanation->sum;
    json_write_open(out, "sum");
    write_quantity(out, "total", sum->total);
    json_write_int(out, "tier_from", explanation->price->tiers[sum->tier].from);
    write_quantity(out, "tier_total", sum->tier_total);
    json_write_bool(out, "shared_by_largest_remainder", sum->is_shared);
    json_write_bool(out, "rounded", sum->is_rounded);
    json_write_close(out);
}

/* Everything that a line of usage, of a minimum or of a correction was rated from. */
static void write_rating(struct json_writer *out, const struct line_explanation *explanation) {
    bool is_customer = explanation->billed.customer_code.length > 0;
    write_computed(out, explanation);
    json_write_int(out, "rules", explanation->rules);
    if (explanation->price == NULL) {
        json_write_null(out, "price");
    } else {
        write_price(out, explanation->price);
    }
    if (is_customer) {
        write_meter(out, explanation);
        json_write_string(out, "charged_because", charge_reason_name(explanation->why));
        write_quantity(out, "charged", explanation->charged);
    }
    write_override(out, "adjustment", &explanation->adjustment);
    write_override(out, "correction", &explanation->correction);
    if (explanation->has_computed && explanation->price != NULL) {
        write_sum(out, explanation);
    }
}

static void write_reference(struct json_writer *out, const char *name,
                            const struct explained_reference *reference) {
    if (reference->invoice.length == 0) {
        json_write_null(out, name);
        return;
    }
    json_write_open(out, name);
    json_write_text(out, "invoice", reference->invoice);
    json_write_text(out, "number", reference->number);
    json_write_int(out, "line", reference->line);
    json_write_close(out);
}

static void write_replaced(struct json_writer *out, const struct line_explanation *explanation) {
    json_write_open_array(out, "replaces");
    for (size_t i = 0; i < explanation->replaced_count; i++) {
        json_write_int(out, NULL, explanation->replaces[i]);
    }
    json_write_close_array(out);
}

static void write_kind(struct json_writer *out, const struct line_explanation *explanation) {
    switch (explanation->kind) {
    case EXPLAINED_CORRECTION:
        write_replaced(out, explanation);
        write_rating(out, explanation);
        break;
    case EXPLAINED_USAGE:
    case EXPLAINED_MINIMUM:
        write_rating(out, explanation);
        break;
    case EXPLAINED_CHARGE:
        json_write_text_or_null(out, "charge", explanation->charge);
        json_write_instant(out, "added_at", explanation->charge_added_at_us);
        break;
    case EXPLAINED_REVERSAL:
        write_reference(out, "reverses", &explanation->reference);
        break;
    case EXPLAINED_CREDIT:
        write_reference(out, "credits", &explanation->reference);
        break;
    case EXPLAINED_NO_DIFFERENCE:
        break;
    }
}

void represent_explanation(struct json_writer *out, const char *name,
                           const struct line_explanation *explanation) {
    json_write_open(out, name);
    json_write_text(out, "invoice", explanation->invoice);
    json_write_text(out, "number", explanation->number);
    json_write_int(out, "line", explanation->line);
    json_write_string(out, "kind", explained_kind_name(explanation->kind));
    json_write_text(out, "agreement", explanation->agreement);
    json_write_text(out, "seller", explanation->seller_code);
    json_write_text(out, "buyer", explanation->buyer_code);
    json_write_text(out, "month", month_format(out->arena, explanation->month));
    json_write_string(out, "currency", explanation->currency.code);
    write_billed(out, explanation);
    json_write_bool(out, "agrees", explanation->agrees);
    json_write_text_or_null(out, "arithmetic", explanation->sum.words);
    write_kind(out, explanation);
    json_write_close(out);
}
