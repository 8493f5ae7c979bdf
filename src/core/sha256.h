/* SHA-256 for the hash trees of leases, of which the device door makes hundreds of thousands a second:
 * OpenSSL's, which uses the processor's own instructions and takes a third of the time of libsodium's
 * (docs/decisions/device-door.md). For everything else libsodium's will do. */
#ifndef SEATMETER_CORE_SHA256_H
#define SEATMETER_CORE_SHA256_H

#include <stddef.h>

enum { SHA256_BYTES = 32 };

/* The hash of one byte and what follows it (RFC 6962 section 2.1 tells leaves from nodes by it). */
void sha256_prefixed(unsigned char prefix, const void *bytes, size_t size_bytes,
                     unsigned char hash[SHA256_BYTES]);

#endif
