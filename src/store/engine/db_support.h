/* Database support: what db.c and both engines stand on. Private to the engine's files. */
#ifndef SEATMETER_STORE_ENGINE_DB_SUPPORT_H
#define SEATMETER_STORE_ENGINE_DB_SUPPORT_H

#include "core/base/text.h"

/* Zeroed memory, and a text as a C string, both for free(). Where the machine has no memory left they stop
 * the process, as arenas do. */
void *db_allocate(size_t count, size_t size_bytes);
char *db_duplicate(struct text text);

/* Bytes that grow at their end and live as long as their statement or bulk, which is why they are no arena's:
 * the owner frees `at`. */
struct byte_queue {
    char *at;
    size_t used;
    size_t capacity;
};
void byte_queue_add(struct byte_queue *queue, const void *bytes, size_t size_bytes);
void byte_queue_add_string(struct byte_queue *queue, const char *string);

#endif
