/* Router: from a method and a path to a route of the table. */
#ifndef SEATMETER_WEB_ROUTER_H
#define SEATMETER_WEB_ROUTER_H

#include "web/request.h"

enum route_match { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD, ROUTE_BAD_PATH };

/* Splits request->target, decodes what must be, and finds route, parameters and query. For HEAD the GET
 * route. With ROUTE_NO_METHOD (and for OPTIONS) `*allow` says which methods the path has. */
enum route_match router_match(const struct route_table *routes, struct request *request, struct text *allow);

/* A parameter of the query that the route does not understand or that comes twice, a bad escape: fault. */
enum status router_check_query(struct request *request, struct fault *fault) MUST_CHECK;

#endif
