#include "store/billing/ledger.h"

#include <assert.h>

#define LEDGER_POSTING_COUNTER "ledger"

static const char *const ACCOUNT_NAMES[] = {"receivable", "revenue", "tax", "cash", "bad-debt"};

static const char *account_name(enum ledger_account account) {
    assert(account <= LEDGER_BAD_DEBT);
    return ACCOUNT_NAMES[account];
}

static void add_entry(struct ledger_posting *posting, enum ledger_account account, int64_t amount_minor) {
    assert(posting->entry_count < LEDGER_ENTRIES_MAX);
    if (amount_minor == 0) {
        return;
    }
    posting->entries[posting->entry_count].account = account;
    posting->entries[posting->entry_count].amount_minor = amount_minor;
    posting->entry_count++;
}

void ledger_post_issue(struct ledger_posting *posting, int64_t net_minor, int64_t tax_minor) {
    posting->entry_count = 0;
    add_entry(posting, LEDGER_RECEIVABLE, net_minor + tax_minor);
    add_entry(posting, LEDGER_REVENUE, -net_minor);
    add_entry(posting, LEDGER_TAX, -tax_minor);
}

void ledger_post_settlement(struct ledger_posting *posting, enum ledger_account to, int64_t due_minor) {
    assert(to == LEDGER_CASH || to == LEDGER_BAD_DEBT);
    posting->entry_count = 0;
    add_entry(posting, to, due_minor);
    add_entry(posting, LEDGER_RECEIVABLE, -due_minor);
}

enum status ledger_postings_take(struct db *db, int64_t count, int64_t *first, struct fault *fault) {
    return db_counter_take(db, LEDGER_POSTING_COUNTER, count, first, fault);
}

enum status ledger_bulk(struct db *db, struct db_bulk **bulk, struct fault *fault) {
    static const char *const columns[] = {"posting",      "position", "at_us",    "invoice_id",
                                          "owner_id",     "account",  "party_id", "debit_minor",
                                          "credit_minor", "currency", NULL};
    return db_bulk_start(db, "ledger", columns, "iiiiitiiit", bulk, fault);
}

/* The present entry as the columns of ledger_bulk. */
static void entry_values(const struct ledger_posting *posting, int entry, struct db_value values[10]) {
    int64_t amount = posting->entries[entry].amount_minor;
    values[0] = db_integer(posting->posting);
    values[1] = db_integer(entry + 1);
    values[2] = db_integer(posting->at_us);
    values[3] = db_integer(posting->invoice_id);
    values[4] = db_integer(posting->owner_id);
    values[5] = db_string(text_of(account_name(posting->entries[entry].account)));
    values[6] = db_integer(posting->party_id);
    values[7] = db_integer(amount > 0 ? amount : 0);
    values[8] = db_integer(amount < 0 ? -amount : 0);
    values[9] = db_string(posting->currency);
}

static void assert_balanced(const struct ledger_posting *posting) {
    int64_t sum = 0;
    for (int i = 0; i < posting->entry_count; i++) {
        assert(!__builtin_add_overflow(sum, posting->entries[i].amount_minor, &sum));
    }
    assert(sum == 0);
}

enum status ledger_add(struct db_bulk *bulk, const struct ledger_posting *posting, struct fault *fault) {
    enum status status = STATUS_OK;
    struct db_value values[10];
    assert_balanced(posting);
    for (int i = 0; status == STATUS_OK && i < posting->entry_count; i++) {
        entry_values(posting, i, values);
        status = db_bulk_row(bulk, values, fault);
    }
    return status;
}

static const char INSERT[] =
    "insert into ledger (posting, position, at_us, invoice_id, owner_id, account, party_id, debit_minor, "
    "credit_minor, currency) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

enum status ledger_insert(struct db *db, struct ledger_posting *posting, struct fault *fault) {
    struct db_value values[10];
    assert_balanced(posting);
    if (posting->entry_count == 0) {
        return STATUS_OK;
    }
    enum status status = ledger_postings_take(db, 1, &posting->posting, fault);
    for (int i = 0; status == STATUS_OK && i < posting->entry_count; i++) {
        entry_values(posting, i, values);
        status = db_run(db, INSERT, values, 10, NULL, fault);
    }
    return status;
}

static const char BALANCES[] =
    "select owner_id, account, party_id, currency, cast(sum(debit_minor - credit_minor) as bigint) "
    "from ledger where ($1 = 0 or owner_id = $1) "
    "group by owner_id, account, party_id, currency order by owner_id, account, party_id, currency";

enum status ledger_balances(struct db *db, struct arena *arena, int64_t owner_id, struct ledger_sum **sums,
                            size_t *count, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct ledger_sum *items = NULL;
    size_t capacity = 0;
    bool have_row = false;
    *count = 0;
    enum status status = db_query(db, BALANCES, DB_ARGS(db_integer(owner_id)), &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, *count, &capacity, sizeof(*items));
        items[(*count)++] = (struct ledger_sum){
            .owner_id = db_column_int(rows, 0),
            .account = db_column_copy(rows, 1, arena),
            .party_id = db_column_int(rows, 2),
            .currency = db_column_copy(rows, 3, arena),
            .balance_minor = db_column_int(rows, 4),
        };
    }
    db_rows_close(rows);
    *sums = items;
    return status;
}
