/* What every fuzzer is: one function that libFuzzer calls with bytes, again and again. It asserts what must
 * hold whatever the bytes are; the sanitizers watch the rest (libFuzzer hands over a buffer of exactly
 * `size`). */
#ifndef SEATMETER_TESTS_FUZZ_H
#define SEATMETER_TESTS_FUZZ_H

#include "core/base/text.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static inline struct text fuzz_text(const uint8_t *bytes, size_t size) {
    return (struct text){(const char *)bytes, size};
}

#endif
