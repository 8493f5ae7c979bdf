/* The root keys that vendors build into their products, and leases for machines without a network. */
#include "api/routes.h"
#include "programme/devices/offline_lease.h"
#include "programme/keys/signing_keys.h"
#include "json/represent.h"

static enum status get_root_keys(struct request *request, struct response *response, struct fault *fault) {
    struct signing_key_list roots;
    TRY(list_root_keys(&request->call, &roots, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < roots.count; i++) {
        represent_root_key(out, NULL, &roots.items[i]);
    }
    response_end_items(out);
    return STATUS_OK;
}

/* The body is the machine's file as it is: its signature covers the bytes. */
static enum status post_offline_lease(struct request *request, struct response *response,
                                      struct fault *fault) {
    struct issue_offline_lease_input input;
    struct offline_lease lease;
    TRY(request_text(request, &input.request, fault));
    TRY(issue_offline_lease(&request->call, &input, &lease, fault));
    represent_offline_lease(response_json(response, request, 201), NULL, &lease, true);
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/root-keys", RIGHT_READ, 0, "", get_root_keys},
    {METHOD_POST, "/v1/offline-leases", RIGHT_LICENCES, 0, "", post_offline_lease},
};
const struct route_group KEY_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
