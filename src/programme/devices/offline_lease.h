/* An activation by file: what the device door does in the open, for a machine that never reaches it. */
#ifndef SEATMETER_PROGRAMME_DEVICES_OFFLINE_LEASE_H
#define SEATMETER_PROGRAMME_DEVICES_OFFLINE_LEASE_H

#include "programme/call/call.h"

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

#endif
