#include "device/live/live_table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE_BYTES = 2 * 1024 * 1024 };

static void *map_pages(size_t bytes) {
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        fprintf(stderr, "seatmeter: out of memory, %zu bytes asked\n", bytes);
        abort();
    }
    return at;
}

static size_t chunk_bytes(const struct live_table *table) {
    return table->item_bytes << table->bits;
}

/* The directory has one place for every chunk that 32 bits of number can ask for: half a megabyte at the
 * most. */
static size_t directory_bytes(const struct live_table *table) {
    return ((size_t)1 << (32 - table->bits)) * sizeof *table->chunks;
}

void live_table_init(struct live_table *table, size_t item_bytes, unsigned bits) {
    assert(bits >= 12 && bits < 32);
    table->item_bytes = item_bytes;
    table->bits = bits;
    table->chunks = map_pages(directory_bytes(table));
    atomic_init(&table->bytes, 0);
}

void live_table_clean_up(struct live_table *table) {
    if (table->chunks == NULL) {
        return;
    }
    for (size_t i = 0; i < (size_t)1 << (32 - table->bits); i++) {
        unsigned char *chunk = atomic_load_explicit(&table->chunks[i], memory_order_relaxed);
        if (chunk != NULL) {
            munmap(chunk, chunk_bytes(table));
        }
    }
    munmap(table->chunks, directory_bytes(table));
    table->chunks = NULL;
}

/* A chunk begins on a border of huge pages, so that lookups at random need fewer entries of the TLB. */
static unsigned char *chunk_new(const struct live_table *table) {
    size_t bytes = chunk_bytes(table);
    unsigned char *at = map_pages(bytes + HUGE_PAGE_BYTES);
    size_t before = (HUGE_PAGE_BYTES - (uintptr_t)at % HUGE_PAGE_BYTES) % HUGE_PAGE_BYTES;
    if (before > 0) {
        munmap(at, before);
    }
    if (before < HUGE_PAGE_BYTES) {
        munmap(at + before + bytes, HUGE_PAGE_BYTES - before);
    }
    assert(((uintptr_t)at + before) % HUGE_PAGE_BYTES == 0);
    (void)madvise(at + before, bytes, MADV_HUGEPAGE);
    return at + before;
}

void *live_table_place(struct live_table *table, uint32_t id) {
    assert(id > 0);
    _Atomic(unsigned char *) *slot = &table->chunks[id >> table->bits];
    unsigned char *chunk = atomic_load_explicit(slot, memory_order_acquire);
    if (chunk == NULL) {
        unsigned char *made = chunk_new(table);
        if (atomic_compare_exchange_strong(slot, &chunk, made)) {
            chunk = made;
            atomic_fetch_add(&table->bytes, chunk_bytes(table));
        } else { /* another loader was first */
            munmap(made, chunk_bytes(table));
        }
    }
    return chunk + ((size_t)id & (((size_t)1 << table->bits) - 1)) * table->item_bytes;
}
