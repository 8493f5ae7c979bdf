/* All that the API answers; docs/openapi.yaml describes exactly this. */
#include "api/routes.h"

static const struct route_group *const GROUPS[] = {
    &SESSION_ROUTES, &ACCOUNT_ROUTES,  &AGREEMENT_ROUTES, &CATALOGUE_ROUTES, &LICENCE_ROUTES, &MOVE_ROUTES,
    &PREVIEW_ROUTES, &DELIVERY_ROUTES, &DEVICE_ROUTES,    &KEY_ROUTES,       &REPORT_ROUTES,  &INVOICE_ROUTES,
    &BILLING_ROUTES, &JOB_ROUTES,      &USER_ROUTES,      &SERVICE_ROUTES,
};

void api_add_routes(struct route_table *table) {
    for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++) {
        route_table_add(table, GROUPS[i]);
    }
}
