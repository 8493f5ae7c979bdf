/* Carry out a move: the customer's account below the new provider, and its licences with their devices there.
 *
 * Each licence that goes along is retired at the month's first instant, and its successor is on from that
 * instant (R4.20). The log tells it as an `off` and an `on`, so each provider is billed its own months,
 * nothing is counted twice or never, and whoever meters from the exports needs to know nothing of moves. The
 * successor has a key of its own. Its devices are the old one's: they keep their own keys and seats. */
#ifndef SEATMETER_PROGRAMME_LICENSING_CARRY_OUT_MOVE_H
#define SEATMETER_PROGRAMME_LICENSING_CARRY_OUT_MOVE_H

#include "programme/call/call.h"
#include "store/catalogue/skus.h"
#include "store/licensing/licences.h"
#include "store/parties/accounts.h"
#include "store/parties/agreements.h"
#include "store/parties/moves.h"

/* A licence of the customer that leaves. */
struct moving_licence {
    struct licence_row row;
    struct sku sku;
    bool was_on;       /* its successor will be */
    struct text stays; /* why it does not go along; empty: it does */
    int64_t devices;   /* active ones */
};

/* A move with what it moves. */
struct moving {
    struct move move;
    struct account customer;
    struct account from;
    struct account to;
    struct agreement
        agreement;     /* of the edge that the customer leaves, in force or the last, as in the month */
    bool zone_changes; /* the month before goes by another time zone on that edge */
    int64_t at_us;     /* the month's first instant on it */
    struct moving_licence *licences;
    size_t licence_count;
};

/* Reads what the move moves. Fault "no-agreement" where the customer never had one. */
enum status moving_load(struct call *call, const struct move *move, struct moving *moving,
                        struct fault *fault) MUST_CHECK;

/* Whether the old provider has failed: its agreement with its own seller is suspended or ended. */
enum status provider_has_failed(struct call *call, const struct account *provider, bool *failed,
                                struct fault *fault) MUST_CHECK;

/* Fault "zone-changes" where the month before goes by another time zone: the old edge's last instant and the
 * new one's first would not be the same. */
enum status move_require_one_zone(const struct call *call, const struct moving *moving,
                                  struct fault *fault) MUST_CHECK;

/* Inside a write call; the system acts. Faults "month-not-begun", "zone-changes", "before-previous-event"
 * where a licence was changed since, those of event_time_settle where the month is over on an edge, and those
 * of agreement_chain_require. */
enum status move_carry_out(struct call *call, struct moving *moving, struct fault *fault) MUST_CHECK;

/* All that are agreed and whose month has begun, each in a transaction of its own; for the service. What
 * cannot be carried out stays and is told by the last fault. */
enum status carry_out_due_moves(struct call *call, int64_t *done, struct fault *fault) MUST_CHECK;

#endif
