#include "programme/billing/show_invoices.h"

#include "programme/billing/credited_invoice.h"
#include "programme/billing/invoice_view.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/lookup_invoice.h"
#include "store/billing/ledger.h"
#include "store/catalogue/skus.h"

static int64_t due_of(const struct invoice_head *head) {
    bool is_credit = head->kind == INVOICE_KIND_CREDIT_NOTE;
    int64_t left =
        is_credit ? head->gross_minor + head->set_off_minor : head->gross_minor - head->notes_set_off_minor;
    return head->state == INVOICE_ISSUED ? left : 0;
}

enum status invoice_summarise(struct name_cache *names, const struct invoice_head *head,
                              struct invoice_view *summary, struct fault *fault) {
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    struct currency currency;
    TRY(name_cache_account(names, head->seller_id, &seller, fault));
    TRY(name_cache_account(names, head->buyer_id, &buyer, fault));
    TRY(currency_find(head->currency, "currency", &currency, fault));
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
        .due_minor = due_of(head),
        .corrects_number = head->corrects_number,
    };
    return STATUS_OK;
}

/* ---- list ---- */

static enum status make_filter(const struct call *call, const struct list_invoices_input *input,
                               struct invoice_filter *filter, struct fault *fault) {
    struct edge_words words = {input->seller, input->buyer, input->month};
    struct edge_choice choice;
    enum invoice_kind kind = INVOICE_KIND_INVOICE;
    int state = -1;
    TRY(find_edge_choice(call, &words, &choice, fault));
    if (input->state.length > 0) {
        TRY(machine_state_parse(&invoice_machine, input->state, &state, fault));
    }
    if (input->kind.length > 0) {
        TRY(invoice_kind_parse(input->kind, &kind, fault));
    }
    *filter = (struct invoice_filter){
        .party_id = choice.party_id,
        .seller_id = choice.seller_id,
        .buyer_id = choice.buyer_id,
        .month = choice.month,
        .state = state,
        .kind = input->kind.length > 0 ? (int)kind : -1,
    };
    return STATUS_OK;
}

static enum status list_invoices_body(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct list_invoices_input *asked = input;
    struct invoice_page *page = output;
    struct invoice_filter filter;
    struct invoice_head *heads = NULL;
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(make_filter(call, asked, &filter, fault));
    TRY(invoice_list(call->db, call->arena, &filter, asked->page, &heads, &page->count, &page->next_after,
                     fault));
    struct invoice_view *items = ARENA_NEW(call->arena, struct invoice_view, page->count);
    for (size_t i = 0; i < page->count; i++) {
        TRY(invoice_summarise(&names, &heads[i], &items[i], fault));
    }
    page->items = items;
    return STATUS_OK;
}

enum status list_invoices(struct call *call, const struct list_invoices_input *input,
                          struct invoice_page *result, struct fault *fault) {
    struct invoice_page made = {0};
    TRY(call_run(call, DB_READ, list_invoices_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}

/* ---- show ---- */

static enum status fill_party(struct name_cache *names, int64_t id, const struct invoice_address *address,
                              bool with_logo, struct invoice_party *party, struct fault *fault) {
    const struct account *account = NULL;
    struct call *call = names->call;
    struct text logo = {0};
    TRY(name_cache_account(names, id, &account, fault));
    if (with_logo && account->has_logo) {
        TRY(account_logo_load(call->db, call->arena, id, &logo, fault));
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

enum status invoice_line_fill(struct name_cache *names, const struct billed_line *row,
                              struct invoice_line *line, struct fault *fault) {
    const struct account *customer = NULL;
    const struct sku *sku = NULL;
    if (row->parts_per_unit < 1) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", "parts_per_unit", TEXT(""),
                         "Line %lld of a document in the store is in parts of which %lld make a unit.",
                         (long long)row->position, (long long)row->parts_per_unit);
    }
    TRY(name_cache_account(names, row->customer_id, &customer, fault));
    TRY(name_cache_sku(names, row->sku_id, &sku, fault));
    *line = (struct invoice_line){
        .position = row->position,
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
    TRY(invoice_lines_load(call->db, call->arena, invoice_id, &rows, &count, fault));
    struct invoice_line *lines = ARENA_NEW(call->arena, struct invoice_line, count);
    for (size_t i = 0; i < count; i++) {
        TRY(invoice_line_fill(names, &rows[i], &lines[i], fault));
    }
    invoice->lines = lines;
    invoice->line_count = count;
    return STATUS_OK;
}

/* A credit note's taxes are what it took of those of its invoice. */
static enum status fill_credit(struct call *call, const struct invoice_head *head, struct invoice *invoice,
                               struct fault *fault) {
    struct credited_invoice credited;
    struct billed_line *lines = NULL;
    struct tax_total *taxes = NULL;
    size_t count = 0;
    TRY(credited_invoice_load(call, head->corrects_id, head->id, &credited, fault));
    TRY(invoice_lines_load(call->db, call->arena, head->id, &lines, &count, fault));
    TRY(credited_invoice_take(&credited, lines, count, &taxes, &invoice->tax_count, fault));
    invoice->taxes = taxes;
    invoice->corrects_number = credited.head.number;
    return STATUS_OK;
}

enum status invoice_fill(struct call *call, const struct invoice_head *head, struct invoice *invoice,
                         struct fault *fault) {
    struct name_cache cache;
    struct name_cache *names = &cache;
    name_cache_init(names, call);
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
    TRY(currency_find(head->currency, "currency", &invoice->currency, fault));
    TRY(fill_party(names, head->seller_id, &head->seller, true, &invoice->seller, fault));
    TRY(fill_party(names, head->buyer_id, &head->buyer, false, &invoice->buyer, fault));
    TRY(fill_lines(names, head->id, invoice, fault));
    TRY(invoice_total(call->arena, invoice, fault));
    if (head->corrects_id > 0) {
        TRY(fill_credit(call, head, invoice, fault));
    }
    /* The totals that were issued stand, whatever the lines add up to; seatmeter check tells a difference. */
    invoice->net_minor = head->net_minor;
    invoice->tax_minor = head->tax_minor;
    invoice->gross_minor = head->gross_minor;
    return STATUS_OK;
}

enum status invoice_balance_of(struct call *call, const struct invoice_head *head,
                               struct invoice_balance *balance, struct fault *fault) {
    struct invoice_balance made = {0};
    TRY(invoice_credited(call->db, head->id, &made.credited_minor, fault));
    made.credited_minor = -made.credited_minor;
    made.set_off_minor =
        head->kind == INVOICE_KIND_CREDIT_NOTE ? head->set_off_minor : head->notes_set_off_minor;
    made.due_minor = due_of(head);
    *balance = made;
    return STATUS_OK;
}

static enum status show_invoice_body(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct show_invoice_input *asked = input;
    struct invoice_detail *detail = output;
    struct invoice_balance balance;
    struct invoice_head head;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_invoice(call, asked->invoice, &head, fault));
    TRY(invoice_fill(call, &head, &detail->invoice, fault));
    TRY(invoice_balance_of(call, &head, &balance, fault));
    detail->credited_minor = balance.credited_minor;
    detail->set_off_minor = balance.set_off_minor;
    detail->due_minor = balance.due_minor;
    detail->agreement = identifier_text(call, IDENTIFIER_AGREEMENT, head.agreement_id);
    detail->settled_at_us = head.settled_at_us;
    return STATUS_OK;
}

enum status show_invoice(struct call *call, const struct show_invoice_input *input,
                         struct invoice_detail *view, struct fault *fault) {
    struct invoice_detail made = {0};
    TRY(call_run(call, DB_READ, show_invoice_body, input, &made, fault));
    *view = made;
    return STATUS_OK;
}

/* ---- balances ---- */

static enum status view_balance(struct name_cache *names, const struct ledger_sum *sum,
                                struct ledger_balance *balance, struct fault *fault) {
    const struct account *owner = NULL;
    const struct account *party = NULL;
    TRY(name_cache_account(names, sum->owner_id, &owner, fault));
    TRY(name_cache_account(names, sum->party_id, &party, fault));
    TRY(currency_find(sum->currency, "currency", &balance->currency, fault));
    balance->owner_code = owner->code;
    balance->owner_name = owner->name;
    balance->account = sum->account;
    balance->party_code = party->code;
    balance->party_name = party->name;
    balance->balance_minor = sum->balance_minor;
    return STATUS_OK;
}

static enum status list_balances_body(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct list_balances_input *asked = input;
    struct balance_page *page = output;
    struct account owner = {.id = call->actor.account_id};
    struct ledger_sum *sums = NULL;
    struct name_cache names;
    name_cache_init(&names, call);
    if (asked->owner.length > 0) {
        TRY(find_account_with_right(call, asked->owner, "owner", RIGHT_READ, &owner, fault));
    } else {
        TRY(require_any_right(call, RIGHT_READ, fault));
    }
    TRY(ledger_balances(call->db, call->arena, owner.id, &sums, &page->count, fault));
    struct ledger_balance *items = ARENA_NEW(call->arena, struct ledger_balance, page->count);
    for (size_t i = 0; i < page->count; i++) {
        TRY(view_balance(&names, &sums[i], &items[i], fault));
    }
    page->items = items;
    return STATUS_OK;
}

enum status list_balances(struct call *call, const struct list_balances_input *input,
                          struct balance_page *result, struct fault *fault) {
    struct balance_page made = {0};
    TRY(call_run(call, DB_READ, list_balances_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}
