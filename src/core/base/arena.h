/* Arena: memory with one owner, freed at once.
 *
 * A request, a file row batch or a test opens an arena, everything it makes comes from there, and
 * one call gives it all back. There is no free of a single object, so nothing can be freed twice
 * or forgotten. Memory is zeroed. When the machine has none left the process stops with a message:
 * a billing system that runs on half its data is worse than one that is restarted. */
#ifndef SEATMETER_CORE_BASE_ARENA_H
#define SEATMETER_CORE_BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *last; /* the chunk that allocations come from; older ones hang off it */
};

/* Makes an arena that owns nothing yet. */
void arena_init(struct arena *arena);

/* Frees everything that came from the arena; it may be used again at once. */
void arena_clean_up(struct arena *arena);

/* Zeroed memory for `count` objects of `size_bytes`, aligned for any type. A count of 0 is allowed, and NULL
 * never comes, so no caller asks for an item more than it needs. An overflow of count × size is a bug and
 * stops the process. */
void *arena_alloc(struct arena *arena, size_t count, size_t size_bytes);

/* The same of objects that need more than the usual alignment: a power of two. */
void *arena_alloc_aligned(struct arena *arena, size_t count, size_t size_bytes, size_t alignment_bytes);

/* `count` zeroed objects of `type`. */
#define ARENA_NEW(arena, type, count)                                                                        \
    ((type *)(_Alignof(type) <= _Alignof(max_align_t)                                                        \
                  ? arena_alloc((arena), (count), sizeof(type))                                              \
                  : arena_alloc_aligned((arena), (count), sizeof(type), _Alignof(type))))

/* A growing array's next buffer: `*capacity` is at least doubled until it exceeds `count`, and the
 * old items are copied. Returns `items` itself while there is room. */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t item_bytes);

#endif
