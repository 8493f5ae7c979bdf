#include "web/client_limits.h"

#include "machine/clock.h"
#include "web/web_private.h"

static bool is_known(const struct request *request) {
    return !request->is_local || request->server->options->trust_forwarded;
}

struct text client_address(const struct request *request) {
    return is_known(request) ? request->counted_address : TEXT("");
}

static bool is_within(struct request *request, struct rate_limit *limit) {
    if (!is_known(request) || rate_limit_take(limit, request->counted_address, machine_monotonic_us())) {
        return true;
    }
    atomic_fetch_add(&request->server->metrics.limited, 1);
    return false;
}

enum status client_limits_take_request(struct request *request, struct fault *fault) {
    if (is_within(request, &request->server->requests_by_address)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_LIMITED, "too-many-requests", NULL, TEXT(""),
                     "This address asks too often: wait a minute.");
}

enum status client_limits_take_sign_in(struct request *request, struct fault *fault) {
    if (is_within(request, &request->server->sign_ins_by_address)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_LIMITED, "sign-in-limited", NULL, TEXT(""),
                     "Too many sign-ins from this address: wait a minute.");
}
