/* An answer is kept as "STATUS\0LOCATION\0ETAG\0BODY", sealed under the programme's secret. */
#include "web/idempotency.h"

#include "programme/call/authorise.h"
#include "store/access/idempotency.h"
#include "web/seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

void idempotency_init(struct idempotency_running *running) {
    *running = (struct idempotency_running){0};
    pthread_mutex_init(&running->lock, NULL);
}

void idempotency_clean_up(struct idempotency_running *running) {
    pthread_mutex_destroy(&running->lock);
}

static bool same_key(const struct request *a, const struct request *b) {
    return a->call.actor.kind == b->call.actor.kind && a->call.actor.id == b->call.actor.id &&
           text_equal(a->headers.idempotency_key, b->headers.idempotency_key);
}

/* False where another worker is at the same key. */
static bool enter(struct idempotency_running *running, const struct request *request) {
    bool entered = false;
    size_t place = IDEMPOTENCY_RUNNING_MAX;
    pthread_mutex_lock(&running->lock);
    for (size_t i = 0; i < IDEMPOTENCY_RUNNING_MAX; i++) {
        if (running->requests[i] == NULL) {
            place = i;
        } else if (same_key(running->requests[i], request)) {
            goto done;
        }
    }
    assert(place < IDEMPOTENCY_RUNNING_MAX);
    running->requests[place] = request;
    entered = true;
done:
    pthread_mutex_unlock(&running->lock);
    return entered;
}

static void leave(struct idempotency_running *running, const struct request *request) {
    pthread_mutex_lock(&running->lock);
    for (size_t i = 0; i < IDEMPOTENCY_RUNNING_MAX; i++) {
        if (running->requests[i] == request) {
            running->requests[i] = NULL;
        }
    }
    pthread_mutex_unlock(&running->lock);
}

static bool is_visible(struct text key) {
    for (size_t i = 0; i < key.length; i++) {
        if (key.at[i] < 0x21 || key.at[i] > 0x7E) {
            return false;
        }
    }
    return key.length > 0 && key.length <= IDEMPOTENCY_KEY_BYTES_MAX;
}

/* Of all that makes the request what it is. */
static struct text hash_request(struct request *request) {
    struct text head = text_format(&request->arena, "%s %.*s\n%.*s\n%.*s\n", method_name(request->method),
                                   TEXT_ARGS(request->target), TEXT_ARGS(request->headers.content_type),
                                   TEXT_ARGS(request->headers.if_match));
    unsigned char *hash = ARENA_NEW(&request->arena, unsigned char, crypto_generichash_BYTES);
    crypto_generichash_state state;
    crypto_generichash_init(&state, request->call.secret, PROGRAMME_SECRET_BYTES, crypto_generichash_BYTES);
    crypto_generichash_update(&state, (const unsigned char *)head.at, head.length);
    crypto_generichash_update(&state, (const unsigned char *)request->body_at, request->body_length);
    crypto_generichash_final(&state, hash, crypto_generichash_BYTES);
    return (struct text){(const char *)hash, crypto_generichash_BYTES};
}

static struct text pack(struct request *request) {
    const struct response *response = &request->response;
    const struct text parts[] = {response->content_type, response->location, response->etag, response->body};
    size_t length = 0;
    for (size_t i = 0; i < 4; i++) {
        length += parts[i].length + 1;
    }
    char *packed = ARENA_NEW(&request->arena, char, length);
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        if (parts[i].length > 0) {
            memcpy(packed + at, parts[i].at, parts[i].length);
        }
        at += parts[i].length + 1;
    }
    return (struct text){packed, length - 1};
}

static struct text next_part(struct text *rest) {
    const char *end = memchr(rest->at, '\0', rest->length);
    size_t length = end == NULL ? rest->length : (size_t)(end - rest->at);
    struct text part = {rest->at, length};
    size_t skipped = end == NULL ? length : length + 1;
    *rest = (struct text){rest->at + skipped, rest->length - skipped};
    return part;
}

static void unpack(struct text packed, struct response *response) {
    response->content_type = next_part(&packed);
    response->location = next_part(&packed);
    response->etag = next_part(&packed);
    response->body = packed;
}

static enum status replay(struct request *request, const struct idempotent_response *kept, struct text hash,
                          struct fault *fault) {
    if (!text_equal(kept->request_hash, hash)) {
        return fault_set(fault, STATUS_INVALID, "idempotency-key-reused", "Idempotency-Key", kept->key,
                         "This key came with another request before: give each request a key of its own.");
    }
    struct text packed;
    if (!seal_open(&request->arena, request->call.secret, SEAL_IDEMPOTENT_RESPONSE, kept->answer, &packed)) {
        return fault_set(fault, STATUS_INTERNAL, "kept-answer-unreadable", "", TEXT(""),
                         "The kept answer does not open with this programme's secret.");
    }
    unpack(packed, &request->response);
    request->response.http_status = (int)kept->status;
    request->response.is_replay = true;
    return STATUS_OK;
}

/* Finds the kept answer, or handles the request and keeps what it gave, in one transaction. */
static enum status handle_once(struct request *request, struct fault *fault) {
    struct call *call = &request->call;
    struct text hash = hash_request(request);
    struct idempotent_response kept = {0};
    bool found = false;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = idempotent_response_delete_before(call->db, call->now_us - IDEMPOTENCY_US, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    struct text actor = actor_text(call);
    status = idempotent_response_find(call->db, call->arena, actor, request->headers.idempotency_key, &found,
                                      &kept, fault);
    if (status != STATUS_OK || found) {
        goto done;
    }
    status = request->route->handle(request, &request->response, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    response_finish(&request->response);
    kept = (struct idempotent_response){
        .actor = actor,
        .key = request->headers.idempotency_key,
        .request_hash = hash,
        .status = request->response.http_status,
        .answer = seal(call->arena, call->secret, SEAL_IDEMPOTENT_RESPONSE, pack(request)),
        .at_us = call->now_us,
    };
    status = idempotent_response_insert(call->db, &kept, fault);
done:
    status = call_end(call, status, fault);
    return status == STATUS_OK && found ? replay(request, &kept, hash, fault) : status;
}

enum status idempotency_handle(struct idempotency_running *running, struct request *request,
                               struct fault *fault) {
    if (!is_visible(request->headers.idempotency_key)) {
        return request_fault(request, 400, fault, STATUS_INVALID, "malformed-idempotency-key",
                             "Idempotency-Key", request->headers.idempotency_key,
                             "Idempotency-Key: give 1 to 128 visible ASCII characters.");
    }
    if (!enter(running, request)) {
        return request_fault(request, 409, fault, STATUS_CONFLICT, "idempotency-key-in-use",
                             "Idempotency-Key", request->headers.idempotency_key,
                             "A request with this key is being done right now: ask again in a moment.");
    }
    enum status status = handle_once(request, fault);
    leave(running, request);
    return status;
}
