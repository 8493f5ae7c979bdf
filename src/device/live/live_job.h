/* Live job: work that the loop gives to the writer, as only the store can decide it. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_JOB_H
#define SEATMETER_DEVICE_LIVE_LIVE_JOB_H

#include "core/licence/decision.h"
#include "core/licence/device_request.h"
#include "store/devices/devices.h"

#include <stdint.h>

/* Work for the writer. It lives in the loop's memory until it comes back from live_turn.
 * LIVE_RESEAT is for a device that has no seat within its licence's seats, or is silent: it keeps its seat or
 * gets the smallest free one. */
enum live_job_kind { LIVE_ACTIVATE, LIVE_RELEASE, LIVE_RESEAT };
struct live_job {
    struct live_job *next;
    void *owner; /* the loop's: the connection that waits */
    enum live_job_kind kind;
    struct activation_request request; /* of LIVE_ACTIVATE; its texts live as long as the job */
    int64_t device_id;                 /* of the others */
    /* set when it comes back */
    enum lease_code code;     /* BUSY and INTERNAL: nothing has happened */
    int64_t result_device_id; /* found by live_device_find by then; 0: none */
    int64_t licence_id;       /* 0: not known */
    int64_t wait_s;           /* of LEASE_CODE_TOO_OFTEN: until then it is no use to ask again */
    const char *words;        /* what a refusal says instead of its code's words; NULL: nothing else */
    /* live's own, in between */
    struct device_seen seen;
    int64_t changes;
};

#endif
