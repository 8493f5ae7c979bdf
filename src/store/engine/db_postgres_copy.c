/* Millions of rows out of and into PostgreSQL: COPY in its binary format.
 *
 * Both directions have a header of 19 bytes, per row a 16-bit count of columns and per column a 32-bit length
 * (−1: null) and the bytes, and −1 as the last count. COPY takes no parameters, so a stream's integers are
 * written into its text. The server sends a row per message, but the protocol does not promise it: a row that
 * is cut by a message's end is joined with the next. */
#include "store/engine/db_postgres.h"
#include "store/engine/db_support.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char HEADER[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
enum { FLUSH_BYTES = 128 * 1024 };

static void append_int16(struct byte_queue *queue, int16_t value) {
    uint16_t bytes = htobe16((uint16_t)value);
    byte_queue_add(queue, &bytes, sizeof bytes);
}

static void append_int32(struct byte_queue *queue, int32_t value) {
    uint32_t bytes = htobe32((uint32_t)value);
    byte_queue_add(queue, &bytes, sizeof bytes);
}

static void append_int64(struct byte_queue *queue, int64_t value) {
    uint64_t bytes = htobe64((uint64_t)value);
    byte_queue_add(queue, &bytes, sizeof bytes);
}

/* Ends a COPY: takes all results that are left; the first that failed is the fault. */
static enum status take_results(struct db *db, struct fault *fault) {
    enum status status = STATUS_OK;
    PGresult *result;
    while ((result = PQgetResult(postgres_own(db)->connection)) != NULL) {
        if (status == STATUS_OK) {
            status = postgres_take(db, result, PGRES_COMMAND_OK, fault);
        } else {
            PQclear(result);
        }
        if (PQstatus(postgres_own(db)->connection) == CONNECTION_BAD) {
            break;
        }
    }
    return status;
}

/* ---- out ---- */

/* Where a quoted string, a quoted name or a comment that begins at `at` ends; `at` itself if none does. */
static const char *skip_quoted(const char *at) {
    if (*at == '\'' || *at == '"') {
        const char *end = strchr(at + 1, *at);
        assert(end != NULL);
        return end + 1;
    }
    if (at[0] == '-' && at[1] == '-') {
        return at + strcspn(at, "\n");
    }
    return at;
}

/* copy (…) with the values in the places of $1, $2, … */
static void append_copy(struct byte_queue *queue, const char *sql, const struct db_value *values,
                        size_t count) {
    byte_queue_add_string(queue, "copy (");
    for (const char *at = sql; *at != '\0';) {
        const char *end = skip_quoted(at);
        if (end == at && at[0] == '$' && at[1] >= '1' && at[1] <= '9') {
            size_t number = (size_t)strtoul(at + 1, (char **)&end, 10);
            assert(number <= count);
            char word[64] = "cast(null as bigint)";
            if (values[number - 1].type == DB_TYPE_INT) {
                /* In quotes: the smallest integer has no literal of its own. */
                snprintf(word, sizeof word, "cast('%" PRId64 "' as bigint)", values[number - 1].integer);
            }
            byte_queue_add_string(queue, word);
        } else {
            end += end == at ? 1 : 0;
            byte_queue_add(queue, at, (size_t)(end - at));
        }
        at = end;
    }
    byte_queue_add(queue, "\n) to stdout (format binary)", sizeof "\n) to stdout (format binary)");
}

/* The types of the columns, which COPY does not tell. */
static enum status describe_columns(struct postgres_rows *rows, struct fault *fault) {
    if (rows->columns_generation == rows->generation) {
        return STATUS_OK;
    }
    struct db *db = rows->base.db;
    PGresult *result = PQdescribePrepared(postgres_own(db)->connection, rows->name);
    enum status status = PQresultStatus(result) == PGRES_COMMAND_OK
                             ? postgres_learn_columns(rows, result, fault)
                             : postgres_fault(db, result, fault);
    PQclear(result);
    return status;
}

enum status postgres_copy_out(struct db_rows *rows, const struct db_value *values, size_t count,
                              struct fault *fault) {
    struct postgres_rows *mine = (struct postgres_rows *)rows;
    TRY(postgres_settle(rows->db, fault));
    TRY(postgres_prepare_for(mine, values, count, fault));
    TRY(describe_columns(mine, fault));
    struct byte_queue copy = {0};
    append_copy(&copy, rows->sql, values, count);
    PGresult *result = PQexec(postgres_own(rows->db)->connection, copy.at);
    free(copy.at);
    enum status status = postgres_take(rows->db, result, PGRES_COPY_OUT, fault);
    assert(mine->message == NULL);
    mine->length = mine->start = mine->at = 0;
    mine->header_read = false;
    mine->ended = false;
    return status;
}

static void free_message(struct postgres_rows *rows) {
    if (rows->message_is_ours) {
        free(rows->message);
    } else if (rows->message != NULL) {
        PQfreemem(rows->message);
    }
    rows->message = NULL;
    rows->message_is_ours = false;
}

/* The next message, behind what of the present one is not read yet. */
static enum status fetch_message(struct postgres_rows *rows, struct fault *fault) {
    struct db *db = rows->base.db;
    char *message = NULL;
    int length = PQgetCopyData(postgres_own(db)->connection, &message, 0);
    if (length == -2) {
        rows->ended = true;
        enum status status = postgres_fault(db, NULL, fault);
        struct fault ignored;
        (void)!take_results(db, &ignored);
        return status;
    }
    if (length == -1) {
        rows->ended = true;
        TRY(take_results(db, fault));
        return fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, TEXT(""),
                         "PostgreSQL ended a copy in the middle of a row.");
    }
    size_t left = rows->length - rows->start;
    char *joined = NULL;
    if (left > 0) {
        joined = db_allocate(left + (size_t)length, 1);
        memcpy(joined, rows->message + rows->start, left);
        memcpy(joined + left, message, (size_t)length);
        PQfreemem(message);
    }
    free_message(rows);
    rows->message = left > 0 ? joined : message;
    rows->message_is_ours = left > 0;
    rows->at -= rows->start;
    rows->start = 0;
    rows->length = left + (size_t)length;
    return STATUS_OK;
}

/* Moves on by `size_bytes`; `*offset` (from the row's start) is where they begin. */
static enum status take_bytes(struct postgres_rows *rows, size_t size_bytes, size_t *offset,
                              struct fault *fault) {
    while (rows->length - rows->at < size_bytes) {
        TRY(fetch_message(rows, fault));
    }
    *offset = rows->at - rows->start;
    rows->at += size_bytes;
    return STATUS_OK;
}

static enum status take_header(struct postgres_rows *rows, struct fault *fault) {
    size_t offset;
    uint32_t extension;
    TRY(take_bytes(rows, sizeof HEADER, &offset, fault));
    memcpy(&extension, rows->message + rows->start + offset + sizeof HEADER - 4, sizeof extension);
    TRY(take_bytes(rows, be32toh(extension), &offset, fault));
    rows->start = rows->at;
    rows->header_read = true;
    return STATUS_OK;
}

static enum status take_cells(struct postgres_rows *rows, struct fault *fault) {
    for (int i = 0; i < rows->columns; i++) {
        size_t offset;
        uint32_t bytes;
        TRY(take_bytes(rows, 4, &offset, fault));
        memcpy(&bytes, rows->message + rows->start + offset, sizeof bytes);
        int32_t length = (int32_t)be32toh(bytes);
        rows->cells[i] = (struct text){NULL, 0};
        if (length >= 0) {
            TRY(take_bytes(rows, (size_t)length, &offset, fault));
            /* Until the row is whole its place may change: an offset from the start, for now. */
            rows->cells[i] = (struct text){(const char *)(uintptr_t)(offset + 1), (size_t)length};
        }
    }
    for (int i = 0; i < rows->columns; i++) {
        if (rows->cells[i].at != NULL) {
            rows->cells[i].at = rows->message + rows->start + (uintptr_t)rows->cells[i].at - 1;
        }
    }
    return STATUS_OK;
}

enum status postgres_copy_next(struct postgres_rows *rows, bool *have_row, struct fault *fault) {
    *have_row = false;
    if (rows->ended) {
        return STATUS_OK;
    }
    size_t offset = 0;
    uint16_t bytes;
    if (!rows->header_read) {
        TRY(take_header(rows, fault));
    }
    rows->start = rows->at;
    TRY(take_bytes(rows, 2, &offset, fault));
    memcpy(&bytes, rows->message + rows->start + offset, sizeof bytes);
    int16_t columns = (int16_t)be16toh(bytes);
    if (columns == -1) {
        postgres_copy_end(rows);
        return STATUS_OK;
    }
    if (columns != rows->columns) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, TEXT(""),
                         "PostgreSQL sent a row of %d columns where it had announced %d.", columns,
                         rows->columns);
    }
    TRY(take_cells(rows, fault));
    *have_row = true;
    return STATUS_OK;
}

/* What has not been read yet is read and forgotten: to cancel it would break the transaction. */
void postgres_copy_end(struct postgres_rows *rows) {
    struct db *db = rows->base.db;
    free_message(rows);
    if (rows->ended) {
        return;
    }
    char *message = NULL;
    while (PQgetCopyData(postgres_own(db)->connection, &message, 0) > 0) {
        PQfreemem(message);
    }
    struct fault ignored;
    (void)!take_results(db, &ignored);
    rows->ended = true;
}

/* ---- in ---- */

struct postgres_bulk {
    struct db_bulk base;
    struct byte_queue bytes;
};

enum status postgres_bulk_start(struct db *db, const char *table, const char *const *columns,
                                const char *types, size_t count, struct db_bulk **bulk, struct fault *fault) {
    (void)types;
    assert(count <= INT16_MAX);
    TRY(postgres_settle(db, fault));
    struct postgres_bulk *made = db_allocate(1, sizeof *made);
    byte_queue_add_string(&made->bytes, "copy ");
    byte_queue_add_string(&made->bytes, table);
    for (size_t i = 0; i < count; i++) {
        byte_queue_add_string(&made->bytes, i == 0 ? " (" : ", ");
        byte_queue_add_string(&made->bytes, columns[i]);
    }
    byte_queue_add(&made->bytes, ") from stdin (format binary)", sizeof ") from stdin (format binary)");
    PGresult *result = PQexec(postgres_own(db)->connection, made->bytes.at);
    enum status status = postgres_take(db, result, PGRES_COPY_IN, fault);
    if (status != STATUS_OK) {
        free(made->bytes.at);
        free(made);
        return status;
    }
    made->bytes.used = 0;
    byte_queue_add(&made->bytes, HEADER, sizeof HEADER);
    *bulk = &made->base;
    return STATUS_OK;
}

static enum status flush_bulk(struct postgres_bulk *bulk, struct fault *fault) {
    struct db *db = bulk->base.db;
    assert(bulk->bytes.used <= INT32_MAX);
    int sent = PQputCopyData(postgres_own(db)->connection, bulk->bytes.at, (int)bulk->bytes.used);
    bulk->bytes.used = 0;
    return sent == 1 ? STATUS_OK : postgres_fault(db, NULL, fault);
}

enum status postgres_bulk_row(struct db_bulk *bulk, const struct db_value *values, struct fault *fault) {
    struct postgres_bulk *mine = (struct postgres_bulk *)bulk;
    append_int16(&mine->bytes, (int16_t)bulk->columns);
    for (size_t i = 0; i < bulk->columns; i++) {
        if (values[i].type == DB_TYPE_NULL) {
            append_int32(&mine->bytes, -1);
        } else if (values[i].type == DB_TYPE_INT) {
            append_int32(&mine->bytes, 8);
            append_int64(&mine->bytes, values[i].integer);
        } else {
            assert(values[i].text.length <= INT32_MAX / 2);
            append_int32(&mine->bytes, (int32_t)values[i].text.length);
            byte_queue_add(&mine->bytes, values[i].text.at, values[i].text.length);
        }
    }
    return mine->bytes.used < FLUSH_BYTES ? STATUS_OK : flush_bulk(mine, fault);
}

static void bulk_free(struct db_bulk *bulk) {
    free(((struct postgres_bulk *)bulk)->bytes.at);
    free(bulk);
}

enum status postgres_bulk_finish(struct db_bulk *bulk, struct fault *fault) {
    struct db *db = bulk->db;
    struct postgres_bulk *mine = (struct postgres_bulk *)bulk;
    append_int16(&mine->bytes, -1);
    enum status status = flush_bulk(mine, fault);
    if (status == STATUS_OK && PQputCopyEnd(postgres_own(db)->connection, NULL) != 1) {
        status = postgres_fault(db, NULL, fault);
    }
    if (status == STATUS_OK) {
        status = take_results(db, fault);
    } else {
        struct fault ignored;
        (void)!take_results(db, &ignored);
    }
    bulk_free(bulk);
    return status;
}

void postgres_bulk_abandon(struct db_bulk *bulk) {
    struct fault ignored;
    if (PQputCopyEnd(postgres_own(bulk->db)->connection, "abandoned") == 1) {
        (void)!take_results(bulk->db, &ignored);
    }
    bulk_free(bulk);
}
