/* CSV: rows of fields, read and written as RFC 4180 has them.
 *
 * The reader walks over a text that is in memory: lines end in CRLF or LF, a byte order mark at the start is
 * passed over, a field may stand in quotes and then hold commas, line ends and doubled quotes. A field is a
 * slice of the text; only one with doubled quotes is copied. An empty line is no row. What a spreadsheet
 * would guess at (a quote in the middle of a bare field, a quote that never closes, bytes that are not UTF-8)
 * is a fault with its line and field, because a guess in a price list is money.
 *
 * The writer quotes where it must and nothing else: it changes no value, so what it wrote reads back the
 * same. Its lines end in LF. On request it writes for a spreadsheet: what that would take for a formula (a
 * field that begins with = + - @, a tab or a carriage return, and is no plain number) gets an apostrophe in
 * front, and so is text. */
#ifndef SEATMETER_CORE_BASE_CSV_H
#define SEATMETER_CORE_BASE_CSV_H

#include "core/base/fault.h"

#include <stdbool.h>
#include <stdint.h>

struct csv_limits {
    size_t fields_max;      /* in a row */
    size_t field_bytes_max; /* in a field */
    int64_t rows_max;       /* in the text, header included */
};

/* A row; `fields` is valid until the next csv_next, the fields' text as long as the text read and the arena.
 */
struct csv_row {
    int64_t line; /* where the row begins, from 1 */
    size_t count;
    const struct text *fields;
};

/* A plain struct to stand on the caller's stack; its members are the reader's own. */
struct csv_reader {
    struct arena *arena;
    struct text text;
    struct csv_limits limits;
    size_t at;      /* the next byte to read */
    int64_t line;   /* the line it stands on */
    int64_t rows;   /* read so far */
    size_t columns; /* what csv_read_header found; 0: not asked */
    bool over;      /* past the limit of rows: no more */
    struct text *fields;
    size_t capacity;
};

/* Stands before the first row. The limits are 256 fields, 64 KiB a field, 10 million rows; set
 * `reader->limits` afterwards for others. */
void csv_open(struct csv_reader *reader, struct arena *arena, struct text text);

/* Reads the next row; `*have_row` is false behind the last. Faults, all STATUS_INVALID with the line in the
 * field ("line 7", "line 7, field 3"): "malformed-csv", "csv-not-utf8", "csv-field-count" (another number of
 * fields than the header), "csv-too-large" (a limit). After a fault the reader stands behind the row, or the
 * line, that was wrong, so that an import can go on and list every bad row. */
enum status csv_next(struct csv_reader *reader, struct csv_row *row, bool *have_row,
                     struct fault *fault) MUST_CHECK;

/* Reads the first row as the names of the columns, which every further row must then have as many fields as.
 * `header` stays valid as long as the arena; blanks around a name are no part of it. Further faults:
 * "csv-empty", "csv-duplicate-column". */
enum status csv_read_header(struct csv_reader *reader, struct csv_row *header,
                            struct fault *fault) MUST_CHECK;

/* The index of the column of that name (ASCII case does not matter), or -1. */
int csv_column(const struct csv_row *header, const char *name);

/* The same for a column that must be there: fault "csv-missing-column". */
enum status csv_column_require(const struct csv_row *header, const char *name, int *column,
                               struct fault *fault) MUST_CHECK;

/* Refuses a header that has a column with another name: what is mistyped would be dropped in silence. Fault
 * "unknown-column", which names the nearest. */
enum status csv_columns_allow(const struct csv_row *header, const struct text *names, size_t count,
                              struct fault *fault) MUST_CHECK;

/* A buffer in the arena that rows are written to. A long export takes the text now and then and resets. */
struct csv_writer {
    struct arena *arena;
    char *bytes;
    size_t length;
    size_t capacity;
    size_t fields; /* in the row being written */
    bool for_spreadsheet;
};

void csv_writer_init(struct csv_writer *writer, struct arena *arena);
void csv_write(struct csv_writer *writer, struct text field);
void csv_write_int(struct csv_writer *writer, int64_t field);
void csv_end_row(struct csv_writer *writer); /* a row has at least one field */

/* The same CSV, well-formed as the writer makes it, for a spreadsheet. */
struct text csv_for_spreadsheet(struct arena *arena, struct text csv);

/* What was written since the last reset; valid until the next call of the writer. */
struct text csv_written(const struct csv_writer *writer);
void csv_reset(struct csv_writer *writer); /* only between rows */

#endif
