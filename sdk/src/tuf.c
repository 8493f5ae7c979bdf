/* The workflow of section 5 of The Update Framework's specification, step by step; the numbers are its. */
#include "tuf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GNUC__
#define PRINTF_LIKE(text, values) __attribute__((format(printf, text, values)))
#else
#define PRINTF_LIKE(text, values)
#endif

enum { NAME_BYTES = 64 };

static enum sm_tuf_result fail(struct sm_tuf *tuf, enum sm_tuf_result result, const char *format, ...)
    PRINTF_LIKE(3, 4);

static enum sm_tuf_result fail(struct sm_tuf *tuf, enum sm_tuf_result result, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(tuf->words, sizeof tuf->words, format, values);
    va_end(values);
    return result;
}

static void kept_name(enum sm_tuf_role role, char name[NAME_BYTES]) {
    snprintf(name, NAME_BYTES, "%s.json", TUF_ROLE_NAMES[role]);
}

static void trust(struct sm_tuf *tuf, enum sm_tuf_role role, struct sm_tuf_file *file) {
    sm_tuf_file_free(&tuf->files[role]);
    tuf->files[role] = *file;
    tuf->is_trusted[role] = true;
    *file = (struct sm_tuf_file){0};
}

static void forget(struct sm_tuf *tuf, enum sm_tuf_role role) {
    sm_tuf_file_free(&tuf->files[role]);
    tuf->is_trusted[role] = false;
}

static enum sm_tuf_result keep(struct sm_tuf *tuf, enum sm_tuf_role role, const struct sm_tuf_file *file) {
    char name[NAME_BYTES];
    kept_name(role, name);
    return tuf->io.keep(tuf->io.context, name, file->bytes, file->size)
               ? TUF_OK
               : fail(tuf, TUF_NOT_KEPT, "%s cannot be kept", name);
}

static enum sm_tuf_result parse(struct sm_tuf *tuf, enum sm_tuf_role role, const void *bytes, size_t size,
                                struct sm_tuf_file *file) {
    const char *name = TUF_ROLE_NAMES[role];
    switch (sm_tuf_file_parse(role, bytes, size, file)) {
    case TUF_PARSED:
        return TUF_OK;
    case TUF_NOT_CANONICAL:
        return fail(tuf, TUF_UNTRUSTED, "the %s metadata is no canonical JSON", name);
    case TUF_NOT_OF_ROLE:
        return fail(tuf, TUF_UNTRUSTED, "the %s metadata is not what that role says", name);
    default:
        return fail(tuf, TUF_OUT_OF_MEMORY, "there is no memory for the %s metadata", name);
    }
}

/* Loads what was kept of a role and parses it; false where there is none that can be read. */
static bool load(struct sm_tuf *tuf, enum sm_tuf_role role, struct sm_tuf_file *file) {
    char name[NAME_BYTES];
    void *bytes = NULL;
    size_t size = 0;
    *file = (struct sm_tuf_file){0};
    kept_name(role, name);
    if (!tuf->io.load(tuf->io.context, name, sm_tuf_role_bytes_max(role), &bytes, &size)) {
        return false;
    }
    bool is_good = sm_tuf_file_parse(role, bytes, size, file) == TUF_PARSED;
    free(bytes);
    if (!is_good) {
        sm_tuf_file_free(file);
    }
    return is_good;
}

enum sm_tuf_result sm_tuf_open(struct sm_tuf *tuf, const struct sm_tuf_io *io, const void *root,
                               size_t size) {
    *tuf = (struct sm_tuf){.io = *io};
    struct sm_tuf_file given = {0};
    struct sm_tuf_file kept = {0};
    enum sm_tuf_result result = TUF_OK;
    bool has_kept = load(tuf, TUF_ROOT, &kept) && sm_tuf_file_is_signed(&kept, TUF_ROOT, &kept);
    if (root != NULL) {
        result = parse(tuf, TUF_ROOT, root, size, &given);
        if (result == TUF_OK && !sm_tuf_file_is_signed(&given, TUF_ROOT, &given)) {
            result = fail(tuf, TUF_UNTRUSTED, "the root of trust is not signed by its own keys");
        }
    }
    if (result == TUF_OK && root == NULL && !has_kept) {
        result = fail(tuf, TUF_UNTRUSTED, "there is no root of trust");
    }
    if (result == TUF_OK && has_kept && (root == NULL || given.version <= kept.version)) {
        trust(tuf, TUF_ROOT, &kept);
    } else if (result == TUF_OK) {
        result = keep(tuf, TUF_ROOT, &given);
        trust(tuf, TUF_ROOT, &given);
    }
    sm_tuf_file_free(&given);
    sm_tuf_file_free(&kept);
    return result;
}

/* Fetches a file that must be there, and parses it. */
static enum sm_tuf_result fetch(struct sm_tuf *tuf, enum sm_tuf_role role, const char *name, size_t limit,
                                void **bytes, size_t *size) {
    if (limit > sm_tuf_role_bytes_max(role)) {
        return fail(tuf, TUF_UNTRUSTED, "%s is longer than any should be", name);
    }
    switch (tuf->io.fetch(tuf->io.context, name, limit, bytes, size)) {
    case TUF_FETCHED:
        return TUF_OK;
    case TUF_ABSENT:
        return fail(tuf, TUF_UNREACHABLE, "the repository has no %s", name);
    case TUF_TOO_LARGE:
        return fail(tuf, TUF_UNTRUSTED, "%s is longer than it may be", name);
    default:
        return fail(tuf, TUF_UNREACHABLE, "%s could not be fetched", name);
    }
}

/* 5.3.11: keys of timestamp or snapshot that were taken away may have signed versions without end; what they
 * signed goes before the root that took them is kept, so that a crash between both is no loss. */
static enum sm_tuf_result forget_what_lost_keys_signed(struct sm_tuf *tuf, const struct sm_tuf_file *root) {
    if (!sm_tuf_role_lost_key(TUF_TIMESTAMP, &tuf->files[TUF_ROOT], root) &&
        !sm_tuf_role_lost_key(TUF_SNAPSHOT, &tuf->files[TUF_ROOT], root)) {
        return TUF_OK;
    }
    for (int role = TUF_TIMESTAMP; role <= TUF_SNAPSHOT; role++) {
        char name[NAME_BYTES];
        kept_name((enum sm_tuf_role)role, name);
        forget(tuf, (enum sm_tuf_role)role);
        if (!tuf->io.keep(tuf->io.context, name, NULL, 0)) {
            return fail(tuf, TUF_NOT_KEPT, "%s cannot be removed", name);
        }
    }
    return TUF_OK;
}

/* 5.3.4 to 5.3.8, for the root after the trusted one. */
static enum sm_tuf_result take_root(struct sm_tuf *tuf, const void *bytes, size_t size) {
    struct sm_tuf_file root = {0};
    const struct sm_tuf_file *trusted = &tuf->files[TUF_ROOT];
    enum sm_tuf_result result = parse(tuf, TUF_ROOT, bytes, size, &root);
    if (result == TUF_OK && !sm_tuf_file_is_signed(&root, TUF_ROOT, trusted)) {
        result =
            fail(tuf, TUF_UNTRUSTED, "root version %" PRId64 " is not signed by the keys of the one before",
                 trusted->version + 1);
    }
    if (result == TUF_OK && !sm_tuf_file_is_signed(&root, TUF_ROOT, &root)) {
        result = fail(tuf, TUF_UNTRUSTED, "root version %" PRId64 " is not signed by its own keys",
                      trusted->version + 1);
    }
    if (result == TUF_OK && root.version != trusted->version + 1) {
        result = fail(tuf, TUF_UNTRUSTED, "root version %" PRId64 " says that it is version %" PRId64,
                      trusted->version + 1, root.version);
    }
    if (result == TUF_OK) {
        result = forget_what_lost_keys_signed(tuf, &root);
    }
    if (result == TUF_OK) {
        result = keep(tuf, TUF_ROOT, &root);
    }
    if (result == TUF_OK) {
        trust(tuf, TUF_ROOT, &root);
    }
    sm_tuf_file_free(&root);
    return result;
}

/* 5.3: follows the chain of roots to its end. */
static enum sm_tuf_result update_root(struct sm_tuf *tuf, int64_t now_s) {
    for (int i = 0; i < TUF_ROOTS_A_REFRESH_MAX; i++) {
        char name[NAME_BYTES];
        void *bytes = NULL;
        size_t size = 0;
        snprintf(name, sizeof name, "%" PRId64 ".root.json", tuf->files[TUF_ROOT].version + 1);
        enum sm_tuf_fetched fetched =
            tuf->io.fetch(tuf->io.context, name, sm_tuf_role_bytes_max(TUF_ROOT), &bytes, &size);
        if (fetched == TUF_ABSENT) {
            break;
        }
        enum sm_tuf_result result = TUF_OK;
        if (fetched == TUF_FETCHED) {
            result = take_root(tuf, bytes, size);
        } else if (fetched == TUF_TOO_LARGE) {
            result = fail(tuf, TUF_UNTRUSTED, "%s is longer than it may be", name);
        } else {
            result = fail(tuf, TUF_UNREACHABLE, "%s could not be fetched", name);
        }
        free(bytes);
        if (result != TUF_OK) {
            return result;
        }
    }
    return tuf->files[TUF_ROOT].expires_s > now_s ? TUF_OK
                                                  : fail(tuf, TUF_UNTRUSTED, "the root metadata has expired");
}

static enum sm_tuf_result check_expiry(struct sm_tuf *tuf, enum sm_tuf_role role,
                                       const struct sm_tuf_file *file, int64_t now_s) {
    return file->expires_s > now_s
               ? TUF_OK
               : fail(tuf, TUF_UNTRUSTED, "the %s metadata has expired", TUF_ROLE_NAMES[role]);
}

static enum sm_tuf_result check_signed(struct sm_tuf *tuf, enum sm_tuf_role role,
                                       const struct sm_tuf_file *file) {
    return sm_tuf_file_is_signed(file, role, &tuf->files[TUF_ROOT])
               ? TUF_OK
               : fail(tuf, TUF_UNTRUSTED, "the %s metadata is not signed as the root wants it",
                      TUF_ROLE_NAMES[role]);
}

static enum sm_tuf_result keep_and_trust(struct sm_tuf *tuf, enum sm_tuf_role role,
                                         struct sm_tuf_file *file) {
    enum sm_tuf_result result = keep(tuf, role, file);
    if (result == TUF_OK) {
        trust(tuf, role, file);
    }
    return result;
}

/* What was kept of a role counts while the root's keys signed it. */
static void load_trusted(struct sm_tuf *tuf, enum sm_tuf_role role) {
    struct sm_tuf_file file;
    forget(tuf, role);
    if (load(tuf, role, &file) && sm_tuf_file_is_signed(&file, role, &tuf->files[TUF_ROOT])) {
        trust(tuf, role, &file);
    }
    sm_tuf_file_free(&file);
}

static struct sm_tuf_meta described(const struct sm_tuf *tuf, enum sm_tuf_role by, struct sm_span name) {
    struct sm_tuf_meta meta = {0};
    (void)sm_tuf_meta_find(&tuf->files[by], name, &meta); /* it was parsed with it */
    return meta;
}

/* 5.4.3, rollback: neither the timestamp nor the snapshot that it names may be older than what was seen. */
static enum sm_tuf_result check_timestamp_is_newer(struct sm_tuf *tuf, const struct sm_tuf_file *file) {
    struct sm_tuf_meta meta = {0};
    if (file->version < tuf->files[TUF_TIMESTAMP].version) {
        return fail(tuf, TUF_UNTRUSTED,
                    "timestamp version %" PRId64 " is older than %" PRId64 ", which was seen", file->version,
                    tuf->files[TUF_TIMESTAMP].version);
    }
    int64_t seen = described(tuf, TUF_TIMESTAMP, SM_SPAN("snapshot.json")).version;
    (void)sm_tuf_meta_find(file, SM_SPAN("snapshot.json"), &meta);
    return meta.version >= seen
               ? TUF_OK
               : fail(tuf, TUF_UNTRUSTED,
                      "snapshot version %" PRId64 " is older than %" PRId64 ", which was seen", meta.version,
                      seen);
}

/* 5.4 */
static enum sm_tuf_result update_timestamp(struct sm_tuf *tuf, int64_t now_s) {
    struct sm_tuf_file file = {0};
    void *bytes = NULL;
    size_t size = 0;
    load_trusted(tuf, TUF_TIMESTAMP);
    enum sm_tuf_result result =
        fetch(tuf, TUF_TIMESTAMP, "timestamp.json", TUF_TIMESTAMP_BYTES_MAX, &bytes, &size);
    if (result == TUF_OK) {
        result = parse(tuf, TUF_TIMESTAMP, bytes, size, &file);
    }
    if (result == TUF_OK) {
        result = check_signed(tuf, TUF_TIMESTAMP, &file);
    }
    bool is_same = tuf->is_trusted[TUF_TIMESTAMP] && file.version == tuf->files[TUF_TIMESTAMP].version;
    if (result == TUF_OK && tuf->is_trusted[TUF_TIMESTAMP] && !is_same) {
        result = check_timestamp_is_newer(tuf, &file);
    }
    if (result == TUF_OK) {
        result = check_expiry(tuf, TUF_TIMESTAMP, is_same ? &tuf->files[TUF_TIMESTAMP] : &file, now_s);
    }
    if (result == TUF_OK && !is_same) {
        result = keep_and_trust(tuf, TUF_TIMESTAMP, &file);
    }
    sm_tuf_file_free(&file);
    free(bytes);
    return result;
}

/* 5.5.5, rollback: what the trusted snapshot lists is still listed, and no version went down. */
static enum sm_tuf_result check_snapshot_is_newer(struct sm_tuf *tuf, const struct sm_tuf_file *file) {
    struct sm_span name;
    struct sm_span value;
    struct sm_tuf_meta old;
    struct sm_tuf_meta new;
    size_t at = 0;
    while (sm_tuf_next_member(tuf->files[TUF_SNAPSHOT].content, &at, &name, &value)) {
        if (!sm_tuf_meta_read(value, &old) || !sm_tuf_meta_find(file, name, &new)) {
            return fail(tuf, TUF_UNTRUSTED, "the snapshot metadata no longer lists what it did");
        }
        if (new.version < old.version) {
            return fail(tuf, TUF_UNTRUSTED,
                        "the snapshot metadata lists version %" PRId64 " of a file after version %" PRId64,
                        new.version, old.version);
        }
    }
    return TUF_OK;
}

/* 5.5 and 5.6, the same for snapshot and targets: `by` describes the file. What was kept and is still the one
 * described is not fetched again. */
static enum sm_tuf_result update_described(struct sm_tuf *tuf, enum sm_tuf_role role, enum sm_tuf_role by,
                                           int64_t now_s) {
    char name[NAME_BYTES];
    struct sm_tuf_file file = {0};
    void *bytes = NULL;
    size_t size = 0;
    kept_name(role, name);
    struct sm_tuf_meta meta = described(tuf, by, (struct sm_span){name, strlen(name)});
    load_trusted(tuf, role);
    const struct sm_tuf_file *kept = &tuf->files[role];
    if (tuf->is_trusted[role] && kept->version == meta.version && kept->expires_s > now_s &&
        sm_tuf_meta_matches(&meta, kept->bytes, kept->size)) {
        return TUF_OK;
    }
    if (tuf->files[TUF_ROOT].is_consistent) {
        snprintf(name, sizeof name, "%" PRId64 ".%s.json", meta.version, TUF_ROLE_NAMES[role]);
    }
    size_t limit = sm_tuf_role_bytes_max(role);
    if (meta.has_length) {
        limit = (uint64_t)meta.length <= limit ? (size_t)meta.length : limit + 1;
    }
    enum sm_tuf_result result = fetch(tuf, role, name, limit, &bytes, &size);
    if (result == TUF_OK && !sm_tuf_meta_matches(&meta, bytes, size)) {
        result = fail(tuf, TUF_UNTRUSTED, "%s is not of the length or hash that %s.json says", name,
                      TUF_ROLE_NAMES[by]);
    }
    if (result == TUF_OK) {
        result = parse(tuf, role, bytes, size, &file);
    }
    if (result == TUF_OK) {
        result = check_signed(tuf, role, &file);
    }
    if (result == TUF_OK && file.version != meta.version) {
        result = fail(tuf, TUF_UNTRUSTED, "%s says that it is version %" PRId64, name, file.version);
    }
    if (result == TUF_OK && role == TUF_SNAPSHOT && tuf->is_trusted[role]) {
        result = check_snapshot_is_newer(tuf, &file);
    }
    if (result == TUF_OK) {
        result = check_expiry(tuf, role, &file, now_s);
    }
    if (result == TUF_OK) {
        result = keep_and_trust(tuf, role, &file);
    }
    sm_tuf_file_free(&file);
    free(bytes);
    return result;
}

enum sm_tuf_result sm_tuf_refresh(struct sm_tuf *tuf, int64_t now_s) {
    tuf->is_fresh = false;
    tuf->words[0] = '\0';
    if (!tuf->is_trusted[TUF_ROOT]) {
        return fail(tuf, TUF_UNTRUSTED, "there is no root of trust");
    }
    enum sm_tuf_result result = update_root(tuf, now_s);
    if (result == TUF_OK) {
        result = update_timestamp(tuf, now_s);
    }
    if (result == TUF_OK) {
        result = update_described(tuf, TUF_SNAPSHOT, TUF_TIMESTAMP, now_s);
    }
    if (result == TUF_OK) {
        result = update_described(tuf, TUF_TARGETS, TUF_SNAPSHOT, now_s);
    }
    tuf->is_fresh = result == TUF_OK;
    return result;
}

int64_t sm_tuf_expires_s(const struct sm_tuf *tuf) {
    int64_t first = INT64_MAX;
    for (int role = 0; role < TUF_ROLES; role++) {
        if (tuf->files[role].expires_s < first) {
            first = tuf->files[role].expires_s;
        }
    }
    return first;
}

bool sm_tuf_next_target(const struct sm_tuf *tuf, size_t *at, struct sm_span *path,
                        struct sm_span *description) {
    return tuf->is_fresh && sm_tuf_next_member(tuf->files[TUF_TARGETS].content, at, path, description);
}

void sm_tuf_close(struct sm_tuf *tuf) {
    for (int role = 0; role < TUF_ROLES; role++) {
        forget(tuf, (enum sm_tuf_role)role);
    }
    tuf->is_fresh = false;
}
