#include "store.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char MAGIC[] = "seatmeter-store-1 ";
enum { CHECKSUM_BYTES = 32 };

static void make_checksum(struct sm_span body, unsigned char checksum[CHECKSUM_BYTES]) {
    (void)crypto_generichash(checksum, CHECKSUM_BYTES, (const unsigned char *)body.at, body.length, NULL, 0);
}

static char *join(const char *directory, const char *name) {
    struct sm_buffer path = SM_BUFFER_EMPTY;
    sm_buffer_text(&path, directory);
    sm_buffer_text(&path, SM_PATH_SEPARATOR);
    sm_buffer_text(&path, name);
    char *joined = path.has_failed ? NULL : sm_text_duplicate(sm_span_of(path.at));
    sm_buffer_free(&path);
    return joined;
}

enum sm_code sm_store_open(struct sm_store *store, const struct sm_files *files, const char *directory) {
    memset(store, 0, sizeof *store);
    store->files = *files;
    store->is_old = true; /* until a file was read, there is none to be kept */
    store->directory = sm_text_duplicate(sm_span_of(directory));
    store->path = join(directory, "seatmeter.store");
    store->old_path = join(directory, "seatmeter.store.old");
    store->new_path = join(directory, "seatmeter.store.new");
    store->lock_path = join(directory, "seatmeter.lock");
    if (store->directory == NULL || store->path == NULL || store->old_path == NULL ||
        store->new_path == NULL || store->lock_path == NULL) {
        return SM_NO_MEMORY;
    }
    int made = store->files.make_directory(store->files.context, directory);
    return made == 0 ? SM_OK : made == SM_NO_ROOM ? SM_DISK_FULL : SM_STORE_BROKEN;
}

void sm_store_close(struct sm_store *store) {
    sm_store_unlock(store);
    free(store->directory);
    free(store->path);
    free(store->old_path);
    free(store->new_path);
    free(store->lock_path);
    memset(store, 0, sizeof *store);
}

enum sm_code sm_store_lock(struct sm_store *store) {
    if (store->is_locked) {
        return SM_OK;
    }
    enum sm_locked locked = store->files.lock(store->files.context, store->lock_path, &store->lock);
    store->is_locked = locked == SM_LOCKED;
    return locked == SM_LOCKED ? SM_OK : locked == SM_LOCK_BUSY ? SM_IN_USE : SM_STORE_BROKEN;
}

void sm_store_unlock(struct sm_store *store) {
    if (store->is_locked) {
        store->files.unlock(store->files.context, &store->lock);
        store->is_locked = false;
    }
}

bool sm_store_has_changed(struct sm_store *store) {
    struct sm_stamp stamp;
    store->files.stamp(store->files.context, store->path, &stamp);
    return memcmp(&stamp, &store->stamp, sizeof stamp) != 0;
}

/* A decimal number and the blank or line feed behind it; moves on. */
static bool take_number(struct sm_span *text, char behind, int64_t *number) {
    int64_t sum = 0;
    size_t at = 0;
    for (; at < text->length && text->at[at] >= '0' && text->at[at] <= '9'; at++) {
        if (at == 18) {
            return false;
        }
        sum = sum * 10 + (text->at[at] - '0');
    }
    if (at == 0 || at == text->length || text->at[at] != behind) {
        return false;
    }
    text->at += at + 1;
    text->length -= at + 1;
    *number = sum;
    return true;
}

enum sm_code sm_store_parse(struct sm_span content, int64_t *generation, struct sm_state *state) {
    enum { MAGIC_LENGTH = sizeof MAGIC - 1, ENCODED_LENGTH = (CHECKSUM_BYTES * 4 + 2) / 3 };
    unsigned char written[CHECKSUM_BYTES];
    unsigned char found[CHECKSUM_BYTES];
    int64_t number;
    int64_t length;
    struct sm_span rest = content;
    if (content.length < MAGIC_LENGTH || memcmp(content.at, MAGIC, MAGIC_LENGTH) != 0) {
        return SM_STORE_BROKEN;
    }
    rest.at += MAGIC_LENGTH;
    rest.length -= MAGIC_LENGTH;
    if (!take_number(&rest, ' ', &number) || !take_number(&rest, ' ', &length) ||
        rest.length < ENCODED_LENGTH + 1 || rest.at[ENCODED_LENGTH] != '\n') {
        return SM_STORE_BROKEN;
    }
    struct sm_span encoded = {rest.at, ENCODED_LENGTH};
    struct sm_span body = {rest.at + ENCODED_LENGTH + 1, rest.length - ENCODED_LENGTH - 1};
    if (!sm_base64_bytes(encoded, written, sizeof written) || (uint64_t)length != body.length) {
        return SM_STORE_BROKEN;
    }
    make_checksum(body, found);
    if (memcmp(written, found, sizeof found) != 0) {
        return SM_STORE_BROKEN;
    }
    *generation = number;
    return sm_state_read(body, state);
}

/* SM_NOT_ACTIVATED: there is no such file. */
static enum sm_code read_generation(struct sm_store *store, const char *path, int64_t *generation,
                                    struct sm_state *state) {
    char *bytes = NULL;
    size_t size = 0;
    memset(state, 0, sizeof *state);
    switch (store->files.read(store->files.context, path, SM_STORE_BYTES_MAX, &bytes, &size)) {
    case SM_READ_WHOLE:
        break;
    case SM_READ_ABSENT:
        return SM_NOT_ACTIVATED;
    case SM_READ_NO_MEMORY:
        return SM_NO_MEMORY;
    default:
        return SM_STORE_BROKEN;
    }
    struct sm_span content = {bytes, size};
    enum sm_code code = sm_store_parse(content, generation, state);
    sodium_memzero(bytes, size);
    free(bytes);
    return code;
}

enum sm_code sm_store_read(struct sm_store *store, struct sm_state *state) {
    struct sm_stamp stamp;
    struct sm_state before;
    int64_t generation = 0;
    int64_t generation_before = 0;
    /* Stamped first: what changes while it is read is read again. */
    store->files.stamp(store->files.context, store->path, &stamp);
    enum sm_code code = read_generation(store, store->path, &generation, state);
    if (code == SM_NO_MEMORY) {
        return code;
    }
    store->is_old = code != SM_OK;
    if (code != SM_OK) {
        enum sm_code code_before = read_generation(store, store->old_path, &generation_before, &before);
        if (code_before == SM_NO_MEMORY) {
            return code_before;
        }
        if (code_before == SM_OK) {
            *state = before;
            generation = generation_before;
            code = SM_OK;
        } else if (code == SM_NOT_ACTIVATED && code_before == SM_NOT_ACTIVATED) {
            memset(state, 0, sizeof *state);
            code = SM_OK;
        } else {
            return SM_STORE_BROKEN;
        }
    }
    store->stamp = stamp;
    if (store->generation < generation) {
        store->generation = generation;
    }
    return code;
}

/* A disk that is full keeps no check-in from being made: the generation before gives its room. The present
 * one stays where it is, and is whole. */
static enum sm_code write_new(struct sm_store *store, const struct sm_buffer *content) {
    struct sm_files *files = &store->files;
    int written = files->write(files->context, store->new_path, content->at, content->length);
    if (written != 0 && !store->is_old &&
        files->rename(files->context, store->old_path, store->new_path) == 0) {
        written = files->write(files->context, store->new_path, content->at, content->length);
    }
    return written == 0 ? SM_OK : written == SM_NO_ROOM ? SM_DISK_FULL : SM_STORE_BROKEN;
}

enum sm_code sm_store_write(struct sm_store *store, const struct sm_state *state) {
    struct sm_buffer body = SM_BUFFER_EMPTY;
    struct sm_buffer content = SM_BUFFER_EMPTY;
    struct sm_files *files = &store->files;
    enum sm_code code = SM_NO_MEMORY;
    sm_state_write(state, &body);
    if (!body.has_failed) {
        unsigned char checksum[CHECKSUM_BYTES];
        struct sm_span text = {body.at, body.length};
        make_checksum(text, checksum);
        sm_buffer_text(&content, MAGIC);
        sm_buffer_number(&content, store->generation + 1);
        sm_buffer_text(&content, " ");
        sm_buffer_number(&content, (int64_t)body.length);
        sm_buffer_text(&content, " ");
        sm_buffer_base64(&content, checksum, sizeof checksum);
        sm_buffer_text(&content, "\n");
        sm_buffer_add(&content, body.at, body.length);
    }
    if (body.has_failed || content.has_failed) {
        goto done;
    }
    code = content.length > SM_STORE_BYTES_MAX ? SM_STORE_BROKEN : write_new(store, &content);
    if (code != SM_OK) {
        goto done;
    }
    code = SM_STORE_BROKEN;
    /* A file that is broken must not take the place of the generation before. Where there is none yet, there
     * is nothing to move. */
    if (!store->is_old && files->rename(files->context, store->path, store->old_path) != 0) {
        goto done;
    }
    store->is_old = true;
    if (files->rename(files->context, store->new_path, store->path) != 0 ||
        files->sync_directory(files->context, store->directory) != 0) {
        goto done;
    }
    store->is_old = false;
    store->generation++;
    files->stamp(files->context, store->path, &store->stamp);
    code = SM_OK;
done:
    sm_buffer_free(&body);
    sm_buffer_free(&content);
    return code;
}
