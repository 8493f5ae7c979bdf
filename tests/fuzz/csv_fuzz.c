/* CSV: reading ends, whatever it reads; every row that was read is the same when written and read again. The
 * first byte chooses the limits and whether there is a header. */
#include "core/base/csv.h"
#include "fuzz.h"

static void check_row(struct csv_reader *again, const struct csv_row *row) {
    struct csv_row same;
    bool have_row;
    struct fault fault;
    enum status status = csv_next(again, &same, &have_row, &fault);
    assert(status == STATUS_OK && have_row && same.count == row->count);
    for (size_t i = 0; i < row->count; i++) {
        assert(text_equal(same.fields[i], row->fields[i]));
    }
}

static void check_and_write(const struct csv_reader *reader, const struct csv_row *row,
                            struct csv_writer *writer) {
    assert(row->count >= 1 && row->count <= reader->limits.fields_max);
    assert(reader->columns == 0 || row->count == reader->columns);
    assert(row->line >= 1 && row->line <= reader->line);
    for (size_t i = 0; i < row->count; i++) {
        assert(row->fields[i].length <= reader->limits.field_bytes_max);
        assert(text_is_valid_utf8(row->fields[i]));
        csv_write(writer, row->fields[i]);
    }
    csv_end_row(writer);
}

/* Reads `text` to its end twice, writing what the first reading gives and comparing it with the second. */
static void check(struct arena *arena, struct text text, unsigned choice) {
    struct csv_reader reader, second;
    struct csv_writer writer;
    struct csv_row row;
    struct fault fault;
    csv_open(&reader, arena, text);
    csv_writer_init(&writer, arena);
    if ((choice & 1) != 0) {
        reader.limits = (struct csv_limits){.fields_max = 3, .field_bytes_max = 8, .rows_max = 5};
    }
    if ((choice & 2) != 0 && csv_read_header(&reader, &row, &fault) == STATUS_OK) {
        for (size_t i = 0; i < row.count; i++) {
            assert(row.fields[i].length == 0 ||
                   csv_column(&row, text_copy(arena, row.fields[i]).at) == (int)i);
        }
    }
    struct csv_reader from_here = reader; /* for the second reading */
    bool have_row = true;
    for (size_t steps = 0; have_row; steps++) {
        assert(steps <= text.length + 2);
        if (csv_next(&reader, &row, &have_row, &fault) != STATUS_OK) {
            assert(fault.status == STATUS_INVALID && strncmp(fault.field, "line ", 5) == 0);
        } else if (have_row) {
            check_and_write(&reader, &row, &writer);
        }
    }

    csv_open(&second, arena, csv_written(&writer));
    reader = from_here;
    for (have_row = true; have_row;) {
        if (csv_next(&reader, &row, &have_row, &fault) == STATUS_OK && have_row) {
            check_row(&second, &row);
        }
    }
    enum status status = csv_next(&second, &row, &have_row, &fault);
    assert(status == STATUS_OK && !have_row);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size == 0) {
        return 0;
    }
    struct arena arena;
    arena_init(&arena);
    check(&arena, fuzz_text(bytes + 1, size - 1), bytes[0]);
    arena_clean_up(&arena);
    return 0;
}
