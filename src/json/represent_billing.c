/* Closes, invoices, charges, corrections, the ledger, margins and the store's check, as JSON. */
#include "json/represent.h"

static void write_code(struct json_writer *out, const char *name, struct text code, struct text party_name) {
    if (code.length == 0) {
        json_write_null(out, name);
        return;
    }
    json_write_open(out, name);
    json_write_text(out, "code", code);
    if (party_name.length > 0) {
        json_write_text(out, "name", party_name);
    }
    json_write_close(out);
}

static void write_amount(struct json_writer *out, const char *name, int64_t minor, struct currency currency) {
    json_write_text(out, name, money_format(out->arena, minor, currency));
}

static void write_sum(struct json_writer *out, const char *name, money_wide minor, struct currency currency) {
    json_write_text(out, name, money_format_wide(out->arena, minor, currency));
}

static void write_credit_notes(struct json_writer *out, const struct close_month_edge *edge) {
    json_write_open_array(out, "credit_notes");
    for (size_t i = 0; i < edge->credit_note_count; i++) {
        const struct close_month_credit_note *note = &edge->credit_notes[i];
        json_write_open(out, NULL);
        json_write_text_or_null(out, "invoice", note->invoice);
        json_write_text_or_null(out, "number", note->number);
        json_write_text(out, "corrects", note->corrects);
        json_write_string(out, "currency", edge->currency.code);
        write_amount(out, "gross", note->gross_minor, edge->currency);
        json_write_close(out);
    }
    json_write_close_array(out);
}

static void write_stuck(struct json_writer *out, const struct close_month_edge *edge) {
    json_write_open_array(out, "stuck");
    for (size_t i = 0; i < edge->stuck_count; i++) {
        json_write_open(out, NULL);
        json_write_text_or_null(out, "charge", edge->stuck[i].charge);
        json_write_text_or_null(out, "sku", edge->stuck[i].sku);
        json_write_text(out, "month", month_format(out->arena, edge->stuck[i].month));
        json_write_text(out, "reason", edge->stuck[i].reason);
        json_write_close(out);
    }
    json_write_close_array(out);
}

static void write_edge(struct json_writer *out, const struct close_month_edge *edge, bool is_closed) {
    json_write_open(out, NULL);
    json_write_text(out, "agreement", edge->agreement);
    write_code(out, "seller", edge->seller_code, edge->seller_name);
    write_code(out, "buyer", edge->buyer_code, edge->buyer_name);
    if (is_closed) {
        json_write_text_or_null(out, "invoice", edge->invoice);
        json_write_text_or_null(out, "number", edge->number);
        if (edge->has_invoice) {
            json_write_string(out, "currency", edge->currency.code);
            write_amount(out, "gross", edge->gross_minor, edge->currency);
        }
        write_credit_notes(out, edge);
        write_stuck(out, edge);
        json_write_text_or_null(out, "tax_remark", edge->tax_remark);
        json_write_bool(out, "billed_elsewhere", edge->billed_elsewhere);
    } else {
        json_write_text(out, "reason", edge->reason);
        json_write_text(out, "message", edge->message);
    }
    json_write_close(out);
}

void represent_job(struct json_writer *out, const char *name, const struct job_view *job) {
    json_write_open(out, name);
    json_write_text(out, "id", job->identifier);
    json_write_string(out, "kind", "close");
    json_write_text(out, "month", month_format(out->arena, job->month));
    if (job->seller.length == 0) {
        json_write_null(out, "seller");
    } else {
        json_write_open(out, "seller");
        json_write_text(out, "id", job->seller);
        json_write_text(out, "code", job->seller_code);
        json_write_close(out);
    }
    json_write_text(out, "state", job->state);
    json_write_int(out, "edges_done", job->edges_done);
    json_write_int(out, "edges_total", job->edges_total);
    json_write_int(out, "invoices", job->invoice_count);
    json_write_int(out, "lines", job->line_count);
    json_write_instant(out, "created_at", job->created_at_us);
    json_write_instant(out, "started_at", job->started_at_us);
    json_write_instant(out, "ended_at", job->ended_at_us);
    json_write_text_or_null(out, "fault_code", job->fault_code);
    json_write_text_or_null(out, "fault_message", job->fault_message);
    if (job->has_result) {
        represent_close(out, "result", &job->result);
    } else {
        json_write_null(out, "result");
    }
    json_write_close(out);
}

void represent_close(struct json_writer *out, const char *name, const struct close_month_result *result) {
    json_write_open(out, name);
    json_write_text(out, "month", month_format(out->arena, result->month));
    json_write_bool(out, "dry_run", result->dry_run);
    json_write_int(out, "already_closed", result->already_closed);
    json_write_int(out, "invoices", result->invoice_count);
    json_write_int(out, "lines", result->line_count);
    json_write_int(out, "reports_approved", result->reports_approved);
    json_write_open_array(out, "closed");
    for (size_t i = 0; i < result->closed_count; i++) {
        write_edge(out, &result->closed[i], true);
    }
    json_write_close_array(out);
    json_write_open_array(out, "open");
    for (size_t i = 0; i < result->open_count; i++) {
        write_edge(out, &result->open[i], false);
    }
    json_write_close_array(out);
    json_write_close(out);
}

/* A credit note owes nothing, so nothing of it is due on a day. */
static void write_due_on(struct json_writer *out, enum invoice_kind kind, struct date due_on) {
    json_write_text_or_null(out, "due_on",
                            kind == INVOICE_KIND_CREDIT_NOTE ? TEXT("") : date_format(out->arena, due_on));
}

void represent_invoice(struct json_writer *out, const char *name, const struct invoice_view *invoice) {
    json_write_open(out, name);
    json_write_text(out, "id", invoice->identifier);
    json_write_text(out, "number", invoice->number);
    json_write_string(out, "kind", invoice_kind_name(invoice->kind));
    json_write_string(out, "state", machine_state_name(&invoice_machine, (int)invoice->state));
    json_write_text(out, "month", month_format(out->arena, invoice->month));
    write_code(out, "seller", invoice->seller_code, invoice->seller_name);
    write_code(out, "buyer", invoice->buyer_code, invoice->buyer_name);
    json_write_text(out, "issued_on", date_format(out->arena, invoice->issued_on));
    write_due_on(out, invoice->kind, invoice->due_on);
    json_write_text_or_null(out, "corrects", invoice->corrects_number);
    json_write_string(out, "currency", invoice->currency.code);
    write_amount(out, "net", invoice->net_minor, invoice->currency);
    write_amount(out, "tax", invoice->tax_minor, invoice->currency);
    write_amount(out, "gross", invoice->gross_minor, invoice->currency);
    write_amount(out, "due", invoice->due_minor, invoice->currency);
    json_write_close(out);
}

static void write_invoice_party(struct json_writer *out, const char *name,
                                const struct invoice_party *party) {
    json_write_open(out, name);
    json_write_text(out, "id", party->identifier);
    json_write_text(out, "code", party->code);
    json_write_text(out, "name", party->name);
    json_write_text_or_null(out, "address", party->address);
    json_write_text_or_null(out, "country", party->country);
    json_write_text_or_null(out, "tax_number", party->tax_number);
    json_write_text_or_null(out, "email", party->email);
    json_write_close(out);
}

static void write_invoice_line(struct json_writer *out, const struct invoice *invoice, size_t index) {
    const struct invoice_line *line = &invoice->lines[index];
    json_write_open(out, NULL);
    json_write_int(out, "position", line->position);
    write_code(out, "customer", line->customer_code, line->customer_name);
    json_write_text_or_null(out, "sku", line->sku);
    json_write_text(out, "description", line->description);
    json_write_text_or_null(out, "policy", line->policy);
    json_write_text(out, "measured", quantity_format(out->arena, line->measured));
    json_write_text(out, "quantity", quantity_format(out->arena, line->quantity));
    json_write_text(out, "unit_price", decimal_format_short(out->arena, line->unit_price_millionths, 6));
    write_amount(out, "amount", line->amount_minor, invoice->currency);
    json_write_string(out, "tax_category", line->tax.category);
    json_write_text(out, "tax_rate", decimal_format_short(out->arena, line->tax.rate_millionths, 4));
    json_write_text_or_null(out, "note", line->note);
    json_write_close(out);
}

static void write_taxes(struct json_writer *out, const struct invoice *invoice) {
    json_write_open_array(out, "taxes");
    for (size_t i = 0; i < invoice->tax_count; i++) {
        const struct tax_total *total = &invoice->taxes[i];
        json_write_open(out, NULL);
        json_write_string(out, "tax_category", total->tax.category);
        json_write_text(out, "tax_rate", decimal_format_short(out->arena, total->tax.rate_millionths, 4));
        write_amount(out, "taxable", total->taxable_minor, invoice->currency);
        write_amount(out, "tax", total->tax_minor, invoice->currency);
        json_write_close(out);
    }
    json_write_close_array(out);
}

void represent_invoice_in_full(struct json_writer *out, const char *name, const struct invoice_detail *view) {
    const struct invoice *invoice = &view->invoice;
    bool is_credit = invoice->kind == INVOICE_KIND_CREDIT_NOTE;
    json_write_open(out, name);
    json_write_text(out, "id", invoice->identifier);
    json_write_text(out, "number", invoice->number);
    json_write_string(out, "kind", invoice_kind_name(invoice->kind));
    json_write_string(out, "state", machine_state_name(&invoice_machine, (int)invoice->state));
    json_write_text(out, "agreement", view->agreement);
    json_write_text(out, "month", month_format(out->arena, invoice->month));
    write_invoice_party(out, "seller", &invoice->seller);
    write_invoice_party(out, "buyer", &invoice->buyer);
    json_write_text(out, "issued_on", date_format(out->arena, invoice->issued_on));
    write_due_on(out, invoice->kind, invoice->due_on);
    json_write_text_or_null(out, "terms", is_credit ? TEXT("") : invoice->terms);
    json_write_text_or_null(out, "reason", is_credit ? invoice->terms : TEXT(""));
    json_write_text_or_null(out, "corrects", invoice->corrects_number);
    json_write_string(out, "currency", invoice->currency.code);
    json_write_open_array(out, "lines");
    for (size_t i = 0; i < invoice->line_count; i++) {
        write_invoice_line(out, invoice, i);
    }
    json_write_close_array(out);
    write_taxes(out, invoice);
    write_amount(out, "net", invoice->net_minor, invoice->currency);
    write_amount(out, "tax", invoice->tax_minor, invoice->currency);
    write_amount(out, "gross", invoice->gross_minor, invoice->currency);
    write_amount(out, "credited", view->credited_minor, invoice->currency);
    write_amount(out, "set_off", view->set_off_minor, invoice->currency);
    write_amount(out, "due", view->due_minor, invoice->currency);
    json_write_instant(out, "settled_at", view->settled_at_us);
    json_write_close(out);
}

void represent_one_off_charge(struct json_writer *out, const char *name,
                              const struct one_off_charge_view *charge) {
    json_write_open(out, name);
    json_write_text(out, "id", charge->identifier);
    json_write_text(out, "agreement", charge->agreement);
    write_code(out, "seller", charge->seller_code, TEXT(""));
    write_code(out, "buyer", charge->buyer_code, TEXT(""));
    write_code(out, "customer", charge->customer_code, TEXT(""));
    json_write_text(out, "month", month_format(out->arena, charge->month));
    json_write_text(out, "description", charge->description);
    json_write_int(out, "quantity", charge->quantity);
    json_write_text(out, "unit_price", decimal_format_short(out->arena, charge->unit_price_millionths, 6));
    write_amount(out, "amount", charge->amount_minor, charge->currency);
    json_write_string(out, "currency", charge->currency.code);
    json_write_string(out, "tax_category", charge->tax.category);
    json_write_text(out, "tax_rate", decimal_format_short(out->arena, charge->tax.rate_millionths, 4));
    json_write_text_or_null(out, "invoice", charge->invoice);
    json_write_text_or_null(out, "stuck", charge->stuck);
    json_write_close(out);
}

static void write_instant_or_null(struct json_writer *out, const char *name, int64_t at_us) {
    if (at_us == 0) {
        json_write_null(out, name);
    } else {
        json_write_instant(out, name, at_us);
    }
}

/* Units, or the late event in their place. */
static void write_correct(struct json_writer *out, const struct correction_view *correction) {
    bool is_late = correction->licence.length > 0;
    json_write_text_or_null(out, "licence", correction->licence);
    if (is_late) {
        json_write_null(out, "units");
        json_write_instant(out, "at", correction->at_us);
        json_write_int(out, "seats", correction->seats);
    } else {
        json_write_int(out, "units", correction->units);
        json_write_null(out, "at");
        json_write_null(out, "seats");
    }
}

static void write_difference(struct json_writer *out, const struct correction_money *money) {
    if (money->is_known) {
        write_amount(out, "difference", money->difference_minor, money->currency);
        json_write_string(out, "currency", money->currency.code);
    } else {
        json_write_null(out, "difference");
        json_write_null(out, "currency");
    }
}

void represent_correction(struct json_writer *out, const char *name,
                          const struct correction_view *correction) {
    json_write_open(out, name);
    json_write_text_or_null(out, "id", correction->identifier);
    json_write_text(out, "agreement", correction->agreement);
    write_code(out, "seller", correction->seller_code, TEXT(""));
    write_code(out, "buyer", correction->buyer_code, TEXT(""));
    write_code(out, "giver", correction->giver_code, TEXT(""));
    write_code(out, "customer", correction->customer_code, TEXT(""));
    json_write_text(out, "sku", correction->sku);
    json_write_text(out, "month", month_format(out->arena, correction->month));
    write_correct(out, correction);
    json_write_text(out, "reason", correction->reason);
    json_write_text(out, "state", correction->state);
    write_difference(out, &correction->money);
    write_instant_or_null(out, "silent_at", correction->silent_at_us);
    write_instant_or_null(out, "decided_at", correction->decided_at_us);
    json_write_text_or_null(out, "decision", correction->decision);
    json_write_text_or_null(out, "created_by", correction->created_by);
    json_write_instant(out, "created_at", correction->created_at_us);
    json_write_text_or_null(out, "invoice", correction->invoice);
    json_write_text_or_null(out, "stuck", correction->stuck);
    json_write_close(out);
}

void represent_balance(struct json_writer *out, const char *name, const struct ledger_balance *balance) {
    json_write_open(out, name);
    write_code(out, "owner", balance->owner_code, balance->owner_name);
    json_write_text(out, "account", balance->account);
    write_code(out, "party", balance->party_code, balance->party_name);
    json_write_string(out, "currency", balance->currency.code);
    write_sum(out, "balance", balance->balance_minor, balance->currency);
    json_write_close(out);
}

static void write_margin_row(struct json_writer *out, const struct margin_row *row, bool forecast) {
    json_write_open(out, NULL);
    write_code(out, "buyer", row->buyer_code, row->buyer_name);
    write_code(out, "customer", row->customer_code, row->customer_name);
    write_code(out, "sku", row->sku, row->sku_name);
    json_write_string(out, "currency", row->currency.code);
    write_sum(out, "revenue", row->revenue_minor, row->currency);
    write_sum(out, "cost", row->cost_minor, row->currency);
    write_sum(out, "margin", row->margin_minor, row->currency);
    struct text percent = TEXT("");
    if (row->revenue_minor != 0) {
        percent = decimal_format_short(out->arena, row->margin_millionths, 4);
    }
    json_write_text_or_null(out, "margin_percent", percent);
    if (forecast) {
        write_sum(out, "revenue_so_far", row->revenue_so_far_minor, row->currency);
        write_sum(out, "cost_so_far", row->cost_so_far_minor, row->currency);
    }
    json_write_close(out);
}

void represent_margins(struct json_writer *out, const char *name, const struct show_margins_result *result) {
    json_write_open(out, name);
    json_write_text(out, "month", month_format(out->arena, result->month));
    json_write_bool(out, "forecast", result->forecast);
    json_write_open_array(out, "rows");
    for (size_t i = 0; i < result->count; i++) {
        write_margin_row(out, &result->rows[i], result->forecast);
    }
    json_write_close_array(out);
    json_write_open_array(out, "totals");
    for (size_t i = 0; i < result->total_count; i++) {
        write_margin_row(out, &result->totals[i], result->forecast);
    }
    json_write_close_array(out);
    json_write_open_array(out, "problems");
    for (size_t i = 0; i < result->problem_count; i++) {
        const struct margin_problem *problem = &result->problems[i];
        json_write_open(out, NULL);
        write_code(out, "seller", problem->seller_code, problem->seller_name);
        write_code(out, "buyer", problem->buyer_code, problem->buyer_name);
        json_write_text(out, "reason", problem->reason);
        json_write_text(out, "message", problem->message);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_close(out);
}

void represent_check(struct json_writer *out, const char *name, const struct audit_store_result *result) {
    json_write_open(out, name);
    json_write_int(out, "violations_total", result->violation_total);
    json_write_open_array(out, "violations");
    for (size_t i = 0; i < result->count; i++) {
        json_write_open(out, NULL);
        json_write_text(out, "rule", result->violations[i].rule);
        json_write_text(out, "subject", result->violations[i].subject);
        json_write_text(out, "message", result->violations[i].message);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_int(out, "events", result->events_checked);
    json_write_int(out, "licences", result->licences_checked);
    json_write_int(out, "invoices", result->invoices_checked);
    json_write_int(out, "lines", result->lines_checked);
    json_write_int(out, "postings", result->postings_checked);
    json_write_close(out);
}
