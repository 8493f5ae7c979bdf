#include "programme/licensing/turn_licence.h"

#include "core/time/date.h"
#include "core/time/instant.h"
#include "programme/call/lookup_licence.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/event_time.h"
#include "store/devices/devices.h"
#include "store/licensing/events.h"

#include <assert.h>

enum turn { TURN_ON, TURN_OFF, TURN_RESIZE, TURN_RETIRE };

static const char *const turn_words[] = {"on", "off", "seats", "retire"};
static const char *const audit_actions[] = {"licence.on", "licence.off", "licence.seats", "licence.retire"};

/* A licence with its parts on the way to its next state. */
struct turning {
    enum turn turn;
    struct licence *licence;
    struct licence *parts;
    size_t part_count;
    enum licence_state next;
    int64_t seats; /* of the licence afterwards */
    int64_t at_us;
};

/* The state after; a resize has no transition, but what is retired has no seats to change. */
static enum status next_state(struct turning *turning, struct fault *fault) {
    int next = (int)turning->licence->state;
    if (turning->turn == TURN_RESIZE) {
        if (next == LICENCE_RETIRED) {
            return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("retired"),
                             "the licence is retired, so its seats cannot be changed; that state is final");
        }
    } else {
        enum status status = machine_step(&licence_machine, next, turn_words[turning->turn], &next, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    turning->next = (enum licence_state)next;
    return STATUS_OK;
}

/* What is suspended can be turned off and retired alone; what lost a part cannot be turned on again. */
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
                "a part of this bundle was retired with its vendor's agreement; the bundle can be "
                "turned off and retired, nothing else");
        }
        suspended = suspended || turning->parts[i].suspensions > 0;
    }
    if (suspended) {
        return fault_set(
            fault, STATUS_CONFLICT, "agreement-suspended", "licence", identifier,
            "an agreement above this licence is suspended; until it is resumed, the licence can be "
            "turned off and retired, nothing else");
    }
    return STATUS_OK;
}

/* The new number of seats, within the block and what a part can hold; takes the difference from the block. */
static enum status resize_within_block(struct call *call, const struct turning *turning,
                                       struct fault *fault) {
    const struct licence *licence = turning->licence;
    struct text given = text_format(call->arena, "%lld", (long long)turning->seats);
    if (turning->seats < 1 || turning->seats > BLOCK_SIZE_MAX) {
        return fault_set(fault, STATUS_INVALID, "seats-out-of-range", "seats", given,
                         "a licence has from 1 to %d seats", BLOCK_SIZE_MAX);
    }
    int64_t more = turning->seats - licence->seats;
    if (more == 0) {
        return fault_set(fault, STATUS_CONFLICT, "seats-unchanged", "seats", given,
                         "the licence has %lld seats already", (long long)turning->seats);
    }
    for (size_t i = 0; i < turning->part_count; i++) {
        if (turning->seats * turning->parts[i].part_quantity > INT32_MAX) {
            return fault_set(fault, STATUS_INVALID, "seats-out-of-range", "seats", given,
                             "a part of the bundle would get more than %d seats", INT32_MAX);
        }
    }
    struct block block = {0};
    bool found = false;
    enum status status = block_load(call->db, licence->block_id, &block, &found, fault);
    if (status != STATUS_OK) {
        return status;
    }
    assert(found);
    if (more > 0 && block.state != BLOCK_OPEN) {
        return fault_set(fault, STATUS_CONFLICT, "block-closed", "seats", given,
                         "the licence's block is closed and gives no more seats; issue from another one");
    }
    if (more > block.size - block.issued_seats) {
        return fault_set(
            fault, STATUS_CONFLICT, "seats-beyond-block", "seats", given,
            "the block has %lld free seats of %lld, and %lld more are asked for; enlarge the block "
            "first",
            (long long)(block.size - block.issued_seats), (long long)block.size, (long long)more);
    }
    return block_add_issued(call->db, block.id, more, fault);
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

/* Moves one licence on; `*event` tells it, unless what is retired was not on: then nothing that counts
 * changed. */
static bool apply(const struct turning *turning, struct licence *licence, int64_t seats,
                  struct licence_event *event) {
    bool tells = turning->turn != TURN_RETIRE || licence->state == LICENCE_ON;
    int32_t before = licence->counted_seats;
    licence->state = turning->next;
    licence->seats = (int32_t)seats; /* checked by resize_within_block */
    licence->counted_seats = licence_counted_seats(licence);
    if (turning->turn == TURN_RETIRE) {
        licence->retired_at_us = turning->at_us;
    }
    if (turning->turn == TURN_ON && licence->first_on_at_us == 0) {
        licence->first_on_at_us = turning->at_us;
    }
    if (!tells) {
        return false;
    }
    licence->last_event_at_us = turning->at_us;
    *event = (struct licence_event){.at_us = turning->at_us,
                                    .licence_id = licence->id,
                                    .provider_id = licence->provider_id,
                                    .customer_id = licence->customer_id,
                                    .sku_id = licence->sku_id,
                                    .kind = event_kind_of(turning->turn),
                                    .own_seats = licence->state == LICENCE_ON ? licence->seats : 0,
                                    .seats_before = before,
                                    .seats_after = licence->counted_seats};
    return true;
}

/* Applies the step to the licence and its parts, and saves both and their events. */
static enum status save(struct call *call, struct turning *turning, struct fault *fault) {
    struct licence_event *events = ARENA_NEW(call->arena, struct licence_event, turning->part_count + 1);
    size_t count = 0;
    count += apply(turning, turning->licence, turning->seats, &events[count]);
    enum status status = licence_update(call->db, turning->licence, fault);
    for (size_t i = 0; status == STATUS_OK && i < turning->part_count; i++) {
        struct licence *part = &turning->parts[i];
        if (part->state == LICENCE_RETIRED) {
            continue;
        }
        count += apply(turning, part, turning->seats * part->part_quantity, &events[count]);
        status = licence_update(call->db, part, fault);
    }
    if (status == STATUS_OK) {
        status = licence_events_write(call->db, events, count, call->now_us, fault);
    }
    /* The device door follows the events; retiring what was not on writes none. */
    if (status == STATUS_OK && turning->turn == TURN_RETIRE) {
        status =
            device_change_note(call->db, DEVICE_CHANGE_LICENCE, turning->licence->id, call->now_us, fault);
    }
    return status;
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

/* One step of one licence, with everything that has to be right for it. */
static enum status turn_one(struct call *call, struct licence_row *row, enum turn turn, int64_t seats,
                            struct event_time time, struct fault *fault) {
    struct turning turning = {.turn = turn, .licence = &row->licence, .seats = row->licence.seats};
    if (turn == TURN_RESIZE) {
        turning.seats = seats;
    }
    if (row->licence.parent_id != 0) {
        return fault_set(fault, STATUS_CONFLICT, "part-of-bundle", "licence",
                         identifier_text(call, IDENTIFIER_LICENCE, row->licence.id),
                         "this licence is a part of a bundle and follows it; change %s instead",
                         identifier_text(call, IDENTIFIER_LICENCE, row->licence.parent_id).at);
    }
    enum status status = next_state(&turning, fault);
    if (status == STATUS_OK && row->licence.first_edge > 0) {
        status = licence_load_parts(call->db, call->arena, row->licence.id, &turning.parts,
                                    &turning.part_count, fault);
    }
    if (status == STATUS_OK) {
        status = check_above(call, &turning, fault);
    }
    if (status == STATUS_OK) {
        status =
            event_time_settle(call, time, &row->licence, latest_event_us(&turning), &turning.at_us, fault);
    }
    if (status == STATUS_OK && turn == TURN_RESIZE) {
        status = resize_within_block(call, &turning, fault);
    }
    if (status == STATUS_OK && turn == TURN_RETIRE) {
        status = block_add_issued(call->db, row->licence.block_id, -(int64_t)row->licence.seats, fault);
    }
    if (status == STATUS_OK) {
        status = save(call, &turning, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct text at = instant_format(call->arena, turning.at_us);
    return audit_write(
        call, audit_actions[turn], identifier_text(call, IDENTIFIER_LICENCE, row->licence.id),
        row->licence.provider_id,
        text_format(call->arena, "%lld seats at %.*s", (long long)turning.seats, TEXT_ARGS(at)), fault);
}

static enum status turn_licence(struct call *call, const struct turn_licence_input *input, enum turn turn,
                                struct licence_view *out, struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct licence_row row;
    struct event_time time = {0};
    status = find_licence_to_change(call, input->licence, &row, fault);
    if (status == STATUS_OK) {
        status = check_version(input->if_version, row.licence.version, fault);
    }
    if (status == STATUS_OK) {
        status =
            event_time_parse(call, input->at, row.licence.provider_id, row.licence.customer_id, &time, fault);
    }
    if (status == STATUS_OK) {
        status = turn_one(call, &row, turn, input->seats, time, fault);
    }
    if (status == STATUS_OK) {
        licence_view_fill(call, &row, true, out);
    }
    return call_end(call, status, fault);
}

enum status turn_licence_on(struct call *call, const struct turn_licence_input *input,
                            struct licence_view *out, struct fault *fault) {
    return turn_licence(call, input, TURN_ON, out, fault);
}

enum status turn_licence_off(struct call *call, const struct turn_licence_input *input,
                             struct licence_view *out, struct fault *fault) {
    return turn_licence(call, input, TURN_OFF, out, fault);
}

enum status resize_licence(struct call *call, const struct turn_licence_input *input,
                           struct licence_view *out, struct fault *fault) {
    return turn_licence(call, input, TURN_RESIZE, out, fault);
}

enum status retire_licence(struct call *call, const struct turn_licence_input *input,
                           struct licence_view *out, struct fault *fault) {
    return turn_licence(call, input, TURN_RETIRE, out, fault);
}

static enum status turn_off_by_id(struct call *call, int64_t licence_id, struct event_time time,
                                  struct fault *fault) {
    struct licence_row row;
    bool found = false;
    enum status status = licence_load(call->db, call->arena, licence_id, &row, &found, fault);
    if (status != STATUS_OK) {
        return status;
    }
    assert(found);
    return turn_one(call, &row, TURN_OFF, 0, time, fault);
}

enum status turn_off_customer(struct call *call, const struct turn_customer_off_input *input, int64_t *turned,
                              struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct account customer = {0};
    struct event_time time = {0};
    int64_t *ids = NULL;
    size_t count = 0;
    status = find_account(call, input->customer, "customer", &customer, fault);
    if (status == STATUS_OK && customer.kind != ACCOUNT_CUSTOMER) {
        status =
            fault_set(fault, STATUS_CONFLICT, "not-a-customer", "customer", input->customer,
                      "this account is a %s; licences are at customers", account_kind_name(customer.kind));
    }
    if (status == STATUS_OK) {
        status = require_right(call, customer.seller_id, RIGHT_LICENCES, fault);
    }
    if (status == STATUS_OK) {
        status = event_time_parse(call, input->at, customer.seller_id, customer.id, &time, fault);
    }
    if (status == STATUS_OK) {
        status =
            licence_list_of_customer(call->db, call->arena, customer.id, LICENCE_ON, &ids, &count, fault);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = turn_off_by_id(call, ids[i], time, fault);
    }
    if (status == STATUS_OK) {
        *turned = (int64_t)count;
    }
    return call_end(call, status, fault);
}
