#include "programme/billing/credited_invoice.h"

static bool says_what_it_takes(const struct billed_line *lines, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (lines[i].takes_invoice_id != 0) {
            return true;
        }
    }
    return false;
}

enum status credited_invoice_take(struct credited_invoice *credited, const struct billed_line *lines,
                                  size_t count, struct tax_total **taxes, size_t *tax_count,
                                  struct fault *fault) {
    struct tax_left *left = &credited->left;
    struct tax_left old = {0};
    if (says_what_it_takes(lines, count)) {
        return tax_left_take(left, lines, count, taxes, tax_count, fault);
    }
    TRY(tax_left_of(left->arena, lines, count, &old, fault));
    TRY(tax_left_take_totals(left, old.totals, old.count, fault));
    *taxes = old.totals;
    *tax_count = old.count;
    return STATUS_OK;
}

enum status credited_invoice_load(struct call *call, int64_t invoice_id, int64_t before_id,
                                  struct credited_invoice *credited, struct fault *fault) {
    struct credited_invoice made = {0};
    struct billed_line *lines = NULL;
    struct invoice_head *notes = NULL;
    size_t line_count = 0;
    size_t note_count = 0;
    int64_t set_off_minor = 0;
    TRY(invoice_load(call->db, call->arena, invoice_id, &made.head, fault));
    TRY(invoice_lines_load(call->db, call->arena, invoice_id, &lines, &line_count, fault));
    TRY(tax_left_of(call->arena, lines, line_count, &made.left, fault));
    TRY(invoice_credit_notes(call->db, call->arena, invoice_id, &notes, &note_count, fault));
    for (size_t i = 0; i < note_count && notes[i].id < before_id; i++) {
        struct tax_total *taxes = NULL;
        size_t tax_count = 0;
        TRY(invoice_lines_load(call->db, call->arena, notes[i].id, &lines, &line_count, fault));
        TRY(credited_invoice_take(&made, lines, line_count, &taxes, &tax_count, fault));
        set_off_minor += notes[i].set_off_minor;
    }
    made.open_minor = made.head.state == INVOICE_PAID ? 0 : made.head.gross_minor - set_off_minor;
    made.open_minor = made.open_minor < 0 ? 0 : made.open_minor;
    *credited = made;
    return STATUS_OK;
}
