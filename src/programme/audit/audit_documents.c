/* Every kept document's content is held against its hash while they stream by: one is in memory. */
#include "programme/audit/audit_documents.h"

#include "programme/billing/deliver_document.h"
#include "programme/call/authorise.h"
#include "store/billing/kept_documents.h"

static void check_document(struct audit *audit, const struct kept_document *kept, struct arena *arena) {
    if (!text_equal(document_sha256(arena, kept->content), kept->sha256)) {
        audit_found(audit, "document-altered",
                    identifier_text(audit->call, IDENTIFIER_INVOICE, kept->invoice_id),
                    "is kept as %.*s with bytes of which %.*s is not the SHA-256", TEXT_ARGS(kept->format),
                    TEXT_ARGS(kept->sha256));
    }
}

enum status audit_documents(struct audit *audit, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct kept_document kept = {0};
    struct arena arena;
    bool have_row = false;
    arena_init(&arena);
    enum status status = kept_documents_stream(audit->call->db, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        kept_document_read(rows, &kept);
        check_document(audit, &kept, &arena);
        arena_clean_up(&arena);
    }
    db_rows_close(rows);
    return status;
}
