/* Late change: a change that is dated in the past (R4.18).
 *
 * It voids what its licence's later changes were, visibly, as an undo does, and then stands for itself. The
 * later ones are of the same month and the licence's own. What it takes away from what was counted meanwhile
 * is never what devices had, whether it voids anything or not. */
#ifndef SEATMETER_PROGRAMME_LICENSING_LATE_CHANGE_H
#define SEATMETER_PROGRAMME_LICENSING_LATE_CHANGE_H

#include "programme/licensing/void_events.h"

/* What the change makes of the licence. */
struct late_wanted {
    int64_t at_us;
    bool turns_on;
    bool turns_off;
    int64_t seats; /* 0: as many as it has then */
};

struct late_change {
    int64_t at_us;
    bool is_past;  /* more than a minute ago, or no later than the licence's last change */
    size_t voided; /* how many changes it voids */
    int32_t peak;  /* the most seats that counted from `at_us` on, before */
};

/* Takes back what comes after the instant, of the licence and its parts. Fault "before-previous-event" where
 * that cannot be. */
enum status late_change_begin(struct call *call, struct licence *licence, struct licence *parts,
                              size_t part_count, const struct late_wanted *wanted, struct late_change *late,
                              struct fault *fault) MUST_CHECK;

/* Once the licence is as it then should be: fault "late-used" where a device had a seat that it takes away.
 */
enum status late_change_end(struct call *call, const struct licence *licence, const struct late_change *late,
                            struct fault *fault) MUST_CHECK;

#endif
