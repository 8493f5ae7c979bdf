/* Invoices as they are kept: heads whose state alone changes, and lines that never do.
 *
 * The database itself sees to it that a month is billed once on an edge (invoices_once) and that a seller's
 * numbers are unique. Parties are kept as they were on the day of issue. Heads and lines of a close go in by
 * the bulk. */
#ifndef SEATMETER_STORE_BILLING_INVOICES_H
#define SEATMETER_STORE_BILLING_INVOICES_H

#include "core/money/billed_line.h"
#include "core/money/invoice.h"
#include "core/rating/effect.h"
#include "store/engine/db.h"
#include "store/engine/page.h"

/* A party as it stands on the document. */
struct invoice_address {
    struct text name;
    struct text address;
    struct text country;
    struct text tax_number;
    struct text email;
};

struct invoice_head {
    int64_t id;
    struct text number;
    enum invoice_kind kind;
    enum invoice_state state;
    int64_t agreement_id;
    int64_t seller_id;
    int64_t buyer_id;
    struct month month;
    struct text currency;
    struct date issued_on;
    struct date due_on;
    int64_t net_minor;
    int64_t tax_minor;
    int64_t gross_minor;
    struct text terms;
    int64_t corrects_id;   /* 0: none */
    int64_t set_off_minor; /* of a credit note: how much of it was set off against the invoice it credits;
                              -1: an invoice that was issued before there were set-offs */
    struct invoice_address seller;
    struct invoice_address buyer;
    int64_t issued_at_us;
    int64_t settled_at_us; /* 0: not settled */
    /* Where it was loaded or listed, of other documents. */
    int64_t notes_set_off_minor; /* of its credit notes: how much of them was set off against it */
    struct text corrects_number; /* of the document that it credits */
};

/* The ids of `count` new invoices, `*first` and on. */
enum status invoice_ids_take(struct db *db, int64_t count, int64_t *first, struct fault *fault) MUST_CHECK;

/* The counter that numbers a seller's documents of a year. */
enum { INVOICE_COUNTER_BYTES = 64 };
void invoice_number_counter(int64_t seller_id, int year, char counter[INVOICE_COUNTER_BYTES]);

/* The next `count` of a seller's numbers of a year; invoice_number writes one: "DIST-2026-000123". */
enum status invoice_numbers_take(struct db *db, int64_t seller_id, int year, int64_t count, int64_t *first,
                                 struct fault *fault) MUST_CHECK;
struct text invoice_number(struct arena *arena, struct text seller_code, int year, int64_t number);

/* Bulk: heads first, then lines; db_bulk_finish ends each. */
enum status invoice_heads_bulk(struct db *db, struct db_bulk **bulk, struct fault *fault) MUST_CHECK;
enum status invoice_heads_add(struct db_bulk *bulk, const struct invoice_head *head,
                              struct fault *fault) MUST_CHECK;
enum status invoice_lines_bulk(struct db *db, struct db_bulk **bulk, struct fault *fault) MUST_CHECK;
enum status invoice_lines_add(struct db_bulk *bulk, const struct billed_line *row,
                              struct fault *fault) MUST_CHECK;

/* STATUS_NOT_FOUND "unknown-invoice". */
enum status invoice_load(struct db *db, struct arena *arena, int64_t id, struct invoice_head *head,
                         struct fault *fault) MUST_CHECK;

/* All lines of an invoice by position. */
enum status invoice_lines_load(struct db *db, struct arena *arena, int64_t invoice_id,
                               struct billed_line **rows, size_t *count, struct fault *fault) MUST_CHECK;

/* issued → paid or written off, decided by core/base/state_machine.h before. */
enum status invoice_settle(struct db *db, int64_t id, enum invoice_state state, int64_t at_us,
                           struct fault *fault) MUST_CHECK;

struct invoice_filter {
    int64_t party_id;  /* seller or buyer; 0: any */
    int64_t seller_id; /* 0: any */
    int64_t buyer_id;
    int32_t month;       /* index, or -1 */
    int state;           /* enum invoice_state or -1 */
    int kind;            /* enum invoice_kind or -1 */
    int64_t corrects_id; /* the credit notes of this invoice; 0: any */
    struct text number;  /* empty: any */
};

/* A page by ascending id. */
enum status invoice_list(struct db *db, struct arena *arena, const struct invoice_filter *filter,
                         struct page page, struct invoice_head **heads, size_t *count, int64_t *next_after,
                         struct fault *fault) MUST_CHECK;

/* What was billed for (month, SKU) between an agreement's seller and buyer until now, charges aside: the
 * lines of the month's invoice, the corrections of that month, whichever of their agreements they were billed
 * under, and the credits of either, by invoice, then position. */
enum status invoice_lines_of_place(struct db *db, struct arena *arena, int64_t agreement_id,
                                   struct month month, int64_t sku_id, struct issued_line **rows,
                                   size_t *count, struct fault *fault) MUST_CHECK;

/* All lines of all documents between an agreement's seller and buyer, by invoice, then position. */
enum status invoice_lines_of_agreement(struct db *db, struct arena *arena, int64_t agreement_id,
                                       struct issued_line **rows, size_t *count,
                                       struct fault *fault) MUST_CHECK;

/* The month's invoice or settlement under an agreement; `*id` 0: it has none. */
enum status invoice_of_month(struct db *db, struct arena *arena, int64_t agreement_id, struct month month,
                             int64_t *id, struct text *number, struct fault *fault) MUST_CHECK;

/* The gross of an invoice's credit notes: not above zero for an ordinary invoice. */
enum status invoice_credited(struct db *db, int64_t invoice_id, int64_t *gross_minor,
                             struct fault *fault) MUST_CHECK;

/* The credit notes of an invoice, by id. */
enum status invoice_credit_notes(struct db *db, struct arena *arena, int64_t invoice_id,
                                 struct invoice_head **heads, size_t *count, struct fault *fault) MUST_CHECK;

#endif
