/* DIR/tmp holds what is being written; a name in DIR/ab/ is given by rename alone, so that it is there whole
 * or not at all. The directories are synced after the rename, from the new entry upwards. */
#include "delivery/artifacts.h"

#include "delivery/target_path.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 << 10, FAN_DIGITS = 2 };
#define DAY_US (INT64_C(86400) * 1000000)

struct artifact_store {
    char directory[PATH_MAX - 128];
};

struct artifact_writer {
    struct artifact_store *store;
    char path[PATH_MAX];
    int fd;
    int64_t size_bytes;
    int64_t most_bytes;
    crypto_hash_sha256_state hash;
};

static enum status refuse_unusable(struct fault *fault, const char *path, const char *what) {
    int error = errno;
    return fault_set(fault, STATUS_INTERNAL, "artifacts-unusable", NULL, text_of(path),
                     "The artifact store cannot %s: %s.", what, strerror(error));
}

enum status artifact_store_open(struct text directory, struct artifact_store **store, struct fault *fault) {
    struct artifact_store *made = NULL;
    if (directory.length == 0 || directory.length >= sizeof made->directory ||
        memchr(directory.at, '\0', directory.length) != NULL) {
        return fault_set(fault, STATUS_INVALID, "artifacts-unusable", "SEATMETER_ARTIFACTS", directory,
                         "The artifact store's directory must be a path of at most %zu bytes.",
                         sizeof made->directory - 1);
    }
    made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    memcpy(made->directory, directory.at, directory.length);
    *store = made;
    return STATUS_OK;
}

void artifact_store_close(struct artifact_store *store) {
    free(store);
}

struct text artifact_store_place(const struct artifact_store *store) {
    return text_of(store->directory);
}

/* The path of an artifact, and of its directory. */
static void place_of(const struct artifact_store *store, const char *sha256, char path[PATH_MAX],
                     char directory[PATH_MAX]) {
    snprintf(directory, PATH_MAX, "%s/%.*s", store->directory, FAN_DIGITS, sha256);
    snprintf(path, PATH_MAX, "%s/%.*s/%.*s", store->directory, FAN_DIGITS, sha256,
             ARTIFACT_NAME_BYTES - FAN_DIGITS, sha256 + FAN_DIGITS);
}

static bool make_directory(const char *path) {
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool sync_directory(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return synced;
}

/* A store that has just come into being must be there after a power cut too. */
static bool make_store(const char *path) {
    char above[PATH_MAX];
    if (mkdir(path, 0700) != 0) {
        return errno == EEXIST;
    }
    snprintf(above, sizeof above, "%s/..", path);
    return sync_directory(above);
}

/* ---- writing ---- */

enum status artifact_write_begin(struct artifact_store *store, int64_t most_bytes,
                                 struct artifact_writer **writer, struct fault *fault) {
    assert(most_bytes >= 0 && most_bytes <= ARTIFACT_BYTES_MAX);
    struct artifact_writer *made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    made->store = store;
    made->most_bytes = most_bytes;
    crypto_hash_sha256_init(&made->hash);
    snprintf(made->path, sizeof made->path, "%s/tmp", store->directory);
    if (!make_store(store->directory) || !make_directory(made->path)) {
        free(made);
        return refuse_unusable(fault, store->directory, "be made");
    }
    snprintf(made->path, sizeof made->path, "%s/tmp/XXXXXX", store->directory);
    made->fd = mkostemp(made->path, O_CLOEXEC);
    if (made->fd < 0) {
        free(made);
        return refuse_unusable(fault, store->directory, "be written to");
    }
    *writer = made;
    return STATUS_OK;
}

void artifact_write_abandon(struct artifact_writer *writer) {
    if (writer == NULL) {
        return;
    }
    unlink(writer->path);
    close(writer->fd);
    free(writer);
}

enum status artifact_write(struct artifact_writer *writer, struct text bytes, struct fault *fault) {
    if ((int64_t)bytes.length > writer->most_bytes - writer->size_bytes) {
        return fault_set(fault, STATUS_TOO_LARGE, "artifact-too-large", NULL, TEXT(""),
                         "An artifact has at most %lld bytes here.", (long long)writer->most_bytes);
    }
    crypto_hash_sha256_update(&writer->hash, (const unsigned char *)bytes.at, bytes.length);
    while (bytes.length > 0) {
        ssize_t written = write(writer->fd, bytes.at, bytes.length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return refuse_unusable(fault, writer->store->directory, "be written to");
        }
        writer->size_bytes += written;
        bytes = (struct text){bytes.at + written, bytes.length - (size_t)written};
    }
    return STATUS_OK;
}

/* The hash of what an open file holds; false where it cannot be read. */
static bool hash_file(int fd, char sha256[ARTIFACT_NAME_BYTES + 1], int64_t *size_bytes) {
    crypto_hash_sha256_state state;
    unsigned char hash[crypto_hash_sha256_BYTES];
    unsigned char *piece = malloc(PIECE_BYTES);
    if (piece == NULL) {
        abort();
    }
    crypto_hash_sha256_init(&state);
    *size_bytes = 0;
    ssize_t got = 0;
    do {
        got = pread(fd, piece, PIECE_BYTES, *size_bytes);
        if (got > 0) {
            crypto_hash_sha256_update(&state, piece, (size_t)got);
            *size_bytes += got;
        }
    } while (got > 0 || (got < 0 && errno == EINTR));
    free(piece);
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(sha256, ARTIFACT_NAME_BYTES + 1, hash, sizeof hash);
    return got == 0;
}

static bool give_name(const struct artifact_writer *writer, const char *sha256) {
    char path[PATH_MAX];
    char directory[PATH_MAX];
    place_of(writer->store, sha256, path, directory);
    return make_directory(directory) && rename(writer->path, path) == 0 && sync_directory(directory) &&
           sync_directory(writer->store->directory);
}

enum status artifact_write_finish(struct artifact_writer *writer, struct text expected,
                                  struct artifact *artifact, struct fault *fault) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    struct artifact made = {.size_bytes = writer->size_bytes};
    char read_back[ARTIFACT_NAME_BYTES + 1];
    int64_t read_bytes = 0;
    enum status status = STATUS_OK;
    crypto_hash_sha256_final(&writer->hash, hash);
    sodium_bin2hex(made.sha256, sizeof made.sha256, hash, sizeof hash);
    if (expected.length > 0 && !text_equal(expected, text_of(made.sha256))) {
        status = fault_set(fault, STATUS_INVALID, "artifact-differs", "sha256", expected,
                           "What came has the SHA-256 %s: it was damaged on the way, or is another file.",
                           made.sha256);
    }
    if (status == STATUS_OK && (fchmod(writer->fd, 0400) != 0 || fsync(writer->fd) != 0)) {
        status = refuse_unusable(fault, writer->store->directory, "be written to");
    }
    if (status == STATUS_OK && (!hash_file(writer->fd, read_back, &read_bytes) ||
                                strcmp(read_back, made.sha256) != 0 || read_bytes != made.size_bytes)) {
        status =
            fault_set(fault, STATUS_INTERNAL, "artifacts-unusable", NULL, text_of(writer->store->directory),
                      "The artifact store gives back other bytes than were written.");
    }
    if (status == STATUS_OK && !give_name(writer, made.sha256)) {
        status = refuse_unusable(fault, writer->store->directory, "be written to");
    }
    if (status != STATUS_OK) {
        artifact_write_abandon(writer);
        return status;
    }
    close(writer->fd);
    free(writer);
    *artifact = made;
    return STATUS_OK;
}

enum status artifact_put_file(struct artifact_store *store, struct text path, const char *field,
                              struct artifact *artifact, struct fault *fault) {
    char name[PATH_MAX];
    struct artifact_writer *writer = NULL;
    char *piece = NULL;
    enum status status = STATUS_OK;
    snprintf(name, sizeof name, "%.*s", TEXT_ARGS(path));
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    struct stat about = {0};
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        status = fault_set(fault, STATUS_INVALID, "file-not-read", field, path,
                           "Give a file that can be read; this one cannot be opened: %s.",
                           fd < 0 ? strerror(errno) : "it is not a file");
        goto done;
    }
    status = artifact_write_begin(store, ARTIFACT_BYTES_MAX, &writer, fault);
    piece = malloc(PIECE_BYTES);
    if (piece == NULL) {
        abort();
    }
    ssize_t got = 0;
    while (status == STATUS_OK && (got = read(fd, piece, PIECE_BYTES)) > 0) {
        status = artifact_write(writer, (struct text){piece, (size_t)got}, fault);
    }
    if (status == STATUS_OK && got < 0) {
        status = fault_set(fault, STATUS_INVALID, "file-not-read", field, path,
                           "Give a file that can be read; this one cannot: %s.", strerror(errno));
    }
    if (status == STATUS_OK) {
        status = artifact_write_finish(writer, TEXT(""), artifact, fault);
        writer = NULL;
    }
done:
    artifact_write_abandon(writer);
    free(piece);
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

/* ---- reading ---- */

enum status artifact_open(const struct artifact_store *store, struct text sha256, int *fd,
                          int64_t *size_bytes, struct fault *fault) {
    char path[PATH_MAX];
    char directory[PATH_MAX];
    struct stat about;
    int opened = -1;
    if (sha256_check(sha256, "sha256", fault) == STATUS_OK) {
        place_of(store, sha256.at, path, directory);
        opened = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (opened < 0 || fstat(opened, &about) != 0) {
        if (opened >= 0) {
            close(opened);
        }
        return fault_set(fault, STATUS_NOT_FOUND, "artifact-missing", "sha256", sha256,
                         "The artifact store does not hold this file.");
    }
    *fd = opened;
    *size_bytes = about.st_size;
    return STATUS_OK;
}

enum status artifact_verify(const struct artifact_store *store, struct text sha256, int64_t size_bytes,
                            bool *good, struct fault *fault) {
    int fd = -1;
    int64_t held_bytes = 0;
    char held[ARTIFACT_NAME_BYTES + 1];
    *good = false;
    enum status status = artifact_open(store, sha256, &fd, &held_bytes, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool is_read = hash_file(fd, held, &held_bytes);
    *good = is_read && held_bytes == size_bytes && text_equal(sha256, text_of(held));
    close(fd);
    return STATUS_OK;
}

enum status artifact_sweep(struct artifact_store *store, int64_t now_us, int64_t *removed,
                           struct fault *fault) {
    char path[PATH_MAX];
    int64_t count = 0;
    snprintf(path, sizeof path, "%s/tmp", store->directory);
    DIR *directory = opendir(path);
    if (directory == NULL && errno != ENOENT) {
        return refuse_unusable(fault, path, "be read");
    }
    const struct dirent *entry = NULL;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        struct stat about;
        if (entry->d_name[0] == '.' || fstatat(dirfd(directory), entry->d_name, &about, 0) != 0) {
            continue;
        }
        bool is_old = now_us - (int64_t)about.st_mtim.tv_sec * 1000000 > DAY_US;
        if (is_old && unlinkat(dirfd(directory), entry->d_name, 0) == 0) {
            count++;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    if (removed != NULL) {
        *removed = count;
    }
    return STATUS_OK;
}
