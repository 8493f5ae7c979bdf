/* A release frees a seat for another machine, but not before the last lease has ended, and not without end:
 * else one seat would do for everybody. */
#include "programme/devices/activate_device.h"

#include "programme/call/authorise.h"
#include "store/licensing/licences.h"

#include <assert.h>

static enum status unknown_device(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-device", "device", word,
                     "there is no such device; give its identifier (dev_…)");
}

/* The device and its licence, where the actor is the provider or the customer. */
static enum status find_to_release(struct call *call, struct text word, struct device *device,
                                   struct licence_row *licence, struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    word = text_trim(word);
    if (!identifier_decode(call->secret, IDENTIFIER_DEVICE, word, &id)) {
        return unknown_device(word, fault);
    }
    enum status status = device_load(call->db, call->arena, id, device, &found, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (!found) {
        return unknown_device(word, fault);
    }
    status = licence_load(call->db, call->arena, device->licence_id, licence, &found, fault);
    if (status != STATUS_OK) {
        return status;
    }
    assert(found);
    if (!actor_is(call, licence->licence.provider_id) && !actor_is(call, licence->licence.customer_id)) {
        return unknown_device(word, fault);
    }
    return require_any_right(call, RIGHT_LICENCES, fault);
}

static enum status check_release(const struct call *call, const struct device *device,
                                 const struct licence *licence, struct fault *fault) {
    if (device->state == DEVICE_DROPPED) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("dropped"),
                         "the device was dropped as silent, and holds no seat that it could give back");
    }
    int64_t count = 0;
    enum status status =
        device_count_releases(call->db, licence->id, call->now_us - RELEASES_WINDOW_US, &count, fault);
    int64_t limit = (int64_t)licence->seats + RELEASES_BEYOND_SEATS;
    if (status == STATUS_OK && count >= limit) {
        return fault_set(
            fault, STATUS_LIMITED, "releases-exhausted", "device", TEXT(""),
            "%lld devices of this licence were released in the last 30 days, and it may be %lld, "
            "two more than its seats",
            (long long)count, (long long)limit);
    }
    return status;
}

static enum status save_release(struct call *call, struct device *device, const struct licence *licence,
                                struct fault *fault) {
    struct device_seen seen = {0};
    bool found = false;
    enum status status = device_seen_load(call->db, device->id, &seen, &found, fault);
    device->state = DEVICE_RELEASED;
    device->seat_until_s = seen.lease_expires_s;
    device->released_at_us = call->now_us;
    device->released_by = call->actor.kind == ACTOR_SYSTEM ? TEXT("the device itself") : actor_text(call);
    if (status == STATUS_OK) {
        status = device_update(call->db, device, fault);
    }
    if (status == STATUS_OK) {
        status = device_release_note(call->db, device, call->now_us, fault);
    }
    if (status == STATUS_OK) {
        status = device_change_note(call->db, DEVICE_CHANGE_DEVICE, device->id, call->now_us, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    return audit_write(
        call, "device.release", identifier_text(call, IDENTIFIER_LICENCE, licence->id), licence->provider_id,
        text_format(call->arena, "%.*s from seat %d",
                    TEXT_ARGS(identifier_text(call, IDENTIFIER_DEVICE, device->id)), (int)device->seat),
        fault);
}

/* Once more is no other release. */
enum status release_device(struct call *call, const struct release_device_input *input,
                           struct released_device *out, struct fault *fault) {
    struct device device;
    struct licence_row licence;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_to_release(call, input->device, &device, &licence, fault);
    if (status == STATUS_OK && device.state != DEVICE_RELEASED) {
        status = check_release(call, &device, &licence.licence, fault);
        if (status == STATUS_OK) {
            status = save_release(call, &device, &licence.licence, fault);
        }
    }
    if (status == STATUS_OK) {
        *out = (struct released_device){.device = identifier_text(call, IDENTIFIER_DEVICE, device.id),
                                        .seat_until_s = device.seat_until_s};
    }
    return call_end(call, status, fault);
}
