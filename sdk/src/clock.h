/* Clock: what time it is, held against what is known for sure (docs/decisions/trusted-clock.md).
 *
 * Known for sure are signed instants: when one was seen, it had been. From there the clock that counts since
 * the machine's start, asleep or not, goes on, and nobody sets it. So the time is never before `lower`:
 * signed instant + what that clock has counted since; over a start of the machine, the highest lower bound
 * that was kept + the time since the start. An answer that names our own random link was signed after we had
 * made the link, so within the same boot the time is never behind `upper` either: signed instant + what was
 * counted since the link was made. The wall clock is believed between the two, and never makes a mark. */
#ifndef SEATMETER_CLOCK_H
#define SEATMETER_CLOCK_H

#include "seatmeter.h"

#include <stdbool.h>

enum { SM_CLOCK_TOLERANCE_S = 300, SM_BOOT_ID_BYTES = 16 };
#define SM_TIME_MAX                                                                                          \
    ((int64_t)1 << 40) /* beyond any year that matters; sums of two stay far from overflow                   \
                        */
#define SM_TIME_NONE INT64_MAX

/* A place on the clock that counts since the machine's start. */
struct sm_boot {
    bool has_id;
    unsigned char id[SM_BOOT_ID_BYTES];
    int64_t ms;
};

struct sm_reading {
    int64_t wall_s; /* negative: the machine has none */
    struct sm_boot boot;
};

/* All zero at first. Kept in the store. */
struct sm_marks {
    int64_t floor_s;  /* the highest lower bound that was kept */
    int64_t anchor_s; /* at `anchor` the time was at least this … */
    int64_t upper_s;  /* … and at most this; 0: not known */
    struct sm_boot anchor;
    bool is_signed; /* the anchor is a signed instant, seen in that boot, and not only what was kept */
};

enum sm_clock_state {
    SM_CLOCK_FINE,
    SM_CLOCK_BEHIND, /* the wall clock stands before what has been, but the time is known */
    SM_CLOCK_LOST,   /* it does, and nothing signed has been seen since the machine's start */
    SM_CLOCK_AHEAD   /* the wall clock stands after what can be, but the time is known */
};

struct sm_time {
    int64_t now_s;   /* the trusted time */
    int64_t lower_s; /* it is not before this */
    enum sm_clock_state state;
    bool is_proven; /* the wall clock is within the tolerance of what the server said in this boot */
};

void sm_clock_read(const struct sm_clock *clock, struct sm_reading *reading);
struct sm_time sm_clock_time(const struct sm_marks *marks, const struct sm_reading *reading);

/* A signed instant was seen. `asked` is where the boot clock stood when the random link that it answers was
 * made; NULL: it answers none (key sets, what was signed long ago). */
void sm_clock_see(struct sm_marks *marks, const struct sm_reading *reading, int64_t signed_s,
                  const struct sm_boot *asked);

/* Makes the marks ready to be kept: the present lower bound becomes the floor. Whether that is worth a write.
 */
bool sm_clock_is_worth_keeping(const struct sm_marks *marks, const struct sm_reading *reading);
void sm_clock_keep(struct sm_marks *marks, const struct sm_reading *reading);

#endif
