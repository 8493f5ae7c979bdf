#include "programme/devices/reseat_device.h"

#include "programme/call/authorise.h"
#include "programme/call/parts.h"

#include <assert.h>

static struct device_facts facts_of(const struct reseating *reseating) {
    return (struct device_facts){.licence_state = reseating->licence.state,
                                 .suspender = reseating->licence.suspender,
                                 .counted_seats = reseating->licence.counted_seats,
                                 .device_state = reseating->device.state,
                                 .seat = reseating->device.seat};
}

/* Takes the smallest free seat in place of the one beyond the licence's, or of none. */
static enum status take_seat(struct call *call, struct reseating *reseating, struct fault *fault) {
    int32_t seat = 0;
    TRY(device_free_seat(call->db, reseating->licence.id, reseating->licence.counted_seats,
                         call->now_us / 1000000, &seat, fault));
    if (seat == 0) {
        return STATUS_OK;
    }
    assert(seat <= reseating->licence.counted_seats);
    reseating->device.seat = seat;
    TRY(device_update(call->db, &reseating->device, fault));
    char device[IDENTIFIER_BYTES];
    identifier_encode(call->secret, IDENTIFIER_DEVICE, reseating->device.id, device);
    return audit_write(
        call, "device.reseat", identifier_text(call, IDENTIFIER_LICENCE, reseating->licence.id),
        reseating->licence.provider_id, text_format(call->arena, "%s on seat %d", device, (int)seat), fault);
}

/* Saves until when the door's next lease may run. */
static enum status promise_lease(struct call *call, struct reseating *reseating, struct fault *fault) {
    struct lease_terms terms;
    int64_t version = 0;
    TRY(lease_terms_load(call->db, reseating->licence.sku_id, &terms, &version, fault));
    int64_t until_s = call->now_us / 1000000 + terms.ttl_s + terms.grace_s;
    if (reseating->seen.lease_expires_s < until_s) {
        reseating->seen.lease_expires_s = until_s;
    }
    return device_seen_save(call->db, &reseating->seen, fault);
}

static enum status reseat_found(struct call *call, struct reseating *reseating, struct fault *fault) {
    bool found = false;
    TRY(db_require_part(call->db, reseating->licence.provider_id, fault));
    struct device_facts facts = facts_of(reseating);
    reseating->answer = device_decide(&facts);
    if (reseating->answer == LEASE_CODE_NO_SEAT_LEFT && reseating->device.state == DEVICE_ACTIVE) {
        TRY(take_seat(call, reseating, fault));
        facts = facts_of(reseating);
        reseating->answer = device_decide(&facts);
    }
    TRY(device_seen_load(call->db, reseating->device.id, &reseating->seen, &found, fault));
    if (reseating->answer == LEASE_CODE_OK && found) {
        TRY(promise_lease(call, reseating, fault));
    }
    return STATUS_OK;
}

static enum status do_reseat_device(struct call *call, const void *input, void *output, struct fault *fault) {
    const int64_t *device_id = input;
    struct reseating reseating = {.answer = LEASE_CODE_UNKNOWN_DEVICE};
    bool found = false;
    TRY(device_load(call->db, call->arena, *device_id, &reseating.device, &found, fault));
    if (found) {
        TRY(door_licence_load(call->db, reseating.device.licence_id, &reseating.licence, &found, fault));
    }
    if (found) {
        TRY(reseat_found(call, &reseating, fault));
    }
    *(struct reseating *)output = reseating;
    return STATUS_OK;
}

static enum status find_parts(struct call *call, const void *input, struct call_parts *parts,
                              struct fault *fault) {
    const int64_t *device_id = input;
    parts->devices = true;
    return parts_of_device(call, *device_id, &parts->provider_id, fault);
}

enum status reseat_device(struct call *call, int64_t device_id, struct reseating *out, struct fault *fault) {
    return call_run_parts(call, find_parts, do_reseat_device, &device_id, out, fault);
}
