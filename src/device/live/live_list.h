/* Live list: an array of items of one size that grows at its end, on its way from the loop to the writer. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_LIST_H
#define SEATMETER_DEVICE_LIVE_LIVE_LIST_H

#include <stddef.h>
#include <string.h>

struct live_list {
    unsigned char *items;
    size_t count;
    size_t capacity;
};

/* Makes room for `more` items behind those that are there. */
void live_list_grow(struct live_list *list, size_t more, size_t item_bytes);

/* Adds one item: on the way of every check-in. */
static inline void live_list_push(struct live_list *list, const void *item, size_t item_bytes) {
    if (list->count == list->capacity) {
        live_list_grow(list, 1, item_bytes);
    }
    memcpy(list->items + list->count++ * item_bytes, item, item_bytes);
}

void live_list_add(struct live_list *list, const void *items, size_t count, size_t item_bytes);

/* Adds the items of `from`, which is empty afterwards and keeps its memory. */
void live_list_move(struct live_list *list, struct live_list *from, size_t item_bytes);

/* Exchanges a list for an empty one. */
void live_list_swap(struct live_list *list, struct live_list *empty);

void live_list_clean_up(struct live_list *list);

#endif
