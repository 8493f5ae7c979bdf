/* Kept documents: the bytes that a document was delivered as first, for each format, never written again. */
#ifndef SEATMETER_STORE_BILLING_KEPT_DOCUMENTS_H
#define SEATMETER_STORE_BILLING_KEPT_DOCUMENTS_H

#include "store/engine/db.h"

struct kept_document {
    int64_t invoice_id;
    struct text format; /* "pdf", "text", "csv" */
    struct text content;
    struct text sha256; /* of the content, in hexadecimal digits */
    int64_t kept_at_us;
};

enum status kept_document_find(struct db *db, struct arena *arena, int64_t invoice_id, struct text format,
                               bool *found, struct kept_document *document, struct fault *fault) MUST_CHECK;

/* Keeps it unless one is kept already. */
enum status kept_document_insert(struct db *db, const struct kept_document *document,
                                 struct fault *fault) MUST_CHECK;

/* All, by invoice and format. What is read stands in the row: it is gone with the next. */
enum status kept_documents_stream(struct db *db, struct db_rows **rows, struct fault *fault) MUST_CHECK;
void kept_document_read(struct db_rows *rows, struct kept_document *document);

#endif
