#include "programme/exchange/export_billing.h"

#include "core/time/instant.h"
#include "programme/call/authorise.h"

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

/* The invoice that carries something; empty while none does. */
static void write_carrier(struct exporting *exporting, int64_t invoice_id, struct text number,
                          int64_t seller_id) {
    if (invoice_id == 0) {
        csv_write(&exporting->writer, TEXT(""));
    } else {
        export_write_invoice(exporting, invoice_id, number, seller_id);
    }
}

/* The agreement of a row that names one. */
static enum status agreement_of_row(const struct exporting *exporting, int64_t agreement_id, const char *what,
                                    const struct agreement **agreement, struct fault *fault) {
    const struct snapshot *snapshot = &exporting->snapshot;
    uint32_t at = snapshot_agreement_find(snapshot, agreement_id);
    if (at == SNAPSHOT_NONE) {
        return fault_set(fault, STATUS_INTERNAL, "agreement-missing", NULL, TEXT(""),
                         "The store has %s of an agreement that it does not have: run seatmeter check.",
                         what);
    }
    *agreement = &snapshot->agreements[at];
    return STATUS_OK;
}

/* The late event that a correction says, or nothing in its three columns. */
static void write_late_event(struct exporting *exporting, struct db_rows *rows, bool is_late) {
    if (!is_late) {
        for (int i = 0; i < 3; i++) {
            csv_write(&exporting->writer, TEXT(""));
        }
        return;
    }
    csv_write(&exporting->writer,
              identifier_text(exporting->call, IDENTIFIER_LICENCE, db_column_int(rows, 10)));
    csv_write(&exporting->writer, instant_format(exporting->call->arena, db_column_int(rows, 11)));
    csv_write_int(&exporting->writer, db_column_int(rows, 12));
}

static enum status write_adjustment(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    const struct agreement *agreement = NULL;
    TRY(agreement_of_row(exporting, db_column_int(rows, 1), "an adjustment", &agreement, fault));
    export_write_month(exporting, db_column_int(rows, 0));
    export_write_account(exporting, agreement->seller_id);
    export_write_account(exporting, agreement->buyer_id);
    export_write_account(exporting, db_column_int(rows, 2));
    export_write_sku(exporting, db_column_int(rows, 3));
    bool is_late = db_column_int(rows, 10) > 0;
    if (is_late) {
        csv_write(&exporting->writer, TEXT("")); /* it says no units */
    } else {
        csv_write_int(&exporting->writer, db_column_int(rows, 4));
    }
    csv_write(&exporting->writer, db_column_text(rows, 5));
    csv_write(&exporting->writer, db_column_text(rows, 6));
    write_carrier(exporting, db_column_int(rows, 7), db_column_text(rows, 9), agreement->seller_id);
    write_late_event(exporting, rows, is_late);
    return STATUS_OK;
}

static enum status export_adjustments(struct exporting *exporting, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(export_adjustments_stream(exporting->call->db, &exporting->scope, &rows, fault));
    return export_write_rows(exporting, rows, write_adjustment, fault);
}

static const char *const ADJUSTMENTS_COLUMNS[] = {"month", "seller", "buyer", "customer", "sku",
                                                  "units", "reason", "kind",  "invoice",  "licence",
                                                  "at",    "seats",  NULL};
const struct export_table EXPORT_ADJUSTMENTS = {"adjustments", ADJUSTMENTS_COLUMNS, export_adjustments};

static enum status write_charge(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    const struct agreement *agreement = NULL;
    TRY(agreement_of_row(exporting, db_column_int(rows, 2), "a charge", &agreement, fault));
    export_write_identifier(exporting, IDENTIFIER_CHARGE, db_column_int(rows, 0));
    export_write_month(exporting, db_column_int(rows, 1));
    export_write_account(exporting, agreement->seller_id);
    export_write_account(exporting, agreement->buyer_id);
    export_write_account(exporting, db_column_int(rows, 3));
    csv_write(&exporting->writer, db_column_text(rows, 4));
    csv_write_int(&exporting->writer, db_column_int(rows, 5));
    export_write_decimal(exporting, db_column_int(rows, 6), EXPORT_PRICE_DIGITS);
    csv_write(&exporting->writer, db_column_text(rows, 7));
    export_write_decimal(exporting, db_column_int(rows, 8), EXPORT_PERCENT_DIGITS);
    write_carrier(exporting, db_column_int(rows, 9), db_column_text(rows, 10), agreement->seller_id);
    export_write_time(exporting, db_column_int(rows, 11));
    return STATUS_OK;
}

static enum status export_charges(struct exporting *exporting, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(export_charges_stream(exporting->call->db, &exporting->scope, &rows, fault));
    return export_write_rows(exporting, rows, write_charge, fault);
}

static const char *const CHARGES_COLUMNS[] = {
    "charge",     "month",        "seller",   "buyer",   "customer",   "description", "quantity",
    "unit_price", "tax_category", "tax_rate", "invoice", "created_at", NULL};
const struct export_table EXPORT_CHARGES = {"charges", CHARGES_COLUMNS, export_charges};
