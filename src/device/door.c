#include "device/door.h"

#include "device/activation.h"
#include "device/check_in.h"
#include "device/door_context.h"
#include "device/door_metrics.h"
#include "device/files.h"
#include "device/updates.h"
#include "device/verifiers.h"
#include "http/http.h"
#include "machine/client_address.h"
#include "machine/clock.h"
#include "machine/random.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>

enum { BATCH_DEFAULT = 64, SPARE_DESCRIPTORS = 1500 };
#define GRACE_US (20 * INT64_C(1000000))
#define STALL_US (60 * INT64_C(1000000))

/* Takes what the writer has done and the feed has read. */
static void take_from_live(void *context) {
    struct device_door *door = context;
    struct live_job *next;
    for (struct live_job *live = live_turn(door->live); live != NULL; live = next) {
        next = live->next;
        struct door_job *job = live->owner;
        if (live->kind == LIVE_ACTIVATE) {
            activation_finish_job(door, job);
        } else {
            check_in_finish_job(door, job);
        }
        door_job_free(&door->jobs, job);
    }
}

/* Requests. */

static void answer_with(struct http_exchange *exchange, const struct http_request *request,
                        const char *content_type, struct text body) {
    http_respond(exchange, &(struct http_response){.status = 200,
                                                   .content_type = content_type,
                                                   .body = body,
                                                   .without_body = request->verb == HTTP_VERB_HEAD});
}

static void get_metrics(struct device_door *door, struct http_exchange *exchange,
                        const struct http_request *request) {
    struct text token = door->options->metrics_token;
    struct text given = http_request_field(request, HTTP_FIELD_AUTHORIZATION);
    bool has_token = token.length > 0 && given.length == token.length + 7 &&
                     text_starts_with(given, TEXT("Bearer ")) &&
                     sodium_memcmp(given.at + 7, token.at, token.length) == 0;
    bool is_local = request->is_local && given.length == 0 &&
                    host_names_this_machine(http_request_field(request, HTTP_FIELD_HOST));
    if (!is_local && !has_token) {
        door_refuse(door, exchange, LEASE_CODE_CREDENTIAL_WRONG);
        return;
    }
    struct arena arena;
    arena_init(&arena);
    answer_with(exchange, request, "text/plain; version=0.0.4; charset=utf-8",
                door_metrics_format(door, &arena));
    arena_clean_up(&arena);
}

static void refuse_verb(struct device_door *door, struct http_exchange *exchange, struct text allow) {
    http_respond(exchange, &(struct http_response){.status = 405,
                                                   .headers = allow,
                                                   .body = door->refusals[LEASE_CODE_NOT_ALLOWED]});
}

static void take_post(struct device_door *door, struct http_exchange *exchange,
                      const struct http_request *request) {
    if (text_equal(request->path, TEXT("/v1/activate"))) {
        activation_take(door, exchange, request->body);
    } else {
        check_in_take(door, exchange, request->body, text_equal(request->path, TEXT("/v1/release")));
    }
}

static void take_get(struct device_door *door, struct http_exchange *exchange,
                     const struct http_request *request) {
    struct text path = request->path;
    if (text_equal(path, TEXT("/v1/keys"))) {
        answer_with(exchange, request, NULL, live_keys(door->live)->keys_body);
    } else if (text_equal(path, TEXT("/.well-known/jwks.json"))) {
        answer_with(exchange, request, NULL, live_keys(door->live)->jwks_body);
    } else if (text_equal(path, TEXT("/healthz"))) {
        answer_with(exchange, request, NULL,
                    TEXT("{\"status\":\"alive\",\"version\":\"" SEATMETER_VERSION "\"}"));
    } else if (text_equal(path, TEXT("/metrics"))) {
        get_metrics(door, exchange, request);
    } else if (text_starts_with(path, TEXT("/tuf/"))) {
        updates_take(door, exchange, request);
    } else {
        door_refuse(door, exchange, LEASE_CODE_UNKNOWN_TARGET);
    }
}

static void take_request(void *context, struct http_exchange *exchange, const struct http_request *request) {
    struct device_door *door = context;
    struct text path = request->path;
    bool is_for_post = text_equal(path, TEXT("/v1/check-in")) || text_equal(path, TEXT("/v1/activate")) ||
                       text_equal(path, TEXT("/v1/release"));
    if (is_for_post) {
        if (request->verb == HTTP_VERB_POST) {
            take_post(door, exchange, request);
        } else {
            refuse_verb(door, exchange, TEXT("Allow: POST\r\n"));
        }
    } else if (request->verb == HTTP_VERB_GET || request->verb == HTTP_VERB_HEAD) {
        take_get(door, exchange, request);
    } else {
        refuse_verb(door, exchange, TEXT("Allow: GET, HEAD\r\n"));
    }
}

static void flush_turn(void *context) {
    struct device_door *door = context;
    check_in_decide_pending(door);
    door_sign_if_due(door);
}

static struct text refusal_of(void *context, int http_status) {
    const struct device_door *door = context;
    switch (http_status) {
    case 413:
    case 414:
    case 431:
        return door->refusals[LEASE_CODE_TOO_LARGE];
    case 503:
        return door->refusals[LEASE_CODE_BUSY];
    default:
        return door->refusals[LEASE_CODE_MALFORMED_REQUEST];
    }
}

/* Starting and stopping. */

/* How many connections there may be: each is a descriptor, and the system limits those. */
static uint32_t connections_possible(uint32_t wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return wanted;
    }
    rlim_t needed = (rlim_t)wanted + SPARE_DESCRIPTORS;
    if (limit.rlim_cur < needed) {
        limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= needed) {
        return wanted;
    }
    return limit.rlim_cur > (rlim_t)2 * SPARE_DESCRIPTORS ? (uint32_t)(limit.rlim_cur - SPARE_DESCRIPTORS)
                                                          : (uint32_t)(limit.rlim_cur / 2);
}

static struct device_door *make_door(const struct device_options *options) {
    struct device_door *door = calloc(1, sizeof *door);
    if (door == NULL) {
        abort();
    }
    door->options = options;
    door->listen_fd = -1;
    arena_init(&door->arena);
    door->clock = ARENA_NEW(&door->arena, struct door_clock, 1);
    door_clock_init(door->clock, machine_now_us(), machine_since_start_us());
    door->batch_max = options->batch_max == 0 ? BATCH_DEFAULT : options->batch_max;
    assert(door->batch_max <= MERKLE_LEAVES_MAX);
    door->batch = batch_make(door->batch_max, options->secret);
    device_master_key(options->secret, door->master);
    for (int i = 0; i < LEASE_CODE_COUNT; i++) {
        const struct lease_code_row *row = lease_code_row((enum lease_code)i);
        door->refusals[i] =
            text_format(&door->arena, "{\"code\":\"%s\",\"words\":\"%s\"}", row->word, row->words);
    }
    return door;
}

static void free_door(struct device_door *door) {
    if (door->http != NULL) {
        http_free(door->http);
    }
    files_stop(door->files);
    verifiers_stop(door->verifiers);
    live_stop(door->live);
    door_job_free_all(&door->jobs);
    if (door->listen_fd >= 0) {
        close(door->listen_fd);
        address_unlink(&door->address);
    }
    updates_free(door);
    batch_free(door->batch);
    sodium_memzero(door->master, sizeof door->master);
    arena_clean_up(&door->arena);
    free(door);
}

static enum status start_live(struct device_door *door, struct fault *fault) {
    struct live_options options = {.database_url = door->options->database_url,
                                   .secret = door->options->secret,
                                   .random = machine_random_source(),
                                   .now_us = door->options->now_us != NULL ? door->options->now_us
                                                                           : machine_now_us};
    return live_start(&options, &door->live, fault);
}

static enum status start_files(struct device_door *door, struct fault *fault) {
    struct files_options options = {.database_url = door->options->database_url,
                                    .artifacts = door->options->artifacts,
                                    .refusals = door->refusals,
                                    .stall_us = STALL_US};
    return files_start(&options, &door->files, fault);
}

static enum status make_http(struct device_door *door, struct fault *fault) {
    struct http_options options;
    http_options_default(&options);
    uint32_t wanted =
        door->options->connections_max == 0 ? DEVICE_CONNECTIONS_DEFAULT : door->options->connections_max;
    options.listen_fd = door->listen_fd;
    options.connections_max = connections_possible(wanted);
    options.of_address_max = (options.connections_max + 3) / 4;
    options.late_us = door->options->late_us == 0 ? options.late_us : door->options->late_us;
    options.request = take_request;
    options.flush = flush_turn;
    options.refusal = refusal_of;
    options.context = door;
    TRY(http_make(&options, &door->http, fault));
    TRY(http_watch(door->http, live_fd(door->live), take_from_live, door, fault));
    TRY(http_watch(door->http, files_fd(door->files), updates_take_loaded, door, fault));
    return http_watch(door->http, verifiers_fd(door->verifiers), activation_take_verified, door, fault);
}

static void *run_loop(void *context) {
    struct device_door *door = context;
    http_run(door->http, GRACE_US);
    return NULL;
}

static enum status start_loop(struct device_door *door, struct fault *fault) {
    if (pthread_create(&door->thread, NULL, run_loop, door) != 0) {
        return fault_set(fault, STATUS_INTERNAL, "no-threads", NULL, TEXT(""),
                         "The machine gives no more threads.");
    }
    pthread_setname_np(door->thread, "device-door");
    door->thread_runs = true;
    return STATUS_OK;
}

static enum status start_door(struct device_door *door, struct fault *fault) {
    TRY(address_listen(&door->address, &door->listen_fd, fault));
    door->url = address_url(&door->arena, door->listen_fd);
    TRY(start_live(door, fault));
    TRY(start_files(door, fault));
    TRY(verifiers_start(&door->verifiers, fault));
    TRY(make_http(door, fault));
    return start_loop(door, fault);
}

enum status device_door_start(const struct device_options *options, struct device_door **door,
                              struct fault *fault) {
    assert(options->secret != NULL);
    struct address address;
    TRY(address_parse(options->address.length == 0 ? TEXT(DEVICE_ADDRESS_DEFAULT) : options->address,
                      &address, fault));
    struct device_door *made = make_door(options);
    made->address = address;
    enum status status = start_door(made, fault);
    if (status != STATUS_OK) {
        free_door(made);
        return status;
    }
    *door = made;
    return STATUS_OK;
}

struct text device_door_url(const struct device_door *door) {
    return door->url;
}

void device_door_stop(struct device_door *door) {
    if (door->thread_runs) {
        http_stop(door->http);
        pthread_join(door->thread, NULL);
    }
    free_door(door);
}
