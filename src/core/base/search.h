/* Search: the one binary search, in whatever arrays the caller's items lie. */
#ifndef SEATMETER_CORE_BASE_SEARCH_H
#define SEATMETER_CORE_BASE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the item at `index` comes before what is sought; both stand in the caller's context. */
typedef bool search_before(const void *context, size_t index);

/* The first index whose item does not come before what is sought, or `count`. The items are sorted: all that
 * come before it stand in front of all that do not. */
size_t lower_bound(size_t count, search_before *before, const void *context);

#endif
