/* A client with the command line of the TUF project's conformance suite
 * (github.com/theupdateframework/tuf-conformance, CLIENT-CLI.md), over the library's workflow and the
 * transport of libcurl: for that suite and for our own tests.
 *
 *   tuf_client --metadata-dir DIR init ROOT
 *   tuf_client --metadata-dir DIR --metadata-url URL refresh
 *   tuf_client --metadata-dir DIR --metadata-url URL --target-name PATH … --target-base-url URL --target-dir
 * DIR download Why something failed comes on standard error. Targets are small here and fetched into memory.
 */
#include "seatmeter_curl.h"
#include "tuf.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TARGETS_MAX = 16, PATH_BYTES = 4096, TARGET_BYTES_MAX = 1024 * 1024 };

struct client {
    const char *metadata_directory;
    const char *metadata_url;
    const char *target_names[TARGETS_MAX];
    size_t target_count;
    const char *target_url;
    const char *target_directory;
    struct sm_curl *curl;
};

struct body {
    char *bytes;
    size_t size;
    size_t limit;
    bool is_too_large;
};

static int take_body(void *context, const struct sm_response *response, const void *bytes, size_t size) {
    struct body *body = context;
    if (response->status != 200) {
        return 0;
    }
    if (size > body->limit - body->size) {
        body->is_too_large = true;
        return 1;
    }
    memcpy(body->bytes + body->size, bytes, size);
    body->size += size;
    return 0;
}

static enum sm_tuf_fetched get(struct client *client, const char *url, size_t limit, void **bytes,
                               size_t *size) {
    struct body body = {malloc(limit + 1), 0, limit, false};
    struct sm_transport transport = sm_curl_transport(client->curl);
    struct sm_request request = {sizeof request, "GET", url, NULL, NULL, 0};
    struct sm_response response = {sizeof response, 0, -1, -1, -1, -1};
    int failed = transport.perform(transport.context, &request, &response, take_body, &body);
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

static enum sm_tuf_fetched fetch(void *context, const char *name, size_t limit, void **bytes, size_t *size) {
    struct client *client = context;
    char url[PATH_BYTES];
    size_t length = strlen(client->metadata_url);
    snprintf(url, sizeof url, "%s%s%s", client->metadata_url,
             length > 0 && client->metadata_url[length - 1] == '/' ? "" : "/", name);
    return get(client, url, limit, bytes, size);
}

static bool read_file(const char *path, size_t limit, void **bytes, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    *bytes = malloc(limit + 1);
    *size = fread(*bytes, 1, limit + 1, file);
    fclose(file);
    if (*size <= limit) {
        return true;
    }
    free(*bytes);
    return false;
}

static bool load(void *context, const char *name, size_t limit, void **bytes, size_t *size) {
    const struct client *client = context;
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", client->metadata_directory, name);
    return read_file(path, limit, bytes, size);
}

static bool write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    bool is_written = file != NULL && fwrite(bytes, 1, size, file) == size;
    return file != NULL && fclose(file) == 0 && is_written;
}

static bool keep(void *context, const char *name, const void *bytes, size_t size) {
    const struct client *client = context;
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", client->metadata_directory, name);
    return bytes == NULL ? unlink(path) == 0 || errno == ENOENT : write_file(path, bytes, size);
}

static int say(const struct sm_tuf *tuf, enum sm_tuf_result result) {
    if (result != TUF_OK) {
        fprintf(stderr, "%s: %s\n", result == TUF_UNTRUSTED ? "untrusted" : "failed", tuf->words);
    }
    return result == TUF_OK ? 0 : 1;
}

static int init(struct client *client, const char *root_path) {
    struct sm_tuf_io io = {client, fetch, load, keep};
    struct sm_tuf tuf;
    void *bytes = NULL;
    size_t size = 0;
    if (!read_file(root_path, TUF_ROOT_BYTES_MAX, &bytes, &size)) {
        return 1;
    }
    int result = say(&tuf, sm_tuf_open(&tuf, &io, bytes, size));
    sm_tuf_close(&tuf);
    free(bytes);
    return result;
}

static bool find(const struct sm_tuf *tuf, const char *name, struct sm_tuf_meta *meta) {
    struct sm_span path;
    struct sm_span description;
    size_t at = 0;
    while (sm_tuf_next_target(tuf, &at, &path, &description)) {
        if (sm_span_is(path, name)) {
            return sm_tuf_meta_read(description, meta) && meta->has_sha256 &&
                   meta->length <= TARGET_BYTES_MAX;
        }
    }
    return false;
}

/* Under its path with slashes changed, so that it is one file in the directory. */
static void local_name(const struct client *client, const char *name, char path[PATH_BYTES]) {
    int prefix = snprintf(path, PATH_BYTES, "%s/", client->target_directory);
    snprintf(path + prefix, (size_t)(PATH_BYTES - prefix), "%s", name);
    for (char *at = path + prefix; *at != '\0'; at++) {
        *at = *at == '/' ? '%' : *at;
    }
}

static int download(struct client *client, const struct sm_tuf *tuf, const char *name) {
    char path[PATH_BYTES];
    char url[PATH_BYTES];
    char hash[2 * TUF_HASH_BYTES + 2] = "";
    struct sm_tuf_meta meta;
    void *bytes = NULL;
    size_t size = 0;
    if (!find(tuf, name, &meta)) {
        fprintf(stderr, "there is no target %s that can be verified\n", name);
        return 1;
    }
    local_name(client, name, path);
    if (read_file(path, TARGET_BYTES_MAX, &bytes, &size)) {
        bool is_right = sm_tuf_meta_matches(&meta, bytes, size);
        free(bytes);
        if (is_right) {
            return 0;
        }
    }
    if (tuf->files[TUF_ROOT].is_consistent) {
        sodium_bin2hex(hash, sizeof hash, meta.sha256, sizeof meta.sha256);
        memcpy(hash + 2 * sizeof meta.sha256, ".", 2);
    }
    const char *slash = strrchr(name, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - name) + 1;
    size_t base = strlen(client->target_url);
    snprintf(url, sizeof url, "%s%s%.*s%s%s", client->target_url,
             base > 0 && client->target_url[base - 1] == '/' ? "" : "/", (int)folder, name, hash,
             name + folder);
    if (get(client, url, (size_t)meta.length, &bytes, &size) != TUF_FETCHED) {
        fprintf(stderr, "%s could not be fetched\n", url);
        return 1;
    }
    bool is_good = sm_tuf_meta_matches(&meta, bytes, size) && write_file(path, bytes, size);
    free(bytes);
    return is_good ? 0 : 1;
}

static int refresh(struct client *client, bool with_targets) {
    struct sm_tuf_io io = {client, fetch, load, keep};
    struct sm_tuf tuf;
    int result = say(&tuf, sm_tuf_open(&tuf, &io, NULL, 0));
    if (result == 0) {
        result = say(&tuf, sm_tuf_refresh(&tuf, (int64_t)time(NULL)));
    }
    for (size_t i = 0; with_targets && result == 0 && i < client->target_count; i++) {
        result = download(client, &tuf, client->target_names[i]);
    }
    sm_tuf_close(&tuf);
    return result;
}

static bool take_option(struct client *client, const char *name, const char *value) {
    if (strcmp(name, "--metadata-dir") == 0) {
        client->metadata_directory = value;
    } else if (strcmp(name, "--metadata-url") == 0) {
        client->metadata_url = value;
    } else if (strcmp(name, "--target-base-url") == 0) {
        client->target_url = value;
    } else if (strcmp(name, "--target-dir") == 0) {
        client->target_directory = value;
    } else if (strcmp(name, "--target-name") == 0 && client->target_count < TARGETS_MAX) {
        client->target_names[client->target_count++] = value;
    } else {
        return false;
    }
    return true;
}

int main(int count, char **arguments) {
    struct client client = {.target_count = 0};
    int result = 2;
    int at = 1;
    while (at + 1 < count && take_option(&client, arguments[at], arguments[at + 1])) {
        at += 2;
    }
    const char *command = at < count ? arguments[at] : "";
    if (client.metadata_directory == NULL || sodium_init() < 0 || sm_curl_open(NULL, &client.curl) != SM_OK) {
        fprintf(stderr, "usage: see the head of tuf_client.c\n");
        return 2;
    }
    if (strcmp(command, "init") == 0 && at + 1 < count) {
        result = init(&client, arguments[at + 1]);
    } else if (strcmp(command, "refresh") == 0 && client.metadata_url != NULL) {
        result = refresh(&client, false);
    } else if (strcmp(command, "download") == 0 && client.metadata_url != NULL && client.target_url != NULL &&
               client.target_directory != NULL) {
        result = refresh(&client, true);
    }
    sm_curl_close(client.curl);
    return result;
}
