/* All that the door answers; docs/openapi.yaml describes exactly this. */
#include "api/routes.h"

const struct route_group *const ROUTE_GROUPS[] = {
    &SESSION_ROUTES,   &ACCOUNT_ROUTES,
    &AGREEMENT_ROUTES, &CATALOGUE_ROUTES,
    &LICENCE_ROUTES,   &DELIVERY_ROUTES,
    &DEVICE_ROUTES,    &KEY_ROUTES,
    &REPORT_ROUTES,    &INVOICE_ROUTES,
    &BILLING_ROUTES,   &USER_ROUTES,
    &SERVICE_ROUTES,   NULL,
};
