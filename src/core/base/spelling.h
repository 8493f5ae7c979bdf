/* Spelling: which of some known words somebody may have meant. */
#ifndef SEATMETER_CORE_BASE_SPELLING_H
#define SEATMETER_CORE_BASE_SPELLING_H

#include "core/base/text.h"

#include <stddef.h>

/* How many letters must be inserted, left out, exchanged or swapped with their neighbour to turn one word
 * into the other (optimal string alignment), without regard to the case of ASCII letters. Words beyond
 * SPELLING_BYTES_MAX bytes are as far apart as the longer one is long. */
size_t spelling_distance(struct text a, struct text b);

enum { SPELLING_BYTES_MAX = 64 };

/* The nearest of `words`, the first of several; `count` where none is near: a third of the word may be wrong,
 * and one letter of a short one. */
size_t spelling_nearest(struct text word, const struct text *words, size_t count);

#endif
