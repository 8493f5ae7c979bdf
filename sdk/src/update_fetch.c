/* Fetching a target: into FILE.part, resumed by Range, verified, then renamed.
 *
 * What a partial file holds is hashed again before anything is added to it, so the hash at the end is over
 * what lies on the disk. A whole that turns out wrong after it was resumed is fetched once more from its
 * beginning: the part may have been of another release. */
#include "updates.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES = 64 * 1024,
    LOOK_EVERY_BYTES = 1024 * 1024,
    REFUSAL_BYTES_MAX = 4096,
    HEADER_BYTES = 64 + SM_AUTHORISATION_BYTES_MAX,
    SIZE_TEXT_BYTES = 32
};

struct download {
    struct sm_updates *updates;
    const struct sm_target *target;
    char *part_name;
    FILE *part;
    int64_t have;      /* bytes of the part, hashed */
    int64_t looked_at; /* the bytes that there were when the disk's room was last looked at */
    crypto_hash_sha256_state hash;
    bool is_begun; /* the answer's first bytes came */
    bool is_content;
    bool is_not_written;
    bool is_full; /* the disk; then the part goes */
    bool is_too_long;
    char refusal[REFUSAL_BYTES_MAX];
    size_t refusal_size;
};

/* Hashes what an open file holds; false where it cannot be read, or is longer than `most`. */
static bool hash_file(FILE *file, int64_t most, crypto_hash_sha256_state *hash, int64_t *bytes) {
    unsigned char *chunk = malloc(CHUNK_BYTES);
    bool is_good = chunk != NULL;
    *bytes = 0;
    crypto_hash_sha256_init(hash);
    while (is_good) {
        size_t got = fread(chunk, 1, CHUNK_BYTES, file);
        if (got == 0) {
            is_good = !ferror(file);
            break;
        }
        *bytes += (int64_t)got;
        crypto_hash_sha256_update(hash, chunk, got);
        is_good = *bytes <= most;
    }
    free(chunk);
    return is_good;
}

static bool hash_is_right(crypto_hash_sha256_state *hash, const struct sm_target *target) {
    unsigned char found[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(hash, found);
    return memcmp(found, target->sha256, sizeof found) == 0;
}

/* Whether the file is there already, whole and right. */
static bool is_there(const struct sm_target *target, const char *name) {
    crypto_hash_sha256_state hash;
    int64_t bytes = 0;
    FILE *file = sm_file_open(name, "rb");
    if (file == NULL) {
        return false;
    }
    bool is_right = hash_file(file, target->bytes, &hash, &bytes) && bytes == target->bytes &&
                    hash_is_right(&hash, target);
    fclose(file);
    return is_right;
}

/* Begins the part anew. */
static bool start_over(struct download *download) {
    if (download->part != NULL) {
        fclose(download->part);
    }
    download->part = sm_file_open(download->part_name, "w+b");
    download->have = 0;
    crypto_hash_sha256_init(&download->hash);
    return download->part != NULL;
}

/* Opens what there is of the part, or a new one. */
static bool open_part(struct download *download) {
    download->part = sm_file_open(download->part_name, "r+b");
    if (download->part == NULL ||
        !hash_file(download->part, download->target->bytes, &download->hash, &download->have) ||
        fseek(download->part, 0, SEEK_END) != 0) {
        return start_over(download);
    }
    return true;
}

static void note_not_written(struct download *download) {
    download->is_full = download->is_full || sm_file_says_full();
    download->is_not_written = true;
}

/* The answer's head: is it the content, from where the part ends? */
static bool begin_content(struct download *download, const struct sm_response *response) {
    download->is_begun = true;
    download->is_content = response->status == 200 || response->status == 206;
    if (response->status == 206) {
        return response->range_first == download->have &&
               (response->range_total < 0 || response->range_total == download->target->bytes);
    }
    if (response->status == 200 && download->have > 0 && !start_over(download)) {
        note_not_written(download);
        return false;
    }
    return true;
}

/* Whether others have left the reserve alone while this came in. */
static bool has_reserve(struct download *download) {
    if (download->have - download->looked_at < LOOK_EVERY_BYTES) {
        return true;
    }
    download->looked_at = download->have;
    int64_t room = sm_file_room(download->part_name);
    return room < 0 || room >= SM_DISK_RESERVE_BYTES;
}

static int take_bytes(void *context, const struct sm_response *response, const void *bytes, size_t size) {
    struct download *download = context;
    if (!download->is_begun && !begin_content(download, response)) {
        return 1;
    }
    if (!download->is_content) {
        if (size > sizeof download->refusal - download->refusal_size) {
            return 1;
        }
        memcpy(download->refusal + download->refusal_size, bytes, size);
        download->refusal_size += size;
        return 0;
    }
    if (size > (uint64_t)(download->target->bytes - download->have)) {
        download->is_too_long = true;
        return 1;
    }
    if (!has_reserve(download)) {
        download->is_full = true;
        return 1;
    }
    if (fwrite(bytes, 1, size, download->part) != size) {
        note_not_written(download);
        return 1;
    }
    crypto_hash_sha256_update(&download->hash, bytes, size);
    download->have += (int64_t)size;
    return 0;
}

/* A string of a refusal without its escapes, as far as there is room. */
static void unescape(struct sm_span string, char *out, size_t capacity) {
    size_t length = 0;
    for (size_t i = 0; i < string.length && length + 1 < capacity; i++) {
        if (string.at[i] == '\\' && i + 1 < string.length) {
            i++;
        }
        out[length++] = (unsigned char)string.at[i] < 0x20 ? ' ' : string.at[i];
    }
    out[length] = '\0';
}

/* An answer that is not the content: {"code":"…","words":"…"} (docs/device-protocol.md). */
static enum sm_code refused(struct download *download, const struct sm_response *response) {
    char canonical[REFUSAL_BYTES_MAX];
    struct sm_span whole = {canonical, 0};
    struct sm_span value;
    struct sm_span string;
    if (!sm_tuf_canonical(download->refusal, download->refusal_size, canonical, &whole.length) ||
        !sm_tuf_member(whole, SM_SPAN("code"), &value) || !sm_tuf_string(value, &string)) {
        return sm_update_fail(download->updates, SM_UNREACHABLE, "the server answered with status %d",
                              response->status);
    }
    enum sm_code code = sm_code_of_word(string.at, string.length);
    code = code == SM_OK ? SM_OTHER_REASON : code;
    if (sm_tuf_member(whole, SM_SPAN("words"), &value) && sm_tuf_string(value, &string)) {
        char words[SM_WORDS_BYTES];
        unescape(string, words, sizeof words);
        return sm_update_fail(download->updates, code, "%s", words);
    }
    return sm_update_fail(download->updates, code, "%s", sm_code_words(code));
}

/* Bytes as people read them, in tenths of a megabyte, rounded up. */
static void write_size(int64_t bytes, char out[SIZE_TEXT_BYTES]) {
    int64_t tenths = bytes / 100000 + (bytes % 100000 != 0);
    snprintf(out, SIZE_TEXT_BYTES, "%" PRId64 ".%d MB", tenths / 10, (int)(tenths % 10));
}

static enum sm_code fail_not_written(struct download *download) {
    return download->is_full ? sm_update_fail(download->updates, SM_DISK_FULL,
                                              "the disk of %.120s is full: the update was removed again",
                                              download->part_name)
                             : sm_update_fail(download->updates, SM_STORE_BROKEN, "%s cannot be written",
                                              download->part_name);
}

/* The length is signed, so it is known before the first byte whether there is room for it, and for the store
 * beside it. */
static enum sm_code check_room(struct download *download) {
    int64_t room = sm_file_room(download->part_name);
    int64_t left = download->target->bytes - download->have;
    int64_t most = INT64_MAX - SM_DISK_RESERVE_BYTES;
    int64_t needed = (left < most ? left : most) + SM_DISK_RESERVE_BYTES;
    if (room < 0 || room >= needed) {
        return SM_OK;
    }
    char wanted[SIZE_TEXT_BYTES];
    char reserve[SIZE_TEXT_BYTES];
    char there[SIZE_TEXT_BYTES];
    char missing[SIZE_TEXT_BYTES];
    write_size(left, wanted);
    write_size(SM_DISK_RESERVE_BYTES, reserve);
    write_size(room - room % 100000, there);
    write_size(needed - room, missing);
    download->is_full = true;
    return sm_update_fail(
        download->updates, SM_DISK_FULL,
        "%s are missing on the disk of %.100s: the update needs %s, %s stay free, and %s are "
        "there",
        missing, download->part_name, wanted, reserve, there);
}

/* One exchange for what is missing of the part. */
static enum sm_code exchange(struct download *download) {
    struct sm_updates *updates = download->updates;
    char path[UPDATES_URL_BYTES];
    char url[UPDATES_URL_BYTES];
    char authorisation[HEADER_BYTES] = "Authorization: ";
    char range[64];
    const char *headers[3] = {authorisation, NULL, NULL};
    size_t prefix = strlen(authorisation);
    if (!sm_update_target_path(updates, download->target, path, sizeof path) ||
        !sm_update_url(updates, path, url, sizeof url)) {
        return sm_update_fail(updates, SM_WRONG_CALL, "the target's path is too long");
    }
    enum sm_code code =
        sm_authorise_target(updates->client, path, authorisation + prefix, sizeof authorisation - prefix);
    if (code != SM_OK) {
        return sm_update_fail(updates, code, "%s", sm_code_words(code));
    }
    if (download->have > 0) {
        snprintf(range, sizeof range, "Range: bytes=%" PRId64 "-", download->have);
        headers[1] = range;
    }
    struct sm_request request = {sizeof request, "GET", url, headers, NULL, 0};
    struct sm_response response = {sizeof response, 0, -1, -1, -1, -1};
    download->looked_at = download->have;
    download->is_begun = false;
    download->is_content = false;
    download->refusal_size = 0;
    int failed =
        updates->transport.perform(updates->transport.context, &request, &response, take_bytes, download);
    if (fflush(download->part) != 0) {
        note_not_written(download);
    }
    if (download->is_full || download->is_not_written) {
        return fail_not_written(download);
    }
    if (download->is_too_long) {
        return sm_update_fail(updates, SM_UPDATE_UNTRUSTED, "more came than the file is long");
    }
    if (failed == 0 && response.status != 200 && response.status != 206) {
        return refused(download, &response);
    }
    if (failed != 0 || download->have < download->target->bytes) {
        return sm_update_fail(updates, SM_UNREACHABLE, "the download broke off after %" PRId64 " bytes",
                              download->have);
    }
    return SM_OK;
}

/* Fetches what is missing and verifies the whole. */
static enum sm_code complete(struct download *download) {
    if (download->have < download->target->bytes) {
        enum sm_code code = check_room(download);
        code = code == SM_OK ? exchange(download) : code;
        if (code != SM_OK) {
            return code;
        }
    }
    return hash_is_right(&download->hash, download->target)
               ? SM_OK
               : sm_update_fail(download->updates, SM_UPDATE_UNTRUSTED,
                                "the file's content is not as signed");
}

static enum sm_code fetch_part(struct download *download) {
    if (!open_part(download)) {
        note_not_written(download);
        return fail_not_written(download);
    }
    bool is_resumed = download->have > 0;
    enum sm_code code = complete(download);
    if (code == SM_UPDATE_UNTRUSTED && is_resumed) {
        download->is_too_long = false;
        if (!start_over(download)) {
            note_not_written(download);
            return fail_not_written(download);
        }
        code = complete(download);
    }
    if (code == SM_OK && !sm_file_sync(download->part)) {
        note_not_written(download);
        code = fail_not_written(download);
    }
    return code;
}

enum sm_code sm_updates_fetch(struct sm_updates *updates, const struct sm_target *target, const char *file) {
    if (updates == NULL || target == NULL || file == NULL || target->size < sizeof *target ||
        target->bytes < 0 || memchr(target->path, '\0', sizeof target->path) == NULL) {
        return SM_WRONG_CALL;
    }
    updates->words[0] = '\0';
    if (updates->transport.perform == NULL) {
        return sm_update_fail(updates, SM_UNREACHABLE, "there is no transport");
    }
    if (is_there(target, file)) {
        return SM_OK;
    }
    struct download *download = calloc(1, sizeof *download);
    struct sm_buffer name = SM_BUFFER_EMPTY;
    sm_buffer_text(&name, file);
    sm_buffer_text(&name, ".part");
    char *part_name = name.has_failed ? NULL : sm_text_duplicate((struct sm_span){name.at, name.length});
    sm_buffer_free(&name);
    if (download == NULL || part_name == NULL) {
        free(download);
        free(part_name);
        return sm_update_fail(updates, SM_NO_MEMORY, "there is no memory");
    }
    download->updates = updates;
    download->target = target;
    download->part_name = part_name;
    enum sm_code code = fetch_part(download);
    if (download->part != NULL && fclose(download->part) != 0 && code == SM_OK) {
        note_not_written(download);
        code = fail_not_written(download);
    }
    if (code == SM_OK && !sm_file_rename(part_name, file)) {
        code = sm_update_fail(updates, SM_STORE_BROKEN, "%s cannot be written", file);
    } else if (code == SM_UPDATE_UNTRUSTED || code == SM_DISK_FULL) {
        sm_file_remove(part_name); /* a part that does not fit only takes the room of others */
    }
    free(part_name);
    free(download);
    return code;
}
