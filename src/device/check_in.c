#include "device/check_in.h"

#include <string.h>

enum {
    BUCKET_MAX = 30,   /* check-ins at once */
    BUCKET_LEAK_S = 1, /* and one more after so long */
    OLD_GENERATIONS_MAX = 8,
    LICENCES_AHEAD = 4 /* their devices' memory is there by then */
};

/* How a request continues its device's chain. */
enum link_kind { LINK_NEXT, LINK_RETRY, LINK_AHEAD, LINK_FOREIGN };

void check_in_take(struct device_door *door, struct http_exchange *exchange, struct text body,
                   bool is_release) {
    if (door->pending_count == door->batch_max) {
        check_in_decide_pending(door);
    }
    struct pending_check_in *pending = &door->pending[door->pending_count];
    if (!check_in_request_parse(body, &pending->request) || pending->request.is_release != is_release) {
        door->counters.check_ins[LEASE_CODE_MALFORMED_REQUEST]++;
        door_refuse(door, exchange, LEASE_CODE_MALFORMED_REQUEST);
        return;
    }
    if (!identifier_decode(door->options->secret, IDENTIFIER_DEVICE, pending->request.device,
                           &pending->device_id)) {
        door->counters.check_ins[LEASE_CODE_UNKNOWN_DEVICE]++;
        door_refuse(door, exchange, LEASE_CODE_UNKNOWN_DEVICE);
        return;
    }
    pending->exchange = exchange;
    live_prefetch(door->live, pending->device_id);
    door->pending_count++;
}

/* The credential of this generation, or of one before it; false where it is none of the device's. */
static bool verify(const struct device_door *door, const struct live_device *device,
                   const struct check_in_request *request, bool *is_replaced) {
    uint32_t oldest = device->generation > OLD_GENERATIONS_MAX ? device->generation - OLD_GENERATIONS_MAX : 1;
    for (uint32_t generation = device->generation; generation >= oldest; generation--) {
        if (door_mac_is(door, device->id, generation, request->signed_part, request->mac)) {
            *is_replaced = generation != device->generation;
            return true;
        }
    }
    return false;
}

/* A leaky bucket of the device's own, so that others at its address do not pay for it. */
static bool take_from_bucket(struct live_device *device, int64_t now_s) {
    int64_t since_s = now_s - (int64_t)device->seen_at_s;
    int64_t leaked = since_s > 0 ? since_s / BUCKET_LEAK_S : 0;
    int64_t filled = device->bucket > leaked ? device->bucket - leaked : 0;
    if (filled >= BUCKET_MAX) {
        return false;
    }
    device->bucket = (uint8_t)(filled + 1);
    return true;
}

static enum link_kind link_of(const struct live_device *device, const struct check_in_request *request) {
    if (request->sequence == device->sequence && request->link == device->link) {
        return LINK_RETRY;
    }
    if (request->sequence == (int64_t)device->sequence + 1 && request->previous == device->link) {
        return LINK_NEXT;
    }
    bool may_be_ahead = (device->flags & LIVE_UNSETTLED) != 0 && request->sequence > device->sequence;
    return may_be_ahead ? LINK_AHEAD : LINK_FOREIGN;
}

/* A device without a working seat, or silent for so long that its seat may be gone, is the store's to decide.
 */
static bool needs_the_store(const struct device_door *door, const struct live_device *device,
                            enum lease_code code, int64_t now_s) {
    if (code == LEASE_CODE_NO_SEAT_LEFT) {
        return true;
    }
    return code == LEASE_CODE_OK && live_is_silent(door->live, device, now_s);
}

/* The job keeps the request, with its texts behind it, as the turn's bytes go. */
static bool push_job(struct device_door *door, struct http_exchange *exchange, enum live_job_kind kind,
                     const struct live_device *device, const struct check_in_request *request) {
    size_t version_bytes = request->version.length;
    size_t components_bytes = request->components.length;
    struct door_job *job = door_job_make(kind, version_bytes + components_bytes);
    char *texts = (char *)(job + 1);
    door_job_list(&door->jobs, job);
    job->exchange = exchange;
    job->live.device_id = device->id;
    job->generation = device->generation;
    job->check_in = *request;
    job->check_in.device = job->check_in.signed_part = TEXT("");
    if (version_bytes > 0) {
        memcpy(texts, request->version.at, version_bytes);
    }
    if (components_bytes > 0) {
        memcpy(texts + version_bytes, request->components.at, components_bytes);
    }
    job->check_in.version = (struct text){texts, version_bytes};
    job->check_in.components = (struct text){texts + version_bytes, components_bytes};
    if (!live_push(door->live, &job->live)) {
        door_job_free(&door->jobs, job);
        return false;
    }
    return true;
}

static void report_profile(struct device_door *door, struct live_device *device,
                           const struct check_in_request *request) {
    struct arena arena;
    arena_init(&arena);
    struct text version;
    struct text components;
    if (device_version_canonical(&arena, request->version, &version) &&
        device_components_canonical(&arena, request->components, &components)) {
        (void)live_report_profile(door->live, device, version, components);
    }
    arena_clean_up(&arena);
}

/* The chain goes on from here. */
static void advance(struct device_door *door, struct live_device *device,
                    const struct check_in_request *request, enum link_kind kind, enum lease_code code,
                    int64_t now_s) {
    door->counters.retries += kind == LINK_RETRY;
    door->counters.believed += kind == LINK_AHEAD;
    device->flags &= (uint8_t)~LIVE_UNSETTLED;
    device->sequence = (int32_t)request->sequence;
    device->link = request->link;
    device->seen_at_s = (uint32_t)now_s;
    live_mark(door->live, device, code);
    if (request->has_version) {
        report_profile(door, device, request);
    }
}

static bool is_about_the_device(enum lease_code code) {
    return code == LEASE_CODE_CLONE_SEEN || code == LEASE_CODE_REPLACED || code == LEASE_CODE_RELEASED;
}

/* The answer to a verified request. `may_ask` is false once the store has been asked. */
static void conclude(struct device_door *door, struct http_exchange *exchange, struct live_device *device,
                     const struct check_in_request *request, bool is_replaced, bool may_ask, int64_t now_s) {
    enum link_kind kind = is_replaced ? LINK_FOREIGN : link_of(device, request);
    struct device_facts facts;
    door_facts(door, device, &facts);
    facts.is_replaced = is_replaced;
    facts.is_clone = !is_replaced && kind == LINK_FOREIGN;
    enum lease_code code = device_decide(&facts);
    bool is_to_release = request->is_release && may_ask && device->state == DEVICE_ACTIVE &&
                         !facts.is_replaced && !facts.is_clone;
    if (is_to_release || (may_ask && !request->is_release && needs_the_store(door, device, code, now_s))) {
        enum live_job_kind job = is_to_release ? LIVE_RELEASE : LIVE_RESEAT;
        if (!push_job(door, exchange, job, device, request)) {
            door->counters.check_ins[LEASE_CODE_BUSY]++;
            door_refuse(door, exchange, LEASE_CODE_BUSY);
        }
        return;
    }
    struct lease lease = {.code = code,
                          .sequence = request->sequence,
                          .link = request->link,
                          .advise_clock = door_clock_is_off(request->time_s, now_s)};
    door_fill_lease(door, device, &lease);
    if (identifier_is_canonical(request->device)) {
        lease.device = request->device;
    }
    int64_t promised_s = is_about_the_device(code) ? now_s : (int64_t)device->lease_expires_s;
    lease_set_times(&lease, door_terms(door, device), false, now_s, promised_s);
    /* an offline lease, or one of longer terms, may promise more than this one */
    if (code == LEASE_CODE_OK && lease.expires_s > (int64_t)device->lease_expires_s) {
        device->lease_expires_s = (uint32_t)lease.expires_s;
    }
    if (facts.is_clone) {
        device->seen_at_s =
            (uint32_t)now_s; /* the bucket's clock: a copy asks no oftener than the device may */
        live_mark_clone(door->live, device, now_s);
    } else if (!is_replaced) {
        advance(door, device, request, kind, code, now_s);
    }
    door->counters.check_ins[code]++;
    door_lease(door, exchange, &lease, 0, 0);
}

static void decide(struct device_door *door, const struct pending_check_in *pending, int64_t now_s) {
    struct live_device *device = NULL;
    bool is_replaced = false;
    enum lease_code refusal = door_find(door, pending->device_id, &device);
    if (refusal != LEASE_CODE_OK) {
        /* nothing to verify it against */
    } else if (!verify(door, device, &pending->request, &is_replaced)) {
        refusal = LEASE_CODE_CREDENTIAL_WRONG;
    } else if (!is_replaced && !take_from_bucket(device, now_s)) {
        refusal = LEASE_CODE_TOO_OFTEN;
    }
    if (refusal != LEASE_CODE_OK) {
        door->counters.check_ins[refusal]++;
        door_refuse(door, pending->exchange, refusal);
        return;
    }
    conclude(door, pending->exchange, device, &pending->request, is_replaced, true, now_s);
}

void check_in_decide_pending(struct device_door *door) {
    size_t count = door->pending_count;
    int64_t now_s = count > 0 ? door_now_s(door) : 0;
    for (size_t i = 0; i < count; i++) {
        if (i + LICENCES_AHEAD < count) {
            live_prefetch_licence(door->live, door->pending[i + LICENCES_AHEAD].device_id);
        }
        decide(door, &door->pending[i], now_s);
    }
    door->pending_count = 0;
}

/* The writer has released the device, or looked for a seat for it: what is so now is the answer. */
void check_in_finish_job(struct device_door *door, struct door_job *job) {
    struct live_device *device = NULL;
    enum lease_code found = door_find(door, job->live.device_id, &device);
    enum lease_code code = found == LEASE_CODE_OK ? job->live.code : found;
    bool is_refused = code == LEASE_CODE_BUSY || code == LEASE_CODE_INTERNAL ||
                      code == LEASE_CODE_RELEASES_EXHAUSTED || code == LEASE_CODE_UNKNOWN_DEVICE;
    if (is_refused) {
        door->counters.check_ins[code]++;
        door_refuse(door, job->exchange, code);
        return;
    }
    conclude(door, job->exchange, device, &job->check_in, device->generation != job->generation, false,
             door_now_s(door));
}
