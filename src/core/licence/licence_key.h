/* Licence keys: 110 random bits as 22 Crockford digits and 3 check digits, in five groups of five:
 * "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX".
 *
 * The check is a Reed–Solomon code over GF(32). It catches every one, two or three wrong digits, so every
 * swap of two as well, and lets one in 32768 of anything worse through. */
#ifndef SEATMETER_CORE_LICENCE_LICENCE_KEY_H
#define SEATMETER_CORE_LICENCE_LICENCE_KEY_H

#include "core/base/fault.h"
#include "core/licence/keyed_hash.h"

enum { LICENCE_KEY_RANDOM_BYTES = 14, LICENCE_KEY_BYTES = 30, LICENCE_KEY_HASH_BYTES = 32 };

/* The key made of `random` (the last two bits unused), zero-terminated. */
void licence_key_make(const unsigned char random[LICENCE_KEY_RANDOM_BYTES], char key[LICENCE_KEY_BYTES]);

/* The canonical form of a key that a person typed (any case, with or without dashes and blanks, O I L read as
 * 0 1 1); fault "malformed-licence-key" on field "key" says what is wrong with it. */
enum status licence_key_parse(struct text typed, char key[LICENCE_KEY_BYTES], struct fault *fault) MUST_CHECK;

/* The hash that the store keeps to find a key by. It is keyed with the programme's secret, so that a stolen
 * database without the secret cannot be searched. `key` is canonical. */
void licence_key_hash(const unsigned char secret[PROGRAMME_SECRET_BYTES], const char *key,
                      unsigned char hash[LICENCE_KEY_HASH_BYTES]);

#endif
