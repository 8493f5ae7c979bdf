/* Number format: numbers and the trade's words as readers of text and PDF see them.
 *
 * One rule for all languages: digits before the point in groups of three with a comma between, a full point
 * before the decimals, and never an exponent. Unit prices show at least the currency's decimals. */
#ifndef SEATMETER_DOCUMENTS_LAYOUT_NUMBER_FORMAT_H
#define SEATMETER_DOCUMENTS_LAYOUT_NUMBER_FORMAT_H

#include "core/money/invoice.h"

struct text number_format_amount(struct arena *arena, int64_t amount_minor, struct currency currency);
struct text number_format_unit_price(struct arena *arena, int64_t unit_price_millionths,
                                     struct currency currency);
struct text number_format_quantity(struct arena *arena, struct quantity quantity);
struct text number_format_count(struct arena *arena, int64_t count);

/* 77000 as "7.7". */
struct text number_format_percent(struct arena *arena, int64_t rate_millionths);

/* "Invoice", "Credit note", "Settlement". */
const char *number_format_title(enum invoice_kind kind);

/* Figures with a minus sign instead of a hyphen, for paper. */
struct text number_format_on_paper(struct arena *arena, struct text figures);

/* "DE" as "Germany"; what is no country's code stays as it is. Printable. */
struct text number_format_country(struct arena *arena, struct text code);

/* UNCL 5305 in words: "Standard rate" for S. */
const char *number_format_tax_name(const char *category);

/* "November 2026" and "24 November 2026". */
struct text number_format_month(struct arena *arena, struct month month);
struct text number_format_date(struct arena *arena, struct date date);

/* Text that can do no harm to a terminal or a page: control characters, line separators and bidirectional
 * overrides become U+FFFD, as does what is not UTF-8; line ends stay only where `lines` says so. */
struct text number_format_printable(struct arena *arena, struct text text);
struct text number_format_printable_lines(struct arena *arena, struct text text);

/* The remark beside a line's figures: its note and, where the meter says something else than what is
 * charged, "measured 12 (peak)". Empty where there is nothing to say. Printable. */
struct text number_format_remark(struct arena *arena, const struct invoice_line *line);

#endif
