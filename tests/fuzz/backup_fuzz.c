/* Backups: whatever the file says, it is read to its end or refused with words, without a store.
 *
 * No mutation hits a seal, so the input is the file of a version that did not seal yet; the hash of the whole
 * is put right first, so that the reader's end is reached. */
#include "fuzz.h"
#include "store/upkeep/backup_format.h"

#include <sodium.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void mend_hash(uint8_t *bytes, size_t size) {
    if (size >= BACKUP_HEAD_BYTES + BACKUP_HASH_BYTES) {
        size_t covered = size - BACKUP_HASH_BYTES;
        crypto_generichash(bytes + covered, BACKUP_HASH_BYTES, bytes, covered, NULL, 0);
    }
}

static void verify(const char *path) {
    static const unsigned char SECRET[PROGRAMME_SECRET_BYTES];
    const struct backup_source source = {text_of(path), SECRET, true};
    struct backup_summary summary;
    struct fault fault = {0};
    if (backup_verify(&source, &summary, &fault) == STATUS_OK) {
        assert(summary.schema_version > 0 && summary.tables >= 0 && summary.rows >= 0);
    } else {
        assert(fault.code[0] != '\0' && fault.message[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct arena arena;
    char path[64];
    arena_init(&arena);
    uint8_t *mended = ARENA_NEW(&arena, uint8_t, size + 1);
    memcpy(mended, bytes, size);
    mend_hash(mended, size);
    int descriptor = memfd_create("backup", MFD_CLOEXEC);
    assert(descriptor >= 0 && write(descriptor, mended, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    verify(path);
    close(descriptor);
    arena_clean_up(&arena);
    return 0;
}
