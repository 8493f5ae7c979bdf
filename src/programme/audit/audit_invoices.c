/* Every closed month is billed again, by the same function and from the same records as its close did, and
 * laid beside the lines that were billed, while those stream by: one month's usage and one invoice are in
 * memory. */
#include "programme/audit/audit_invoices.h"

#include "core/rating/bill.h"
#include "core/time/zone.h"
#include "programme/call/authorise.h"
#include "programme/usage/load_usage.h"
#include "store/billing/close_queries.h"
#include "store/billing/corrections.h"
#include "store/billing/invoices.h"
#include "store/billing/one_off_charges.h"
#include "store/billing/reports.h"
#include "store/upkeep/audit_queries.h"

#include <assert.h>

struct month_check {
    struct audit *audit;
    struct month month;
    struct arena arena;   /* of the month */
    struct arena invoice; /* of the invoice at work */
    struct usage usage;
    struct usage_by_edge by_edge;
    struct id_map rules;          /* that the edges closed the month by */
    struct rated_month rated;     /* without corrections, as the close rated */
    struct rated_month corrected; /* with those that were carried */
    struct bill_waiting waiting;  /* the charges that the close found waiting */
    struct correction *corrections;
    size_t correction_count;
    struct id_map billed; /* agreements that have an invoice for the month */
    struct invoice_head head;
    struct billed_line *lines;
    size_t line_count;
    size_t line_capacity;
};

static struct text invoice_text(const struct month_check *check) {
    return identifier_text(check->audit->call, IDENTIFIER_INVOICE, check->head.id);
}

/* A line in words for a violation. */
static struct text words_of(struct month_check *check, const struct billed_line *row) {
    const struct snapshot *snapshot = &check->audit->snapshot;
    uint32_t customer = snapshot_account_find(snapshot, row->customer_id);
    uint32_t sku = snapshot_sku_find(snapshot, row->sku_id);
    struct arena *arena = &check->invoice;
    return text_format(
        arena, "%.*s %.*s %.*s measured %.*s, %.*s at %.*s: %lld", TEXT_ARGS(row->policy),
        TEXT_ARGS(sku == SNAPSHOT_NONE ? TEXT("?") : snapshot->sku_labels[sku]),
        TEXT_ARGS(customer == SNAPSHOT_NONE ? TEXT("-") : snapshot->accounts[customer].label),
        TEXT_ARGS(quantity_format(arena, (struct quantity){row->measured_parts, row->parts_per_unit})),
        TEXT_ARGS(quantity_format(arena, (struct quantity){row->quantity_parts, row->parts_per_unit})),
        TEXT_ARGS(decimal_format_short(arena, row->unit_price_millionths, 6)), (long long)row->amount_minor);
}

static bool is_same_line(const struct billed_line *a, const struct billed_line *b) {
    return lines_charge_the_same(a, b) && a->measured_parts == b->measured_parts &&
           a->price_id == b->price_id && text_equal(a->policy, b->policy);
}

/* A closed edge that cannot be billed again is a violation; the audit goes on. False: it cannot. */
static bool is_rated(struct month_check *check, enum status *status, int64_t agreement_id,
                     const struct fault *fault) {
    struct audit *audit = check->audit;
    if (!bill_is_refused(*status)) {
        return *status == STATUS_OK;
    }
    audit_found(audit, "edge-unratable", identifier_text(audit->call, IDENTIFIER_AGREEMENT, agreement_id),
                "closed %.*s, which cannot be rated: %s",
                TEXT_ARGS(month_format(&check->invoice, check->month)), fault->message);
    *status = STATUS_OK;
    return false;
}

/* Since it is asked who bills elsewhere, nothing closes that was used and has no price. */
static void check_priced(struct month_check *check, int64_t agreement_id, const struct edge_bill *bill) {
    if (bill->missing.length > 0) {
        audit_found(check->audit, "closed-unpriced",
                    identifier_text(check->audit->call, IDENTIFIER_AGREEMENT, agreement_id),
                    "closed %.*s, in which this was used and had no price: %.*s",
                    TEXT_ARGS(month_format(&check->invoice, check->month)), TEXT_ARGS(bill->missing));
    }
}

/* The lines that the close billed, but for those of corrections, against those that it would bill now. */
static enum status compare_billed(struct month_check *check, uint32_t agreement, struct fault *fault) {
    struct edge_bill bill;
    size_t next = 0;
    enum status status = bill_edge(&check->rated, &check->waiting, &check->invoice, agreement, &bill, fault);
    if (!is_rated(check, &status, check->head.agreement_id, fault)) {
        return status;
    }
    check_priced(check, check->head.agreement_id, &bill);
    for (size_t i = 0; i < check->line_count; i++) {
        const struct billed_line *billed = &check->lines[i];
        if (billed->corrects_month.index != INVOICE_NO_MONTH) {
            continue;
        }
        if (next == bill.line_count || !is_same_line(billed, &bill.lines[next])) {
            audit_found(
                check->audit, "line-differs", invoice_text(check), "line %lld is %.*s; it should be %.*s",
                (long long)billed->position, TEXT_ARGS(words_of(check, billed)),
                TEXT_ARGS(next == bill.line_count ? TEXT("absent") : words_of(check, &bill.lines[next])));
            return STATUS_OK; /* what follows is shifted and says nothing more */
        }
        next++;
    }
    if (next < bill.line_count) {
        audit_found(check->audit, "line-missing", invoice_text(check), "lacks a line: %.*s",
                    TEXT_ARGS(words_of(check, &bill.lines[next])));
    }
    return STATUS_OK;
}

/* The amount and the position of a line. */
static enum status check_line(struct month_check *check, size_t i, struct currency currency,
                              struct fault *fault) {
    struct audit *audit = check->audit;
    const struct billed_line *row = &check->lines[i];
    int64_t amount_minor = 0;
    if (row->parts_per_unit < 1) {
        audit_found(audit, "line-amount", invoice_text(check), "line %lld has a quantity that is none",
                    (long long)row->position);
        return STATUS_OK;
    }
    if (money_line_amount((struct quantity){row->quantity_parts, row->parts_per_unit},
                          row->unit_price_millionths, currency, &amount_minor, fault) != STATUS_OK) {
        audit_found(audit, "line-amount", invoice_text(check), "line %lld: %s", (long long)row->position,
                    fault->message);
    } else if (amount_minor != row->amount_minor) {
        audit_found(audit, "line-amount", invoice_text(check),
                    "line %lld amounts to %lld (minor units) where its quantity and price give %lld",
                    (long long)row->position, (long long)row->amount_minor, (long long)amount_minor);
    }
    if (row->position != (int64_t)i + 1) {
        audit_found(audit, "line-position", invoice_text(check), "has line %lld where %zu should stand",
                    (long long)row->position, i + 1);
    }
    return STATUS_OK;
}

/* Amounts, positions, totals and taxes of the invoice at work. */
static enum status check_totals(struct month_check *check, struct fault *fault) {
    struct currency currency;
    struct billed_total total;
    TRY(currency_find(check->head.currency, "currency", &currency, fault));
    for (size_t i = 0; i < check->line_count; i++) {
        TRY(check_line(check, i, currency, fault));
    }
    if (billed_lines_total(&check->invoice, check->lines, check->line_count, &total, fault) != STATUS_OK) {
        audit_found(check->audit, "invoice-tax", invoice_text(check), "has lines without a sum: %s",
                    fault->message);
    } else if (total.tax_minor != check->head.tax_minor) {
        audit_found(check->audit, "invoice-tax", invoice_text(check),
                    "has a tax of %lld (minor units) where its lines give %lld",
                    (long long)check->head.tax_minor, (long long)total.tax_minor);
    }
    return STATUS_OK;
}

static enum status end_invoice(struct month_check *check, struct fault *fault) {
    struct audit *audit = check->audit;
    if (check->head.id == 0) {
        return STATUS_OK;
    }
    uint32_t agreement = snapshot_agreement_in(&audit->snapshot, check->head.agreement_id, check->month);
    audit->result.invoices_checked++;
    audit->result.lines_checked += (int64_t)check->line_count;
    id_map_put(&check->billed, check->head.agreement_id, 0, 0);
    if (agreement != SNAPSHOT_NONE) {
        TRY(compare_billed(check, agreement, fault));
    }
    TRY(check_totals(check, fault));
    check->head.id = 0;
    check->lines = NULL;
    check->line_count = check->line_capacity = 0;
    arena_clean_up(&check->invoice);
    return STATUS_OK;
}

static enum status check_lines(struct month_check *check, struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = audited_lines_stream(check->audit->call->db, check->month, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        struct invoice_head head;
        struct billed_line row;
        if (check->head.id != 0 && check->head.id != db_column_int(rows, 0)) {
            status = end_invoice(check, fault);
        }
        audited_line_read(rows, &check->invoice, &head, &row);
        check->head = head;
        if (row.position == 0) {
            continue; /* an invoice without lines: invoice-net tells */
        }
        check->lines = arena_grow(&check->invoice, check->lines, check->line_count, &check->line_capacity,
                                  sizeof *check->lines);
        check->lines[check->line_count++] = row;
    }
    db_rows_close(rows);
    return status == STATUS_OK ? end_invoice(check, fault) : status;
}

/* Edges that closed without an invoice must have had nothing to bill. */
static enum status check_unbilled(struct month_check *check, struct fault *fault) {
    struct audit *audit = check->audit;
    struct month_row *months = NULL;
    size_t count = 0;
    TRY(month_rows_load(audit->call->db, &check->arena, NULL, check->month, &months, &count, fault));
    for (size_t i = 0; i < count; i++) {
        uint32_t index = 0;
        uint32_t agreement = snapshot_agreement_in(&audit->snapshot, months[i].agreement_id, check->month);
        struct edge_bill bill;
        if (months[i].state != MONTH_CLOSED || agreement == SNAPSHOT_NONE ||
            id_map_get(&check->billed, months[i].agreement_id, 0, &index)) {
            continue;
        }
        enum status status =
            bill_edge(&check->rated, &check->waiting, &check->invoice, agreement, &bill, fault);
        if (!is_rated(check, &status, months[i].agreement_id, fault)) {
            TRY(status);
            continue;
        }
        check_priced(check, months[i].agreement_id, &bill);
        if (bill.line_count > 0) {
            audit_found(audit, "invoice-missing",
                        identifier_text(audit->call, IDENTIFIER_AGREEMENT, months[i].agreement_id),
                        "closed %.*s without an invoice where %zu lines were to be billed",
                        TEXT_ARGS(month_format(&check->invoice, check->month)), bill.line_count);
        }
        arena_clean_up(&check->invoice);
    }
    return STATUS_OK;
}

/* How many of the rated lines that charge anything stand among those in effect, each once. */
static size_t count_matches(const struct sku_charge *charge, struct issued_lines *effect) {
    size_t matched = 0;
    for (size_t i = 0; i < charge->line_count; i++) {
        struct billed_line line = sku_charge_line(charge, i);
        for (size_t k = 0; line.quantity_parts != 0 && k < effect->count; k++) {
            if (effect->items[k] != NULL && lines_charge_the_same(&line, &effect->items[k]->line)) {
                effect->items[k] = NULL; /* taken */
                matched++;
                break;
            }
        }
    }
    return matched;
}

/* What was billed for a corrected place until the last close that corrected it: what was credited since is
 * not what that close had to bring to the corrected bill. Documents of before credits and corrections knew
 * each other corrected as if nothing had been credited. */
static size_t cut_behind_correction(struct issued_line *billed, size_t count,
                                    const struct invoice_head *carrier) {
    size_t kept = 0;
    int64_t last_id = carrier->id; /* credit notes of the same close come behind it */
    for (size_t i = 0; i < count; i++) {
        bool is_correction = billed[i].line.corrects_month.index != INVOICE_NO_MONTH;
        last_id = is_correction && billed[i].line.invoice_id > last_id ? billed[i].line.invoice_id : last_id;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_correction = billed[i].line.corrects_month.index != INVOICE_NO_MONTH;
        bool is_credit = billed[i].takes_invoice_id != 0 && !is_correction;
        bool counts = carrier->set_off_minor < 0 ? !is_credit : billed[i].line.invoice_id <= last_id;
        if (counts) {
            billed[kept++] = billed[i];
        }
    }
    return kept;
}

/* The document that carries the last correction of a place. */
static enum status load_carrier(struct month_check *check, int64_t agreement_id, int64_t sku_id,
                                struct invoice_head *carrier, struct fault *fault) {
    int64_t last_id = 0;
    for (size_t i = 0; i < check->correction_count; i++) {
        const struct correction *one = &check->corrections[i];
        if (one->agreement_id == agreement_id && one->sku_id == sku_id && one->invoice_id > last_id) {
            last_id = one->invoice_id;
        }
    }
    *carrier = (struct invoice_head){0};
    enum status status = invoice_load(check->audit->call->db, &check->invoice, last_id, carrier, fault);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status; /* correction-elsewhere tells */
}

/* The lines in effect of a corrected (agreement, SKU) must be those that rating gives with the corrections.
 */
static enum status compare_corrected(struct month_check *check, uint32_t agreement, uint32_t sku,
                                     struct fault *fault) {
    struct audit *audit = check->audit;
    struct arena *arena = &check->invoice;
    struct sku_charge charge;
    struct issued_line *billed = NULL;
    struct invoice_head carrier;
    int64_t agreement_id = audit->snapshot.agreements[agreement].id;
    size_t billed_count = 0;
    size_t charged = 0;
    enum status status = sku_charge_on(&check->corrected, arena, agreement, sku, &charge, fault);
    if (!is_rated(check, &status, agreement_id, fault)) {
        return status;
    }
    TRY(invoice_lines_of_place(audit->call->db, arena, agreement_id, check->month,
                               audit->snapshot.skus[sku].id, &billed, &billed_count, fault));
    TRY(load_carrier(check, agreement_id, audit->snapshot.skus[sku].id, &carrier, fault));
    billed_count = cut_behind_correction(billed, billed_count, &carrier);
    struct issued_lines effect = lines_in_effect(arena, billed, billed_count);
    for (size_t i = 0; i < charge.line_count; i++) {
        charged += charge.lines[i].quantity.parts != 0;
    }
    size_t matched = count_matches(&charge, &effect);
    if (matched != charged || matched != effect.count) {
        audit_found(audit, "correction-differs",
                    identifier_text(audit->call, IDENTIFIER_AGREEMENT, agreement_id),
                    "has %zu lines in effect for %.*s in %.*s, of which %zu are as its corrections want it; "
                    "there should be %zu",
                    effect.count, TEXT_ARGS(audit->snapshot.sku_labels[sku]),
                    TEXT_ARGS(month_format(arena, check->month)), matched, charged);
    }
    arena_clean_up(arena);
    return STATUS_OK;
}

static enum status check_corrected(struct month_check *check, struct fault *fault) {
    const struct snapshot *snapshot = &check->audit->snapshot;
    for (size_t i = 0; i < check->correction_count; i++) {
        const struct correction *one = &check->corrections[i];
        bool is_first = i == 0 || one->agreement_id != check->corrections[i - 1].agreement_id ||
                        one->sku_id != check->corrections[i - 1].sku_id;
        if (is_first) {
            TRY(compare_corrected(check, snapshot_agreement_in(snapshot, one->agreement_id, check->month),
                                  snapshot_sku_find(snapshot, one->sku_id), fault));
        }
    }
    return STATUS_OK;
}

/* Only corrections that an invoice carries are in effect. */
static enum status read_corrections(struct month_check *check, struct fault *fault) {
    size_t count = 0;
    TRY(corrections_of_month(check->audit->call->db, &check->arena, NULL, check->month, &check->corrections,
                             &count, fault));
    for (size_t i = 0; i < count; i++) {
        if (check->corrections[i].invoice_id > 0) {
            check->corrections[check->correction_count++] = check->corrections[i];
        }
    }
    return STATUS_OK;
}

static enum status read_charges(struct month_check *check, struct fault *fault) {
    struct one_off_charge *charges = NULL;
    TRY(one_off_charges_billed(check->audit->call->db, &check->arena, check->month, 0, &charges,
                               &check->waiting.charge_count, fault));
    check->waiting.charges = charges;
    for (size_t i = 0; i < check->waiting.charge_count; i++) {
        TRY(snapshot_has_agreement(&check->audit->snapshot, charges[i].agreement_id, fault));
    }
    return STATUS_OK;
}

static enum status open_month(struct month_check *check, struct fault *fault) {
    struct audit *audit = check->audit;
    struct call *call = audit->call;
    struct usage_scope scope = {.from_us = INT64_MAX, .until_us = INT64_MIN, .forgiving = true};
    int64_t *agreements = NULL;
    struct report_adjustment *adjustments = NULL;
    size_t count = 0;
    snapshot_widen(&audit->snapshot, check->month, &scope.from_us, &scope.until_us);
    TRY(read_corrections(check, fault));
    TRY(read_charges(check, fault));
    TRY(report_adjustments_of_month(call->db, &check->arena, NULL, check->month, &agreements, &adjustments,
                                    &count, fault));
    TRY(month_rules_of_edges(call->db, &check->arena, NULL, check->month, &check->rules, fault));
    TRY(usage_load(call->db, &check->arena, &scope, &check->usage, fault));
    TRY(usage_by_edge_of(&audit->snapshot, &check->usage, &check->arena, &check->by_edge, fault));
    struct rated_month_input input = {
        .snapshot = &audit->snapshot,
        .usage = &check->usage,
        .by_edge = &check->by_edge,
        .month = check->month,
        .rules = &check->rules,
        .adjustment_agreements = agreements,
        .adjustments = adjustments,
        .adjustment_count = count,
    };
    TRY(rated_month_open(&check->arena, &input, &check->rated, fault));
    input.corrections = check->corrections;
    input.correction_count = check->correction_count;
    return rated_month_open(&check->arena, &input, &check->corrected, fault);
}

static enum status check_opened(struct month_check *check, struct fault *fault) {
    TRY(open_month(check, fault));
    TRY(check_lines(check, fault));
    TRY(check_unbilled(check, fault));
    return check_corrected(check, fault);
}

static enum status check_month(struct audit *audit, struct month month, struct fault *fault) {
    struct month_check check = {.audit = audit, .month = month};
    arena_init(&check.arena);
    arena_init(&check.invoice);
    id_map_init(&check.billed, &check.arena, 64);
    enum status status = check_opened(&check, fault);
    arena_clean_up(&check.invoice);
    arena_clean_up(&check.arena);
    return status;
}

/* ---- numbers ---- */

/* The numbers of one seller in one year. */
struct number_run {
    int64_t seller_id;
    int64_t year;
    int64_t count;
    int64_t last;
};

/* "DIST-2026-000123" ends in year and number. */
static bool read_number(struct text number, int64_t *year, int64_t *place) {
    size_t dash = number.length;
    while (dash > 0 && number.at[dash - 1] != '-') {
        dash--;
    }
    if (dash < 6 || !text_to_int64((struct text){number.at + dash, number.length - dash}, place)) {
        return false;
    }
    return text_to_int64((struct text){number.at + dash - 5, 4}, year) && *year > 0 && *place > 0;
}

static enum status check_numbers(struct audit *audit, struct fault *fault) {
    struct call *call = audit->call;
    struct db_rows *rows = NULL;
    struct number_run *runs = NULL;
    struct id_map index;
    size_t count = 0;
    size_t capacity = 0;
    bool have_row = false;
    id_map_init(&index, call->arena, 64);
    enum status status = audited_numbers_stream(call->db, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        int64_t year = 0;
        int64_t place = 0;
        int64_t seller_id = db_column_int(rows, 0);
        if (!read_number(db_column_text(rows, 1), &year, &place)) {
            audit_found(audit, "invoice-number",
                        identifier_text(call, IDENTIFIER_INVOICE, db_column_int(rows, 2)),
                        "has the malformed number %.*s", TEXT_ARGS(db_column_text(rows, 1)));
            continue;
        }
        uint32_t at = id_map_put(&index, seller_id, year, (uint32_t)count);
        if (at == count) {
            runs = arena_grow(call->arena, runs, count, &capacity, sizeof *runs);
            runs[count++] = (struct number_run){seller_id, year, 0, 0};
        }
        assert(at < count);
        runs[at].count++;
        runs[at].last = place > runs[at].last ? place : runs[at].last;
    }
    db_rows_close(rows);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        int64_t taken = 0;
        char counter[INVOICE_COUNTER_BYTES];
        invoice_number_counter(runs[i].seller_id, (int)runs[i].year, counter);
        status = db_counter_taken(call->db, counter, &taken, fault);
        if (status == STATUS_OK && (runs[i].count != runs[i].last || runs[i].last != taken)) {
            audit_found(audit, "invoice-number", identifier_text(call, IDENTIFIER_ACCOUNT, runs[i].seller_id),
                        "has %lld invoices in %lld, the last one is number %lld, and %lld numbers were taken",
                        (long long)runs[i].count, (long long)runs[i].year, (long long)runs[i].last,
                        (long long)taken);
        }
    }
    return status;
}

enum status audit_invoices(struct audit *audit, struct fault *fault) {
    struct month *months = NULL;
    size_t count = 0;
    struct progress *progress = audit->call->progress;
    TRY(closed_months_load(audit->call->db, audit->call->arena, &months, &count, fault));
    for (size_t i = 0; i < count; i++) {
        if (progress != NULL) {
            progress->step(progress, "audit months", (int64_t)i, (int64_t)count);
        }
        TRY(check_month(audit, months[i], fault));
    }
    return check_numbers(audit, fault);
}
