/* Live table: items by number.
 *
 * The store counts numbers from 1 without gaps and their rows never go, so a number is a place: item N stands
 * in chunk N / 2^bits. A chunk is mapped when it is first needed and never moves, so growth costs only its
 * own pages. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_TABLE_H
#define SEATMETER_DEVICE_LIVE_LIVE_TABLE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct live_table {
    _Atomic(unsigned char *) *chunks;
    size_t item_bytes;
    unsigned bits;
    _Atomic uint64_t bytes; /* of the chunks that are there */
};

void live_table_init(struct live_table *table, size_t item_bytes, unsigned bits);
void live_table_clean_up(struct live_table *table);

/* The item's place, which is zeroed memory where nothing was put. Several threads may call it. */
void *live_table_place(struct live_table *table, uint32_t id);

/* The item's place; NULL where its chunk is not there. */
static inline void *live_table_find(const struct live_table *table, int64_t id) {
    if (id < 1 || id > UINT32_MAX) {
        return NULL;
    }
    unsigned char *chunk =
        atomic_load_explicit(&table->chunks[(uint64_t)id >> table->bits], memory_order_relaxed);
    size_t place = (size_t)id & (((size_t)1 << table->bits) - 1);
    return chunk == NULL ? NULL : chunk + place * table->item_bytes;
}

#endif
