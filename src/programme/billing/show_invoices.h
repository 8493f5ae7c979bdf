/* Show invoices: documents are seen by the two parties of their edge alone, and never edited.
 *
 * What is due is gross less what was set off; paying and writing off post exactly that (R8.3). */
#ifndef SEATMETER_PROGRAMME_BILLING_SHOW_INVOICES_H
#define SEATMETER_PROGRAMME_BILLING_SHOW_INVOICES_H

#include "core/money/invoice.h"
#include "programme/call/call.h"
#include "store/engine/page.h"

struct list_invoices_input {
    struct text seller; /* account; empty: any */
    struct text buyer;  /* account; empty: any */
    struct text month;  /* empty: any */
    struct text state;  /* "issued", "paid", "written off"; empty: any */
    struct text kind;   /* "invoice", "credit-note", "settlement"; empty: any */
    struct page page;
};

struct invoice_view {
    struct text identifier;
    struct text number;
    enum invoice_kind kind;
    enum invoice_state state;
    struct month month;
    struct text seller_code;
    struct text seller_name;
    struct text buyer_code;
    struct text buyer_name;
    struct currency currency;
    struct date issued_on;
    struct date due_on;
    int64_t net_minor;
    int64_t tax_minor;
    int64_t gross_minor;
    int64_t due_minor;           /* 0 once it is paid or written off */
    struct text corrects_number; /* of a credit note */
};

struct invoice_page {
    const struct invoice_view *items;
    size_t count;
    int64_t next_after; /* 0: no more */
};

enum status list_invoices(struct call *call, const struct list_invoices_input *input,
                          struct invoice_page *result, struct fault *fault) MUST_CHECK;

struct show_invoice_input {
    struct text invoice; /* identifier, or number where the actor knows only one such */
};

struct invoice_detail {
    struct invoice invoice; /* complete, for the documents room */
    struct text agreement;  /* agr_… */
    int64_t credited_minor; /* by credit notes, as a positive amount */
    int64_t set_off_minor;  /* of its credit notes; of a credit note: against its invoice */
    int64_t due_minor;      /* 0 once it is paid or written off */
    int64_t settled_at_us;  /* 0: not yet */
};

enum status show_invoice(struct call *call, const struct show_invoice_input *input,
                         struct invoice_detail *view, struct fault *fault) MUST_CHECK;

struct list_balances_input {
    struct text owner; /* whose books; empty: the actor's account, the operator: everybody's */
};

/* The sum of the ledger per books, account, party and currency: debits less credits. */
struct ledger_balance {
    struct text owner_code;
    struct text owner_name;
    struct text account; /* "receivable", "revenue", "tax", "cash", "bad-debt" */
    struct text party_code;
    struct text party_name;
    struct currency currency;
    money_wide balance_minor;
};

struct balance_page {
    const struct ledger_balance *items;
    size_t count;
};

enum status list_balances(struct call *call, const struct list_balances_input *input,
                          struct balance_page *result, struct fault *fault) MUST_CHECK;

#endif
