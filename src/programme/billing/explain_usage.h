/* Explain usage: a line of usage, rated again and shown with what it was rated from. */
#ifndef SEATMETER_PROGRAMME_BILLING_EXPLAIN_USAGE_H
#define SEATMETER_PROGRAMME_BILLING_EXPLAIN_USAGE_H

#include "programme/billing/explain_line.h"
#include "store/billing/invoices.h"

struct usage_to_explain {
    const struct invoice_head *head; /* of the document that has the line */
    const struct billed_line *line;
    size_t ordinal; /* of the customer's lines of the SKU for that month on the document, this one's place */
    bool with_corrections; /* rated with those that documents up to this one carry */
};

/* Fills in what `result` says of usage; result->month says which month it is. */
enum status explain_usage(struct call *call, const struct usage_to_explain *usage,
                          struct line_explanation *result, struct fault *fault) MUST_CHECK;

/* Whether quantity × unit price is not the line's amount itself but was rounded to it, and how that is said.
 */
bool explained_is_rounded(const struct billed_line *line, struct currency currency) MUST_CHECK;
#define EXPLAINED_ROUNDING ", rounded half away from zero"

#endif
