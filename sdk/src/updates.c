/* Updates: the workflow of tuf.h over the client's transport, clock and a directory, and the search for a
 * version. */
#include "updates.h"

#include "client.h"
#include "version_order.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_NAME_BYTES = 64 };

enum sm_code sm_update_fail(struct sm_updates *updates, enum sm_code code, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(updates->words, sizeof updates->words, format, values);
    va_end(values);
    return code;
}

const char *sm_updates_words(const struct sm_updates *updates) {
    return updates == NULL ? "" : updates->words;
}

bool sm_update_url(const struct sm_updates *updates, const char *path, char *out, size_t capacity) {
    int length = snprintf(out, capacity, "%s%s", updates->server, path);
    return length > 0 && (size_t)length < capacity;
}

/* What needs no escape in a URL's path (RFC 3986 section 3.3), of ASCII. */
static bool is_plain(unsigned char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           (byte != '\0' && strchr("-._~+@/", byte) != NULL);
}

static bool put_escaped(const char *text, size_t length, char *out, size_t capacity, size_t *at) {
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (*at + 4 > capacity) {
            return false;
        }
        if (is_plain(byte)) {
            out[(*at)++] = (char)byte;
        } else {
            snprintf(out + *at, 4, "%%%02X", byte);
            *at += 3;
        }
    }
    out[*at] = '\0';
    return true;
}

bool sm_update_target_path(const struct sm_updates *updates, const struct sm_target *target, char *out,
                           size_t capacity) {
    char hash[2 * SM_SHA256_BYTES + 1];
    const char *slash = strrchr(target->path, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - target->path) + 1;
    size_t at = 0;
    sodium_bin2hex(hash, sizeof hash, target->sha256, SM_SHA256_BYTES);
    bool is_whole = put_escaped("/tuf/targets/", 13, out, capacity, &at) &&
                    put_escaped(target->path, folder, out, capacity, &at);
    if (is_whole && updates->tuf.files[TUF_ROOT].is_consistent) {
        is_whole =
            put_escaped(hash, sizeof hash - 1, out, capacity, &at) && put_escaped(".", 1, out, capacity, &at);
    }
    return is_whole && put_escaped(target->path + folder, strlen(target->path) - folder, out, capacity, &at);
}

/* A body that grows up to a limit. */
struct body {
    char *bytes;
    size_t size;
    size_t capacity;
    size_t limit;
    bool is_too_large;
};

static int take_body(void *context, const struct sm_response *response, const void *bytes, size_t size) {
    struct body *body = context;
    if (response->status != 200) {
        return 0; /* what a refusal says is of no interest here */
    }
    if (size > body->limit - body->size) {
        body->is_too_large = true;
        return 1;
    }
    if (body->size + size > body->capacity) {
        size_t capacity = 2 * body->capacity + size;
        char *more = realloc(body->bytes, capacity);
        if (more == NULL) {
            return 1;
        }
        body->bytes = more;
        body->capacity = capacity;
    }
    memcpy(body->bytes + body->size, bytes, size);
    body->size += size;
    return 0;
}

static enum sm_tuf_fetched fetch(void *context, const char *name, size_t limit, void **bytes, size_t *size) {
    struct sm_updates *updates = context;
    char path[FILE_NAME_BYTES + 8];
    char url[UPDATES_URL_BYTES];
    struct body body = {.limit = limit};
    snprintf(path, sizeof path, "/tuf/%s", name);
    if (updates->transport.perform == NULL || !sm_update_url(updates, path, url, sizeof url)) {
        return TUF_FAILED;
    }
    struct sm_request request = {sizeof request, "GET", url, NULL, NULL, 0};
    struct sm_response response = {sizeof response, 0, -1, -1, -1, -1};
    int failed =
        updates->transport.perform(updates->transport.context, &request, &response, take_body, &body);
    if (failed == 0 && response.status == 200) {
        *bytes = body.bytes;
        *size = body.size;
        return TUF_FETCHED;
    }
    free(body.bytes);
    if (body.is_too_large) {
        return TUF_TOO_LARGE;
    }
    return failed == 0 && response.status == 404 ? TUF_ABSENT : TUF_FAILED;
}

static char *path_of(const struct sm_updates *updates, const char *name, const char *suffix) {
    struct sm_buffer path = SM_BUFFER_EMPTY;
    sm_buffer_text(&path, updates->directory);
    sm_buffer_text(&path, SM_PATH_SEPARATOR);
    sm_buffer_text(&path, name);
    sm_buffer_text(&path, suffix);
    char *copy = path.has_failed ? NULL : sm_text_duplicate((struct sm_span){path.at, path.length});
    sm_buffer_free(&path);
    return copy;
}

static bool load(void *context, const char *name, size_t limit, void **bytes, size_t *size) {
    const struct sm_updates *updates = context;
    const struct sm_files *files = &updates->client->store.files;
    char *path = path_of(updates, name, "");
    char *whole = NULL;
    bool is_there = path != NULL && files->read(files->context, path, limit, &whole, size) == SM_READ_WHOLE;
    free(path);
    *bytes = whole;
    return is_there;
}

/* After a power loss there is the old file or the new one, whole. One that is forgotten is left empty, which
 * is as good as gone. */
static bool keep(void *context, const char *name, const void *bytes, size_t size) {
    struct sm_updates *updates = context;
    const struct sm_files *files = &updates->client->store.files;
    char *path = path_of(updates, name, "");
    char *beside = path_of(updates, name, ".new");
    int64_t room = beside == NULL ? -1 : sm_file_room(beside);
    updates->is_full = room >= 0 && room < (int64_t)size + SM_METADATA_RESERVE_BYTES;
    bool is_kept = path != NULL && beside != NULL && !updates->is_full &&
                   files->write(files->context, beside, bytes == NULL ? "" : bytes, size) == 0 &&
                   files->rename(files->context, beside, path) == 0 &&
                   files->sync_directory(files->context, updates->directory) == 0;
    free(path);
    free(beside);
    return is_kept;
}

static enum sm_code code_of(struct sm_updates *updates, enum sm_tuf_result result) {
    static const enum sm_code CODES[] = {[TUF_OK] = SM_OK,
                                         [TUF_UNTRUSTED] = SM_UPDATE_UNTRUSTED,
                                         [TUF_UNREACHABLE] = SM_UNREACHABLE,
                                         [TUF_NOT_KEPT] = SM_STORE_BROKEN,
                                         [TUF_OUT_OF_MEMORY] = SM_NO_MEMORY};
    if (result == TUF_OK) {
        updates->words[0] = '\0';
        return SM_OK;
    }
    if (result == TUF_NOT_KEPT && updates->is_full) {
        return sm_update_fail(
            updates, SM_DISK_FULL,
            "the disk of %.100s has no room for metadata beside the %d bytes that stay free",
            updates->directory, SM_METADATA_RESERVE_BYTES);
    }
    return sm_update_fail(updates, CODES[result], "%s", updates->tuf.words);
}

enum sm_code sm_updates_open(struct sm_client *client, const struct sm_updates_options *options,
                             struct sm_updates **updates) {
    if (updates != NULL) {
        *updates = NULL;
    }
    if (client == NULL || options == NULL || updates == NULL || options->size < sizeof *options ||
        options->directory == NULL || (options->root == NULL) != (options->root_size == 0)) {
        return SM_WRONG_CALL;
    }
    struct sm_updates *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return SM_NO_MEMORY;
    }
    made->client = client;
    made->transport = client->transport;
    made->server = sm_text_duplicate(sm_span_of(client->server));
    made->directory = sm_text_duplicate(sm_span_of(options->directory));
    enum sm_code code = made->server == NULL || made->directory == NULL ? SM_NO_MEMORY : SM_OK;
    if (code == SM_OK &&
        client->store.files.make_directory(client->store.files.context, made->directory) != 0) {
        code = SM_STORE_BROKEN;
    }
    if (code == SM_OK) {
        struct sm_tuf_io io = {made, fetch, load, keep};
        code = code_of(made, sm_tuf_open(&made->tuf, &io, options->root, options->root_size));
    }
    if (code != SM_OK) {
        sm_updates_close(made);
        return code;
    }
    *updates = made;
    return SM_OK;
}

void sm_updates_close(struct sm_updates *updates) {
    if (updates == NULL) {
        return;
    }
    sm_tuf_close(&updates->tuf);
    free(updates->server);
    free(updates->directory);
    free(updates);
}

enum sm_code sm_updates_refresh(struct sm_updates *updates) {
    int64_t now_s = 0;
    if (updates == NULL) {
        return SM_WRONG_CALL;
    }
    enum sm_code code = sm_trusted_time(updates->client, &now_s);
    if (code != SM_OK) {
        return sm_update_fail(updates, code, "%s", sm_code_words(code));
    }
    return code_of(updates, sm_tuf_refresh(&updates->tuf, now_s));
}

/* The parts of a path that find looks at. */
struct parts {
    struct sm_span product;
    struct sm_span channel;
    struct sm_span platform;
    struct sm_span version;
    struct sm_span name;
};

static bool next_part(struct sm_span *rest, struct sm_span *part) {
    const char *slash = rest->length == 0 ? NULL : memchr(rest->at, '/', rest->length);
    if (slash == NULL) {
        return false;
    }
    *part = (struct sm_span){rest->at, (size_t)(slash - rest->at)};
    *rest = (struct sm_span){slash + 1, rest->length - part->length - 1};
    return true;
}

static bool split(struct sm_span path, struct parts *parts) {
    struct sm_span part;
    bool is_five = next_part(&path, &parts->product) && next_part(&path, &parts->channel) &&
                   next_part(&path, &parts->platform) && next_part(&path, &parts->version);
    parts->name = path;
    return is_five && !next_part(&path, &part);
}

/* A name that is a plain file name everywhere, so that it can be used as one. */
static bool is_file_name(struct sm_span name) {
    bool is_plain_name = name.length > 0 && name.at[0] != '.';
    for (size_t i = 0; i < name.length; i++) {
        unsigned char byte = (unsigned char)name.at[i];
        is_plain_name = is_plain_name && byte >= 0x20 && byte != 0x7f && strchr("/\\:*?\"<>|", byte) == NULL;
    }
    return is_plain_name;
}

/* Fills the target; false where it is not one that this library can fetch and verify. */
static bool fill(struct sm_span path, struct sm_span description, struct sm_target *target) {
    struct sm_tuf_meta meta;
    struct parts parts = {.version = {"", 0}};
    struct sm_target filled = {.size = target->size};
    if (!sm_tuf_meta_read(description, &meta) || !meta.has_sha256 || !meta.has_length ||
        memchr(path.at, '\\', path.length) != NULL || !sm_span_copy(path, filled.path, sizeof filled.path)) {
        return false;
    }
    if (!split(path, &parts)) { /* a path of another form: its last part is the name */
        const char *slash = strrchr(filled.path, '/');
        parts.name = sm_span_of(slash == NULL ? filled.path : slash + 1);
    }
    if (!is_file_name(parts.name) || !sm_span_copy(parts.name, filled.name, sizeof filled.name) ||
        !sm_span_copy(parts.version, filled.version, sizeof filled.version)) {
        return false;
    }
    filled.bytes = meta.length;
    memcpy(filled.sha256, meta.sha256, sizeof filled.sha256);
    *target = filled;
    return true;
}

/* Nothing is found in metadata that was not refreshed, or has expired since. */
static enum sm_code check_fresh(struct sm_updates *updates) {
    int64_t now_s = 0;
    enum sm_code code = sm_trusted_time(updates->client, &now_s);
    if (code != SM_OK) {
        return sm_update_fail(updates, code, "%s", sm_code_words(code));
    }
    if (!updates->tuf.is_fresh || sm_tuf_expires_s(&updates->tuf) <= now_s) {
        return sm_update_fail(updates, SM_UPDATE_UNTRUSTED, "the metadata must be refreshed first");
    }
    updates->words[0] = '\0';
    return SM_OK;
}

enum sm_code sm_updates_find(struct sm_updates *updates, const char *product, const char *channel,
                             const char *platform, const char *newer_than, struct sm_target *target) {
    struct sm_span path;
    struct sm_span description;
    struct parts parts;
    size_t at = 0;
    if (updates == NULL || product == NULL || channel == NULL || platform == NULL || target == NULL ||
        target->size < sizeof *target) {
        return SM_WRONG_CALL;
    }
    enum sm_code code = check_fresh(updates);
    if (code != SM_OK) {
        return code;
    }
    bool is_found = false;
    struct sm_span newest = newer_than == NULL ? (struct sm_span){"", 0} : sm_span_of(newer_than);
    bool has_bound = newer_than != NULL;
    while (sm_tuf_next_target(&updates->tuf, &at, &path, &description)) {
        if (!split(path, &parts) || !sm_span_equal(parts.product, sm_span_of(product)) ||
            !sm_span_equal(parts.channel, sm_span_of(channel)) ||
            !sm_span_equal(parts.platform, sm_span_of(platform)) ||
            (has_bound && sm_version_span_order(parts.version, newest) <= 0)) {
            continue;
        }
        if (fill(path, description, target)) {
            newest = parts.version;
            has_bound = true;
            is_found = true;
        }
    }
    return is_found ? SM_OK : sm_update_fail(updates, SM_UNKNOWN_TARGET, "there is no newer version");
}

enum sm_code sm_updates_target(struct sm_updates *updates, const char *path, struct sm_target *target) {
    struct sm_span found;
    struct sm_span description;
    size_t at = 0;
    if (updates == NULL || path == NULL || target == NULL || target->size < sizeof *target) {
        return SM_WRONG_CALL;
    }
    enum sm_code code = check_fresh(updates);
    while (code == SM_OK && sm_tuf_next_target(&updates->tuf, &at, &found, &description)) {
        if (sm_span_equal(found, sm_span_of(path))) {
            return fill(found, description, target)
                       ? SM_OK
                       : sm_update_fail(updates, SM_UPDATE_UNTRUSTED, "the target cannot be verified");
        }
    }
    return code != SM_OK ? code : sm_update_fail(updates, SM_UNKNOWN_TARGET, "there is no such target");
}

int sm_version_order(const char *first, const char *second) {
    if (first == NULL || second == NULL) {
        return (first != NULL) - (second != NULL);
    }
    return sm_version_span_order(sm_span_of(first), sm_span_of(second));
}
