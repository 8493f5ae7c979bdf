/* An invoice's totals follow from its lines and from nothing else: net is the sum of the lines, tax the sum
 * of the totals per category, gross their sum (EN 16931, BR-CO-10 to BR-CO-15). A credit note's lines are
 * negative, so the same sums hold for it. */
#include "core/money/invoice.h"

#include <assert.h>

static const char *const invoice_states[] = {
    [INVOICE_DRAFT] = "draft",
    [INVOICE_ISSUED] = "issued",
    [INVOICE_PAID] = "paid",
    [INVOICE_WRITTEN_OFF] = "written-off",
};
static const struct transition invoice_transitions[] = {
    {INVOICE_DRAFT, "issue", INVOICE_ISSUED},
    {INVOICE_ISSUED, "pay", INVOICE_PAID},
    {INVOICE_ISSUED, "write-off", INVOICE_WRITTEN_OFF},
    {INVOICE_ISSUED, "set-off", INVOICE_PAID}, /* nothing is left to settle */
};

const struct state_machine invoice_machine = STATE_MACHINE("invoice", invoice_states, invoice_transitions);

static const char *const KIND_NAMES[] = {[INVOICE_KIND_INVOICE] = "invoice",
                                         [INVOICE_KIND_CREDIT_NOTE] = "credit-note",
                                         [INVOICE_KIND_SETTLEMENT] = "settlement"};
enum { KIND_COUNT = sizeof KIND_NAMES / sizeof KIND_NAMES[0] };

const char *invoice_kind_name(enum invoice_kind kind) {
    assert((size_t)kind < KIND_COUNT);
    return KIND_NAMES[kind];
}

enum status invoice_kind_parse(struct text word, enum invoice_kind *kind, struct fault *fault) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (text_is(word, KIND_NAMES[i])) {
            *kind = (enum invoice_kind)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-invoice-kind", "kind", word,
                     "Give kind as invoice, credit-note or settlement.");
}

/* Net, tax and gross of the totals per category. */
static enum status add_totals(const struct tax_total *taxes, size_t count, struct invoice *invoice,
                              struct fault *fault) {
    int64_t net = 0;
    int64_t tax = 0;
    for (size_t i = 0; i < count; i++) {
        TRY(money_add(&net, taxes[i].taxable_minor, fault));
        TRY(money_add(&tax, taxes[i].tax_minor, fault));
    }
    int64_t gross = net;
    TRY(money_add(&gross, tax, fault));
    invoice->net_minor = net;
    invoice->tax_minor = tax;
    invoice->gross_minor = gross;
    return STATUS_OK;
}

enum status invoice_total(struct arena *arena, struct invoice *invoice, struct fault *fault) {
    struct tax_line *lines = ARENA_NEW(arena, struct tax_line, invoice->line_count);
    struct tax_total *taxes;
    size_t tax_count;
    for (size_t i = 0; i < invoice->line_count; i++) {
        lines[i] = (struct tax_line){invoice->lines[i].tax, invoice->lines[i].amount_minor};
    }
    TRY(tax_totals(arena, lines, invoice->line_count, &taxes, &tax_count, fault));
    TRY(add_totals(taxes, tax_count, invoice, fault));
    assert(invoice->gross_minor - invoice->net_minor == invoice->tax_minor);
    invoice->taxes = taxes;
    invoice->tax_count = tax_count;
    return STATUS_OK;
}
