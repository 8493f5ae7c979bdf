/* Turning a licence on and off, resizing and retiring it: the changes that the meter counts.
 *
 * A change takes effect at `at` (empty: now), a text that is read in the zone of the customer's agreement. It
 * never takes effect in the future, or in a month that an edge of its path has reported ("month-reported") or
 * closed ("month-closed"): a change that comes too late is recorded as a correction. Later changes of the
 * same month are voided (late_change.h). A bundle's parts follow. */
#ifndef SEATMETER_PROGRAMME_LICENSING_TURN_LICENCE_H
#define SEATMETER_PROGRAMME_LICENSING_TURN_LICENCE_H

#include "core/rating/planned_usage.h"
#include "programme/licensing/event_time.h"
#include "programme/licensing/licences.h"

struct turn_licence_input {
    struct text licence; /* key or identifier */
    struct text at;
    int64_t seats; /* of resize_licence alone */
    int64_t if_version;
};

enum status turn_licence_on(struct call *call, const struct turn_licence_input *input,
                            struct licence_view *out, struct fault *fault) MUST_CHECK;
enum status turn_licence_off(struct call *call, const struct turn_licence_input *input,
                             struct licence_view *out, struct fault *fault) MUST_CHECK;

/* Within the seats that its block has. */
enum status resize_licence(struct call *call, const struct turn_licence_input *input,
                           struct licence_view *out, struct fault *fault) MUST_CHECK;

/* For good: what is on is turned off, and the seats go back to the block. */
enum status retire_licence(struct call *call, const struct turn_licence_input *input,
                           struct licence_view *out, struct fault *fault) MUST_CHECK;

/* A customer drops out: everything of its that is on is turned off, all or nothing. */
struct turn_customer_off_input {
    struct text customer;
    struct text at;
};
enum status turn_off_customer(struct call *call, const struct turn_customer_off_input *input, int64_t *turned,
                              struct fault *fault) MUST_CHECK;

/* One step of one licence that was found, with everything that has to be right for it; for other use cases of
 * this room. `row` is the licence afterwards. */
enum turn { TURN_ON, TURN_OFF, TURN_RESIZE, TURN_RETIRE };
struct turning_of_row {
    enum turn turn;
    int64_t seats; /* of TURN_RESIZE alone */
    struct event_time time;
    int64_t cause_id; /* of the event: the customer that drops out, else 0 */
    bool is_agreed;   /* everybody whom it touches agreed beforehand: what devices had meanwhile goes along */
};
enum status turn_licence_row(struct call *call, struct licence_row *row, const struct turning_of_row *turning,
                             struct fault *fault) MUST_CHECK;

/* What that step would make count, of the licence and its parts, and nothing is written: a preview's. */
struct turned {
    struct planned_change *changes;
    size_t count;
    int64_t taken_seats; /* of its block; below zero: given back */
};

/* Refuses what turn_licence_row would refuse; `row` is the licence as it would be. Whoever does not know of
 * the block is not told what is left in it. */
enum status turn_licence_try(struct call *call, struct licence_row *row, const struct turning_of_row *wanted,
                             bool knows_block, struct turned *turned, struct fault *fault) MUST_CHECK;

#endif
