#include "device/activation.h"

#include "device/verifiers.h"

static void refuse_activation(struct device_door *door, struct http_exchange *exchange, enum lease_code code,
                              const char *words) {
    door->counters.activations[code]++;
    door_refuse_saying(door, exchange, code, words);
}

void activation_take(struct device_door *door, struct http_exchange *exchange, struct text body) {
    if (!verifiers_push(door->verifiers, exchange, body)) {
        refuse_activation(door, exchange, LEASE_CODE_BUSY, NULL);
    }
}

void activation_take_verified(void *context) {
    struct device_door *door = context;
    struct live_job *next;
    size_t under_way = 0;
    struct door_job *first = verifiers_take(door->verifiers, &under_way);
    for (struct live_job *live = first == NULL ? NULL : &first->live; live != NULL; live = next) {
        next = live->next;
        struct door_job *job = live->owner;
        door_job_list(&door->jobs, job);
        enum lease_code code = live->code;
        if (code == LEASE_CODE_OK && !live_push(door->live, live)) {
            code = LEASE_CODE_BUSY;
        }
        if (code != LEASE_CODE_OK) {
            refuse_activation(door, job->exchange, code, live->words);
            door_job_free(&door->jobs, job);
        }
    }
    live_expect(door->live, under_way);
}

/* The writer has taken a seat for it. The answer is what holds now, in memory. */
void activation_finish_job(struct device_door *door, struct door_job *job) {
    struct live_device *device = NULL;
    enum lease_code code = job->live.code;
    if (code == LEASE_CODE_OK) {
        code = door_find(door, job->live.result_device_id, &device);
    }
    /* The device has checked in since, or was activated again in the same round: the request is spent. */
    if (code == LEASE_CODE_OK && (device->sequence != 0 || device->link != job->live.request.link)) {
        code = LEASE_CODE_REPLACED;
    }
    if (code != LEASE_CODE_OK) {
        door->counters.activations[code]++;
        door_refuse_for(door, job->exchange, code, job->live.words, job->live.wait_s);
        return;
    }
    int64_t now_s = door_now_s(door);
    struct device_facts facts;
    door_facts(door, device, &facts);
    struct lease lease = {.code = device_decide(&facts),
                          .sequence = 0,
                          .link = job->live.request.link,
                          .advise_clock = door_clock_is_off(job->time_s, now_s)};
    door_fill_lease(door, device, &lease);
    lease_set_times(&lease, door_terms(door, device), false, now_s, (int64_t)device->lease_expires_s);
    if (lease.code == LEASE_CODE_OK && (uint32_t)lease.expires_s > device->lease_expires_s) {
        device->lease_expires_s = (uint32_t)lease.expires_s;
        live_mark(door->live, device, LEASE_CODE_OK);
    }
    door->counters.activations[lease.code]++;
    door_lease(door, job->exchange, &lease, device->id, device->generation);
}
