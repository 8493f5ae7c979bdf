#include "programme/exchange/export_parties.h"

#include "store/parties/accounts.h"

/* Whether the account is the reader's own or stands below it. */
static bool is_own_or_below(const struct exporting *exporting, uint32_t account) {
    const struct snapshot *snapshot = &exporting->snapshot;
    int64_t own = exporting->scope.party_id;
    bool visible = own == 0 || snapshot->accounts[account].id == own;
    for (uint32_t at = account; !visible && snapshot->accounts[at].seller_id != 0;) {
        at = snapshot_account(snapshot, snapshot->accounts[at].seller_id);
        visible = snapshot->accounts[at].id == own;
    }
    return visible;
}

static enum status export_accounts(struct exporting *exporting, struct fault *fault) {
    const struct snapshot *snapshot = &exporting->snapshot;
    for (size_t i = 0; i < snapshot->account_count; i++) {
        const struct account *account = &snapshot->accounts[i];
        if (!is_own_or_below(exporting, (uint32_t)i)) {
            continue;
        }
        export_write_account(exporting, account->id);
        csv_write(&exporting->writer, text_of(account_kind_name(account->kind)));
        csv_write(&exporting->writer, account->code);
        csv_write(&exporting->writer, account->name);
        export_write_account(exporting, account->seller_id);
        csv_write_int(&exporting->writer, account->depth);
        TRY(export_end_row(exporting, fault));
    }
    return STATUS_OK;
}

static const char *const ACCOUNTS_COLUMNS[] = {"account", "kind", "code", "name", "seller", "depth", NULL};
const struct export_table EXPORT_ACCOUNTS = {"accounts", ACCOUNTS_COLUMNS, export_accounts};

/* A draft is its seller's alone. */
static enum status write_agreement(struct exporting *exporting, const struct agreement *agreement,
                                   struct fault *fault) {
    bool is_draft = agreement->state == AGREEMENT_DRAFT;
    if (!export_has_party(exporting, agreement->seller_id,
                          is_draft ? agreement->seller_id : agreement->buyer_id)) {
        return STATUS_OK;
    }
    export_write_identifier(exporting, IDENTIFIER_AGREEMENT, agreement->id);
    export_write_account(exporting, agreement->seller_id);
    export_write_account(exporting, agreement->buyer_id);
    csv_write(&exporting->writer, text_of(machine_state_name(&agreement_machine, (int)agreement->state)));
    csv_write(&exporting->writer, agreement->currency);
    csv_write(&exporting->writer, agreement->time_zone);
    csv_write(&exporting->writer, text_copy(&exporting->arena, text_of(agreement->tax.category)));
    export_write_decimal(exporting, agreement->tax.rate_millionths, EXPORT_PERCENT_DIGITS);
    csv_write_int(&exporting->writer, agreement->payment_days);
    csv_write_int(&exporting->writer, agreement->report_due_days);
    export_write_time(exporting, agreement->signed_at_us);
    export_write_time(exporting, agreement->ended_at_us);
    csv_write(&exporting->writer, agreement->terms_from.index == 0
                                      ? TEXT("")
                                      : month_format(&exporting->arena, agreement->terms_from));
    return export_end_row(exporting, fault);
}

static enum status export_agreements(struct exporting *exporting, struct fault *fault) {
    const struct snapshot *snapshot = &exporting->snapshot;
    for (size_t i = 0; i < snapshot->edge_count; i++) {
        const struct snapshot_edge *edge = &snapshot->edges[exporting->names.edges[i]];
        for (uint32_t k = 0; k < edge->agreement_count; k++) {
            uint32_t agreement = snapshot->edge_agreements[edge->first_agreement + k];
            TRY(write_agreement(exporting, &snapshot->agreements[agreement], fault));
        }
    }
    return STATUS_OK;
}

static const char *const AGREEMENTS_COLUMNS[] = {
    "agreement", "seller",       "buyer",           "state",     "currency", "time_zone",  "tax_category",
    "tax_rate",  "payment_days", "report_due_days", "signed_at", "ended_at", "from_month", NULL};
const struct export_table EXPORT_AGREEMENTS = {"agreements", AGREEMENTS_COLUMNS, export_agreements};

static enum status write_move(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    (void)fault;
    export_write_identifier(exporting, IDENTIFIER_MOVE, db_column_int(rows, 0));
    export_write_month(exporting, db_column_int(rows, 1));
    export_write_account(exporting, db_column_int(rows, 2));
    export_write_account(exporting, db_column_int(rows, 3));
    export_write_account(exporting, db_column_int(rows, 4));
    export_write_account(exporting, db_column_int(rows, 5));
    export_write_identifier(exporting, IDENTIFIER_LICENCE, db_column_int(rows, 6));
    export_write_identifier(exporting, IDENTIFIER_LICENCE, db_column_int(rows, 7));
    return STATUS_OK;
}

static enum status export_moves(struct exporting *exporting, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(export_moves_stream(exporting->call->db, &exporting->scope, &rows, fault));
    return export_write_rows(exporting, rows, write_move, fault);
}

static const char *const MOVES_COLUMNS[] = {"move",      "month",   "customer",          "from", "to",
                                            "successor", "licence", "successor_licence", NULL};
const struct export_table EXPORT_MOVES = {"moves", MOVES_COLUMNS, export_moves};
