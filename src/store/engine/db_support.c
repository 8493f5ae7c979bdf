#include "store/engine/db_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *db_allocate(size_t count, size_t size_bytes) {
    void *memory = calloc(count, size_bytes);
    if (memory == NULL) {
        fprintf(stderr, "seatmeter: out of memory, %zu times %zu bytes asked\n", count, size_bytes);
        abort();
    }
    return memory;
}

char *db_duplicate(struct text text) {
    char *copy = db_allocate(text.length + 1, 1);
    if (text.length > 0) {
        memcpy(copy, text.at, text.length);
    }
    return copy;
}

void byte_queue_add(struct byte_queue *queue, const void *bytes, size_t size_bytes) {
    if (queue->capacity - queue->used < size_bytes) {
        size_t capacity = (queue->used + size_bytes) * 2;
        char *grown = db_allocate(capacity, 1);
        if (queue->used > 0) {
            memcpy(grown, queue->at, queue->used);
        }
        free(queue->at);
        queue->at = grown;
        queue->capacity = capacity;
    }
    if (size_bytes > 0) {
        memcpy(queue->at + queue->used, bytes, size_bytes);
    }
    queue->used += size_bytes;
}

void byte_queue_add_string(struct byte_queue *queue, const char *string) {
    byte_queue_add(queue, string, strlen(string));
}
