#include "documents/layout/terminal.h"

#include <assert.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

enum { COLUMN_GAP = 2, COLUMNS_MOST = 12 };

static size_t character_width(UChar32 c) {
    if (c < 0) {
        return 1;
    }
    int8_t type = u_charType(c);
    if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || (type == U_FORMAT_CHAR && c != 0xAD)) {
        return 0;
    }
    int wide = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    return wide == U_EA_WIDE || wide == U_EA_FULLWIDTH ? 2 : 1;
}

size_t terminal_width(struct text text) {
    size_t width = 0;
    size_t at = 0;
    while (at < text.length) {
        UChar32 c;
        U8_NEXT((const uint8_t *)text.at, at, text.length, c);
        width += character_width(c);
    }
    return width;
}

struct text terminal_wrap(struct text text, size_t width, struct text *rest) {
    size_t used = 0;
    size_t at = 0;
    size_t blank = 0; /* where the last blank that fits begins */
    while (at < text.length) {
        size_t start = at;
        UChar32 c;
        U8_NEXT((const uint8_t *)text.at, at, text.length, c);
        size_t cells = character_width(c);
        if (used + cells > width && start > 0) {
            size_t cut = c == ' ' || blank == 0 ? start : blank;
            *rest = text_trim((struct text){text.at + cut, text.length - cut});
            return text_trim((struct text){text.at, cut});
        }
        if (c == ' ' && used > 0) {
            blank = start;
        }
        used += cells;
    }
    *rest = (struct text){"", 0};
    return text;
}

struct table_row {
    struct text cells[COLUMNS_MOST];
    struct text remark;
    bool total;
};

struct terminal_table {
    struct arena *arena;
    const struct terminal_column *columns;
    size_t column_count;
    size_t widths[COLUMNS_MOST];
    struct table_row *rows;
    size_t row_count;
    size_t row_capacity;
};

struct terminal_table *terminal_table_new(struct arena *arena, const struct terminal_column *columns,
                                          size_t column_count) {
    assert(column_count >= 1 && column_count <= COLUMNS_MOST);
    struct terminal_table *table = ARENA_NEW(arena, struct terminal_table, 1);
    table->arena = arena;
    table->columns = columns;
    table->column_count = column_count;
    for (size_t i = 0; i < column_count; i++) {
        table->widths[i] = terminal_width(text_of(columns[i].title));
    }
    return table;
}

size_t terminal_table_column_width(const struct terminal_table *table, size_t column) {
    assert(column < table->column_count);
    return table->widths[column];
}

void terminal_table_widen(struct terminal_table *table, size_t column, size_t width) {
    assert(column < table->column_count);
    table->widths[column] = width > table->widths[column] ? width : table->widths[column];
}

static struct table_row *add_row(struct terminal_table *table, const struct text *cells) {
    table->rows =
        arena_grow(table->arena, table->rows, table->row_count, &table->row_capacity, sizeof table->rows[0]);
    struct table_row *row = &table->rows[table->row_count++];
    for (size_t i = 0; i < table->column_count; i++) {
        row->cells[i] = cells[i];
        size_t width = terminal_width(cells[i]);
        size_t widest = table->columns[i].widest;
        width = widest > 0 && width > widest ? widest : width;
        table->widths[i] = width > table->widths[i] ? width : table->widths[i];
    }
    return row;
}

void terminal_table_row(struct terminal_table *table, const struct text *cells, struct text remark) {
    add_row(table, cells)->remark = remark;
}

void terminal_table_total(struct terminal_table *table, const struct text *cells) {
    add_row(table, cells)->total = true;
}

/* One printed line of a row; blanks are only written before something, so that no line ends in them. */
static void print_line(const struct terminal_table *table, const struct text *parts, size_t indent,
                       struct buffer *out) {
    size_t owed = indent;
    for (size_t i = 0; i < table->column_count; i++) {
        size_t width = terminal_width(parts[i]);
        size_t spare = table->widths[i] > width ? table->widths[i] - width : 0;
        if (parts[i].length > 0) {
            buffer_add_times(out, ' ', owed + (table->columns[i].figures ? spare : 0));
            buffer_add(out, parts[i]);
            owed = COLUMN_GAP + (table->columns[i].figures ? 0 : spare);
        } else {
            owed += spare + COLUMN_GAP;
        }
    }
    buffer_add(out, TEXT("\n"));
}

static void print_row(const struct terminal_table *table, const struct table_row *row, size_t indent,
                      struct buffer *out) {
    struct text left[COLUMNS_MOST];
    struct text parts[COLUMNS_MOST];
    bool more = true;
    for (size_t i = 0; i < table->column_count; i++) {
        left[i] = row->cells[i];
    }
    while (more) {
        more = false;
        for (size_t i = 0; i < table->column_count; i++) {
            if (table->columns[i].figures) {
                parts[i] = left[i];
                left[i] = (struct text){"", 0};
            } else {
                parts[i] = terminal_wrap(left[i], table->widths[i], &left[i]);
            }
            more = more || left[i].length > 0;
        }
        print_line(table, parts, indent, out);
    }
}

static size_t table_width(const struct terminal_table *table) {
    size_t width = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        width += table->widths[i] + (i > 0 ? COLUMN_GAP : 0);
    }
    return width;
}

static void print_rule(const struct terminal_table *table, size_t indent, struct buffer *out) {
    buffer_add_times(out, ' ', indent);
    buffer_add_times(out, '-', table_width(table));
    buffer_add(out, TEXT("\n"));
}

/* `text` in lines of `width` cells, each after `indent` blanks. */
static void print_paragraph(struct buffer *out, struct text text, size_t indent, size_t width) {
    struct text rest = text;
    while (rest.length > 0) {
        struct text line = terminal_wrap(rest, width, &rest);
        buffer_add_times(out, ' ', line.length > 0 ? indent : 0);
        buffer_add(out, line);
        buffer_add(out, TEXT("\n"));
    }
}

void terminal_table_print(const struct terminal_table *table, size_t indent, struct buffer *out) {
    struct text titles[COLUMNS_MOST];
    for (size_t i = 0; i < table->column_count; i++) {
        titles[i] = text_of(table->columns[i].title);
    }
    print_line(table, titles, indent, out);
    print_rule(table, indent, out);
    terminal_table_print_body(table, indent, out);
}

void terminal_table_print_body(const struct terminal_table *table, size_t indent, struct buffer *out) {
    for (size_t i = 0; i < table->row_count; i++) {
        const struct table_row *row = &table->rows[i];
        if (row->total) {
            print_rule(table, indent, out);
        }
        print_row(table, row, indent, out);
        if (row->remark.length > 0) {
            size_t width = table_width(table);
            print_paragraph(out, row->remark, indent + 4, width > 44 ? width - 4 : 40);
        }
    }
}
