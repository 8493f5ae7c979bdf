/* Routes of the portal: the pages for people. */
#ifndef SEATMETER_PORTAL_ROUTES_H
#define SEATMETER_PORTAL_ROUTES_H

#include "web/route.h"

void portal_add_routes(struct route_table *table);

#endif
