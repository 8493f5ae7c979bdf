#include "programme/licensing/turn_licence.h"

#include "core/time/date.h"
#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_licence.h"
#include "programme/call/parts.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/event_time.h"
#include "programme/licensing/late_change.h"
#include "store/devices/devices.h"
#include "store/licensing/events.h"

#include <assert.h>

static const char *const TURN_WORDS[] = {"on", "off", "seats", "retire"};
static const char *const AUDIT_ACTIONS[] = {"licence.on", "licence.off", "licence.seats", "licence.retire"};

/* A licence with its parts on the way to its next state. */
struct turning {
    enum turn turn;
    struct licence *licence;
    struct licence *parts;
    size_t part_count;
    enum licence_state next;
    int64_t seats; /* of the licence afterwards */
    int64_t at_us;
    int64_t cause_id;    /* of the event */
    int64_t taken_seats; /* from the block; below zero: given back */
};

/* Finds the state afterwards. A resize has no transition, but what is retired has no seats to change. */
static enum status find_next_state(struct turning *turning, struct fault *fault) {
    int next = (int)turning->licence->state;
    if (turning->turn == TURN_RESIZE) {
        if (next == LICENCE_RETIRED) {
            return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("retired"),
                             "The licence is retired, so its seats cannot be changed: that state is final.");
        }
    } else {
        TRY(machine_step(&licence_machine, next, TURN_WORDS[turning->turn], &next, fault));
    }
    turning->next = (enum licence_state)next;
    return STATUS_OK;
}

/* A suspended licence can be turned off and retired alone. One that lost a part cannot be turned on again. */
static enum status check_above(const struct call *call, const struct turning *turning, struct fault *fault) {
    if (turning->turn == TURN_OFF || turning->turn == TURN_RETIRE) {
        return STATUS_OK;
    }
    struct text identifier = identifier_text(call, IDENTIFIER_LICENCE, turning->licence->id);
    bool suspended = turning->licence->suspensions > 0;
    for (size_t i = 0; i < turning->part_count; i++) {
        if (turning->parts[i].state == LICENCE_RETIRED) {
            return fault_set(
                fault, STATUS_CONFLICT, "part-retired", "licence", identifier,
                "A part of this bundle was retired with its vendor's agreement: the bundle can be turned "
                "off and retired, nothing else.");
        }
        suspended = suspended || turning->parts[i].suspensions > 0;
    }
    if (suspended) {
        return fault_set(
            fault, STATUS_CONFLICT, "agreement-suspended", "licence", identifier,
            "An agreement above this licence is suspended: until it is resumed, the licence can be "
            "turned off and retired, nothing else.");
    }
    return STATUS_OK;
}

/* Whether every part's seats, the licence's times its quantity, are a number of seats. */
static bool parts_can_hold(const struct turning *turning) {
    for (size_t i = 0; i < turning->part_count; i++) {
        int64_t seats = 0;
        if (__builtin_mul_overflow(turning->seats, turning->parts[i].part_quantity, &seats) || seats < 1 ||
            seats > INT32_MAX) {
            return false;
        }
    }
    return true;
}

static enum status check_seats(const struct turning *turning, struct text given, struct fault *fault) {
    if (turning->seats < 1 || turning->seats > BLOCK_SIZE_MAX) {
        return fault_set(fault, STATUS_INVALID, "seats-out-of-range", "seats", given,
                         "A licence has from 1 to %d seats.", BLOCK_SIZE_MAX);
    }
    if (turning->seats == turning->licence->seats) {
        return fault_set(fault, STATUS_CONFLICT, "seats-unchanged", "seats", given,
                         "Give another number: the licence has %lld seats already.",
                         (long long)turning->seats);
    }
    if (!parts_can_hold(turning)) {
        return fault_set(fault, STATUS_INVALID, "seats-out-of-range", "seats", given,
                         "Give fewer seats: a part of the bundle would get more than %d.", INT32_MAX);
    }
    return STATUS_OK;
}

static enum status load_own_block(const struct call *call, const struct licence *licence, struct block *block,
                                  struct fault *fault) {
    bool found = false;
    TRY(block_load(call->db, licence->block_id, block, &found, fault));
    if (found) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "licence-without-block", NULL,
                     identifier_text(call, IDENTIFIER_LICENCE, licence->id),
                     "The store has no block of this licence: run seatmeter check.");
}

/* Checks the new number of seats against the block and what a part can hold, and finds the difference. */
static enum status check_block(const struct call *call, struct turning *turning, struct fault *fault) {
    struct text given = text_format(call->arena, "%lld", (long long)turning->seats);
    struct block block = {0};
    TRY(check_seats(turning, given, fault));
    TRY(load_own_block(call, turning->licence, &block, fault));
    int64_t more = turning->seats - turning->licence->seats;
    int64_t free_seats = block.size - block.issued_seats;
    if (more > 0 && block.state != BLOCK_OPEN) {
        return fault_set(fault, STATUS_CONFLICT, "block-closed", "seats", given,
                         "The licence's block is closed and gives no more seats: issue from another one.");
    }
    if (more > free_seats) {
        return fault_set(fault, STATUS_CONFLICT, "seats-beyond-block", "seats", given,
                         "The block has %lld free seats of %lld, and %lld more are asked for: enlarge the "
                         "block first.",
                         (long long)free_seats, (long long)block.size, (long long)more);
    }
    turning->taken_seats = more;
    return STATUS_OK;
}

/* Takes the difference from the block, where it has so many. */
static enum status resize_within_block(struct call *call, struct turning *turning, struct fault *fault) {
    TRY(check_block(call, turning, fault));
    return block_add_issued(call->db, turning->licence->block_id, turning->taken_seats, fault);
}

static enum status give_seats_back(struct call *call, struct turning *turning, struct fault *fault) {
    turning->taken_seats = -(int64_t)turning->licence->seats;
    return block_add_issued(call->db, turning->licence->block_id, turning->taken_seats, fault);
}

static enum event_kind event_kind_of(enum turn turn) {
    switch (turn) {
    case TURN_ON:
        return EVENT_ON;
    case TURN_RESIZE:
        return EVENT_SEATS;
    default:
        return EVENT_OFF;
    }
}

/* Moves one licence on. `*event` tells it, unless what is retired was not on: then nothing that counts
 * changed. The licence keeps what counts after the event, so that the next one's `seats_before` is this one's
 * `seats_after`. */
static bool move_on(const struct turning *turning, struct licence *licence, int64_t seats,
                    struct licence_event *event) {
    bool tells = turning->turn != TURN_RETIRE || licence->state == LICENCE_ON;
    int32_t before = licence->counted_seats;
    int32_t licence_seats = licence->seats;
    licence->state = turning->next;
    licence->seats = (int32_t)seats; /* checked by check_seats and load_parts */
    licence->counted_seats = licence_counted_seats(licence);
    assert(licence->seats == seats);
    assert(licence->counted_seats == 0 || licence->counted_seats == seats);
    if (turning->turn == TURN_RETIRE) {
        licence->retired_at_us = turning->at_us;
    }
    if (turning->turn == TURN_ON && licence->first_on_at_us == 0) {
        licence->first_on_at_us = turning->at_us;
    }
    if (!tells) {
        return false;
    }
    assert(turning->at_us >= licence->last_event_at_us);
    licence->last_event_at_us = turning->at_us;
    *event = (struct licence_event){.at_us = turning->at_us,
                                    .licence_id = licence->id,
                                    .provider_id = licence->provider_id,
                                    .customer_id = licence->customer_id,
                                    .sku_id = licence->sku_id,
                                    .cause_id = turning->cause_id,
                                    .kind = event_kind_of(turning->turn),
                                    .own_seats = licence->state == LICENCE_ON ? licence->seats : 0,
                                    .seats_before = before,
                                    .seats_after = licence->counted_seats,
                                    .licence_seats = licence_seats};
    assert(event->seats_after == 0 || event->seats_after == event->own_seats);
    return true;
}

/* Moves the licence and its parts on, and saves both and their events. */
static enum status save_turning(struct call *call, struct turning *turning, struct fault *fault) {
    struct licence *licence = turning->licence;
    struct licence_event *events = ARENA_NEW(call->arena, struct licence_event, turning->part_count + 1);
    size_t count = 0;
    int64_t seats_before = licence->state == LICENCE_RETIRED ? 0 : licence->seats;
    count += move_on(turning, licence, turning->seats, &events[count]);
    /* The block's issued seats changed by what the licence takes of it. */
    assert((licence->state == LICENCE_RETIRED ? 0 : licence->seats) - seats_before == turning->taken_seats);
    TRY(licence_update(call->db, licence, fault));
    for (size_t i = 0; i < turning->part_count; i++) {
        struct licence *part = &turning->parts[i];
        if (part->state == LICENCE_RETIRED) {
            continue;
        }
        count += move_on(turning, part, turning->seats * part->part_quantity, &events[count]);
        assert(part->seats == licence->seats * part->part_quantity);
        TRY(licence_update(call->db, part, fault));
    }
    TRY(licence_events_write(call->db, events, count, call->now_us, fault));
    /* The device door follows the events; retiring what was not on writes none. */
    if (turning->turn == TURN_RETIRE) {
        TRY(device_change_note(call->db, DEVICE_CHANGE_LICENCE, licence->id, call->now_us, fault));
    }
    return STATUS_OK;
}

static int64_t latest_event_us(const struct turning *turning) {
    int64_t latest = turning->licence->last_event_at_us;
    for (size_t i = 0; i < turning->part_count; i++) {
        if (turning->parts[i].last_event_at_us > latest) {
            latest = turning->parts[i].last_event_at_us;
        }
    }
    return latest;
}

static enum status load_parts(struct call *call, struct turning *turning, struct fault *fault) {
    TRY(licence_load_parts(call->db, call->arena, turning->licence->id, &turning->parts, &turning->part_count,
                           fault));
    if (turning->turn == TURN_RESIZE || parts_can_hold(turning)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "part-seats-wrong", NULL,
                     identifier_text(call, IDENTIFIER_LICENCE, turning->licence->id),
                     "A part of this licence should have from 1 to %d seats: run seatmeter check.",
                     INT32_MAX);
}

/* Begins to turn a licence that is no part, with its parts. */
static enum status begin_turning(struct call *call, struct licence_row *row,
                                 const struct turning_of_row *wanted, struct turning *turning,
                                 struct fault *fault) {
    *turning = (struct turning){.turn = wanted->turn,
                                .licence = &row->licence,
                                .seats = wanted->turn == TURN_RESIZE ? wanted->seats : row->licence.seats,
                                .cause_id = wanted->cause_id};
    if (row->licence.parent_id != 0) {
        return fault_set(fault, STATUS_CONFLICT, "part-of-bundle", "licence",
                         identifier_text(call, IDENTIFIER_LICENCE, row->licence.id),
                         "This licence is a part of a bundle and follows it: change %s instead.",
                         identifier_text(call, IDENTIFIER_LICENCE, row->licence.parent_id).at);
    }
    return row->licence.first_edge > 0 ? load_parts(call, turning, fault) : STATUS_OK;
}

/* Moves one licence on, in memory alone, and notes what it counts from then on where that is another number.
 */
static void plan_one(const struct turning *turning, struct licence *licence, int64_t seats,
                     struct turned *turned) {
    struct licence_event event;
    int32_t before = licence->counted_seats;
    move_on(turning, licence, seats, &event);
    if (licence->counted_seats != before) {
        turned->changes[turned->count++] = (struct planned_change){.customer_id = licence->customer_id,
                                                                   .sku_id = licence->sku_id,
                                                                   .licence_id = licence->id,
                                                                   .at_us = turning->at_us,
                                                                   .seats = licence->counted_seats,
                                                                   .first_edge = (int8_t)licence->first_edge,
                                                                   .last_edge = (int8_t)licence->last_edge};
    }
}

enum status turn_licence_try(struct call *call, struct licence_row *row, const struct turning_of_row *wanted,
                             bool knows_block, struct turned *turned, struct fault *fault) {
    struct turning turning;
    TRY(begin_turning(call, row, wanted, &turning, fault));
    TRY(find_next_state(&turning, fault));
    TRY(check_above(call, &turning, fault));
    TRY(event_time_settle(call, wanted->time, &row->licence, latest_event_us(&turning), &turning.at_us,
                          fault));
    if (wanted->turn == TURN_RESIZE) {
        TRY(knows_block
                ? check_block(call, &turning, fault)
                : check_seats(&turning, text_format(call->arena, "%lld", (long long)turning.seats), fault));
    } else if (wanted->turn == TURN_RETIRE) {
        turning.taken_seats = -(int64_t)row->licence.seats;
    }
    *turned =
        (struct turned){.changes = ARENA_NEW(call->arena, struct planned_change, turning.part_count + 1),
                        .taken_seats = turning.taken_seats};
    plan_one(&turning, turning.licence, turning.seats, turned);
    for (size_t i = 0; i < turning.part_count; i++) {
        if (turning.parts[i].state != LICENCE_RETIRED) {
            plan_one(&turning, &turning.parts[i], turning.seats * turning.parts[i].part_quantity, turned);
        }
    }
    return STATUS_OK;
}

enum status turn_licence_row(struct call *call, struct licence_row *row, const struct turning_of_row *wanted,
                             struct fault *fault) {
    enum turn turn = wanted->turn;
    struct turning turning;
    TRY(begin_turning(call, row, wanted, &turning, fault));
    struct late_change late = {0};
    if (wanted->time.given) {
        const struct late_wanted change = {.at_us = wanted->time.at_us,
                                           .turns_on = turn == TURN_ON,
                                           .turns_off = turn == TURN_OFF || turn == TURN_RETIRE,
                                           .seats = turn == TURN_RESIZE ? wanted->seats : 0};
        TRY(late_change_begin(call, &row->licence, turning.parts, turning.part_count, &change, &late, fault));
    }
    turning.seats = turn == TURN_RESIZE ? wanted->seats : row->licence.seats;
    TRY(find_next_state(&turning, fault));
    TRY(check_above(call, &turning, fault));
    TRY(event_time_settle(call, wanted->time, &row->licence, latest_event_us(&turning), &turning.at_us,
                          fault));
    if (turn == TURN_RESIZE) {
        TRY(resize_within_block(call, &turning, fault));
    }
    if (turn == TURN_RETIRE) {
        TRY(give_seats_back(call, &turning, fault));
    }
    TRY(save_turning(call, &turning, fault));
    if (!wanted->is_agreed) {
        TRY(late_change_end(call, &row->licence, &late, fault));
    }
    struct text at = instant_format(call->arena, turning.at_us);
    struct text voids =
        late.voided == 0 ? TEXT("") : text_format(call->arena, "; voids %zu later changes", late.voided);
    return audit_write(call, AUDIT_ACTIONS[turn], identifier_text(call, IDENTIFIER_LICENCE, row->licence.id),
                       row->licence.provider_id,
                       text_format(call->arena, "%lld seats at %.*s%.*s", (long long)turning.seats,
                                   TEXT_ARGS(at), TEXT_ARGS(voids)),
                       fault);
}

static enum status turn_licence(struct call *call, const struct turn_licence_input *input, enum turn turn,
                                struct licence_view *out, struct fault *fault) {
    struct licence_row row;
    struct turning_of_row turning = {.turn = turn, .seats = input->seats};
    TRY(find_licence_to_change(call, input->licence, &row, fault));
    TRY(check_version(input->if_version, row.licence.version, fault));
    TRY(event_time_parse(call, input->at, row.licence.provider_id, row.licence.customer_id, &turning.time,
                         fault));
    TRY(turn_licence_row(call, &row, &turning, fault));
    TRY(licence_view_fill(call, &row, true, out, fault));
    return STATUS_OK;
}

static enum status find_parts(struct call *call, const void *input, struct call_parts *parts,
                              struct fault *fault) {
    const struct turn_licence_input *turn = input;
    return parts_of_licence(call, turn->licence, &parts->provider_id, fault);
}

/* The device door is told of a licence that is retired. */
static enum status find_parts_to_retire(struct call *call, const void *input, struct call_parts *parts,
                                        struct fault *fault) {
    parts->devices = true;
    return find_parts(call, input, parts, fault);
}

static enum status do_turn_licence_on(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    return turn_licence(call, input, TURN_ON, output, fault);
}

enum status turn_licence_on(struct call *call, const struct turn_licence_input *input,
                            struct licence_view *out, struct fault *fault) {
    return call_run_parts(call, find_parts, do_turn_licence_on, input, out, fault);
}

static enum status do_turn_licence_off(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    return turn_licence(call, input, TURN_OFF, output, fault);
}

enum status turn_licence_off(struct call *call, const struct turn_licence_input *input,
                             struct licence_view *out, struct fault *fault) {
    return call_run_parts(call, find_parts, do_turn_licence_off, input, out, fault);
}

static enum status do_resize_licence(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    return turn_licence(call, input, TURN_RESIZE, output, fault);
}

enum status resize_licence(struct call *call, const struct turn_licence_input *input,
                           struct licence_view *out, struct fault *fault) {
    return call_run_parts(call, find_parts, do_resize_licence, input, out, fault);
}

static enum status do_retire_licence(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    return turn_licence(call, input, TURN_RETIRE, output, fault);
}

enum status retire_licence(struct call *call, const struct turn_licence_input *input,
                           struct licence_view *out, struct fault *fault) {
    return call_run_parts(call, find_parts_to_retire, do_retire_licence, input, out, fault);
}

static enum status turn_off_by_id(struct call *call, int64_t licence_id, const struct turning_of_row *turning,
                                  struct fault *fault) {
    struct licence_row row;
    bool found = false;
    TRY(licence_load(call->db, call->arena, licence_id, &row, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_INTERNAL, "licence-without-parties", NULL,
                         identifier_text(call, IDENTIFIER_LICENCE, licence_id),
                         "The store has no account or no SKU of this licence: run seatmeter check.");
    }
    return turn_licence_row(call, &row, turning, fault);
}

static enum status find_parts_of_customer(struct call *call, const void *input, struct call_parts *parts,
                                          struct fault *fault) {
    const struct turn_customer_off_input *turn = input;
    return parts_of_customer(call, turn->customer, &parts->provider_id, fault);
}

static enum status do_turn_off_customer(struct call *call, const void *input, void *output,
                                        struct fault *fault) {
    const struct turn_customer_off_input *turn = input;
    struct account customer = {0};
    struct turning_of_row turning = {.turn = TURN_OFF};
    int64_t *ids = NULL;
    size_t count = 0;
    TRY(find_customer_to_licence(call, turn->customer, &customer, fault));
    TRY(event_time_parse(call, turn->at, customer.seller_id, customer.id, &turning.time, fault));
    turning.cause_id = customer.id; /* so that an undo finds exactly these */
    TRY(licence_list_of_customer(call->db, call->arena, customer.id, LICENCE_ON, &ids, &count, fault));
    for (size_t i = 0; i < count; i++) {
        TRY(turn_off_by_id(call, ids[i], &turning, fault));
    }
    *(int64_t *)output = (int64_t)count;
    return STATUS_OK;
}

enum status turn_off_customer(struct call *call, const struct turn_customer_off_input *input, int64_t *turned,
                              struct fault *fault) {
    return call_run_parts(call, find_parts_of_customer, do_turn_off_customer, input, turned, fault);
}
