/* Activating a device under a licence, at the device door (many in one transaction) or by an offline file.
 *
 * Both go through the same function, which decides by core's device_decide and takes a seat that the database
 * guards. A request counts once (docs/decisions/activation-requests.md): whoever has recorded one gains
 * nothing by it. */
#ifndef SEATMETER_PROGRAMME_DEVICES_ACTIVATE_DEVICE_H
#define SEATMETER_PROGRAMME_DEVICES_ACTIVATE_DEVICE_H

#include "core/licence/device_request.h"
#include "programme/call/call.h"
#include "store/devices/devices.h"

/* `answer` is LEASE_CODE_OK or why there is no seat for it (then nothing has changed): LEASE_CODE_REPLACED,
 * RELEASED and DROPPED are those of a request that has been used, or is older than the last one. */
struct activation {
    enum lease_code answer;
    const char *words; /* what else there is to say of that answer; NULL: the code's own words */
    bool is_retry;     /* the answer to the very same request was lost: nothing has changed */
    struct door_licence_row licence; /* id 0 for LEASE_CODE_UNKNOWN_KEY */
    struct device device;            /* where the answer is LEASE_CODE_OK; texts in the call's arena */
    struct device_seen seen;         /* the start of the chain, with the lease's end */
    int64_t dropped_device_id;       /* a silent device that lost its seat to this one; 0: none */
};

/* In a write transaction of the caller's, which may hold many. `request` is parsed and its signature
 * verified. */
enum status activate_device(struct call *call, const struct activation_request *request, bool is_offline,
                            struct activation *out, struct fault *fault) MUST_CHECK;

#endif
