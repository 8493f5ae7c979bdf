/* Deliver document: an issued document's bytes as PDF, text or CSV, the same at every delivery (R8.7).
 *
 * The first delivery in a format keeps what it made, and each later one gives that. Where the store cannot be
 * written just now (it is busy, or can only be read), what was made is delivered and not kept. A document is
 * its seller's: it names others as its seller may read them, whoever asks. */
#ifndef SEATMETER_PROGRAMME_BILLING_DELIVER_DOCUMENT_H
#define SEATMETER_PROGRAMME_BILLING_DELIVER_DOCUMENT_H

#include "programme/billing/show_invoices.h"

enum document_format { DOCUMENT_PDF, DOCUMENT_TEXT, DOCUMENT_CSV };

struct deliver_document_input {
    struct text invoice; /* as show_invoice takes it */
    enum document_format format;
};

struct delivered_document {
    struct text number;
    struct text content;
    struct text sha256; /* of the content, in hexadecimal digits */
};

/* Faults besides those of show_invoice: "document-altered" where what is kept is not what it was. */
enum status deliver_document(struct call *call, const struct deliver_document_input *input,
                             struct delivered_document *document, struct fault *fault) MUST_CHECK;

/* In hexadecimal digits. */
struct text document_sha256(struct arena *arena, struct text content);

#endif
