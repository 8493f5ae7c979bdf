/* Ledger: double entry, append-only. The rows of one posting sum to zero in its currency.
 *
 * The books are those of the invoice's seller. Issuing debits the receivable and credits revenue and tax;
 * paying moves the receivable to cash, writing off to bad debt; a credit note is an issue with negative
 * amounts. A negative amount stands on the other side; a row of zero is not written. */
#ifndef SEATMETER_STORE_BILLING_LEDGER_H
#define SEATMETER_STORE_BILLING_LEDGER_H

#include "core/money/money.h"
#include "store/engine/db.h"

enum ledger_account { LEDGER_RECEIVABLE, LEDGER_REVENUE, LEDGER_TAX, LEDGER_CASH, LEDGER_BAD_DEBT };

enum { LEDGER_ENTRIES_MAX = 3 };

/* One posting: entries with debits above zero and credits below, which sum to zero. */
struct ledger_posting {
    int64_t posting;
    int64_t at_us;
    int64_t invoice_id;
    int64_t owner_id;
    int64_t party_id;
    struct text currency;
    int entry_count;
    struct {
        enum ledger_account account;
        int64_t amount_minor;
    } entries[LEDGER_ENTRIES_MAX];
};

/* What a document posts: issue (gross, net, tax) and settlement of `due` to cash or bad debt. */
void ledger_post_issue(struct ledger_posting *posting, int64_t net_minor, int64_t tax_minor);
void ledger_post_settlement(struct ledger_posting *posting, enum ledger_account to, int64_t due_minor);

enum status ledger_postings_take(struct db *db, int64_t count, int64_t *first,
                                 struct fault *fault) MUST_CHECK;

/* Numbers the posting and writes it, unless all its amounts are zero. */
enum status ledger_insert(struct db *db, struct ledger_posting *posting, struct fault *fault) MUST_CHECK;

enum status ledger_bulk(struct db *db, struct db_bulk **bulk, struct fault *fault) MUST_CHECK;
enum status ledger_add(struct db_bulk *bulk, const struct ledger_posting *posting,
                       struct fault *fault) MUST_CHECK;

struct ledger_sum {
    int64_t owner_id;
    struct text account;
    int64_t party_id;
    struct text currency;
    money_wide balance_minor; /* debits less credits */
};

/* Per books, account, party and currency; `owner_id` 0: everybody's. */
enum status ledger_balances(struct db *db, struct arena *arena, int64_t owner_id, struct ledger_sum **sums,
                            size_t *count, struct fault *fault) MUST_CHECK;

#endif
