/* An invoice as a PDF that one would send to a customer.
 *
 * The first page tells who, what and how much; a summary per SKU; tax; terms. An annex lists each end
 * customer's lines in one table. An invoice whose lines are all the buyer's own has no annex and shows its
 * lines at once. What stands in the tables is made once; it is set twice: once to know how many pages there
 * are, once with "Page 2 of 5" on each. */
#include "documents/invoice/document.h"
#include "documents/invoice/line_groups.h"
#include "documents/invoice/pdf_head.h"
#include "documents/invoice/pdf_page.h"
#include "documents/invoice/pdf_table.h"
#include "documents/layout/logo.h"
#include "documents/layout/number_format.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { TERMS_LINES = 40 };

struct content {
    struct pdf_table lines; /* per SKU, or the buyer's own lines */
    struct pdf_row *rows;
    size_t row_count;
    bool sums; /* some rows are sums of several lines */
    struct pdf_table taxes;
    struct pdf_row *tax_rows;
    struct pdf_table annex;
    struct pdf_group *groups;
    size_t group_count;
};

/* ---- what stands in the tables ---- */

/* A summary's rows are sums of lines, and have no number. */
static struct pdf_row make_row(const struct pdf *pdf, const struct invoice_line *line,
                               struct quantity quantity, int64_t amount_minor, struct text remark) {
    struct arena *arena = pdf->arena;
    struct currency currency = pdf->invoice->currency;
    return (struct pdf_row){
        .cells = {number_format_printable(arena, line->sku),
                  number_format_printable(arena, line->description),
                  number_format_on_paper(arena, number_format_quantity(arena, quantity)),
                  number_format_on_paper(
                      arena, number_format_unit_price(arena, line->unit_price_millionths, currency)),
                  pdf_amount(pdf, amount_minor)},
        .remark = remark};
}

/* The row of one line, with its number in front. */
static struct pdf_row make_line_row(const struct pdf *pdf, const struct invoice_line *line) {
    struct pdf_row row =
        make_row(pdf, line, line->quantity, line->amount_minor, number_format_remark(pdf->arena, line));
    memmove(&row.cells[1], &row.cells[0], (PDF_COLUMNS_MOST - 1) * sizeof row.cells[0]);
    row.cells[0] = text_format(pdf->arena, "%lld", (long long)line->position);
    return row;
}

enum { UNNUMBERED_COLUMNS = 5 };

static void set_line_table(struct pdf *pdf, enum pdf_look look, struct pdf_table *table) {
    struct text amount = text_format(pdf->arena, "Amount (%s)", pdf->invoice->currency.code);
    *table = (struct pdf_table){.pdf = pdf,
                                .look = look,
                                .columns = {{.title = TEXT("SKU"), .share = 0.22},
                                            {.title = TEXT("Description")},
                                            {.title = TEXT("Quantity"), .figures = true, .share = 0.15},
                                            {.title = TEXT("Unit price"), .figures = true, .share = 0.17},
                                            {.title = amount, .figures = true, .share = 0.22}},
                                .column_count = UNNUMBERED_COLUMNS,
                                .left = pdf->left,
                                .right = pdf->right};
}

static void set_numbered_table(struct pdf *pdf, enum pdf_look look, struct pdf_table *table) {
    static const double SHARES[] = {0.05, 0.19, 0, 0.13, 0.15, 0.21};
    set_line_table(pdf, look, table);
    memmove(&table->columns[1], &table->columns[0], UNNUMBERED_COLUMNS * sizeof table->columns[0]);
    table->columns[0] = (struct pdf_column){.title = TEXT("Line"), .figures = true};
    table->column_count++;
    for (size_t i = 0; i < table->column_count; i++) {
        table->columns[i].share = SHARES[i];
    }
}

static void make_own_lines(struct pdf *pdf, struct content *content) {
    const struct invoice *invoice = pdf->invoice;
    content->rows = ARENA_NEW(pdf->arena, struct pdf_row, invoice->line_count);
    content->row_count = invoice->line_count;
    for (size_t i = 0; i < invoice->line_count; i++) {
        content->rows[i] = make_line_row(pdf, &invoice->lines[i]);
    }
}

static enum status make_summary(struct pdf *pdf, struct content *content, struct fault *fault) {
    struct line_group *rows;
    TRY(line_groups_by_sku(pdf->arena, pdf->invoice, &rows, &content->row_count, fault));
    content->rows = ARENA_NEW(pdf->arena, struct pdf_row, content->row_count);
    for (size_t i = 0; i < content->row_count; i++) {
        struct text month = number_format_printable(pdf->arena, rows[i].corrects);
        struct text remark =
            month.length == 0 ? month : text_format(pdf->arena, "corrects %.*s", TEXT_ARGS(month));
        content->rows[i] = make_row(pdf, rows[i].line, rows[i].quantity, rows[i].amount_minor, remark);
        content->sums = content->sums || rows[i].line_count > 1;
    }
    return STATUS_OK;
}

static enum status make_annex(struct pdf *pdf, struct content *content, struct fault *fault) {
    struct arena *arena = pdf->arena;
    struct customer_group *groups;
    size_t count;
    TRY(line_groups_by_customer(arena, pdf->invoice, &groups, &count, fault));
    struct pdf_row *rows = ARENA_NEW(arena, struct pdf_row, pdf->invoice->line_count);
    content->groups = ARENA_NEW(arena, struct pdf_group, count);
    content->group_count = count;
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        bool nobody = groups[i].code.length == 0 && groups[i].name.length == 0;
        content->groups[i] = (struct pdf_group){
            .name = nobody ? TEXT("For no one customer") : number_format_printable(arena, groups[i].name),
            .code = number_format_printable(arena, groups[i].code),
            .subtotal = pdf_amount(pdf, groups[i].subtotal_minor),
            .rows = &rows[made],
            .row_count = groups[i].line_count};
        for (size_t j = 0; j < groups[i].line_count; j++) {
            rows[made++] = make_line_row(pdf, groups[i].lines[j]);
        }
    }
    assert(made == pdf->invoice->line_count);
    set_numbered_table(pdf, PDF_CLOSE, &content->annex);
    pdf_table_fit(&content->annex, rows, made);
    return STATUS_OK;
}

static void make_taxes(struct pdf *pdf, struct content *content) {
    const struct invoice *invoice = pdf->invoice;
    struct arena *arena = pdf->arena;
    content->tax_rows = ARENA_NEW(arena, struct pdf_row, invoice->tax_count);
    for (size_t i = 0; i < invoice->tax_count; i++) {
        const struct tax_total *tax = &invoice->taxes[i];
        struct text rate = number_format_percent(arena, tax->tax.rate_millionths);
        content->tax_rows[i] =
            (struct pdf_row){.cells = {text_of(number_format_tax_name(tax->tax.category)),
                                       text_format(arena, "%.*s %%", TEXT_ARGS(rate)),
                                       pdf_amount(pdf, tax->taxable_minor), pdf_amount(pdf, tax->tax_minor)}};
    }
    content->taxes =
        (struct pdf_table){.pdf = pdf,
                           .look = PDF_AIRY,
                           .columns = {{.title = TEXT("Tax")},
                                       {.title = TEXT("Rate"), .figures = true, .share = 0.15},
                                       {.title = TEXT("Taxable amount"), .figures = true, .share = 0.28},
                                       {.title = text_format(arena, "Tax (%s)", invoice->currency.code),
                                        .figures = true,
                                        .share = 0.28}},
                           .column_count = 4,
                           .left = pdf->left + 0.28 * pdf_width(pdf),
                           .right = pdf->right};
    pdf_table_fit(&content->taxes, content->tax_rows, invoice->tax_count);
}

static enum status make_content(struct pdf *pdf, struct content *content, struct fault *fault) {
    if (line_groups_are_for_buyer(pdf->invoice)) {
        make_own_lines(pdf, content);
        set_numbered_table(pdf, PDF_AIRY, &content->lines);
    } else {
        TRY(make_summary(pdf, content, fault));
        TRY(make_annex(pdf, content, fault));
        set_line_table(pdf, PDF_AIRY, &content->lines);
    }
    pdf_table_fit(&content->lines, content->rows, content->row_count);
    make_taxes(pdf, content);
    return STATUS_OK;
}

/* ---- setting it ---- */

static void draw_lines(struct pdf *pdf, struct content *content) {
    if (content->row_count == 0) {
        pdf_put(pdf, PDF_CANVAS_BODY, TEXT("Nothing was charged for this month."), 20);
        return;
    }
    pdf_table_begin(&content->lines);
    for (size_t i = 0; i < content->row_count; i++) {
        pdf_table_row(&content->lines, &content->rows[i]);
    }
    pdf_table_end(&content->lines);
    if (content->group_count > 0) {
        pdf->y += 6;
        pdf_ensure_room(pdf, 14);
        pdf_put(pdf, PDF_CANVAS_NOTE,
                content->sums
                    ? TEXT("Each customer's lines stand in the annex. An amount is the sum of its lines "
                           "there, each of them rounded once.")
                    : TEXT("Each customer's lines stand in the annex."),
                0);
    }
    pdf->y += 20;
}

static void draw_total(struct pdf *pdf, struct text label, int64_t amount_minor,
                       enum pdf_canvas_style style) {
    double half = pdf_width(pdf) / 2;
    struct text amount = pdf_amount(pdf, amount_minor);
    double amount_width = fmin(pdf_canvas_text_width(pdf->canvas, style, amount) + 1, half * 0.7);
    struct pdf_canvas_box box = {pdf->right - half, pdf->y, half - amount_width - 12, 1, style,
                                 PDF_CANVAS_LEFT};
    pdf_canvas_text(pdf->canvas, box, label);
    box.x = pdf->right - amount_width;
    box.width = amount_width;
    box.align = PDF_CANVAS_RIGHT;
    pdf->y += pdf_canvas_line(pdf->canvas, box, amount) + 4;
}

static void draw_totals(struct pdf *pdf, struct content *content) {
    const struct invoice *invoice = pdf->invoice;
    double half = pdf_width(pdf) / 2;
    if (invoice->tax_count > 0) {
        pdf_table_begin(&content->taxes);
        for (size_t i = 0; i < invoice->tax_count; i++) {
            pdf_table_row(&content->taxes, &content->tax_rows[i]);
        }
        pdf_table_end(&content->taxes);
        pdf->y += 16;
    }
    pdf_ensure_room(pdf, 64);
    draw_total(pdf, TEXT("Net"), invoice->net_minor, PDF_CANVAS_BODY);
    draw_total(pdf, TEXT("Tax"), invoice->tax_minor, PDF_CANVAS_BODY);
    pdf->y += 2;
    pdf_canvas_rule(pdf->canvas, pdf->right - half, pdf->y, half, 1, PDF_CANVAS_INK_ACCENT);
    pdf->y += 7;
    draw_total(pdf, text_format(pdf->arena, "Total (%s)", invoice->currency.code), invoice->gross_minor,
               PDF_CANVAS_HEADING);
    pdf->y += 22;
}

/* Terms bind: they go on over the page's end, paragraph by paragraph. */
static void draw_terms(struct pdf *pdf) {
    struct text rest = number_format_printable_lines(pdf->arena, text_trim(pdf->invoice->terms));
    if (rest.length > 0) {
        pdf_ensure_room(pdf, 40);
        bool is_credit = pdf->invoice->kind == INVOICE_KIND_CREDIT_NOTE;
        pdf_put(pdf, PDF_CANVAS_MUTED, is_credit ? TEXT("Reason") : TEXT("Terms"), 3);
    }
    while (rest.length > 0) {
        const char *end = memchr(rest.at, '\n', rest.length);
        size_t length = end == NULL ? rest.length : (size_t)(end - rest.at);
        struct text line = {rest.at, length};
        struct pdf_canvas_box box = {pdf->left,   pdf->y,          pdf_width(pdf),
                                     TERMS_LINES, PDF_CANVAS_BODY, PDF_CANVAS_LEFT};
        pdf_ensure_room(pdf, pdf_canvas_text_height(pdf->canvas, box, line));
        box.y = pdf->y;
        pdf->y += length == 0 ? 6 : pdf_canvas_text(pdf->canvas, box, line);
        length += end != NULL;
        rest = (struct text){rest.at + length, rest.length - length};
    }
    struct text number = number_format_printable(pdf->arena, pdf->invoice->number);
    if (pdf->invoice->kind == INVOICE_KIND_INVOICE && number.length > 0 && pdf->invoice->gross_minor > 0) {
        pdf->y += 4;
        pdf_ensure_room(pdf, 14);
        pdf_put(pdf, PDF_CANVAS_MUTED,
                text_format(pdf->arena, "Please quote %.*s with your payment.", TEXT_ARGS(number)), 0);
    }
}

static void draw_annex(struct pdf *pdf, struct content *content) {
    if (content->group_count == 0) {
        return;
    }
    pdf_break_page(pdf);
    int outline = 0;
    pdf_canvas_bookmark(pdf->canvas, 0, pdf->y, TEXT("Per customer"), &outline);
    pdf_put(pdf, PDF_CANVAS_HEADING, TEXT("Annex: per customer"), 1);
    pdf_put(pdf, PDF_CANVAS_MUTED,
            TEXT("Every line of this document, by end customer. Amounts are without tax."), 14);
    pdf_table_begin(&content->annex);
    for (size_t i = 0; i < content->group_count; i++) {
        pdf_table_group(&content->annex, &content->groups[i]);
    }
    pdf_table_end(&content->annex);
}

/* Returns how many pages it took. */
static int draw_all(struct pdf *pdf, struct content *content, int page_count) {
    pdf->page_count = page_count;
    pdf->page = 1;
    pdf->y = PDF_MARGIN;
    pdf_draw_head(pdf);
    draw_lines(pdf, content);
    draw_totals(pdf, content);
    draw_terms(pdf);
    draw_annex(pdf, content);
    pdf_draw_footer(pdf);
    return pdf->page;
}

/* Chinese, Japanese and Korean share characters, which each of them writes in its own forms. */
static const char *language_of(struct text country) {
    static const struct {
        const char *country;
        const char *language;
    } LANGUAGES[] = {{"JP", "ja"},    {"KR", "ko"},    {"CN", "zh-cn"}, {"SG", "zh-cn"},
                     {"TW", "zh-tw"}, {"HK", "zh-hk"}, {"MO", "zh-hk"}};
    for (size_t i = 0; i < sizeof LANGUAGES / sizeof LANGUAGES[0]; i++) {
        if (text_is(country, LANGUAGES[i].country)) {
            return LANGUAGES[i].language;
        }
    }
    return "en";
}

enum status document_invoice_pdf(struct arena *arena, const struct invoice *invoice, struct text *bytes,
                                 struct fault *fault) {
    bool letter = text_is(invoice->seller.country, "US") || text_is(invoice->seller.country, "CA");
    struct pdf_canvas_size size = letter ? PDF_CANVAS_US_LETTER : PDF_CANVAS_A4;
    struct text number = number_format_printable(arena, invoice->number);
    struct text day = date_format(arena, invoice->issued_on);
    struct pdf_canvas_about about = {
        .title = text_format(arena, "%s %.*s", number_format_title(invoice->kind), TEXT_ARGS(number)),
        .author = number_format_printable(arena, invoice->seller.name),
        .created = text_format(arena, "%.*sT00:00:00Z", TEXT_ARGS(day)),
        .language = language_of(invoice->buyer.country)};
    struct pdf pdf = {.canvas = pdf_canvas_new(arena, size, &about),
                      .arena = arena,
                      .invoice = invoice,
                      .left = PDF_MARGIN,
                      .right = size.width - PDF_MARGIN,
                      .bottom = size.height - PDF_FOOT,
                      .height = size.height};
    struct content content = {0};
    struct text made = TEXT("");
    struct fault of_finish;
    struct fault no_logo;
    if (invoice->seller.logo_png.length > 0 &&
        logo_read(invoice->seller.logo_png, &pdf.logo, &no_logo) != STATUS_OK) {
        pdf.logo = NULL;
    }
    enum status status = make_content(&pdf, &content, fault);
    if (status == STATUS_OK) {
        int page_count = draw_all(&pdf, &content, 0);
        pdf_canvas_start_drawing(pdf.canvas);
        int drawn = draw_all(&pdf, &content, page_count);
        assert(drawn == page_count);
    }
    enum status finished = pdf_canvas_finish(pdf.canvas, &made, &of_finish);
    if (pdf.logo != NULL) {
        cairo_surface_destroy(pdf.logo);
    }
    if (status == STATUS_OK && finished != STATUS_OK) {
        *fault = of_finish;
        status = finished;
    }
    if (status == STATUS_OK) {
        *bytes = made;
    }
    return status;
}
