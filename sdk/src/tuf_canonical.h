/* Canonical JSON, as The Update Framework signs it: what is verified and what is read are the same bytes.
 *
 * A metadata file is first brought into one canonical text: without blanks between things, and with no
 * escapes in strings but \" and \\ (a \n or \u00e9 becomes the character itself). Whatever has no single
 * canonical reading is refused: members out of order or twice, fractions, bytes that are not UTF-8. The
 * signature is verified over that text, and everything is read from it, so that nothing is read otherwise
 * than it was signed. Values are slices of that text, and reading them needs no memory. */
#ifndef SEATMETER_TUF_CANONICAL_H
#define SEATMETER_TUF_CANONICAL_H

#include "bytes.h"

enum { TUF_DEPTH_MAX = 16 };

#define SM_SPAN(literal) ((struct sm_span){(literal), sizeof(literal) - 1})

/* Writes the canonical text of a metadata file into `out`, of at least `size` bytes, and its length. False
 * where the bytes are no JSON object, or have no canonical reading. The members of what the outermost object
 * has as "signed" must be in order; of the rest, which no signature covers, in any. */
bool sm_tuf_canonical(const void *bytes, size_t size, char *out, size_t *length);

/* Reading, of canonical text alone. A string's slice is what stands between its quotes. */
bool sm_tuf_is_object(struct sm_span value);
bool sm_tuf_is_array(struct sm_span value);
bool sm_tuf_string(struct sm_span value, struct sm_span *string);
bool sm_tuf_number(struct sm_span value, int64_t *number); /* from 0 to 2^53 − 1 */
bool sm_tuf_boolean(struct sm_span value, bool *boolean);

/* Goes through an object's members or an array's values: `*at` is 0 at first; false after the last. */
bool sm_tuf_next_member(struct sm_span object, size_t *at, struct sm_span *name, struct sm_span *value);
bool sm_tuf_next_value(struct sm_span array, size_t *at, struct sm_span *value);

/* The first member of that name; false where there is none, or `object` is none. */
bool sm_tuf_member(struct sm_span object, struct sm_span name, struct sm_span *value);

/* Bytes from hexadecimal digits of either case; false where the string is not exactly `size` of them. */
bool sm_tuf_hex(struct sm_span string, unsigned char *bytes, size_t size);

#endif
