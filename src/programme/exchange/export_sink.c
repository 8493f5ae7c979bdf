#include "programme/exchange/export_sink.h"

#include <stdio.h>

static enum status write_to_file(struct export_sink *sink, const char *bytes, size_t size_bytes,
                                 struct fault *fault) {
    struct export_file *file = (struct export_file *)sink;
    if (size_bytes == 0 || fwrite(bytes, 1, size_bytes, file->stream) == size_bytes) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "write-failed", NULL, (struct text){0},
                     "The export could not be written to its end: is the disk full, or the reader gone?");
}

struct export_file export_to_file(void *stream) {
    return (struct export_file){{write_to_file}, stream};
}
