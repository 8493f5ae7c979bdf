/* The store's file: with its checksum as it comes, and the state behind a checksum that is right. What was
 * read is written and read again, and says the same. */
#include "store.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct sm_span text = {(const char *)bytes, size};
    struct sm_state state;
    struct sm_state again;
    int64_t generation;
    if (sodium_init() < 0) {
        return 0;
    }
    if (sm_store_parse(text, &generation, &state) == SM_OK) {
        sm_state_free(&state);
    }
    if (sm_state_read(text, &state) == SM_OK) {
        struct sm_buffer first = SM_BUFFER_EMPTY;
        struct sm_buffer second = SM_BUFFER_EMPTY;
        assert(sm_state_copy(&state, &again) == SM_OK);
        sm_state_write(&state, &first);
        sm_state_write(&again, &second);
        assert(first.length == second.length && memcmp(first.at, second.at, first.length) == 0);
        struct sm_reading reading = {1764000000, {true, {1}, 1000}};
        (void)sm_clock_time(&state.marks, &reading);
        sm_clock_see(&state.marks, &reading, 1764000001, &state.pending.asked);
        sm_clock_keep(&state.marks, &reading);
        sm_buffer_free(&first);
        sm_buffer_free(&second);
        sm_state_free(&again);
        sm_state_free(&state);
    }
    return 0;
}
