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
enum { PERCENT_BYTES = 32 };

struct tax_category {
    const char *code;
    bool may_be_zero;
    bool may_be_above_zero;
    bool needs_numbers;
    bool needs_country;
};

static const struct tax_category CATEGORIES[TAX_CATEGORIES] = {
    {"S", false, true, false, false}, /* standard rate; without tax it would be Z, E or O (BR-S-05) */
    {"Z", true, false, false, false}, /* zero rated */
    {"E", true, false, false, false}, /* exempt */
    {"AE", true, false, true, false}, /* reverse charge */
    {"K", true, false, true, true},   /* within the European Economic Area */
    {"G", true, false, false, false}, /* export */
    {"O", true, false, false, false}, /* outside the scope of tax */
    {"L", true, true, false, false},  /* Canary Islands */
    {"M", true, true, false, false},  /* Ceuta and Melilla */
};

static const struct tax_category *find_category(const char *code) {
    for (size_t i = 0; i < sizeof CATEGORIES / sizeof CATEGORIES[0]; i++) {
        if (strcmp(CATEGORIES[i].code, code) == 0) {
            return &CATEGORIES[i];
        }
    }
    return NULL;
}

/* As people give it: 8.25 of 82500 millionths. */
static void percent_write(int64_t rate_millionths, char value[PERCENT_BYTES]) {
    enum { PER_PERCENT = 10000, DIGITS = 4 };
    uint64_t rate = rate_millionths < 0 ? 0 - (uint64_t)rate_millionths : (uint64_t)rate_millionths;
    int length =
        snprintf(value, PERCENT_BYTES, "%s%llu.%0*llu", rate_millionths < 0 ? "-" : "",
                 (unsigned long long)(rate / PER_PERCENT), DIGITS, (unsigned long long)(rate % PER_PERCENT));
    while (value[length - 1] == '0') {
        value[--length] = '\0';
    }
    value[value[length - 1] == '.' ? length - 1 : length] = '\0';
}

enum tax_lack tax_lacks(struct tax tax, const struct tax_parties *parties) {
    const struct tax_category *category = find_category(tax.category);
    if (category == NULL || !category->needs_numbers) {
        return TAX_LACKS_NOTHING;
    }
    if (parties->seller_number.length == 0) {
        return TAX_LACKS_SELLER_NUMBER;
    }
    if (parties->buyer_number.length == 0) {
        return TAX_LACKS_BUYER_NUMBER;
    }
    return category->needs_country && parties->buyer_country.length == 0 ? TAX_LACKS_BUYER_COUNTRY
                                                                         : TAX_LACKS_NOTHING;
}

bool tax_stands_alone(struct tax tax) {
    return strcmp(tax.category, "O") == 0;
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
    char value[PERCENT_BYTES];
    percent_write(tax.rate_millionths, value);
    if (tax.rate_millionths < 0 || tax.rate_millionths > HUNDRED_PERCENT) {
        return fault_set(fault, STATUS_INVALID, "tax-rate-out-of-range", name, text_of(value),
                         "Give %s as a percentage from 0 to 100, such as 19 or 8.875.", name);
    }
    if (tax.rate_millionths == 0 && !category->may_be_zero) {
        return fault_set(fault, STATUS_INVALID, "tax-rate-unsuitable", name, text_of(value),
                         "Give %s above 0 in category %s, such as 19 or 8.875. What is not taxed has "
                         "category Z, E, AE, K, "
                         "G or O.",
                         name, category->code);
    }
    if (tax.rate_millionths > 0 && !category->may_be_above_zero) {
        return fault_set(fault, STATUS_INVALID, "tax-rate-unsuitable", name, text_of(value),
                         "Leave %s out in category %s, or give 0. Only S, L and M have a rate.", name,
                         category->code);
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
