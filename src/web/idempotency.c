/* A response is kept as "CONTENT-TYPE\0LOCATION\0ETAG\0BODY" in a sealed box that is bound to its row.
 *
 * A box may not open: a store that an earlier version has served holds responses that were sealed otherwise,
 * for up to IDEMPOTENCY_US. What such a request did is done all the same, so it is refused and never done
 * again. */
#include "web/idempotency.h"

#include "core/base/buffer.h"
#include "programme/call/authorise.h"
#include "programme/keys/sealed_box.h"
#include "store/access/idempotency.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define CLEAR_EVERY_US (INT64_C(60) * 1000000)

static const char SEAL_PURPOSE[] = "seatmeter kept response";

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
static bool enter_key(struct idempotency_running *running, const struct request *request) {
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

static void leave_key(struct idempotency_running *running, const struct request *request) {
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

/* Two requests are the same one where all of this is equal: method, target, content type, version and body.
 */
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

static struct text pack_response(struct arena *arena, const struct response *response) {
    const struct text parts[] = {response->content_type, response->location, response->etag};
    struct buffer packed = {.arena = arena};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        assert(parts[i].length == 0 || memchr(parts[i].at, '\0', parts[i].length) == NULL);
        buffer_add(&packed, parts[i]);
        buffer_add_times(&packed, '\0', 1);
    }
    buffer_add(&packed, response->body);
    return buffer_text(&packed);
}

static void unpack_response(struct text packed, struct response *response) {
    response->content_type = text_take_until(&packed, '\0');
    response->location = text_take_until(&packed, '\0');
    response->etag = text_take_until(&packed, '\0');
    response->body = packed;
}

/* A kept response is bound to these words: whose it is, its key, and the request that it responds to. */
static struct text row_of(struct arena *arena, const struct idempotent_response *kept) {
    struct buffer row = {.arena = arena};
    const struct text parts[] = {kept->actor, kept->key, kept->request_hash};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buffer_add_format(&row, "%zu:", parts[i].length);
        buffer_add(&row, parts[i]);
    }
    return buffer_text(&row);
}

static bool open_kept(const struct call *call, const struct idempotent_response *kept, struct text *packed) {
    if (kept->answer.length < SEALED_BOX_EXTRA_BYTES) {
        return false;
    }
    size_t length = kept->answer.length - SEALED_BOX_EXTRA_BYTES;
    char *plain = ARENA_NEW(call->arena, char, length);
    *packed = (struct text){plain, length};
    return sealed_box_open(call, SEAL_PURPOSE, kept->answer, row_of(call->arena, kept), plain, length);
}

static enum status replay_response(struct request *request, const struct idempotent_response *kept,
                                   struct text hash, struct fault *fault) {
    if (!text_equal(kept->request_hash, hash)) {
        return fault_set(fault, STATUS_INVALID, "idempotency-key-reused", "Idempotency-Key", kept->key,
                         "This key came with another request before: give each request a key of its own.");
    }
    struct text packed;
    if (!open_kept(&request->call, kept, &packed)) {
        return fault_set(fault, STATUS_CONFLICT, "idempotency-response-lost", "Idempotency-Key", kept->key,
                         "This request was done, but its response can no longer be shown: look at what it "
                         "made, and give the next request a key of its own.");
    }
    unpack_response(packed, &request->response);
    request->response.http_status = (int)kept->status;
    request->response.is_replay = true;
    return STATUS_OK;
}

/* A request under its key, and what was kept of it. */
struct keyed_request {
    struct request *request;
    struct text hash;
    bool is_found; /* the request was done before */
    struct idempotent_response kept;
};

static enum status keep_response(struct call *call, struct keyed_request *keyed, struct fault *fault) {
    struct response *response = &keyed->request->response;
    response_finish(response);
    keyed->kept = (struct idempotent_response){
        .actor = actor_text(call),
        .key = keyed->request->headers.idempotency_key,
        .request_hash = keyed->hash,
        .status = response->http_status,
        .at_us = call->now_us,
    };
    keyed->kept.answer = sealed_box_seal(call, SEAL_PURPOSE, pack_response(call->arena, response),
                                         row_of(call->arena, &keyed->kept));
    return idempotent_response_insert(call->db, &keyed->kept, fault);
}

/* Clears away what is kept too long, once a minute: what it deletes is nobody's, and others need not wait for
 * it. */
static enum status do_clear_away(struct call *call, const void *input, void *output, struct fault *fault) {
    (void)input;
    (void)output;
    return idempotent_response_delete_before(call->db, call->now_us - IDEMPOTENCY_US, fault);
}

static enum status find_no_part(struct call *call, const void *input, struct call_parts *parts,
                                struct fault *fault) {
    (void)call;
    (void)input;
    (void)parts;
    (void)fault;
    return STATUS_OK;
}

static enum status clear_away_if_due(struct idempotency_running *running, struct call *call,
                                     struct fault *fault) {
    pthread_mutex_lock(&running->lock);
    bool is_due = call->now_us >= running->cleared_at_us + CLEAR_EVERY_US;
    running->cleared_at_us = is_due ? call->now_us : running->cleared_at_us;
    pthread_mutex_unlock(&running->lock);
    return is_due ? call_run_parts(call, find_no_part, do_clear_away, NULL, NULL, fault) : STATUS_OK;
}

/* Finds the kept response, or handles the request and keeps what it gave, in one transaction. */
static enum status find_or_handle(struct call *call, const void *input, void *output, struct fault *fault) {
    (void)input;
    struct keyed_request *keyed = output;
    struct request *request = keyed->request;
    TRY(idempotent_response_find(call->db, call->arena, actor_text(call), request->headers.idempotency_key,
                                 &keyed->is_found, &keyed->kept, fault));
    if (keyed->is_found && keyed->kept.at_us >= call->now_us - IDEMPOTENCY_US) {
        return STATUS_OK;
    }
    bool is_old = keyed->is_found;
    keyed->is_found = false;
    TRY(request->route->handle(request, &request->response, fault));
    if (is_old) {
        TRY(idempotent_response_delete(call->db, actor_text(call), request->headers.idempotency_key, fault));
    }
    return keep_response(call, keyed, fault);
}

/* Two requests of one key wait for each other, in whichever process they are. */
static enum status handle_once(struct request *request, struct fault *fault) {
    struct keyed_request keyed = {.request = request, .hash = hash_request(request)};
    struct text name = text_format(&request->arena, "%.*s %.*s", TEXT_ARGS(actor_text(&request->call)),
                                   TEXT_ARGS(request->headers.idempotency_key));
    TRY(call_run_open(&request->call, name, find_or_handle, NULL, &keyed, fault));
    return keyed.is_found ? replay_response(request, &keyed.kept, keyed.hash, fault) : STATUS_OK;
}

enum status idempotency_handle(struct idempotency_running *running, struct request *request,
                               struct fault *fault) {
    if (!is_visible(request->headers.idempotency_key)) {
        return request_fault(request, 400, fault, STATUS_INVALID, "malformed-idempotency-key",
                             "Idempotency-Key", request->headers.idempotency_key,
                             "Give 1 to 128 visible ASCII characters as Idempotency-Key.");
    }
    if (!enter_key(running, request)) {
        return request_fault(request, 409, fault, STATUS_CONFLICT, "idempotency-key-in-use",
                             "Idempotency-Key", request->headers.idempotency_key,
                             "A request with this key is being done right now: ask again in a moment.");
    }
    enum status status = clear_away_if_due(running, &request->call, fault);
    if (status == STATUS_OK) {
        status = handle_once(request, fault);
    }
    leave_key(running, request);
    return status;
}
