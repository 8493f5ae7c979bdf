#include "live_door.h"

#include "programme/audit/audit_store.h"
#include "programme/call/authorise.h"
#include "programme/devices/activate_device.h"
#include "programme/devices/release_device.h"
#include "programme/licensing/issue_licence.h"

#include <poll.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

_Atomic int64_t door_now_us;

int64_t now_us(void) {
    return atomic_load(&door_now_us);
}

static void fill_random(struct random_source *source, void *bytes, size_t size_bytes) {
    (void)source;
    randombytes_buf(bytes, size_bytes);
}

static struct random_source machine_random = {fill_random};

int64_t machine_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the door ---- */

struct live_options options_of(struct world *world) {
    atomic_store(&door_now_us, world->now_us);
    return (struct live_options){.database_url = text_of(world->url),
                                 .secret = world->secret,
                                 .random = &machine_random,
                                 .now_us = now_us};
}

struct door *a_door(struct world *world) {
    struct door *door = calloc(1, sizeof *door);
    assert_non_null(door);
    door->world = world;
    struct live_options options = options_of(world);
    WORLD_OK(world, live_start(&options, &door->live, &world->fault));
    return door;
}

void close_door(struct door *door) {
    struct world *world = door->world;
    struct call call = world_call(world);
    struct audit_store_result result;
    live_stop(door->live);
    free(door);
    WORLD_OK(world, audit_store(&call, &result, &world->fault));
    for (size_t i = 0; i < result.count; i++) {
        print_error("%s: %s %s\n", result.violations[i].rule.at, result.violations[i].subject.at,
                    result.violations[i].message.at);
    }
    assert_int_equal(result.violation_total, 0);
}

void turn(struct door *door) {
    struct pollfd event = {.fd = live_fd(door->live), .events = POLLIN};
    (void)poll(&event, 1, 100);
    for (struct live_job *job = live_turn(door->live); job != NULL; job = job->next) {
        door->done++;
    }
}

static struct live_job *a_job(struct door *door, enum live_job_kind kind) {
    assert_true(door->job_count < JOBS_MAX);
    struct live_job *job = &door->jobs[door->job_count++];
    *job = (struct live_job){.kind = kind};
    return job;
}

void finish(struct door *door) {
    UNTIL(door, door->done == door->job_count);
}

struct live_job *ask_to_activate(struct door *door, struct text key, unsigned machine, unsigned pair) {
    struct live_job *job = a_job(door, LIVE_ACTIVATE);
    assert_int_equal(key.length, LICENCE_KEY_BYTES - 1);
    memcpy(job->request.key, key.at, key.length);
    memcpy(job->request.fingerprint, &machine, sizeof machine);
    memcpy(job->request.device_key, &pair, sizeof pair);
    job->request.link = 1000 + machine;
    job->request.name = TEXT("PC");
    assert_true(live_push(door->live, job));
    return job;
}

struct live_job *ask_for(struct door *door, enum live_job_kind kind, int64_t device_id) {
    struct live_job *job = a_job(door, kind);
    job->device_id = device_id;
    assert_true(live_push(door->live, job));
    return job;
}

struct live_device *an_active_device(struct door *door, struct text key, unsigned machine) {
    return an_enrolled_device(door, key, machine, machine);
}

struct live_device *an_enrolled_device(struct door *door, struct text key, unsigned machine, unsigned pair) {
    struct live_job *job = ask_to_activate(door, key, machine, pair);
    finish(door);
    assert_int_equal(job->code, LEASE_CODE_OK);
    struct live_device *device = live_device_find(door->live, job->result_device_id);
    assert_non_null(device);
    return device;
}

void check_in(struct door *door, struct live_device *device) {
    device->sequence++;
    device->link += 100000;
    device->seen_at_s = (uint32_t)(now_us() / 1000000);
    device->lease_expires_s = device->seen_at_s + 86400;
    live_mark(door->live, device, LEASE_CODE_OK);
}

enum lease_code decide(struct door *door, const struct live_device *device) {
    const struct live_licence *licence = live_licence(door->live, device->licence);
    assert_non_null(licence);
    return device_decide(&(struct device_facts){.licence_state = (enum licence_state)licence->state,
                                                .suspender = (enum suspender)licence->suspender,
                                                .counted_seats = licence->counted_seats,
                                                .device_state = (enum device_state)device->state,
                                                .seat = device->seat});
}

void wait_for_saves(struct door *door) {
    struct live_counts before;
    struct live_counts counts;
    live_count(door->live, &before);
    UNTIL(door, (live_count(door->live, &counts), counts.behind == 0 && counts.saved > before.saved));
}

/* ---- licences ---- */

struct keyed_licence a_keyed_licence(struct world *world, const char *sku, int64_t seats) {
    struct call call = world_call(world);
    struct issued_licences issued;
    struct issue_licence_input input = {
        .block = a_block_of(world, "P1", sku, seats), .customer = TEXT("C1"), .seats = seats};
    WORLD_OK(world, issue_licence(&call, &input, &issued, &world->fault));
    struct keyed_licence made = {issued.items[0].licence.identifier, issued.items[0].key, 0};
    assert_true(identifier_decode(world->secret, IDENTIFIER_LICENCE, made.identifier, &made.id));
    return made;
}

struct keyed_licence a_keyed_licence_on(struct world *world, const char *sku, int64_t seats) {
    struct keyed_licence made = a_keyed_licence(world, sku, seats);
    turn_on(world, made.identifier);
    return made;
}

void release_elsewhere(struct world *world, int64_t device_id) {
    struct call call = world_call(world);
    struct released_device released;
    struct release_device_input input = {identifier_text(&call, IDENTIFIER_DEVICE, device_id)};
    WORLD_OK(world, release_device(&call, &input, &released, &world->fault));
}

int64_t ask_of(struct world *world, const char *sql, int64_t id) {
    int64_t value = 0;
    WORLD_OK(world, db_query_int(world->db, sql, DB_ARGS(db_integer(id)), -1, &value, &world->fault));
    return value;
}
