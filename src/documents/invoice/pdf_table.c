#include "documents/invoice/pdf_table.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { CELL_LINES = 5, REMARK_LINES = 8, ROWS_KEPT = 2 };

static const double COLUMN_GAP = 14;
static const double TEXT_LEAST = 60; /* no column of text is narrower */

struct look {
    enum pdf_canvas_style body;
    enum pdf_canvas_style strong;
    double above; /* and below what stands in a row */
    double below;
    bool rules;
};
static const struct look LOOKS[] = {
    [PDF_AIRY] = {PDF_CANVAS_BODY, PDF_CANVAS_STRONG, 4.5, 4.5, true},
    [PDF_CLOSE] = {PDF_CANVAS_SMALL, PDF_CANVAS_SMALL_STRONG, 0.4, 0.4, false},
};
static const double GROUP_ABOVE = 7;
static const double GROUP_BELOW = 3;
static const double HEADING_BELOW = 5;

static const struct look *look_of(const struct pdf_table *table) {
    return &LOOKS[table->look];
}

/* ---- widths and heights ---- */

static size_t decimals_of(struct text figures) {
    const char *point = figures.length == 0 ? NULL : memchr(figures.at, '.', figures.length);
    return point == NULL ? 0 : figures.length - (size_t)(point - figures.at) - 1;
}

/* The width left free behind figures, so that their point stands below the others'. */
static double tail_width(const struct pdf_table *table, const struct pdf_column *column,
                         struct text figures) {
    enum pdf_canvas_style style = look_of(table)->body;
    size_t decimals = decimals_of(figures);
    if (decimals >= column->decimals) {
        return 0;
    }
    double point = decimals == 0 ? pdf_canvas_text_width(table->pdf->canvas, style, TEXT(".")) : 0;
    double digit = pdf_canvas_text_width(table->pdf->canvas, style, TEXT("0"));
    return point + digit * (double)(column->decimals - decimals);
}

/* The width of figures is nearly in proportion to their weight: the digits are all of one width, and twice as
 * wide as what stands between them. Figures with fewer decimals are as wide as if they had all. */
static size_t weight_of(const struct pdf_column *column, struct text figures) {
    size_t weight = 2 * (column->decimals - decimals_of(figures));
    for (size_t i = 0; i < figures.length; i++) {
        weight += figures.at[i] == ',' || figures.at[i] == '.' ? 1 : 2;
    }
    return weight;
}

static double width_of_content(struct pdf_table *table, const struct pdf_row *rows, size_t row_count,
                               size_t index) {
    struct pdf_canvas *canvas = table->pdf->canvas;
    struct pdf_column *column = &table->columns[index];
    double widest = pdf_canvas_text_width(canvas, PDF_CANVAS_MUTED, column->title);
    size_t heaviest = 0;
    column->decimals = 0;
    for (size_t i = 0; column->figures && i < row_count; i++) {
        size_t decimals = decimals_of(rows[i].cells[index]);
        column->decimals = decimals > column->decimals ? decimals : column->decimals;
    }
    for (size_t i = 0; i < row_count; i++) {
        struct text cell = rows[i].cells[index];
        if (!column->figures || weight_of(column, cell) > heaviest) {
            heaviest = column->figures ? weight_of(column, cell) : 0;
            double width = pdf_canvas_text_width(canvas, look_of(table)->body, cell);
            widest = fmax(widest, width + (column->figures ? tail_width(table, column, cell) : 0));
        }
    }
    return widest + 1;
}

/* As wide as its content; where the page is too narrow, figures are as wide as they can be. */
static void set_width(struct pdf_table *table, const struct pdf_row *rows, size_t row_count, size_t index) {
    struct pdf_column *column = &table->columns[index];
    double most = column->share * (table->right - table->left);
    column->width = width_of_content(table, rows, row_count, index);
    if (column->width > most) {
        column->width = most;
        column->decimals = 0;
    }
}

static void set_widths(struct pdf_table *table, const struct pdf_row *rows, size_t row_count) {
    double whole = table->right - table->left;
    double left = whole - COLUMN_GAP * (double)(table->column_count - 1);
    struct pdf_column *rest = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        struct pdf_column *column = &table->columns[i];
        if (column->share <= 0) {
            rest = column;
        } else {
            set_width(table, rows, row_count, i);
            left -= column->width;
        }
    }
    assert(rest != NULL && !rest->figures && left >= TEXT_LEAST);
    rest->width = left;
    double x = table->left;
    for (size_t i = 0; i < table->column_count; i++) {
        table->columns[i].x = x;
        x += table->columns[i].width + COLUMN_GAP;
    }
}

static struct pdf_canvas_box cell_box(const struct pdf_table *table, size_t column) {
    const struct pdf_column *of = &table->columns[column];
    return (struct pdf_canvas_box){.x = of->x,
                                   .y = table->pdf->y,
                                   .width = of->width,
                                   .lines = CELL_LINES,
                                   .style = look_of(table)->body,
                                   .align = of->figures ? PDF_CANVAS_RIGHT : PDF_CANVAS_LEFT};
}

static double cells_height(const struct pdf_table *table, const struct pdf_row *row) {
    struct pdf_canvas *canvas = table->pdf->canvas;
    double height = pdf_canvas_line_height(canvas, look_of(table)->body);
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].figures) {
            height = fmax(height, pdf_canvas_text_height(canvas, cell_box(table, i), row->cells[i]));
        }
    }
    return height;
}

static struct pdf_canvas_box remark_box(const struct pdf_table *table, double y) {
    size_t column = 0;
    while (column + 1 < table->column_count && table->columns[column].share > 0) {
        column++;
    }
    double x = table->columns[column].x;
    return (struct pdf_canvas_box){x, y, table->right - x, REMARK_LINES, PDF_CANVAS_NOTE, PDF_CANVAS_LEFT};
}

void pdf_table_fit(struct pdf_table *table, struct pdf_row *rows, size_t row_count) {
    assert(table->column_count >= 2 && table->column_count <= PDF_COLUMNS_MOST);
    set_widths(table, rows, row_count);
    for (size_t i = 0; i < row_count; i++) {
        double remark = pdf_canvas_text_height(table->pdf->canvas, remark_box(table, 0), rows[i].remark);
        rows[i].height =
            look_of(table)->above + cells_height(table, &rows[i]) + remark + look_of(table)->below;
    }
}

/* ---- drawing ---- */

static void draw_heading(struct pdf_table *table) {
    struct pdf *pdf = table->pdf;
    for (size_t i = 0; i < table->column_count; i++) {
        struct pdf_canvas_box box = cell_box(table, i);
        box.style = PDF_CANVAS_MUTED;
        pdf_canvas_line(pdf->canvas, box, table->columns[i].title);
    }
    pdf->y += pdf_canvas_line_height(pdf->canvas, PDF_CANVAS_MUTED) + 4;
    pdf_canvas_rule(pdf->canvas, table->left, pdf->y, table->right - table->left, 0.8,
                    PDF_CANVAS_INK_STRONG_LINE);
    pdf->y += table->look == PDF_CLOSE ? HEADING_BELOW : 0;
}

/* Draws, or only says what height it takes. */
static double set_group_heading(struct pdf_table *table, bool draw, const struct pdf_group *group,
                                const char *suffix) {
    struct pdf *pdf = table->pdf;
    struct pdf_canvas *canvas = pdf->canvas;
    const struct pdf_column *last = &table->columns[table->column_count - 1];
    enum pdf_canvas_style style = look_of(table)->strong;
    double whole = last->x - COLUMN_GAP - table->left;
    double name_width = fmin(pdf_canvas_text_width(canvas, style, group->name) + 1, 0.66 * whole);
    struct pdf_canvas_box name = {table->left, pdf->y + GROUP_ABOVE, fmax(name_width, 1), 2,
                                  style,       PDF_CANVAS_LEFT};
    double height =
        fmax(pdf_canvas_text_height(canvas, name, group->name), pdf_canvas_line_height(canvas, style));
    if (draw) {
        double after = group->name.length == 0 ? 0 : name_width + 6;
        struct pdf_canvas_box code = {table->left + after, name.y,         whole - after, 1,
                                      PDF_CANVAS_SMALL,    PDF_CANVAS_LEFT};
        struct pdf_canvas_box subtotal = {last->x, name.y, last->width, 1, style, PDF_CANVAS_RIGHT};
        pdf_canvas_text(canvas, name, group->name);
        code.style = PDF_CANVAS_MUTED;
        pdf_canvas_text(canvas, code, text_format(pdf->arena, "%.*s%s", TEXT_ARGS(group->code), suffix));
        if (suffix[0] == '\0') {
            pdf_canvas_line(canvas, subtotal, group->subtotal);
        }
        double end = name.y + height + 1.5;
        pdf_canvas_rule(canvas, table->left, end, table->right - table->left, 0.5, PDF_CANVAS_INK_LINE);
    }
    return GROUP_ABOVE + height + GROUP_BELOW;
}

static void continue_table(void *what) {
    struct pdf_table *table = what;
    draw_heading(table);
    if (table->group != NULL) {
        table->pdf->y += set_group_heading(table, true, table->group, " (continued)");
    }
}

void pdf_table_begin(struct pdf_table *table) {
    pdf_ensure_room(table->pdf, 70);
    draw_heading(table);
    table->group = NULL;
    table->pdf->continuation = (struct pdf_continuation){continue_table, table};
}

void pdf_table_end(struct pdf_table *table) {
    table->pdf->continuation = (struct pdf_continuation){0};
}

void pdf_table_row(struct pdf_table *table, const struct pdf_row *row) {
    struct pdf *pdf = table->pdf;
    struct pdf_canvas *canvas = pdf->canvas;
    pdf_ensure_room(pdf, row->height);
    double top = pdf->y;
    double height = look_of(table)->above;
    pdf->y = top + height;
    /* While pages are counted, the height that was measured is all that matters. */
    if (pdf->page_count > 0) {
        height += cells_height(table, row);
        for (size_t i = 0; i < table->column_count; i++) {
            struct pdf_canvas_box box = cell_box(table, i);
            if (table->columns[i].figures) {
                box.width -= tail_width(table, &table->columns[i], row->cells[i]);
                pdf_canvas_line(canvas, box, row->cells[i]);
            } else {
                pdf_canvas_text(canvas, box, row->cells[i]);
            }
        }
        pdf_canvas_text(canvas, remark_box(table, top + height), row->remark);
    }
    pdf->y = top + row->height;
    if (look_of(table)->rules) {
        pdf_canvas_rule(canvas, table->left, pdf->y, table->right - table->left, 0.5, PDF_CANVAS_INK_LINE);
    }
}

void pdf_table_group(struct pdf_table *table, const struct pdf_group *group) {
    double room = set_group_heading(table, false, group, "");
    for (size_t i = 0; i < group->row_count && i < ROWS_KEPT; i++) {
        room += group->rows[i].height;
    }
    table->group = NULL;
    pdf_ensure_room(table->pdf, room);
    table->group = group;
    table->pdf->y += set_group_heading(table, true, group, "");
    for (size_t i = 0; i < group->row_count; i++) {
        pdf_table_row(table, &group->rows[i]);
    }
    table->group = NULL;
}
