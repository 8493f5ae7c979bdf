/* An invoice as a PDF that one would send to a customer.
 *
 * The first page tells who, what and how much; a summary per SKU; tax; terms. An annex lists each end
 * customer's lines. It is drawn twice: once to know how many pages there are, once with "page 2 of 5" on
 * each. A row that does not fit goes to the next page whole, below the table's heading repeated. */
#include "documents/document.h"
#include "documents/figures.h"
#include "documents/sheet.h"
#include "documents/summary.h"

#include <assert.h>

struct page_flow {
    struct sheet *sheet;
    struct arena *arena;
    const struct invoice *invoice;
    struct sheet_size size;
    double y;
    int page;
    int page_count; /* 0 while they are counted */
    bool in_table;  /* its heading is repeated on a new page */
};

enum { ROW_GAP = 4, FOOTER_HEIGHT = 30, LINES_MOST = 4, COLUMN_COUNT = 5 };

struct column {
    const char *title;
    double share; /* of the page's width */
    enum sheet_align align;
};
static const struct column COLUMNS[COLUMN_COUNT] = {{"SKU", 0.22, SHEET_LEFT},
                                                    {"Description", 0.40, SHEET_LEFT},
                                                    {"Quantity", 0.11, SHEET_RIGHT},
                                                    {"Unit price", 0.12, SHEET_RIGHT},
                                                    {"Amount", 0.15, SHEET_RIGHT}};

static double inner_width(const struct page_flow *flow) {
    return flow->size.width - 2 * SHEET_MARGIN;
}

static double bottom(const struct page_flow *flow) {
    return flow->size.height - SHEET_MARGIN - FOOTER_HEIGHT;
}

static double put(struct page_flow *flow, double x, double width, enum sheet_style style,
                  enum sheet_align align, struct text text) {
    return sheet_text(flow->sheet, true, x, flow->y, width, LINES_MOST, style, align, text);
}

static void draw_footer(struct page_flow *flow) {
    struct text number = figures_printable(flow->arena, flow->invoice->number);
    struct text name = figures_printable(flow->arena, flow->invoice->seller.name);
    struct text left = text_format(flow->arena, "%.*s · %s %.*s", TEXT_ARGS(name),
                                   figures_title(flow->invoice->kind), TEXT_ARGS(number));
    struct text right = text_format(flow->arena, "Page %d of %d", flow->page, flow->page_count);
    double y = flow->size.height - SHEET_MARGIN - 10;
    sheet_rule(flow->sheet, SHEET_MARGIN, y - 6, inner_width(flow));
    sheet_text(flow->sheet, true, SHEET_MARGIN, y, inner_width(flow) - 100, 1, SHEET_MUTED, SHEET_LEFT, left);
    sheet_text(flow->sheet, true, flow->size.width - SHEET_MARGIN - 90, y, 90, 1, SHEET_MUTED, SHEET_RIGHT,
               right);
}

static void draw_table_heading(struct page_flow *flow) {
    double x = SHEET_MARGIN;
    sheet_band(flow->sheet, SHEET_MARGIN, flow->y, inner_width(flow), 18);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        double width = COLUMNS[i].share * inner_width(flow);
        sheet_text(flow->sheet, true, x + 4, flow->y + 4, width - 8, 1, SHEET_MUTED, COLUMNS[i].align,
                   text_of(COLUMNS[i].title));
        x += width;
    }
    flow->y += 18 + ROW_GAP;
}

static void break_page(struct page_flow *flow) {
    draw_footer(flow);
    sheet_next_page(flow->sheet);
    flow->page++;
    flow->y = SHEET_MARGIN;
    if (flow->in_table) {
        draw_table_heading(flow);
    }
}

static void ensure_room(struct page_flow *flow, double height) {
    if (flow->y + height > bottom(flow)) {
        break_page(flow);
    }
}

/* One side's name, address, tax number and e-mail. Returns where it ends. */
static double draw_party(struct page_flow *flow, const char *label, const struct invoice_party *party,
                         double x, double width) {
    double y = flow->y;
    y += sheet_text(flow->sheet, true, x, y, width, 1, SHEET_MUTED, SHEET_LEFT, text_of(label)) + 2;
    y += sheet_text(flow->sheet, true, x, y, width, 3, SHEET_STRONG, SHEET_LEFT,
                    figures_printable(flow->arena, party->name));
    struct text rest = figures_printable_lines(flow->arena, party->address);
    for (int line = 0; line < 8 && rest.length > 0; line++) {
        size_t length = 0;
        while (length < rest.length && rest.at[length] != '\n') {
            length++;
        }
        y += sheet_text(flow->sheet, true, x, y, width, 2, SHEET_BODY, SHEET_LEFT,
                        (struct text){rest.at, length});
        length += length < rest.length;
        rest = (struct text){rest.at + length, rest.length - length};
    }
    struct text tax_number = figures_printable(flow->arena, party->tax_number);
    const struct text below[] = {
        figures_printable(flow->arena, party->country), figures_printable(flow->arena, party->email),
        tax_number.length == 0 ? tax_number
                               : text_format(flow->arena, "Tax number %.*s", TEXT_ARGS(tax_number))};
    for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
        if (below[i].length > 0) {
            y += sheet_text(flow->sheet, true, x, y, width, 1, SHEET_BODY, SHEET_LEFT, below[i]);
        }
    }
    return y;
}

/* "Issued  24 November 2026", beside the parties. */
static void draw_fact(struct page_flow *flow, double *y, double x, double width, const char *label,
                      struct text value) {
    if (value.length > 0) {
        sheet_text(flow->sheet, true, x, *y + 0.8, width * 0.4, 1, SHEET_MUTED, SHEET_LEFT, text_of(label));
        *y += sheet_text(flow->sheet, true, x + width * 0.4, *y, width * 0.6, 2, SHEET_BODY, SHEET_RIGHT,
                         value) +
              2;
    }
}

static double draw_facts(struct page_flow *flow, double x, double width) {
    const struct invoice *invoice = flow->invoice;
    double y = flow->y;
    draw_fact(flow, &y, x, width, "Number", figures_printable(flow->arena, invoice->number));
    draw_fact(flow, &y, x, width, "Corrects", figures_printable(flow->arena, invoice->corrects_number));
    draw_fact(flow, &y, x, width, "Month", figures_month(flow->arena, invoice->month));
    draw_fact(flow, &y, x, width, "Issued", figures_date(flow->arena, invoice->issued_on));
    if (invoice->kind != INVOICE_KIND_CREDIT_NOTE) {
        draw_fact(flow, &y, x, width, "Due", figures_date(flow->arena, invoice->due_on));
    }
    draw_fact(flow, &y, x, width, "Currency", text_of(invoice->currency.code));
    return y;
}

static double highest(double a, double b) {
    return a > b ? a : b;
}

static void draw_head(struct page_flow *flow) {
    const struct invoice *invoice = flow->invoice;
    struct fault ignored;
    double right = flow->size.width - SHEET_MARGIN;
    if (document_logo_check(invoice->seller.logo_png, &ignored) == STATUS_OK) {
        sheet_png(flow->sheet, invoice->seller.logo_png, right, SHEET_MARGIN, 150, 48);
    }
    flow->y += put(flow, SHEET_MARGIN, inner_width(flow) - 170, SHEET_TITLE, SHEET_LEFT,
                   text_of(figures_title(invoice->kind)));
    flow->y = highest(flow->y, SHEET_MARGIN + 48) + 24;
    double column = inner_width(flow) / 3;
    double ends = draw_party(flow, "From", &invoice->seller, SHEET_MARGIN, column - 16);
    ends = highest(ends, draw_party(flow, "To", &invoice->buyer, SHEET_MARGIN + column, column - 16));
    ends = highest(ends, draw_facts(flow, SHEET_MARGIN + 2 * column, column));
    flow->y = ends + 28;
}

/* A row of cells, with a remark below them; goes to the next page whole where it does not fit. */
static void draw_row(struct page_flow *flow, const struct text cells[COLUMN_COUNT], struct text remark) {
    double height = 0;
    double remark_width = (COLUMNS[0].share + COLUMNS[1].share) * inner_width(flow) - 8;
    double remark_height = 0;
    for (int pass = 0; pass < 2; pass++) {
        bool draw = pass == 1;
        double x = SHEET_MARGIN;
        for (int i = 0; i < COLUMN_COUNT; i++) {
            double width = COLUMNS[i].share * inner_width(flow);
            /* Figures are never cut: they are far narrower than their columns, and wrap where they are not.
             */
            height = highest(height, sheet_text(flow->sheet, draw, x + 4, flow->y, width - 8, LINES_MOST,
                                                SHEET_BODY, COLUMNS[i].align, cells[i]));
            x += width;
        }
        if (remark.length > 0) {
            remark_height = sheet_text(flow->sheet, draw, SHEET_MARGIN + 4, flow->y + height, remark_width, 3,
                                       SHEET_MUTED, SHEET_LEFT, remark);
        }
        if (!draw) {
            ensure_room(flow, height + remark_height + 2 * ROW_GAP);
        }
    }
    flow->y += height + remark_height + ROW_GAP;
    sheet_rule(flow->sheet, SHEET_MARGIN, flow->y - 1, inner_width(flow));
    flow->y += ROW_GAP - 1;
}

static void draw_line(struct page_flow *flow, const struct invoice_line *line, struct quantity quantity,
                      int64_t amount_minor, struct text remark) {
    struct arena *arena = flow->arena;
    const struct text cells[COLUMN_COUNT] = {
        figures_printable(arena, line->sku), figures_printable(arena, line->description),
        figures_quantity(arena, quantity),
        figures_unit_price(arena, line->unit_price_millionths, flow->invoice->currency),
        figures_amount(arena, amount_minor, flow->invoice->currency)};
    draw_row(flow, cells, remark);
}

static void begin_table(struct page_flow *flow) {
    ensure_room(flow, 60);
    draw_table_heading(flow);
    flow->in_table = true;
}

static enum status draw_summary(struct page_flow *flow, struct fault *fault) {
    struct summary_row *rows;
    size_t count;
    enum status status = summary_by_sku(flow->arena, flow->invoice, &rows, &count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    begin_table(flow);
    for (size_t i = 0; i < count; i++) {
        struct text remark = rows[i].corrects.length == 0
                                 ? TEXT("")
                                 : text_format(flow->arena, "corrects %.*s", TEXT_ARGS(rows[i].corrects));
        draw_line(flow, rows[i].line, rows[i].quantity, rows[i].amount_minor, remark);
    }
    flow->in_table = false;
    return STATUS_OK;
}

static void draw_lines(struct page_flow *flow, const struct invoice_line *const *lines, size_t count) {
    begin_table(flow);
    for (size_t i = 0; i < count; i++) {
        draw_line(flow, lines[i], lines[i]->quantity, lines[i]->amount_minor,
                  figures_remark(flow->arena, lines[i]));
    }
    flow->in_table = false;
}

static void draw_total(struct page_flow *flow, struct text label, int64_t amount_minor,
                       enum sheet_style style) {
    double half = inner_width(flow) / 2;
    double x = SHEET_MARGIN + half;
    double amount_width = half * 0.36;
    double height =
        put(flow, x, half - amount_width - 8, style == SHEET_TOTAL ? style : SHEET_BODY, SHEET_LEFT, label);
    struct text amount = figures_amount(flow->arena, amount_minor, flow->invoice->currency);
    height =
        highest(height, put(flow, x + half - amount_width - 4, amount_width, style, SHEET_RIGHT, amount));
    flow->y += height + 4;
}

static void draw_totals(struct page_flow *flow) {
    const struct invoice *invoice = flow->invoice;
    struct arena *arena = flow->arena;
    flow->y += 10;
    ensure_room(flow, 60 + 30 * (double)invoice->tax_count);
    draw_total(flow, TEXT("Net"), invoice->net_minor, SHEET_BODY);
    for (size_t i = 0; i < invoice->tax_count; i++) {
        const struct tax_total *tax = &invoice->taxes[i];
        struct text rate = figures_percent(arena, tax->tax.rate_millionths);
        struct text taxable = figures_amount(arena, tax->taxable_minor, invoice->currency);
        draw_total(flow,
                   text_format(arena, "%s, %.*s %% of %.*s", figures_tax_name(tax->tax.category),
                               TEXT_ARGS(rate), TEXT_ARGS(taxable)),
                   tax->tax_minor, SHEET_BODY);
    }
    double half = inner_width(flow) / 2;
    sheet_strong_rule(flow->sheet, SHEET_MARGIN + half, flow->y, half);
    flow->y += 6;
    draw_total(flow, text_format(arena, "Total %s", invoice->currency.code), invoice->gross_minor,
               SHEET_TOTAL);
}

static void draw_terms(struct page_flow *flow) {
    struct text terms = figures_printable_lines(flow->arena, flow->invoice->terms);
    if (terms.length == 0) {
        return;
    }
    flow->y += 14;
    double height = sheet_text(flow->sheet, false, SHEET_MARGIN, flow->y, inner_width(flow), 20, SHEET_BODY,
                               SHEET_LEFT, terms);
    ensure_room(flow, height + 20);
    flow->y += put(flow, SHEET_MARGIN, inner_width(flow), SHEET_MUTED, SHEET_LEFT, TEXT("Terms")) + 2;
    flow->y += sheet_text(flow->sheet, true, SHEET_MARGIN, flow->y, inner_width(flow), 20, SHEET_BODY,
                          SHEET_LEFT, terms);
}

static void draw_customer(struct page_flow *flow, const struct customer_group *group) {
    struct text name = figures_printable(flow->arena, group->name);
    struct text code = figures_printable(flow->arena, group->code);
    struct text label = code.length == 0
                            ? TEXT("For no one customer")
                            : text_format(flow->arena, "%.*s (%.*s)", TEXT_ARGS(name), TEXT_ARGS(code));
    struct text subtotal = figures_amount(flow->arena, group->subtotal_minor, flow->invoice->currency);
    ensure_room(flow, 90);
    double height = put(flow, SHEET_MARGIN, inner_width(flow) - 130, SHEET_STRONG, SHEET_LEFT, label);
    put(flow, SHEET_MARGIN + inner_width(flow) - 124, 120, SHEET_STRONG, SHEET_RIGHT, subtotal);
    flow->y += height + 4;
    draw_lines(flow, group->lines, group->line_count);
    flow->y += 14;
}

static enum status draw_annex(struct page_flow *flow, struct fault *fault) {
    struct customer_group *groups;
    size_t count;
    enum status status = summary_by_customer(flow->arena, flow->invoice, &groups, &count, fault);
    if (status != STATUS_OK || count == 0) {
        return status;
    }
    break_page(flow);
    flow->y += put(flow, SHEET_MARGIN, inner_width(flow), SHEET_TOTAL, SHEET_LEFT, TEXT("Per customer")) + 14;
    for (size_t i = 0; i < count; i++) {
        draw_customer(flow, &groups[i]);
    }
    return STATUS_OK;
}

static enum status draw_content(struct page_flow *flow, struct fault *fault) {
    const struct invoice *invoice = flow->invoice;
    bool own = summary_is_for_buyer(invoice);
    enum status status = STATUS_OK;
    flow->y = SHEET_MARGIN;
    flow->page = 1;
    draw_head(flow);
    if (own) {
        const struct invoice_line **lines =
            ARENA_NEW(flow->arena, const struct invoice_line *, invoice->line_count + 1);
        for (size_t i = 0; i < invoice->line_count; i++) {
            lines[i] = &invoice->lines[i];
        }
        draw_lines(flow, lines, invoice->line_count);
    } else {
        status = draw_summary(flow, fault);
    }
    if (status == STATUS_OK) {
        draw_totals(flow);
        draw_terms(flow);
    }
    if (status == STATUS_OK && !own) {
        status = draw_annex(flow, fault);
    }
    draw_footer(flow);
    return status;
}

/* One drawing. The first counts the pages and its bytes are thrown away. */
static enum status draw_invoice(struct arena *arena, const struct invoice *invoice, int *page_count,
                                struct text *pdf, struct fault *fault) {
    bool letter = text_is(invoice->seller.country, "US") || text_is(invoice->seller.country, "CA");
    struct text number = figures_printable(arena, invoice->number);
    struct text day = date_format(arena, invoice->issued_on);
    struct page_flow flow = {.arena = arena,
                             .invoice = invoice,
                             .page_count = *page_count,
                             .size = letter ? SHEET_US_LETTER : SHEET_A4};
    flow.sheet = sheet_new(
        arena, flow.size, text_format(arena, "%s %.*s", figures_title(invoice->kind), TEXT_ARGS(number)),
        figures_printable(arena, invoice->seller.name), text_format(arena, "%.*sT00:00:00Z", TEXT_ARGS(day)));
    enum status drawn = draw_content(&flow, fault);
    struct fault of_finish;
    enum status finished = sheet_finish(flow.sheet, pdf, &of_finish);
    if (drawn == STATUS_OK && finished != STATUS_OK) {
        *fault = of_finish;
        drawn = finished;
    }
    *page_count = flow.page;
    return drawn;
}

enum status document_invoice_pdf(struct arena *arena, const struct invoice *invoice, struct text *bytes,
                                 struct fault *fault) {
    struct arena counting;
    arena_init(&counting);
    int page_count = 0;
    struct text counted;
    enum status status = draw_invoice(&counting, invoice, &page_count, &counted, fault);
    arena_clean_up(&counting);
    if (status == STATUS_OK) {
        int pages = page_count;
        status = draw_invoice(arena, invoice, &pages, bytes, fault);
        assert(status != STATUS_OK || pages == page_count);
    }
    return status;
}
