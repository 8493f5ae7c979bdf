#include "core/usage/event.h"

#include <assert.h>
#include <string.h>

static const char magic[4] = {'S', 'M', 'E', '1'};

static const char *const kind_names[] = {
    [EVENT_ON] = "on",           [EVENT_OFF] = "off",       [EVENT_SEATS] = "seats",
    [EVENT_SUSPEND] = "suspend", [EVENT_RESUME] = "resume",
};
enum { KIND_LAST = EVENT_RESUME };

const char *event_kind_name(enum event_kind kind) {
    assert(kind >= EVENT_ON && kind <= EVENT_RESUME);
    return kind_names[kind];
}

enum status event_kind_parse(struct text word, enum event_kind *kind, struct fault *fault) {
    for (int i = EVENT_ON; i <= KIND_LAST; i++) {
        if (text_is(word, kind_names[i])) {
            *kind = (enum event_kind)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-event", "event", word,
                     "an event is one of on, off, seats, suspend, resume");
}

/* What is wrong with an event; NULL where nothing is. The one rule for writing and reading. */
static const char *find_trouble(const struct licence_event *event) {
    bool is_cascade = event->kind == EVENT_SUSPEND || event->kind == EVENT_RESUME;
    if (event->kind < EVENT_ON || event->kind > EVENT_RESUME) {
        return "its kind is none that exists";
    }
    if (event->sequence < 1 || event->licence_id < 1 || event->provider_id < 1 || event->customer_id < 1 ||
        event->sku_id < 1) {
        return "its sequence, licence, provider, customer and SKU must be above zero";
    }
    if (is_cascade ? event->cause_id < 1 : event->cause_id != 0) {
        return "a suspend or resume names the agreement that caused it, other events name none";
    }
    if (event->own_seats < 0 || event->seats_before < 0 || event->seats_after < 0) {
        return "its seats must not be below zero";
    }
    if (event->kind == EVENT_OFF && event->own_seats != 0) {
        return "a licence that is off has no seats of its own";
    }
    if (event->seats_after != 0 && (event->seats_after != event->own_seats || event->kind == EVENT_SUSPEND)) {
        return "what counts after it is the licence's own seats or, under a suspension, 0";
    }
    return NULL;
}

static unsigned char *put_big_endian(unsigned char *at, uint64_t value, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i++) {
        at[i] = (unsigned char)(value >> (8 * (size_bytes - 1 - i)));
    }
    return at + size_bytes;
}

static const unsigned char *get_big_endian(const unsigned char *at, size_t size_bytes, uint64_t *value) {
    *value = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        *value = *value << 8 | at[i];
    }
    return at + size_bytes;
}

static const unsigned char *get_int64(const unsigned char *at, int64_t *value) {
    uint64_t bits;
    at = get_big_endian(at, 8, &bits);
    *value = (int64_t)bits; /* two's complement, as it was written */
    return at;
}

static const unsigned char *get_int32(const unsigned char *at, int32_t *value) {
    uint64_t bits;
    at = get_big_endian(at, 4, &bits);
    *value = (int32_t)(uint32_t)bits;
    return at;
}

void event_encode(const struct licence_event *event, unsigned char bytes[EVENT_ENCODED_BYTES]) {
    assert(find_trouble(event) == NULL);
    memcpy(bytes, magic, sizeof magic);
    unsigned char *at = bytes + sizeof magic;
    at = put_big_endian(at, (uint64_t)event->sequence, 8);
    at = put_big_endian(at, (uint64_t)event->at_us, 8);
    at = put_big_endian(at, (uint64_t)event->licence_id, 8);
    at = put_big_endian(at, (uint64_t)event->provider_id, 8);
    at = put_big_endian(at, (uint64_t)event->customer_id, 8);
    at = put_big_endian(at, (uint64_t)event->sku_id, 8);
    at = put_big_endian(at, (uint64_t)event->cause_id, 8);
    at = put_big_endian(at, (uint64_t)event->kind << 24, 4); /* one byte and three zeros */
    at = put_big_endian(at, (uint32_t)event->own_seats, 4);
    at = put_big_endian(at, (uint32_t)event->seats_before, 4);
    at = put_big_endian(at, (uint32_t)event->seats_after, 4);
    assert(at == bytes + EVENT_ENCODED_BYTES);
}

static enum status refuse(struct fault *fault, const char *why) {
    return fault_set(fault, STATUS_INVALID, "malformed-event", NULL, (struct text){0},
                     "these bytes are no licence event: %s", why);
}

enum status event_decode(const unsigned char *bytes, size_t length, struct licence_event *event,
                         struct fault *fault) {
    if (length != EVENT_ENCODED_BYTES) {
        return refuse(fault, "an event has another length");
    }
    if (memcmp(bytes, magic, sizeof magic) != 0) {
        return refuse(fault, "they do not begin with SME1");
    }
    const unsigned char *at = bytes + sizeof magic;
    struct licence_event decoded;
    uint64_t kind;
    at = get_int64(at, &decoded.sequence);
    at = get_int64(at, &decoded.at_us);
    at = get_int64(at, &decoded.licence_id);
    at = get_int64(at, &decoded.provider_id);
    at = get_int64(at, &decoded.customer_id);
    at = get_int64(at, &decoded.sku_id);
    at = get_int64(at, &decoded.cause_id);
    at = get_big_endian(at, 4, &kind);
    at = get_int32(at, &decoded.own_seats);
    at = get_int32(at, &decoded.seats_before);
    at = get_int32(at, &decoded.seats_after);
    assert(at == bytes + EVENT_ENCODED_BYTES);
    if ((kind & 0xFFFFFF) != 0 || kind >> 24 > KIND_LAST) {
        return refuse(fault, "its kind is none that exists");
    }
    decoded.kind = (enum event_kind)(kind >> 24);
    const char *trouble = find_trouble(&decoded);
    if (trouble != NULL) {
        return refuse(fault, trouble);
    }
    *event = decoded;
    return STATUS_OK;
}
