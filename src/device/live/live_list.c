#include "device/live/live_list.h"

#include <assert.h>
#include <stdlib.h>

enum { CAPACITY_FIRST = 1024 };

void live_list_grow(struct live_list *list, size_t more, size_t item_bytes) {
    size_t needed = list->count + more;
    if (needed > list->capacity) {
        list->capacity = needed < CAPACITY_FIRST ? CAPACITY_FIRST : needed * 2;
        list->items = realloc(list->items, list->capacity * item_bytes);
        if (list->items == NULL) {
            abort();
        }
    }
}

void live_list_add(struct live_list *list, const void *items, size_t count, size_t item_bytes) {
    if (count > 0) {
        live_list_grow(list, count, item_bytes);
        memcpy(list->items + list->count * item_bytes, items, count * item_bytes);
        list->count += count;
    }
    assert(list->count <= list->capacity);
}

void live_list_move(struct live_list *list, struct live_list *from, size_t item_bytes) {
    live_list_add(list, from->items, from->count, item_bytes);
    from->count = 0;
}

void live_list_swap(struct live_list *list, struct live_list *empty) {
    assert(empty->count == 0);
    struct live_list whole = *list;
    *list = *empty;
    *empty = whole;
}

void live_list_clean_up(struct live_list *list) {
    free(list->items);
    *list = (struct live_list){0};
}
