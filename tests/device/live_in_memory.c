#include "live_in_memory.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

uint32_t live_in_memory_count = 1000;
void (*live_in_memory_prepare)(struct live *live) = NULL;
enum lease_code live_in_memory_code = LEASE_CODE_OK;
uint32_t live_in_memory_retried = 0;

struct live {
    struct live_options options;
    struct arena arena;
    uint32_t count;
    uint32_t room;
    struct live_licence *licences;
    struct live_device *devices;
    struct live_sku sku;
    struct key_set keys;
    struct live_job *first;
    struct live_job *last;
    int fd;
    struct live_counts counts;
};

struct live_licence *live_in_memory_licence(struct live *live, uint32_t licence) {
    return &live->licences[licence];
}

static void make_keys(struct live *live) {
    struct signing_key *key = &live->keys.active;
    live->keys.version = 1;
    live->keys.next_change_us = INT64_MAX;
    live->keys.keys_body = TEXT("{\"keys\":\"\"}");
    live->keys.jwks_body = TEXT("{\"keys\":[]}");
    crypto_sign_keypair(key->public_key, key->secret_key);
    signing_key_id(key->public_key, key->kid);
}

static void make_device(struct live *live, uint32_t id) {
    live->licences[id] = (struct live_licence){
        .id = id, .version = 1, .seats = 1, .counted_seats = 1, .state = LICENCE_ON, .sku = 0};
    struct live_device *device = &live->devices[id];
    *device = (struct live_device){.id = id,
                                   .licence = id,
                                   .seat = 1,
                                   .generation = 1,
                                   .state = DEVICE_ACTIVE,
                                   .lease_expires_s = UINT32_MAX};
    memset(device->fingerprint, (int)(id & 255), sizeof device->fingerprint);
}

enum status live_start(const struct live_options *options, struct live **live, struct fault *fault) {
    (void)fault;
    struct live *made = calloc(1, sizeof *made);
    assert(made != NULL);
    made->options = *options;
    made->count = live_in_memory_count;
    made->room = made->count + 1000;
    made->licences = calloc(made->room + 1, sizeof *made->licences);
    made->devices = calloc(made->room + 1, sizeof *made->devices);
    assert(made->licences != NULL && made->devices != NULL);
    for (uint32_t id = 1; id <= made->count; id++) {
        make_device(made, id);
    }
    struct text components[] = {TEXT("firewall"), TEXT("mail"), TEXT("web")};
    arena_init(&made->arena);
    made->sku = (struct live_sku){.id = 1,
                                  .opening = lease_open(&made->arena, TEXT("EDR-1"), components, 3),
                                  .terms = LEASE_TERMS_DEFAULT};
    make_keys(made);
    made->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (live_in_memory_prepare != NULL) {
        live_in_memory_prepare(made);
    }
    *live = made;
    return STATUS_OK;
}

void live_stop(struct live *live) {
    if (live == NULL) {
        return;
    }
    close(live->fd);
    arena_clean_up(&live->arena);
    free(live->licences);
    free(live->devices);
    free(live);
}

struct live_device *live_device_find(struct live *live, int64_t device_id) {
    return device_id >= 1 && device_id <= (int64_t)live->count ? &live->devices[device_id] : NULL;
}

const struct live_licence *live_licence(const struct live *live, uint32_t licence) {
    return &live->licences[licence];
}

const struct live_sku *live_sku(const struct live *live, uint32_t sku) {
    (void)sku;
    return &live->sku;
}

const struct key_set *live_keys(const struct live *live) {
    return &live->keys;
}

void live_prefetch(const struct live *live, int64_t device_id) {
    if (device_id >= 1 && device_id <= (int64_t)live->count) {
        __builtin_prefetch(&live->devices[device_id]);
        __builtin_prefetch((const char *)&live->devices[device_id] + 64);
    }
}

void live_prefetch_licence(const struct live *live, int64_t device_id) {
    (void)live;
    (void)device_id;
}

void live_mark(struct live *live, struct live_device *device, enum lease_code code) {
    device->flags |= (uint8_t)(LIVE_BEHIND | (code == LEASE_CODE_OK ? LIVE_LICENSED : LIVE_UNLICENSED));
    live->counts.behind++;
}

void live_mark_clone(struct live *live, struct live_device *device, int64_t now_s) {
    (void)now_s;
    device->flags |= LIVE_CLONE;
    live->counts.behind++;
}

bool live_report_profile(struct live *live, struct live_device *device, struct text version,
                         struct text components) {
    (void)live;
    (void)version;
    (void)components;
    device->profile = 1;
    return true;
}

void live_report_name(struct live *live, const struct live_device *device, struct text name) {
    (void)device;
    assert(name.length > 0 && name.length <= DEVICE_NAME_BYTES_MAX);
    live->counts.behind++;
}

bool live_is_silent(const struct live *live, const struct live_device *device, int64_t now_s) {
    return (int64_t)device->lease_expires_s + live->sku.terms.silent_s < now_s;
}

static void activate_for(struct live *live, struct live_job *job) {
    if (live_in_memory_retried != 0) {
        job->result_device_id = live_in_memory_retried;
        return;
    }
    assert(live->count < live->room);
    uint32_t id = ++live->count;
    make_device(live, id);
    memcpy(live->devices[id].fingerprint, job->request.fingerprint, DEVICE_FINGERPRINT_BYTES);
    live->devices[id].link = job->request.link;
    job->result_device_id = id;
}

bool live_push(struct live *live, struct live_job *job) {
    job->code = live_in_memory_code;
    if (job->code == LEASE_CODE_OK && job->kind == LIVE_ACTIVATE) {
        activate_for(live, job);
    } else if (job->code == LEASE_CODE_OK && job->kind == LIVE_RELEASE) {
        live->devices[job->device_id].state = DEVICE_RELEASED;
    } else if (job->code == LEASE_CODE_OK) {
        live->devices[job->device_id].seat = 1;
        live->devices[job->device_id].lease_expires_s = (uint32_t)(live->options.now_us() / 1000000);
    }
    if (job->kind != LIVE_ACTIVATE) {
        job->result_device_id = job->device_id;
    }
    job->next = NULL;
    if (live->last == NULL) {
        live->first = job;
    } else {
        live->last->next = job;
    }
    live->last = job;
    uint64_t one = 1;
    return write(live->fd, &one, sizeof one) == sizeof one;
}

void live_expect(struct live *live, size_t jobs) {
    (void)live;
    (void)jobs;
}

int live_fd(const struct live *live) {
    return live->fd;
}

struct live_job *live_turn(struct live *live) {
    uint64_t count;
    ssize_t had = read(live->fd, &count, sizeof count);
    assert(had == sizeof count);
    struct live_job *first = live->first;
    live->first = live->last = NULL;
    return first;
}

int64_t live_heartbeat_us(const struct live *live) {
    (void)live;
    return 0;
}

void live_count(const struct live *live, struct live_counts *counts) {
    *counts = live->counts;
    counts->licences = counts->devices = live->count;
}
