/* Invoice: a bill on one edge as core knows it, complete for printing, proving and re-rating.
 *
 * A plain value: the store fills it, the documents room prints it, core computes its totals. Strings live in
 * the arena that the invoice was loaded into. */
#ifndef SEATMETER_CORE_MONEY_INVOICE_H
#define SEATMETER_CORE_MONEY_INVOICE_H

#include "core/base/state_machine.h"
#include "core/money/money.h"
#include "core/money/tax.h"
#include "core/time/date.h"

enum invoice_state { INVOICE_DRAFT, INVOICE_ISSUED, INVOICE_PAID, INVOICE_WRITTEN_OFF };
extern const struct state_machine invoice_machine;

enum invoice_kind { INVOICE_KIND_INVOICE, INVOICE_KIND_CREDIT_NOTE, INVOICE_KIND_SETTLEMENT };

/* One side of the bill. */
struct invoice_party {
    struct text identifier; /* acc_… */
    struct text code;
    struct text name;
    struct text address;    /* lines separated by \n; may be empty */
    struct text country;    /* ISO 3166-1 alpha-2; may be empty */
    struct text tax_number; /* may be empty */
    struct text email;      /* may be empty */
    struct text logo_png;   /* bytes of a PNG; may be empty */
};

struct invoice_line {
    int64_t position;          /* its number on the document, by which it is named everywhere */
    struct text customer_code; /* empty where the line is for no one end customer */
    struct text customer_name;
    struct text sku; /* the SKU's code; empty for a line without one */
    struct text description;
    struct text policy; /* "peak", …; empty for a charge */
    struct quantity measured;
    struct quantity quantity;
    int64_t unit_price_millionths;
    int64_t amount_minor;
    struct tax tax;
    struct text note; /* reason of an adjustment, "corrects 2026-10: …", "minimum", "free month" */
};

struct invoice {
    struct text identifier; /* inv_… */
    struct text number;     /* the seller's own gapless number: "DIST-2026-000123" */
    enum invoice_kind kind;
    enum invoice_state state;
    bool without_state; /* on paper: the state changes after the issue, the document does not */
    struct month month;
    struct date issued_on;
    struct date due_on;
    struct currency currency;
    struct invoice_party seller;
    struct invoice_party buyer;
    struct text terms; /* of payment, as the agreement says; of a credit note its reason; may be empty */
    struct text corrects_number; /* a credit note's invoice; else empty */
    size_t line_count;
    const struct invoice_line *lines; /* by customer, then SKU, then tier; adjustments and charges last */
    size_t tax_count;
    const struct tax_total *taxes;
    int64_t net_minor;
    int64_t tax_minor;
    int64_t gross_minor;
};

/* "invoice", "credit-note", "settlement", as the store keeps it; the parse fails with "unknown-invoice-kind".
 */
const char *invoice_kind_name(enum invoice_kind kind);
enum status invoice_kind_parse(struct text word, enum invoice_kind *kind, struct fault *fault) MUST_CHECK;

/* Net, tax and gross as they follow from the lines: fills taxes, net_minor, tax_minor and gross_minor, and on
 * a fault ("amount-overflow") none of them. */
enum status invoice_total(struct arena *arena, struct invoice *invoice, struct fault *fault) MUST_CHECK;

#endif
