/* Margins: what an account earns: revenue on the edges it sells on, less cost on the edges it buys on.
 *
 * Closed months come from what was billed, lines against lines of the same end customer and SKU. The running
 * month is billed by the function that the close bills with, corrections and one-off charges that wait among
 * it: `so_far` as if it ended now, `forecast` as if every seat that is on stays on to the month's end. */
#ifndef SEATMETER_PROGRAMME_BILLING_MARGINS_H
#define SEATMETER_PROGRAMME_BILLING_MARGINS_H

#include "core/money/money.h"
#include "core/time/date.h"
#include "programme/call/call.h"

enum margin_grouping {
    MARGIN_TOTAL,
    MARGIN_BY_BUYER,    /* the account's direct buyers: a distributor's providers, a provider's customers */
    MARGIN_BY_CUSTOMER, /* end customers */
    MARGIN_BY_SKU,
    MARGIN_BY_CUSTOMER_AND_SKU
};

struct show_margins_input {
    struct text account; /* whose margins; empty: the actor's account */
    struct text month;
    enum margin_grouping grouping;
    bool forecast; /* the month is open: rate it now; else what was billed */
};

/* Charges and minimums without an end customer have an empty customer; charges an empty SKU. */
struct margin_row {
    struct text buyer_code; /* filled as the grouping has it */
    struct text buyer_name;
    struct text customer_code;
    struct text customer_name;
    struct text sku;
    struct text sku_name;
    struct currency currency; /* rows of different currencies are not added up */
    money_wide revenue_minor; /* net of tax; with `forecast`: at the month's end */
    money_wide cost_minor;
    money_wide margin_minor;
    int64_t margin_millionths; /* of revenue: 90 % is 900000; 0 where there is no revenue; at most 64 bits */
    money_wide revenue_so_far_minor; /* the edges that are not among the sums */
    money_wide cost_so_far_minor;
};

/* An edge of the account's that the forecast leaves out. */
struct margin_problem {
    struct text seller_code;
    struct text seller_name;
    struct text buyer_code;
    struct text buyer_name;
    struct text reason; /* as the close would leave it open: "price-missing", "amount-overflow", … */
    struct text message;
};

struct show_margins_result {
    struct month month;
    bool forecast;
    const struct margin_row *rows;
    size_t count;
    const struct margin_row *totals; /* one per currency */
    size_t total_count;
    const struct margin_problem *problems; /* of a forecast alone */
    size_t problem_count;
};

/* "total", "buyer", "customer", "sku", "customer-sku"; fault "unknown-grouping". */
enum status margin_grouping_parse(struct text word, const char *field, enum margin_grouping *grouping,
                                  struct fault *fault) MUST_CHECK;

/* Only the account itself (and the operator) sees its margins. */
enum status show_margins(struct call *call, const struct show_margins_input *input,
                         struct show_margins_result *result, struct fault *fault) MUST_CHECK;

#endif
