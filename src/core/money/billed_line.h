/* Billed line: a line of an invoice as it is kept, which names what it bills by ids. */
#ifndef SEATMETER_CORE_MONEY_BILLED_LINE_H
#define SEATMETER_CORE_MONEY_BILLED_LINE_H

#include "core/money/tax.h"
#include "core/time/date.h"

enum { INVOICE_NO_MONTH = -1 };

struct billed_line {
    int64_t invoice_id;
    int64_t position;    /* from 1 */
    int64_t customer_id; /* 0: for no one end customer */
    int64_t sku_id;      /* 0: a charge */
    int64_t price_id;    /* 0: a charge */
    struct text policy;  /* empty: a charge */
    int64_t measured_parts;
    int64_t quantity_parts;
    int64_t parts_per_unit;
    int64_t unit_price_millionths;
    int64_t amount_minor;
    struct tax tax;
    struct month corrects_month; /* index INVOICE_NO_MONTH: none */
    int64_t takes_invoice_id;    /* the line that this one takes back: of that document; 0: none */
    int64_t takes_position;      /* and there its position */
    int64_t corrects_id; /* of a correction that is being billed: the document it corrects. Not kept */
    bool corrects_loss;  /* and whether that was written off. Not kept */
    struct text description;
    struct text note;
};

/* The totals of the lines of one document. */
struct billed_total {
    int64_t net_minor;
    int64_t tax_minor; /* computed once per category and rate, on the sum of its lines (R7.10) */
    int64_t gross_minor;
};

/* Fault "amount-overflow". */
enum status billed_lines_total(struct arena *arena, const struct billed_line *lines, size_t count,
                               struct billed_total *total, struct fault *fault) MUST_CHECK;

#endif
