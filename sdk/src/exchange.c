/* Exchange: one request and its answer, over the vendor's transport. What is not a 200 is not signed, so it
 * is a code to show and to wait by, and nothing else. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

enum { RETRY_AFTER_MAX_S = 24 * 3600 };

struct sink {
    struct sm_buffer *body;
    bool is_too_large;
};

static int take_body(void *context, const struct sm_response *response, const void *bytes, size_t size) {
    struct sink *sink = context;
    (void)response;
    if (size > SM_ENVELOPE_BYTES_MAX - sink->body->length) {
        sink->is_too_large = true;
        return 1;
    }
    sm_buffer_add(sink->body, bytes, size);
    return sink->body->has_failed ? 1 : 0;
}

/* Whether the server says such a code by itself. */
static bool is_answer(enum sm_code code) {
    return code == SM_OTHER_REASON || (code > SM_OK && code < SM_CODE_FOUND_);
}

static enum sm_code read_refusal(int status, const struct sm_buffer *body) {
    struct sm_json_member members[] = {{"code", {SM_JSON_ABSENT, {NULL, 0}}}};
    struct sm_span text = {body->at, body->length};
    char word[SM_WORD_BYTES];
    if (body->length > 0 && sm_json_object(text, members, 1) &&
        sm_json_text(&members[0].value, word, sizeof word)) {
        enum sm_code code = sm_code_of_word(word, strlen(word));
        return is_answer(code) ? code : SM_UNREACHABLE;
    }
    /* Something in between (a proxy) answered. */
    return status == 429 ? SM_TOO_OFTEN : status == 503 ? SM_BUSY : SM_UNREACHABLE;
}

enum sm_code sm_exchange(struct sm_client *client, const char *method, const char *path,
                         const struct sm_buffer *body, struct sm_buffer *answer) {
    static const char *const headers[] = {"Content-Type: application/json", "Accept: application/json", NULL};
    struct sm_buffer url = SM_BUFFER_EMPTY;
    struct sink sink = {answer, false};
    struct sm_request request;
    struct sm_response response;
    enum sm_code code = SM_UNREACHABLE;
    client->retry_after_s = 0;
    if (client->transport.perform == NULL) {
        return SM_UNREACHABLE;
    }
    sm_buffer_text(&url, client->server);
    sm_buffer_text(&url, path);
    if (url.has_failed) {
        code = SM_NO_MEMORY;
        goto done;
    }
    memset(&request, 0, sizeof request);
    request.size = sizeof request;
    request.method = method;
    request.url = url.at;
    request.headers = body == NULL ? headers + 1 : headers;
    request.body = body == NULL ? NULL : body->at;
    request.body_size = body == NULL ? 0 : body->length;
    memset(&response, 0, sizeof response);
    response.size = sizeof response;
    response.retry_after_s = -1;
    response.content_length = -1;
    response.range_first = -1;
    response.range_total = -1;
    if (client->transport.perform(client->transport.context, &request, &response, take_body, &sink) != 0) {
        code = answer->has_failed ? SM_NO_MEMORY : SM_UNREACHABLE;
        goto done;
    }
    if (answer->has_failed || sink.is_too_large) {
        code = answer->has_failed ? SM_NO_MEMORY : SM_UNREACHABLE;
        goto done;
    }
    if (response.status == 200) {
        code = SM_OK;
        goto done;
    }
    code = read_refusal(response.status, answer);
    if ((response.status == 429 || response.status == 503) && response.retry_after_s > 0) {
        client->retry_after_s =
            response.retry_after_s < RETRY_AFTER_MAX_S ? response.retry_after_s : RETRY_AFTER_MAX_S;
    }
done:
    sm_buffer_free(&url);
    return code;
}

/* Whether the set may follow what `keys` are. */
static bool keys_can_follow(struct sm_span jws, const struct sm_key_set *keys, struct sm_key_set *next,
                            enum sm_code *code) {
    *code = sm_key_set_read(jws, keys, next);
    return *code == SM_OK;
}

/* How many of the kept sets are needed to lead from the pinned roots to the new one. */
static enum sm_code count_needed(const struct sm_client *client, const struct sm_state *next,
                                 struct sm_span jws, size_t *needed) {
    struct sm_key_set walked;
    struct sm_key_set unused;
    enum sm_code code;
    memset(&walked, 0, sizeof walked);
    memcpy(walked.roots, client->roots, client->root_count * sizeof client->roots[0]);
    walked.root_count = client->root_count;
    for (size_t i = 0; i <= next->key_set_count; i++) {
        if (keys_can_follow(jws, &walked, &unused, &code)) {
            *needed = i;
            return SM_OK;
        }
        if (code == SM_OK || code == SM_NO_MEMORY) {
            return code;
        }
        if (i < next->key_set_count &&
            sm_key_set_read(sm_span_of(next->key_sets[i]), &walked, &walked) == SM_NO_MEMORY) {
            return SM_NO_MEMORY;
        }
    }
    return code;
}

enum sm_code sm_client_take_keys(struct sm_client *client, struct sm_state *next, struct sm_key_set *keys,
                                 struct sm_span jws, const struct sm_reading *reading) {
    struct sm_key_set set;
    size_t needed;
    enum sm_code code;
    if (!keys_can_follow(jws, keys, &set, &code)) {
        return code;
    }
    code = count_needed(client, next, jws, &needed);
    if (code != SM_OK) {
        return code;
    }
    if (needed == SM_KEY_CHAIN_MAX) {
        return SM_SIGNING_KEY_UNKNOWN; /* as many changes of the root as no product outlives */
    }
    char *copy = sm_text_duplicate(jws);
    if (copy == NULL) {
        return SM_NO_MEMORY;
    }
    while (next->key_set_count > needed) {
        free(next->key_sets[--next->key_set_count]);
    }
    next->key_sets[next->key_set_count++] = copy;
    *keys = set;
    sm_clock_see(&next->marks, reading, set.issued_s, NULL);
    return SM_OK;
}

static enum sm_code fetch_keys(struct sm_client *client, struct sm_state *next, struct sm_key_set *keys,
                               const struct sm_reading *reading) {
    struct sm_buffer answer = SM_BUFFER_EMPTY;
    struct sm_json_member members[] = {{"keys", {SM_JSON_ABSENT, {NULL, 0}}}};
    enum sm_code code = sm_exchange(client, "GET", "/v1/keys", NULL, &answer);
    if (code == SM_OK) {
        struct sm_span text = {answer.at, answer.length};
        code = sm_json_object(text, members, 1) && members[0].value.kind == SM_JSON_STRING
                   ? sm_client_take_keys(client, next, keys, members[0].value.text, reading)
                   : SM_LEASE_MALFORMED;
    }
    sm_buffer_free(&answer);
    return code;
}

enum { DEVICE, CHECK_IN_KEY, KEY_SET, LEASE, INDEX, SIZE, PATH, HEAD, MEMBERS };

/* Verifies the lease, with the key set that the server has now where ours does not do. */
static enum sm_code take_lease(struct sm_client *client, const struct sm_json_member *members,
                               struct sm_state *next, const struct sm_reading *reading, bool may_fetch,
                               struct sm_lease *lease) {
    struct sm_envelope envelope = {members[LEASE].value, members[INDEX].value, members[SIZE].value,
                                   members[PATH].value, members[HEAD].value};
    struct sm_key_set keys = client->keys;
    enum sm_code code = SM_OK;
    if (members[KEY_SET].value.kind == SM_JSON_STRING) {
        code = sm_client_take_keys(client, next, &keys, members[KEY_SET].value.text, reading);
        if (code == SM_NO_MEMORY) {
            return code;
        }
    }
    enum sm_code key_code = code; /* of the set; matters only where the lease does not verify without */
    code = sm_lease_read(&envelope, &keys, lease);
    bool is_unknown = code == SM_SIGNING_KEY_UNKNOWN;
    if (may_fetch && (is_unknown || (code == SM_OK && lease->keys_version > keys.version))) {
        key_code = fetch_keys(client, next, &keys, reading);
        if (key_code == SM_OK) {
            sm_lease_free(lease);
            code = sm_lease_read(&envelope, &keys, lease);
        }
    }
    return code == SM_SIGNING_KEY_UNKNOWN && key_code != SM_OK ? key_code : code;
}

static bool answers(const struct sm_client *client, const struct sm_pending *pending,
                    const struct sm_json_member *members, const struct sm_lease *lease) {
    bool is_enrolment = pending->kind == SM_PENDING_ENROLMENT;
    const unsigned char *fingerprint = is_enrolment ? pending->fingerprint : client->state.fingerprint;
    bool is_of_device = is_enrolment ? sm_json_text_is(&members[DEVICE].value, sm_span_of(lease->device))
                                     : strcmp(lease->device, client->state.device) == 0;
    return is_of_device && lease->sequence == pending->sequence &&
           memcmp(lease->link, pending->link, sizeof lease->link) == 0 &&
           memcmp(lease->fingerprint, fingerprint, sizeof lease->fingerprint) == 0;
}

/* The proof alone, without what else stands in the answer. */
static char *make_envelope(const struct sm_json_member *members) {
    struct sm_buffer text = SM_BUFFER_EMPTY;
    for (int i = LEASE; i <= HEAD; i++) {
        bool is_text = members[i].value.kind == SM_JSON_STRING;
        sm_buffer_text(&text, i == LEASE ? "{\"" : ",\"");
        sm_buffer_text(&text, members[i].name);
        sm_buffer_text(&text, is_text ? "\":\"" : "\":");
        sm_buffer_add(&text, members[i].value.text.at, members[i].value.text.length);
        sm_buffer_text(&text, is_text ? "\"" : "");
    }
    sm_buffer_text(&text, "}");
    char *copy = text.has_failed ? NULL : sm_text_duplicate(sm_span_of(text.at));
    sm_buffer_free(&text);
    return copy;
}

/* The enrolled device in the place of what was. */
static enum sm_code become(const struct sm_client *client, struct sm_state *next,
                           const struct sm_pending *pending, const struct sm_json_member *members,
                           const struct sm_lease *lease) {
    /* A device that is well and another one, of another licence, is not needed any more. */
    bool is_left = !sm_client_is_void(client) && strcmp(client->state.device, lease->device) != 0;
    char *device = sm_text_duplicate(sm_span_of(lease->device));
    if (device == NULL) {
        return SM_NO_MEMORY;
    }
    /* The name goes into the store as it is, so it must need no escapes. */
    if (strpbrk(device, "\"\\ \t\r\n") != NULL ||
        !sm_json_bytes(&members[CHECK_IN_KEY].value, next->check_in_key, sizeof next->check_in_key)) {
        free(device);
        return SM_LEASE_MALFORMED;
    }
    if (is_left) {
        free(next->leaving);
        next->leaving = sm_release_body(client);
    }
    free(next->device);
    next->device = device;
    memcpy(next->seed, pending->seed, sizeof next->seed);
    memcpy(next->key_hash, pending->key_hash, sizeof next->key_hash);
    memcpy(next->fingerprint, pending->fingerprint, sizeof next->fingerprint);
    next->identity = pending->identity;
    sm_pending_clear(&next->enrolment);
    sm_pending_clear(&next->offline);
    return SM_OK;
}

/* What the answered request has told of the machine's name. */
static void hear_name(const struct sm_client *client, const struct sm_pending *pending,
                      struct sm_state *next) {
    if (pending->kind == SM_PENDING_ENROLMENT) {
        next->has_told_name = sm_client_name_hash(client, next->told_name);
    } else if (pending->has_name) {
        next->has_told_name = true;
        memcpy(next->told_name, pending->name_hash, sizeof next->told_name);
    }
}

enum sm_code sm_client_take(struct sm_client *client, const struct sm_pending *pending, struct sm_span answer,
                            bool may_fetch) {
    struct sm_json_member members[MEMBERS] = {
        {"device", {SM_JSON_ABSENT, {NULL, 0}}},  {"check_in_key", {SM_JSON_ABSENT, {NULL, 0}}},
        {"key_set", {SM_JSON_ABSENT, {NULL, 0}}}, {"lease", {SM_JSON_ABSENT, {NULL, 0}}},
        {"index", {SM_JSON_ABSENT, {NULL, 0}}},   {"size", {SM_JSON_ABSENT, {NULL, 0}}},
        {"path", {SM_JSON_ABSENT, {NULL, 0}}},    {"head", {SM_JSON_ABSENT, {NULL, 0}}}};
    struct sm_reading reading;
    struct sm_lease lease;
    struct sm_state next;
    if (answer.length > SM_ENVELOPE_BYTES_MAX || !sm_json_object(answer, members, MEMBERS)) {
        return SM_LEASE_MALFORMED;
    }
    sm_clock_read(&client->clock, &reading);
    enum sm_code code = sm_state_copy(&client->state, &next);
    if (code != SM_OK) {
        return code;
    }
    code = take_lease(client, members, &next, &reading, may_fetch, &lease);
    if (code != SM_OK) {
        sm_state_free(&next);
        return code;
    }
    if (!answers(client, pending, members, &lease)) {
        code = SM_LEASE_OF_ANOTHER;
    } else if (pending->kind == SM_PENDING_ENROLMENT) {
        code = become(client, &next, pending, members, &lease);
    }
    char *envelope = code == SM_OK ? make_envelope(members) : NULL;
    if (code == SM_OK && envelope == NULL) {
        code = SM_NO_MEMORY;
    }
    if (code == SM_OK) {
        free(next.envelope);
        next.envelope = envelope;
        next.sequence = pending->sequence;
        memcpy(next.link, pending->link, sizeof next.link);
        next.trouble = SM_OK;
        hear_name(client, pending, &next);
        sm_pending_clear(&next.pending);
        sm_clock_see(&next.marks, &reading, lease.issued_s, &pending->asked);
        code = sm_client_commit(client, &next);
    } else {
        sm_state_free(&next);
    }
    sm_lease_free(&lease);
    return code;
}
