/* Issue invoices: from rated lines to numbered documents with totals, lines and postings, by the batch.
 *
 * Documents are gathered and then written together: heads, lines and postings each in one bulk, because a
 * close issues tens of thousands. Numbers are taken when a batch is written, in the order in which documents
 * were added, so a seller's numbers have no gaps. */
#ifndef SEATMETER_PROGRAMME_BILLING_ISSUE_DOCUMENTS_H
#define SEATMETER_PROGRAMME_BILLING_ISSUE_DOCUMENTS_H

#include "core/rating/snapshot.h"
#include "programme/call/call.h"
#include "store/billing/invoices.h"

struct issued {
    struct invoice_head head;
    struct billed_line *lines;
    size_t line_count;
    struct text *identifier; /* where to tell the invoice's identifier and number, in the call's arena */
    struct text *number;
};

struct invoice_batch {
    struct call *call;
    const struct snapshot *snapshot;
    struct arena arena; /* of the lines: cleaned when they are written */
    struct issued *items;
    size_t count;
    size_t capacity;
    size_t line_count;
    int64_t first_invoice_id; /* of all that this batch wrote; 0: none yet */
    int64_t invoices_written;
    int64_t lines_written;
};

/* `batch` must not move afterwards; clean_up frees what was not written. */
void invoice_batch_init(struct invoice_batch *batch, struct call *call, const struct snapshot *snapshot);
void invoice_batch_clean_up(struct invoice_batch *batch);

/* Adds a document of an agreement for a month: `lines` live in batch->arena and get their positions here.
 * Totals go to `*gross_minor`. */
struct issue_input {
    uint32_t agreement;
    enum invoice_kind kind;
    struct month month;
    struct billed_line *lines;
    size_t line_count;
    struct text *identifier;
    struct text *number;
};
enum status invoice_batch_add(struct invoice_batch *batch, const struct issue_input *input,
                              int64_t *gross_minor, struct fault *fault) MUST_CHECK;

/* Writes everything that was added. No other statement's rows may be open. */
enum status invoice_batch_write(struct invoice_batch *batch, struct fault *fault) MUST_CHECK;

#endif
