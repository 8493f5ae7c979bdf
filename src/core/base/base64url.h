/* Base64url without padding (RFC 4648 section 5), by table: for what is public. What is secret is compared
 * and encoded by libsodium, whose time does not depend on it. */
#ifndef SEATMETER_CORE_BASE_BASE64URL_H
#define SEATMETER_CORE_BASE_BASE64URL_H

#include "core/base/text.h"

/* How many characters `size_bytes` take. */
#define BASE64URL_LENGTH(size_bytes) (((size_bytes)*4 + 2) / 3)

/* Writes BASE64URL_LENGTH(size_bytes) characters (no zero) and returns how many. */
size_t base64url_encode(const void *bytes, size_t size_bytes, char *out);

/* Exactly `size_bytes` bytes; false where the text is anything else (another length, other characters, unused
 * bits that are not zero). */
bool base64url_decode(struct text encoded, void *out, size_t size_bytes);

#endif
