/* Check-in and release: the chain of requests that tells a clone. Sequence and link are on the disk before
 * they are sent, and what was sent is sent again, byte for byte, until it is answered. */
#include "client.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void sm_client_write_product(const struct sm_client *client, struct sm_buffer *out) {
    if (client->version != NULL && client->version[0] != '\0') {
        sm_buffer_text(out, ",\"version\":");
        sm_buffer_string(out, sm_span_of(client->version));
    }
    if (client->component_count > 0) {
        sm_buffer_text(out, ",\"components\":[");
        for (size_t i = 0; i < client->component_count; i++) {
            sm_buffer_text(out, i == 0 ? "" : ",");
            sm_buffer_string(out, sm_span_of(client->components[i]));
        }
        sm_buffer_text(out, "]");
    }
}

bool sm_client_name_hash(const struct sm_client *client, unsigned char hash[SM_NAME_HASH_BYTES]) {
    if (client->name == NULL || client->name[0] == '\0') {
        return false;
    }
    (void)crypto_generichash(hash, SM_NAME_HASH_BYTES, (const unsigned char *)client->name,
                             strlen(client->name), NULL, 0);
    return true;
}

/* A name goes into a check-in until the server has heard it. */
static void choose_name(const struct sm_client *client, struct sm_pending *pending) {
    pending->has_name = sm_client_name_hash(client, pending->name_hash) &&
                        (!client->state.has_told_name ||
                         memcmp(client->state.told_name, pending->name_hash, sizeof pending->name_hash) != 0);
}

static char *make_body(const struct sm_client *client, const struct sm_pending *pending) {
    struct sm_buffer body = SM_BUFFER_EMPTY;
    unsigned char mac[crypto_generichash_BYTES];
    sm_buffer_text(&body, "{\"device\":");
    sm_buffer_string(&body, sm_span_of(client->state.device));
    sm_buffer_text(&body, ",\"sequence\":");
    sm_buffer_number(&body, pending->sequence);
    sm_buffer_text(&body, ",\"previous\":\"");
    sm_buffer_base64(&body, client->state.link, sizeof client->state.link);
    sm_buffer_text(&body, "\",\"link\":\"");
    sm_buffer_base64(&body, pending->link, sizeof pending->link);
    sm_buffer_text(&body, "\",\"time\":");
    sm_buffer_number(&body, pending->time_s);
    sm_buffer_text(&body, pending->kind == SM_PENDING_RELEASE ? ",\"action\":\"release\"" : "");
    if (pending->has_name) {
        sm_buffer_text(&body, ",\"name\":");
        sm_buffer_string(&body, sm_span_of(client->name));
    }
    sm_client_write_product(client, &body);
    if (!body.has_failed) {
        (void)crypto_generichash(mac, sizeof mac, (const unsigned char *)body.at, body.length,
                                 client->state.check_in_key, sizeof client->state.check_in_key);
        sm_buffer_text(&body, ",\"mac\":\"");
        sm_buffer_base64(&body, mac, sizeof mac);
        sm_buffer_text(&body, "\"}");
    }
    char *copy = body.has_failed ? NULL : sm_text_duplicate(sm_span_of(body.at));
    sm_buffer_free(&body);
    return copy;
}

/* Makes the request and brings it to the disk. One that waits keeps its sequence and link, whatever is asked
 * for now: the server may have seen them. */
static enum sm_code prepare(struct sm_client *client, enum sm_pending_kind kind) {
    struct sm_reading reading;
    struct sm_state next;
    const struct sm_pending *waiting = &client->state.pending;
    bool is_waiting = waiting->kind == SM_PENDING_CHECK_IN || waiting->kind == SM_PENDING_RELEASE;
    if (is_waiting && waiting->kind == kind && waiting->body != NULL) {
        return SM_OK;
    }
    if (!is_waiting && client->state.sequence >= INT32_MAX - 1) {
        return SM_UNKNOWN_DEVICE; /* two billion check-ins: a new chain begins with a new activation */
    }
    enum sm_code code = sm_state_copy(&client->state, &next);
    if (code != SM_OK) {
        return code;
    }
    sm_clock_read(&client->clock, &reading);
    if (!is_waiting) {
        sm_pending_clear(&next.pending);
        next.pending.sequence = next.sequence + 1;
        randombytes_buf(next.pending.link, sizeof next.pending.link);
        next.pending.asked = reading.boot;
    }
    next.pending.kind = kind;
    choose_name(client, &next.pending);
    next.pending.time_s = reading.wall_s < 0 ? 0 : reading.wall_s;
    char *body = make_body(client, &next.pending);
    if (body == NULL) {
        sm_state_free(&next);
        return SM_NO_MEMORY;
    }
    free(next.pending.body);
    next.pending.body = body;
    return sm_client_commit(client, &next);
}

char *sm_release_body(const struct sm_client *client) {
    const struct sm_pending *waiting = &client->state.pending;
    struct sm_pending release = {.kind = SM_PENDING_RELEASE};
    struct sm_reading reading;
    sm_clock_read(&client->clock, &reading);
    release.time_s = reading.wall_s < 0 ? 0 : reading.wall_s;
    if (waiting->kind != SM_PENDING_NONE) { /* the server may have seen its link */
        release.sequence = waiting->sequence;
        memcpy(release.link, waiting->link, sizeof release.link);
    } else {
        release.sequence = client->state.sequence + 1;
        randombytes_buf(release.link, sizeof release.link);
    }
    return make_body(client, &release);
}

/* Its answer is about a device that is no longer ours: whatever it says, it has been heard. */
void sm_release_leaving(struct sm_client *client) {
    struct sm_buffer answer = SM_BUFFER_EMPTY;
    struct sm_state next;
    if (client->state.leaving == NULL) {
        return;
    }
    struct sm_buffer body = {client->state.leaving, strlen(client->state.leaving), 0, false};
    enum sm_code code = sm_exchange(client, "POST", "/v1/release", &body, &answer);
    sm_buffer_free(&answer);
    bool is_heard = code < SM_CODE_FOUND_ && code != SM_TOO_OFTEN && code != SM_BUSY && code != SM_INTERNAL &&
                    code != SM_RELEASES_EXHAUSTED;
    if (is_heard && sm_state_copy(&client->state, &next) == SM_OK) {
        free(next.leaving);
        next.leaving = NULL;
        (void)sm_client_commit(client, &next);
    }
}

/* Whether the server says that it does not know the device as it is. */
static bool is_trouble(enum sm_code code) {
    return code == SM_UNKNOWN_DEVICE || code == SM_CREDENTIAL_WRONG || code == SM_CLONE_SEEN ||
           code == SM_REPLACED || code == SM_RELEASED || code == SM_DROPPED;
}

/* What a refusal changes in the state. That it could not be kept changes nothing: it will come again. */
static void learn(struct sm_client *client, enum sm_code code) {
    struct sm_state next;
    bool is_malformed = code == SM_MALFORMED_REQUEST && client->state.pending.body != NULL;
    if ((!is_malformed && (!is_trouble(code) || client->state.trouble == code)) ||
        sm_state_copy(&client->state, &next) != SM_OK) {
        return;
    }
    if (is_malformed) {
        /* Made anew, with what the product says of itself now, under the same sequence and link. */
        free(next.pending.body);
        next.pending.body = NULL;
    } else {
        next.trouble = code;
    }
    (void)sm_client_commit(client, &next);
}

enum sm_code sm_check_in_locked(struct sm_client *client, enum sm_pending_kind kind) {
    struct sm_buffer answer = SM_BUFFER_EMPTY;
    unsigned char fingerprint[SM_FINGERPRINT_BYTES];
    if (client->state.device == NULL) {
        return client->is_loaded ? SM_NOT_ACTIVATED : SM_STORE_BROKEN;
    }
    /* A store that was carried here from another machine must not use up that one's chain. */
    if (!sm_client_fingerprint(client, &client->state.identity, fingerprint) ||
        memcmp(fingerprint, client->state.fingerprint, sizeof fingerprint) != 0) {
        return SM_LEASE_OF_ANOTHER;
    }
    enum sm_code code = prepare(client, kind);
    if (code != SM_OK) {
        return code;
    }
    struct sm_buffer body = {client->state.pending.body, strlen(client->state.pending.body), 0, false};
    code = sm_exchange(client, "POST", kind == SM_PENDING_RELEASE ? "/v1/release" : "/v1/check-in", &body,
                       &answer);
    if (code == SM_OK) {
        struct sm_span text = {answer.at, answer.length};
        code = sm_client_take(client, &client->state.pending, text, true);
    } else {
        learn(client, code);
    }
    sm_buffer_free(&answer);
    return code;
}

/* An activation that waits goes first: where it is answered, there is a new lease. */
static enum sm_code check_in(struct sm_client *client) {
    enum sm_code code = sm_enrol_waiting(client);
    if (code == SM_OK || client->state.device == NULL) {
        return code;
    }
    code = sm_check_in_locked(client, SM_PENDING_CHECK_IN);
    if (code == SM_OK) {
        sm_release_leaving(client);
    }
    return code;
}

/* Who gives the device back waits for none either. */
static enum sm_code release(struct sm_client *client) {
    bool has_waited = client->state.enrolment.kind != SM_PENDING_NONE;
    sm_enrol_forget(client);
    return has_waited && client->state.device == NULL ? SM_OK
                                                      : sm_check_in_locked(client, SM_PENDING_RELEASE);
}

static enum sm_code run(struct sm_client *client, enum sm_pending_kind kind) {
    if (client == NULL) {
        return SM_WRONG_CALL;
    }
    enum sm_code code = sm_client_lock(client);
    if (code == SM_OK) {
        code = kind == SM_PENDING_RELEASE ? release(client) : check_in(client);
        sm_client_unlock(client);
    }
    return sm_client_note(client, code);
}

enum sm_code sm_check_in(struct sm_client *client) {
    return run(client, SM_PENDING_CHECK_IN);
}

enum sm_code sm_release(struct sm_client *client) {
    return run(client, SM_PENDING_RELEASE);
}
