#include "web/send_file.h"

#include "core/base/byte_range.h"

#include <assert.h>
#include <inttypes.h>
#include <unistd.h>

/* A client that has the whole file already is told 304 (dispatch.c) before its Range is looked at. */
static bool has_it_already(const struct request *request, struct text etag) {
    return text_equal(text_trim(request->headers.if_none_match), etag) ||
           text_is(text_trim(request->headers.if_none_match), "*");
}

enum status send_artifact(struct request *request, struct response *response,
                          const struct opened_artifact *artifact, struct fault *fault) {
    struct text etag = text_format(&request->arena, "\"%.*s\"", TEXT_ARGS(artifact->sha256));
    int64_t first = 0;
    int64_t length = artifact->size_bytes;
    bool is_asked = !request->is_head && !has_it_already(request, etag) &&
                    byte_range_if_matches(request->headers.if_range, etag);
    enum byte_range range =
        is_asked ? byte_range_parse(request->headers.range, artifact->size_bytes, &first, &length)
                 : BYTE_RANGE_WHOLE;
    response->accept_ranges = true;
    if (range == BYTE_RANGE_UNSATISFIABLE) {
        close(artifact->fd);
        response->content_range = text_format(&request->arena, "bytes */%" PRId64, artifact->size_bytes);
        return request_fault(request, 416, fault, STATUS_INVALID, "range-unsatisfiable", "Range",
                             request->headers.range,
                             "The file has no such part; Content-Range tells its size.");
    }
    response->http_status = range == BYTE_RANGE_PART ? 206 : 200;
    response->content_type = TEXT("application/octet-stream");
    response->disposition =
        text_format(&request->arena, "attachment; filename=\"%.*s\"", TEXT_ARGS(artifact->file_name));
    response->etag = etag;
    response->file = artifact->fd;
    response->file_first = first;
    response->file_length = length;
    assert(first >= 0 && first + length <= artifact->size_bytes);
    if (range == BYTE_RANGE_PART) {
        response->content_range = text_format(&request->arena, "bytes %" PRId64 "-%" PRId64 "/%" PRId64,
                                              first, first + length - 1, artifact->size_bytes);
    }
    return STATUS_OK;
}
