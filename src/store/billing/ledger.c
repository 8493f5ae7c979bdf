#include "store/billing/ledger.h"

#include "store/billing/wide_sum.h"
#include "store/engine/rows.h"

#include <assert.h>

#define LEDGER_POSTING_COUNTER "ledger"

static const char *account_word(int account) {
    static const char *const WORDS[] = {[LEDGER_RECEIVABLE] = "receivable",
                                        [LEDGER_REVENUE] = "revenue",
                                        [LEDGER_TAX] = "tax",
                                        [LEDGER_CASH] = "cash",
                                        [LEDGER_BAD_DEBT] = "bad-debt"};
    assert(account >= 0 && account <= LEDGER_BAD_DEBT);
    return WORDS[account];
}

static const struct db_words ACCOUNTS = {account_word, LEDGER_BAD_DEBT + 1};

/* An entry of a posting as it is kept. */
struct ledger_row {
    int64_t posting;
    int64_t position;
    int64_t at_us;
    int64_t invoice_id;
    int64_t owner_id;
    enum ledger_account account;
    int64_t party_id;
    int64_t debit_minor;
    int64_t credit_minor;
    struct text currency;
};

static const struct db_field LEDGER_FIELDS[] = {
    DB_FIELD_INT(struct ledger_row, posting, "posting"),
    DB_FIELD_INT(struct ledger_row, position, "position"),
    DB_FIELD_INT(struct ledger_row, at_us, "at_us"),
    DB_FIELD_INT(struct ledger_row, invoice_id, "invoice_id"),
    DB_FIELD_INT(struct ledger_row, owner_id, "owner_id"),
    DB_FIELD_WORD(struct ledger_row, account, "account", &ACCOUNTS),
    DB_FIELD_INT(struct ledger_row, party_id, "party_id"),
    DB_FIELD_INT(struct ledger_row, debit_minor, "debit_minor"),
    DB_FIELD_INT(struct ledger_row, credit_minor, "credit_minor"),
    DB_FIELD_TEXT(struct ledger_row, currency, "currency"),
};
static const struct db_fields LEDGER = DB_FIELDS(struct ledger_row, LEDGER_FIELDS);

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
    return rows_bulk_start(db, "ledger", &LEDGER, bulk, fault);
}

static struct ledger_row entry_row(const struct ledger_posting *posting, int entry) {
    int64_t amount = posting->entries[entry].amount_minor;
    return (struct ledger_row){
        .posting = posting->posting,
        .position = entry + 1,
        .at_us = posting->at_us,
        .invoice_id = posting->invoice_id,
        .owner_id = posting->owner_id,
        .account = posting->entries[entry].account,
        .party_id = posting->party_id,
        .debit_minor = amount > 0 ? amount : 0,
        .credit_minor = amount < 0 ? -amount : 0,
        .currency = posting->currency,
    };
}

static void assert_balanced(const struct ledger_posting *posting) {
    int64_t sum = 0;
    for (int i = 0; i < posting->entry_count; i++) {
        assert(!__builtin_add_overflow(sum, posting->entries[i].amount_minor, &sum));
    }
    assert(sum == 0);
}

enum status ledger_add(struct db_bulk *bulk, const struct ledger_posting *posting, struct fault *fault) {
    assert_balanced(posting);
    for (int i = 0; i < posting->entry_count; i++) {
        struct ledger_row row = entry_row(posting, i);
        TRY(rows_bulk_add(bulk, &LEDGER, &row, fault));
    }
    return STATUS_OK;
}

static const char INSERT[] = "insert into ledger ({}) values ({$1})";

enum status ledger_insert(struct db *db, struct ledger_posting *posting, struct fault *fault) {
    assert_balanced(posting);
    if (posting->entry_count == 0) {
        return STATUS_OK;
    }
    TRY(ledger_postings_take(db, 1, &posting->posting, fault));
    for (int i = 0; i < posting->entry_count; i++) {
        struct ledger_row row = entry_row(posting, i);
        TRY(rows_insert(db, &LEDGER, INSERT, DB_NO_ARGS, &row, fault));
    }
    return STATUS_OK;
}

/* A sum as a row has it. */
struct summed_row {
    struct ledger_sum sum;
    int64_t high;
    int64_t low;
};

static const struct db_field SUM_FIELDS[] = {
    DB_FIELD_INT(struct summed_row, sum.owner_id, "owner_id"),
    DB_FIELD_TEXT(struct summed_row, sum.account, "account"),
    DB_FIELD_INT(struct summed_row, sum.party_id, "party_id"),
    DB_FIELD_TEXT(struct summed_row, sum.currency, "currency"),
    DB_FIELD_INT(struct summed_row, high, WIDE_SUM_HIGH("debit_minor - credit_minor")),
    DB_FIELD_INT(struct summed_row, low, WIDE_SUM_LOW("debit_minor - credit_minor")),
};
static const struct db_fields SUM = DB_FIELDS(struct summed_row, SUM_FIELDS);

static const char BALANCES[] =
    "select {} from ledger where ($1 = 0 or owner_id = $1) "
    "group by owner_id, account, party_id, currency order by owner_id, account, party_id, currency";

enum status ledger_balances(struct db *db, struct arena *arena, int64_t owner_id, struct ledger_sum **sums,
                            size_t *count, struct fault *fault) {
    struct summed_row *rows = NULL;
    TRY(rows_all(db, arena, &SUM, BALANCES, DB_ARGS(db_integer(owner_id)), &rows, count, fault));
    *sums = ARENA_NEW(arena, struct ledger_sum, *count);
    for (size_t i = 0; i < *count; i++) {
        (*sums)[i] = rows[i].sum;
        (*sums)[i].balance_minor = wide_sum(rows[i].high, rows[i].low);
    }
    return STATUS_OK;
}
