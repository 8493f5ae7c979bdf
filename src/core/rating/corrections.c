#include "core/rating/corrections.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int compare_numbers(int64_t a, int64_t b) {
    return a < b ? -1 : a > b;
}

static int compare_places(const void *left, const void *right, void *context) {
    const struct corrected_place *a = left;
    const struct corrected_place *b = right;
    const struct snapshot *snapshot = context;
    int order = compare_numbers(a->agreement_id, b->agreement_id);
    if (order == 0) {
        order = compare_numbers(a->month.index, b->month.index);
    }
    if (order == 0) {
        order = compare_numbers(snapshot->sku_rank[snapshot_sku_find(snapshot, a->sku_id)],
                                snapshot->sku_rank[snapshot_sku_find(snapshot, b->sku_id)]);
    }
    return order;
}

void corrected_places_sort(const struct snapshot *snapshot, struct corrected_place *places, size_t count) {
    struct snapshot copy = *snapshot; /* qsort_r takes what it passes on without const */
    if (count > 1) {
        qsort_r(places, count, sizeof *places, compare_places, &copy);
    }
}

void line_list_add(struct line_list *list, struct arena *arena, const struct billed_line *line) {
    list->lines = arena_grow(arena, list->lines, list->count, &list->capacity, sizeof *list->lines);
    list->lines[list->count++] = *line;
}

bool lines_charge_the_same(const struct billed_line *a, const struct billed_line *b) {
    return a->customer_id == b->customer_id && a->sku_id == b->sku_id &&
           a->unit_price_millionths == b->unit_price_millionths && a->quantity_parts == b->quantity_parts &&
           a->parts_per_unit == b->parts_per_unit && a->amount_minor == b->amount_minor;
}

static struct billed_line reversal_of(struct billed_line line) {
    line.quantity_parts = -line.quantity_parts;
    line.amount_minor = -line.amount_minor;
    return line;
}

/* Takes the last line that charges what `wanted` does out of the list; false where there is none. */
static bool take_out(struct line_list *list, const struct billed_line *wanted) {
    for (size_t i = list->count; i-- > 0;) {
        if (lines_charge_the_same(&list->lines[i], wanted)) {
            memmove(&list->lines[i], &list->lines[i + 1], (list->count - i - 1) * sizeof *list->lines);
            list->count--;
            return true;
        }
    }
    return false;
}

struct line_list lines_in_effect(struct arena *arena, const struct billed_line *billed, size_t count) {
    struct line_list effect = {0};
    for (size_t i = 0; i < count; i++) {
        struct billed_line reversed = reversal_of(billed[i]);
        bool cancels = billed[i].quantity_parts < 0 && take_out(&effect, &reversed);
        if (!cancels && billed[i].quantity_parts != 0) {
            line_list_add(&effect, arena, &billed[i]);
        }
    }
    return effect;
}

static void add_correction(struct line_list *list, struct arena *arena, struct month month, struct text why,
                           struct billed_line line) {
    line.corrects_month = month;
    line.note =
        text_format(arena, "corrects %.*s: %.*s", TEXT_ARGS(month_format(arena, month)), TEXT_ARGS(why));
    line_list_add(list, arena, &line);
}

/* A line that charges nothing, so that a correction without effect is answered too. */
static struct billed_line line_of_no_difference(const struct snapshot *snapshot, uint32_t agreement,
                                                int64_t sku_id) {
    return (struct billed_line){
        .sku_id = sku_id,
        .parts_per_unit = 1,
        .tax = snapshot->agreements[agreement].tax,
        .policy = TEXT(""),
    };
}

enum status corrections_add(struct rated_month *month, struct arena *arena, uint32_t agreement,
                            const struct corrected_place *place, struct line_list *list,
                            struct fault *fault) {
    const struct snapshot *snapshot = month->snapshot;
    uint32_t sku = snapshot_sku_find(snapshot, place->sku_id);
    struct sku_charge charge;
    struct line_list added = {0};
    size_t before = list->count;
    assert(sku != SNAPSHOT_NONE && month->month.index == place->month.index);
    assert(snapshot->agreements[agreement].id == place->agreement_id);
    TRY(sku_charge_on(month, arena, agreement, sku, &charge, fault));
    struct line_list effect = lines_in_effect(arena, place->billed, place->billed_count);
    struct tax tax = effect.count > 0 ? effect.lines[0].tax : charge.tax;
    /* A line in both stays; `added` has the new ones, with the tax that the month was billed with. */
    for (size_t i = 0; i < charge.line_count; i++) {
        struct billed_line line = sku_charge_line(&charge, i);
        if (line.quantity_parts != 0 && !take_out(&effect, &line)) {
            line.tax = tax;
            line_list_add(&added, arena, &line);
        }
    }
    for (size_t i = 0; i < effect.count; i++) {
        add_correction(list, arena, place->month, TEXT("reversal"), reversal_of(effect.lines[i]));
    }
    for (size_t i = 0; i < added.count; i++) {
        const struct override *correction = overrides_find(
            &month->corrections, place->agreement_id, snapshot->sku_rank[sku], added.lines[i].customer_id);
        add_correction(list, arena, place->month,
                       correction != NULL ? correction->reason : TEXT("rated again"), added.lines[i]);
    }
    if (list->count == before) {
        add_correction(list, arena, place->month, TEXT("no difference"),
                       line_of_no_difference(snapshot, agreement, place->sku_id));
    }
    return STATUS_OK;
}
