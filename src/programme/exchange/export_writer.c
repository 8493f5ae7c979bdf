#include "programme/exchange/export_writer.h"

#include "core/time/instant.h"
#include "programme/call/authorise.h"

enum { FLUSH_BYTES = 64 * 1024 };

void exporting_begin(struct exporting *exporting, struct call *call, struct export_sink *sink,
                     bool for_spreadsheet) {
    *exporting = (struct exporting){.call = call, .sink = sink};
    arena_init(&exporting->arena);
    csv_writer_init(&exporting->writer, &exporting->arena);
    exporting->writer.for_spreadsheet = for_spreadsheet;
}

void exporting_end(struct exporting *exporting) {
    arena_clean_up(&exporting->arena);
    snapshot_close(&exporting->snapshot);
}

bool export_has_party(const struct exporting *exporting, int64_t seller_id, int64_t buyer_id) {
    int64_t party_id = exporting->scope.party_id;
    return party_id == 0 || party_id == seller_id || party_id == buyer_id;
}

enum status export_flush(struct exporting *exporting, struct fault *fault) {
    struct text written = csv_written(&exporting->writer);
    enum status status = exporting->sink->write(exporting->sink, written.at, written.length, fault);
    bool for_spreadsheet = exporting->writer.for_spreadsheet;
    arena_clean_up(&exporting->arena);
    csv_writer_init(&exporting->writer, &exporting->arena);
    exporting->writer.for_spreadsheet = for_spreadsheet;
    return status;
}

enum status export_end_row(struct exporting *exporting, struct fault *fault) {
    csv_end_row(&exporting->writer);
    if (csv_written(&exporting->writer).length < FLUSH_BYTES) {
        return STATUS_OK;
    }
    return export_flush(exporting, fault);
}

void export_write_account(struct exporting *exporting, int64_t id) {
    uint32_t index = id == 0 ? SNAPSHOT_NONE : snapshot_account_find(&exporting->snapshot, id);
    csv_write(&exporting->writer, index == SNAPSHOT_NONE ? TEXT("") : exporting->names.accounts[index]);
}

void export_write_sku(struct exporting *exporting, int64_t id) {
    uint32_t index = id == 0 ? SNAPSHOT_NONE : snapshot_sku_find(&exporting->snapshot, id);
    csv_write(&exporting->writer, index == SNAPSHOT_NONE ? TEXT("") : exporting->names.skus[index]);
}

void export_write_identifier(struct exporting *exporting, enum identifier_kind kind, int64_t id) {
    char identifier[IDENTIFIER_BYTES] = "";
    if (id > 0) {
        identifier_encode(exporting->call->secret, kind, id, identifier);
    }
    csv_write(&exporting->writer, text_copy(&exporting->arena, text_of(identifier)));
}

void export_write_time(struct exporting *exporting, int64_t at_us) {
    csv_write(&exporting->writer, at_us == 0 ? TEXT("") : instant_format(&exporting->arena, at_us));
}

void export_write_month(struct exporting *exporting, int64_t index) {
    csv_write(&exporting->writer, month_format(&exporting->arena, (struct month){(int32_t)index}));
}

void export_write_decimal(struct exporting *exporting, int64_t value, int digits) {
    csv_write(&exporting->writer, decimal_format_short(&exporting->arena, value, digits));
}

void export_write_invoice(struct exporting *exporting, int64_t id, struct text number, int64_t seller_id) {
    uint32_t seller = snapshot_account_find(&exporting->snapshot, seller_id);
    struct text name = seller == SNAPSHOT_NONE ? TEXT("") : exporting->names.accounts[seller];
    if (name.length > 0 && text_starts_with(number, name) && number.length > name.length &&
        number.at[name.length] == '-') {
        csv_write(&exporting->writer, number);
    } else {
        export_write_identifier(exporting, IDENTIFIER_INVOICE, id);
    }
}

enum status export_write_amount(struct exporting *exporting, int64_t amount_minor, struct text code,
                                struct fault *fault) {
    struct currency currency;
    TRY(currency_find(code, "currency", &currency, fault));
    csv_write(&exporting->writer, money_format(&exporting->arena, amount_minor, currency));
    return STATUS_OK;
}

enum status export_write_rows(struct exporting *exporting, struct db_rows *rows, export_row *write,
                              struct fault *fault) {
    bool have_row = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        status = write(exporting, rows, fault);
        if (status == STATUS_OK) {
            status = export_end_row(exporting, fault);
        }
    }
    db_rows_close(rows);
    return status;
}
