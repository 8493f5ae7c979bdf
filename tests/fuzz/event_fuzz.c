/* Events: whatever decodes encodes to the very same bytes. */
#include "core/usage/event.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct licence_event event;
    struct fault fault;
    if (event_decode(bytes, size, &event, &fault) == STATUS_OK) {
        unsigned char again[EVENT_ENCODED_BYTES];
        event_encode(&event, again);
        assert(size == sizeof again && memcmp(bytes, again, size) == 0);
        enum event_kind kind;
        assert(event_kind_parse(text_of(event_kind_name(event.kind)), &kind, &fault) == STATUS_OK &&
               kind == event.kind);
    }
    enum event_kind kind;
    if (event_kind_parse(fuzz_text(bytes, size), &kind, &fault) == STATUS_OK) {
        assert(text_is(fuzz_text(bytes, size), event_kind_name(kind)));
    }
    return 0;
}
