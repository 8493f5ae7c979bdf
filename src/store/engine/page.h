/* Page: a piece of a list, by the identifier that the previous piece ended with.
 *
 * A list asks for the `limit` items behind `after_id` in the order of their numbers, so that a page costs the
 * same wherever it lies and nothing is skipped or shown twice while others insert. */
#ifndef SEATMETER_STORE_ENGINE_PAGE_H
#define SEATMETER_STORE_ENGINE_PAGE_H

#include <stdint.h>

enum { PAGE_LIMIT_DEFAULT = 100, PAGE_LIMIT_MAX = 1000 };

struct page {
    int64_t after_id; /* 0: from the beginning */
    int32_t limit;    /* 0: PAGE_LIMIT_DEFAULT; more than PAGE_LIMIT_MAX gives PAGE_LIMIT_MAX */
};

/* How many items the page really asks for. */
static inline int32_t page_limit(struct page page) {
    if (page.limit <= 0) {
        return PAGE_LIMIT_DEFAULT;
    }
    return page.limit > PAGE_LIMIT_MAX ? PAGE_LIMIT_MAX : page.limit;
}

#endif
