/* Sheet: a PDF being written page by page, top to bottom, with text in any script.
 *
 * Pango shapes, falls back to fonts that have the characters, and orders right-to-left text; cairo writes the
 * PDF. Lengths are points (1/72 inch). What is drawn depends on the content and the installed fonts alone:
 * the creation date is given, not asked for. A drawing that fails is noticed at the end, once. */
#ifndef SEATMETER_DOCUMENTS_SHEET_H
#define SEATMETER_DOCUMENTS_SHEET_H

#include "core/fault.h"

#include <cairo.h>

struct sheet;

enum sheet_style {
    SHEET_BODY,   /* 9 points */
    SHEET_STRONG, /* the same, bold */
    SHEET_MUTED,  /* 8 points, grey: labels, remarks, page numbers */
    SHEET_TITLE,  /* 22 points, bold */
    SHEET_TOTAL   /* 12 points, bold */
};
enum sheet_align { SHEET_LEFT, SHEET_RIGHT };

struct sheet_size {
    double width;
    double height;
};
#define SHEET_A4 ((struct sheet_size){595.28, 841.89})
#define SHEET_US_LETTER ((struct sheet_size){612, 792})
#define SHEET_MARGIN 48.0

/* A sheet that writes into `arena`; `created` is RFC 3339. Owned by the caller until sheet_finish. */
struct sheet *sheet_new(struct arena *arena, struct sheet_size size, struct text title, struct text author,
                        struct text created);

/* The PDF, and frees the sheet. Fault "pdf-failed". */
enum status sheet_finish(struct sheet *sheet, struct text *pdf, struct fault *fault) MUST_CHECK;

/* Ends the page. */
void sheet_next_page(struct sheet *sheet);

/* Text from (x, y) downwards inside `width`, in at most `lines` lines, the last one ending in … where there
 * is more. Returns the height it takes. Drawn only where `draw` says so: the same call measures. */
double sheet_text(struct sheet *sheet, bool draw, double x, double y, double width, int lines,
                  enum sheet_style style, enum sheet_align align, struct text text);

void sheet_rule(struct sheet *sheet, double x, double y, double width);
void sheet_strong_rule(struct sheet *sheet, double x, double y, double width);
void sheet_band(struct sheet *sheet, double x, double y, double width,
                double height); /* a light background */

/* A PNG inside the box, its right upper corner at (right, y), in proportion. False where it cannot be read.
 */
bool sheet_png(struct sheet *sheet, struct text png, double right, double y, double width_most,
               double height_most);

#endif
