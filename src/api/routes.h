/* Routes of the API: a group per file of endpoints. */
#ifndef SEATMETER_API_ROUTES_H
#define SEATMETER_API_ROUTES_H

#include "web/request.h"

extern const struct route_group SESSION_ROUTES;
extern const struct route_group ACCOUNT_ROUTES;
extern const struct route_group AGREEMENT_ROUTES;
extern const struct route_group CATALOGUE_ROUTES;
extern const struct route_group LICENCE_ROUTES;
extern const struct route_group MOVE_ROUTES;
extern const struct route_group PREVIEW_ROUTES;
extern const struct route_group DELIVERY_ROUTES;
extern const struct route_group DEVICE_ROUTES;
extern const struct route_group KEY_ROUTES;
extern const struct route_group REPORT_ROUTES;
extern const struct route_group INVOICE_ROUTES;
extern const struct route_group BILLING_ROUTES;
extern const struct route_group JOB_ROUTES;
extern const struct route_group USER_ROUTES;
extern const struct route_group SERVICE_ROUTES;

/* Adds all of them. */
void api_add_routes(struct route_table *table);

#endif
