/* The credit notes of every invoice are taken off it once more, in the order in which they were issued. */
#include "programme/audit/audit_credits.h"

#include "core/money/money.h"
#include "programme/billing/credited_invoice.h"
#include "programme/call/authorise.h"
#include "store/upkeep/audit_queries.h"

static enum status check_note(struct audit *audit, struct credited_invoice *credited,
                              const struct invoice_head *note, struct fault *fault) {
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
    return STATUS_OK;
}

static enum status check_invoice(struct audit *audit, int64_t invoice_id, struct arena *arena,
                                 struct fault *fault) {
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
        TRY(check_note(audit, &credited, &notes[i], fault));
    }
    return STATUS_OK;
}

enum status audit_credits(struct audit *audit, struct fault *fault) {
    struct arena arena;
    int64_t *invoices = NULL;
    size_t count = 0;
    TRY(audited_credited(audit->call->db, audit->call->arena, &invoices, &count, fault));
    arena_init(&arena);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = check_invoice(audit, invoices[i], &arena, fault);
        arena_clean_up(&arena);
    }
    return status;
}
