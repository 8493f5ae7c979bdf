#include "core/money/billed_line.h"

#include "core/money/money.h"

#include <assert.h>

enum status billed_lines_total(struct arena *arena, const struct billed_line *lines, size_t count,
                               struct billed_total *total, struct fault *fault) {
    struct tax_line *tax_lines = ARENA_NEW(arena, struct tax_line, count);
    struct tax_total *taxes = NULL;
    size_t tax_count = 0;
    struct billed_total made = {0};
    int64_t taxable_minor = 0;
    for (size_t i = 0; i < count; i++) {
        tax_lines[i] = (struct tax_line){lines[i].tax, lines[i].amount_minor};
        TRY(money_add(&made.net_minor, lines[i].amount_minor, fault));
    }
    TRY(tax_totals(arena, tax_lines, count, &taxes, &tax_count, fault));
    for (size_t i = 0; i < tax_count; i++) {
        TRY(money_add(&made.tax_minor, taxes[i].tax_minor, fault));
        TRY(money_add(&taxable_minor, taxes[i].taxable_minor, fault));
    }
    assert(taxable_minor == made.net_minor); /* each line is taxed once */
    made.gross_minor = made.net_minor;
    TRY(money_add(&made.gross_minor, made.tax_minor, fault));
    if (made.net_minor == INT64_MIN || made.tax_minor == INT64_MIN || made.gross_minor == INT64_MIN) {
        return fault_set(fault, STATUS_INVALID, "amount-overflow", "amount", TEXT(""),
                         "The amount has no opposite in 64 bits, which its posting needs.");
    }
    *total = made;
    return STATUS_OK;
}
