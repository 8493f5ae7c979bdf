#include "device/check_in.h"

#include <assert.h>
#include <string.h>

enum {
    BUCKET_MAX = 30,   /* check-ins that a device may send at once */
    BUCKET_LEAK_S = 1, /* and one more after each so long */
    OLD_GENERATIONS_MAX = 8,
    LICENCES_AHEAD = 4 /* the memory of their devices is there by then */
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

/* Whether the request is signed with the device's credential of this generation, or of one before it
 * (`*is_replaced`). */
static bool verify_credential(const struct device_door *door, const struct live_device *device,
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

/* A leaky bucket. Where the clock went back, nobody can say how much has leaked: it is empty then, so that
 * nobody waits for a time that has already been. */
static bool take_from_bucket(uint8_t *bucket, int64_t since_s) {
    int64_t leaked = since_s >= 0 ? since_s / BUCKET_LEAK_S : BUCKET_MAX;
    int64_t filled = *bucket > leaked ? *bucket - leaked : 0;
    if (filled >= BUCKET_MAX) {
        return false;
    }
    *bucket = (uint8_t)(filled + 1);
    assert(*bucket <= BUCKET_MAX);
    return true;
}

/* Each device has a bucket of its own, so that others at its address do not pay for it. A credential that was
 * replaced has another one, as its holder must not use up what the device may. */
static bool may_ask_now(struct device_door *door, struct live_device *device, bool is_replaced,
                        int64_t now_s) {
    if (!is_replaced) {
        return take_from_bucket(&device->bucket, now_s - (int64_t)device->seen_at_s);
    }
    struct replaced_bucket *bucket = &door->replaced[(uint64_t)device->id % REPLACED_BUCKETS];
    if (!take_from_bucket(&bucket->filled, now_s - bucket->seen_at_s)) {
        return false;
    }
    bucket->seen_at_s = now_s;
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

/* Whether the store decides: about a device without a working seat, and about one that has been silent for so
 * long that its seat may be gone. */
static bool needs_the_store(const struct device_door *door, const struct live_device *device,
                            enum lease_code code, int64_t now_s) {
    if (code == LEASE_CODE_NO_SEAT_LEFT) {
        return true;
    }
    return code == LEASE_CODE_OK && live_is_silent(door->live, device, now_s);
}

/* Gives a job to the writer. The job keeps the request with its texts behind it, as the turn's bytes go. */
static bool push_job(struct device_door *door, struct http_exchange *exchange, enum live_job_kind kind,
                     const struct live_device *device, const struct check_in_request *request) {
    size_t version_bytes = request->version.length;
    size_t components_bytes = request->components.length;
    size_t name_bytes = request->name.length;
    struct door_job *job = door_job_make(kind, version_bytes + components_bytes + name_bytes);
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
    if (name_bytes > 0) {
        memcpy(texts + version_bytes + components_bytes, request->name.at, name_bytes);
    }
    job->check_in.name = (struct text){texts + version_bytes + components_bytes, name_bytes};
    job->check_in.version = (struct text){texts, version_bytes};
    job->check_in.components = (struct text){texts + version_bytes, components_bytes};
    if (!live_push(door->live, &job->live)) {
        door_job_free(&door->jobs, job);
        return false;
    }
    return true;
}

/* A renamed machine is renamed at its provider. A name that cannot be is left out, as a profile is. */
static void report_name(struct device_door *door, const struct live_device *device,
                        const struct check_in_request *request) {
    struct arena arena;
    arena_init(&arena);
    struct text name;
    if (device_name_canonical(&arena, request->name, &name) && name.length > 0) {
        live_report_name(door->live, device, name);
    }
    arena_clean_up(&arena);
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

/* The chain goes on from this request. */
static void advance_chain(struct device_door *door, struct live_device *device,
                          const struct check_in_request *request, enum link_kind kind, enum lease_code code,
                          int64_t now_s) {
    door->counters.retries += kind == LINK_RETRY;
    door->counters.believed += kind == LINK_AHEAD;
    device->flags &= (uint8_t)~LIVE_UNSETTLED;
    device->sequence = (int32_t)request->sequence;
    device->link = request->link;
    device->seen_at_s = (uint32_t)now_s;
    assert(link_of(device, request) == LINK_RETRY); /* from now on it would be the last request once more */
    live_mark(door->live, device, code);
    if (request->has_version) {
        report_profile(door, device, request);
    }
    if (request->name.length > 0) {
        report_name(door, device, request);
    }
}

/* A copy, and a device that gives itself back, end at once. One that is displaced, by a machine with the same
 * identity or by the machine itself, has been promised the lease that it holds. */
static bool ends_at_once(enum lease_code code) {
    return code == LEASE_CODE_CLONE_SEEN || code == LEASE_CODE_RELEASED;
}

/* Until when a displaced machine was promised to work. A door that has started since knows that no lease of
 * its was given after the activation that displaced it. */
static int64_t displaced_until_s(const struct device_door *door, const struct live_device *device) {
    if (device->displaced_until_s != 0) {
        return device->displaced_until_s;
    }
    const struct lease_terms *terms = door_terms(door, device);
    int64_t latest_s = device->activated_at_us / 1000000 + terms->ttl_s + terms->grace_s;
    return latest_s < (int64_t)device->lease_expires_s ? latest_s : (int64_t)device->lease_expires_s;
}

/* A verified request, and what is known of it so far. */
struct verified_check_in {
    struct http_exchange *exchange;
    struct live_device *device;
    const struct check_in_request *request;
    bool is_replaced; /* its credential is of an older generation */
    bool may_ask;     /* the store has not been asked yet */
};

/* Gives the store what it decides. False where nothing is for the store. */
static bool ask_store(struct device_door *door, const struct verified_check_in *verified,
                      enum lease_code code, bool is_foreign, int64_t now_s) {
    const struct live_device *device = verified->device;
    if (!verified->may_ask) {
        return false;
    }
    bool is_to_release = verified->request->is_release && device->state == DEVICE_ACTIVE && !is_foreign;
    bool is_to_reseat = !verified->request->is_release && needs_the_store(door, device, code, now_s);
    if (!is_to_release && !is_to_reseat) {
        return false;
    }
    enum live_job_kind kind = is_to_release ? LIVE_RELEASE : LIVE_RESEAT;
    if (!push_job(door, verified->exchange, kind, device, verified->request)) {
        door->counters.check_ins[LEASE_CODE_BUSY]++;
        door_refuse(door, verified->exchange, LEASE_CODE_BUSY);
    }
    return true;
}

/* Makes the lease that answers, and has the device remember what it promises. */
static struct lease make_lease(const struct device_door *door, const struct verified_check_in *verified,
                               enum lease_code code, int64_t now_s) {
    struct live_device *device = verified->device;
    const struct check_in_request *request = verified->request;
    struct lease lease = {.code = code,
                          .sequence = request->sequence,
                          .link = request->link,
                          .advise_clock = door_clock_is_off(request->time_s, now_s)};
    door_fill_lease(door, device, &lease);
    if (identifier_is_canonical(request->device)) {
        lease.device = request->device;
    }
    int64_t promised_s = verified->is_replaced ? displaced_until_s(door, device)
                         : ends_at_once(code)  ? now_s
                                               : (int64_t)device->lease_expires_s;
    lease_set_times(&lease, door_terms(door, device), false, now_s, promised_s);
    /* an offline lease, or one of longer terms, may have promised more than this one (D7) */
    if (code == LEASE_CODE_OK && lease.expires_s > (int64_t)device->lease_expires_s) {
        device->lease_expires_s = (uint32_t)lease.expires_s;
    }
    return lease;
}

static void conclude_check_in(struct device_door *door, const struct verified_check_in *verified,
                              int64_t now_s) {
    struct live_device *device = verified->device;
    enum link_kind kind = verified->is_replaced ? LINK_FOREIGN : link_of(device, verified->request);
    struct device_facts facts;
    door_facts(door, device, &facts);
    facts.is_replaced = verified->is_replaced;
    facts.is_clone = !verified->is_replaced && kind == LINK_FOREIGN;
    enum lease_code code = device_decide(&facts);
    if (ask_store(door, verified, code, kind == LINK_FOREIGN, now_s)) {
        return;
    }
    struct lease lease = make_lease(door, verified, code, now_s);
    if (facts.is_clone) {
        /* the bucket's clock: a copy may ask no oftener than the device */
        device->seen_at_s = (uint32_t)now_s;
        live_mark_clone(door->live, device, now_s);
    } else if (verified->is_replaced) {
        live_mark_clone(door->live, device, now_s); /* two machines, or two states of one, are alive */
    } else {
        advance_chain(door, device, verified->request, kind, code, now_s);
    }
    door->counters.check_ins[code]++;
    door_lease(door, verified->exchange, &lease, 0, 0);
}

static void decide_check_in(struct device_door *door, const struct pending_check_in *pending, int64_t now_s) {
    struct live_device *device = NULL;
    bool is_replaced = false;
    enum lease_code refusal = door_find(door, pending->device_id, &device);
    if (refusal != LEASE_CODE_OK) {
        /* there is nothing to verify it against */
    } else if (!verify_credential(door, device, &pending->request, &is_replaced)) {
        refusal = LEASE_CODE_CREDENTIAL_WRONG;
    } else if (!may_ask_now(door, device, is_replaced, now_s)) {
        refusal = LEASE_CODE_TOO_OFTEN;
    }
    if (refusal != LEASE_CODE_OK) {
        door->counters.check_ins[refusal]++;
        door_refuse(door, pending->exchange, refusal);
        return;
    }
    const struct verified_check_in verified = {pending->exchange, device, &pending->request, is_replaced,
                                               true};
    conclude_check_in(door, &verified, now_s);
}

void check_in_decide_pending(struct device_door *door) {
    size_t count = door->pending_count;
    assert(count <= door->batch_max);
    int64_t now_s = count > 0 ? door_now_s(door) : 0;
    for (size_t i = 0; i < count; i++) {
        if (i + LICENCES_AHEAD < count) {
            live_prefetch_licence(door->live, door->pending[i + LICENCES_AHEAD].device_id);
        }
        decide_check_in(door, &door->pending[i], now_s);
    }
    door->pending_count = 0;
}

/* The writer has released the device, or looked for a seat for it. The answer is what holds now, in memory.
 */
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
    const struct verified_check_in verified = {job->exchange, device, &job->check_in,
                                               device->generation != job->generation, false};
    conclude_check_in(door, &verified, door_now_s(door));
}
