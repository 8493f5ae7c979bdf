/* Client: opening, closing, and what the state says once it is verified. */
#include "client.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* The options as this library knows them, whatever size the caller's have: what is missing is 0. */
static bool take_options(const struct sm_options *options, struct sm_options *out) {
    memset(out, 0, sizeof *out);
    if (options == NULL || options->size < sizeof options->size) {
        return false;
    }
    memcpy(out, options, options->size < sizeof *out ? options->size : sizeof *out);
    return true;
}

static bool is_text(const char *text, size_t most) {
    struct sm_span span = sm_span_of(text);
    return text == NULL || (span.length <= most && sm_is_utf8(span));
}

/* What goes into requests: no control characters, which would be escaped to more than the protocol takes. */
static bool is_name(const char *text, size_t most) {
    if (!is_text(text, most)) {
        return false;
    }
    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            return false;
        }
    }
    return true;
}

static bool are_valid(const struct sm_options *options) {
    if (options->server == NULL || !is_name(options->server, 2048) || options->server[0] == '\0' ||
        options->product == NULL || !is_name(options->product, 128) || options->product[0] == '\0' ||
        options->directory == NULL || !is_text(options->directory, 4096) || options->directory[0] == '\0' ||
        options->root_count == 0 || options->root_count > SM_ROOTS_MAX || !is_name(options->name, 100) ||
        !is_name(options->version, 50) || options->component_count > SM_COMPONENTS_MAX ||
        (options->component_count > 0 && options->components == NULL) ||
        (options->fingerprint_source == SM_FINGERPRINT_GIVEN &&
         (options->machine_id == NULL || options->machine_id_size == 0 || options->machine_id_size > 4096)) ||
        (unsigned)options->fingerprint_source > SM_FINGERPRINT_GIVEN) {
        return false;
    }
    bool has_clock = options->clock.wall_s != NULL;
    if ((options->clock.boot_ms != NULL) != has_clock || (options->clock.boot_id != NULL) != has_clock) {
        return false;
    }
    for (size_t i = 0; i < options->component_count; i++) {
        const char *component = options->components[i];
        if (component == NULL || component[0] == '\0' || !is_name(component, 50) ||
            strchr(component, ',') != NULL) {
            return false;
        }
    }
    return true;
}

static bool take_roots(struct sm_client *client, const struct sm_options *options) {
    for (size_t i = 0; i < options->root_count; i++) {
        unsigned char bytes[SM_PUBLIC_KEY_BYTES];
        if (options->roots[i] == NULL ||
            !sm_base64_bytes(sm_span_of(options->roots[i]), bytes, sizeof bytes)) {
            return false;
        }
        sm_key_make(&client->roots[client->root_count++], bytes);
    }
    return true;
}

/* False where there is no memory. NULL copies to NULL. */
static bool copy_text(const char *from, char **to) {
    *to = from == NULL ? NULL : sm_text_duplicate(sm_span_of(from));
    return from == NULL || *to != NULL;
}

static bool copy_texts(struct sm_client *client, const struct sm_options *options) {
    if (!copy_text(options->server, &client->server) || !copy_text(options->product, &client->product) ||
        !copy_text(options->name, &client->name) || !copy_text(options->version, &client->version)) {
        return false;
    }
    for (size_t length = strlen(client->server); length > 0 && client->server[length - 1] == '/'; length--) {
        client->server[length - 1] = '\0';
    }
    for (size_t i = 0; i < options->component_count; i++) {
        if (!copy_text(options->components[i], &client->components[i])) {
            return false;
        }
        client->component_count++;
    }
    client->source = options->fingerprint_source;
    if (client->source == SM_FINGERPRINT_GIVEN) {
        client->machine_id = malloc(options->machine_id_size);
        if (client->machine_id == NULL) {
            return false;
        }
        memcpy(client->machine_id, options->machine_id, options->machine_id_size);
        client->machine_id_size = options->machine_id_size;
    }
    return true;
}

static void free_client(struct sm_client *client) {
    sm_lease_free(&client->lease);
    sm_state_free(&client->state);
    sm_store_close(&client->store);
    free(client->server);
    free(client->product);
    free(client->name);
    free(client->version);
    for (size_t i = 0; i < client->component_count; i++) {
        free(client->components[i]);
    }
    free(client->machine_id);
    free(client->component_text);
    free(client);
}

bool sm_client_fingerprint(const struct sm_client *client, const struct sm_identity *identity,
                           unsigned char fingerprint[SM_FINGERPRINT_BYTES]) {
    static const char prefix[] = "seatmeter-fingerprint-1\n";
    char machine[256];
    crypto_hash_sha256_state state;
    if (client->source == SM_FINGERPRINT_RANDOM ||
        (client->source == SM_FINGERPRINT_MACHINE && identity->has_random)) {
        memcpy(fingerprint, identity->random, SM_FINGERPRINT_BYTES);
        return identity->has_random;
    }
    const void *id = client->machine_id;
    size_t size = client->machine_id_size;
    if (client->source == SM_FINGERPRINT_MACHINE) {
        if (!sm_machine_id(machine, sizeof machine)) {
            return false;
        }
        id = machine;
        size = strlen(machine);
    }
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, (const unsigned char *)prefix, sizeof prefix - 1);
    (void)crypto_hash_sha256_update(&state, (const unsigned char *)client->product, strlen(client->product));
    (void)crypto_hash_sha256_update(&state, (const unsigned char *)"\n", 1);
    (void)crypto_hash_sha256_update(&state, id, size);
    if (identity->has_salt) {
        (void)crypto_hash_sha256_update(&state, (const unsigned char *)"\n", 1);
        (void)crypto_hash_sha256_update(&state, identity->salt, sizeof identity->salt);
    }
    (void)crypto_hash_sha256_final(&state, fingerprint);
    return true;
}

/* The last of the kept key sets that leads from a pinned root. One that does not lead on is passed over: the
 * product may have come to pin the root that signed the next. */
static enum sm_code derive_keys(const struct sm_client *client, struct sm_key_set *keys) {
    memset(keys, 0, sizeof *keys);
    memcpy(keys->roots, client->roots, client->root_count * sizeof client->roots[0]);
    keys->root_count = client->root_count;
    for (size_t i = 0; i < client->state.key_set_count; i++) {
        if (sm_key_set_read(sm_span_of(client->state.key_sets[i]), keys, keys) == SM_NO_MEMORY) {
            return SM_NO_MEMORY;
        }
    }
    return SM_OK;
}

static enum sm_code derive_lease(const struct sm_client *client, const struct sm_key_set *keys,
                                 struct sm_lease *lease) {
    const struct sm_state *state = &client->state;
    struct sm_json_member members[] = {{"lease", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"index", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"size", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"path", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"head", {SM_JSON_ABSENT, {NULL, 0}}}};
    unsigned char fingerprint[SM_FINGERPRINT_BYTES];
    memset(lease, 0, sizeof *lease);
    if (state->device == NULL || state->envelope == NULL) {
        return SM_NOT_ACTIVATED;
    }
    if (!sm_json_object(sm_span_of(state->envelope), members, sizeof members / sizeof members[0])) {
        return SM_LEASE_MALFORMED;
    }
    struct sm_envelope envelope = {members[0].value, members[1].value, members[2].value, members[3].value,
                                   members[4].value};
    enum sm_code code = sm_lease_read(&envelope, keys, lease);
    if (code != SM_OK) {
        return code;
    }
    if (strcmp(lease->device, state->device) != 0 || lease->sequence != state->sequence ||
        memcmp(lease->link, state->link, sizeof lease->link) != 0 ||
        memcmp(lease->fingerprint, state->fingerprint, sizeof lease->fingerprint) != 0 ||
        !sm_client_fingerprint(client, &state->identity, fingerprint) ||
        memcmp(lease->fingerprint, fingerprint, sizeof fingerprint) != 0) {
        sm_lease_free(lease);
        return SM_LEASE_OF_ANOTHER;
    }
    return SM_OK;
}

/* Without memory, what was derived before stays, and the next call tries again. */
static void derive(struct sm_client *client) {
    struct sm_key_set keys;
    struct sm_lease lease;
    client->must_derive = true;
    if (derive_keys(client, &keys) == SM_NO_MEMORY) {
        return;
    }
    enum sm_code held = derive_lease(client, &keys, &lease);
    if (held == SM_NO_MEMORY) {
        return;
    }
    sm_lease_free(&client->lease);
    client->lease = lease;
    client->keys = keys;
    client->held = held;
    client->must_derive = false;
    free(client->component_text);
    client->component_text = NULL;
}

static enum sm_code load(struct sm_client *client) {
    struct sm_state state;
    enum sm_code code = sm_store_read(&client->store, &state);
    if (code != SM_OK) {
        return code;
    }
    sm_state_free(&client->state);
    client->state = state;
    client->is_loaded = true;
    derive(client);
    return SM_OK;
}

void sm_client_refresh(struct sm_client *client) {
    if (!client->is_loaded || sm_store_has_changed(&client->store)) {
        enum sm_code code = load(client);
        client->cannot_keep = code != SM_OK;
    }
    if (client->must_derive) {
        derive(client);
    }
}

enum sm_code sm_client_lock(struct sm_client *client) {
    enum sm_code code = sm_store_lock(&client->store);
    if (code != SM_OK) {
        return code;
    }
    if (!client->is_loaded || sm_store_has_changed(&client->store)) {
        code = load(client);
    }
    if (code == SM_STORE_BROKEN && !client->is_loaded) {
        return SM_OK; /* an activation begins anew on what is broken; all else is not activated */
    }
    if (code == SM_OK && client->must_derive) {
        derive(client);
        code = client->must_derive ? SM_NO_MEMORY : SM_OK;
    }
    if (code != SM_OK) {
        sm_store_unlock(&client->store);
    }
    return code;
}

void sm_client_unlock(struct sm_client *client) {
    sm_store_unlock(&client->store);
}

/* Whether a licence key that is kept is to be so no more. */
static bool forgets_key(const struct sm_client *client, const struct sm_state *next) {
    const char *kept = client->state.enrolment.key;
    return kept != NULL && (next->enrolment.key == NULL || strcmp(next->enrolment.key, kept) != 0);
}

enum sm_code sm_client_commit(struct sm_client *client, struct sm_state *next) {
    enum sm_code code = sm_store_write(&client->store, next);
    if (code == SM_OK && forgets_key(client, next)) {
        /* The generation before has it as well. Should this fail, the next write does the same. */
        (void)sm_store_write(&client->store, next);
    }
    if (code != SM_OK) {
        sm_state_free(next);
        if (code == SM_STORE_BROKEN || code == SM_DISK_FULL) {
            (void)load(client); /* part of the write may have happened */
        }
        return code;
    }
    sm_state_free(&client->state);
    client->state = *next;
    memset(next, 0, sizeof *next);
    client->is_loaded = true;
    client->cannot_keep = false;
    derive(client);
    return SM_OK;
}

bool sm_client_is_cloned(const struct sm_client *client) {
    return client->state.trouble == SM_CLONE_SEEN || client->state.trouble == SM_REPLACED ||
           (client->held == SM_OK &&
            (client->lease.code == SM_CLONE_SEEN || client->lease.code == SM_REPLACED));
}

bool sm_client_is_void(const struct sm_client *client) {
    return client->state.device == NULL || client->state.trouble != SM_OK ||
           client->held == SM_LEASE_OF_ANOTHER || sm_client_is_cloned(client) ||
           (client->held == SM_OK && (client->lease.code == SM_RELEASED || client->lease.code == SM_DROPPED));
}

enum sm_code sm_client_note(struct sm_client *client, enum sm_code code) {
    client->last_result = code;
    if (code == SM_IN_USE) {
        return code; /* the other process will see to it */
    }
    client->failures = code == SM_OK ? 0 : client->failures < 30 ? client->failures + 1 : 30;
    if (code == SM_OK) {
        client->retry_after_s = 0;
    }
    client->last_attempt_ms = client->clock.boot_ms(client->clock.context);
    client->jitter = randombytes_random();
    return code;
}

enum sm_code sm_client_open_with(const struct sm_options *given, const struct sm_files *files,
                                 struct sm_client **client) {
    struct sm_options options;
    if (client == NULL) {
        return SM_WRONG_CALL;
    }
    *client = NULL;
    if (!take_options(given, &options) || !are_valid(&options) || sodium_init() < 0) {
        return SM_WRONG_CALL;
    }
    struct sm_client *made = malloc(sizeof *made);
    if (made == NULL) {
        return SM_NO_MEMORY;
    }
    memset(made, 0, sizeof *made);
    enum sm_code code = SM_NO_MEMORY;
    made->held = SM_STORE_BROKEN;
    made->transport = options.transport;
    made->clock = options.clock.wall_s != NULL ? options.clock : SM_MACHINE_CLOCK;
    made->jitter = randombytes_random();
    if (!take_roots(made, &options)) {
        code = SM_WRONG_CALL;
    } else if (copy_texts(made, &options)) {
        code = sm_store_open(&made->store, files, options.directory);
    }
    if (code == SM_OK) {
        code = load(made);
        if (code == SM_STORE_BROKEN) {
            code = SM_OK;
        } else if (code == SM_OK && made->must_derive) {
            code = SM_NO_MEMORY;
        }
    }
    if (code != SM_OK) {
        free_client(made);
        return code;
    }
    *client = made;
    return SM_OK;
}

enum sm_code sm_client_open(const struct sm_options *options, struct sm_client **client) {
    return sm_client_open_with(options, &SM_MACHINE_FILES, client);
}

void sm_client_close(struct sm_client *client) {
    if (client == NULL) {
        return;
    }
    struct sm_reading reading;
    struct sm_state next;
    sm_clock_read(&client->clock, &reading);
    bool is_ahead = client->is_loaded && client->state.marks.floor_s > 0 &&
                    sm_clock_time(&client->state.marks, &reading).lower_s - client->state.marks.floor_s > 5;
    if (is_ahead && sm_client_lock(client) == SM_OK) {
        if (sm_state_copy(&client->state, &next) == SM_OK) {
            sm_clock_keep(&next.marks, &reading);
            (void)sm_client_commit(client, &next);
        }
        sm_client_unlock(client);
    }
    free_client(client);
}
