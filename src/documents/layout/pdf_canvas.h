/* PDF canvas: a PDF being written page by page, top to bottom, with text in any script.
 *
 * Pango shapes, falls back to fonts that have the characters, and orders right-to-left text; cairo writes the
 * PDF. Lengths are points (1/72 inch). The first line of a text stands on the same baseline whatever fonts
 * its script needs, so that texts set at one y align. A new canvas only counts: nothing is drawn until
 * pdf_canvas_start_drawing, so that the same code can find out first how many pages there are. What is drawn
 * depends on the content and the installed fonts alone: the creation date is given, not asked for. A drawing
 * that fails is noticed at the end, once. */
#ifndef SEATMETER_DOCUMENTS_LAYOUT_PDF_CANVAS_H
#define SEATMETER_DOCUMENTS_LAYOUT_PDF_CANVAS_H

#include "core/base/fault.h"

#include <cairo.h>

struct pdf_canvas;

enum pdf_canvas_style {
    PDF_CANVAS_BODY,         /* 9 points */
    PDF_CANVAS_STRONG,       /* the same, bold */
    PDF_CANVAS_SMALL,        /* 8 points: the annex */
    PDF_CANVAS_SMALL_STRONG, /* the same, bold */
    PDF_CANVAS_MUTED,        /* 8 points, grey: labels, page numbers */
    PDF_CANVAS_NOTE,         /* 7 points, grey: what stands below a row */
    PDF_CANVAS_NUMBER,       /* 11 points, grey */
    PDF_CANVAS_NAME,         /* 13 points, bold: the seller where it has no logo */
    PDF_CANVAS_TITLE,        /* 24 points, bold */
    PDF_CANVAS_HEADING,      /* 12 points, bold */
    PDF_CANVAS_DUE,          /* 17 points, bold */
    PDF_CANVAS_STYLE_COUNT
};
enum pdf_canvas_align { PDF_CANVAS_LEFT, PDF_CANVAS_RIGHT };
enum pdf_canvas_ink {
    PDF_CANVAS_INK_LINE,
    PDF_CANVAS_INK_STRONG_LINE,
    PDF_CANVAS_INK_TINT,
    PDF_CANVAS_INK_ACCENT
};

struct pdf_canvas_size {
    double width;
    double height;
};
#define PDF_CANVAS_A4 ((struct pdf_canvas_size){595.28, 841.89})
#define PDF_CANVAS_US_LETTER ((struct pdf_canvas_size){612, 792})

/* The file's own properties. */
struct pdf_canvas_about {
    struct text title;
    struct text author;
    struct text created;  /* RFC 3339 */
    const char *language; /* whose forms shared characters take (Han): "ja", "zh-tw" */
};

/* The place and the look of a text. */
struct pdf_canvas_box {
    double x;
    double y;
    double width;
    int lines; /* at most so many per paragraph; the last one ends in … where there is more */
    enum pdf_canvas_style style;
    enum pdf_canvas_align align;
};

/* A canvas that writes into `arena`. Owned by the caller until pdf_canvas_finish. */
struct pdf_canvas *pdf_canvas_new(struct arena *arena, struct pdf_canvas_size size,
                                  const struct pdf_canvas_about *about);
void pdf_canvas_start_drawing(struct pdf_canvas *canvas);

/* Gives the PDF, and frees the canvas. Fault "pdf-failed". */
enum status pdf_canvas_finish(struct pdf_canvas *canvas, struct text *pdf, struct fault *fault) MUST_CHECK;

/* Ends the page. */
void pdf_canvas_next_page(struct pdf_canvas *canvas);

/* Text from (x, y) downwards. Returns the height it takes, 0 for none. */
double pdf_canvas_text(struct pdf_canvas *canvas, struct pdf_canvas_box box, struct text text);
double pdf_canvas_text_height(struct pdf_canvas *canvas, struct pdf_canvas_box box, struct text text);

/* One line that is never wrapped or cut: its letters shrink until it fits the width. Figures are set so. */
double pdf_canvas_line(struct pdf_canvas *canvas, struct pdf_canvas_box box, struct text text);

/* The width of `text` in one line, and the height of a line. */
double pdf_canvas_text_width(struct pdf_canvas *canvas, enum pdf_canvas_style style, struct text text);
double pdf_canvas_line_height(const struct pdf_canvas *canvas, enum pdf_canvas_style style);

void pdf_canvas_rule(struct pdf_canvas *canvas, double x, double y, double width, double thickness,
                     enum pdf_canvas_ink ink);
void pdf_canvas_fill(struct pdf_canvas *canvas, double x, double y, double width, double height,
                     enum pdf_canvas_ink ink);

/* A picture inside the box, its right upper corner at (right, y), in proportion, never larger than a point
 * per pixel. Returns its height. */
double pdf_canvas_picture(struct pdf_canvas *canvas, cairo_surface_t *picture, double right, double y,
                          double width_most, double height_most);

/* An entry of the reader's table of contents that leads to y on this page; below `parent`, 0 for the top.
 * `*entry` is what entries below it name as their parent. */
void pdf_canvas_bookmark(struct pdf_canvas *canvas, int parent, double y, struct text title, int *entry);

#endif
