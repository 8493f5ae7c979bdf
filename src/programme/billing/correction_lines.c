#include "programme/billing/correction_lines.h"

#include <assert.h>

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

/* Takes the last of `lines` that charges what `wanted` does out of them. */
static bool take_out(struct billed_line *lines, size_t *count, const struct billed_line *wanted) {
    for (size_t i = *count; i-- > 0;) {
        if (lines_charge_the_same(&lines[i], wanted)) {
            for (size_t k = i + 1; k < *count; k++) {
                lines[k - 1] = lines[k];
            }
            (*count)--;
            return true;
        }
    }
    return false;
}

void lines_in_effect(struct arena *arena, const struct billed_line *billed, size_t billed_count,
                     struct billed_line **lines, size_t *count) {
    *lines = ARENA_NEW(arena, struct billed_line, billed_count + 1);
    *count = 0;
    for (size_t i = 0; i < billed_count; i++) {
        struct billed_line reversed = reversal_of(billed[i]);
        bool cancels = billed[i].quantity_parts < 0 && take_out(*lines, count, &reversed);
        if (!cancels && billed[i].quantity_parts != 0) {
            (*lines)[(*count)++] = billed[i];
        }
    }
}

static void add_line(struct arena *arena, struct month month, struct text why, struct billed_line line,
                     struct billed_line **lines, size_t *count, size_t *capacity) {
    line.corrects_month = month;
    line.note =
        text_format(arena, "corrects %.*s: %.*s", TEXT_ARGS(month_format(arena, month)), TEXT_ARGS(why));
    *lines = arena_grow(arena, *lines, *count, capacity, sizeof(**lines));
    (*lines)[(*count)++] = line;
}

/* A line that charges nothing, so that a correction without effect is answered too. */
static struct billed_line line_of_no_difference(const struct snapshot *snapshot, uint32_t agreement,
                                                uint32_t sku) {
    return (struct billed_line){
        .sku_id = snapshot->skus[sku].id,
        .parts_per_unit = 1,
        .tax = snapshot->agreements[agreement].tax,
        .policy = TEXT(""),
    };
}

enum status correction_lines_add(struct db *db, struct arena *arena, struct month_rating *rating,
                                 uint32_t agreement, uint32_t sku, struct billed_line **lines, size_t *count,
                                 size_t *capacity, struct fault *fault) {
    const struct snapshot *snapshot = rating->snapshot;
    struct month month = rating->month;
    struct billed_line *rated = NULL;
    struct billed_line *billed = NULL;
    struct billed_line *in_effect = NULL;
    size_t rated_count = 0;
    size_t billed_count = 0;
    size_t in_effect_count = 0;
    bool priced = false;
    size_t before = *count;
    enum status status =
        month_rating_sku(rating, arena, agreement, sku, &rated, &rated_count, &priced, fault);
    if (status == STATUS_OK) {
        status = invoice_lines_of_month(db, arena, snapshot->agreements[agreement].id, month,
                                        snapshot->skus[sku].id, &billed, &billed_count, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    lines_in_effect(arena, billed, billed_count, &in_effect, &in_effect_count);
    struct tax tax = in_effect_count > 0 ? in_effect[0].tax : (struct tax){0};
    /* What is in both stays; `added` keeps what is new. */
    struct billed_line *added = ARENA_NEW(arena, struct billed_line, rated_count + 1);
    size_t added_count = 0;
    for (size_t i = 0; i < rated_count; i++) {
        if (rated[i].quantity_parts != 0 && !take_out(in_effect, &in_effect_count, &rated[i])) {
            added[added_count++] = rated[i];
        }
    }
    for (size_t i = 0; i < in_effect_count; i++) {
        add_line(arena, month, TEXT("reversal"), reversal_of(in_effect[i]), lines, count, capacity);
    }
    for (size_t i = 0; i < added_count; i++) {
        const struct rating_override *correction =
            month_rating_correction(rating, agreement, sku, added[i].customer_id);
        if (tax.category[0] != '\0') {
            added[i].tax = tax;
        }
        add_line(arena, month, correction != NULL ? correction->reason : TEXT("rated again"), added[i], lines,
                 count, capacity);
    }
    if (*count == before) {
        add_line(arena, month, TEXT("no difference"), line_of_no_difference(snapshot, agreement, sku), lines,
                 count, capacity);
    }
    return STATUS_OK;
}
