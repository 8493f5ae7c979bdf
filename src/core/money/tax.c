/* Tax totals as EN 16931 computes them.
 *
 * The lines of one (category, rate) are added up first and taxed once (BR-CO-17), so the tax of an invoice
 * does not depend on how it is cut into lines. An invoice has a handful of categories, so they are found by
 * looking through those seen so far, the last one first. */
#include "core/money/tax.h"

#include "core/money/money.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t HUNDRED_PERCENT = 1000000;

struct tax_category {
    const char *code;
    bool may_be_zero;
    bool may_be_above_zero;
};

static const struct tax_category CATEGORIES[] = {
    {"S", false, true},  /* standard rate; without tax it would be Z, E or O (BR-S-05) */
    {"Z", true, false},  /* zero rated */
    {"E", true, false},  /* exempt */
    {"AE", true, false}, /* reverse charge */
    {"K", true, false},  /* within the European Economic Area */
    {"G", true, false},  /* export */
    {"O", true, false},  /* outside the scope of tax */
    {"L", true, true},   /* Canary Islands */
    {"M", true, true},   /* Ceuta and Melilla */
};

static const struct tax_category *find_category(const char *code) {
    for (size_t i = 0; i < sizeof CATEGORIES / sizeof CATEGORIES[0]; i++) {
        if (strcmp(CATEGORIES[i].code, code) == 0) {
            return &CATEGORIES[i];
        }
    }
    return NULL;
}

enum status tax_check(struct tax tax, const char *field, struct fault *fault) {
    struct fault unused;
    char name[sizeof unused.field];
    assert(memchr(tax.category, '\0', sizeof tax.category) != NULL);
    const struct tax_category *category = find_category(tax.category);
    if (category == NULL) {
        snprintf(name, sizeof name, "%s_category", field);
        return fault_set(fault, STATUS_INVALID, "unknown-tax-category", name, text_of(tax.category),
                         "Give %s as one of S, Z, E, AE, K, G, O, L and M (EN 16931).", name);
    }
    snprintf(name, sizeof name, "%s_rate", field);
    char value[32];
    snprintf(value, sizeof value, "%lld", (long long)tax.rate_millionths);
    if (tax.rate_millionths < 0 || tax.rate_millionths > HUNDRED_PERCENT) {
        return fault_set(fault, STATUS_INVALID, "tax-rate-out-of-range", name, text_of(value),
                         "Give %s from 0 to 1000000 millionths (0 %% to 100 %%).", name);
    }
    if (tax.rate_millionths == 0 && !category->may_be_zero) {
        return fault_set(
            fault, STATUS_INVALID, "tax-rate-unsuitable", name, text_of(value),
            "Give %s above 0 in category %s. What is not taxed has category Z, E, AE, K, G or O.", name,
            category->code);
    }
    if (tax.rate_millionths > 0 && !category->may_be_above_zero) {
        return fault_set(fault, STATUS_INVALID, "tax-rate-unsuitable", name, text_of(value),
                         "Give %s as 0 in category %s. Only S, L and M have a rate.", name, category->code);
    }
    return STATUS_OK;
}

static int compare_taxes(const struct tax *a, const struct tax *b) {
    int order = strcmp(a->category, b->category);
    return order != 0 ? order
                      : (a->rate_millionths > b->rate_millionths) - (a->rate_millionths < b->rate_millionths);
}

static int compare_totals(const void *a, const void *b) {
    return compare_taxes(&((const struct tax_total *)a)->tax, &((const struct tax_total *)b)->tax);
}

/* The place of `tax` among the totals seen so far, or `count` where it has none. */
static size_t find_total(const struct tax_total *totals, size_t count, const struct tax *tax) {
    for (size_t i = count; i > 0; i--) {
        if (compare_taxes(&totals[i - 1].tax, tax) == 0) {
            return i - 1;
        }
    }
    return count;
}

enum status tax_totals(struct arena *arena, const struct tax_line *lines, size_t line_count,
                       struct tax_total **totals, size_t *total_count, struct fault *fault) {
    size_t capacity = 0;
    size_t count = 0;
    struct tax_total *made = arena_grow(arena, NULL, 0, &capacity, sizeof *made);
    for (size_t i = 0; i < line_count; i++) {
        size_t at = find_total(made, count, &lines[i].tax);
        if (at == count) {
            made = arena_grow(arena, made, count, &capacity, sizeof *made);
            made[count++] = (struct tax_total){.tax = lines[i].tax};
        }
        TRY(money_add(&made[at].taxable_minor, lines[i].net_minor, fault));
    }
    for (size_t i = 0; i < count; i++) {
        TRY(money_share(made[i].taxable_minor, made[i].tax.rate_millionths, &made[i].tax_minor, fault));
    }
    qsort(made, count, sizeof *made, compare_totals);
    *totals = made;
    *total_count = count;
    return STATUS_OK;
}
