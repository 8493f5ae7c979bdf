#include "close_peers.h"

#include "bench_clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char NODE[] = "tests/npm bench node duckdb.mjs";

static _Noreturn void give_up(const char *what, const char *why) {
    fprintf(stderr, "benchmark: %s: %s\n", what, why);
    exit(1);
}

/* ---- DuckDB ---- */

static FILE *start(const char *file, const char *rest, const char *mode) {
    char command[1024];
    fflush(NULL);
    snprintf(command, sizeof command, "%s '%s' %s", NODE, file, rest);
    FILE *pipe = popen(command, mode);
    if (pipe == NULL) {
        give_up(command, "cannot be started");
    }
    return pipe;
}

static void export(struct db *db, const char *sql, const char *file, const char *table) {
    char verb[64];
    struct fault fault;
    struct db_rows *rows = NULL;
    bool have_row = false;
    snprintf(verb, sizeof verb, "import %s", table);
    FILE *pipe = start(file, verb, "w");
    enum status status = db_stream(db, sql, DB_NO_ARGS, &rows, &fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, &fault)) == STATUS_OK && have_row) {
        fprintf(pipe, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n", db_column_int(rows, 0),
                db_column_int(rows, 1), db_column_int(rows, 2), db_column_int(rows, 3));
    }
    db_rows_close(rows);
    if (status != STATUS_OK) {
        give_up(fault.code, fault.message);
    }
    if (pclose(pipe) != 0) {
        give_up(NODE, "has failed");
    }
}

void duckdb_import(const struct place *place, const char *file) {
    struct db *db = NULL;
    struct fault fault;
    if (db_open(text_of(place->url), &db, &fault) != STATUS_OK ||
        db_begin(db, DB_READ, &fault) != STATUS_OK) {
        give_up(fault.code, fault.message);
    }
    export(db, "select id, provider_id, customer_id, sku_id from licences", file, "licences");
    export(db, "select licence_id, at_us, seats_before, seats_after from licence_events", file, "events");
    db_rollback(db);
    db_close(db);
}

struct bare_answer duckdb_ask(const char *file, int64_t from_us, int64_t to_us) {
    char verb[128];
    struct bare_answer answer = {0};
    snprintf(verb, sizeof verb, "ask %" PRId64 " %" PRId64, from_us, to_us);
    FILE *pipe = start(file, verb, "r");
    char line[128] = "";
    char *end = line;
    bool is_told = fgets(line, sizeof line, pipe) != NULL;
    if (pclose(pipe) != 0 || !is_told) {
        give_up(NODE, "has not answered");
    }
    answer.seconds = strtod(end, &end);
    answer.processor_s = strtod(end, &end);
    answer.groups = strtoll(end, &end, 10);
    answer.licences = strtoll(end, &end, 10);
    return answer;
}

/* ---- lines ---- */

/* As the table has them: "t" marks text. */
static const char *const COLUMNS[] = {"invoice_id",
                                      "position",
                                      "customer_id",
                                      "sku_id",
                                      "price_id",
                                      "policy",
                                      "measured_parts",
                                      "quantity_parts",
                                      "parts_per_unit",
                                      "unit_price_millionths",
                                      "amount_minor",
                                      "tax_category",
                                      "tax_rate_millionths",
                                      "corrects_month",
                                      "description",
                                      "note",
                                      "takes_invoice_id",
                                      "takes_position",
                                      NULL};
static const char TYPES[] = "iiiiitiiiiitiittii";
enum { COLUMN_COUNT = sizeof TYPES - 1 };
static_assert(COLUMN_COUNT == sizeof COLUMNS / sizeof COLUMNS[0] - 1, "a type for each column");

static const char LINES[] =
    "select invoice_id, position, customer_id, sku_id, price_id, policy, measured_parts, quantity_parts, "
    "parts_per_unit, unit_price_millionths, amount_minor, tax_category, tax_rate_millionths, corrects_month, "
    "description, note, takes_invoice_id, takes_position from invoice_lines order by invoice_id, position";

/* Lines one behind the other: a value is a type's letter, then a number, or a length and so many bytes. */
struct packed_lines {
    char *bytes;
    size_t used;
    size_t capacity;
    int64_t count;
};

static void pack(struct packed_lines *lines, const void *bytes, size_t size_bytes) {
    if (lines->used + size_bytes > lines->capacity) {
        lines->capacity = 2 * lines->capacity + (1 << 20);
        lines->bytes = realloc(lines->bytes, lines->capacity);
        if (lines->bytes == NULL) {
            give_up("lines", "do not fit in memory");
        }
    }
    memcpy(lines->bytes + lines->used, bytes, size_bytes);
    lines->used += size_bytes;
}

static void pack_line(struct packed_lines *lines, struct db_rows *rows) {
    for (int i = 0; i < COLUMN_COUNT; i++) {
        char type = db_column_is_null(rows, i) ? 'n' : TYPES[i];
        pack(lines, &type, 1);
        if (type == 'i') {
            int64_t number = db_column_int(rows, i);
            pack(lines, &number, sizeof number);
        } else if (type == 't') {
            struct text text = db_column_text(rows, i);
            pack(lines, &text.length, sizeof text.length);
            pack(lines, text.at, text.length);
        }
    }
    lines->count++;
}

static const char *unpack_line(const char *at, struct db_value *values) {
    for (int i = 0; i < COLUMN_COUNT; i++) {
        char type = *at++;
        values[i] = db_null();
        if (type == 'i') {
            int64_t number;
            memcpy(&number, at, sizeof number);
            at += sizeof number;
            values[i] = db_integer(number);
        } else if (type == 't') {
            struct text text;
            memcpy(&text.length, at, sizeof text.length);
            text.at = at + sizeof text.length;
            at = text.at + text.length;
            values[i] = db_string(text);
        }
    }
    return at;
}

static enum status read_lines(const struct place *closed, struct packed_lines *lines, struct fault *fault) {
    struct db *db = NULL;
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = db_open(text_of(closed->url), &db, fault);
    if (status == STATUS_OK) {
        status = db_begin(db, DB_READ, fault);
    }
    if (status == STATUS_OK) {
        status = db_stream(db, LINES, DB_NO_ARGS, &rows, fault);
    }
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        pack_line(lines, rows);
    }
    db_rows_close(rows);
    db_close(db);
    return status;
}

static enum status write_lines(const struct packed_lines *lines, struct db *db, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    struct db_value values[COLUMN_COUNT];
    const char *at = lines->bytes;
    enum status status = db_begin(db, DB_WRITE, fault);
    if (status == STATUS_OK) {
        status = db_bulk_start(db, "invoice_lines", COLUMNS, TYPES, &bulk, fault);
    }
    for (int64_t i = 0; status == STATUS_OK && i < lines->count; i++) {
        at = unpack_line(at, values);
        status = db_bulk_row(bulk, values, fault);
    }
    if (status != STATUS_OK) {
        db_bulk_abandon(bulk);
        return status;
    }
    status = db_bulk_finish(bulk, fault);
    return status == STATUS_OK ? db_commit(db, fault) : status;
}

enum status insert_lines(const struct place *closed, struct db *empty, struct lines_written *written,
                         struct fault *fault) {
    struct packed_lines packed = {0};
    enum status status = read_lines(closed, &packed, fault);
    if (status == STATUS_OK) {
        double used = processor_seconds(empty);
        double began = seconds_now();
        status = write_lines(&packed, empty, fault);
        *written = (struct lines_written){
            .seconds = seconds_now() - began,
            .processor_s = processor_seconds(empty) - used,
            .lines = packed.count,
        };
    }
    free(packed.bytes);
    return status;
}
