/* Correction lines: what a correction of a closed month adds to the next invoice.
 *
 * The (month, SKU) is rated again with all its corrections and laid beside the lines that are in effect:
 * those of the month's invoice and of earlier corrections, less what was reversed. A line that is in both
 * stays; each other one is reversed, and replaced by what the rating says now. */
#ifndef SEATMETER_PROGRAMME_BILLING_CORRECTION_LINES_H
#define SEATMETER_PROGRAMME_BILLING_CORRECTION_LINES_H

#include "programme/billing/month_rating.h"

/* The lines in effect of all that was billed for a (month, SKU): reversals cancel what they reverse; lines of
 * quantity 0 say nothing and are left out. */
void lines_in_effect(struct arena *arena, const struct billed_line *billed, size_t billed_count,
                     struct billed_line **lines, size_t *count);

/* Whether two lines charge the same. */
bool lines_charge_the_same(const struct billed_line *a, const struct billed_line *b);

/* Adds to `*lines` what corrects (rating->month, SKU) on the agreement; at least one line, which says so
 * where nothing differs. */
enum status correction_lines_add(struct db *db, struct arena *arena, struct month_rating *rating,
                                 uint32_t agreement, uint32_t sku, struct billed_line **lines, size_t *count,
                                 size_t *capacity, struct fault *fault) MUST_CHECK;

#endif
