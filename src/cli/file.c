#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_BYTES = 65536 };

enum status file_read(struct arena *arena, struct text path, const char *field, size_t most_bytes,
                      struct text *bytes, struct fault *fault) {
    bool standard = text_is(path, "-");
    FILE *file = standard ? stdin : fopen(text_copy(arena, path).at, "rb");
    char *read = arena_alloc(arena, FIRST_BYTES, 1);
    size_t length = 0;
    size_t capacity = FIRST_BYTES;
    enum status status = STATUS_OK;
    if (file == NULL) {
        return fault_set(fault, STATUS_INVALID, "file-not-read", field, path,
                         "The file cannot be opened: %s.", strerror(errno));
    }
    while (length <= most_bytes) {
        read = arena_grow(arena, read, length, &capacity, 1);
        size_t got = fread(read + length, 1, capacity - length, file);
        if (got == 0) {
            break;
        }
        length += got;
    }
    if (ferror(file)) {
        status = fault_set(fault, STATUS_INVALID, "file-not-read", field, path,
                           "The file cannot be read: %s.", strerror(errno));
    } else if (length > most_bytes) {
        status = fault_set(fault, STATUS_TOO_LARGE, "file-too-large", field, path,
                           "Give a file of at most %zu bytes.", most_bytes);
    } else {
        *bytes = (struct text){read, length};
    }
    if (!standard) {
        fclose(file);
    }
    return status;
}

/* Writes the file beside and puts it in its place, with the mode as far as the mask of this process lets it.
 */
static enum status write_with_mode(struct arena *arena, struct text path, const char *field,
                                   struct text bytes, mode_t mode, struct fault *fault) {
    struct text partial = text_format(arena, "%.*s.part", TEXT_ARGS(path));
    (void)unlink(partial.at); /* one of another owner or mode must not be written through */
    int descriptor = open(partial.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (file == NULL && descriptor >= 0) {
        close(descriptor);
    }
    bool written = file != NULL && fwrite(bytes.at, 1, bytes.length, file) == bytes.length;
    written = file != NULL && fclose(file) == 0 && written;
    if (!written || rename(partial.at, text_copy(arena, path).at) != 0) {
        int error = errno;
        remove(partial.at);
        return fault_set(fault, STATUS_INVALID, "file-not-written", field, path,
                         "The file cannot be written: %s.", strerror(error));
    }
    return STATUS_OK;
}

enum status file_write(struct arena *arena, struct text path, const char *field, struct text bytes,
                       struct fault *fault) {
    return write_with_mode(arena, path, field, bytes, 0666, fault);
}

enum status file_write_private(struct arena *arena, struct text path, const char *field, struct text bytes,
                               struct fault *fault) {
    return write_with_mode(arena, path, field, bytes, 0600, fault);
}
