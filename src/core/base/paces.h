/* Paces: how often something may happen to each of many things: so many times at once, and as many again
 * within each window of time.
 *
 * A fixed table: what is new takes the place of a thing that may do everything again, and where there is
 * none, of the one that comes nearest to it. So many things make the limit coarser, never the memory larger.
 */
#ifndef SEATMETER_CORE_BASE_PACES_H
#define SEATMETER_CORE_BASE_PACES_H

#include <stdint.h>

enum { PACES_MAX = 8192, PACES_WAYS = 8 };

struct pace_terms {
    int64_t count; /* at once */
    int64_t window_us;
};

struct pace {
    uint64_t thing;       /* 0: free */
    int64_t rested_at_us; /* from when on it may do everything again */
};

struct paces {
    struct pace slots[PACES_MAX]; /* zeroed to begin with */
};

/* How long the thing (a number but 0) has to wait until it may once more; 0: it may now. Nothing is counted.
 */
int64_t paces_wait_us(const struct paces *paces, uint64_t thing, struct pace_terms terms, int64_t now_us);

/* Counts it. */
void paces_take(struct paces *paces, uint64_t thing, struct pace_terms terms, int64_t now_us);

#endif
