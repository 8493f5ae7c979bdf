/* Issue documents: the one writer of invoices, settlements and credit notes.
 *
 * From lines to a numbered document with totals, kept lines and postings. Documents are gathered and then
 * written together, heads, lines and postings each in one bulk, because a close issues tens of thousands; a
 * credit note is a batch of one. Numbers are taken when a batch is written, in the order in which documents
 * were added, so a seller's numbers have no gaps (R7.11).
 *
 * A document that leaves nothing to settle is paid when it is issued (R8.3). A credit note is set off against
 * what is open of the invoice that it credits, which is paid where nothing is left (R8.2). */
#ifndef SEATMETER_PROGRAMME_BILLING_ISSUE_DOCUMENTS_H
#define SEATMETER_PROGRAMME_BILLING_ISSUE_DOCUMENTS_H

#include "programme/billing/credited_invoice.h"

/* A document to issue. */
struct document {
    int64_t id; /* of one whose lines are written already (document_lines_write); 0: the writer takes one */
    /* All but id, number, state, time of issue, totals and set-off: those are the writer's. */
    struct invoice_head head;
    struct text seller_code;   /* which begins the number of its first document, and so of all */
    struct billed_line *lines; /* at least one, positions ascending; they live until the batch is written */
    size_t line_count;
    struct credited_invoice *credited; /* of a credit note: what it credits; it lives as long; else NULL */
    struct invoice_head *issued;       /* where the head goes as it was written, in the call's arena */
};

struct document_batch {
    struct call *call;
    struct arena arena; /* of what is added: cleaned when it is written */
    struct document *documents;
    size_t count;
    size_t capacity;
    size_t line_count;
    int64_t documents_written;
    int64_t lines_written;
};

/* `batch` must not move afterwards; clean_up frees what was not written. */
void document_batch_init(struct document_batch *batch, struct call *call);
void document_batch_clean_up(struct document_batch *batch);

/* Adds a document; its totals go to `*total`. Fault "amount-overflow". */
enum status document_batch_add(struct document_batch *batch, const struct document *document,
                               struct billed_total *total, struct fault *fault) MUST_CHECK;

/* Writes everything that was added. No other statement's rows may be open. */
enum status document_batch_write(struct document_batch *batch, struct fault *fault) MUST_CHECK;

/* Writes lines of a document that is longer than a transaction should be, `first` of them and on. Nobody sees
 * them until the document is written with its id. */
enum status document_lines_write(struct call *call, int64_t id, struct billed_line *lines, size_t first,
                                 size_t count, struct fault *fault) MUST_CHECK;

#endif
