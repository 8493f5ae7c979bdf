#include "core/base/csv.h"

#include "core/base/spelling.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char byte_order_mark[] = "\xEF\xBB\xBF";

void csv_open(struct csv_reader *reader, struct arena *arena, struct text text) {
    struct text readable = text.length == 0 ? TEXT("") : text;
    *reader = (struct csv_reader){.arena = arena, .text = readable, .line = 1};
    reader->limits = (struct csv_limits){.fields_max = 256, .field_bytes_max = 65536, .rows_max = 10000000};
    if (text_starts_with(text, text_of(byte_order_mark))) {
        reader->at = sizeof byte_order_mark - 1;
    }
}

static bool is_at_end(const struct csv_reader *reader) {
    return reader->at == reader->text.length;
}

/* The byte at the reader, or '\0' behind the last; a zero byte in the text is refused as not UTF-8. */
static char peek(const struct csv_reader *reader) {
    return is_at_end(reader) ? '\0' : reader->text.at[reader->at];
}

/* The length of the line end at the reader: 1, 2, or 0 where there is none. */
static size_t line_end_length(const struct csv_reader *reader) {
    size_t left = reader->text.length - reader->at;
    const char *at = reader->text.at + reader->at;
    if (left >= 1 && at[0] == '\n') {
        return 1;
    }
    return left >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

static bool take_line_end(struct csv_reader *reader) {
    size_t length = line_end_length(reader);
    reader->at += length;
    reader->line += length > 0;
    return length > 0;
}

/* Moves behind the present line: where reading goes on after a fault. */
static void skip_line(struct csv_reader *reader) {
    const char *at = reader->text.at + reader->at;
    const char *end = is_at_end(reader) ? NULL : memchr(at, '\n', reader->text.length - reader->at);
    if (end == NULL) {
        reader->at = reader->text.length;
    } else {
        reader->at += (size_t)(end - at) + 1;
        reader->line++;
    }
}

/* A fault at a field of a line (fields count from 1; 0: the line as a whole). */
static enum status refuse(struct fault *fault, const char *code, int64_t line, size_t field,
                          struct text value, const char *message) {
    char where[48];
    if (field == 0) {
        snprintf(where, sizeof where, "line %lld", (long long)line);
        return fault_set(fault, STATUS_INVALID, code, where, value, "Line %lld: %s.", (long long)line,
                         message);
    }
    snprintf(where, sizeof where, "line %lld, field %zu", (long long)line, field);
    return fault_set(fault, STATUS_INVALID, code, where, value, "Line %lld, field %zu: %s.", (long long)line,
                     field, message);
}

static struct text unescape(struct arena *arena, struct text quoted) {
    char *bytes = ARENA_NEW(arena, char, quoted.length);
    size_t length = 0;
    for (size_t i = 0; i < quoted.length; i++) {
        bytes[length++] = quoted.at[i];
        i += quoted.at[i] == '"'; /* the second of two */
    }
    return (struct text){bytes, length};
}

/* A field in quotes; the reader stands on the opening one. Ends behind the closing one. */
static enum status read_quoted(struct csv_reader *reader, size_t number, struct text *field,
                               struct fault *fault) {
    int64_t line = reader->line;
    size_t opening = reader->at++;
    size_t start = reader->at;
    bool doubled = false;
    for (;;) {
        size_t left = reader->text.length - reader->at;
        const char *at = reader->text.at + reader->at;
        const char *quote = left == 0 ? NULL : memchr(at, '"', left);
        if (quote == NULL) {
            /* Go on behind the line that opened it, which is where the mistake most likely is. */
            reader->at = opening;
            reader->line = line;
            skip_line(reader);
            return refuse(fault, "malformed-csv", line, number, TEXT("\""),
                          "close the quote that opens this field");
        }
        for (const char *c = at; c < quote; c++) {
            reader->line += *c == '\n';
        }
        reader->at += (size_t)(quote - at) + 1;
        if (peek(reader) != '"' || is_at_end(reader)) {
            break;
        }
        doubled = true;
        reader->at++;
    }
    *field = (struct text){reader->text.at + start, reader->at - 1 - start};
    if (!is_at_end(reader) && peek(reader) != ',' && line_end_length(reader) == 0) {
        struct text value = *field;
        skip_line(reader);
        return refuse(
            fault, "malformed-csv", line, number, value,
            "put a comma or the end of the line behind the closing quote, and write a quote inside a quoted "
            "field twice");
    }
    if (doubled) {
        *field = unescape(reader->arena, *field);
    }
    return STATUS_OK;
}

static enum status read_bare(struct csv_reader *reader, size_t number, struct text *field,
                             struct fault *fault) {
    size_t start = reader->at;
    const char *trouble = NULL;
    while (!is_at_end(reader) && peek(reader) != ',' && line_end_length(reader) == 0) {
        if (peek(reader) == '"') {
            trouble = "put a field with a quote in it into quotes, and write the quote twice";
        } else if (peek(reader) == '\r') {
            trouble = "end lines in CRLF or LF, not in a carriage return alone";
        }
        reader->at++;
    }
    *field = (struct text){reader->text.at + start, reader->at - start};
    if (trouble != NULL) {
        int64_t line = reader->line;
        skip_line(reader);
        return refuse(fault, "malformed-csv", line, number, *field, trouble);
    }
    return STATUS_OK;
}

static enum status check_field(struct csv_reader *reader, int64_t line, size_t number, struct text field,
                               struct fault *fault) {
    if (field.length > reader->limits.field_bytes_max) {
        char message[80];
        snprintf(message, sizeof message, "the field is longer than %zu bytes",
                 reader->limits.field_bytes_max);
        return refuse(fault, "csv-too-large", line, number, field, message);
    }
    if (!text_is_valid_utf8(field)) {
        return refuse(fault, "csv-not-utf8", line, number, field,
                      "save the file as \"CSV UTF-8\", as this field is not UTF-8");
    }
    return STATUS_OK;
}

/* Reads the fields of one row and its line end. A fault in what a field holds lets the row be read to its
 * end first, so that the next one begins where it should. */
static enum status read_fields(struct csv_reader *reader, size_t *count, struct fault *fault) {
    int64_t row_line = reader->line;
    enum status content = STATUS_OK;
    *count = 0;
    for (;;) {
        size_t number = *count + 1;
        int64_t line = reader->line;
        struct text field;
        enum status status = peek(reader) == '"' ? read_quoted(reader, number, &field, fault)
                                                 : read_bare(reader, number, &field, fault);
        if (status != STATUS_OK) {
            return status;
        }
        if (content == STATUS_OK) {
            content = check_field(reader, line, number, field, fault);
        }
        if (number > reader->limits.fields_max) {
            char message[80];
            snprintf(message, sizeof message, "the row has more than %zu fields", reader->limits.fields_max);
            skip_line(reader);
            return refuse(fault, "csv-too-large", row_line, 0, (struct text){0}, message);
        }
        reader->fields = arena_grow(reader->arena, reader->fields, *count, &reader->capacity, sizeof field);
        reader->fields[(*count)++] = field;
        if (peek(reader) != ',') {
            break;
        }
        reader->at++;
    }
    bool ended = take_line_end(reader) || is_at_end(reader);
    assert(ended);
    return content;
}

enum status csv_next(struct csv_reader *reader, struct csv_row *row, bool *have_row, struct fault *fault) {
    assert(reader->at <= reader->text.length);
    while (take_line_end(reader)) {
    }
    if (is_at_end(reader) || reader->over) {
        *have_row = false;
        return STATUS_OK;
    }
    int64_t line = reader->line;
    if (reader->rows >= reader->limits.rows_max) {
        reader->over = true;
        char message[80];
        snprintf(message, sizeof message, "the file has more than %lld rows",
                 (long long)reader->limits.rows_max);
        return refuse(fault, "csv-too-large", line, 0, (struct text){0}, message);
    }
    reader->rows++;
    size_t count;
    enum status status = read_fields(reader, &count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (reader->columns != 0 && count != reader->columns) {
        char message[120];
        snprintf(message, sizeof message, "the row has %zu %s, the header has %zu", count,
                 count == 1 ? "field" : "fields", reader->columns);
        return refuse(fault, "csv-field-count", line, 0, reader->fields[0], message);
    }
    *row = (struct csv_row){.line = line, .count = count, .fields = reader->fields};
    *have_row = true;
    return STATUS_OK;
}

static char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same_name(struct text a, struct text b) {
    if (a.length != b.length) {
        return false;
    }
    for (size_t i = 0; i < a.length; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

static int find_column(const struct csv_row *header, struct text name, size_t before) {
    for (size_t i = 0; i < before; i++) {
        if (is_same_name(header->fields[i], name)) {
            return (int)i;
        }
    }
    return -1;
}

enum status csv_read_header(struct csv_reader *reader, struct csv_row *header, struct fault *fault) {
    assert(reader->columns == 0 && reader->rows == 0);
    struct csv_row row;
    bool have_row;
    enum status status = csv_next(reader, &row, &have_row, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (!have_row) {
        return refuse(fault, "csv-empty", reader->line, 0, (struct text){0},
                      "name the columns in the first line, as there is nothing in the file");
    }
    struct text *names = ARENA_NEW(reader->arena, struct text, row.count);
    struct csv_row named = {.line = row.line, .count = row.count, .fields = names};
    for (size_t i = 0; i < row.count; i++) {
        names[i] = text_trim(row.fields[i]);
        if (names[i].length > 0 && find_column(&named, names[i], i) >= 0) {
            return refuse(fault, "csv-duplicate-column", row.line, i + 1, names[i],
                          "name each column once, as one of that name stands further left already");
        }
    }
    reader->columns = row.count;
    *header = named;
    return STATUS_OK;
}

int csv_column(const struct csv_row *header, const char *name) {
    return find_column(header, text_of(name), header->count);
}

enum status csv_column_require(const struct csv_row *header, const char *name, int *column,
                               struct fault *fault) {
    int found = csv_column(header, name);
    if (found < 0) {
        return fault_set(fault, STATUS_INVALID, "csv-missing-column", name, (struct text){0},
                         "Line %lld: name a column \"%s\" in the header, as it is needed.",
                         (long long)header->line, name);
    }
    *column = found;
    return STATUS_OK;
}

enum status csv_columns_allow(const struct csv_row *header, const struct text *names, size_t count,
                              struct fault *fault) {
    for (size_t i = 0; i < header->count; i++) {
        struct text name = text_trim(header->fields[i]);
        size_t at = 0;
        while (at < count && !text_equal(name, names[at])) {
            at++;
        }
        if (at < count || name.length == 0) {
            continue;
        }
        at = spelling_nearest(name, names, count);
        return fault_set(fault, STATUS_INVALID, "unknown-column", "header", name,
                         "Line %lld: leave out the column \"%.*s\", which means nothing here%s%.*s%s.",
                         (long long)header->line, TEXT_ARGS(name), at < count ? ", or call it \"" : "",
                         TEXT_ARGS(at < count ? names[at] : TEXT("")), at < count ? "\"" : "");
    }
    return STATUS_OK;
}

void csv_writer_init(struct csv_writer *writer, struct arena *arena) {
    *writer = (struct csv_writer){.arena = arena};
}

static void put(struct csv_writer *writer, const char *bytes, size_t count) {
    if (count == 0) {
        return;
    }
    size_t wanted = writer->length + count;
    if (wanted > writer->capacity) {
        size_t capacity = writer->capacity == 0 ? 1024 : writer->capacity;
        while (capacity < wanted) {
            capacity *= 2;
        }
        char *grown = ARENA_NEW(writer->arena, char, capacity);
        if (writer->length > 0) {
            memcpy(grown, writer->bytes, writer->length);
        }
        writer->bytes = grown;
        writer->capacity = capacity;
    }
    memcpy(writer->bytes + writer->length, bytes, count);
    writer->length = wanted;
}

static bool needs_quotes(struct text field) {
    for (size_t i = 0; i < field.length; i++) {
        char c = field.at[i];
        if (c == ',' || c == '"' || c == '\n' || c == '\r') {
            return true;
        }
    }
    return text_starts_with(field, text_of(byte_order_mark)); /* at the start of a file it would be lost */
}

static void put_quoted(struct csv_writer *writer, struct text field) {
    put(writer, "\"", 1);
    size_t start = 0;
    for (size_t i = 0; i < field.length; i++) {
        if (field.at[i] == '"') {
            put(writer, field.at + start, i + 1 - start);
            start = i; /* so that the quote is written once more */
        }
    }
    put(writer, field.at + start, field.length - start);
    put(writer, "\"", 1);
}

/* "-12.50" is a number for a spreadsheet too, and sums must stay sums. */
static bool is_plain_number(struct text field) {
    size_t digits = 0;
    size_t points = 0;
    for (size_t i = field.at[0] == '-' ? 1 : 0; i < field.length; i++) {
        digits += field.at[i] >= '0' && field.at[i] <= '9';
        points += field.at[i] == '.';
    }
    return digits > 0 && points <= 1 && digits + points + (field.at[0] == '-' ? 1 : 0) == field.length;
}

static bool is_formula(struct text field) {
    return field.length > 0 && strchr("=+-@\t\r", field.at[0]) != NULL && field.at[0] != '\0' &&
           !is_plain_number(field);
}

void csv_write(struct csv_writer *writer, struct text field) {
    assert(field.length == 0 || field.at != NULL);
    if (writer->for_spreadsheet && is_formula(field)) {
        field = text_format(writer->arena, "'%.*s", TEXT_ARGS(field));
    }
    if (writer->fields > 0) {
        put(writer, ",", 1);
    }
    if (needs_quotes(field)) {
        put_quoted(writer, field);
    } else {
        put(writer, field.at, field.length);
    }
    writer->fields++;
}

void csv_write_int(struct csv_writer *writer, int64_t field) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)field);
    assert(length > 0 && (size_t)length < sizeof digits);
    csv_write(writer, (struct text){digits, (size_t)length});
}

void csv_end_row(struct csv_writer *writer) {
    assert(writer->fields > 0);
    bool is_empty_line =
        writer->fields == 1 && (writer->length == 0 || writer->bytes[writer->length - 1] == '\n');
    if (is_empty_line) {
        put(writer, "\"\"", 2); /* an empty line would be no row */
    }
    put(writer, "\n", 1);
    writer->fields = 0;
}

struct text csv_for_spreadsheet(struct arena *arena, struct text csv) {
    struct csv_reader reader;
    struct csv_writer writer;
    struct csv_row row;
    struct fault fault;
    bool have_row = true;
    csv_open(&reader, arena, csv);
    csv_writer_init(&writer, arena);
    writer.for_spreadsheet = true;
    while (csv_next(&reader, &row, &have_row, &fault) == STATUS_OK && have_row) {
        for (size_t i = 0; i < row.count; i++) {
            csv_write(&writer, row.fields[i]);
        }
        csv_end_row(&writer);
    }
    return csv_written(&writer);
}

struct text csv_written(const struct csv_writer *writer) {
    return writer->length == 0 ? TEXT("") : (struct text){writer->bytes, writer->length};
}

void csv_reset(struct csv_writer *writer) {
    assert(writer->fields == 0);
    writer->length = 0;
}
