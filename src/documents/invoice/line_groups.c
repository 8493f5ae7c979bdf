#include "documents/invoice/line_groups.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MONTH_LENGTH = 7 };

/* What a note "corrects 2026-10 (DIST-2026-000001): …" corrects: the month, and the document where it is
 * named. So core marks the lines of a correction. */
static struct text corrected_month(const struct invoice_line *line) {
    struct text start = TEXT("corrects ");
    size_t length = MONTH_LENGTH;
    if (!text_starts_with(line->note, start) || line->note.length < start.length + MONTH_LENGTH) {
        return (struct text){"", 0};
    }
    const char *month = line->note.at + start.length;
    size_t rest = line->note.length - start.length;
    const char *end = rest > length + 1 && month[length + 1] == '(' ? memchr(month, ')', rest) : NULL;
    if (end != NULL) {
        length = (size_t)(end - month) + 1;
    }
    return (struct text){month, length};
}

/* The place of a group: SKUs, corrections of SKUs, the rest. */
static int line_class(const struct invoice_line *line) {
    return line->sku.length == 0 ? 2 : corrected_month(line).length > 0 ? 1 : 0;
}

static int compare_int64(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

static int compare_kind(const struct invoice_line *a, const struct invoice_line *b) {
    int order = line_class(a) - line_class(b);
    order = order != 0 ? order : text_compare(a->sku, b->sku);
    order = order != 0 ? order : text_compare(corrected_month(a), corrected_month(b));
    order = order != 0 ? order : text_compare(a->description, b->description);
    order = order != 0 ? order : compare_int64(a->unit_price_millionths, b->unit_price_millionths);
    order = order != 0 ? order : compare_int64(a->quantity.parts_per_unit, b->quantity.parts_per_unit);
    order = order != 0 ? order : strcmp(a->tax.category, b->tax.category);
    return order != 0 ? order : compare_int64(a->tax.rate_millionths, b->tax.rate_millionths);
}

static int compare_lines_by_kind(const void *left, const void *right) {
    const struct invoice_line *a = *(const struct invoice_line *const *)left;
    const struct invoice_line *b = *(const struct invoice_line *const *)right;
    int order = compare_kind(a, b);
    return order != 0 ? order : (a > b) - (a < b); /* all lines stand in one array */
}

static int compare_rows(const void *left, const void *right) {
    const struct line_group *a = left;
    const struct line_group *b = right;
    int order = line_class(a->line) - line_class(b->line);
    order = order != 0 ? order : text_compare(a->line->sku, b->line->sku);
    order = order != 0 ? order : text_compare(a->corrects, b->corrects);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static const struct invoice_line **line_pointers(struct arena *arena, const struct invoice *invoice) {
    const struct invoice_line **lines = ARENA_NEW(arena, const struct invoice_line *, invoice->line_count);
    for (size_t i = 0; i < invoice->line_count; i++) {
        assert(invoice->lines[i].quantity.parts_per_unit >= 1);
        lines[i] = &invoice->lines[i];
    }
    return lines;
}

enum status line_groups_by_sku(struct arena *arena, const struct invoice *invoice, struct line_group **rows,
                               size_t *row_count, struct fault *fault) {
    const struct invoice_line **lines = line_pointers(arena, invoice);
    qsort(lines, invoice->line_count, sizeof(struct invoice_line *), compare_lines_by_kind);
    struct line_group *made = ARENA_NEW(arena, struct line_group, invoice->line_count);
    size_t count = 0;
    for (size_t i = 0; i < invoice->line_count; i++) {
        if (i == 0 || compare_kind(lines[i - 1], lines[i]) != 0) {
            made[count++] = (struct line_group){.line = lines[i],
                                                .corrects = corrected_month(lines[i]),
                                                .quantity = {0, lines[i]->quantity.parts_per_unit}};
        }
        struct line_group *row = &made[count - 1];
        row->line_count++;
        if (__builtin_add_overflow(row->quantity.parts, lines[i]->quantity.parts, &row->quantity.parts)) {
            return fault_set(fault, STATUS_INVALID, "amount-overflow", "quantity", lines[i]->sku,
                             "The quantities of this SKU should fit 64 bits together.");
        }
        TRY(money_add(&row->amount_minor, lines[i]->amount_minor, fault));
    }
    qsort(made, count, sizeof made[0], compare_rows);
    *rows = made;
    *row_count = count;
    return STATUS_OK;
}

static bool is_for_nobody(const struct invoice_line *line) {
    return line->customer_code.length == 0 && line->customer_name.length == 0;
}

static int compare_customers(const struct invoice_line *a, const struct invoice_line *b) {
    int order = (int)is_for_nobody(a) - (int)is_for_nobody(b);
    order = order != 0 ? order : text_compare(a->customer_code, b->customer_code);
    return order != 0 ? order : text_compare(a->customer_name, b->customer_name);
}

static int compare_lines_by_customer(const void *left, const void *right) {
    const struct invoice_line *a = *(const struct invoice_line *const *)left;
    const struct invoice_line *b = *(const struct invoice_line *const *)right;
    int order = compare_customers(a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

static int compare_groups(const void *left, const void *right) {
    const struct invoice_line *a = ((const struct customer_group *)left)->lines[0];
    const struct invoice_line *b = ((const struct customer_group *)right)->lines[0];
    int order = (int)is_for_nobody(a) - (int)is_for_nobody(b);
    return order != 0 ? order : (a > b) - (a < b);
}

enum status line_groups_by_customer(struct arena *arena, const struct invoice *invoice,
                                    struct customer_group **groups, size_t *group_count,
                                    struct fault *fault) {
    const struct invoice_line **lines = line_pointers(arena, invoice);
    qsort(lines, invoice->line_count, sizeof(struct invoice_line *), compare_lines_by_customer);
    struct customer_group *made = NULL;
    size_t count = 0;
    size_t capacity = 0;
    for (size_t i = 0; i < invoice->line_count; i++) {
        if (i == 0 || compare_customers(lines[i - 1], lines[i]) != 0) {
            made = arena_grow(arena, made, count, &capacity, sizeof made[0]);
            made[count++] = (struct customer_group){
                .code = lines[i]->customer_code, .name = lines[i]->customer_name, .lines = &lines[i]};
        }
        struct customer_group *group = &made[count - 1];
        group->line_count++;
        TRY(money_add(&group->subtotal_minor, lines[i]->amount_minor, fault));
    }
    if (count > 0) {
        qsort(made, count, sizeof made[0], compare_groups);
    }
    *groups = made;
    *group_count = count;
    return STATUS_OK;
}

bool line_groups_are_for_buyer(const struct invoice *invoice) {
    for (size_t i = 0; i < invoice->line_count; i++) {
        const struct invoice_line *line = &invoice->lines[i];
        if (!is_for_nobody(line) && !text_equal(line->customer_code, invoice->buyer.code)) {
            return false;
        }
    }
    return true;
}
