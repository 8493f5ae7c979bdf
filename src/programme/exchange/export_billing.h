/* Export billing: the tables of invoice lines, of the ledger's postings, of adjustments and corrections, and
 * of charges. */
#ifndef SEATMETER_PROGRAMME_EXCHANGE_EXPORT_BILLING_H
#define SEATMETER_PROGRAMME_EXCHANGE_EXPORT_BILLING_H

#include "programme/exchange/export_writer.h"

extern const struct export_table EXPORT_LINES;
extern const struct export_table EXPORT_LEDGER;
extern const struct export_table EXPORT_ADJUSTMENTS;
extern const struct export_table EXPORT_CHARGES;

#endif
