/* Export parties: the tables of accounts, agreements and moves. */
#ifndef SEATMETER_PROGRAMME_EXCHANGE_EXPORT_PARTIES_H
#define SEATMETER_PROGRAMME_EXCHANGE_EXPORT_PARTIES_H

#include "programme/exchange/export_writer.h"

extern const struct export_table EXPORT_ACCOUNTS;
extern const struct export_table EXPORT_AGREEMENTS;
extern const struct export_table EXPORT_MOVES;

#endif
