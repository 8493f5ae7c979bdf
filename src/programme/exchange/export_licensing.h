/* Export licensing: the tables of licence events and of licences. */
#ifndef SEATMETER_PROGRAMME_EXCHANGE_EXPORT_LICENSING_H
#define SEATMETER_PROGRAMME_EXCHANGE_EXPORT_LICENSING_H

#include "programme/exchange/export_writer.h"

extern const struct export_table EXPORT_EVENTS;
extern const struct export_table EXPORT_LICENCES;

#endif
