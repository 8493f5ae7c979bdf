/* Door job: a request whose answer the store decides, on its way through the live state's writer. */
#ifndef SEATMETER_DEVICE_DOOR_JOB_H
#define SEATMETER_DEVICE_DOOR_JOB_H

#include "device/live/live_job.h"
#include "http/http_handler.h"

/* A job is in the door's list while the loop owns it, so that none is lost at the end. */
struct door_job {
    struct live_job live; /* live.owner is the job */
    struct door_job *next;
    struct door_job *previous;
    struct http_exchange *exchange;
    struct check_in_request check_in; /* of a release or reseat: without its MAC */
    uint32_t generation;              /* of the device, as the credential was verified */
    int64_t time_s;                   /* the client's clock, of an activation */
};

/* A job with `extra` bytes behind it, in no list. It may be called on any thread; free() frees the job. */
struct door_job *door_job_make(enum live_job_kind kind, size_t extra);

/* Puts the job into the list. */
void door_job_list(struct door_job **jobs, struct door_job *job);
/* Takes the job out of the list and frees it. */
void door_job_free(struct door_job **jobs, struct door_job *job);
void door_job_free_all(struct door_job **jobs);

#endif
