/* Tax: per category on the sum of that category's lines, as EN 16931 has it (BG-23, BR-CO-17).
 *
 * Categories are the UNCL 5305 codes that EN 16931 admits: S, Z, E, AE, K, G, O, L, M. S has a rate above 0,
 * L and M have any, all others 0. */
#ifndef SEATMETER_CORE_MONEY_TAX_H
#define SEATMETER_CORE_MONEY_TAX_H

#include "core/base/fault.h"

#include <stdint.h>

struct tax {
    char category[3];        /* "S" */
    int64_t rate_millionths; /* 20 % = 200000 */
};

struct tax_line {
    struct tax tax;
    int64_t net_minor;
};

struct tax_total {
    struct tax tax;
    int64_t taxable_minor;
    int64_t tax_minor; /* rounded once, half away from zero */
};

/* Category and rate suit each other; rate from 0 to 100 %. The faults
 * "unknown-tax-category", "tax-rate-out-of-range" and "tax-rate-unsuitable" name `field`_category or
 * `field`_rate. */
enum status tax_check(struct tax tax, const char *field, struct fault *fault) MUST_CHECK;

/* One total per (category, rate) that occurs, by category, then rate. */
enum status tax_totals(struct arena *arena, const struct tax_line *lines, size_t line_count,
                       struct tax_total **totals, size_t *total_count, struct fault *fault) MUST_CHECK;

#endif
