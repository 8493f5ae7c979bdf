#include "programme/billing/issue_documents.h"

#include "core/time/zone.h"
#include "programme/call/authorise.h"
#include "store/billing/ledger.h"
#include "store/parties/accounts.h"

#include <assert.h>

void invoice_batch_init(struct invoice_batch *batch, struct call *call, const struct snapshot *snapshot) {
    *batch = (struct invoice_batch){.call = call, .snapshot = snapshot};
    arena_init(&batch->arena);
}

void invoice_batch_clean_up(struct invoice_batch *batch) {
    arena_clean_up(&batch->arena);
    batch->items = NULL;
    batch->count = batch->capacity = batch->line_count = 0;
}

static struct invoice_address address_of(const struct account *account) {
    return (struct invoice_address){account->name, account->address, account->country, account->tax_number,
                                    account->email};
}

static struct invoice_head head_of(const struct invoice_batch *batch, const struct issue_input *input) {
    const struct snapshot *snapshot = batch->snapshot;
    const struct agreement *agreement = &snapshot->agreements[input->agreement];
    struct date today = zone_date_at(snapshot_zone(snapshot, input->agreement), batch->call->now_us);
    return (struct invoice_head){
        .kind = input->kind,
        .state = INVOICE_ISSUED,
        .agreement_id = agreement->id,
        .seller_id = agreement->seller_id,
        .buyer_id = agreement->buyer_id,
        .month = input->month,
        .currency = agreement->currency,
        .issued_on = today,
        .due_on = {today.day + (int32_t)agreement->payment_days},
        .terms = agreement->terms,
        .seller = address_of(&snapshot->accounts[snapshot_account(snapshot, agreement->seller_id)]),
        .buyer = address_of(&snapshot->accounts[snapshot_account(snapshot, agreement->buyer_id)]),
        .issued_at_us = batch->call->now_us,
    };
}

enum status invoice_batch_add(struct invoice_batch *batch, const struct issue_input *input,
                              int64_t *gross_minor, struct fault *fault) {
    assert(input->line_count > 0);
    struct invoice_head head = head_of(batch, input);
    struct billed_total total;
    TRY(billed_lines_total(&batch->arena, input->lines, input->line_count, &total, fault));
    head.net_minor = total.net_minor;
    head.tax_minor = total.tax_minor;
    head.gross_minor = total.gross_minor;
    for (size_t i = 0; i < input->line_count; i++) {
        input->lines[i].position = (int64_t)i + 1;
    }
    batch->items =
        arena_grow(&batch->arena, batch->items, batch->count, &batch->capacity, sizeof(*batch->items));
    batch->items[batch->count++] =
        (struct issued){head, input->lines, input->line_count, input->identifier, input->number};
    batch->line_count += input->line_count;
    *gross_minor = head.gross_minor;
    return STATUS_OK;
}

static int year_of(const struct issued *item) {
    return month_year(date_month(item->head.issued_on));
}

/* Ids for all, and numbers run by run of one seller and year. */
static enum status number_items(struct invoice_batch *batch, struct fault *fault) {
    struct call *call = batch->call;
    int64_t first_id = 0;
    enum status status = invoice_ids_take(call->db, (int64_t)batch->count, &first_id, fault);
    if (batch->first_invoice_id == 0) {
        batch->first_invoice_id = first_id;
    }
    size_t next = 0;
    while (status == STATUS_OK && next < batch->count) {
        size_t end = next + 1;
        int64_t seller_id = batch->items[next].head.seller_id;
        int year = year_of(&batch->items[next]);
        int64_t number = 0;
        while (end < batch->count && batch->items[end].head.seller_id == seller_id &&
               year_of(&batch->items[end]) == year) {
            end++;
        }
        status = invoice_numbers_take(call->db, seller_id, year, (int64_t)(end - next), &number, fault);
        struct text code = batch->snapshot->accounts[snapshot_account(batch->snapshot, seller_id)].code;
        for (; status == STATUS_OK && next < end; next++) {
            struct issued *item = &batch->items[next];
            item->head.id = first_id + (int64_t)next;
            item->head.number = invoice_number(call->arena, code, year, number++);
            *item->identifier = identifier_text(call, IDENTIFIER_INVOICE, item->head.id);
            *item->number = item->head.number;
        }
    }
    return status;
}

static enum status write_heads(struct invoice_batch *batch, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    enum status status = invoice_heads_bulk(batch->call->db, &bulk, fault);
    for (size_t i = 0; status == STATUS_OK && i < batch->count; i++) {
        status = invoice_heads_add(bulk, &batch->items[i].head, fault);
    }
    if (status == STATUS_OK) {
        return db_bulk_finish(bulk, fault);
    }
    db_bulk_abandon(bulk);
    return status;
}

static enum status write_lines(struct invoice_batch *batch, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    enum status status = invoice_lines_bulk(batch->call->db, &bulk, fault);
    for (size_t i = 0; status == STATUS_OK && i < batch->count; i++) {
        for (size_t k = 0; status == STATUS_OK && k < batch->items[i].line_count; k++) {
            batch->items[i].lines[k].invoice_id = batch->items[i].head.id;
            status = invoice_lines_add(bulk, &batch->items[i].lines[k], fault);
        }
    }
    if (status == STATUS_OK) {
        return db_bulk_finish(bulk, fault);
    }
    db_bulk_abandon(bulk);
    return status;
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
static enum status write_postings(struct invoice_batch *batch, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    int64_t count = 0;
    int64_t number = 0;
    for (size_t i = 0; i < batch->count; i++) {
        count += posting_of(&batch->items[i].head, 0).entry_count > 0;
    }
    if (count == 0) {
        return STATUS_OK;
    }
    enum status status = ledger_postings_take(batch->call->db, count, &number, fault);
    if (status == STATUS_OK) {
        status = ledger_bulk(batch->call->db, &bulk, fault);
    }
    for (size_t i = 0; status == STATUS_OK && i < batch->count; i++) {
        struct ledger_posting posting = posting_of(&batch->items[i].head, number);
        number += posting.entry_count > 0;
        status = ledger_add(bulk, &posting, fault);
    }
    if (status == STATUS_OK) {
        return db_bulk_finish(bulk, fault);
    }
    db_bulk_abandon(bulk);
    return status;
}

enum status invoice_batch_write(struct invoice_batch *batch, struct fault *fault) {
    if (batch->count == 0) {
        return STATUS_OK;
    }
    enum status status = number_items(batch, fault);
    if (status == STATUS_OK) {
        status = write_heads(batch, fault);
    }
    if (status == STATUS_OK) {
        status = write_lines(batch, fault);
    }
    if (status == STATUS_OK) {
        status = write_postings(batch, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    batch->invoices_written += (int64_t)batch->count;
    batch->lines_written += (int64_t)batch->line_count;
    invoice_batch_clean_up(batch);
    return STATUS_OK;
}
