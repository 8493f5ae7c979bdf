/* CSV: what the writer writes the reader reads, and what a spreadsheet would guess at is refused with its
 * line. */
#include "core/base/csv.h"
#include "core/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_clean_up(&arena);
    return 0;
}

/* Every row of `csv` as "line:[field][field]", rows and faults ("line 2, field 1!malformed-csv") one after
 * another. */
static const char *read_all(const char *csv, size_t length) {
    struct csv_reader reader;
    csv_open(&reader, &arena, (struct text){csv, length});
    struct text seen = TEXT("");
    for (int rows = 0; rows < 1000; rows++) {
        struct csv_row row;
        bool have_row;
        struct fault fault;
        if (csv_next(&reader, &row, &have_row, &fault) != STATUS_OK) {
            assert_int_equal(fault.status, STATUS_INVALID);
            seen = text_format(&arena, "%.*s%s!%s ", TEXT_ARGS(seen), fault.field, fault.code);
            continue;
        }
        if (!have_row) {
            return text_format(&arena, "%.*s", TEXT_ARGS(seen)).at;
        }
        seen = text_format(&arena, "%.*s%lld:", TEXT_ARGS(seen), (long long)row.line);
        for (size_t i = 0; i < row.count; i++) {
            seen = text_format(&arena, "%.*s[%.*s]", TEXT_ARGS(seen), TEXT_ARGS(row.fields[i]));
        }
        seen = text_format(&arena, "%.*s ", TEXT_ARGS(seen));
    }
    fail_msg("the reader never ends");
    return NULL;
}

#define READ_ALL(literal) read_all(literal, sizeof(literal) - 1)

static void rows_and_fields_are_as_rfc_4180_has_them(void **state) {
    (void)state;
    assert_string_equal(READ_ALL("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n"), "1:[aaa][bbb][ccc] 2:[zzz][yyy][xxx] ");
    assert_string_equal(READ_ALL("aaa,bbb\nzzz,yyy"), "1:[aaa][bbb] 2:[zzz][yyy] ");
    assert_string_equal(READ_ALL("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz\r\n"), "1:[aaa][b\r\nbb][ccc] 3:[zzz] ");
    assert_string_equal(READ_ALL("\"aaa\",\"b\"\"bb\",\"\"\"\"\n"), "1:[aaa][b\"bb][\"] ");
    assert_string_equal(READ_ALL("\"a,b\",c"), "1:[a,b][c] ");
    assert_string_equal(READ_ALL(" a , b "), "1:[ a ][ b ] ");
    assert_string_equal(READ_ALL(",\n,,\n"), "1:[][] 2:[][][] ");
    assert_string_equal(READ_ALL("\"\"\n\"\",\"\""), "1:[] 2:[][] ");
    assert_string_equal(READ_ALL("a,\n"), "1:[a][] ");
    assert_string_equal(READ_ALL("a,"), "1:[a][] ");
}

static void a_byte_order_mark_at_the_start_is_no_part_of_the_first_field(void **state) {
    (void)state;
    assert_string_equal(READ_ALL("\xEF\xBB\xBFsku,x\n"), "1:[sku][x] ");
    assert_string_equal(READ_ALL("\xEF\xBB\xBF\"sku\",x\n"), "1:[sku][x] ");
    assert_string_equal(READ_ALL("\xEF\xBB\xBF"), "");
}

static void an_empty_line_is_no_row(void **state) {
    (void)state;
    assert_string_equal(READ_ALL(""), "");
    assert_string_equal(READ_ALL("\n\r\n\n"), "");
    assert_string_equal(READ_ALL("\na\n\r\nb\n\n"), "2:[a] 4:[b] ");
    assert_string_equal(read_all(NULL, 0), "");
}

static void what_is_malformed_is_told_with_line_and_field_and_the_next_rows_are_read(void **state) {
    (void)state;
    assert_string_equal(READ_ALL("a,b\"c,d\ne,f\n"), "line 1, field 2!malformed-csv 2:[e][f] ");
    assert_string_equal(READ_ALL("a,\"b\"c,d\ne\n"), "line 1, field 2!malformed-csv 2:[e] ");
    assert_string_equal(READ_ALL("a,\"b\" ,d\ne\n"), "line 1, field 2!malformed-csv 2:[e] ");
    assert_string_equal(READ_ALL("a\nb,\"c\nd\ne"), "1:[a] line 2, field 2!malformed-csv 3:[d] 4:[e] ");
    assert_string_equal(READ_ALL("\""), "line 1, field 1!malformed-csv ");
    assert_string_equal(READ_ALL("\"\"\""), "line 1, field 1!malformed-csv ");
    assert_string_equal(READ_ALL("a\rb\nc"), "line 1, field 1!malformed-csv 2:[c] ");
    assert_string_equal(READ_ALL("\"x\ny\",\"b\"c\nd"), "line 2, field 2!malformed-csv 3:[d] ");
}

static void bytes_that_are_not_utf8_are_told_with_line_and_field(void **state) {
    (void)state;
    assert_string_equal(READ_ALL("a,b\nM\xFCller,b\nc,d"), "1:[a][b] line 2, field 1!csv-not-utf8 3:[c][d] ");
    assert_string_equal(READ_ALL("a,\"x\ny\xFF\",b\nc"), "line 1, field 2!csv-not-utf8 3:[c] ");
    assert_string_equal(READ_ALL("a,b\0c\nd"), "line 1, field 2!csv-not-utf8 2:[d] ");
}

static void a_limit_is_told_and_not_passed(void **state) {
    (void)state;
    struct csv_reader reader;
    struct csv_row row;
    bool have_row;
    struct fault fault;
    csv_open(&reader, &arena, TEXT("a,b,c\nlonger,x\nd\ne\n"));
    reader.limits = (struct csv_limits){.fields_max = 2, .field_bytes_max = 5, .rows_max = 3};
    assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "csv-too-large");
    assert_string_equal(fault.message, "Line 1: the row has more than 2 fields.");
    assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_INVALID);
    assert_string_equal(fault.message, "Line 2, field 1: the field is longer than 5 bytes.");
    assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_OK);
    assert_true(have_row && text_is(row.fields[0], "d"));
    assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_INVALID);
    assert_string_equal(fault.message, "Line 4: the file has more than 3 rows.");
    assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_OK);
    assert_false(have_row);
}

static void a_header_names_the_columns_and_every_row_must_fill_them(void **state) {
    (void)state;
    struct csv_reader reader;
    struct csv_row header, row;
    bool have_row;
    struct fault fault;
    csv_open(&reader, &arena, TEXT("\xEF\xBB\xBF SKU ,unit_price\nA,1\nB\nC,2,3\nD,4\n"));
    assert_int_equal(csv_read_header(&reader, &header, &fault), STATUS_OK);
    assert_int_equal(csv_column(&header, "sku"), 0);
    assert_int_equal(csv_column(&header, "Unit_Price"), 1);
    assert_int_equal(csv_column(&header, "currency"), -1);
    int column = 9;
    assert_int_equal(csv_column_require(&header, "currency", &column, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "csv-missing-column");
    assert_string_equal(fault.field, "currency");
    assert_int_equal(column, 9);

    assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_OK);
    assert_true(text_is(row.fields[0], "A"));
    assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "csv-field-count");
    assert_string_equal(fault.message, "Line 3: the row has 1 field, the header has 2.");
    assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_INVALID);
    assert_string_equal(fault.message, "Line 4: the row has 3 fields, the header has 2.");
    assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_OK);
    assert_true(text_is(row.fields[0], "D") && row.line == 5);
    assert_true(text_is(header.fields[0], "SKU"));
}

static void a_header_that_says_nothing_or_one_thing_twice_is_refused(void **state) {
    (void)state;
    struct csv_reader reader;
    struct csv_row header;
    struct fault fault;
    csv_open(&reader, &arena, TEXT("\n\n"));
    assert_int_equal(csv_read_header(&reader, &header, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "csv-empty");
    csv_open(&reader, &arena, TEXT("sku,price,SKU\n"));
    assert_int_equal(csv_read_header(&reader, &header, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "csv-duplicate-column");
    assert_string_equal(fault.field, "line 1, field 3");
}

static void only_a_field_with_doubled_quotes_is_copied(void **state) {
    (void)state;
    static const char csv[] = "plain,\"quoted, with comma\",\"with \"\"quotes\"\"\"\n";
    struct csv_reader reader;
    struct csv_row row;
    bool have_row;
    struct fault fault;
    csv_open(&reader, &arena, TEXT(csv));
    assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_OK);
    assert_ptr_equal(row.fields[0].at, csv);
    assert_ptr_equal(row.fields[1].at, csv + 7);
    assert_true(row.fields[2].at < csv || row.fields[2].at >= csv + sizeof csv);
    assert_true(text_is(row.fields[2], "with \"quotes\""));
}

static void the_writer_quotes_where_it_must_and_changes_nothing(void **state) {
    (void)state;
    struct csv_writer writer;
    csv_writer_init(&writer, &arena);
    csv_write(&writer, TEXT("plain"));
    csv_write(&writer, TEXT("a,b"));
    csv_write(&writer, TEXT("say \"hi\""));
    csv_write(&writer, TEXT("two\nlines"));
    csv_write(&writer, TEXT(""));
    csv_write(&writer, TEXT("=1+2"));
    csv_write_int(&writer, INT64_MIN);
    csv_end_row(&writer);
    csv_write(&writer, TEXT(""));
    csv_end_row(&writer);
    assert_true(text_is(csv_written(&writer), "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",,=1+2,"
                                              "-9223372036854775808\n\"\"\n"));
    csv_reset(&writer);
    assert_true(text_is(csv_written(&writer), ""));
    csv_write(&writer, TEXT(""));
    csv_end_row(&writer);
    assert_true(text_is(csv_written(&writer), "\"\"\n"));
}

static struct text a_random_field(struct rng *rng) {
    static const char *const pieces[] = {"a", ",", "\"",           "\r", "\n", "\r\n",
                                         " ", "é", "\xEF\xBB\xBF", "株", "=",  ""};
    struct text field = TEXT("");
    for (uint64_t left = rng_below(rng, 6); left > 0; left--) {
        field = text_format(&arena, "%.*s%s", TEXT_ARGS(field),
                            pieces[rng_below(rng, sizeof pieces / sizeof pieces[0])]);
    }
    return field;
}

static void whatever_is_written_reads_back_the_same(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 31);
    for (int round = 0; round < 2000; round++) {
        enum { ROWS = 5, FIELDS = 5 };
        struct text fields[ROWS][FIELDS];
        size_t counts[ROWS];
        struct csv_writer writer;
        csv_writer_init(&writer, &arena);
        for (size_t r = 0; r < ROWS; r++) {
            counts[r] = (size_t)rng_between(&rng, 1, FIELDS);
            for (size_t f = 0; f < counts[r]; f++) {
                fields[r][f] = a_random_field(&rng);
                csv_write(&writer, fields[r][f]);
            }
            csv_end_row(&writer);
        }
        struct csv_reader reader;
        struct csv_row row;
        bool have_row;
        struct fault fault;
        csv_open(&reader, &arena, csv_written(&writer));
        for (size_t r = 0; r < ROWS; r++) {
            assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_OK);
            assert_true(have_row);
            assert_int_equal(row.count, counts[r]);
            for (size_t f = 0; f < counts[r]; f++) {
                assert_true(text_equal(row.fields[f], fields[r][f]));
            }
        }
        assert_int_equal(csv_next(&reader, &row, &have_row, &fault), STATUS_OK);
        assert_false(have_row);
        arena_clean_up(&arena);
    }
}

static void what_a_spreadsheet_would_run_is_text_and_a_number_stays_a_number(void **state) {
    (void)state;
    static const char *const FIELDS[] = {"=1+1",
                                         "+1",
                                         "-cmd|' /C calc'!A0",
                                         "@SUM(A1)",
                                         "\t=1",
                                         "\r=1",
                                         "-12.50",
                                         "-",
                                         "-1-2",
                                         "12",
                                         "ACME",
                                         "a=b",
                                         "'=1",
                                         "=HYPERLINK(\"x\",\"y\")"};
    struct csv_writer plain;
    csv_writer_init(&plain, &arena);
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        csv_write(&plain, text_of(FIELDS[i]));
    }
    csv_end_row(&plain);
    struct text safe = csv_for_spreadsheet(&arena, csv_written(&plain));
    assert_true(text_is(
        safe, "'=1+1,'+1,'-cmd|' /C calc'!A0,'@SUM(A1),'\t=1,\"'\r=1\",-12.50,'-,'-1-2,12,ACME,a=b,'=1,"
              "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(rows_and_fields_are_as_rfc_4180_has_them),
        TEST(a_byte_order_mark_at_the_start_is_no_part_of_the_first_field),
        TEST(an_empty_line_is_no_row),
        TEST(what_is_malformed_is_told_with_line_and_field_and_the_next_rows_are_read),
        TEST(bytes_that_are_not_utf8_are_told_with_line_and_field),
        TEST(a_limit_is_told_and_not_passed),
        TEST(a_header_names_the_columns_and_every_row_must_fill_them),
        TEST(a_header_that_says_nothing_or_one_thing_twice_is_refused),
        TEST(only_a_field_with_doubled_quotes_is_copied),
        TEST(the_writer_quotes_where_it_must_and_changes_nothing),
        TEST(whatever_is_written_reads_back_the_same),
        TEST(what_a_spreadsheet_would_run_is_text_and_a_number_stays_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
