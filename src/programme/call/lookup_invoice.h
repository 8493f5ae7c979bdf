/* Lookup invoice: documents by the word that somebody gave, an identifier or a number.
 *
 * The seller and the buyer of a document alone find it, and the operator. Faults: "missing-field" for no
 * word, STATUS_NOT_FOUND "unknown-invoice", and "ambiguous-number" for a number that several sellers have
 * given. */
#ifndef SEATMETER_PROGRAMME_CALL_LOOKUP_INVOICE_H
#define SEATMETER_PROGRAMME_CALL_LOOKUP_INVOICE_H

#include "programme/call/authorise.h"
#include "store/billing/invoices.h"

enum status find_invoice(const struct call *call, struct text word, struct invoice_head *head,
                         struct fault *fault) MUST_CHECK;

#endif
