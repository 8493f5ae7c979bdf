#include "programme/devices/activate_device.h"

#include "core/time/date.h"
#include "programme/call/authorise.h"

#include <assert.h>
#include <string.h>

enum { SECOND_US = 1000000, DAY_S = 86400 };

enum { ALWAYS_AT_ONCE = 30, SEAT_AT_ONCE = 2, DEVICE_AT_ONCE = 10 };
#define LICENCE_WINDOW_US (6 * INT64_C(3600000000))
#define DEVICE_WINDOW_US (DEVICE_AT_ONCE * INT64_C(1800000000))
static const char LICENCE_TOO_OFTEN_WORDS[] =
    "The licence was activated on too many machines, or too often, in the last hours. Try again later.";

/* A request that was made so long before the device was last activated is older by any clock that can be
 * right, whatever time zone somebody has set it in. */
enum { OLDER_S = DAY_S };
static const char OLDER_WORDS[] =
    "The member \"time\" should not be before the device's last activation. Make "
    "a new request, and look whether the machine's clock is right.";

/* A device that was there before, or is new, on its way to a seat. */
struct activating {
    const struct activation_request *request;
    bool is_offline;
    bool is_known;
    bool is_retry;
    const char *words;
    struct activation_paces *paces;
    int64_t wait_s;
    int64_t now_s;
    struct door_licence_row licence;
    struct lease_terms terms;
    struct device device;
    struct device_seen seen;
    int64_t dropped_device_id;
};

/* Asks the one function that decides, for the device as it would be on seat `seat`. */
static enum lease_code decide_on_seat(const struct activating *activating, int32_t seat) {
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
    TRY(device_load_by_fingerprint(call->db, call->arena, activating->licence.id,
                                   activating->request->fingerprint, &activating->device,
                                   &activating->is_known, fault));
    if (activating->is_known) {
        TRY(device_seen_load(call->db, activating->device.id, &activating->seen, &seen, fault));
    }
    return STATUS_OK;
}

/* The licence's provider reads of the dropped device in its trail. The device door reads the device again, as
 * another process may have dropped it. */
static enum status tell_dropped(struct call *call, const struct activating *activating, struct fault *fault) {
    char licence[IDENTIFIER_BYTES], device[IDENTIFIER_BYTES];
    identifier_encode(call->secret, IDENTIFIER_LICENCE, activating->licence.id, licence);
    identifier_encode(call->secret, IDENTIFIER_DEVICE, activating->dropped_device_id, device);
    TRY(device_change_note(call->db, DEVICE_CHANGE_DEVICE, activating->dropped_device_id, call->now_us,
                           fault));
    return audit_write(call, "device.drop", text_of(licence), activating->licence.provider_id,
                       text_format(call->arena, "%s, silent for too long", device), fault);
}

/* Finds the seat that the device holds already, whoever looked for one in between; else a free one; else that
 * of a device which has been silent for long. `*seat` is 0 where there is none. */
static enum status find_seat(struct call *call, struct activating *activating, int32_t *seat,
                             struct fault *fault) {
    int32_t seats = activating->licence.counted_seats;
    if (activating->is_known && activating->device.seat >= 1 && activating->device.seat <= seats) {
        *seat = activating->device.seat;
        return STATUS_OK;
    }
    TRY(device_free_seat(call->db, activating->licence.id, seats, activating->now_s, seat, fault));
    if (*seat > 0) {
        return STATUS_OK;
    }
    TRY(device_drop_silent(call->db, activating->licence.id, seats,
                           activating->now_s - activating->terms.silent_s, call->now_us,
                           &activating->dropped_device_id, fault));
    if (activating->dropped_device_id == 0) {
        return STATUS_OK;
    }
    TRY(tell_dropped(call, activating, fault));
    return device_free_seat(call->db, activating->licence.id, seats, activating->now_s, seat, fault);
}

static bool is_same_key(const struct device *device, const struct activation_request *request) {
    return device->public_key.length == DEVICE_KEY_BYTES &&
           memcmp(device->public_key.at, request->device_key, DEVICE_KEY_BYTES) == 0;
}

/* Whether the request was made before the one that last activated the device. The machine's own clock says
 * so, and ours does. A clock that stands before the licence was issued is wrong, and says nothing. */
static bool is_older(const struct activating *activating) {
    const struct device *device = &activating->device;
    int64_t time_s = activating->request->time_s;
    return time_s < device->asked_at_s && time_s < device->activated_at_us / SECOND_US - OLDER_S &&
           time_s >= activating->licence.issued_at_us / SECOND_US;
}

/* The key pair that the device has: the very same request once more is a retry until its device has checked
 * in, as its answer was lost. One with another link is that of a machine which was refused before, and asks
 * anew; its clock tells it from the one that was refused. */
static enum lease_code judge_same_key(struct activating *activating) {
    const struct device *device = &activating->device;
    if (device->state != DEVICE_ACTIVE) {
        return device->state == DEVICE_RELEASED ? LEASE_CODE_RELEASED : LEASE_CODE_DROPPED;
    }
    if (activating->seen.sequence != 0) {
        return LEASE_CODE_REPLACED;
    }
    activating->is_retry = activating->request->link == activating->seen.link;
    if (!activating->is_retry && activating->request->time_s < device->asked_at_s) {
        activating->words = OLDER_WORDS;
        return LEASE_CODE_REPLACED;
    }
    return LEASE_CODE_OK;
}

/* Says whether the request of a device that is known is one that may activate it. */
static enum status judge_request(struct call *call, struct activating *activating, enum lease_code *answer,
                                 struct fault *fault) {
    bool is_spent = false;
    *answer = LEASE_CODE_OK;
    if (!activating->is_known) {
        return STATUS_OK;
    }
    if (is_same_key(&activating->device, activating->request)) {
        *answer = judge_same_key(activating);
        return STATUS_OK;
    }
    TRY(device_key_is_spent(call->db, activating->device.id, activating->request->device_key, &is_spent,
                            fault));
    if (is_spent) {
        *answer = LEASE_CODE_REPLACED;
    } else if (is_older(activating)) {
        *answer = LEASE_CODE_REPLACED;
        activating->words = OLDER_WORDS;
    }
    return STATUS_OK;
}

struct pace_terms activation_pace_of_licence(int32_t seats) {
    return (struct pace_terms){ALWAYS_AT_ONCE + SEAT_AT_ONCE * (int64_t)seats, LICENCE_WINDOW_US};
}

struct pace_terms activation_pace_of_device(void) {
    return (struct pace_terms){DEVICE_AT_ONCE, DEVICE_WINDOW_US};
}

/* What an activation writes stays for ever, so that whoever has a licence key may not have it written without
 * end. False where the licence or the device has to wait. */
static bool may_activate_now(struct call *call, struct activating *activating) {
    struct activation_paces *paces = activating->paces;
    if (paces == NULL) {
        return true;
    }
    const struct pace_terms licence = activation_pace_of_licence(activating->licence.counted_seats);
    const struct pace_terms device = activation_pace_of_device();
    uint64_t licence_id = (uint64_t)activating->licence.id;
    uint64_t device_id = activating->is_known ? (uint64_t)activating->device.id : 0;
    int64_t wait_us = paces_wait_us(&paces->licences, licence_id, licence, call->now_us);
    activating->words = wait_us > 0 ? LICENCE_TOO_OFTEN_WORDS : NULL;
    if (wait_us == 0 && device_id != 0) {
        wait_us = paces_wait_us(&paces->devices, device_id, device, call->now_us);
    }
    activating->wait_s = (wait_us + SECOND_US - 1) / SECOND_US;
    if (wait_us > 0) {
        return false;
    }
    paces_take(&paces->licences, licence_id, licence, call->now_us);
    if (device_id != 0) {
        paces_take(&paces->devices, device_id, device, call->now_us);
    }
    return true;
}

static struct text copy_bytes(struct call *call, const unsigned char *bytes, size_t size_bytes) {
    return text_copy(call->arena, (struct text){(const char *)bytes, size_bytes});
}

/* Makes the device what it is from now on. */
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
    device->asked_at_s = request->time_s;
    device->released_at_us = 0;
    device->released_by = TEXT("");
}

/* Begins a new chain. An earlier lease may still be held, so the end of what was promised never goes back. */
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

static enum status save_activation(struct call *call, struct activating *activating, int32_t seat,
                                   struct fault *fault) {
    int64_t promised_s = activating->seen.lease_expires_s;
    if (activating->is_known && !is_same_key(&activating->device, activating->request)) {
        TRY(device_key_spend(call->db, &activating->device, fault));
    }
    renew_device(call, activating, seat);
    TRY(activating->is_known ? device_update(call->db, &activating->device, fault)
                             : device_insert(call->db, &activating->device, fault));
    TRY(renew_seen(call, activating, fault));
    assert(activating->seen.lease_expires_s >= promised_s);
    TRY(device_seen_begin(call->db, &activating->seen, fault));
    struct month month = date_month((struct date){(int32_t)(activating->now_s / DAY_S)});
    TRY(device_month_mark(call->db, month.index, activating->device.id, true, fault));
    if (activating->is_offline) {
        TRY(device_change_note(call->db, DEVICE_CHANGE_DEVICE, activating->device.id, call->now_us, fault));
    }
    return write_audit(call, activating, fault);
}

static enum status take_seat(struct call *call, struct activating *activating, enum lease_code *answer,
                             struct fault *fault) {
    int32_t seat = 0;
    TRY(load_device(call, activating, fault));
    TRY(judge_request(call, activating, answer, fault));
    if (*answer != LEASE_CODE_OK) {
        return STATUS_OK;
    }
    TRY(find_seat(call, activating, &seat, fault));
    *answer = decide_on_seat(activating, seat);
    if (*answer != LEASE_CODE_OK) {
        return STATUS_OK;
    }
    assert(seat >= 1 && seat <= activating->licence.counted_seats);
    /* A file promises a lease of its own each time. The door has answered already. */
    activating->is_retry = activating->is_retry && !activating->is_offline && seat == activating->device.seat;
    if (activating->is_retry) {
        return STATUS_OK;
    }
    if (!may_activate_now(call, activating)) {
        *answer = LEASE_CODE_TOO_OFTEN;
        return STATUS_OK;
    }
    return save_activation(call, activating, seat, fault);
}

enum status activate_device(struct call *call, const struct activation_request *request, bool is_offline,
                            struct activation_paces *paces, struct activation *out, struct fault *fault) {
    assert(db_in_transaction(call->db));
    struct activating activating = {
        .request = request, .is_offline = is_offline, .paces = paces, .now_s = call->now_us / SECOND_US};
    struct activation made = {.answer = LEASE_CODE_UNKNOWN_KEY};
    bool found = false;
    TRY(load_licence(call, &activating, &found, fault));
    if (found) {
        TRY(db_require_part(call->db, activating.licence.provider_id, fault));
        made.licence = activating.licence;
        made.answer = decide_on_seat(&activating, 1);
    }
    if (made.answer == LEASE_CODE_OK) {
        TRY(take_seat(call, &activating, &made.answer, fault));
        made.words = activating.words;
        made.wait_s = activating.wait_s;
    }
    if (made.answer == LEASE_CODE_OK) {
        made.device = activating.device;
        made.seen = activating.seen;
        made.is_retry = activating.is_retry;
        made.dropped_device_id = activating.dropped_device_id;
    }
    *out = made;
    return STATUS_OK;
}
