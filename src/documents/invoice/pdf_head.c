/* The head of the first page: what document this is and whose, from whom to whom, and, in a band that the eye
 * finds first, how much is due until when. */
#include "documents/invoice/pdf_head.h"

#include "documents/layout/number_format.h"

#include <math.h>
#include <string.h>

enum { ADDRESS_LINES = 10 };

static double put_text(struct pdf *pdf, double x, double y, double width, int lines,
                       enum pdf_canvas_style style, struct text text) {
    return pdf_canvas_text(pdf->canvas, (struct pdf_canvas_box){x, y, width, lines, style, PDF_CANVAS_LEFT},
                           text);
}

static void draw_title(struct pdf *pdf) {
    const struct invoice *invoice = pdf->invoice;
    double top = pdf->y;
    double width = pdf_width(pdf) - 270;
    double y = top - 6;
    y += put_text(pdf, pdf->left, y, width, 1, PDF_CANVAS_TITLE, text_of(number_format_title(invoice->kind)));
    y += put_text(pdf, pdf->left, y, width, 2, PDF_CANVAS_NUMBER,
                  number_format_printable(pdf->arena, invoice->number));
    if (invoice->state == INVOICE_DRAFT) {
        y += put_text(pdf, pdf->left, y + 2, width, 1, PDF_CANVAS_STRONG, TEXT("Draft, not issued yet")) + 2;
    }
    double sender;
    if (pdf->logo != NULL) {
        sender = pdf_canvas_picture(pdf->canvas, pdf->logo, pdf->right, top, 170, 52);
    } else {
        struct pdf_canvas_box box = {pdf->right - 254, top, 254, 3, PDF_CANVAS_NAME, PDF_CANVAS_RIGHT};
        sender = pdf_canvas_text(pdf->canvas, box, number_format_printable(pdf->arena, invoice->seller.name));
    }
    pdf->y = fmax(y, top + sender) + 26;
}

static bool holds(struct text whole, struct text part) {
    return part.length > 0 && whole.length > 0 &&
           memmem(whole.at, whole.length, part.at, part.length) != NULL;
}

static double draw_address(struct pdf *pdf, struct text address, double x, double y, double width) {
    struct text rest = number_format_printable_lines(pdf->arena, address);
    double height = 0;
    for (int line = 0; line < ADDRESS_LINES && rest.length > 0; line++) {
        const char *end = memchr(rest.at, '\n', rest.length);
        size_t length = end == NULL ? rest.length : (size_t)(end - rest.at);
        height += put_text(pdf, x, y + height, width, 3, PDF_CANVAS_BODY, (struct text){rest.at, length});
        length += end != NULL;
        rest = (struct text){rest.at + length, rest.length - length};
    }
    return height;
}

/* One side's name, address, tax number and e-mail. Returns where it ends. */
static double draw_party(struct pdf *pdf, const char *label, const struct invoice_party *party, double x,
                         double width) {
    struct arena *arena = pdf->arena;
    double y = pdf->y;
    y += put_text(pdf, x, y, width, 1, PDF_CANVAS_MUTED, text_of(label)) + 3;
    y += put_text(pdf, x, y, width, 4, PDF_CANVAS_STRONG, number_format_printable(arena, party->name)) + 1;
    y += draw_address(pdf, party->address, x, y, width);
    struct text country = number_format_country(arena, party->country);
    if (!holds(party->address, country)) {
        y += put_text(pdf, x, y, width, 2, PDF_CANVAS_BODY, country);
    }
    y += 3;
    struct text tax_number = number_format_printable(arena, party->tax_number);
    if (tax_number.length > 0) {
        y += put_text(pdf, x, y, width, 2, PDF_CANVAS_MUTED,
                      text_format(arena, "Tax no. %.*s", TEXT_ARGS(tax_number)));
    }
    return y + put_text(pdf, x, y, width, 2, PDF_CANVAS_MUTED, number_format_printable(arena, party->email));
}

static double draw_fact(struct pdf *pdf, const char *label, struct text value, double x, double y,
                        double width) {
    if (value.length == 0) {
        return y;
    }
    y += put_text(pdf, x, y, width, 1, PDF_CANVAS_MUTED, text_of(label));
    return y + put_text(pdf, x, y, width, 2, PDF_CANVAS_BODY, value) + 5;
}

static void draw_parties(struct pdf *pdf) {
    const struct invoice *invoice = pdf->invoice;
    struct arena *arena = pdf->arena;
    const double gap = 22;
    const double facts = 112;
    double width = (pdf_width(pdf) - facts - 2 * gap) / 2;
    bool bill = invoice->kind == INVOICE_KIND_INVOICE;
    double from = draw_party(pdf, "From", &invoice->seller, pdf->left, width);
    double to = draw_party(pdf, bill ? "Bill to" : "To", &invoice->buyer, pdf->left + width + gap, width);
    double x = pdf->right - facts;
    double y = draw_fact(pdf, "Month", number_format_month(arena, invoice->month), x, pdf->y, facts);
    y = draw_fact(pdf, "Issued", number_format_date(arena, invoice->issued_on), x, y, facts);
    y = draw_fact(pdf, "Account", number_format_printable(arena, invoice->buyer.code), x, y, facts);
    pdf->y = fmax(y, fmax(from, to)) + 20;
}

/* The band's content: two labels and what they say. */
struct due {
    const char *label;
    struct text amount;
    const char *when_label;
    struct text when;
};

static struct due find_due(const struct pdf *pdf) {
    const struct invoice *invoice = pdf->invoice;
    struct due due = {"Amount due", pdf_amount_with_currency(pdf, invoice->gross_minor), "Due date",
                      number_format_date(pdf->arena, invoice->due_on)};
    if (invoice->kind == INVOICE_KIND_SETTLEMENT) {
        due.label = "Amount owed";
        due.when_label = "Payable by";
    }
    bool credit = invoice->kind == INVOICE_KIND_CREDIT_NOTE;
    if (!credit && invoice->gross_minor > 0) {
        return due;
    }
    due.when_label = credit ? "Corrects" : "";
    due.when = credit ? number_format_printable(pdf->arena, invoice->corrects_number) : TEXT("");
    due.label = credit ? "Credited" : "Nothing to pay";
    if (invoice->gross_minor < 0) {
        struct text amount = number_format_amount(pdf->arena, invoice->gross_minor, invoice->currency);
        due.label = credit ? "Credited" : "In your favour";
        due.amount =
            text_format(pdf->arena, "%s %.*s", invoice->currency.code, (int)amount.length - 1, amount.at + 1);
    }
    return due;
}

static void draw_due(struct pdf *pdf) {
    const double height = 54;
    const double inside = 16;
    struct due due = find_due(pdf);
    bool has_when = due.when.length > 0;
    pdf_ensure_room(pdf, height);
    pdf_canvas_fill(pdf->canvas, pdf->left, pdf->y, pdf_width(pdf), height, PDF_CANVAS_INK_TINT);
    pdf_canvas_fill(pdf->canvas, pdf->left, pdf->y, 3, height, PDF_CANVAS_INK_ACCENT);
    double x = pdf->left + inside;
    double when_x = pdf->left + pdf_width(pdf) * 0.64;
    double amount_width = (has_when ? when_x : pdf->right) - 16 - x;
    struct pdf_canvas_box amount = {x, pdf->y + 21, amount_width, 1, PDF_CANVAS_DUE, PDF_CANVAS_LEFT};
    put_text(pdf, x, pdf->y + 9, amount_width, 1, PDF_CANVAS_MUTED, text_of(due.label));
    pdf_canvas_line(pdf->canvas, amount, due.amount);
    if (has_when) {
        struct pdf_canvas_box when = {when_x, pdf->y + 21,    pdf->right - inside - when_x,
                                      1,      PDF_CANVAS_DUE, PDF_CANVAS_LEFT};
        put_text(pdf, when_x, pdf->y + 9, when.width, 1, PDF_CANVAS_MUTED, text_of(due.when_label));
        pdf_canvas_line(pdf->canvas, when, due.when);
    }
    pdf->y += height + 26;
}

void pdf_draw_head(struct pdf *pdf) {
    draw_title(pdf);
    draw_parties(pdf);
    draw_due(pdf);
}
