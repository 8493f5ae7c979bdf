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
    int order =
        agreement_pair_compare(&snapshot->agreements[snapshot_agreement_find(snapshot, a->agreement_id)],
                               &snapshot->agreements[snapshot_agreement_find(snapshot, b->agreement_id)]);
    if (order == 0) {
        order = compare_numbers(a->month.index, b->month.index);
    }
    if (order == 0) {
        order = compare_numbers(snapshot->sku_rank[snapshot_sku_find(snapshot, a->sku_id)],
                                snapshot->sku_rank[snapshot_sku_find(snapshot, b->sku_id)]);
    }
    if (order == 0) {
        order = compare_numbers(a->agreement_id, b->agreement_id);
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

/* Takes the last line that charges what `wanted` does out of those in effect; false where there is none. */
static bool take_out(struct issued_lines *effect, const struct billed_line *wanted) {
    for (size_t i = effect->count; i-- > 0;) {
        if (lines_charge_the_same(&effect->items[i]->line, wanted)) {
            memmove(&effect->items[i], &effect->items[i + 1],
                    (effect->count - i - 1) * sizeof(struct issued_line *));
            effect->count--;
            return true;
        }
    }
    return false;
}

/* The document that a line corrects. */
struct corrected_document {
    int64_t id; /* 0: none */
    struct text number;
    bool is_written_off;
};

static void add_correction(struct line_list *list, struct arena *arena, struct month month,
                           struct corrected_document document, struct text why, struct billed_line line) {
    struct text name = month_format(arena, month);
    line.corrects_month = month;
    line.corrects_id = document.id;
    line.corrects_loss = document.is_written_off;
    line.note = document.id == 0 ? text_format(arena, "corrects %.*s: %.*s", TEXT_ARGS(name), TEXT_ARGS(why))
                                 : text_format(arena, "corrects %.*s (%.*s): %.*s", TEXT_ARGS(name),
                                               TEXT_ARGS(document.number), TEXT_ARGS(why));
    line_list_add(list, arena, &line);
}

/* A new line corrects the document whose line of the same customer it replaces, else that of the first line
 * that is reversed, else the month's. */
static struct corrected_document document_of(const struct corrected_place *place,
                                             const struct issued_lines *reversed, int64_t customer_id) {
    const struct issued_line *found = reversed->count == 0 ? NULL : reversed->items[0];
    for (size_t i = reversed->count; i-- > 0;) {
        if (reversed->items[i]->line.customer_id == customer_id) {
            found = reversed->items[i];
        }
    }
    return found == NULL
               ? (struct corrected_document){place->document_id, place->number, false}
               : (struct corrected_document){found->document_id, found->number, found->is_written_off};
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

static void add_reversals(struct line_list *list, struct arena *arena, struct month month,
                          const struct issued_lines *reversed) {
    for (size_t i = 0; i < reversed->count; i++) {
        const struct issued_line *issued = reversed->items[i];
        struct corrected_document document = {issued->document_id, issued->number, issued->is_written_off};
        add_correction(list, arena, month, document, TEXT("reversal"), line_turned(issued->line));
    }
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
    struct issued_lines effect = lines_in_effect(arena, place->billed, place->billed_count);
    struct tax tax = place->billed_count > 0 ? place->billed[0].line.tax : charge.tax;
    /* A line in both stays; `added` has the new ones, with the tax that the month was billed with. */
    for (size_t i = 0; i < charge.line_count; i++) {
        struct billed_line line = sku_charge_line(&charge, i);
        if (line.quantity_parts != 0 && !take_out(&effect, &line)) {
            line.tax = tax;
            line_list_add(&added, arena, &line);
        }
    }
    add_reversals(list, arena, place->month, &effect);
    for (size_t i = 0; i < added.count; i++) {
        const struct override *correction = overrides_find(
            &month->corrections, place->agreement_id, snapshot->sku_rank[sku], added.lines[i].customer_id);
        add_correction(list, arena, place->month, document_of(place, &effect, added.lines[i].customer_id),
                       correction != NULL ? correction->reason : TEXT("rated again"), added.lines[i]);
    }
    if (list->count == before) {
        struct corrected_document document = {place->document_id, place->number, false};
        add_correction(list, arena, place->month, document, TEXT("no difference"),
                       line_of_no_difference(snapshot, agreement, place->sku_id));
    }
    return STATUS_OK;
}
