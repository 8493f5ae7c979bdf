/* Corrections: what a correction of a closed month adds to the next bill.
 *
 * The (month, SKU) is rated again with all its corrections and laid beside the lines that are in effect:
 * those of the month's invoice and of earlier corrections, less what was reversed and what was credited. A
 * line that is in both stays; each other one is reversed, and replaced by what the rating says now (R7.7). */
#ifndef SEATMETER_CORE_RATING_CORRECTIONS_H
#define SEATMETER_CORE_RATING_CORRECTIONS_H

#include "core/rating/effect.h"
#include "core/rating/sku_charge.h"

/* One SKU of a closed month under one agreement, with what was billed for it until now: the lines of the
 * month's invoice, those that corrected them since, and what credit notes took back of them. */
struct corrected_place {
    int64_t agreement_id;
    struct month month;
    int64_t sku_id;
    int64_t document_id; /* the month's invoice; 0: it has none */
    struct text number;
    const struct issued_line *billed; /* by invoice, then position */
    size_t billed_count;
};

/* Sorts places by agreement, month and the SKU's rank: by names that everybody can see (snapshot.h). */
void corrected_places_sort(const struct snapshot *snapshot, struct corrected_place *places, size_t count);

/* Lines as they gather, in an arena. */
struct line_list {
    struct billed_line *lines;
    size_t count;
    size_t capacity;
};
void line_list_add(struct line_list *list, struct arena *arena, const struct billed_line *line);

/* Adds to `list` what corrects the place: at least one line, which says so where nothing differs. Each line
 * names the document that it corrects. `month` is that of the place, with its corrections. Faults of rating.
 */
enum status corrections_add(struct rated_month *month, struct arena *arena, uint32_t agreement,
                            const struct corrected_place *place, struct line_list *list,
                            struct fault *fault) MUST_CHECK;

#endif
