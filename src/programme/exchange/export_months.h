/* Export months: which months of which edges are closed and by what, and the midnights that they keep. */
#ifndef SEATMETER_PROGRAMME_EXCHANGE_EXPORT_MONTHS_H
#define SEATMETER_PROGRAMME_EXCHANGE_EXPORT_MONTHS_H

#include "programme/exchange/export_writer.h"

extern const struct export_table EXPORT_MONTHS;
extern const struct export_table EXPORT_MIDNIGHTS;

#endif
