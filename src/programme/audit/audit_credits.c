/* The credit notes of every invoice are taken off it once more, in the order in which they were issued. */
#include "programme/audit/audit_credits.h"

#include "core/money/money.h"
#include "core/rating/rules.h"
#include "programme/billing/credited_invoice.h"
#include "programme/call/authorise.h"
#include "store/upkeep/audit_queries.h"

static bool is_of_correction(const struct billed_line *lines, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (lines[i].corrects_month.index != INVOICE_NO_MONTH) {
            return true;
        }
    }
    return false;
}

/* A credit note that somebody asked for leaves its invoice no less than nothing. Those of before this was
 * refused are left alone. */
static enum status check_left(struct audit *audit, const struct credited_invoice *credited,
                              const struct invoice_head *note, int64_t since_us, struct fault *fault) {
    int64_t left_minor = 0;
    TRY(tax_left_gross(&credited->left, &left_minor, fault));
    if (left_minor < 0 && note->gross_minor < 0 && since_us > 0 && note->issued_at_us >= since_us) {
        audit_found(audit, "credit-exceeds", identifier_text(audit->call, IDENTIFIER_INVOICE, note->id),
                    "takes %lld (minor units) more than was left of its invoice", (long long)-left_minor);
    }
    return STATUS_OK;
}

static enum status check_note(struct audit *audit, struct credited_invoice *credited,
                              const struct invoice_head *note, int64_t since_us, struct fault *fault) {
    struct billed_line *lines = NULL;
    struct tax_total *taxes = NULL;
    size_t line_count = 0;
    size_t tax_count = 0;
    int64_t tax_minor = 0;
    TRY(invoice_lines_load(audit->call->db, credited->left.arena, note->id, &lines, &line_count, fault));
    TRY(credited_invoice_take(credited, lines, line_count, &taxes, &tax_count, fault));
    for (size_t i = 0; i < tax_count; i++) {
        TRY(money_add(&tax_minor, taxes[i].tax_minor, fault));
    }
    if (tax_minor != note->tax_minor) {
        audit_found(audit, "credit-tax", identifier_text(audit->call, IDENTIFIER_INVOICE, note->id),
                    "has a tax of %lld (minor units) where %lld is what it takes of its invoice's",
                    (long long)note->tax_minor, (long long)tax_minor);
    }
    return is_of_correction(lines, line_count) ? STATUS_OK
                                               : check_left(audit, credited, note, since_us, fault);
}

static enum status check_invoice(struct audit *audit, int64_t invoice_id, int64_t since_us,
                                 struct arena *arena, struct fault *fault) {
    struct db *db = audit->call->db;
    struct credited_invoice credited = {0};
    struct billed_line *lines = NULL;
    struct invoice_head *notes = NULL;
    size_t line_count = 0;
    size_t note_count = 0;
    TRY(invoice_lines_load(db, arena, invoice_id, &lines, &line_count, fault));
    TRY(tax_left_of(arena, lines, line_count, &credited.left, fault));
    TRY(invoice_credit_notes(db, arena, invoice_id, &notes, &note_count, fault));
    for (size_t i = 0; i < note_count; i++) {
        TRY(check_note(audit, &credited, &notes[i], since_us, fault));
    }
    return STATUS_OK;
}

enum status audit_credits(struct audit *audit, struct fault *fault) {
    struct arena arena;
    int64_t *invoices = NULL;
    size_t count = 0;
    int64_t since_us = 0;
    TRY(audited_rules_since(audit->call->db, RULES_THIRD, &since_us, fault));
    TRY(audited_credited(audit->call->db, audit->call->arena, &invoices, &count, fault));
    arena_init(&arena);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = check_invoice(audit, invoices[i], since_us, &arena, fault);
        arena_clean_up(&arena);
    }
    return status;
}
