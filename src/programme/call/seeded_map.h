/* Seeded map: a text map whose seed comes from the call, so that nobody who chooses its keys can make it
 * slow. */
#ifndef SEATMETER_PROGRAMME_CALL_SEEDED_MAP_H
#define SEATMETER_PROGRAMME_CALL_SEEDED_MAP_H

#include "core/base/text_map.h"
#include "programme/call/call.h"

/* An empty map in the call's arena. */
void seeded_map_init(struct call *call, struct text_map *map);

#endif
