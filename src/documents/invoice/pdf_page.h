/* PDF page: the page that an invoice is being set on, and where on it. For this room's pdf_*.c alone. */
#ifndef SEATMETER_DOCUMENTS_INVOICE_PDF_PAGE_H
#define SEATMETER_DOCUMENTS_INVOICE_PDF_PAGE_H

#include "core/money/invoice.h"
#include "documents/layout/pdf_canvas.h"

#define PDF_MARGIN 48.0 /* left, right and above */
#define PDF_FOOT 56.0   /* below; the footer stands in it */

/* The beginning of each new page while something goes on over the page's end. */
struct pdf_continuation {
    void (*draw)(void *what); /* NULL: nothing */
    void *what;
};

struct pdf {
    struct pdf_canvas *canvas;
    struct arena *arena;
    const struct invoice *invoice;
    cairo_surface_t *logo; /* NULL: none */
    double left;
    double right;
    double bottom; /* what is set ends above */
    double height; /* of the paper */
    double y;      /* what comes next begins here */
    int page;
    int page_count;                       /* 0 while they are counted */
    struct pdf_continuation continuation; /* of a table that goes on over the page's end */
};

static inline double pdf_width(const struct pdf *pdf) {
    return pdf->right - pdf->left;
}

/* Text at the left border and `y`, which it moves down by the text's height and `gap`. */
void pdf_put(struct pdf *pdf, enum pdf_canvas_style style, struct text text, double gap);

/* Ends the page with its footer, and begins the next one with the continuation. */
void pdf_break_page(struct pdf *pdf);

/* Breaks the page where less than `height` is left. */
void pdf_ensure_room(struct pdf *pdf, double height);

void pdf_draw_footer(struct pdf *pdf);

/* An amount as readers see it on paper, without and with its currency. */
struct text pdf_amount(const struct pdf *pdf, int64_t amount_minor);
struct text pdf_amount_with_currency(const struct pdf *pdf, int64_t amount_minor);

#endif
