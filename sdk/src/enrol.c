/* Enrolment: a licence key becomes a device, over the network or by file. What waits for its answer is made
 * again, byte for byte, when the key is given again. The key itself is kept only while the server says that
 * the licence is not on yet, is off or suspended, or has no seat left: then a check-in asks again. */
#include "client.h"
#include "licence_key.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void hash_key(const char key[SM_LICENCE_KEY_BYTES], unsigned char hash[SM_KEY_HASH_BYTES]) {
    static const unsigned char purpose[] = "seatmeter licence key hash";
    (void)crypto_generichash(hash, SM_KEY_HASH_BYTES, (const unsigned char *)key, strlen(key), purpose,
                             sizeof purpose - 1);
}

/* What the device is: the machine, as long as that suffices. After a clone was seen, the copy that activates
 * becomes a device of its own although its machine's identifier is the other's. */
static bool choose_identity(const struct sm_client *client, struct sm_identity *identity,
                            unsigned char fingerprint[SM_FINGERPRINT_BYTES]) {
    bool is_cloned = sm_client_is_cloned(client);
    memset(identity, 0, sizeof *identity);
    if (client->state.device != NULL && client->held != SM_LEASE_OF_ANOTHER) {
        *identity = client->state.identity;
    }
    identity->has_random = identity->has_random && client->source != SM_FINGERPRINT_GIVEN;
    if (is_cloned && identity->has_random) {
        randombytes_buf(identity->random, sizeof identity->random);
    } else if (is_cloned) {
        identity->has_salt = true;
        randombytes_buf(identity->salt, sizeof identity->salt);
    }
    if (sm_client_fingerprint(client, identity, fingerprint)) {
        return true;
    }
    identity->has_random = true;
    identity->has_salt = false;
    randombytes_buf(identity->random, sizeof identity->random);
    return sm_client_fingerprint(client, identity, fingerprint);
}

/* Whether what waits is an enrolment with that key on this machine. */
static bool is_the_same(const struct sm_client *client, const struct sm_pending *waiting,
                        const unsigned char hash[SM_KEY_HASH_BYTES]) {
    unsigned char fingerprint[SM_FINGERPRINT_BYTES];
    return waiting->kind == SM_PENDING_ENROLMENT &&
           memcmp(waiting->key_hash, hash, sizeof waiting->key_hash) == 0 &&
           sm_client_fingerprint(client, &waiting->identity, fingerprint) &&
           memcmp(waiting->fingerprint, fingerprint, sizeof fingerprint) == 0;
}

/* Fills in an enrolment. */
static enum sm_code begin(const struct sm_client *client, struct sm_pending *pending,
                          const unsigned char hash[SM_KEY_HASH_BYTES]) {
    struct sm_reading reading;
    sm_clock_read(&client->clock, &reading);
    sm_pending_clear(pending);
    if (!choose_identity(client, &pending->identity, pending->fingerprint)) {
        return SM_WRONG_CALL;
    }
    pending->kind = SM_PENDING_ENROLMENT;
    pending->asked = reading.boot;
    pending->time_s = reading.wall_s < 0 ? 0 : reading.wall_s;
    randombytes_buf(pending->link, sizeof pending->link);
    memcpy(pending->key_hash, hash, sizeof pending->key_hash);
    /* A key pair of its own: a chain that begins anew under the old pair would look like a clone's. */
    randombytes_buf(pending->seed, sizeof pending->seed);
    return SM_OK;
}

/* What was refused has left nothing at the server: the next request has a link and a time of its own. */
static void ask_anew(const struct sm_client *client, struct sm_pending *pending) {
    struct sm_reading reading;
    sm_clock_read(&client->clock, &reading);
    pending->asked = reading.boot;
    pending->time_s = reading.wall_s < 0 ? 0 : reading.wall_s;
    randombytes_buf(pending->link, sizeof pending->link);
}

/* Brings the enrolment to the disk: a new one, or that which waits already. */
static enum sm_code prepare(struct sm_client *client, bool is_offline,
                            const unsigned char hash[SM_KEY_HASH_BYTES]) {
    struct sm_state next;
    const struct sm_pending *waiting = is_offline ? &client->state.offline : &client->state.enrolment;
    bool is_known = is_the_same(client, waiting, hash);
    if (is_known && waiting->refused == SM_OK) {
        return SM_OK;
    }
    enum sm_code code = sm_state_copy(&client->state, &next);
    if (code != SM_OK) {
        return code;
    }
    if (is_known) {
        ask_anew(client, &next.enrolment);
    } else {
        code = begin(client, is_offline ? &next.offline : &next.enrolment, hash);
    }
    if (code != SM_OK) {
        sm_state_free(&next);
        return code;
    }
    return sm_client_commit(client, &next);
}

static void write_value(struct sm_buffer *body, struct sm_buffer *covered, const char *name,
                        const void *bytes, size_t size) {
    sm_buffer_text(body, ",\"");
    sm_buffer_text(body, name);
    sm_buffer_text(body, "\":\"");
    sm_buffer_base64(body, bytes, size);
    sm_buffer_text(body, "\"");
    sm_buffer_text(covered, "\n");
    sm_buffer_base64(covered, bytes, size);
}

/* The body of an activation; the caller asks it whether it has failed. */
static void write_body(const struct sm_client *client, const struct sm_pending *pending,
                       const char key[SM_LICENCE_KEY_BYTES], struct sm_buffer *body) {
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
    unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
    unsigned char signature[crypto_sign_BYTES];
    struct sm_buffer covered = SM_BUFFER_EMPTY;
    (void)crypto_sign_seed_keypair(public_key, secret_key, pending->seed);
    sm_buffer_text(&covered, "seatmeter-activate-1\n");
    sm_buffer_text(&covered, key);
    sm_buffer_text(body, "{\"key\":\"");
    sm_buffer_text(body, key);
    sm_buffer_text(body, "\"");
    write_value(body, &covered, "device_key", public_key, sizeof public_key);
    write_value(body, &covered, "fingerprint", pending->fingerprint, sizeof pending->fingerprint);
    write_value(body, &covered, "link", pending->link, sizeof pending->link);
    sm_buffer_text(&covered, "\n");
    sm_buffer_number(&covered, pending->time_s);
    sm_buffer_text(body, ",\"time\":");
    sm_buffer_number(body, pending->time_s);
    if (client->name != NULL && client->name[0] != '\0') {
        sm_buffer_text(body, ",\"name\":");
        sm_buffer_string(body, sm_span_of(client->name));
    }
    sm_client_write_product(client, body);
    if (covered.has_failed) {
        body->has_failed = true;
    } else {
        (void)crypto_sign_detached(signature, NULL, (const unsigned char *)covered.at, covered.length,
                                   secret_key);
        sm_buffer_text(body, ",\"signature\":\"");
        sm_buffer_base64(body, signature, sizeof signature);
        sm_buffer_text(body, "\"}");
    }
    sodium_memzero(secret_key, sizeof secret_key);
    sm_buffer_free(&covered);
}

/* Whether an answer says for good that this enrolment will not be. */
static bool is_final(enum sm_code code) {
    return code < SM_CODE_FOUND_ && code != SM_TOO_OFTEN && code != SM_BUSY && code != SM_INTERNAL;
}

/* Whether somebody may turn it on, resume it or free a seat, and this machine then only has to ask again. */
static bool may_pass(enum sm_code code) {
    return code == SM_NOT_ON_YET || code == SM_OFF || code == SM_SUSPENDED_BY_PROVIDER ||
           code == SM_SUSPENDED_BY_DISTRIBUTOR || code == SM_SUSPENDED_BY_VENDOR || code == SM_NO_SEAT_LEFT;
}

void sm_enrol_forget(struct sm_client *client) {
    struct sm_state next;
    client->refusals = 0;
    if (client->state.enrolment.kind != SM_PENDING_NONE && sm_state_copy(&client->state, &next) == SM_OK) {
        sm_pending_clear(&next.enrolment);
        (void)sm_client_commit(client, &next);
    }
}

/* Keeps the key and why it has to wait. Where that cannot be kept, the key must be given again. */
static void wait_for_it(struct sm_client *client, const char key[SM_LICENCE_KEY_BYTES], enum sm_code code) {
    struct sm_state next;
    const struct sm_pending *waiting = &client->state.enrolment;
    if ((waiting->key != NULL && waiting->refused == code) || sm_state_copy(&client->state, &next) != SM_OK) {
        return;
    }
    if (next.enrolment.key == NULL) {
        next.enrolment.key = sm_text_duplicate(sm_span_of(key));
    }
    next.enrolment.refused = code;
    if (next.enrolment.key == NULL) {
        sm_state_free(&next);
    } else {
        (void)sm_client_commit(client, &next);
    }
}

static enum sm_code activate(struct sm_client *client, const char key[SM_LICENCE_KEY_BYTES],
                             const unsigned char hash[SM_KEY_HASH_BYTES]) {
    struct sm_buffer body = SM_BUFFER_EMPTY;
    struct sm_buffer answer = SM_BUFFER_EMPTY;
    enum sm_code code = prepare(client, false, hash);
    if (code != SM_OK) {
        return code;
    }
    write_body(client, &client->state.enrolment, key, &body);
    code = body.has_failed ? SM_NO_MEMORY : sm_exchange(client, "POST", "/v1/activate", &body, &answer);
    if (code == SM_OK) {
        struct sm_span text = {answer.at, answer.length};
        code = sm_client_take(client, &client->state.enrolment, text, true);
        if (code == SM_OK) {
            sm_release_leaving(client);
        }
    } else if (may_pass(code)) {
        wait_for_it(client, key, code);
    } else if (is_final(code)) {
        sm_enrol_forget(client);
    }
    client->refusals = code == SM_OK ? 0 : client->refusals < 30 ? client->refusals + 1 : 30;
    client->refused_ms = client->clock.boot_ms(client->clock.context);
    client->refused_retry_after_s = client->retry_after_s;
    sm_buffer_free(&body);
    sm_buffer_free(&answer);
    return code;
}

enum sm_code sm_enrol_waiting(struct sm_client *client) {
    char key[SM_LICENCE_KEY_BYTES];
    unsigned char hash[SM_KEY_HASH_BYTES];
    if (client->state.enrolment.key == NULL || !sm_licence_key_read(client->state.enrolment.key, key)) {
        return client->is_loaded ? SM_NOT_ACTIVATED : SM_STORE_BROKEN;
    }
    hash_key(key, hash);
    enum sm_code code = activate(client, key, hash);
    sodium_memzero(key, sizeof key);
    return code;
}

enum sm_code sm_activate(struct sm_client *client, const char *licence_key) {
    char key[SM_LICENCE_KEY_BYTES];
    unsigned char hash[SM_KEY_HASH_BYTES];
    if (client == NULL || licence_key == NULL) {
        return SM_WRONG_CALL;
    }
    if (!sm_licence_key_read(licence_key, key)) {
        return SM_MALFORMED_KEY;
    }
    hash_key(key, hash);
    enum sm_code code = sm_client_lock(client);
    if (code == SM_OK) {
        /* A device that is well and of this licence needs no second enrolment: called at every start of the
         * product, this checks in. */
        bool is_enrolled =
            !sm_client_is_void(client) && memcmp(client->state.key_hash, hash, sizeof hash) == 0;
        if (is_enrolled) {
            sm_enrol_forget(client); /* whatever else was to become of this machine */
        }
        code = is_enrolled ? sm_check_in_locked(client, SM_PENDING_CHECK_IN) : activate(client, key, hash);
        sm_client_unlock(client);
    }
    sodium_memzero(key, sizeof key);
    return sm_client_note(client, code);
}

enum sm_code sm_offline_request(struct sm_client *client, const char *licence_key, void *buffer,
                                size_t capacity, size_t *size) {
    char key[SM_LICENCE_KEY_BYTES];
    unsigned char hash[SM_KEY_HASH_BYTES];
    struct sm_buffer body = SM_BUFFER_EMPTY;
    if (client == NULL || licence_key == NULL || buffer == NULL || size == NULL) {
        return SM_WRONG_CALL;
    }
    if (!sm_licence_key_read(licence_key, key)) {
        return SM_MALFORMED_KEY;
    }
    hash_key(key, hash);
    enum sm_code code = sm_client_lock(client);
    if (code == SM_OK) {
        code = prepare(client, true, hash);
        if (code == SM_OK) {
            write_body(client, &client->state.offline, key, &body);
            code = body.has_failed ? SM_NO_MEMORY : SM_OK;
        }
        sm_client_unlock(client);
    }
    if (code == SM_OK && body.length > capacity) {
        code = SM_WRONG_CALL;
    }
    if (code == SM_OK) {
        memcpy(buffer, body.at, body.length);
        *size = body.length;
    }
    sm_buffer_free(&body);
    sodium_memzero(key, sizeof key);
    return code;
}

/* A person may give the same file twice. */
static bool is_taken_already(const struct sm_client *client, struct sm_span answer) {
    struct sm_json_member lease[] = {{"lease", {SM_JSON_ABSENT, {NULL, 0}}}};
    struct sm_json_member kept[] = {{"lease", {SM_JSON_ABSENT, {NULL, 0}}}};
    return client->held == SM_OK && sm_json_object(answer, lease, 1) &&
           sm_json_object(sm_span_of(client->state.envelope), kept, 1) &&
           lease[0].value.kind == SM_JSON_STRING && sm_span_equal(lease[0].value.text, kept[0].value.text);
}

enum sm_code sm_offline_accept(struct sm_client *client, const void *bytes, size_t size) {
    struct sm_span answer = {bytes, size};
    if (client == NULL || bytes == NULL) {
        return SM_WRONG_CALL;
    }
    enum sm_code code = sm_client_lock(client);
    if (code != SM_OK) {
        return code;
    }
    if (is_taken_already(client, answer)) {
        code = SM_OK;
    } else if (!is_the_same(client, &client->state.offline, client->state.offline.key_hash)) {
        code = SM_LEASE_OF_ANOTHER;
    } else {
        code = sm_client_take(client, &client->state.offline, answer, false);
    }
    sm_client_unlock(client);
    return code;
}
