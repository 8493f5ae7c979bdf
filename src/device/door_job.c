#include "device/door_job.h"

#include <assert.h>
#include <stdlib.h>

struct door_job *door_job_make(enum live_job_kind kind, size_t extra) {
    struct door_job *job = calloc(1, sizeof *job + extra);
    if (job == NULL) {
        abort();
    }
    job->live.owner = job;
    job->live.kind = kind;
    return job;
}

void door_job_list(struct door_job **jobs, struct door_job *job) {
    assert(job->previous == NULL && job->next == NULL);
    job->next = *jobs;
    if (*jobs != NULL) {
        (*jobs)->previous = job;
    }
    *jobs = job;
}

void door_job_free(struct door_job **jobs, struct door_job *job) {
    assert(job->previous != NULL || *jobs == job);
    if (job->previous == NULL) {
        *jobs = job->next;
    } else {
        job->previous->next = job->next;
    }
    if (job->next != NULL) {
        job->next->previous = job->previous;
    }
    free(job);
}

void door_job_free_all(struct door_job **jobs) {
    struct door_job *next;
    for (struct door_job *job = *jobs; job != NULL; job = next) {
        next = job->next;
        free(job);
    }
    *jobs = NULL;
}
