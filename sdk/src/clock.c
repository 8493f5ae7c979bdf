#include "clock.h"

#include <string.h>

/* How far the lower bound may run ahead of what was kept. Where the wall clock is not believed, a start of
 * the machine would lose that much, so it is less. */
enum { KEEP_EVERY_S = 300, KEEP_EVERY_WHEN_WRONG_S = 60 };

void sm_clock_read(const struct sm_clock *clock, struct sm_reading *reading) {
    memset(reading, 0, sizeof *reading);
    reading->wall_s = clock->wall_s(clock->context);
    if (reading->wall_s > SM_TIME_MAX) {
        reading->wall_s = SM_TIME_MAX;
    }
    reading->boot.ms = clock->boot_ms(clock->context);
    if (reading->boot.ms < 0 || reading->boot.ms > SM_TIME_MAX * 1000) {
        reading->boot.ms = 0;
    }
    reading->boot.has_id = clock->boot_id(clock->context, reading->boot.id) == 0;
}

/* Whether `then` was in the boot of `now`, and before it. */
static bool is_same_boot(const struct sm_boot *then, const struct sm_boot *now) {
    return then->has_id && now->has_id && memcmp(then->id, now->id, SM_BOOT_ID_BYTES) == 0 &&
           then->ms <= now->ms;
}

static bool is_another_boot(const struct sm_boot *then, const struct sm_boot *now) {
    return then->has_id && now->has_id && memcmp(then->id, now->id, SM_BOOT_ID_BYTES) != 0;
}

/* At least so many seconds have passed: within a boot, what was counted; since another, all of this one.
 * Where no boot is known from another, the difference holds for both. */
static int64_t passed_s(const struct sm_boot *then, const struct sm_boot *now) {
    if (is_another_boot(then, now)) {
        return now->ms / 1000;
    }
    return now->ms > then->ms ? (now->ms - then->ms) / 1000 : 0;
}

/* The boot clock may be a thousandth off. */
static int64_t drift_s(int64_t passed) {
    return passed / 1000;
}

static int64_t lower_bound(const struct sm_marks *marks, const struct sm_reading *reading) {
    int64_t passed = passed_s(&marks->anchor, &reading->boot);
    int64_t lower = marks->anchor_s + passed;
    if (is_another_boot(&marks->anchor, &reading->boot)) {
        return (marks->floor_s > marks->anchor_s ? marks->floor_s : marks->anchor_s) + passed;
    }
    return lower > marks->floor_s ? lower : marks->floor_s;
}

static int64_t upper_bound(const struct sm_marks *marks, const struct sm_reading *reading) {
    if (marks->upper_s == 0 || !is_same_boot(&marks->anchor, &reading->boot)) {
        return SM_TIME_NONE;
    }
    int64_t passed = passed_s(&marks->anchor, &reading->boot);
    return marks->upper_s + passed + 1 + drift_s(passed);
}

struct sm_time sm_clock_time(const struct sm_marks *marks, const struct sm_reading *reading) {
    struct sm_time time;
    int64_t lower = lower_bound(marks, reading);
    int64_t upper = upper_bound(marks, reading);
    if (upper < lower) {
        upper = lower;
    }
    int64_t tolerance = SM_CLOCK_TOLERANCE_S + drift_s(passed_s(&marks->anchor, &reading->boot));
    bool is_known = marks->is_signed && is_same_boot(&marks->anchor, &reading->boot);
    int64_t wall = reading->wall_s < 0 ? 0 : reading->wall_s;
    time.lower_s = lower;
    time.now_s = wall < lower ? lower : wall > upper ? upper : wall;
    time.state = SM_CLOCK_FINE;
    if (wall < lower - tolerance) {
        time.state = is_known ? SM_CLOCK_BEHIND : SM_CLOCK_LOST;
    } else if (upper != SM_TIME_NONE && wall > upper + tolerance) {
        time.state = SM_CLOCK_AHEAD;
    }
    time.is_proven = time.state == SM_CLOCK_FINE && upper != SM_TIME_NONE;
    return time;
}

void sm_clock_see(struct sm_marks *marks, const struct sm_reading *reading, int64_t signed_s,
                  const struct sm_boot *asked) {
    int64_t lower = lower_bound(marks, reading);
    int64_t upper = upper_bound(marks, reading);
    bool is_fresh = asked != NULL && is_same_boot(asked, &reading->boot);
    if (is_fresh) {
        int64_t passed = passed_s(asked, &reading->boot);
        upper = signed_s + passed + 2 + drift_s(passed);
    } else if (signed_s > upper) {
        upper = SM_TIME_NONE;
    }
    if (upper < lower) {
        /* The server's own clock was ahead when it signed what made the mark. */
        lower = upper;
        marks->floor_s = upper;
    }
    if (signed_s <= lower && !is_fresh) {
        return; /* old news, which may be replayed: it says nothing of this boot */
    }
    marks->anchor_s = signed_s > lower ? signed_s : lower;
    marks->upper_s = upper == SM_TIME_NONE ? 0 : upper;
    marks->anchor = reading->boot;
    marks->is_signed = true;
    if (marks->floor_s < marks->anchor_s) {
        marks->floor_s = marks->anchor_s;
    }
}

bool sm_clock_is_worth_keeping(const struct sm_marks *marks, const struct sm_reading *reading) {
    struct sm_time time = sm_clock_time(marks, reading);
    bool is_right = time.state == SM_CLOCK_FINE && reading->wall_s >= time.lower_s;
    return marks->floor_s > 0 &&
           time.lower_s - marks->floor_s >= (is_right ? KEEP_EVERY_S : KEEP_EVERY_WHEN_WRONG_S);
}

void sm_clock_keep(struct sm_marks *marks, const struct sm_reading *reading) {
    int64_t lower = lower_bound(marks, reading);
    if (!is_same_boot(&marks->anchor, &reading->boot)) {
        marks->anchor_s = lower;
        marks->anchor = reading->boot;
        marks->upper_s = 0;
        marks->is_signed = false;
    }
    marks->floor_s = lower;
}
