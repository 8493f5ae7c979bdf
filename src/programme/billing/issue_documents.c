#include "programme/billing/issue_documents.h"

#include "core/money/money.h"
#include "store/billing/ledger.h"
#include "store/parties/accounts.h"

#include <assert.h>

void document_batch_init(struct document_batch *batch, struct call *call) {
    *batch = (struct document_batch){.call = call};
    arena_init(&batch->arena);
}

void document_batch_clean_up(struct document_batch *batch) {
    arena_clean_up(&batch->arena);
    batch->documents = NULL;
    batch->count = batch->capacity = batch->line_count = 0;
}

/* The totals of a credit note: its taxes are those that it takes of its invoice's. */
static enum status credit_total(const struct document *document, struct billed_total *total,
                                struct fault *fault) {
    struct billed_total made = {0};
    struct tax_total *taxes = NULL;
    size_t count = 0;
    TRY(credited_invoice_take(document->credited, document->lines, document->line_count, &taxes, &count,
                              fault));
    for (size_t i = 0; i < count; i++) {
        TRY(money_add(&made.net_minor, taxes[i].taxable_minor, fault));
        TRY(money_add(&made.tax_minor, taxes[i].tax_minor, fault));
    }
    made.gross_minor = made.net_minor;
    TRY(money_add(&made.gross_minor, made.tax_minor, fault));
    *total = made;
    return STATUS_OK;
}

/* How much of a credit note goes against what is open of its invoice. */
static int64_t set_off_of(const struct document *document) {
    int64_t credit_minor = -document->head.gross_minor;
    if (document->credited == NULL || credit_minor <= 0) {
        return 0;
    }
    return credit_minor < document->credited->open_minor ? credit_minor : document->credited->open_minor;
}

enum status document_batch_add(struct document_batch *batch, const struct document *document,
                               struct billed_total *total, struct fault *fault) {
    struct document added = *document;
    assert(document->line_count > 0 && document->issued != NULL);
    assert((document->credited != NULL) == (document->head.kind == INVOICE_KIND_CREDIT_NOTE));
    for (size_t i = 0; i < document->line_count; i++) {
        assert(document->lines[i].position > (i == 0 ? 0 : document->lines[i - 1].position));
    }
    if (document->credited != NULL) {
        TRY(credit_total(document, total, fault));
    } else {
        TRY(billed_lines_total(&batch->arena, document->lines, document->line_count, total, fault));
    }
    added.head.net_minor = total->net_minor;
    added.head.tax_minor = total->tax_minor;
    added.head.gross_minor = total->gross_minor;
    added.head.set_off_minor = set_off_of(&added);
    bool is_settled = added.head.gross_minor + added.head.set_off_minor == 0;
    added.head.state = is_settled ? INVOICE_PAID : INVOICE_ISSUED;
    added.head.issued_at_us = batch->call->now_us;
    added.head.settled_at_us = is_settled ? batch->call->now_us : 0;
    batch->documents =
        arena_grow(&batch->arena, batch->documents, batch->count, &batch->capacity, sizeof *batch->documents);
    batch->documents[batch->count++] = added;
    batch->line_count += document->line_count;
    return STATUS_OK;
}

/* ---- numbers ---- */

static int year_of(const struct document *document) {
    return month_year(date_month(document->head.issued_on));
}

/* How many documents from `first` on are of one seller and year. */
static size_t run_length(const struct document_batch *batch, size_t first) {
    size_t end = first + 1;
    while (end < batch->count &&
           batch->documents[end].head.seller_id == batch->documents[first].head.seller_id &&
           year_of(&batch->documents[end]) == year_of(&batch->documents[first])) {
        end++;
    }
    return end - first;
}

/* Takes an id for each that has none yet. */
static enum status identify_documents(struct document_batch *batch, struct fault *fault) {
    int64_t wanted = 0;
    int64_t id = 0;
    for (size_t i = 0; i < batch->count; i++) {
        wanted += batch->documents[i].id == 0;
    }
    if (wanted > 0) {
        TRY(invoice_ids_take(batch->call->db, wanted, &id, fault));
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct document *document = &batch->documents[i];
        document->head.id = document->id == 0 ? id++ : document->id;
    }
    return STATUS_OK;
}

/* Takes numbers run by run. */
static enum status number_documents(struct document_batch *batch, struct fault *fault) {
    struct call *call = batch->call;
    TRY(identify_documents(batch, fault));
    for (size_t next = 0; next < batch->count;) {
        size_t end = next + run_length(batch, next);
        int year = year_of(&batch->documents[next]);
        int64_t number = 0;
        struct text prefix = TEXT("");
        TRY(account_number_prefix(call->db, &batch->arena, batch->documents[next].head.seller_id,
                                  batch->documents[next].seller_code, &prefix, fault));
        TRY(invoice_numbers_take(call->db, batch->documents[next].head.seller_id, year, (int64_t)(end - next),
                                 &number, fault));
        for (; next < end; next++) {
            struct document *document = &batch->documents[next];
            document->head.number = invoice_number(call->arena, prefix, year, number++);
            *document->issued = document->head;
        }
    }
    return STATUS_OK;
}

/* ---- writing ---- */

/* Ends a bulk: finishes it where everything went well, else abandons it. */
static enum status end_bulk(struct db_bulk *bulk, enum status status, struct fault *fault) {
    if (status == STATUS_OK) {
        return db_bulk_finish(bulk, fault);
    }
    db_bulk_abandon(bulk);
    return status;
}

static enum status write_heads(const struct document_batch *batch, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    enum status status = invoice_heads_bulk(batch->call->db, &bulk, fault);
    for (size_t i = 0; status == STATUS_OK && i < batch->count; i++) {
        status = invoice_heads_add(bulk, &batch->documents[i].head, fault);
    }
    return end_bulk(bulk, status, fault);
}

static enum status add_lines(struct db_bulk *bulk, int64_t id, struct billed_line *lines, size_t count,
                             struct fault *fault) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        lines[i].invoice_id = id;
        status = invoice_lines_add(bulk, &lines[i], fault);
    }
    return status;
}

static enum status write_lines(const struct document_batch *batch, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    enum status status = invoice_lines_bulk(batch->call->db, &bulk, fault);
    for (size_t i = 0; status == STATUS_OK && i < batch->count; i++) {
        const struct document *document = &batch->documents[i];
        if (document->id == 0) {
            status = add_lines(bulk, document->head.id, document->lines, document->line_count, fault);
        }
    }
    return end_bulk(bulk, status, fault);
}

enum status document_lines_write(struct call *call, int64_t id, struct billed_line *lines, size_t first,
                                 size_t count, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    enum status status = invoice_lines_bulk(call->db, &bulk, fault);
    if (status == STATUS_OK) {
        status = add_lines(bulk, id, lines + first, count, fault);
    }
    return end_bulk(bulk, status, fault);
}

static struct ledger_posting posting_of(const struct invoice_head *head, int64_t number) {
    struct ledger_posting posting = {
        .posting = number,
        .at_us = head->issued_at_us,
        .invoice_id = head->id,
        .owner_id = head->seller_id,
        .party_id = head->buyer_id,
        .currency = head->currency,
    };
    ledger_post_issue(&posting, head->net_minor, head->tax_minor);
    return posting;
}

/* A document whose amounts are all zero posts nothing and takes no posting's number. */
static enum status write_postings(const struct document_batch *batch, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    int64_t count = 0;
    int64_t number = 0;
    for (size_t i = 0; i < batch->count; i++) {
        count += posting_of(&batch->documents[i].head, 0).entry_count > 0;
    }
    if (count == 0) {
        return STATUS_OK;
    }
    TRY(ledger_postings_take(batch->call->db, count, &number, fault));
    int64_t behind_last = number + count;
    enum status status = ledger_bulk(batch->call->db, &bulk, fault);
    for (size_t i = 0; status == STATUS_OK && i < batch->count; i++) {
        struct ledger_posting posting = posting_of(&batch->documents[i].head, number);
        number += posting.entry_count > 0;
        status = ledger_add(bulk, &posting, fault);
    }
    assert(status != STATUS_OK || number == behind_last); /* every number that was taken is used */
    return end_bulk(bulk, status, fault);
}

/* What a credit note was set off against: an open invoice of which nothing is left is paid; of one that was
 * written off, less was lost. */
static enum status settle_credited(const struct document_batch *batch, const struct document *note,
                                   struct fault *fault) {
    struct call *call = batch->call;
    const struct credited_invoice *credited = note->credited;
    if (credited == NULL || note->head.set_off_minor == 0) {
        return STATUS_OK;
    }
    if (credited->head.state == INVOICE_WRITTEN_OFF) {
        struct ledger_posting posting = posting_of(&note->head, 0);
        ledger_post_settlement(&posting, LEDGER_BAD_DEBT, -note->head.set_off_minor);
        return ledger_insert(call->db, &posting, fault);
    }
    if (note->head.set_off_minor < credited->open_minor) {
        return STATUS_OK;
    }
    return invoice_settle(call->db, credited->head.id, INVOICE_PAID, call->now_us, fault);
}

enum status document_batch_write(struct document_batch *batch, struct fault *fault) {
    if (batch->count == 0) {
        return STATUS_OK;
    }
    TRY(number_documents(batch, fault));
    TRY(write_heads(batch, fault));
    TRY(write_lines(batch, fault));
    TRY(write_postings(batch, fault));
    for (size_t i = 0; i < batch->count; i++) {
        TRY(settle_credited(batch, &batch->documents[i], fault));
    }
    batch->documents_written += (int64_t)batch->count;
    batch->lines_written += (int64_t)batch->line_count;
    document_batch_clean_up(batch);
    return STATUS_OK;
}
