#include "programme/exchange/export_billing.h"

/* The line that a line takes back. */
static void write_taken(struct exporting *exporting, struct db_rows *rows) {
    if (db_column_int(rows, 17) == 0) {
        csv_write(&exporting->writer, TEXT(""));
        csv_write(&exporting->writer, TEXT(""));
        return;
    }
    export_write_invoice(exporting, db_column_int(rows, 17), db_column_text(rows, 18),
                         db_column_int(rows, 3));
    csv_write_int(&exporting->writer, db_column_int(rows, 19));
}

static enum status write_line(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    int64_t parts_per_unit = db_column_int(rows, 11);
    struct text description = db_column_text(rows, 14);
    struct text note = db_column_text(rows, 15);
    struct quantity measured = {db_column_int(rows, 9), parts_per_unit};
    struct quantity quantity = {db_column_int(rows, 10), parts_per_unit};
    export_write_invoice(exporting, db_column_int(rows, 0), db_column_text(rows, 1), db_column_int(rows, 3));
    export_write_month(exporting, db_column_int(rows, 2));
    export_write_account(exporting, db_column_int(rows, 3));
    export_write_account(exporting, db_column_int(rows, 4));
    export_write_account(exporting, db_column_int(rows, 6));
    export_write_sku(exporting, db_column_int(rows, 7));
    csv_write(&exporting->writer, db_column_text(rows, 8));
    csv_write(&exporting->writer, quantity_format(&exporting->arena, measured));
    csv_write(&exporting->writer, quantity_format(&exporting->arena, quantity));
    export_write_decimal(exporting, db_column_int(rows, 12), EXPORT_PRICE_DIGITS);
    TRY(export_write_amount(exporting, db_column_int(rows, 13), db_column_text(rows, 5), fault));
    csv_write(&exporting->writer, db_column_text(rows, 5));
    csv_write(&exporting->writer, note.length > 0 ? note : description);
    csv_write_int(&exporting->writer, db_column_int(rows, 16));
    write_taken(exporting, rows);
    csv_write_int(&exporting->writer, db_column_int(rows, 20));
    return STATUS_OK;
}

static enum status export_lines(struct exporting *exporting, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(export_lines_stream(exporting->call->db, &exporting->scope, &rows, fault));
    return export_write_rows(exporting, rows, write_line, fault);
}

static const char *const LINES_COLUMNS[] = {"invoice",    "month",    "seller",   "buyer",    "customer",
                                            "sku",        "policy",   "measured", "quantity", "unit_price",
                                            "amount",     "currency", "note",     "line",     "takes_invoice",
                                            "takes_line", "rules",    NULL};
const struct export_table EXPORT_LINES = {"lines", LINES_COLUMNS, export_lines};

static enum status write_posting(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    struct text currency = db_column_text(rows, 6);
    csv_write_int(&exporting->writer, db_column_int(rows, 0));
    export_write_time(exporting, db_column_int(rows, 1));
    export_write_invoice(exporting, db_column_int(rows, 2), db_column_text(rows, 8), db_column_int(rows, 7));
    csv_write(&exporting->writer, db_column_text(rows, 3));
    TRY(export_write_amount(exporting, db_column_int(rows, 4), currency, fault));
    TRY(export_write_amount(exporting, db_column_int(rows, 5), currency, fault));
    csv_write(&exporting->writer, currency);
    return STATUS_OK;
}

static enum status export_ledger(struct exporting *exporting, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(export_ledger_stream(exporting->call->db, &exporting->scope, &rows, fault));
    return export_write_rows(exporting, rows, write_posting, fault);
}

static const char *const LEDGER_COLUMNS[] = {"posting", "time",   "invoice",  "account",
                                             "debit",   "credit", "currency", NULL};
const struct export_table EXPORT_LEDGER = {"ledger", LEDGER_COLUMNS, export_ledger};

static enum status write_adjustment(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    const struct snapshot *snapshot = &exporting->snapshot;
    uint32_t agreement = snapshot_agreement_find(snapshot, db_column_int(rows, 1));
    if (agreement == SNAPSHOT_NONE) {
        return fault_set(fault, STATUS_INTERNAL, "agreement-missing", NULL, TEXT(""),
                         "The store has an adjustment of an agreement that it does not have: run seatmeter "
                         "check.");
    }
    export_write_month(exporting, db_column_int(rows, 0));
    export_write_account(exporting, snapshot->agreements[agreement].seller_id);
    export_write_account(exporting, snapshot->agreements[agreement].buyer_id);
    export_write_account(exporting, db_column_int(rows, 2));
    export_write_sku(exporting, db_column_int(rows, 3));
    csv_write_int(&exporting->writer, db_column_int(rows, 4));
    csv_write(&exporting->writer, db_column_text(rows, 5));
    csv_write(&exporting->writer, db_column_text(rows, 6));
    export_write_identifier(exporting, IDENTIFIER_INVOICE, db_column_int(rows, 7));
    return STATUS_OK;
}

static enum status export_adjustments(struct exporting *exporting, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(export_adjustments_stream(exporting->call->db, &exporting->scope, &rows, fault));
    return export_write_rows(exporting, rows, write_adjustment, fault);
}

static const char *const ADJUSTMENTS_COLUMNS[] = {"month", "seller", "buyer", "customer", "sku",
                                                  "units", "reason", "kind",  "invoice",  NULL};
const struct export_table EXPORT_ADJUSTMENTS = {"adjustments", ADJUSTMENTS_COLUMNS, export_adjustments};
