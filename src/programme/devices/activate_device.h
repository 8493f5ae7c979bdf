/* Activating a device under a licence, at the device door (many in one transaction) or by an offline file.
 *
 * Both go through the same function, which decides by core's device_decide and takes a seat that the database
 * guards. A request counts once (docs/decisions/activation-requests.md): whoever has recorded one gains
 * nothing by it. */
#ifndef SEATMETER_PROGRAMME_DEVICES_ACTIVATE_DEVICE_H
#define SEATMETER_PROGRAMME_DEVICES_ACTIVATE_DEVICE_H

#include "core/base/paces.h"
#include "core/licence/device_request.h"
#include "programme/call/call.h"
#include "store/devices/devices.h"

/* How often licences and devices are activated. The device door has one, in memory: after a start everybody
 * may again. */
struct activation_paces {
    struct paces licences;
    struct paces devices;
};

/* A licence may be activated 30 times and twice for each of its seats at once, so that all its machines can
 * be deployed and then made anew; and as often again within six hours. A device that is there: 10 times, and
 * then once in half an hour. */
struct pace_terms activation_pace_of_licence(int32_t seats);
struct pace_terms activation_pace_of_device(void);

/* `answer` is LEASE_CODE_OK or why there is no seat for it (then nothing has changed): LEASE_CODE_REPLACED,
 * RELEASED and DROPPED are those of a request that has been used, or is older than the last one. */
struct activation {
    enum lease_code answer;
    const char *words; /* what else there is to say of that answer; NULL: the code's own words */
    int64_t wait_s;    /* of LEASE_CODE_TOO_OFTEN: until then it is no use to ask again */
    bool is_retry;     /* the answer to the very same request was lost: nothing has changed */
    struct door_licence_row licence; /* id 0 for LEASE_CODE_UNKNOWN_KEY */
    struct device device;            /* where the answer is LEASE_CODE_OK; texts in the call's arena */
    struct device_seen seen;         /* the start of the chain, with the lease's end */
    int64_t dropped_device_id;       /* a silent device that lost its seat to this one; 0: none */
};

/* In a write transaction of the caller's, which may hold many. `request` is parsed and its signature
 * verified. `paces` may be NULL: then nothing limits how often. */
enum status activate_device(struct call *call, const struct activation_request *request, bool is_offline,
                            struct activation_paces *paces, struct activation *out,
                            struct fault *fault) MUST_CHECK;

#endif
