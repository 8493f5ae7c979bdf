#include "programme/devices/release_device.h"

#include "programme/call/authorise.h"
#include "programme/call/parts.h"
#include "store/devices/devices.h"
#include "store/licensing/licences.h"

static enum status refuse_unknown_device(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-device", "device", word,
                     "There is no such device: give its identifier (dev_…).");
}

/* The device and its licence, where the actor is the provider or the customer. */
static enum status find_device_to_release(struct call *call, struct text word, struct device *device,
                                          struct licence *licence, struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    struct licence_row row;
    word = text_trim(word);
    if (!identifier_decode(call->secret, IDENTIFIER_DEVICE, word, &id)) {
        return refuse_unknown_device(word, fault);
    }
    TRY(device_load(call->db, call->arena, id, device, &found, fault));
    if (!found) {
        return refuse_unknown_device(word, fault);
    }
    TRY(licence_load(call->db, call->arena, device->licence_id, &row, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_INTERNAL, "device-without-licence", NULL, word,
                         "The store has no licence of this device: run seatmeter check.");
    }
    if (!actor_is(call, row.licence.provider_id) && !actor_is(call, row.licence.customer_id)) {
        return refuse_unknown_device(word, fault);
    }
    *licence = row.licence;
    return require_any_right(call, RIGHT_LICENCES, fault);
}

static enum status check_release(const struct call *call, const struct device *device,
                                 const struct licence *licence, struct fault *fault) {
    if (device->state == DEVICE_DROPPED) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("dropped"),
                         "The device was dropped as silent, and holds no seat that it could give back.");
    }
    int64_t count = 0;
    int64_t limit = (int64_t)licence->seats + RELEASES_BEYOND_SEATS;
    TRY(device_count_releases(call->db, licence->id, call->now_us - RELEASES_WINDOW_US, &count, fault));
    if (count < limit) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_LIMITED, "releases-exhausted", "device", TEXT(""),
                     "In 30 days %lld devices of this licence may be released, two more than its seats, and "
                     "%lld were.",
                     (long long)limit, (long long)count);
}

static enum status save_release(struct call *call, struct device *device, const struct licence *licence,
                                struct fault *fault) {
    struct device_seen seen = {0};
    bool found = false;
    TRY(device_seen_load(call->db, device->id, &seen, &found, fault));
    device->state = DEVICE_RELEASED;
    device->seat_until_s = seen.lease_expires_s;
    device->released_at_us = call->now_us;
    device->released_by = call->actor.kind == ACTOR_SYSTEM ? TEXT("the device itself") : actor_text(call);
    TRY(device_update(call->db, device, fault));
    TRY(device_release_note(call->db, device, call->now_us, fault));
    TRY(device_change_note(call->db, DEVICE_CHANGE_DEVICE, device->id, call->now_us, fault));
    return audit_write(
        call, "device.release", identifier_text(call, IDENTIFIER_LICENCE, licence->id), licence->provider_id,
        text_format(call->arena, "%.*s from seat %d",
                    TEXT_ARGS(identifier_text(call, IDENTIFIER_DEVICE, device->id)), (int)device->seat),
        fault);
}

/* A device that was released already is not released once more. */
static enum status do_release_device(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct release_device_input *release = input;
    struct device device = {0};
    struct licence licence = {0};
    TRY(find_device_to_release(call, release->device, &device, &licence, fault));
    TRY(db_require_part(call->db, licence.provider_id, fault));
    if (device.state != DEVICE_RELEASED) {
        TRY(check_release(call, &device, &licence, fault));
        TRY(save_release(call, &device, &licence, fault));
    }
    *(struct released_device *)output = (struct released_device){
        .device = identifier_text(call, IDENTIFIER_DEVICE, device.id), .seat_until_s = device.seat_until_s};
    return STATUS_OK;
}

static enum status find_parts(struct call *call, const void *input, struct call_parts *parts,
                              struct fault *fault) {
    const struct release_device_input *release = input;
    int64_t id = 0;
    parts->devices = true;
    return identifier_decode(call->secret, IDENTIFIER_DEVICE, text_trim(release->device), &id)
               ? parts_of_device(call, id, &parts->provider_id, fault)
               : STATUS_OK;
}

enum status release_device(struct call *call, const struct release_device_input *input,
                           struct released_device *out, struct fault *fault) {
    return call_run_parts(call, find_parts, do_release_device, input, out, fault);
}
