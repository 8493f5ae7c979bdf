/* Preview: what a change would do to the bills of the running month and of a whole one, before it is made.
 *
 * It is told edge by edge, of those that the asker may see (R7.26). Each edge is rated twice by the functions
 * that a close bills with, as it stands and with the change from now on, so that the preview says what the
 * bill will. The whole month is the one after the running one, as it would be with the change and with
 * nothing else changing meanwhile. */
#ifndef SEATMETER_PROGRAMME_PREVIEW_PREVIEW_H
#define SEATMETER_PROGRAMME_PREVIEW_PREVIEW_H

#include "core/rating/charge.h"
#include "programme/call/call.h"

enum { PREVIEW_MONTHS = 2 }; /* the running one, a whole one */

/* A tier's part of what a customer is charged. */
struct preview_line {
    struct quantity quantity;
    int64_t unit_price_millionths;
    int64_t tier_from;
    int64_t amount_minor;
};

/* What a customer would be charged for a SKU: without the change, or with it. */
struct preview_side {
    const struct price *price; /* NULL: the SKU has none on the edge in that month */
    struct quantity measured;
    struct quantity charged;
    enum charge_reason why;
    int64_t amount_minor;
    const struct preview_line *lines;
    size_t line_count;
};

struct preview_row {
    struct text sku; /* sku_… */
    struct text sku_code;
    struct text sku_name;
    struct text customer; /* acc_…; empty: what a minimum asks for beyond all customers */
    struct text customer_code;
    struct text customer_name;
    struct preview_side before;
    struct preview_side after;
    money_wide difference_minor;
};

/* A month of an edge. The rows are those of the changed licences, and those of others that change with them
 * because a tier or a minimum is reached by all customers together. */
struct preview_month {
    bool is_there; /* an agreement answers for it */
    struct month month;
    struct currency currency;
    bool billed_elsewhere;   /* usage is not billed here (R7.3) */
    money_wide before_minor; /* the sum of the rows, without tax */
    money_wide after_minor;
    const struct preview_row *rows;
    size_t row_count;
    struct text
        reason; /* why the edge could not be closed with the change: "price-missing", …; empty: it could */
    struct text message;
};

struct preview_edge {
    struct text agreement; /* agr_… that answers for the running month */
    struct text seller_code;
    struct text seller_name;
    struct text buyer_code;
    struct text buyer_name;
    bool is_revenue; /* of the account that is asked for: it sells */
    bool is_cost;
    struct preview_month months[PREVIEW_MONTHS];
};

/* What the account keeps, in one currency: revenue less cost of its edges, after the change less before. */
struct preview_total {
    struct currency currency;
    money_wide revenue_minor[PREVIEW_MONTHS];
    money_wide cost_minor[PREVIEW_MONTHS];
};

/* A block from which the change takes seats, or gives them back: its provider's alone to know. */
struct preview_block {
    struct text block;  /* blk_… */
    int64_t free_seats; /* with the change */
};

struct preview {
    int64_t at_us;     /* when the change would be made */
    int64_t licences;  /* how many would be changed */
    int64_t passed;    /* of a customer's: those that the change does not fit */
    int64_t customers; /* whose licences these are */
    struct preview_edge *edges;
    size_t edge_count;
    size_t edge_capacity;
    struct preview_total *totals; /* by currency; none where no account is asked for */
    size_t total_count;
    size_t total_capacity;
    const struct preview_block *blocks;
    size_t block_count;
};

#endif
