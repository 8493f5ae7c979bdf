#include "device/door_context.h"

#include "http/http.h"
#include "machine/clock.h"
#include "json/json_write.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#define BASE64_VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING
enum {
    CLOCK_TOLERANCE_S = 300,
    CREDENTIAL_BYTES_MAX = 128,
    KEY_TEXT_BYTES = sodium_base64_ENCODED_LEN(CHECK_IN_KEY_BYTES, BASE64_VARIANT) /* with its zero */
};
#define SIGN_EVERY_US 200 /* at the most, but for full batches */

int64_t door_now_us(const struct device_door *door) {
    if (door->options->now_us != NULL) {
        return door->options->now_us();
    }
    return door_clock_now_us(door->clock, machine_now_us(), machine_since_start_us(),
                             live_heartbeat_us(door->live));
}

int64_t door_now_s(const struct device_door *door) {
    return door_now_us(door) / 1000000;
}

bool door_clock_is_off(int64_t time_s, int64_t now_s) {
    return time_s < now_s - CLOCK_TOLERANCE_S || time_s > now_s + CLOCK_TOLERANCE_S;
}

enum lease_code door_find(const struct device_door *door, int64_t device_id, struct live_device **device) {
    struct live_device *found = live_device_find(door->live, device_id);
    if (found == NULL) {
        return LEASE_CODE_UNKNOWN_DEVICE;
    }
    *device = found;
    return live_licence(door->live, found->licence) == NULL ? LEASE_CODE_BUSY : LEASE_CODE_OK;
}

static const struct live_licence *licence_of(const struct device_door *door,
                                             const struct live_device *device) {
    const struct live_licence *licence = live_licence(door->live, device->licence);
    assert(licence != NULL);
    return licence;
}

const struct lease_terms *door_terms(const struct device_door *door, const struct live_device *device) {
    return &live_sku(door->live, licence_of(door, device)->sku)->terms;
}

void door_facts(const struct device_door *door, const struct live_device *device,
                struct device_facts *facts) {
    const struct live_licence *licence = licence_of(door, device);
    *facts = (struct device_facts){.licence_state = (enum licence_state)licence->state,
                                   .suspender = (enum suspender)licence->suspender,
                                   .counted_seats = licence->counted_seats,
                                   .device_state = (enum device_state)device->state,
                                   .seat = device->seat};
}

void door_fill_lease(const struct device_door *door, const struct live_device *device, struct lease *lease) {
    const struct live_licence *licence = licence_of(door, device);
    lease->device_id = device->id;
    lease->fingerprint = device->fingerprint;
    lease->keys_version = live_keys(door->live)->version;
    lease->licence_id = licence->id;
    lease->seats = licence->seats;
    lease->opening = live_sku(door->live, licence->sku)->opening;
}

bool door_mac_is(const struct device_door *door, int64_t device_id, uint32_t generation, struct text message,
                 const unsigned char mac[CHECK_IN_MAC_BYTES]) {
    unsigned char key[CHECK_IN_KEY_BYTES];
    unsigned char right[CHECK_IN_MAC_BYTES];
    device_check_in_key(door->master, device_id, generation, key);
    crypto_generichash_blake2b(right, sizeof right, (const unsigned char *)message.at, message.length, key,
                               sizeof key);
    return sodium_memcmp(right, mac, sizeof right) == 0;
}

/* `body` has the code and words for a person. */
static void refuse_with(struct device_door *door, struct http_exchange *exchange, enum lease_code code,
                        struct text body, int64_t wait_s) {
    int status = lease_code_row(code)->http_status;
    struct http_response response = {.status = status == 0 ? 500 : status, .body = body};
    if (status == 429) {
        response.retry_after_s = http_jitter_s(door->http, 20) + (int)wait_s;
    } else if (status == 503) {
        response.retry_after_s = http_jitter_s(door->http, 30);
    }
    http_respond(exchange, &response);
}

void door_refuse(struct device_door *door, struct http_exchange *exchange, enum lease_code code) {
    refuse_with(door, exchange, code, door->refusals[code], 0);
}

void door_refuse_saying(struct device_door *door, struct http_exchange *exchange, enum lease_code code,
                        const char *words) {
    door_refuse_for(door, exchange, code, words, 0);
}

void door_refuse_for(struct device_door *door, struct http_exchange *exchange, enum lease_code code,
                     const char *words, int64_t wait_s) {
    struct arena arena;
    if (words == NULL) {
        refuse_with(door, exchange, code, door->refusals[code], wait_s);
        return;
    }
    arena_init(&arena);
    struct json_writer json = {.arena = &arena};
    json_write_open(&json, NULL);
    json_write_string(&json, "code", lease_code_row(code)->word);
    json_write_string(&json, "words", words);
    json_write_close(&json);
    refuse_with(door, exchange, code, json_written(&json), wait_s);
    arena_clean_up(&arena);
}

static char *put_text(char *at, struct text text) {
    memcpy(at, text.at, text.length);
    return at + text.length;
}

/* The members that stand in front of an activation's lease: the device and its credential. */
static char *put_credential(const struct device_door *door, const struct waiting_lease *waiting, char *at) {
    char device[IDENTIFIER_BYTES];
    unsigned char key[CHECK_IN_KEY_BYTES];
    identifier_encode(door->options->secret, IDENTIFIER_DEVICE, waiting->activated_id, device);
    device_check_in_key(door->master, waiting->activated_id, waiting->generation, key);
    at = put_text(at, TEXT("\"device\":\""));
    at = put_text(at, (struct text){device, IDENTIFIER_BYTES - 1});
    at = put_text(at, TEXT("\",\"check_in_key\":\""));
    /* libsodium writes a zero behind it, which the next text overwrites */
    sodium_bin2base64(at, KEY_TEXT_BYTES, key, sizeof key, BASE64_VARIANT);
    sodium_memzero(key, sizeof key);
    return put_text(at + KEY_TEXT_BYTES - 1, TEXT("\","));
}

static void sign_batch(struct device_door *door) {
    size_t count = batch_count(door->batch);
    if (count == 0) {
        return;
    }
    door->signed_turn_us = http_turn_began_us(door->http);
    batch_sign(door->batch, &live_keys(door->live)->active, door_now_s(door));
    for (size_t i = 0; i < count; i++) {
        const struct waiting_lease *waiting = &door->waiting[i];
        char *body =
            http_body_room(door->http, batch_envelope_max(door->batch, i) + CREDENTIAL_BYTES_MAX + 1);
        char *at = body;
        *at++ = '{';
        if (waiting->activated_id != 0) {
            at = put_credential(door, waiting, at);
        }
        assert(at - body <= CREDENTIAL_BYTES_MAX);
        at += batch_envelope_write(door->batch, i, at);
        struct http_response response = {.status = 200, .body = {body, (size_t)(at - body)}};
        http_respond(waiting->exchange, &response);
    }
    door->counters.trees++;
    door->counters.leases += count;
    batch_clear(door->batch);
}

void door_lease(struct device_door *door, struct http_exchange *exchange, const struct lease *lease,
                int64_t activated_id, uint32_t generation) {
    if (batch_is_full(door->batch)) {
        sign_batch(door);
    }
    assert(batch_count(door->batch) < door->batch_max);
    door->waiting[batch_count(door->batch)] = (struct waiting_lease){exchange, activated_id, generation};
    batch_add(door->batch, lease);
}

/* A lone lease is signed at once. Behind a signature the next leases wait a moment for others, as a signature
 * costs as much as everything else of a check-in, or twice as much. */
void door_sign_if_due(struct device_door *door) {
    int64_t due_us = door->signed_turn_us + SIGN_EVERY_US;
    if (http_turn_began_us(door->http) >= due_us) {
        sign_batch(door);
    } else if (batch_count(door->batch) > 0) {
        http_turn_by(door->http, due_us);
    }
}
