/* Undo a licence's latest changes: on, off and seats, as if they had not been (R4.15, R4.16).
 *
 * Only within the programme's window, while the month is open, and up to what an agreement's suspension did.
 * A fall (off, fewer seats) can always be undone: its devices work again at their next check-in. A rise (on,
 * more seats) can be undone while no device was activated under it or holds one of its seats; else the rise
 * was used, and the licence is turned off or made smaller from now on instead. What was retired stays
 * retired. */
#ifndef SEATMETER_PROGRAMME_LICENSING_UNDO_LICENCE_H
#define SEATMETER_PROGRAMME_LICENSING_UNDO_LICENCE_H

#include "programme/licensing/licences.h"

enum { UNDO_CHANGES_MAX = 100 };

struct undo_licence_input {
    struct text licence; /* key or identifier */
    int64_t changes;     /* how many of the latest; 0 is 1 */
    int64_t if_version;
};
struct undone_licence {
    struct licence_view licence;
    int64_t undone;      /* changes taken back; 0 where something else was done instead */
    struct text instead; /* "off" or "seats": a change from now on; else empty */
};
/* Faults "changes-out-of-range", "nothing-to-undo", "undo-forbidden", "undo-too-late",
 * "undo-after-agreement", "undo-used", "seats-beyond-block", "part-of-bundle", "part-retired", "wrong-state",
 * "month-reported", "month-closed". */
enum status undo_licence(struct call *call, const struct undo_licence_input *input,
                         struct undone_licence *out, struct fault *fault) MUST_CHECK;

/* A customer's drop-out, licence by licence: exactly those that the last `customer off` turned off. Those
 * that were changed since are left as they are. */
struct undone_customer {
    int64_t licences;
    int64_t left;
};
enum status undo_customer_off(struct call *call, struct text customer, struct undone_customer *out,
                              struct fault *fault) MUST_CHECK;

/* Sets the window, in minutes; 0: nothing can be undone. The operator's. */
enum { UNDO_WINDOW_MINUTES_MAX = 1440 };
enum status set_undo_window(struct call *call, int64_t minutes, struct fault *fault) MUST_CHECK;

#endif
