#include "programme/licensing/void_events.h"

#include "programme/call/authorise.h"
#include "store/licensing/blocks.h"
#include "store/licensing/usage_groups.h"

#include <assert.h>

/* The seats that the licence had before the first of the events. One written before events told it is found
 * from those around it: an `on` changes no seats, and what was on says its own. */
static int32_t seats_before(const struct licence *licence, const struct licence_event *first,
                            int32_t own_before) {
    if (first->licence_seats > 0) {
        return first->licence_seats;
    }
    if (own_before > 0) {
        return own_before;
    }
    return first->kind == EVENT_ON ? first->own_seats : licence->seats;
}

enum status state_before_find(const struct call *call, const struct licence *licence,
                              const struct voiding *voiding, struct state_before *before,
                              struct fault *fault) {
    assert(voiding->count > 0 && licence->state != LICENCE_RETIRED);
    const struct licence_event *first = &voiding->events[voiding->count - 1].event;
    struct logged_event previous = {0};
    bool found = false;
    TRY(licence_event_live_before(call->db, licence->id, first->number, &previous, &found, fault));
    TRY(licence_events_first_on(call->db, licence->id, first->number, &before->first_on_at_us, fault));
    int32_t own = previous.event.own_seats; /* 0 where there is none */
    before->state = own > 0 ? LICENCE_ON : before->first_on_at_us > 0 ? LICENCE_OFF : LICENCE_ISSUED;
    before->seats = seats_before(licence, first, own);
    before->counted_seats = own > 0 && licence->suspensions == 0 ? own : 0;
    before->last_at_us = previous.event.at_us;
    if (before->seats < 1 || (own > 0 && before->seats != own)) {
        return fault_set(fault, STATUS_INTERNAL, "seats-not-of-log", NULL,
                         identifier_text(call, IDENTIFIER_LICENCE, licence->id),
                         "The seats that the licence had do not follow from the log: run seatmeter check.");
    }
    return STATUS_OK;
}

int32_t voiding_peak(const struct voiding *voiding) {
    int32_t peak = 0;
    for (size_t i = 0; i < voiding->count; i++) {
        int32_t seats = voiding->events[i].event.seats_after;
        peak = seats > peak ? seats : peak;
    }
    return peak;
}

/* Takes from the licence's block what the licence has more of than now, or gives back. */
static enum status move_in_block(struct call *call, const struct undoing *undoing, struct fault *fault) {
    const struct licence *licence = undoing->licence;
    int64_t more = (int64_t)undoing->before.seats - licence->seats;
    struct block block = {0};
    bool found = false;
    if (more == 0) {
        return STATUS_OK;
    }
    TRY(block_load(call->db, licence->block_id, &block, &found, fault));
    if (found && more > block.size - block.issued_seats) {
        return fault_set(
            fault, STATUS_CONFLICT, "seats-beyond-block", "licence",
            identifier_text(call, IDENTIFIER_LICENCE, licence->id),
            "The seats are issued otherwise meanwhile: the block has %lld free seats, and %lld are "
            "needed. Enlarge the block first.",
            (long long)(block.size - block.issued_seats), (long long)more);
    }
    return block_add_issued(call->db, licence->block_id, more, fault);
}

static enum status void_one(struct call *call, const struct undoing *undoing, enum undo_cause cause,
                            struct fault *fault) {
    struct licence *licence = undoing->licence;
    const struct voiding *voiding = &undoing->voiding;
    const struct state_before *before = &undoing->before;
    struct licence_event undo = {
        .at_us = call->now_us > licence->last_event_at_us ? call->now_us : licence->last_event_at_us,
        .licence_id = licence->id,
        .provider_id = licence->provider_id,
        .customer_id = licence->customer_id,
        .sku_id = licence->sku_id,
        .cause_id = (int64_t)cause,
        .kind = EVENT_UNDO,
        .own_seats = before->state == LICENCE_ON ? before->seats : 0,
        .seats_before = licence->counted_seats,
        .seats_after = before->counted_seats,
        .licence_seats = licence->seats,
    };
    licence->state = before->state;
    licence->seats = before->seats;
    licence->counted_seats = before->counted_seats;
    licence->first_on_at_us = before->first_on_at_us;
    licence->last_event_at_us = before->last_at_us;
    TRY(licence_update(call->db, licence, fault));
    TRY(licence_events_write(call->db, &undo, 1, call->now_us, fault));
    for (size_t i = 0; i < voiding->count; i++) {
        assert(voiding->events[i].event.licence_id == licence->id && voiding->events[i].voided_by == 0);
        TRY(licence_event_void(call->db, licence->provider_id, voiding->events[i].event.number, undo.number,
                               fault));
    }
    return usage_groups_rebuild(
        call->db, (struct usage_groups_scope){.account_id = licence->customer_id, .sku_id = licence->sku_id},
        fault);
}

enum status void_events(struct call *call, const struct undoing *undoing, size_t count, enum undo_cause cause,
                        struct fault *fault) {
    TRY(move_in_block(call, &undoing[0], fault));
    for (size_t i = 0; i < count; i++) {
        if (undoing[i].voiding.count > 0) {
            TRY(void_one(call, &undoing[i], cause, fault));
        }
    }
    return STATUS_OK;
}
