/* JSON: a small strict reader (RFC 8259), for what comes from the network and the disk.
 *
 * It pulls one token after the other from a text of known length, without memory of its own and without
 * recursion: what is open is one bit per level, at most SM_JSON_DEPTH_MAX. Strict: UTF-8 alone, no control
 * characters in strings, no leading zeros, no lone surrogates, nothing behind the value. Above it,
 * sm_json_object picks the members that a caller knows out of an object and refuses one that comes twice. */
#ifndef SEATMETER_JSON_H
#define SEATMETER_JSON_H

#include "bytes.h"

enum { SM_JSON_DEPTH_MAX = 32 };

enum sm_json_kind {
    SM_JSON_ABSENT, /* of a member: it was not there */
    SM_JSON_OBJECT,
    SM_JSON_ARRAY,
    SM_JSON_STRING,
    SM_JSON_NUMBER,
    SM_JSON_TRUE,
    SM_JSON_FALSE,
    SM_JSON_NULL,
    SM_JSON_CLOSE, /* of the innermost open object or array */
    SM_JSON_END,   /* the text is whole and over */
    SM_JSON_ERROR
};

/* A value. Of a string: what stands between the quotes, escapes as they are; of a number: its characters;
 * of an object or array, from sm_json_object and sm_json_element: all of it, brackets too. */
struct sm_json_value {
    enum sm_json_kind kind;
    struct sm_span text;
};

struct sm_json {
    const char *at;
    const char *end;
    uint32_t is_object; /* bit n: the container at depth n + 1 is an object */
    unsigned depth;
    bool has_begun;  /* the outermost value */
    bool is_first;   /* nothing stands yet in the innermost container */
    bool has_failed; /* from then on every token is SM_JSON_ERROR */
};

void sm_json_begin(struct sm_json *json, struct sm_span text);

/* The next token. Inside an object `*name` is the member's name, escapes as they are, else empty. `value` of
 * an opening bracket is that bracket alone. */
enum sm_json_kind sm_json_next(struct sm_json *json, struct sm_span *name, struct sm_json_value *value);

/* A member of an object that the caller wants: the name goes in, the value comes out. */
struct sm_json_member {
    const char *name;
    struct sm_json_value value;
};

/* Reads a whole object. False where the text is no JSON object, or one of the members comes twice. Others are
 * skipped. */
bool sm_json_object(struct sm_span text, struct sm_json_member *members, size_t count);

/* Goes through the elements of an array: begin with sm_json_begin on its text and `*is_open` false. True and
 * the element; false behind the last, or (json->has_failed) where the text is no JSON array. */
bool sm_json_element(struct sm_json *json, bool *is_open, struct sm_json_value *element);

/* The string without its escapes, a zero behind it; false where it is no string, holds a zero, or does not
 * fit. */
bool sm_json_text(const struct sm_json_value *value, char *out, size_t capacity);

/* Whether it is a string that reads as `text`. */
bool sm_json_text_is(const struct sm_json_value *value, struct sm_span text);

/* A whole number within the bounds; false where it is anything else (fraction, exponent, another kind). */
bool sm_json_integer(const struct sm_json_value *value, int64_t least, int64_t most, int64_t *number);

/* A string of exactly `size` bytes in base64url. */
bool sm_json_bytes(const struct sm_json_value *value, void *out, size_t size);

#endif
