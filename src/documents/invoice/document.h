/* Documents: invoices and usage reports as bytes that leave the house.
 *
 * From a plain value of core and an arena to text, CSV or PDF (JSON is the API's own representation). The
 * same value gives the same bytes, always: no clock, no locale, no environment but the fonts that are
 * installed (for PDF). Readers get digits in groups of three, with a comma: 1,234,567.80 (text and PDF);
 * programs get plain decimals: 1234567.80 (CSV). Every text in them is taken as outside input: empty, very
 * long, in any script, or with control characters, which readers see as U+FFFD. */
#ifndef SEATMETER_DOCUMENTS_INVOICE_DOCUMENT_H
#define SEATMETER_DOCUMENTS_INVOICE_DOCUMENT_H

#include "core/money/invoice.h"
#include "core/usage/report.h"
#include "documents/layout/logo.h"

/* For a terminal: aligned by what characters are wide, 100 columns where the content allows; UTF-8, \n. Fault
 * "amount-overflow" where a subtotal does not fit 64 bits. */
enum status document_invoice_text(struct arena *arena, const struct invoice *invoice, struct text *bytes,
                                  struct fault *fault) MUST_CHECK;

/* The invoice's lines in the first columns of the `lines` export, then line, number, corrects, tax_category,
 * tax_rate, and on each row the invoice's totals: invoice_net, invoice_tax, invoice_gross. Seller and buyer
 * are named by their codes. */
struct text document_invoice_csv(struct arena *arena, const struct invoice *invoice);

/* A PDF to send to the buyer: A4, or US Letter where the seller sits in the US or Canada. Chinese, Japanese
 * and Korean take the forms of the buyer's country. A logo that document_logo_check refuses is left out.
 * Faults "amount-overflow", "pdf-failed". */
enum status document_invoice_pdf(struct arena *arena, const struct invoice *invoice, struct text *bytes,
                                 struct fault *fault) MUST_CHECK;

/* For a terminal, as above. */
struct text document_report_text(struct arena *arena, const struct usage_report *report);

/* Columns
 * report,month,provider,customer,sku,policy,provisioned,used,over_provisioned,measured,adjusted,chargeable,
 * reason; used, over_provisioned and adjusted are empty where there is none. */
struct text document_report_csv(struct arena *arena, const struct usage_report *report);

#endif
