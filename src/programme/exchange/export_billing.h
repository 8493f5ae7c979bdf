/* Export billing: the tables of invoice lines, of the ledger's postings, and of adjustments and corrections.
 */
#ifndef SEATMETER_PROGRAMME_EXCHANGE_EXPORT_BILLING_H
#define SEATMETER_PROGRAMME_EXCHANGE_EXPORT_BILLING_H

#include "programme/exchange/export_writer.h"

extern const struct export_table EXPORT_LINES;
extern const struct export_table EXPORT_LEDGER;
extern const struct export_table EXPORT_ADJUSTMENTS;

#endif
