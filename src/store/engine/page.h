/* Page: a piece of a list, by the identifier that the previous piece ended with.
 *
 * A list asks for the `limit` items behind `after_id` in the order of their numbers, so that a page costs the
 * same wherever it lies and nothing is skipped or shown twice while others insert. */
#ifndef SEATMETER_STORE_ENGINE_PAGE_H
#define SEATMETER_STORE_ENGINE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
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

/* How many rows its statement asks for: one more tells that another page follows. */
static inline int64_t page_rows(struct page page) {
    return (int64_t)page_limit(page) + 1;
}

/* Cuts what the statement gave to the page's items, and tells whether another page follows. */
static inline bool page_cut(struct page page, size_t *count) {
    size_t limit = (size_t)page_limit(page);
    bool more = *count > limit;
    *count = more ? limit : *count;
    return more;
}

#endif
