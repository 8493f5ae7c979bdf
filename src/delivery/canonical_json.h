/* Canonical JSON: the one way to write a value down, so that a signature over the bytes is one over the
 * value.
 *
 * As The Update Framework has it (its specification, "Metaformat"; OLPC's Canonical JSON): members sorted by
 * their names' bytes, no white space, no fractions, and in strings only \ and " are escaped. The writer does
 * not sort: members are written in order, and one that is not is a bug that stops the program. Control
 * characters, which that form would leave bare and no JSON reader takes, are a bug too. */
#ifndef SEATMETER_DELIVERY_CANONICAL_JSON_H
#define SEATMETER_DELIVERY_CANONICAL_JSON_H

#include "core/base/text.h"

enum { CANONICAL_DEPTH_MAX = 8 };

struct canonical_writer {
    struct arena *arena;
    char *at;
    size_t length;
    size_t capacity;
    int depth;
    bool has_item[CANONICAL_DEPTH_MAX];
    struct text last_name[CANONICAL_DEPTH_MAX]; /* the member written last, in objects */
};

void canonical_begin(struct canonical_writer *writer, struct arena *arena);
struct text canonical_written(const struct canonical_writer *writer);

/* `name` is empty in arrays and at the top. Names must outlive the object. */
void canonical_open_object(struct canonical_writer *writer, struct text name);
void canonical_close_object(struct canonical_writer *writer);
void canonical_open_array(struct canonical_writer *writer, struct text name);
void canonical_close_array(struct canonical_writer *writer);
void canonical_write_text(struct canonical_writer *writer, struct text name, struct text value);
void canonical_write_int(struct canonical_writer *writer, struct text name, int64_t value);
void canonical_write_bool(struct canonical_writer *writer, struct text name, bool value);

/* A value that is canonical already. */
void canonical_write_raw(struct canonical_writer *writer, struct text name, struct text value);

#endif
