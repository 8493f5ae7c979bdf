#include "programme/devices/reseat_device.h"

#include "programme/call/authorise.h"

static struct device_facts facts_of(const struct reseating *reseating) {
    return (struct device_facts){.licence_state = reseating->licence.state,
                                 .suspender = reseating->licence.suspender,
                                 .counted_seats = reseating->licence.counted_seats,
                                 .device_state = reseating->device.state,
                                 .seat = reseating->device.seat};
}

/* The smallest free seat in place of the one beyond the licence's, or of none. */
static enum status take_seat(struct call *call, struct reseating *reseating, struct fault *fault) {
    int32_t seat = 0;
    enum status status = device_free_seat(call->db, reseating->licence.id, reseating->licence.counted_seats,
                                          call->now_us / 1000000, &seat, fault);
    if (status != STATUS_OK || seat == 0) {
        return status;
    }
    reseating->device.seat = seat;
    status = device_update(call->db, &reseating->device, fault);
    if (status != STATUS_OK) {
        return status;
    }
    char device[IDENTIFIER_BYTES];
    identifier_encode(call->secret, IDENTIFIER_DEVICE, reseating->device.id, device);
    return audit_write(
        call, "device.reseat", identifier_text(call, IDENTIFIER_LICENCE, reseating->licence.id),
        reseating->licence.provider_id, text_format(call->arena, "%s on seat %d", device, (int)seat), fault);
}

/* The door's next lease may run so long. */
static enum status promise(struct call *call, struct reseating *reseating, struct fault *fault) {
    struct lease_terms terms;
    int64_t version = 0;
    enum status status = lease_terms_load(call->db, reseating->licence.sku_id, &terms, &version, fault);
    if (status != STATUS_OK) {
        return status;
    }
    int64_t until_s = call->now_us / 1000000 + terms.ttl_s + terms.grace_s;
    if (reseating->seen.lease_expires_s < until_s) {
        reseating->seen.lease_expires_s = until_s;
    }
    return device_seen_save(call->db, &reseating->seen, fault);
}

static enum status reseat(struct call *call, struct reseating *reseating, struct fault *fault) {
    bool found = false;
    struct device_facts facts = facts_of(reseating);
    reseating->answer = device_decide(&facts);
    enum status status = STATUS_OK;
    if (reseating->answer == LEASE_CODE_NO_SEAT_LEFT && reseating->device.state == DEVICE_ACTIVE) {
        status = take_seat(call, reseating, fault);
        facts = facts_of(reseating);
        reseating->answer = device_decide(&facts);
    }
    if (status == STATUS_OK) {
        status = device_seen_load(call->db, reseating->device.id, &reseating->seen, &found, fault);
    }
    if (status == STATUS_OK && reseating->answer == LEASE_CODE_OK && found) {
        status = promise(call, reseating, fault);
    }
    return status;
}

enum status reseat_device(struct call *call, int64_t device_id, struct reseating *out, struct fault *fault) {
    struct reseating reseating = {.answer = LEASE_CODE_UNKNOWN_DEVICE};
    bool found = false;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = device_load(call->db, call->arena, device_id, &reseating.device, &found, fault);
    if (status == STATUS_OK && found) {
        status = door_licence_load(call->db, reseating.device.licence_id, &reseating.licence, &found, fault);
    }
    if (status == STATUS_OK && found) {
        status = reseat(call, &reseating, fault);
    }
    if (status == STATUS_OK) {
        *out = reseating;
    }
    return call_end(call, status, fault);
}
