/* JSON scan: reads a flat JSON object (RFC 8259) from bytes of outside, member by member, without memory of
 * its own.
 *
 * For the device door's small bodies, where a parser that builds a tree would cost more than all the rest.
 * Strings come as they stand between their quotes ("raw"), with escapes checked but not decoded; whether a
 * text is valid UTF-8 is seen when it is decoded. A member's name may have no escape in it, so that no two
 * readers take the same bytes for different names. */
#ifndef SEATMETER_CORE_BASE_JSON_SCAN_H
#define SEATMETER_CORE_BASE_JSON_SCAN_H

#include "core/base/text.h"

struct json_scan {
    const char *at;
    const char *end;
    const char *comma; /* in front of the member that was read last; NULL: it is the first */
    bool is_opened;
};

/* Takes the opening brace; false where there is none. */
bool json_scan_open(struct json_scan *scan, struct text body);

enum json_member { JSON_MEMBER, JSON_LAST, JSON_BROKEN };

/* The next member's name, with the colon taken; JSON_LAST where the object has ended and nothing but blanks
 * follows. Its value is to be read next, with one of the functions below. */
enum json_member json_scan_member(struct json_scan *scan, struct text *name);

/* Values; false where the value is of another kind or broken. */
bool json_scan_string(struct json_scan *scan, struct text *raw);
/* A whole number from 0 on, with its digits as they stand. */
bool json_scan_whole(struct json_scan *scan, int64_t *value, struct text *digits);
/* A list of strings, as it stands between its brackets. */
bool json_scan_list(struct json_scan *scan, struct text *raw);
/* Any value, nested at most eight deep. */
bool json_scan_skip(struct json_scan *scan);

/* The next string of a raw list that json_scan_list has taken; false at its end. */
bool json_list_next(struct text *raw_list, struct text *raw);

/* A raw string decoded, in the arena where it has escapes; false where it is not valid UTF-8 or has a control
 * character. */
bool json_text_decode(struct arena *arena, struct text raw, struct text *decoded);

#endif
