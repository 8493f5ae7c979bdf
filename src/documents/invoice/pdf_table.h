/* PDF table: rows in columns, over as many pages as they need.
 *
 * The heading stands once on each page. Texts wrap in their column; figures stand in columns as wide as the
 * widest of them, and where the page has not so much width they shrink: they never wrap and are never cut.
 * Rows may stand in groups, whose heading is repeated with "(continued)" after a page's end. */
#ifndef SEATMETER_DOCUMENTS_INVOICE_PDF_TABLE_H
#define SEATMETER_DOCUMENTS_INVOICE_PDF_TABLE_H

#include "documents/invoice/pdf_page.h"

enum { PDF_COLUMNS_MOST = 6 };

struct pdf_column {
    struct text title;
    bool figures; /* aligned on the right; else a text, on the left */
    double share; /* of the table's width, at most; 0, for one text column: all that is left */
    double width; /* this and what follows is the table's business */
    double x;
    size_t decimals; /* the most that a cell has; the points stand below each other */
};

struct pdf_row {
    struct text cells[PDF_COLUMNS_MOST];
    struct text remark; /* in small below the cells, from the column of text on; empty: none */
    double height;      /* filled by pdf_table_fit */
};

struct pdf_group {
    struct text name;
    struct text code;
    struct text subtotal; /* stands in the last column */
    const struct pdf_row *rows;
    size_t row_count;
};

/* How it looks: airy with rules between rows, or close for many rows. */
enum pdf_look { PDF_AIRY, PDF_CLOSE };

struct pdf_table {
    struct pdf *pdf;
    enum pdf_look look;
    struct pdf_column columns[PDF_COLUMNS_MOST];
    size_t column_count;
    double left;
    double right;
    const struct pdf_group *group; /* that goes on; NULL: none */
};

/* Gives the columns their widths and the rows their heights, for any number of drawings. */
void pdf_table_fit(struct pdf_table *table, struct pdf_row *rows, size_t row_count);

/* The heading; then rows or groups; then the end. Between beginning and end a page break repeats the heading.
 */
void pdf_table_begin(struct pdf_table *table);
void pdf_table_row(struct pdf_table *table, const struct pdf_row *row);
void pdf_table_group(struct pdf_table *table, const struct pdf_group *group);
void pdf_table_end(struct pdf_table *table);

#endif
