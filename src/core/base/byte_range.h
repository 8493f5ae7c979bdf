/* Byte range: which part of a file a Range header asks for (RFC 9110, 14.1.2 and 14.2).
 *
 * One range of bytes is served; several, another unit or what cannot be read as a range means the whole file,
 * as the RFC lets a server have it. */
#ifndef SEATMETER_CORE_BASE_BYTE_RANGE_H
#define SEATMETER_CORE_BASE_BYTE_RANGE_H

#include "core/base/text.h"

enum byte_range {
    BYTE_RANGE_WHOLE,        /* 200 */
    BYTE_RANGE_PART,         /* 206, with Content-Range: bytes FIRST-LAST/SIZE */
    BYTE_RANGE_UNSATISFIABLE /* 416, with Content-Range: bytes * / SIZE (without the blanks) */
};

/* `range` is the header's value (empty: none); of a part, `*first` and `*length` lie within the file. */
enum byte_range byte_range_parse(struct text range, int64_t size_bytes, int64_t *first, int64_t *length);

/* Whether the Range counts beside an If-Range (RFC 9110, 13.1.5): the header is not there, or it is the very
 * strong `etag` (with its quotes). A date never matches: we give none. */
bool byte_range_if_matches(struct text if_range, struct text etag);

#endif
