/* Invoices and reports as CSV, in the columns that the exports promise. */
#include "core/base/csv.h"

#include "documents/invoice/document.h"

enum { PERCENT_DIGITS = 4 };

static void write_header(struct csv_writer *csv, const char *const *columns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        csv_write(csv, text_of(columns[i]));
    }
    csv_end_row(csv);
}

static void write_line(struct csv_writer *csv, const struct invoice *invoice,
                       const struct invoice_line *line) {
    struct arena *arena = csv->arena;
    csv_write(csv, invoice->identifier);
    csv_write(csv, month_format(arena, invoice->month));
    csv_write(csv, invoice->seller.code);
    csv_write(csv, invoice->buyer.code);
    csv_write(csv, line->customer_code);
    csv_write(csv, line->sku);
    csv_write(csv, line->policy);
    csv_write(csv, quantity_format(arena, line->measured));
    csv_write(csv, quantity_format(arena, line->quantity));
    csv_write(csv, decimal_format_short(arena, line->unit_price_millionths, 6));
    csv_write(csv, money_format(arena, line->amount_minor, invoice->currency));
    csv_write(csv, text_of(invoice->currency.code));
    /* A charge has no SKU; what it was for is all that tells it apart. */
    csv_write(csv, line->sku.length == 0 && line->note.length == 0 ? line->description : line->note);
    csv_write_int(csv, line->position);
    csv_write(csv, invoice->number);
    csv_write(csv, invoice->corrects_number);
    csv_write(csv, text_of(line->tax.category));
    csv_write(csv, decimal_format_short(arena, line->tax.rate_millionths, PERCENT_DIGITS));
    csv_write(csv, money_format(arena, invoice->net_minor, invoice->currency));
    csv_write(csv, money_format(arena, invoice->tax_minor, invoice->currency));
    csv_write(csv, money_format(arena, invoice->gross_minor, invoice->currency));
    csv_end_row(csv);
}

struct text document_invoice_csv(struct arena *arena, const struct invoice *invoice) {
    static const char *const HEADER[] = {
        "invoice",  "month",    "seller",       "buyer",    "customer",    "sku",         "policy",
        "measured", "quantity", "unit_price",   "amount",   "currency",    "note",        "line",
        "number",   "corrects", "tax_category", "tax_rate", "invoice_net", "invoice_tax", "invoice_gross"};
    struct csv_writer csv;
    csv_writer_init(&csv, arena);
    write_header(&csv, HEADER, sizeof HEADER / sizeof HEADER[0]);
    for (size_t i = 0; i < invoice->line_count; i++) {
        write_line(&csv, invoice, &invoice->lines[i]);
    }
    return csv_written(&csv);
}

static void write_int_or_nothing(struct csv_writer *csv, bool is_there, int64_t value) {
    if (is_there) {
        csv_write_int(csv, value);
    } else {
        csv_write(csv, TEXT(""));
    }
}

struct text document_report_csv(struct arena *arena, const struct usage_report *report) {
    static const char *const HEADER[] = {
        "report",      "month",       "provider", "customer",         "sku",
        "policy",      "provisioned", "used",     "over_provisioned", "measured",
        "adjusted",    "chargeable",  "reason",   "unlicensed",       "late",
        "late_amount", "currency"};
    struct csv_writer csv;
    csv_writer_init(&csv, arena);
    write_header(&csv, HEADER, sizeof HEADER / sizeof HEADER[0]);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct usage_report_row *row = &report->rows[i];
        csv_write(&csv, report->identifier);
        csv_write(&csv, month_format(arena, report->month));
        csv_write(&csv, report->provider_code);
        csv_write(&csv, row->customer_code);
        csv_write(&csv, row->sku);
        csv_write(&csv, row->policy);
        csv_write_int(&csv, row->provisioned_units);
        write_int_or_nothing(&csv, row->has_used, row->used_units);
        write_int_or_nothing(&csv, row->has_used, row->over_provisioned_units);
        csv_write(&csv, quantity_format(arena, row->measured));
        write_int_or_nothing(&csv, row->has_adjustment, row->adjusted_units);
        csv_write(&csv, quantity_format(arena, row->chargeable));
        csv_write(&csv, row->reason);
        write_int_or_nothing(&csv, row->has_used, row->unlicensed_units);
        csv_write(&csv, quantity_format(arena, row->late));
        csv_write(&csv,
                  row->has_late_amount ? money_format(arena, row->late_minor, report->currency) : TEXT(""));
        csv_write(&csv, text_of(report->currency.code));
        csv_end_row(&csv);
    }
    return csv_written(&csv);
}
