#include "store/billing/kept_documents.h"

#include "store/engine/rows.h"

static const struct db_field KEPT_FIELDS[] = {
    DB_FIELD_INT(struct kept_document, invoice_id, "invoice_id"),
    DB_FIELD_TEXT(struct kept_document, format, "format"),
    DB_FIELD_BYTES(struct kept_document, content, "content"),
    DB_FIELD_TEXT(struct kept_document, sha256, "sha256"),
    DB_FIELD_INT(struct kept_document, kept_at_us, "kept_at_us"),
};
static const struct db_fields KEPT = DB_FIELDS(struct kept_document, KEPT_FIELDS);

static const char FIND[] = "select {} from kept_documents where invoice_id = $1 and format = $2";

enum status kept_document_find(struct db *db, struct arena *arena, int64_t invoice_id, struct text format,
                               bool *found, struct kept_document *document, struct fault *fault) {
    return rows_one(db, arena, &KEPT, FIND, DB_ARGS(db_integer(invoice_id), db_string(format)), document,
                    found, fault);
}

static const char INSERT[] =
    "insert into kept_documents ({}) values ({$1}) on conflict (invoice_id, format) do nothing";

enum status kept_document_insert(struct db *db, const struct kept_document *document, struct fault *fault) {
    return rows_insert(db, &KEPT, INSERT, DB_NO_ARGS, document, fault);
}

static const char ALL[] = "select {} from kept_documents order by invoice_id, format";

enum status kept_documents_stream(struct db *db, struct db_rows **rows, struct fault *fault) {
    return db_stream_fields(db, &KEPT, ALL, DB_NO_ARGS, rows, fault);
}

void kept_document_read(struct db_rows *rows, struct kept_document *document) {
    rows_read_or_spoil(rows, 0, &KEPT, NULL, document);
}
