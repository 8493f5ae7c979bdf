/* The stretches of each machine become stretches that do not overlap; then one walk over all beginnings and
 * ends, the ends first at an instant, finds the most. */
#include "core/usage/at_once.h"

#include <assert.h>
#include <stdlib.h>

static int compare_uses(const void *left, const void *right) {
    const struct machine_use *a = left;
    const struct machine_use *b = right;
    int order = text_compare(a->machine, b->machine);
    if (order != 0 || a->from_us == b->from_us) {
        return order;
    }
    return a->from_us < b->from_us ? -1 : 1;
}

struct step {
    int64_t at_us;
    int64_t units; /* more from here on, or fewer */
};

static int compare_steps(const void *left, const void *right) {
    const struct step *a = left;
    const struct step *b = right;
    if (a->at_us != b->at_us) {
        return a->at_us < b->at_us ? -1 : 1;
    }
    return a->units < b->units ? -1 : a->units > b->units;
}

/* Joins a machine's stretches that overlap, in place; returns how many are left. */
static size_t join(struct machine_use *uses, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct machine_use *last = kept == 0 ? NULL : &uses[kept - 1];
        if (uses[i].until_us <= uses[i].from_us) {
            uses[i].until_us = uses[i].from_us + 1;
        }
        if (last == NULL || !text_equal(last->machine, uses[i].machine) ||
            uses[i].from_us >= last->until_us) {
            uses[kept++] = uses[i];
            continue;
        }
        last->until_us = uses[i].until_us > last->until_us ? uses[i].until_us : last->until_us;
        last->units = uses[i].units > last->units ? uses[i].units : last->units;
    }
    return kept;
}

int64_t most_at_once(struct machine_use *uses, size_t count, struct arena *arena) {
    if (count == 0) {
        return 0;
    }
    qsort(uses, count, sizeof *uses, compare_uses);
    count = join(uses, count);
    struct step *steps = ARENA_NEW(arena, struct step, 2 * count);
    for (size_t i = 0; i < count; i++) {
        steps[2 * i] = (struct step){uses[i].from_us, uses[i].units};
        steps[2 * i + 1] = (struct step){uses[i].until_us, -uses[i].units};
    }
    qsort(steps, 2 * count, sizeof *steps, compare_steps);
    int64_t units = 0;
    int64_t most = 0;
    for (size_t i = 0; i < 2 * count; i++) {
        units += steps[i].units;
        most = units > most ? units : most;
    }
    assert(units == 0);
    return most;
}
