#include "core/base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 16 * 1024 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t used_bytes;
    size_t size_bytes;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *arena) {
    arena->last = NULL;
}

void arena_clean_up(struct arena *arena) {
    while (arena->last != NULL) {
        struct arena_chunk *chunk = arena->last;
        arena->last = chunk->older;
        free(chunk);
    }
}

static void out_of_memory(size_t size_bytes) {
    fprintf(stderr, "seatmeter: out of memory, %zu bytes asked\n", size_bytes);
    abort();
}

static struct arena_chunk *chunk_new(struct arena_chunk *older, size_t size_bytes) {
    struct arena_chunk *chunk = malloc(sizeof *chunk + size_bytes);
    if (chunk == NULL) {
        out_of_memory(size_bytes);
    }
    chunk->older = older;
    chunk->used_bytes = 0;
    chunk->size_bytes = size_bytes;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size_bytes) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size_bytes, &bytes) || bytes > SIZE_MAX / 4) {
        out_of_memory(SIZE_MAX);
    }
    bytes = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);

    struct arena_chunk *chunk = arena->last;
    if (chunk == NULL || chunk->size_bytes - chunk->used_bytes < bytes) {
        if (bytes > CHUNK_BYTES / 2 && chunk != NULL) {
            /* A large object gets a chunk of its own below the current one, whose room stays in use. */
            struct arena_chunk *own = chunk_new(chunk->older, bytes);
            chunk->older = own;
            chunk = own;
        } else {
            chunk = chunk_new(chunk, bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES);
            arena->last = chunk;
        }
    }
    void *object = chunk->bytes + chunk->used_bytes;
    chunk->used_bytes += bytes;
    assert(chunk->used_bytes <= chunk->size_bytes);
    memset(object, 0, bytes);
    return object;
}

void *arena_alloc_aligned(struct arena *arena, size_t count, size_t size_bytes, size_t alignment_bytes) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size_bytes, &bytes) || bytes > SIZE_MAX / 4) {
        out_of_memory(SIZE_MAX);
    }
    assert(alignment_bytes > 0 && (alignment_bytes & (alignment_bytes - 1)) == 0);
    unsigned char *at = arena_alloc(arena, 1, bytes + alignment_bytes - 1);
    size_t over = (uintptr_t)at % alignment_bytes;
    return at + (over == 0 ? 0 : alignment_bytes - over);
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t item_bytes) {
    if (count < *capacity) {
        return items;
    }
    size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    while (wanted <= count) {
        wanted *= 2;
    }
    void *grown = arena_alloc(arena, wanted, item_bytes);
    if (count > 0) {
        memcpy(grown, items, count * item_bytes);
    }
    *capacity = wanted;
    return grown;
}
