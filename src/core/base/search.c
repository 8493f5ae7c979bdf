#include "core/base/search.h"

#include <assert.h>

size_t lower_bound(size_t count, search_before *before, const void *context) {
    assert(before != NULL);
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (before(context, middle)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
