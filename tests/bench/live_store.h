/* A store with a device each on so many licences, and some licences with room for many, filled in bulk. */
#ifndef SEATMETER_TESTS_BENCH_LIVE_STORE_H
#define SEATMETER_TESTS_BENCH_LIVE_STORE_H

#include "core/licence/licence_key.h"

#include <stdint.h>

enum { LIVE_STORE_ROOMY = 1000 };

/* Licences 1 to `licences` are on with one seat, on which the device of the same number is active; behind
 * them come LIVE_STORE_ROOMY of a million seats each, whose keys are put into `keys`. Makes it in the store
 * at `url`, unless one of a run before is there. Ends the program with a message where it fails. */
void live_store_fill(const char *url, const unsigned char *secret, int64_t licences,
                     char (*keys)[LICENCE_KEY_BYTES]);

#endif
