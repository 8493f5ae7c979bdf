/* Terminal: text in columns, by the cells that a terminal gives each character.
 *
 * East Asian wide and full-width characters take two cells (UAX #11), combining marks and format characters
 * none. Texts wrap inside their column; figures never do: their column grows. */
#ifndef SEATMETER_DOCUMENTS_LAYOUT_TERMINAL_H
#define SEATMETER_DOCUMENTS_LAYOUT_TERMINAL_H

#include "core/base/buffer.h"

/* The cells that `text` takes. */
size_t terminal_width(struct text text);

/* The part of `text` that fits `width` cells, cut at a blank where there is one and never inside a character
 * and its marks; at least one character. `*rest` is what remains, without the blanks at the cut. */
struct text terminal_wrap(struct text text, size_t width, struct text *rest);

struct terminal_column {
    const char *title;
    bool figures;  /* aligned on the right, never wrapped */
    size_t widest; /* a text column takes at most so many cells; 0: what its content needs */
};

struct terminal_table;

struct terminal_table *terminal_table_new(struct arena *arena, const struct terminal_column *columns,
                                          size_t column_count);

/* The cells that a column takes with the rows that it has; it takes `width` at least. */
size_t terminal_table_column_width(const struct terminal_table *table, size_t column);
void terminal_table_widen(struct terminal_table *table, size_t column, size_t width);

/* `cells` has one text per column. The text of `remark` (empty: none) stands in the lines below. */
void terminal_table_row(struct terminal_table *table, const struct text *cells, struct text remark);

/* Adds a row with a rule above: a total. */
void terminal_table_total(struct terminal_table *table, const struct text *cells);

/* Prints heading, rule and rows, each line after `indent` blanks. */
void terminal_table_print(const struct terminal_table *table, size_t indent, struct buffer *out);

/* Prints the rows alone, without heading and rule. */
void terminal_table_print_body(const struct terminal_table *table, size_t indent, struct buffer *out);

#endif
