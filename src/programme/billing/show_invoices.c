/* Lists and shows; settle_invoices.c pays, writes off and credits. */
#include "programme/billing/show_invoices.h"

#include "programme/billing/invoice_view.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/lookup_invoice.h"
#include "store/billing/ledger.h"
#include "store/catalogue/skus.h"

enum status invoice_summarise(struct name_cache *names, const struct invoice_head *head,
                              struct invoice_view *summary, struct fault *fault) {
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    struct currency currency;
    enum status status = name_cache_account(names, head->seller_id, &seller, fault);
    if (status == STATUS_OK) {
        status = name_cache_account(names, head->buyer_id, &buyer, fault);
    }
    if (status == STATUS_OK) {
        status = currency_find(head->currency, "currency", &currency, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *summary = (struct invoice_view){
        .identifier = identifier_text(names->call, IDENTIFIER_INVOICE, head->id),
        .number = head->number,
        .kind = head->kind,
        .state = head->state,
        .month = head->month,
        .seller_code = seller->code,
        .seller_name = head->seller.name,
        .buyer_code = buyer->code,
        .buyer_name = head->buyer.name,
        .currency = currency,
        .issued_on = head->issued_on,
        .due_on = head->due_on,
        .net_minor = head->net_minor,
        .tax_minor = head->tax_minor,
        .gross_minor = head->gross_minor,
    };
    return STATUS_OK;
}

static enum status make_filter(const struct call *call, const struct list_invoices_input *input,
                               struct invoice_filter *filter, struct fault *fault) {
    struct edge_words words = {input->seller, input->buyer, input->month};
    struct edge_choice choice;
    enum invoice_kind kind = INVOICE_KIND_INVOICE;
    int state = 0;
    enum status status = find_edge_choice(call, &words, &choice, fault);
    if (status == STATUS_OK && input->state.length > 0) {
        status = machine_state_parse(&invoice_machine, input->state, &state, fault);
    }
    if (status == STATUS_OK && input->kind.length > 0) {
        status = invoice_kind_parse(input->kind, &kind, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *filter = (struct invoice_filter){
        .party_id = choice.party_id,
        .seller_id = choice.seller_id,
        .buyer_id = choice.buyer_id,
        .month = choice.month,
        .state = input->state.length > 0 ? state : -1,
        .kind = input->kind.length > 0 ? (int)kind : -1,
    };
    return STATUS_OK;
}

enum status list_invoices(struct call *call, const struct list_invoices_input *input,
                          struct invoice_page *result, struct fault *fault) {
    struct invoice_filter filter;
    struct invoice_head *heads = NULL;
    struct invoice_view *items = NULL;
    struct invoice_page made = {0};
    struct name_cache names;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    name_cache_init(&names, call);
    status = make_filter(call, input, &filter, fault);
    if (status == STATUS_OK) {
        status = invoice_list(call->db, call->arena, &filter, input->page, &heads, &made.count,
                              &made.next_after, fault);
    }
    if (status == STATUS_OK) {
        items = ARENA_NEW(call->arena, struct invoice_view, made.count + 1);
    }
    for (size_t i = 0; status == STATUS_OK && i < made.count; i++) {
        status = invoice_summarise(&names, &heads[i], &items[i], fault);
    }
    made.items = items;
    if (status == STATUS_OK) {
        *result = made;
    }
    return call_end(call, status, fault);
}

/* ---- show ---- */

static enum status fill_party(struct name_cache *names, int64_t id, const struct invoice_address *address,
                              bool with_logo, struct invoice_party *party, struct fault *fault) {
    const struct account *account = NULL;
    struct call *call = names->call;
    struct text logo = {0};
    enum status status = name_cache_account(names, id, &account, fault);
    if (status == STATUS_OK && with_logo && account->has_logo) {
        status = account_logo_load(call->db, call->arena, id, &logo, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *party = (struct invoice_party){
        .identifier = identifier_text(call, IDENTIFIER_ACCOUNT, id),
        .code = account->code,
        .name = address->name,
        .address = address->address,
        .country = address->country,
        .tax_number = address->tax_number,
        .email = address->email,
        .logo_png = logo,
    };
    return STATUS_OK;
}

static enum status fill_line(struct name_cache *names, const struct billed_line *row,
                             struct invoice_line *line, struct fault *fault) {
    const struct account *customer = NULL;
    const struct sku *sku = NULL;
    enum status status = name_cache_account(names, row->customer_id, &customer, fault);
    if (status == STATUS_OK) {
        status = name_cache_sku(names, row->sku_id, &sku, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *line = (struct invoice_line){
        .customer_code = customer->code,
        .customer_name = customer->name,
        .sku = sku->code,
        .description = row->description.length > 0 ? row->description : sku->name,
        .policy = row->policy,
        .measured = {row->measured_parts, row->parts_per_unit},
        .quantity = {row->quantity_parts, row->parts_per_unit},
        .unit_price_millionths = row->unit_price_millionths,
        .amount_minor = row->amount_minor,
        .tax = row->tax,
        .note = row->note,
    };
    return STATUS_OK;
}

static enum status fill_lines(struct name_cache *names, int64_t invoice_id, struct invoice *invoice,
                              struct fault *fault) {
    struct call *call = names->call;
    struct billed_line *rows = NULL;
    size_t count = 0;
    enum status status = invoice_lines_load(call->db, call->arena, invoice_id, &rows, &count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct invoice_line *lines = ARENA_NEW(call->arena, struct invoice_line, count + 1);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = fill_line(names, &rows[i], &lines[i], fault);
    }
    invoice->lines = lines;
    invoice->line_count = count;
    return status;
}

static enum status fill_invoice(struct name_cache *names, const struct invoice_head *head,
                                struct invoice *invoice, struct fault *fault) {
    struct call *call = names->call;
    struct invoice_head corrected = {0};
    *invoice = (struct invoice){
        .identifier = identifier_text(call, IDENTIFIER_INVOICE, head->id),
        .number = head->number,
        .kind = head->kind,
        .state = head->state,
        .month = head->month,
        .issued_on = head->issued_on,
        .due_on = head->due_on,
        .terms = head->terms,
    };
    enum status status = currency_find(head->currency, "currency", &invoice->currency, fault);
    if (status == STATUS_OK) {
        status = fill_party(names, head->seller_id, &head->seller, true, &invoice->seller, fault);
    }
    if (status == STATUS_OK) {
        status = fill_party(names, head->buyer_id, &head->buyer, false, &invoice->buyer, fault);
    }
    if (status == STATUS_OK && head->corrects_id > 0) {
        status = invoice_load(call->db, call->arena, head->corrects_id, &corrected, fault);
    }
    invoice->corrects_number = corrected.number;
    if (status == STATUS_OK) {
        status = fill_lines(names, head->id, invoice, fault);
    }
    if (status == STATUS_OK) {
        status = invoice_total(call->arena, invoice, fault);
    }
    /* What was issued stands, whatever the lines add up to; seatmeter check says if it is not the same. */
    invoice->net_minor = head->net_minor;
    invoice->tax_minor = head->tax_minor;
    invoice->gross_minor = head->gross_minor;
    return status;
}

enum status invoice_due(struct call *call, const struct invoice_head *head, int64_t *due_minor,
                        int64_t *credited_minor, struct fault *fault) {
    struct invoice_head corrected = {.state = INVOICE_PAID};
    enum status status = invoice_credited(call->db, head->id, credited_minor, fault);
    if (status == STATUS_OK && head->corrects_id > 0) {
        status = invoice_load(call->db, call->arena, head->corrects_id, &corrected, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *credited_minor = -*credited_minor;
    /* A credit note of an invoice that is not settled yet is set off against it. */
    bool is_due = head->state == INVOICE_ISSUED && corrected.state != INVOICE_ISSUED;
    *due_minor = is_due ? head->gross_minor - *credited_minor : 0;
    return STATUS_OK;
}

enum status show_invoice(struct call *call, const struct show_invoice_input *input,
                         struct invoice_detail *view, struct fault *fault) {
    struct invoice_head head;
    struct invoice_detail made = {0};
    struct name_cache names;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    name_cache_init(&names, call);
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_invoice(call, input->invoice, &head, fault);
    }
    if (status == STATUS_OK) {
        status = fill_invoice(&names, &head, &made.invoice, fault);
    }
    if (status == STATUS_OK) {
        status = invoice_due(call, &head, &made.due_minor, &made.credited_minor, fault);
    }
    if (status == STATUS_OK) {
        made.agreement = identifier_text(call, IDENTIFIER_AGREEMENT, head.agreement_id);
        made.settled_at_us = head.settled_at_us;
        *view = made;
    }
    return call_end(call, status, fault);
}

/* ---- balances ---- */

enum status list_balances(struct call *call, const struct list_balances_input *input,
                          struct balance_page *result, struct fault *fault) {
    struct account owner = {.id = call->actor.account_id};
    struct ledger_sum *sums = NULL;
    struct ledger_balance *items = NULL;
    struct name_cache names;
    size_t count = 0;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    name_cache_init(&names, call);
    if (input->owner.length > 0) {
        status = find_account_with_right(call, input->owner, "owner", RIGHT_READ, &owner, fault);
    } else {
        status = require_any_right(call, RIGHT_READ, fault);
    }
    if (status == STATUS_OK) {
        status = ledger_balances(call->db, call->arena, owner.id, &sums, &count, fault);
    }
    if (status == STATUS_OK) {
        items = ARENA_NEW(call->arena, struct ledger_balance, count + 1);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct account *books = NULL;
        const struct account *party = NULL;
        status = name_cache_account(&names, sums[i].owner_id, &books, fault);
        if (status == STATUS_OK) {
            status = name_cache_account(&names, sums[i].party_id, &party, fault);
        }
        if (status == STATUS_OK) {
            status = currency_find(sums[i].currency, "currency", &items[i].currency, fault);
        }
        if (status != STATUS_OK) {
            break;
        }
        items[i].owner_code = books->code;
        items[i].owner_name = books->name;
        items[i].account = sums[i].account;
        items[i].party_code = party->code;
        items[i].party_name = party->name;
        items[i].balance_minor = sums[i].balance_minor;
    }
    if (status == STATUS_OK) {
        *result = (struct balance_page){items, count};
    }
    return call_end(call, status, fault);
}
