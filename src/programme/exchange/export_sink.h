/* Export sink: where the bytes of an export go, a file or a response. */
#ifndef SEATMETER_PROGRAMME_EXCHANGE_EXPORT_SINK_H
#define SEATMETER_PROGRAMME_EXCHANGE_EXPORT_SINK_H

#include "core/base/fault.h"

struct export_sink {
    enum status (*write)(struct export_sink *sink, const char *bytes, size_t size_bytes, struct fault *fault);
};

/* A sink that writes to a stdio stream; fault "write-failed". */
struct export_file {
    struct export_sink sink;
    void *stream; /* FILE * */
};
struct export_file export_to_file(void *stream);

#endif
