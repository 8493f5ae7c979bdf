#include "core/money/tax_left.h"

#include "core/money/money.h"

#include <string.h>

static enum status totals_of(struct arena *arena, const struct billed_line *lines, size_t count,
                             struct tax_total **totals, size_t *total_count, struct fault *fault) {
    struct tax_line *tax_lines = ARENA_NEW(arena, struct tax_line, count);
    for (size_t i = 0; i < count; i++) {
        tax_lines[i] = (struct tax_line){lines[i].tax, lines[i].amount_minor};
    }
    return tax_totals(arena, tax_lines, count, totals, total_count, fault);
}

static bool is_same_tax(const struct tax *a, const struct tax *b) {
    return strcmp(a->category, b->category) == 0 && a->rate_millionths == b->rate_millionths;
}

/* What is left of a (category, rate), which may be nothing yet. */
static struct tax_total *find_left(const struct tax_left *left, const struct tax *tax) {
    for (size_t i = 0; i < left->count; i++) {
        if (is_same_tax(&left->totals[i].tax, tax)) {
            return &left->totals[i];
        }
    }
    return NULL;
}

static struct tax_total *need_left(struct tax_left *left, const struct tax *tax) {
    struct tax_total *found = find_left(left, tax);
    if (found == NULL) {
        left->totals =
            arena_grow(left->arena, left->totals, left->count, &left->capacity, sizeof *left->totals);
        found = &left->totals[left->count++];
        *found = (struct tax_total){.tax = *tax};
    }
    return found;
}

enum status tax_left_of(struct arena *arena, const struct billed_line *lines, size_t count,
                        struct tax_left *left, struct fault *fault) {
    struct tax_left made = {.arena = arena};
    TRY(totals_of(arena, lines, count, &made.totals, &made.count, fault));
    made.capacity = made.count;
    *left = made;
    return STATUS_OK;
}

enum status tax_left_take_totals(struct tax_left *left, const struct tax_total *taken, size_t count,
                                 struct fault *fault) {
    for (size_t i = 0; i < count; i++) {
        struct tax_total *total = need_left(left, &taken[i].tax);
        TRY(money_add(&total->taxable_minor, taken[i].taxable_minor, fault));
        TRY(money_add(&total->tax_minor, taken[i].tax_minor, fault));
    }
    return STATUS_OK;
}

/* The tax that a credit of `taken->taxable_minor` leaves of `left`: none where nothing taxable is left. What
 * a correction takes beyond its document (another one had taken it back there) is taxed by itself. */
static enum status settle_tax(const struct tax_total *left, struct tax_total *taken, struct fault *fault) {
    int64_t taxable_after = left->taxable_minor;
    int64_t tax_after = left->tax_minor;
    TRY(money_add(&taxable_after, taken->taxable_minor, fault));
    if (taxable_after == 0) {
        tax_after = 0;
    } else if (taxable_after < 0) {
        TRY(money_share(taxable_after, taken->tax.rate_millionths, &tax_after, fault));
    } else {
        TRY(money_add(&tax_after, taken->tax_minor, fault));
        tax_after = tax_after < 0 ? 0 : tax_after;
    }
    taken->tax_minor = tax_after;
    return money_add(&taken->tax_minor, -left->tax_minor, fault);
}

enum status tax_left_take(struct tax_left *left, const struct billed_line *lines, size_t count,
                          struct tax_total **taken, size_t *taken_count, struct fault *fault) {
    struct tax_total *totals = NULL;
    size_t total_count = 0;
    TRY(totals_of(left->arena, lines, count, &totals, &total_count, fault));
    for (size_t i = 0; i < total_count; i++) {
        TRY(settle_tax(need_left(left, &totals[i].tax), &totals[i], fault));
    }
    TRY(tax_left_take_totals(left, totals, total_count, fault));
    *taken = totals;
    *taken_count = total_count;
    return STATUS_OK;
}

enum status tax_left_gross(const struct tax_left *left, int64_t *gross_minor, struct fault *fault) {
    *gross_minor = 0;
    for (size_t i = 0; i < left->count; i++) {
        TRY(money_add(gross_minor, left->totals[i].taxable_minor, fault));
        TRY(money_add(gross_minor, left->totals[i].tax_minor, fault));
    }
    return STATUS_OK;
}

enum status tax_left_is_exceeded(const struct tax_left *left, const struct billed_line *lines, size_t count,
                                 bool *is_exceeded, struct fault *fault) {
    struct tax_left after = {.arena = left->arena};
    struct tax_total *totals = NULL;
    size_t total_count = 0;
    int64_t gross_minor = 0;
    bool takes = false;
    *is_exceeded = false;
    TRY(tax_left_take_totals(&after, left->totals, left->count, fault));
    TRY(tax_left_take(&after, lines, count, &totals, &total_count, fault));
    for (size_t i = 0; i < total_count; i++) {
        const struct tax_total *of = find_left(&after, &totals[i].tax);
        takes = takes || totals[i].taxable_minor < 0;
        *is_exceeded = *is_exceeded || (totals[i].taxable_minor < 0 && of->taxable_minor < 0);
    }
    TRY(tax_left_gross(&after, &gross_minor, fault));
    *is_exceeded = *is_exceeded || (takes && gross_minor < 0);
    return STATUS_OK;
}
