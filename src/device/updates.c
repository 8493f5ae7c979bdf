#include "device/updates.h"

#include "core/base/base64url.h"
#include "device/files.h"
#include "http/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A name is unproven until the store was seen to have it. */
enum {
    CACHED_MAX = 64,
    UNPROVEN_MAX = 32,
    CACHED_BYTES_MAX = 4 << 20,
    NAME_BYTES_MAX = 64,
    CREDENTIAL_TOLERANCE_S = 3600
};
#define REFRESH_US (60 * INT64_C(1000000))
/* The store is asked again after so long for a name that it did not have. */
#define MISSING_US (2 * INT64_C(1000000))

struct waiter {
    struct waiter *next;
    struct http_exchange *exchange;
    bool is_head;
};

struct cached {
    char name[NAME_BYTES_MAX];
    size_t name_length;       /* 0: free */
    struct loaded_file *file; /* NULL: not loaded yet */
    int64_t loaded_at_us;
    int64_t releases_changed; /* as it was when the loading began */
    int64_t used_at_us;
    bool is_loading;
    struct waiter *waiters;
};

struct metadata {
    struct cached files[CACHED_MAX];
    size_t bytes;
};

static void drop_cached(struct metadata *metadata, struct cached *cached) {
    if (cached->file != NULL) {
        metadata->bytes -= cached->file->bytes.length;
        free(cached->file);
    }
    assert(!cached->is_loading);
    memset(cached, 0, sizeof *cached);
}

void updates_free(struct device_door *door) {
    if (door->metadata == NULL) {
        return;
    }
    for (size_t i = 0; i < CACHED_MAX; i++) {
        struct cached *cached = &door->metadata->files[i];
        while (cached->waiters != NULL) {
            struct waiter *waiter = cached->waiters;
            cached->waiters = waiter->next;
            free(waiter);
        }
        cached->is_loading = false;
        drop_cached(door->metadata, cached);
    }
    free(door->metadata);
}

static int64_t releases_changed(const struct device_door *door) {
    struct live_counts counts;
    live_count(door->live, &counts);
    return counts.releases_changed;
}

/* The entry of that name; NULL: there is none. */
static struct cached *find_cached(struct metadata *metadata, struct text name) {
    for (size_t i = 0; i < CACHED_MAX; i++) {
        struct cached *cached = &metadata->files[i];
        if (cached->name_length == name.length && memcmp(cached->name, name.at, name.length) == 0) {
            return cached;
        }
    }
    return NULL;
}

static bool is_unproven(const struct cached *cached) {
    return cached->name_length > 0 && (cached->file == NULL || !cached->file->is_found);
}

/* Every client begins with it, so it has the first place for itself and is there under any flood. */
static bool is_for_all(struct text name) {
    return text_is(name, "timestamp.json");
}

/* The entry of that name, or a place for it: a free one, or the one that was not used for the longest time.
 * Anybody can ask for names that nobody has, so names that are unproven take one another's places once they
 * are many. NULL where all that it might take are being loaded. */
static struct cached *find_place(struct metadata *metadata, struct text name) {
    struct cached *known = find_cached(metadata, name);
    struct cached *place = NULL;
    size_t unproven = 0;
    if (known != NULL) {
        return known;
    }
    for (size_t i = 1; i < CACHED_MAX; i++) {
        unproven += is_unproven(&metadata->files[i]);
    }
    for (size_t i = 1; i < CACHED_MAX && !is_for_all(name); i++) {
        struct cached *cached = &metadata->files[i];
        bool may_go = !cached->is_loading && (unproven < UNPROVEN_MAX || is_unproven(cached));
        place = may_go && (place == NULL || cached->used_at_us < place->used_at_us) ? cached : place;
    }
    if (is_for_all(name)) {
        place = &metadata->files[0];
    }
    if (place != NULL) {
        drop_cached(metadata, place);
        memcpy(place->name, name.at, name.length);
        place->name_length = name.length;
    }
    return place;
}

static bool is_numbered(const struct cached *cached) {
    return cached->name[0] >= '0' && cached->name[0] <= '9';
}

static bool is_fresh(const struct device_door *door, const struct cached *cached, int64_t now_us) {
    if (cached->file == NULL || cached->file->has_failed) {
        return false;
    }
    int64_t age_us = now_us - cached->loaded_at_us;
    if (!cached->file->is_found) {
        return age_us < MISSING_US && cached->releases_changed == releases_changed(door);
    }
    return is_numbered(cached) || (age_us < REFRESH_US && cached->releases_changed == releases_changed(door));
}

static void answer_file(struct device_door *door, struct http_exchange *exchange,
                        const struct loaded_file *file, bool is_head) {
    if (file->has_failed || !file->is_found) {
        door_refuse(door, exchange, file->has_failed ? LEASE_CODE_BUSY : LEASE_CODE_UNKNOWN_TARGET);
        return;
    }
    http_respond(exchange,
                 &(struct http_response){.status = 200, .body = file->bytes, .without_body = is_head});
}

static void wait_for(struct cached *cached, struct http_exchange *exchange, bool is_head) {
    struct waiter *waiter = calloc(1, sizeof *waiter);
    if (waiter == NULL) {
        abort();
    }
    *waiter = (struct waiter){cached->waiters, exchange, is_head};
    cached->waiters = waiter;
}

static bool may_be_name(struct text name) {
    return name.length > 5 && name.length < NAME_BYTES_MAX &&
           memcmp(name.at + name.length - 5, ".json", 5) == 0;
}

static void take_metadata(struct device_door *door, struct http_exchange *exchange,
                          const struct http_request *request, struct text name) {
    if (door->metadata == NULL) {
        door->metadata = calloc(1, sizeof *door->metadata);
        if (door->metadata == NULL) {
            abort();
        }
    }
    struct cached *cached = may_be_name(name) ? find_place(door->metadata, name) : NULL;
    if (cached == NULL) {
        door_refuse(door, exchange, may_be_name(name) ? LEASE_CODE_BUSY : LEASE_CODE_UNKNOWN_TARGET);
        return;
    }
    int64_t now_us = http_turn_began_us(door->http);
    bool is_head = request->verb == HTTP_VERB_HEAD;
    cached->used_at_us = now_us;
    if (is_fresh(door, cached, now_us)) {
        door->counters.metadata_hits++;
        answer_file(door, exchange, cached->file, is_head);
        return;
    }
    if (!cached->is_loading) {
        if (!files_push_load(door->files, name)) {
            door_refuse(door, exchange, LEASE_CODE_BUSY);
            return;
        }
        cached->is_loading = true;
        cached->releases_changed = releases_changed(door);
        door->counters.metadata_loads++;
    }
    wait_for(cached, exchange, is_head);
}

/* Keeps the file. What was loaded last is kept in any case; the others only within the bound. */
static void keep_file(struct metadata *metadata, struct cached *cached, struct loaded_file *file) {
    if (cached->file != NULL) {
        metadata->bytes -= cached->file->bytes.length;
        free(cached->file);
    }
    cached->file = file;
    metadata->bytes += file->bytes.length;
    assert(metadata->bytes >= file->bytes.length);
    for (size_t i = 0; i < CACHED_MAX && metadata->bytes > CACHED_BYTES_MAX; i++) {
        struct cached *other = &metadata->files[i];
        if (other != cached && other->file != NULL && !other->is_loading) {
            drop_cached(metadata, other);
        }
    }
}

void updates_take_loaded(void *context) {
    struct device_door *door = context;
    struct loaded_file *next;
    for (struct loaded_file *file = files_take(door->files); file != NULL; file = next) {
        next = file->next;
        struct cached *cached = find_cached(door->metadata, file->name);
        assert(cached != NULL && cached->is_loading);
        cached->is_loading = false;
        cached->loaded_at_us = http_turn_began_us(door->http);
        keep_file(door->metadata, cached, file);
        while (cached->waiters != NULL) {
            struct waiter *waiter = cached->waiters;
            cached->waiters = waiter->next;
            answer_file(door, waiter->exchange, file, waiter->is_head);
            free(waiter);
        }
    }
}

/* Takes the next word of a header's value. */
static bool take_word(struct text *rest, struct text *word) {
    const char *blank = rest->length == 0 ? NULL : memchr(rest->at, ' ', rest->length);
    size_t length = blank == NULL ? rest->length : (size_t)(blank - rest->at);
    *word = (struct text){rest->at, length};
    size_t skipped = blank == NULL ? length : length + 1;
    *rest = (struct text){rest->at + skipped, rest->length - skipped};
    return length > 0;
}

/* The device of a header "Seatmeter dev_… TIME MAC", where the MAC is its own and the time is about now. */
static struct live_device *authenticate(struct device_door *door, const struct http_request *request,
                                        int64_t now_s) {
    struct text rest = http_request_field(request, HTTP_FIELD_AUTHORIZATION);
    struct text scheme;
    struct text name;
    struct text time;
    struct text mac_text;
    unsigned char mac[CHECK_IN_MAC_BYTES];
    int64_t id;
    int64_t time_s;
    if (!take_word(&rest, &scheme) || !text_is(scheme, "Seatmeter") || !take_word(&rest, &name) ||
        !take_word(&rest, &time) || !take_word(&rest, &mac_text) || rest.length > 0 ||
        !identifier_decode(door->options->secret, IDENTIFIER_DEVICE, name, &id) ||
        !text_to_int64(time, &time_s) || !base64url_decode(mac_text, mac, sizeof mac) ||
        time_s < now_s - CREDENTIAL_TOLERANCE_S || time_s > now_s + CREDENTIAL_TOLERANCE_S) {
        return NULL;
    }
    struct live_device *device = NULL;
    if (door_find(door, id, &device) != LEASE_CODE_OK) {
        return NULL;
    }
    struct arena arena;
    arena_init(&arena);
    struct text message = text_format(&arena, "GET %.*s %.*s", TEXT_ARGS(request->path), TEXT_ARGS(time));
    bool is_its = door_mac_is(door, id, device->generation, message, mac);
    arena_clean_up(&arena);
    return is_its ? device : NULL;
}

/* Decides as a check-in does. Beyond that, the lease that the device holds must still run. */
static enum lease_code may_download(struct device_door *door, const struct http_request *request,
                                    int64_t *licence_id) {
    int64_t now_s = door_now_s(door);
    const struct live_device *device = authenticate(door, request, now_s);
    if (device == NULL) {
        return LEASE_CODE_CREDENTIAL_WRONG;
    }
    struct device_facts facts;
    door_facts(door, device, &facts);
    enum lease_code code = device_decide(&facts);
    *licence_id = device->licence;
    return code == LEASE_CODE_OK && (int64_t)device->lease_expires_s <= now_s ? LEASE_CODE_LEASE_EXPIRED
                                                                              : code;
}

static void take_target(struct device_door *door, struct http_exchange *exchange,
                        const struct http_request *request, struct text path) {
    struct download download = {.is_head = request->verb == HTTP_VERB_HEAD};
    enum lease_code code = may_download(door, request, &download.licence_id);
    if (code == LEASE_CODE_OK && !files_may_push(door->files)) {
        code = LEASE_CODE_BUSY;
    }
    door->counters.downloads[code]++;
    if (code != LEASE_CODE_OK) {
        door_refuse(door, exchange, code);
        return;
    }
    struct arena arena; /* for copies, as the request's bytes go with the connection */
    arena_init(&arena);
    download.path = text_copy(&arena, path);
    download.range = text_copy(&arena, http_request_field(request, HTTP_FIELD_RANGE));
    download.if_range = text_copy(&arena, http_request_field(request, HTTP_FIELD_IF_RANGE));
    download.fd = http_detach(exchange);
    if (download.fd >= 0) {
        files_push_download(door->files, &download);
    }
    arena_clean_up(&arena);
}

void updates_take(struct device_door *door, struct http_exchange *exchange,
                  const struct http_request *request) {
    struct text targets = TEXT("/tuf/targets/");
    struct text path = request->path;
    if (text_starts_with(path, targets)) {
        take_target(door, exchange, request,
                    (struct text){path.at + targets.length, path.length - targets.length});
        return;
    }
    take_metadata(door, exchange, request, (struct text){path.at + 5, path.length - 5});
}
