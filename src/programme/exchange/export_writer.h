/* Export writer: an export at work, and how it writes what many tables have in common.
 *
 * A table is a name, its columns and a function that writes its rows. Rows gather in an arena of the export's
 * own and are handed to the sink 64 KiB at a time, so that millions of them take no memory. */
#ifndef SEATMETER_PROGRAMME_EXCHANGE_EXPORT_WRITER_H
#define SEATMETER_PROGRAMME_EXCHANGE_EXPORT_WRITER_H

#include "core/base/csv.h"
#include "programme/exchange/export_names.h"
#include "programme/exchange/export_sink.h"
#include "store/upkeep/export_queries.h"

enum { EXPORT_PRICE_DIGITS = 6, EXPORT_PERCENT_DIGITS = 4 };

struct exporting {
    struct call *call;
    struct export_sink *sink;
    struct snapshot snapshot;
    struct export_names names;
    struct export_scope scope; /* what the actor may see */
    struct arena arena;        /* of the rows being written: cleaned when they are handed on */
    struct csv_writer writer;
};

typedef enum status export_write(struct exporting *exporting, struct fault *fault);

struct export_table {
    const char *name;
    const char *const *columns; /* NULL-terminated */
    export_write *write;        /* its rows, behind the header */
};

/* The export owns its arena and the snapshot; exporting_end frees both. */
void exporting_begin(struct exporting *exporting, struct call *call, struct export_sink *sink,
                     bool for_spreadsheet);
void exporting_end(struct exporting *exporting);

/* Hands to the sink what was written so far. */
enum status export_flush(struct exporting *exporting, struct fault *fault) MUST_CHECK;

/* Ends the row, and flushes where enough is written. */
enum status export_end_row(struct exporting *exporting, struct fault *fault) MUST_CHECK;

/* Whether the export's reader is a party of the edge. */
bool export_has_party(const struct exporting *exporting, int64_t seller_id, int64_t buyer_id);

/* One field each. Accounts and SKUs have the names of export_names.h; an id of 0 and an instant of 0 are
 * empty. */
void export_write_account(struct exporting *exporting, int64_t id);
void export_write_sku(struct exporting *exporting, int64_t id);
void export_write_identifier(struct exporting *exporting, enum identifier_kind kind, int64_t id);
void export_write_time(struct exporting *exporting, int64_t at_us);
void export_write_month(struct exporting *exporting, int64_t index);
void export_write_decimal(struct exporting *exporting, int64_t value, int digits);

/* The number where it begins with the name that this export has for its seller, which makes it unique; else
 * the identifier. */
void export_write_invoice(struct exporting *exporting, int64_t id, struct text number, int64_t seller_id);

enum status export_write_amount(struct exporting *exporting, int64_t amount_minor, struct text code,
                                struct fault *fault) MUST_CHECK;

/* Writes the fields of a row of a stream. */
typedef enum status export_row(struct exporting *exporting, struct db_rows *rows, struct fault *fault);

/* Runs `write` for each row of a stream and ends the row; closes the stream. */
enum status export_write_rows(struct exporting *exporting, struct db_rows *rows, export_row *write,
                              struct fault *fault) MUST_CHECK;

#endif
