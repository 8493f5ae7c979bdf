/* Version order: whatever two texts are, it is an order. A line feed parts them. */
#include "version_order.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const uint8_t *end = size == 0 ? NULL : memchr(bytes, '\n', size);
    size_t length = end == NULL ? size : (size_t)(end - bytes);
    struct sm_span first = {(const char *)bytes, length};
    struct sm_span second = {(const char *)bytes + length, size - length};
    int order = sm_version_span_order(first, second);
    int turned = sm_version_span_order(second, first);
    assert((order > 0) == (turned < 0) && (order == 0) == (turned == 0));
    assert(sm_version_span_order(first, first) == 0);
    return 0;
}
