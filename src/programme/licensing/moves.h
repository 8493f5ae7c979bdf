/* Moving a customer to another provider: proposing it, agreeing to it, withdrawing it, showing what it moves.
 *
 * Who stands above both providers proposes, and the customer and both providers agree (R4.20). Where the old
 * provider has failed, which is that its agreement with its own seller is suspended or ended, the proposer
 * decides alone. Once all have agreed and the month has begun, the move is carried out (carry_out_move.h): by
 * the last word where the month has begun already, else by the service or by carry_out. */
#ifndef SEATMETER_PROGRAMME_LICENSING_MOVES_H
#define SEATMETER_PROGRAMME_LICENSING_MOVES_H

#include "core/time/date.h"
#include "programme/call/call.h"
#include "store/engine/page.h"

struct move_party_view {
    struct text identifier; /* acc_… */
    struct text code;
    struct text name;
    struct text agreed_by; /* empty: not yet */
};

struct move_licence_view {
    struct text licence; /* lic_…; empty for the new provider, which does not know it */
    struct text sku;
    struct text state;
    int64_t seats;
    int64_t devices;
    struct text stays; /* why it stays behind; empty: it goes along */
};

struct move_view {
    int64_t id;
    struct text identifier; /* mov_…; empty: only tried */
    struct text state;      /* proposed, agreed, done, withdrawn */
    struct move_party_view customer;
    struct move_party_view from;
    struct move_party_view to;
    struct text month;
    int64_t at_us; /* when it takes effect */
    bool is_alone;
    struct text successor; /* the account below the new provider, which the old one is not told */
    struct text proposed_by;
    int64_t proposed_at_us;
    int64_t decided_at_us;              /* 0: open */
    struct move_licence_view *licences; /* of an open one: what there is to move. The new provider sees it
                                           once the customer has agreed */
    size_t licence_count;
    int64_t version;
};

struct propose_move_input {
    struct text customer;
    struct text to;
    struct text month; /* the first at the new provider: the running one or one of the twelve behind it */
    bool is_alone;     /* the old provider has failed: nobody is asked */
    bool dry_run;      /* only shows what it would move */
};
/* Faults "not-a-customer", "not-a-provider", "same-provider", "move-exists", "month-out-of-range",
 * "provider-not-failed", and those of moving_load and move_carry_out. */
enum status propose_move(struct call *call, const struct propose_move_input *input, struct move_view *out,
                         struct fault *fault) MUST_CHECK;

struct agree_move_input {
    struct text move;
    struct text party;     /* the account for which it is; empty: the actor's own */
    struct text agreed_by; /* the person who agrees */
    int64_t if_version;
};
/* Each party for itself; for a customer without an active user its provider, the new one, or who stands above
 * both. Faults "not-a-party", "already-agreed", "wrong-state". */
enum status agree_move(struct call *call, const struct agree_move_input *input, struct move_view *out,
                       struct fault *fault) MUST_CHECK;

struct change_move_input {
    struct text move;
    int64_t if_version;
};
/* By each party and by who stands above. */
enum status withdraw_move(struct call *call, const struct change_move_input *input, struct move_view *out,
                          struct fault *fault) MUST_CHECK;
enum status carry_out_move(struct call *call, const struct change_move_input *input, struct move_view *out,
                           struct fault *fault) MUST_CHECK;

enum status show_move(struct call *call, struct text move, struct move_view *out,
                      struct fault *fault) MUST_CHECK;

struct move_page {
    struct move_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_moves(struct call *call, struct page page, struct move_page *out,
                       struct fault *fault) MUST_CHECK;

#endif
