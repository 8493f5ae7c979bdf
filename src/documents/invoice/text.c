/* Invoices and reports for a terminal: what a person reads first, first. */
#include "documents/invoice/document.h"
#include "documents/invoice/line_groups.h"
#include "documents/layout/number_format.h"
#include "documents/layout/terminal.h"

enum { PAGE_CELLS = 100, LABEL_CELLS = 14, DESCRIPTION_CELLS = 44, TAX_NAME_CELLS = 48 };

/* "From        Meridian Distribution", further lines below the first; nothing where there is nothing. */
static void print_labelled(struct buffer *out, const char *label, struct text value) {
    struct text rest = number_format_printable_lines(out->arena, value);
    const char *shown = label;
    while (rest.length > 0) {
        size_t length = 0;
        while (length < rest.length && rest.at[length] != '\n') {
            length++;
        }
        struct text line = {rest.at, length};
        size_t skip = length < rest.length ? length + 1 : length;
        rest = (struct text){rest.at + skip, rest.length - skip};
        while (line.length > 0) {
            struct text part = terminal_wrap(line, PAGE_CELLS - LABEL_CELLS, &line);
            buffer_add_format(out, "%-*s%.*s\n", LABEL_CELLS, shown, TEXT_ARGS(part));
            shown = "";
        }
    }
}

static void print_party(struct buffer *out, const char *label, const struct invoice_party *party) {
    print_labelled(out, label, party->name);
    print_labelled(out, "", party->address);
    print_labelled(out, "", number_format_country(out->arena, party->country));
    if (party->tax_number.length > 0) {
        print_labelled(out, "", text_format(out->arena, "Tax number %.*s", TEXT_ARGS(party->tax_number)));
    }
    print_labelled(out, "", party->email);
}

static void print_heading(struct buffer *out, const struct invoice *invoice) {
    struct text number = number_format_printable(out->arena, invoice->number);
    buffer_add_format(out, "%s %.*s\n\n", number_format_title(invoice->kind), TEXT_ARGS(number));
    print_party(out, "From", &invoice->seller);
    buffer_add(out, TEXT("\n"));
    print_party(out, "To", &invoice->buyer);
    buffer_add(out, TEXT("\n"));
    print_labelled(out, "Month", number_format_month(out->arena, invoice->month));
    print_labelled(out, "Issued", number_format_date(out->arena, invoice->issued_on));
    if (invoice->kind != INVOICE_KIND_CREDIT_NOTE) {
        print_labelled(out, "Due", number_format_date(out->arena, invoice->due_on));
    }
    if (!invoice->without_state) {
        print_labelled(out, "State", text_of(machine_state_name(&invoice_machine, (int)invoice->state)));
    }
    print_labelled(out, "Corrects", invoice->corrects_number);
    buffer_add(out, TEXT("\n"));
}

/* A summary's rows are sums of lines, and have no number. */
static const struct terminal_column LINE_COLUMNS[] = {
    {"Line", true, 0},     {"SKU", false, 30},      {"Description", false, DESCRIPTION_CELLS},
    {"Quantity", true, 0}, {"Unit price", true, 0}, {"Amount", true, 0}};

static void add_line(struct terminal_table *table, struct arena *arena, const struct invoice *invoice,
                     const struct invoice_line *line, struct quantity quantity, int64_t amount_minor,
                     struct text remark, size_t skipped) {
    const struct text cells[] = {
        text_format(arena, "%lld", (long long)line->position),
        number_format_printable(arena, line->sku),
        number_format_printable(arena, line->description),
        number_format_quantity(arena, quantity),
        number_format_unit_price(arena, line->unit_price_millionths, invoice->currency),
        number_format_amount(arena, amount_minor, invoice->currency)};
    terminal_table_row(table, cells + skipped, remark);
}

static enum status print_summary(struct buffer *out, const struct invoice *invoice, struct fault *fault) {
    struct line_group *rows;
    size_t count;
    TRY(line_groups_by_sku(out->arena, invoice, &rows, &count, fault));
    struct terminal_table *table = terminal_table_new(out->arena, LINE_COLUMNS + 1, 5);
    for (size_t i = 0; i < count; i++) {
        struct text remark = rows[i].corrects.length == 0
                                 ? TEXT("")
                                 : text_format(out->arena, "corrects %.*s", TEXT_ARGS(rows[i].corrects));
        add_line(table, out->arena, invoice, rows[i].line, rows[i].quantity, rows[i].amount_minor, remark, 1);
    }
    terminal_table_print(table, 0, out);
    return STATUS_OK;
}

static void print_lines(struct buffer *out, const struct invoice *invoice,
                        const struct invoice_line *const *lines, size_t count, size_t indent) {
    struct terminal_table *table = terminal_table_new(out->arena, LINE_COLUMNS, 6);
    for (size_t i = 0; i < count; i++) {
        add_line(table, out->arena, invoice, lines[i], lines[i]->quantity, lines[i]->amount_minor,
                 number_format_remark(out->arena, lines[i]), 0);
    }
    terminal_table_print(table, indent, out);
}

static void print_taxes(struct buffer *out, const struct invoice *invoice) {
    static const struct terminal_column COLUMNS[] = {
        {"Tax", false, TAX_NAME_CELLS}, {"Rate", true, 0}, {"Taxable amount", true, 0}, {"Tax", true, 0}};
    struct arena *arena = out->arena;
    if (invoice->tax_count == 0) {
        return;
    }
    struct terminal_table *table = terminal_table_new(arena, COLUMNS, 4);
    for (size_t i = 0; i < invoice->tax_count; i++) {
        const struct tax_total *tax = &invoice->taxes[i];
        struct text rate = number_format_percent(arena, tax->tax.rate_millionths);
        const struct text cells[] = {text_of(number_format_tax_name(tax->tax.category)),
                                     text_format(arena, "%.*s %%", TEXT_ARGS(rate)),
                                     number_format_amount(arena, tax->taxable_minor, invoice->currency),
                                     number_format_amount(arena, tax->tax_minor, invoice->currency)};
        terminal_table_row(table, cells, TEXT(""));
    }
    buffer_add(out, TEXT("\n"));
    terminal_table_print(table, 0, out);
}

static void print_totals(struct buffer *out, const struct invoice *invoice) {
    struct arena *arena = out->arena;
    static const struct terminal_column COLUMNS[] = {{"", false, 0}, {"", true, 0}};
    struct terminal_table *table = terminal_table_new(arena, COLUMNS, 2);
    const struct text net[] = {TEXT("Net"),
                               number_format_amount(arena, invoice->net_minor, invoice->currency)};
    const struct text tax[] = {TEXT("Tax"),
                               number_format_amount(arena, invoice->tax_minor, invoice->currency)};
    const struct text gross[] = {text_format(arena, "Total in %s", invoice->currency.code),
                                 number_format_amount(arena, invoice->gross_minor, invoice->currency)};
    terminal_table_row(table, net, TEXT(""));
    terminal_table_row(table, tax, TEXT(""));
    terminal_table_total(table, gross);
    buffer_add(out, TEXT("\n"));
    terminal_table_print_body(table, 0, out);
}

static enum status print_annex(struct buffer *out, const struct invoice *invoice, struct fault *fault) {
    struct customer_group *groups;
    size_t count;
    TRY(line_groups_by_customer(out->arena, invoice, &groups, &count, fault));
    for (size_t i = 0; i < count; i++) {
        struct text name = number_format_printable(out->arena, groups[i].name);
        struct text code = number_format_printable(out->arena, groups[i].code);
        struct text subtotal = number_format_amount(out->arena, groups[i].subtotal_minor, invoice->currency);
        if (code.length == 0) {
            buffer_add_format(out, "\nFor no one customer: %.*s\n\n", TEXT_ARGS(subtotal));
        } else {
            buffer_add_format(out, "\n%.*s (%.*s): %.*s\n\n", TEXT_ARGS(name), TEXT_ARGS(code),
                              TEXT_ARGS(subtotal));
        }
        print_lines(out, invoice, groups[i].lines, groups[i].line_count, 2);
    }
    return STATUS_OK;
}

enum status document_invoice_text(struct arena *arena, const struct invoice *invoice, struct text *bytes,
                                  struct fault *fault) {
    struct buffer out = {.arena = arena};
    bool own = line_groups_are_for_buyer(invoice);
    print_heading(&out, invoice);
    if (own) {
        const struct invoice_line **lines =
            ARENA_NEW(arena, const struct invoice_line *, invoice->line_count);
        for (size_t i = 0; i < invoice->line_count; i++) {
            lines[i] = &invoice->lines[i];
        }
        print_lines(&out, invoice, lines, invoice->line_count, 0);
    } else {
        TRY(print_summary(&out, invoice, fault));
    }
    print_taxes(&out, invoice);
    print_totals(&out, invoice);
    if (invoice->terms.length > 0) {
        buffer_add(&out, TEXT("\n"));
        print_labelled(&out, invoice->kind == INVOICE_KIND_CREDIT_NOTE ? "Reason" : "Terms", invoice->terms);
    }
    if (!own) {
        TRY(print_annex(&out, invoice, fault));
    }
    *bytes = buffer_text(&out);
    return STATUS_OK;
}

static struct text units_or_nothing(struct arena *arena, bool is_there, int64_t units) {
    return is_there ? number_format_count(arena, units) : TEXT("");
}

/* "47 units of late changes are not counted: 94.00"; empty where late changes took nothing away. */
static struct text late_remark(struct arena *arena, const struct usage_report *report,
                               const struct usage_report_row *row) {
    struct text units = number_format_quantity(arena, row->late);
    struct text amount = number_format_amount(arena, row->late_minor, report->currency);
    bool has_amount = row->has_late_amount && row->late_minor != 0;
    if (row->late.parts > 0 && has_amount) {
        return text_format(arena, "told late, and not counted any more: %.*s, which takes %.*s away",
                           TEXT_ARGS(units), TEXT_ARGS(amount));
    }
    if (row->late.parts > 0) {
        return text_format(arena, "told late, and not counted any more: %.*s", TEXT_ARGS(units));
    }
    return has_amount ? text_format(arena, "late changes of others take %.*s away here", TEXT_ARGS(amount))
                      : TEXT("");
}

/* What stands below a row: why something else is charged than was measured, and what was told late. */
static struct text row_remark(struct arena *arena, const struct usage_report *report,
                              const struct usage_report_row *row) {
    struct text late = late_remark(arena, report, row);
    if (row->has_adjustment) {
        return text_format(arena, "adjusted: %.*s%s%.*s",
                           TEXT_ARGS(number_format_printable(arena, row->reason)),
                           late.length > 0 ? "; " : "", TEXT_ARGS(late));
    }
    return late.length > 0 || row->policy.length > 0 ? late : TEXT("no price on this edge yet");
}

struct text document_report_text(struct arena *arena, const struct usage_report *report) {
    struct buffer out = {.arena = arena};
    struct text name = number_format_printable(arena, report->provider_name);
    struct text code = number_format_printable(arena, report->provider_code);
    struct text month = number_format_month(arena, report->month);
    buffer_add_format(&out, "Usage report of %.*s (%.*s), %.*s\n\n", TEXT_ARGS(name), TEXT_ARGS(code),
                      TEXT_ARGS(month));
    print_labelled(&out, "Report", report->identifier);
    print_labelled(&out, "To", report->seller_name);
    print_labelled(&out, "State", text_of(machine_state_name(&report_machine, (int)report->state)));
    print_labelled(&out, "Due", number_format_date(arena, report->due_on));
    print_labelled(&out, "Submitted by", report->submitted_by);
    print_labelled(&out, "Decided by", report->decided_by);
    print_labelled(&out, "Rejected", report->rejection_reason);
    if (report->has_late_amount && report->late_minor != 0) {
        print_labelled(
            &out, "Late changes",
            text_format(arena, "take %.*s %s away, before tax",
                        TEXT_ARGS(number_format_amount(arena, report->late_minor, report->currency)),
                        report->currency.code));
    }
    static const struct terminal_column COLUMNS[] = {
        {"Customer", false, 24},  {"SKU", false, 28},    {"Policy", false, 0},
        {"Provisioned", true, 0}, {"Used", true, 0},     {"Idle", true, 0},
        {"Unlicensed", true, 0},  {"Measured", true, 0}, {"Chargeable", true, 0}};
    struct terminal_table *table = terminal_table_new(arena, COLUMNS, 9);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct usage_report_row *row = &report->rows[i];
        const struct text cells[] = {number_format_printable(arena, row->customer_code),
                                     number_format_printable(arena, row->sku),
                                     number_format_printable(arena, row->policy),
                                     number_format_count(arena, row->provisioned_units),
                                     units_or_nothing(arena, row->has_used, row->used_units),
                                     units_or_nothing(arena, row->has_used, row->over_provisioned_units),
                                     units_or_nothing(arena, row->has_used, row->unlicensed_units),
                                     number_format_quantity(arena, row->measured),
                                     number_format_quantity(arena, row->chargeable)};
        terminal_table_row(table, cells, row_remark(arena, report, row));
    }
    buffer_add(&out, TEXT("\n"));
    terminal_table_print(table, 0, &out);
    return buffer_text(&out);
}
