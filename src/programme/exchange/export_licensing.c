#include "programme/exchange/export_licensing.h"

#include "core/usage/event.h"

static enum status write_event(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    int64_t kind = db_column_int(rows, 6);
    if (kind < EVENT_ON || kind > EVENT_UNDO) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", "kind", TEXT(""),
                         "Event %lld has kind %lld in the store, which is none that it may have.",
                         (long long)db_column_int(rows, 0), (long long)kind);
    }
    csv_write_int(&exporting->writer, db_column_int(rows, 0));
    export_write_time(exporting, db_column_int(rows, 1));
    export_write_account(exporting, db_column_int(rows, 2));
    export_write_account(exporting, db_column_int(rows, 3));
    export_write_identifier(exporting, IDENTIFIER_LICENCE, db_column_int(rows, 4));
    export_write_sku(exporting, db_column_int(rows, 5));
    csv_write(&exporting->writer, text_of(event_kind_name((enum event_kind)kind)));
    csv_write_int(&exporting->writer, db_column_int(rows, 7));
    int64_t voided_by = db_column_int(rows, 8);
    csv_write(&exporting->writer,
              voided_by == 0 ? TEXT("") : text_format(&exporting->arena, "%lld", (long long)voided_by));
    return STATUS_OK;
}

static enum status export_events(struct exporting *exporting, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(export_events_stream(exporting->call->db, &exporting->scope, &rows, fault));
    return export_write_rows(exporting, rows, write_event, fault);
}

static const char *const EVENTS_COLUMNS[] = {"sequence", "time",  "provider", "customer",  "licence",
                                             "sku",      "event", "seats",    "voided_by", NULL};
const struct export_table EXPORT_EVENTS = {"events", EVENTS_COLUMNS, export_events};

/* A vendor is not told which bundle its SKU is sold in. */
static enum status write_licence(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    (void)fault;
    export_write_identifier(exporting, IDENTIFIER_LICENCE, db_column_int(rows, 0));
    export_write_account(exporting, db_column_int(rows, 1));
    export_write_account(exporting, db_column_int(rows, 2));
    export_write_sku(exporting, db_column_int(rows, 3));
    export_write_identifier(exporting, IDENTIFIER_LICENCE,
                            exporting->scope.vendor_id == 0 ? db_column_int(rows, 4) : 0);
    csv_write_int(&exporting->writer, db_column_int(rows, 5));
    csv_write_int(&exporting->writer, db_column_int(rows, 6));
    export_write_time(exporting, db_column_int(rows, 7));
    return STATUS_OK;
}

static enum status export_licences(struct exporting *exporting, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(export_licences_stream(exporting->call->db, &exporting->scope, &rows, fault));
    return export_write_rows(exporting, rows, write_licence, fault);
}

static const char *const LICENCES_COLUMNS[] = {"licence",    "provider",  "customer", "sku", "parent",
                                               "first_edge", "last_edge", "first_on", NULL};
const struct export_table EXPORT_LICENCES = {"licences", LICENCES_COLUMNS, export_licences};
