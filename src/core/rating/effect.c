#include "core/rating/effect.h"

#include "core/base/search.h"

#include <assert.h>

enum { NONE = -1 };

/* The first line at a position of a document, or behind it. */
struct sought_line {
    const struct issued_line *lines;
    int64_t invoice_id;
    int64_t position;
};

static bool is_line_before(const void *context, size_t i) {
    const struct sought_line *sought = context;
    const struct billed_line *line = &sought->lines[i].line;
    return line->invoice_id != sought->invoice_id ? line->invoice_id < sought->invoice_id
                                                  : line->position < sought->position;
}

static int64_t find_line(const struct issued_line *lines, size_t count, int64_t invoice_id,
                         int64_t position) {
    struct sought_line sought = {lines, invoice_id, position};
    size_t at = lower_bound(count, is_line_before, &sought);
    bool found = at < count && lines[at].line.invoice_id == invoice_id && lines[at].line.position == position;
    return found ? (int64_t)at : NONE;
}

bool lines_charge_the_same(const struct billed_line *a, const struct billed_line *b) {
    return a->customer_id == b->customer_id && a->sku_id == b->sku_id &&
           a->unit_price_millionths == b->unit_price_millionths && a->quantity_parts == b->quantity_parts &&
           a->parts_per_unit == b->parts_per_unit && a->amount_minor == b->amount_minor;
}

struct billed_line line_turned(struct billed_line line) {
    line.takes_invoice_id = line.invoice_id;
    line.takes_position = line.position;
    line.quantity_parts = -line.quantity_parts;
    line.amount_minor = -line.amount_minor;
    return line;
}

bool line_stands(const struct line_effects *effects, size_t line) {
    bool stands = true;
    for (int64_t taker = effects->taken_by[line]; taker != NONE; taker = effects->taken_by[taker]) {
        stands = !stands;
    }
    return stands;
}

bool line_is_in_effect(const struct line_effects *effects, size_t line) {
    return effects->takes[line] == NONE && line_stands(effects, line);
}

/* Reversals of before lines said what they take back: the last line in effect that charged the same. */
static int64_t find_reversed(const struct issued_line *lines, size_t reversal,
                             const struct line_effects *effects) {
    const struct issued_line *taker = &lines[reversal];
    struct billed_line reversed = line_turned(taker->line);
    if (taker->line.quantity_parts >= 0) {
        return NONE;
    }
    for (size_t i = reversal; i-- > 0;) {
        bool is_in_place =
            lines[i].month.index == taker->month.index && lines[i].line.invoice_id < taker->line.invoice_id;
        if (is_in_place && lines_charge_the_same(&lines[i].line, &reversed) &&
            line_is_in_effect(effects, i)) {
            return (int64_t)i;
        }
    }
    return NONE;
}

struct line_effects line_effects_of(struct arena *arena, const struct issued_line *lines, size_t count) {
    struct line_effects effects = {ARENA_NEW(arena, int64_t, count), ARENA_NEW(arena, int64_t, count)};
    for (size_t i = 0; i < count; i++) {
        effects.takes[i] = effects.taken_by[i] = NONE;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t target = lines[i].takes_invoice_id == 0
                             ? find_reversed(lines, i, &effects)
                             : find_line(lines, count, lines[i].takes_invoice_id, lines[i].takes_position);
        /* Only an earlier line can be taken back, so that takers never form a circle. */
        if (target != NONE && (size_t)target < i && line_stands(&effects, (size_t)target)) {
            effects.takes[i] = target;
            effects.taken_by[target] = (int64_t)i;
        }
    }
    return effects;
}

struct issued_lines lines_in_effect(struct arena *arena, const struct issued_line *lines, size_t count) {
    struct line_effects effects = line_effects_of(arena, lines, count);
    struct issued_lines found = {ARENA_NEW(arena, const struct issued_line *, count), 0};
    for (size_t i = 0; i < count; i++) {
        if (line_is_in_effect(&effects, i) && lines[i].line.quantity_parts != 0) {
            found.items[found.count++] = &lines[i];
        }
    }
    assert(found.count <= count);
    return found;
}
