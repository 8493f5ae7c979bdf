/* Tax: per category on the sum of that category's lines, as EN 16931 has it (BG-23, BR-CO-17).
 *
 * Categories are the UNCL 5305 codes that EN 16931 admits: S, Z, E, AE, K, G, O, L, M. S has a rate above 0,
 * L and M have any, all others 0. AE and K need the tax numbers of both parties (BR-AE-02, BR-IC-02), K also
 * the country of delivery (BR-IC-12), and O stands alone on a document (BR-O-11). */
#ifndef SEATMETER_CORE_MONEY_TAX_H
#define SEATMETER_CORE_MONEY_TAX_H

#include "core/base/fault.h"

#include <stdint.h>

enum { TAX_CATEGORIES = 9 };

struct tax {
    char category[3];        /* "S" */
    int64_t rate_millionths; /* 20 % = 200000 */
};

struct tax_line {
    struct tax tax;
    int64_t net_minor;
};

/* What a document says of its parties. */
struct tax_parties {
    struct text seller_number;
    struct text buyer_number;
    struct text buyer_country;
};

enum tax_lack { TAX_LACKS_NOTHING, TAX_LACKS_SELLER_NUMBER, TAX_LACKS_BUYER_NUMBER, TAX_LACKS_BUYER_COUNTRY };

/* The first thing that a document with the category would need of its parties, and does not have. */
enum tax_lack tax_lacks(struct tax tax, const struct tax_parties *parties);

/* Whether no other category may stand beside it. */
bool tax_stands_alone(struct tax tax);

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
