/* JSON out: a writer that appends to one growing buffer in an arena.
 *
 * `name` is the member's name, NULL inside an array and at the top. Names are literals of ours and are not
 * escaped; values are. */
#ifndef SEATMETER_JSON_JSON_WRITE_H
#define SEATMETER_JSON_JSON_WRITE_H

#include "core/base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct json_writer {
    struct arena *arena;
    char *at;
    size_t length;
    size_t capacity;
    bool behind_value; /* the next value needs a comma first */
    int depth;
};

void json_write_open(struct json_writer *writer, const char *name);
void json_write_close(struct json_writer *writer);
void json_write_open_array(struct json_writer *writer, const char *name);
void json_write_close_array(struct json_writer *writer);
void json_write_text(struct json_writer *writer, const char *name, struct text value);
void json_write_string(struct json_writer *writer, const char *name, const char *value);
void json_write_int(struct json_writer *writer, const char *name, int64_t value);
void json_write_bool(struct json_writer *writer, const char *name, bool value);
void json_write_null(struct json_writer *writer, const char *name);

/* The text, or null where it is empty. */
void json_write_text_or_null(struct json_writer *writer, const char *name, struct text value);

/* RFC 3339 UTC of an instant, null where it is 0. */
void json_write_instant(struct json_writer *writer, const char *name, int64_t at_us);

/* The text that has been written. Everything that was opened must be closed. */
struct text json_written(const struct json_writer *writer);

#endif
