#include "programme/devices/activate_device.h"

#include "core/time/date.h"
#include "programme/call/authorise.h"

#include <assert.h>
#include <string.h>

enum { SECOND_US = 1000000, DAY_S = 86400 };

/* A device that was there before, or is new, on its way to a seat. */
struct activating {
    const struct activation_request *request;
    bool is_offline;
    bool is_known;
    int64_t now_s;
    struct door_licence_row licence;
    struct lease_terms terms;
    struct device device;
    struct device_seen seen;
    int64_t dropped_device_id;
};

/* The device as it would be, on seat `seat`, before the one function that decides. */
static enum lease_code decide(const struct activating *activating, int32_t seat) {
    struct device_facts facts = {.licence_state = activating->licence.state,
                                 .suspender = activating->licence.suspender,
                                 .counted_seats = activating->licence.counted_seats,
                                 .device_state = DEVICE_ACTIVE,
                                 .seat = seat};
    return device_decide(&facts);
}

static enum status load_licence(struct call *call, struct activating *activating, bool *found,
                                struct fault *fault) {
    unsigned char hash[LICENCE_KEY_HASH_BYTES];
    licence_key_hash(call->secret, activating->request->key, hash);
    return door_licence_load_by_key(call->db, hash, &activating->licence, &activating->terms, found, fault);
}

static enum status load_device(struct call *call, struct activating *activating, struct fault *fault) {
    bool seen = false;
    enum status status = device_load_by_fingerprint(call->db, call->arena, activating->licence.id,
                                                    activating->request->fingerprint, &activating->device,
                                                    &activating->is_known, fault);
    if (status == STATUS_OK && activating->is_known) {
        status = device_seen_load(call->db, activating->device.id, &activating->seen, &seen, fault);
    }
    return status;
}

/* Its provider reads of it, and the device door, where another process has done it, reads it again. */
static enum status tell_dropped(struct call *call, const struct activating *activating, struct fault *fault) {
    char licence[IDENTIFIER_BYTES], device[IDENTIFIER_BYTES];
    identifier_encode(call->secret, IDENTIFIER_LICENCE, activating->licence.id, licence);
    identifier_encode(call->secret, IDENTIFIER_DEVICE, activating->dropped_device_id, device);
    enum status status = device_change_note(call->db, DEVICE_CHANGE_DEVICE, activating->dropped_device_id,
                                            call->now_us, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return audit_write(call, "device.drop", text_of(licence), activating->licence.provider_id,
                       text_format(call->arena, "%s, silent for too long", device), fault);
}

/* The seat that the device holds already, whoever looked for one in between; else a free one; else that of a
 * device which has been silent for long. 0 where there is none. */
static enum status find_seat(struct call *call, struct activating *activating, int32_t *seat,
                             struct fault *fault) {
    int32_t seats = activating->licence.counted_seats;
    if (activating->is_known && activating->device.seat >= 1 && activating->device.seat <= seats) {
        *seat = activating->device.seat;
        return STATUS_OK;
    }
    enum status status =
        device_free_seat(call->db, activating->licence.id, seats, activating->now_s, seat, fault);
    if (status != STATUS_OK || *seat > 0) {
        return status;
    }
    status = device_drop_silent(call->db, activating->licence.id, seats,
                                activating->now_s - activating->terms.silent_s, call->now_us,
                                &activating->dropped_device_id, fault);
    if (status == STATUS_OK && activating->dropped_device_id > 0) {
        status = tell_dropped(call, activating, fault);
    }
    if (status == STATUS_OK && activating->dropped_device_id > 0) {
        status = device_free_seat(call->db, activating->licence.id, seats, activating->now_s, seat, fault);
    }
    return status;
}

static bool is_same_key(const struct device *device, const struct activation_request *request) {
    return device->public_key.length == DEVICE_KEY_BYTES &&
           memcmp(device->public_key.at, request->device_key, DEVICE_KEY_BYTES) == 0;
}

static struct text copy_bytes(struct call *call, const unsigned char *bytes, size_t size_bytes) {
    return text_copy(call->arena, (struct text){(const char *)bytes, size_bytes});
}

/* The device as it is from now on. */
static void renew_device(struct call *call, struct activating *activating, int32_t seat) {
    const struct activation_request *request = activating->request;
    struct device *device = &activating->device;
    if (!activating->is_known) {
        *device =
            (struct device){.licence_id = activating->licence.id,
                            .fingerprint = copy_bytes(call, request->fingerprint, DEVICE_FINGERPRINT_BYTES),
                            .generation = 1};
    } else if (!is_same_key(device, request)) {
        device->generation++;
    }
    device->public_key = copy_bytes(call, request->device_key, DEVICE_KEY_BYTES);
    device->state = DEVICE_ACTIVE;
    device->seat = seat;
    device->seat_until_s = 0;
    if (request->name.length > 0 || !activating->is_known) {
        device->name = text_copy(call->arena, request->name);
    }
    device->is_offline = activating->is_offline;
    device->activated_at_us = call->now_us;
    device->released_at_us = 0;
    device->released_by = TEXT("");
}

/* A new chain. What an earlier lease promised it may still hold, so its end never goes back. */
static enum status renew_seen(struct call *call, struct activating *activating, struct fault *fault) {
    const struct activation_request *request = activating->request;
    struct device_seen *seen = &activating->seen;
    struct lease lease = {.code = LEASE_CODE_OK};
    lease_set_times(&lease, &activating->terms, activating->is_offline, activating->now_s, 0);
    seen->device_id = activating->device.id;
    seen->sequence = 0;
    seen->link = request->link;
    seen->seen_at_s = activating->now_s;
    if (lease.expires_s > seen->lease_expires_s) {
        seen->lease_expires_s = lease.expires_s;
    }
    if (!request->has_version && !request->has_components) {
        return STATUS_OK;
    }
    return device_profile_take(call->db, request->version, request->components, &seen->profile_id, fault);
}

static enum status write_audit(struct call *call, const struct activating *activating, struct fault *fault) {
    const struct device *device = &activating->device;
    char licence[IDENTIFIER_BYTES], identifier[IDENTIFIER_BYTES];
    identifier_encode(call->secret, IDENTIFIER_LICENCE, device->licence_id, licence);
    identifier_encode(call->secret, IDENTIFIER_DEVICE, device->id, identifier);
    return audit_write(call, "device.activate", text_of(licence), activating->licence.provider_id,
                       text_format(call->arena, "%s on seat %d%s%s%.*s", identifier, (int)device->seat,
                                   activating->is_offline ? ", by a file" : "",
                                   device->name.length > 0 ? ": " : "", TEXT_ARGS(device->name)),
                       fault);
}

static enum status save(struct call *call, struct activating *activating, int32_t seat, struct fault *fault) {
    renew_device(call, activating, seat);
    enum status status = activating->is_known ? device_update(call->db, &activating->device, fault)
                                              : device_insert(call->db, &activating->device, fault);
    if (status == STATUS_OK) {
        status = renew_seen(call, activating, fault);
    }
    if (status == STATUS_OK) {
        status = device_seen_begin(call->db, &activating->seen, fault);
    }
    if (status == STATUS_OK) {
        struct month month = date_month((struct date){(int32_t)(activating->now_s / DAY_S)});
        status = device_month_mark(call->db, month.index, activating->device.id, true, fault);
    }
    if (status == STATUS_OK && activating->is_offline) {
        status =
            device_change_note(call->db, DEVICE_CHANGE_DEVICE, activating->device.id, call->now_us, fault);
    }
    return status == STATUS_OK ? write_audit(call, activating, fault) : status;
}

enum status activate_device(struct call *call, const struct activation_request *request, bool is_offline,
                            struct activation *out, struct fault *fault) {
    assert(db_in_transaction(call->db));
    struct activating activating = {
        .request = request, .is_offline = is_offline, .now_s = call->now_us / SECOND_US};
    struct activation made = {.answer = LEASE_CODE_UNKNOWN_KEY};
    bool found = false;
    int32_t seat = 0;
    enum status status = load_licence(call, &activating, &found, fault);
    if (status == STATUS_OK && found) {
        made.licence = activating.licence;
        made.answer = decide(&activating, 1);
    }
    if (status != STATUS_OK || made.answer != LEASE_CODE_OK) {
        goto done;
    }
    status = load_device(call, &activating, fault);
    if (status == STATUS_OK) {
        status = find_seat(call, &activating, &seat, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    made.answer = decide(&activating, seat);
    if (made.answer == LEASE_CODE_OK) {
        status = save(call, &activating, seat, fault);
    }
    if (made.answer == LEASE_CODE_OK) {
        made.device = activating.device;
        made.seen = activating.seen;
        made.dropped_device_id = activating.dropped_device_id;
    }
done:
    if (status == STATUS_OK) {
        *out = made;
    }
    return status;
}
