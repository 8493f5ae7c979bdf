/* Figures: numbers and the trade's words as readers of text and PDF see them.
 *
 * One rule for all languages: digits before the point in groups of three with a comma between, a full point
 * before the decimals, and never an exponent. Unit prices show at least the currency's decimals. */
#ifndef SEATMETER_DOCUMENTS_LAYOUT_NUMBER_FORMAT_H
#define SEATMETER_DOCUMENTS_LAYOUT_NUMBER_FORMAT_H

#include "core/money/invoice.h"

struct text figures_amount(struct arena *arena, int64_t amount_minor, struct currency currency);
struct text figures_unit_price(struct arena *arena, int64_t unit_price_millionths, struct currency currency);
struct text figures_quantity(struct arena *arena, struct quantity quantity);
struct text figures_count(struct arena *arena, int64_t count);

/* 77000 as "7.7". */
struct text figures_percent(struct arena *arena, int64_t rate_millionths);

/* "Invoice", "Credit note", "Settlement". */
const char *figures_title(enum invoice_kind kind);

/* The same figures with a minus sign instead of a hyphen, for paper. */
struct text figures_on_paper(struct arena *arena, struct text figures);

/* "DE" as "Germany"; what is no country's code stays as it is. Printable. */
struct text figures_country(struct arena *arena, struct text code);

/* UNCL 5305 in words: "Standard rate" for S. */
const char *figures_tax_name(const char *category);

/* "November 2026" and "24 November 2026". */
struct text figures_month(struct arena *arena, struct month month);
struct text figures_date(struct arena *arena, struct date date);

/* Text that can do no harm to a terminal or a page: control characters, line separators and bidirectional
 * overrides become U+FFFD, as does what is not UTF-8; line ends stay only where `lines` says so. */
struct text figures_printable(struct arena *arena, struct text text);
struct text figures_printable_lines(struct arena *arena, struct text text);

/* What a line says beside its figures: its note and, where the meter says something else than what is
 * charged, "measured 12 (peak)". Empty where there is nothing to say. Printable. */
struct text figures_remark(struct arena *arena, const struct invoice_line *line);

#endif
