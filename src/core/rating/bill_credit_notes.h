/* Bill credit notes: what corrections take back beyond a month's own lines.
 *
 * Where all lines together would make a document below zero, it is none that could be asked for: each
 * document that is corrected to less then gets a credit note, which names it, and what raises another one
 * stays on the month's invoice with the month's own lines (R7.18). What is taken back of a document that was
 * written off is never netted with what is still to be paid: it always has a credit note, which is set off
 * against the loss (R8.5). */
#ifndef SEATMETER_CORE_RATING_BILL_CREDIT_NOTES_H
#define SEATMETER_CORE_RATING_BILL_CREDIT_NOTES_H

#include "core/rating/corrections.h"

struct bill_credit_note {
    int64_t document_id;       /* the invoice that it corrects */
    struct billed_line *lines; /* positions from 1 */
    size_t line_count;
};

/* Takes the lines of credit notes out of the list; the others keep their order. Fault "amount-overflow". */
enum status bill_credit_notes_take_out(struct arena *arena, struct line_list *list,
                                       const struct bill_credit_note **notes, size_t *count,
                                       struct fault *fault) MUST_CHECK;

#endif
