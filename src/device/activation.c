/* Activation: parsed and its signature verified here, written by the writer thread with others in one
 * transaction, answered when it is durable. Verifying takes as long as thirty check-ins, so a turn takes so
 * many and no more; the others are told to come again. */
#include "device/door_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum { IN_A_TURN_MAX = 64, WAITING_BYTES_MAX = 16 << 20 };

struct waiting_activation {
    struct waiting_activation *next;
    struct http_exchange *exchange;
    struct text body; /* behind the struct */
};

static void refuse(struct device_door *door, struct http_exchange *exchange, enum answer answer) {
    door->counters.activations[answer]++;
    door_refuse(door, exchange, answer);
}

static enum answer answer_of(const struct fault *fault) {
    for (int answer = 0; answer < ANSWER_COUNT; answer++) {
        if (strcmp(answer_row((enum answer)answer)->word, fault->code) == 0) {
            return (enum answer)answer;
        }
    }
    return ANSWER_MALFORMED_REQUEST;
}

static struct text copy_behind(char **at, struct text text) {
    struct text copy = {*at, text.length};
    if (text.length > 0) {
        memcpy(*at, text.at, text.length);
    }
    *at += text.length;
    return copy;
}

/* Into one piece of memory of its own size, as thousands may wait. */
static struct door_job *make_job(struct device_door *door, struct http_exchange *exchange,
                                 const struct activation_request *request) {
    size_t extra = request->name.length + request->version.length + request->components.length;
    struct door_job *job = door_job_make(door, exchange, LIVE_ACTIVATE, extra);
    char *at = (char *)(job + 1);
    job->live.request = *request;
    job->live.request.name = copy_behind(&at, request->name);
    job->live.request.version = copy_behind(&at, request->version);
    job->live.request.components = copy_behind(&at, request->components);
    job->time_s = request->time_s;
    return job;
}

static void verify_and_push(struct device_door *door, struct http_exchange *exchange, struct text body) {
    struct arena arena;
    arena_init(&arena);
    struct activation_request request;
    struct fault fault;
    if (activation_request_parse(&arena, body, &request, &fault) != STATUS_OK) {
        refuse(door, exchange, answer_of(&fault));
    } else {
        struct door_job *job = make_job(door, exchange, &request);
        if (!live_push(door->live, &job->live)) {
            door_job_free(door, job);
            refuse(door, exchange, ANSWER_BUSY);
        }
    }
    arena_clean_up(&arena);
}

/* Whether this turn may do another. */
static bool take_share(struct device_door *door) {
    int64_t turn_us = http_turn_began_us(door->http);
    if (door->activations_turn_us != turn_us) {
        door->activations_turn_us = turn_us;
        door->activations_this_turn = 0;
    }
    return door->activations_this_turn++ < IN_A_TURN_MAX;
}

static void keep_waiting(struct device_door *door, struct http_exchange *exchange, struct text body) {
    struct waiting_activation *waiting = calloc(1, sizeof *waiting + body.length);
    if (waiting == NULL) {
        abort();
    }
    char *at = (char *)(waiting + 1);
    waiting->exchange = exchange;
    waiting->body = copy_behind(&at, body);
    if (door->last_activation == NULL) {
        door->first_activation = waiting;
    } else {
        door->last_activation->next = waiting;
    }
    door->last_activation = waiting;
    door->activation_bytes += sizeof *waiting + body.length;
}

void activation_take(struct device_door *door, struct http_exchange *exchange, struct text body) {
    if (door->first_activation == NULL && take_share(door)) {
        verify_and_push(door, exchange, body);
    } else if (door->activation_bytes + body.length > WAITING_BYTES_MAX) {
        refuse(door, exchange, ANSWER_BUSY);
    } else {
        keep_waiting(door, exchange, body);
    }
}

static struct waiting_activation *take_first(struct device_door *door) {
    struct waiting_activation *waiting = door->first_activation;
    door->first_activation = waiting->next;
    if (waiting->next == NULL) {
        door->last_activation = NULL;
    }
    door->activation_bytes -= sizeof *waiting + waiting->body.length;
    return waiting;
}

void activation_take_waiting(struct device_door *door) {
    while (door->first_activation != NULL && take_share(door)) {
        struct waiting_activation *waiting = take_first(door);
        verify_and_push(door, waiting->exchange, waiting->body);
        free(waiting);
    }
    if (door->first_activation != NULL) {
        http_turn_by(door->http, 0);
    }
}

void activation_drop_waiting(struct device_door *door) {
    while (door->first_activation != NULL) {
        free(take_first(door));
    }
}

/* The writer has taken a seat for it; what is so now is the answer. */
void activation_finish_job(struct device_door *door, struct door_job *job) {
    struct live_device *device = NULL;
    enum answer answer = job->live.answer;
    if (answer == ANSWER_OK) {
        answer = door_find(door, job->live.result_device_id, &device);
    }
    if (answer != ANSWER_OK) {
        refuse(door, job->exchange, answer);
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
    if (lease.code == ANSWER_OK && (uint32_t)lease.expires_s > device->lease_expires_s) {
        device->lease_expires_s = (uint32_t)lease.expires_s;
        live_mark(door->live, device, ANSWER_OK);
    }
    door->counters.activations[lease.code]++;
    door_lease(door, job->exchange, &lease, device->id, device->generation);
}
