/* Sheet: a PDF being written page by page, top to bottom, with text in any script.
 *
 * Pango shapes, falls back to fonts that have the characters, and orders right-to-left text; cairo writes the
 * PDF. Lengths are points (1/72 inch). The first line of a text stands on the same baseline whatever fonts
 * its script needs, so that texts set at one y align. A new sheet only counts: nothing is drawn until
 * sheet_start_drawing, so that the same code can find out first how many pages there are. What is drawn
 * depends on the content and the installed fonts alone: the creation date is given, not asked for. A drawing
 * that fails is noticed at the end, once. */
#ifndef SEATMETER_DOCUMENTS_LAYOUT_PDF_CANVAS_H
#define SEATMETER_DOCUMENTS_LAYOUT_PDF_CANVAS_H

#include "core/base/fault.h"

#include <cairo.h>

struct sheet;

enum sheet_style {
    SHEET_BODY,         /* 9 points */
    SHEET_STRONG,       /* the same, bold */
    SHEET_SMALL,        /* 8 points: the annex */
    SHEET_SMALL_STRONG, /* the same, bold */
    SHEET_MUTED,        /* 8 points, grey: labels, page numbers */
    SHEET_NOTE,         /* 7 points, grey: what stands below a row */
    SHEET_NUMBER,       /* 11 points, grey */
    SHEET_NAME,         /* 13 points, bold: the seller where it has no logo */
    SHEET_TITLE,        /* 24 points, bold */
    SHEET_HEADING,      /* 12 points, bold */
    SHEET_DUE,          /* 17 points, bold */
    SHEET_STYLE_COUNT
};
enum sheet_align { SHEET_LEFT, SHEET_RIGHT };
enum sheet_ink { SHEET_INK_LINE, SHEET_INK_STRONG_LINE, SHEET_INK_TINT, SHEET_INK_ACCENT };

struct sheet_size {
    double width;
    double height;
};
#define SHEET_A4 ((struct sheet_size){595.28, 841.89})
#define SHEET_US_LETTER ((struct sheet_size){612, 792})

/* What the file says about itself. */
struct sheet_about {
    struct text title;
    struct text author;
    struct text created;  /* RFC 3339 */
    const char *language; /* whose forms shared characters take (Han): "ja", "zh-tw" */
};

/* Where and how a text stands. */
struct sheet_box {
    double x;
    double y;
    double width;
    int lines; /* at most so many per paragraph; the last one ends in … where there is more */
    enum sheet_style style;
    enum sheet_align align;
};

/* A sheet that writes into `arena`. Owned by the caller until sheet_finish. */
struct sheet *sheet_new(struct arena *arena, struct sheet_size size, const struct sheet_about *about);
void sheet_start_drawing(struct sheet *sheet);

/* The PDF, and frees the sheet. Fault "pdf-failed". */
enum status sheet_finish(struct sheet *sheet, struct text *pdf, struct fault *fault) MUST_CHECK;

/* Ends the page. */
void sheet_next_page(struct sheet *sheet);

/* Text from (x, y) downwards. Returns the height it takes, 0 for none. */
double sheet_text(struct sheet *sheet, struct sheet_box box, struct text text);
double sheet_text_height(struct sheet *sheet, struct sheet_box box, struct text text);

/* One line that is never wrapped or cut: its letters shrink until it fits the width. Figures are set so. */
double sheet_line(struct sheet *sheet, struct sheet_box box, struct text text);

/* The width of `text` in one line, and the height of a line. */
double sheet_text_width(struct sheet *sheet, enum sheet_style style, struct text text);
double sheet_line_height(const struct sheet *sheet, enum sheet_style style);

void sheet_rule(struct sheet *sheet, double x, double y, double width, double thickness, enum sheet_ink ink);
void sheet_fill(struct sheet *sheet, double x, double y, double width, double height, enum sheet_ink ink);

/* A picture inside the box, its right upper corner at (right, y), in proportion, never larger than a point
 * per pixel. Returns its height. */
double sheet_picture(struct sheet *sheet, cairo_surface_t *picture, double right, double y, double width_most,
                     double height_most);

/* An entry of the reader's table of contents that leads to y on this page; below `parent`, 0 for the top.
 * `*entry` is what entries below it name as their parent. */
void sheet_bookmark(struct sheet *sheet, int parent, double y, struct text title, int *entry);

#endif
