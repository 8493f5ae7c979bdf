/* Exported: an export as the text that it prints. */
#ifndef SEATMETER_TESTS_PROGRAMME_EXPORTED_H
#define SEATMETER_TESTS_PROGRAMME_EXPORTED_H

#include "world.h"

/* `month` "": everything. Fails the test where the export does. */
struct text exported(struct world *world, struct call *call, const char *what, const char *month);

/* Whether a piece is in the text; prints both where it is not. */
bool has(struct text whole, const char *piece);

#endif
