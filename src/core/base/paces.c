/* Each slot keeps one instant: when the thing will have rested (the generic cell rate algorithm). Each time
 * moves it on by a part of the window, and where that would put it more than a window ahead, the thing waits.
 */
#include "core/base/paces.h"

#include <assert.h>
#include <stdbool.h>

/* The first of the slots that the thing may have. Neighbouring numbers are spread. */
static uint64_t set_of(uint64_t thing) {
    uint64_t mixed = thing * UINT64_C(0x9E3779B97F4A7C15);
    return (mixed ^ mixed >> 32) % (PACES_MAX / PACES_WAYS) * PACES_WAYS;
}

static int64_t interval_us(struct pace_terms terms) {
    assert(terms.count > 0 && terms.window_us >= terms.count);
    return terms.window_us / terms.count;
}

/* When it has rested. An instant further ahead than any could be put comes of a clock that went back: then
 * nobody knows, and nobody waits for it. */
static int64_t rested_at(const struct pace *pace, struct pace_terms terms, int64_t now_us) {
    bool is_known = pace->rested_at_us > now_us && pace->rested_at_us <= now_us + terms.window_us;
    return is_known ? pace->rested_at_us : now_us;
}

int64_t paces_wait_us(const struct paces *paces, uint64_t thing, struct pace_terms terms, int64_t now_us) {
    const struct pace *set = &paces->slots[set_of(thing)];
    assert(thing != 0);
    for (int way = 0; way < PACES_WAYS; way++) {
        if (set[way].thing == thing) {
            int64_t ahead_us = rested_at(&set[way], terms, now_us) + interval_us(terms) - now_us;
            return ahead_us > terms.window_us ? ahead_us - terms.window_us : 0;
        }
    }
    return 0;
}

void paces_take(struct paces *paces, uint64_t thing, struct pace_terms terms, int64_t now_us) {
    struct pace *set = &paces->slots[set_of(thing)];
    struct pace *taken = &set[0];
    assert(thing != 0);
    for (int way = 0; way < PACES_WAYS; way++) {
        if (set[way].thing == thing) {
            taken = &set[way];
            break;
        }
        if (set[way].rested_at_us < taken->rested_at_us) {
            taken = &set[way];
        }
    }
    if (taken->thing != thing) {
        *taken = (struct pace){.thing = thing};
    }
    taken->rested_at_us = rested_at(taken, terms, now_us) + interval_us(terms);
}
