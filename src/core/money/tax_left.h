/* Tax left: how much of a document's taxes its credit notes have left.
 *
 * Taxes are rounded once per (category, rate), so credit notes that took line by line would not sum to what
 * they credit. The credit note that takes the last of a (category, rate) takes what is left of its tax, and
 * none takes more than that (R8.6). */
#ifndef SEATMETER_CORE_MONEY_TAX_LEFT_H
#define SEATMETER_CORE_MONEY_TAX_LEFT_H

#include "core/money/billed_line.h"

struct tax_left {
    struct arena *arena;
    struct tax_total *totals; /* one per (category, rate) of the document or of its credit notes */
    size_t count;
    size_t capacity;
};

/* What a document was issued with. Fault "amount-overflow"; so also below. */
enum status tax_left_of(struct arena *arena, const struct billed_line *lines, size_t count,
                        struct tax_left *left, struct fault *fault) MUST_CHECK;

/* Takes off a credit note whose taxes are not to be computed any more: those that it was issued with. */
enum status tax_left_take_totals(struct tax_left *left, const struct tax_total *taken, size_t count,
                                 struct fault *fault) MUST_CHECK;

/* The taxes of a credit note with these lines, by category and rate, and takes them off. */
enum status tax_left_take(struct tax_left *left, const struct billed_line *lines, size_t count,
                          struct tax_total **taken, size_t *taken_count, struct fault *fault) MUST_CHECK;

/* Whether the lines take more of a (category, rate) than is left of it, or more than is left of the document
 * altogether, gross: where its rates differ, one of them may have given back already. */
enum status tax_left_is_exceeded(const struct tax_left *left, const struct billed_line *lines, size_t count,
                                 bool *is_exceeded, struct fault *fault) MUST_CHECK;

/* What is left of all rates together, with their taxes. */
enum status tax_left_gross(const struct tax_left *left, int64_t *gross_minor, struct fault *fault) MUST_CHECK;

#endif
