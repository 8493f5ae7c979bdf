/* Export catalogue: the tables of SKUs, of prices (a row a tier) and of prices' terms (a row a price). */
#ifndef SEATMETER_PROGRAMME_EXCHANGE_EXPORT_CATALOGUE_H
#define SEATMETER_PROGRAMME_EXCHANGE_EXPORT_CATALOGUE_H

#include "programme/exchange/export_writer.h"

extern const struct export_table EXPORT_SKUS;
extern const struct export_table EXPORT_PRICES;
extern const struct export_table EXPORT_TERMS;

#endif
