#include "documents/invoice/pdf_page.h"

#include "documents/layout/number_format.h"

void pdf_put(struct pdf *pdf, enum pdf_canvas_style style, struct text text, double gap) {
    struct pdf_canvas_box box = {pdf->left, pdf->y, pdf_width(pdf), 4, style, PDF_CANVAS_LEFT};
    pdf->y += pdf_canvas_text(pdf->canvas, box, text) + gap;
}

void pdf_draw_footer(struct pdf *pdf) {
    struct text number = number_format_printable(pdf->arena, pdf->invoice->number);
    struct text name = number_format_printable(pdf->arena, pdf->invoice->seller.name);
    struct text left = text_format(pdf->arena, "%.*s  ·  %s %.*s", TEXT_ARGS(name),
                                   number_format_title(pdf->invoice->kind), TEXT_ARGS(number));
    struct text right = text_format(pdf->arena, "Page %d of %d", pdf->page, pdf->page_count);
    double y = pdf->height - 38;
    struct pdf_canvas_box box = {pdf->left, y, pdf_width(pdf) - 90, 1, PDF_CANVAS_NOTE, PDF_CANVAS_LEFT};
    pdf_canvas_rule(pdf->canvas, pdf->left, y - 6, pdf_width(pdf), 0.5, PDF_CANVAS_INK_LINE);
    pdf_canvas_text(pdf->canvas, box, left);
    box.x = pdf->right - 80;
    box.width = 80;
    box.align = PDF_CANVAS_RIGHT;
    pdf_canvas_text(pdf->canvas, box, right);
}

void pdf_break_page(struct pdf *pdf) {
    pdf_draw_footer(pdf);
    pdf_canvas_next_page(pdf->canvas);
    pdf->page++;
    pdf->y = PDF_MARGIN;
    if (pdf->continuation.draw != NULL) {
        pdf->continuation.draw(pdf->continuation.what);
    }
}

void pdf_ensure_room(struct pdf *pdf, double height) {
    if (pdf->y + height > pdf->bottom) {
        pdf_break_page(pdf);
    }
}

struct text pdf_amount(const struct pdf *pdf, int64_t amount_minor) {
    return number_format_on_paper(pdf->arena,
                                  number_format_amount(pdf->arena, amount_minor, pdf->invoice->currency));
}

struct text pdf_amount_with_currency(const struct pdf *pdf, int64_t amount_minor) {
    struct text amount = pdf_amount(pdf, amount_minor);
    return text_format(pdf->arena, "%s %.*s", pdf->invoice->currency.code, TEXT_ARGS(amount));
}
