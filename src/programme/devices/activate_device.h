/* Activating a device under a licence, at the device door (many in one transaction) or by an offline file.
 *
 * Both go through the same function, which decides by core's device_decide and takes a seat that the database
 * guards. */
#ifndef SEATMETER_PROGRAMME_DEVICES_ACTIVATE_DEVICE_H
#define SEATMETER_PROGRAMME_DEVICES_ACTIVATE_DEVICE_H

#include "core/licence/device_request.h"
#include "programme/call/call.h"
#include "store/devices/devices.h"

/* `answer` is LEASE_CODE_OK or why there is no seat for it (then nothing has changed). */
struct activation {
    enum lease_code answer;
    struct door_licence_row licence; /* id 0 for LEASE_CODE_UNKNOWN_KEY */
    struct device device;            /* where the answer is LEASE_CODE_OK; texts in the call's arena */
    struct device_seen seen;         /* the start of the chain, with the lease's end */
    int64_t dropped_device_id;       /* a silent device that lost its seat to this one; 0: none */
};

/* In a write transaction of the caller's, which may hold many. `request` is parsed and its signature
 * verified. */
enum status activate_device(struct call *call, const struct activation_request *request, bool is_offline,
                            struct activation *out, struct fault *fault) MUST_CHECK;

/* A lease for a machine without a network: the request's file in, the answer's file out. For the licence's
 * provider (right "licences:write"), or the operator. What the device door would refuse is a fault with the
 * code's word. */
struct issue_offline_lease_input {
    struct text request; /* the file's bytes */
};
struct offline_lease {
    struct text device;  /* dev_… */
    struct text licence; /* lic_… */
    int64_t expires_s;
    struct text file; /* the answer's bytes */
};
enum status issue_offline_lease(struct call *call, const struct issue_offline_lease_input *input,
                                struct offline_lease *out, struct fault *fault) MUST_CHECK;

/* In 30 days as many devices of a licence may be released as it has seats, and so many more. */
enum { RELEASES_BEYOND_SEATS = 2 };
#define RELEASES_WINDOW_US (INT64_C(30) * 86400 * 1000000)

/* Gives a device back: its seat stays taken until its last lease has ended. At most seats + 2 releases of a
 * licence in 30 days: fault "releases-exhausted". For the provider, the customer ("licences:write") or the
 * operator; at the device door, where the device itself has asked, as ACTOR_SYSTEM. `device` is dev_…. */
struct release_device_input {
    struct text device;
};
struct released_device {
    struct text device;
    int64_t seat_until_s;
};
enum status release_device(struct call *call, const struct release_device_input *input,
                           struct released_device *out, struct fault *fault) MUST_CHECK;

#endif
