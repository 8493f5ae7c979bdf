#include "programme/billing/deliver_document.h"

#include "documents/invoice/document.h"
#include "programme/billing/invoice_view.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_invoice.h"
#include "store/billing/kept_documents.h"

#include <sodium.h>

/* Who asks for a document does not wait long for a turn to keep it. */
enum { KEEP_WAIT_MS = 500, WRITE_WAIT_MS = 30000 };

struct delivery {
    struct deliver_document_input asked;
    struct kept_document document;
    struct text number;
    bool is_kept;
};

struct text document_sha256(struct arena *arena, struct text content) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    char digits[crypto_hash_sha256_BYTES * 2 + 1];
    crypto_hash_sha256(hash, (const unsigned char *)content.at, content.length);
    sodium_bin2hex(digits, sizeof digits, hash, sizeof hash);
    return text_copy(arena, (struct text){digits, sizeof digits - 1});
}

static struct text format_word(enum document_format format) {
    static const char *const WORDS[] = {
        [DOCUMENT_PDF] = "pdf", [DOCUMENT_TEXT] = "text", [DOCUMENT_CSV] = "csv"};
    return text_of(WORDS[format]);
}

static enum status draw(struct arena *arena, const struct invoice *invoice, enum document_format format,
                        struct text *content, struct fault *fault) {
    if (format == DOCUMENT_PDF) {
        return document_invoice_pdf(arena, invoice, content, fault);
    }
    if (format == DOCUMENT_TEXT) {
        return document_invoice_text(arena, invoice, content, fault);
    }
    *content = document_invoice_csv(arena, invoice);
    return STATUS_OK;
}

/* As its seller reads it. */
static enum status make_document(const struct call *call, const struct invoice_head *head,
                                 struct delivery *delivery, struct fault *fault) {
    struct call sellers = *call;
    struct invoice invoice;
    struct kept_document *made = &delivery->document;
    sellers.actor = (struct actor){.kind = ACTOR_USER, .account_id = head->seller_id, .rights = RIGHT_READ};
    TRY(invoice_fill(&sellers, head, &invoice, fault));
    invoice.without_state = true;
    *made = (struct kept_document){
        .invoice_id = head->id,
        .format = format_word(delivery->asked.format),
        .kept_at_us = call->now_us,
    };
    TRY(draw(call->arena, &invoice, delivery->asked.format, &made->content, fault));
    made->sha256 = document_sha256(call->arena, made->content);
    return STATUS_OK;
}

static enum status check_kept(const struct call *call, const struct delivery *delivery, struct fault *fault) {
    const struct kept_document *kept = &delivery->document;
    if (text_equal(document_sha256(call->arena, kept->content), kept->sha256)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "document-altered", "invoice", delivery->number,
                     "The %.*s of %.*s that the store keeps is not what was delivered first: run seatmeter "
                     "check, and restore a backup.",
                     TEXT_ARGS(kept->format), TEXT_ARGS(delivery->number));
}

static enum status do_find(struct call *call, const void *input, void *output, struct fault *fault) {
    struct delivery *delivery = output;
    struct invoice_head head;
    (void)input;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_invoice(call, delivery->asked.invoice, &head, fault));
    delivery->number = head.number;
    TRY(kept_document_find(call->db, call->arena, head.id, format_word(delivery->asked.format),
                           &delivery->is_kept, &delivery->document, fault));
    return delivery->is_kept ? check_kept(call, delivery, fault)
                             : make_document(call, &head, delivery, fault);
}

/* Somebody else may have kept one since: then that one is delivered. */
static enum status do_keep(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct kept_document *made = input;
    struct kept_document *kept = output;
    bool found = false;
    db_set_write_wait(call->db, WRITE_WAIT_MS);
    TRY(kept_document_insert(call->db, made, fault));
    return kept_document_find(call->db, call->arena, made->invoice_id, made->format, &found, kept, fault);
}

/* False: it could not be, and is with a later delivery. */
static bool keep(struct call *call, const struct kept_document *made, struct kept_document *kept) {
    struct fault ignored;
    if (call->depth > 0 && !call->writes) {
        return false;
    }
    db_set_write_wait(call->db, KEEP_WAIT_MS);
    enum status status = call_run(call, DB_WRITE, do_keep, made, kept, &ignored);
    db_set_write_wait(call->db, WRITE_WAIT_MS);
    return status == STATUS_OK;
}

enum status deliver_document(struct call *call, const struct deliver_document_input *input,
                             struct delivered_document *document, struct fault *fault) {
    struct delivery delivery = {.asked = *input};
    TRY(call_run(call, DB_READ, do_find, NULL, &delivery, fault));
    struct kept_document kept = delivery.document;
    if (!delivery.is_kept && keep(call, &delivery.document, &kept)) {
        delivery.document = kept;
        TRY(check_kept(call, &delivery, fault));
    }
    *document = (struct delivered_document){
        .number = delivery.number,
        .content = delivery.document.content,
        .sha256 = delivery.document.sha256,
    };
    return STATUS_OK;
}
