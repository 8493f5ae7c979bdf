/* Previews as JSON: edge by edge, month by month, what each SKU would come to without the change and with it.
 */
#include "json/represent.h"

enum { PRICE_DIGITS = 6 };

static void write_sum(struct json_writer *out, const char *name, money_wide minor, struct currency currency) {
    json_write_text(out, name, money_format_wide(out->arena, minor, currency));
}

static void write_named(struct json_writer *out, const char *name, struct text identifier, struct text code,
                        struct text its_name) {
    if (code.length == 0) {
        json_write_null(out, name);
        return;
    }
    json_write_open(out, name);
    if (identifier.length > 0) {
        json_write_text(out, "id", identifier);
    }
    json_write_text(out, "code", code);
    if (its_name.length > 0) {
        json_write_text(out, "name", its_name);
    }
    json_write_close(out);
}

static void write_price(struct json_writer *out, const struct price *price) {
    if (price == NULL) {
        json_write_null(out, "price");
        return;
    }
    json_write_open(out, "price");
    json_write_text(out, "effective_from", date_format(out->arena, price->effective_from));
    json_write_string(out, "policy", metering_policy_name(price->policy));
    json_write_string(out, "tier_mode", tier_mode_name(price->mode));
    json_write_int(out, "minimum", price->terms.minimum_units);
    json_write_int(out, "free_months", price->terms.free_months);
    json_write_text_or_null(out, "trial_end",
                            price->terms.has_trial_end ? date_format(out->arena, price->terms.trial_end)
                                                       : TEXT(""));
    json_write_bool(out, "not_for_resale", price->terms.not_for_resale);
    json_write_close(out);
}

static void write_side(struct json_writer *out, const char *name, const struct preview_side *side,
                       struct currency currency) {
    json_write_open(out, name);
    write_sum(out, "amount", side->amount_minor, currency);
    json_write_text(out, "measured", quantity_format(out->arena, side->measured));
    json_write_text(out, "units", quantity_format(out->arena, side->charged));
    json_write_string(out, "why", charge_reason_name(side->why));
    write_price(out, side->price);
    json_write_open_array(out, "lines");
    for (size_t i = 0; i < side->line_count; i++) {
        const struct preview_line *line = &side->lines[i];
        json_write_open(out, NULL);
        json_write_text(out, "units", quantity_format(out->arena, line->quantity));
        json_write_text(out, "unit_price",
                        decimal_format_short(out->arena, line->unit_price_millionths, PRICE_DIGITS));
        json_write_int(out, "tier_from", line->tier_from);
        write_sum(out, "amount", line->amount_minor, currency);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_close(out);
}

static void write_row(struct json_writer *out, const struct preview_row *row, struct currency currency) {
    json_write_open(out, NULL);
    write_named(out, "sku", row->sku, row->sku_code, row->sku_name);
    write_named(out, "customer", row->customer, row->customer_code, row->customer_name);
    write_side(out, "before", &row->before, currency);
    write_side(out, "after", &row->after, currency);
    write_sum(out, "difference", row->difference_minor, currency);
    json_write_close(out);
}

static void write_problem(struct json_writer *out, const struct preview_month *month) {
    if (month->reason.length == 0) {
        json_write_null(out, "problem");
        return;
    }
    json_write_open(out, "problem");
    json_write_text(out, "reason", month->reason);
    json_write_text(out, "message", month->message);
    json_write_close(out);
}

static void write_month(struct json_writer *out, const char *name, const struct preview_month *month) {
    if (!month->is_there) {
        json_write_null(out, name);
        return;
    }
    json_write_open(out, name);
    json_write_text(out, "month", month_format(out->arena, month->month));
    json_write_string(out, "currency", month->currency.code);
    json_write_bool(out, "billed_elsewhere", month->billed_elsewhere);
    write_sum(out, "before", month->before_minor, month->currency);
    write_sum(out, "after", month->after_minor, month->currency);
    write_sum(out, "difference", month->after_minor - month->before_minor, month->currency);
    write_problem(out, month);
    json_write_open_array(out, "rows");
    for (size_t i = 0; i < month->row_count; i++) {
        write_row(out, &month->rows[i], month->currency);
    }
    json_write_close_array(out);
    json_write_close(out);
}

static const char *const MONTH_NAMES[PREVIEW_MONTHS] = {"this_month", "whole_month"};

static void write_edge(struct json_writer *out, const struct preview_edge *edge) {
    json_write_open(out, NULL);
    json_write_text_or_null(out, "agreement", edge->agreement);
    write_named(out, "seller", TEXT(""), edge->seller_code, edge->seller_name);
    write_named(out, "buyer", TEXT(""), edge->buyer_code, edge->buyer_name);
    json_write_text_or_null(out, "side",
                            edge->is_revenue ? TEXT("revenue")
                            : edge->is_cost  ? TEXT("cost")
                                             : TEXT(""));
    for (int at = 0; at < PREVIEW_MONTHS; at++) {
        write_month(out, MONTH_NAMES[at], &edge->months[at]);
    }
    json_write_close(out);
}

static void write_total(struct json_writer *out, const struct preview_total *total) {
    json_write_open(out, NULL);
    json_write_string(out, "currency", total->currency.code);
    for (int at = 0; at < PREVIEW_MONTHS; at++) {
        json_write_open(out, MONTH_NAMES[at]);
        write_sum(out, "revenue", total->revenue_minor[at], total->currency);
        write_sum(out, "cost", total->cost_minor[at], total->currency);
        write_sum(out, "margin", total->revenue_minor[at] - total->cost_minor[at], total->currency);
        json_write_close(out);
    }
    json_write_close(out);
}

void represent_preview(struct json_writer *out, const char *name, const struct preview *preview) {
    json_write_open(out, name);
    json_write_instant(out, "at", preview->at_us);
    json_write_int(out, "licences", preview->licences);
    json_write_int(out, "passed_over", preview->passed);
    json_write_int(out, "customers", preview->customers);
    json_write_open_array(out, "edges");
    for (size_t i = 0; i < preview->edge_count; i++) {
        write_edge(out, &preview->edges[i]);
    }
    json_write_close_array(out);
    json_write_open_array(out, "totals");
    for (size_t i = 0; i < preview->total_count; i++) {
        write_total(out, &preview->totals[i]);
    }
    json_write_close_array(out);
    json_write_open_array(out, "blocks");
    for (size_t i = 0; i < preview->block_count; i++) {
        json_write_open(out, NULL);
        json_write_text(out, "id", preview->blocks[i].block);
        json_write_int(out, "free_seats", preview->blocks[i].free_seats);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_close(out);
}

/* A row with its edge and month, for a table. */
static void represent_flat_month(struct json_writer *out, const struct preview_edge *edge, int at) {
    const struct preview_month *month = &edge->months[at];
    for (size_t i = 0; i < month->row_count; i++) {
        const struct preview_row *row = &month->rows[i];
        json_write_open(out, NULL);
        json_write_text(out, "month", month_format(out->arena, month->month));
        json_write_text(out, "seller", edge->seller_code);
        json_write_text(out, "buyer", edge->buyer_code);
        json_write_text(out, "customer", row->customer_code);
        json_write_text(out, "sku", row->sku_code);
        json_write_text(out, "units_before", quantity_format(out->arena, row->before.charged));
        json_write_text(out, "units_after", quantity_format(out->arena, row->after.charged));
        write_sum(out, "before", row->before.amount_minor, month->currency);
        write_sum(out, "after", row->after.amount_minor, month->currency);
        write_sum(out, "difference", row->difference_minor, month->currency);
        json_write_string(out, "currency", month->currency.code);
        json_write_close(out);
    }
}

void represent_preview_rows(struct json_writer *out, const struct preview *preview) {
    for (size_t i = 0; i < preview->edge_count; i++) {
        for (int at = 0; at < PREVIEW_MONTHS; at++) {
            represent_flat_month(out, &preview->edges[i], at);
        }
    }
}
