#include "programme/usage/late_amount.h"

#include "core/rating/rating.h"

#include <stdlib.h>

/* One SKU's rows. Its tiers are reached by all of them together. */
struct sku_rows {
    struct arena *arena;
    struct report_rows *rows;
    const size_t *members; /* indices into rows */
    size_t count;
};

enum counted { AS_CHARGED, AS_TOLD };

struct by_sku {
    int64_t sku_id;
    size_t row;
};

static int compare_by_sku(const void *left, const void *right) {
    const struct by_sku *a = left;
    const struct by_sku *b = right;
    if (a->sku_id != b->sku_id) {
        return a->sku_id < b->sku_id ? -1 : 1;
    }
    return a->row < b->row ? -1 : a->row > b->row;
}

/* Whether late changes took usage away. What was told late to be more took nothing. */
static bool has_fallen(const struct report_row_key *key) {
    return key->told.quantity.parts > key->measured.quantity.parts;
}

/* Adds what the SKU comes to, times `sign`, to each row and to the sum. */
static enum status rate(const struct sku_rows *sku, enum counted counted, int sign, int64_t *sum_minor,
                        struct fault *fault) {
    const struct report_row_key *first = &sku->rows->keys[sku->members[0]];
    struct rating_usage *usages = ARENA_NEW(sku->arena, struct rating_usage, sku->count);
    struct price price = *first->price;
    struct rating_line *lines = NULL;
    size_t line_count = 0;
    for (size_t i = 0; i < sku->count; i++) {
        const struct report_row_key *key = &sku->rows->keys[sku->members[i]];
        const struct usage_report_row *row = &sku->rows->items[sku->members[i]];
        usages[i] = counted == AS_TOLD && has_fallen(key)
                        ? (struct rating_usage){key->told.quantity.parts, key->told_charged_parts}
                        : (struct rating_usage){key->measured.quantity.parts, row->chargeable.parts};
    }
    price.terms.minimum_units =
        rating_minimum(sku->rows->rules, first->metering.minimum_units, usages, sku->count);
    TRY(rating_rate(sku->arena, &price, sku->rows->currency, first->metering.parts_per_unit, usages,
                    sku->count, &lines, &line_count, fault));
    for (size_t i = 0; i < line_count; i++) {
        int64_t signed_minor = sign * lines[i].amount_minor;
        TRY(money_add(sum_minor, signed_minor, fault));
        if (lines[i].usage != RATING_NO_CUSTOMER) {
            TRY(money_add(&sku->rows->items[sku->members[lines[i].usage]].late_minor, signed_minor, fault));
        }
    }
    return STATUS_OK;
}

/* What late changes take away of one SKU; unknown where it has no price or a sum is too large. */
static void rate_sku(const struct sku_rows *sku, struct late_amount *sum) {
    const struct report_rows *rows = sku->rows;
    bool is_known = rows->keys[sku->members[0]].price != NULL;
    bool is_touched = false;
    int64_t minor = 0;
    struct fault unused;
    for (size_t i = 0; i < sku->count; i++) {
        is_touched = is_touched || has_fallen(&rows->keys[sku->members[i]]);
    }
    if (is_known && is_touched) {
        is_known = rate(sku, AS_TOLD, 1, &minor, &unused) == STATUS_OK &&
                   rate(sku, AS_CHARGED, -1, &minor, &unused) == STATUS_OK &&
                   money_add(&sum->minor, minor, &unused) == STATUS_OK;
    }
    for (size_t i = 0; i < sku->count; i++) {
        struct usage_report_row *row = &rows->items[sku->members[i]];
        row->has_late_amount = is_known;
        row->late_minor = is_known ? row->late_minor : 0;
    }
    sum->is_known = sum->is_known && (is_known || !is_touched);
}

void late_amount_of(struct arena *arena, struct report_rows *rows, struct late_amount *sum) {
    struct by_sku *order = ARENA_NEW(arena, struct by_sku, rows->count);
    size_t *members = ARENA_NEW(arena, size_t, rows->count);
    *sum = (struct late_amount){.is_known = true};
    for (size_t i = 0; i < rows->count; i++) {
        order[i] = (struct by_sku){rows->keys[i].sku_id, i};
        rows->items[i].late_minor = 0;
    }
    if (rows->count > 0) {
        qsort(order, rows->count, sizeof *order, compare_by_sku);
    }
    for (size_t i = 0, end = 0; i < rows->count; i = end) {
        for (end = i; end < rows->count && order[end].sku_id == order[i].sku_id; end++) {
            members[end] = order[end].row;
        }
        rate_sku(&(struct sku_rows){arena, rows, members + i, end - i}, sum);
    }
}
