#include "programme/licensing/carry_out_move.h"

#include "core/money/money.h"
#include "programme/call/agreement_chain.h"
#include "programme/call/authorise.h"
#include "programme/call/open_zone.h"
#include "programme/call/validate.h"
#include "programme/catalogue/bundle_parts.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/parties/account_create.h"
#include "programme/parties/agreements.h"
#include "programme/parties/heartbeat.h"
#include "store/devices/devices.h"
#include "store/licensing/blocks.h"
#include "store/licensing/events.h"
#include "store/parties/amendments.h"

#include <assert.h>

/* ---- reading ---- */

static enum status last_agreement(struct call *call, const struct move *move, struct agreement *agreement,
                                  struct fault *fault) {
    struct agreement_filter filter = {.seller_id = move->from_id, .buyer_id = move->customer_id};
    struct agreement *all = NULL;
    size_t count = 0;
    int64_t next_after = 0;
    bool found = false;
    TRY(agreement_find_edge(call->db, call->arena, move->from_id, move->customer_id, &found, agreement,
                            fault));
    if (found) {
        return STATUS_OK;
    }
    TRY(agreement_list(call->db, call->arena, &filter, (struct page){.limit = PAGE_LIMIT_MAX}, &all, &count,
                       &next_after, fault));
    if (count == 0) {
        return fault_set(fault, STATUS_CONFLICT, "no-agreement", "customer", TEXT(""),
                         "The customer has no agreement with its provider, so there is nothing to move.");
    }
    *agreement = all[count - 1];
    return STATUS_OK;
}

enum status provider_has_failed(struct call *call, const struct account *provider, bool *failed,
                                struct fault *fault) {
    struct agreement agreement = {0};
    bool found = false;
    TRY(agreement_find_edge(call->db, call->arena, provider->seller_id, provider->id, &found, &agreement,
                            fault));
    *failed = !found || agreement.state == AGREEMENT_SUSPENDED;
    return STATUS_OK;
}

/* Whether the new provider can have a licence of the SKU, and why not. */
static enum status find_obstacle(struct call *call, const struct moving *moving,
                                 struct moving_licence *licence, struct fault *fault) {
    struct account owner = {0};
    struct sku_part *parts = NULL;
    size_t count = 0;
    bool is_offered = false;
    TRY(account_load(call->db, call->arena, licence->sku.owner_id, &owner, fault));
    TRY(account_is_or_is_above(call->db, owner.id, moving->to.id, &is_offered, fault));
    if (owner.kind != ACCOUNT_VENDOR && !is_offered) {
        licence->stays = TEXT("the new provider does not have this SKU");
        return STATUS_OK;
    }
    TRY(bundle_expand(call, &licence->sku, &parts, &count, fault));
    for (size_t i = 0; i < count; i++) {
        struct fault refusal;
        enum status status = agreement_chain_require_vendor(call, parts[i].owner_id, moving->to.id, &refusal);
        if (status == STATUS_CONFLICT) {
            licence->stays = TEXT("its vendor's agreement is suspended or ended");
        } else if (status != STATUS_OK) {
            *fault = refusal;
            return status;
        }
    }
    return STATUS_OK;
}

/* What ended together with the failed provider's agreement goes along. */
static enum status ended_with_provider(struct call *call, const struct moving *moving,
                                       const struct licence *licence, bool *goes, bool *was_on,
                                       struct fault *fault) {
    struct logged_event *latest = NULL;
    size_t count = 0;
    *goes = moving->agreement.state == AGREEMENT_TERMINATED &&
            licence->retired_at_us >= moving->agreement.ended_at_us;
    if (!*goes) {
        return STATUS_OK;
    }
    TRY(licence_events_live_latest(call->db, call->arena, licence->id, 1, &latest, &count, fault));
    *was_on = count == 1 && latest->event.kind == EVENT_OFF && latest->event.at_us == licence->retired_at_us;
    return STATUS_OK;
}

static enum status add_licence(struct call *call, struct moving *moving, int64_t id, size_t *capacity,
                               struct fault *fault) {
    struct moving_licence licence = {.stays = TEXT("")};
    struct licence *own = &licence.row.licence;
    bool found = false;
    bool goes = true;
    TRY(licence_load(call->db, call->arena, id, &licence.row, &found, fault));
    if (!found) {
        return STATUS_OK;
    }
    licence.was_on = own->state == LICENCE_ON;
    if (own->state == LICENCE_RETIRED) {
        TRY(ended_with_provider(call, moving, own, &goes, &licence.was_on, fault));
    }
    if (!goes) {
        return STATUS_OK;
    }
    TRY(sku_load(call->db, call->arena, own->sku_id, &licence.sku, fault));
    TRY(find_obstacle(call, moving, &licence, fault));
    TRY(devices_count_active(call->db, own->id, &licence.devices, fault));
    moving->licences =
        arena_grow(call->arena, moving->licences, moving->licence_count, capacity, sizeof(*moving->licences));
    moving->licences[moving->licence_count++] = licence;
    return STATUS_OK;
}

static enum status load_licences(struct call *call, struct moving *moving, struct fault *fault) {
    size_t capacity = 0;
    for (int state = LICENCE_ISSUED; state <= LICENCE_RETIRED; state++) {
        int64_t *ids = NULL;
        size_t count = 0;
        TRY(licence_list_of_customer(call->db, call->arena, moving->customer.id, (enum licence_state)state,
                                     &ids, &count, fault));
        for (size_t i = 0; i < count; i++) {
            TRY(add_licence(call, moving, ids[i], &capacity, fault));
        }
    }
    return STATUS_OK;
}

enum status moving_load(struct call *call, const struct move *move, struct moving *moving,
                        struct fault *fault) {
    struct zone *zone = NULL;
    *moving = (struct moving){.move = *move};
    TRY(account_load(call->db, call->arena, move->customer_id, &moving->customer, fault));
    TRY(account_load(call->db, call->arena, move->from_id, &moving->from, fault));
    TRY(account_load(call->db, call->arena, move->to_id, &moving->to, fault));
    TRY(last_agreement(call, move, &moving->agreement, fault));
    struct agreement before = moving->agreement;
    TRY(agreement_in_month(call->db, call->arena, (struct month){move->month.index - 1}, &before, fault));
    TRY(agreement_in_month(call->db, call->arena, move->month, &moving->agreement, fault));
    moving->zone_changes = !text_equal(before.time_zone, moving->agreement.time_zone);
    TRY(open_zone(call, moving->agreement.time_zone, &zone, fault));
    moving->at_us = zone_midnight_us(zone, month_first_day(move->month));
    zone_close(zone);
    bool is_open = move->state == MOVE_PROPOSED || move->state == MOVE_AGREED;
    return is_open ? load_licences(call, moving, fault) : STATUS_OK;
}

/* ---- carrying out ---- */

/* The customer below the new provider, with its details, its code where that is free there, and an agreement
 * in the same currency, zone and tax; payment days and text are the new provider's to set. */
static enum status make_successor(struct call *call, const struct moving *moving, struct account *successor,
                                  struct fault *fault) {
    const struct account *customer = &moving->customer;
    const struct agreement *old = &moving->agreement;
    struct account_details details = {.name = customer->name,
                                      .code = customer->code,
                                      .address = customer->address,
                                      .country = customer->country,
                                      .tax_number = customer->tax_number,
                                      .email = customer->email};
    struct agreement_terms_input terms = {.currency = old->currency,
                                          .time_zone = old->time_zone,
                                          .tax_category = text_copy(call->arena, text_of(old->tax.category)),
                                          .tax_is_taken_over = true,
                                          .tax_rate =
                                              decimal_format_short(call->arena, old->tax.rate_millionths, 4)};
    bool is_taken = false;
    TRY(account_code_taken(call->db, moving->to.id, 0, details.code, &is_taken, fault));
    if (is_taken || check_code(details.code, "code", fault) != STATUS_OK) {
        details.code = TEXT("");
    }
    TRY(account_create(call, ACCOUNT_CUSTOMER, &moving->to, details, successor, fault));
    return agreement_create_signed(call, moving->to.id, successor->id, &terms, fault);
}

/* The seats of the licences from `first` on that are of one SKU and go along, as many as fit a block. */
static int64_t seats_of_sku(const struct moving *moving, size_t first) {
    int64_t seats = 0;
    int64_t sku_id = moving->licences[first].sku.id;
    for (size_t i = first; i < moving->licence_count; i++) {
        const struct moving_licence *licence = &moving->licences[i];
        if (licence->sku.id == sku_id && licence->stays.length == 0 &&
            seats + licence->row.licence.seats <= BLOCK_SIZE_MAX) {
            seats += licence->row.licence.seats;
        }
    }
    return seats;
}

/* The new provider's block for the licence: one that was made for this move and has room, or a new one. */
static enum status take_block(struct call *call, const struct moving *moving, struct block *blocks,
                              size_t *block_count, size_t at, struct block **block, struct fault *fault) {
    const struct moving_licence *licence = &moving->licences[at];
    for (size_t i = 0; i < *block_count; i++) {
        if (blocks[i].sku_id == licence->sku.id &&
            blocks[i].size - blocks[i].issued_seats >= licence->row.licence.seats) {
            *block = &blocks[i];
            return STATUS_OK;
        }
    }
    struct block *made = &blocks[(*block_count)++];
    *made = (struct block){.provider_id = moving->to.id,
                           .sku_id = licence->sku.id,
                           .size = seats_of_sku(moving, at),
                           .state = BLOCK_OPEN,
                           .ordered_at_us = call->now_us};
    TRY(block_insert(call->db, made, fault));
    *block = made;
    return audit_write(call, "block.order", identifier_text(call, IDENTIFIER_BLOCK, made->id), moving->to.id,
                       text_format(call->arena, "%lld seats of %.*s, for a customer that came",
                                   (long long)made->size, TEXT_ARGS(licence->sku.code)),
                       fault);
}

/* What a provider's customers did since belongs to that provider: a change of a licence behind the instant is
 * not taken back, and no hour is counted on both edges. */
static enum status require_unchanged(struct call *call, const struct moving *moving,
                                     const struct licence *licence, struct fault *fault) {
    struct logged_event *latest = NULL;
    size_t count = 0;
    TRY(licence_events_live_latest(call->db, call->arena, licence->id, 1, &latest, &count, fault));
    if (count == 0 || latest->event.at_us <= moving->at_us) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "before-previous-event", "month",
                     month_format(call->arena, moving->move.month),
                     "A licence was changed since the month began: undo the change, or withdraw the move and "
                     "propose one for a later month.");
}

static enum status move_licence(struct call *call, const struct moving *moving,
                                struct moving_licence *licence, struct block *block,
                                const struct account *successor, struct fault *fault) {
    const struct event_time at = {.given = true, .at_us = moving->at_us};
    const struct issue_to to = {block, &moving->to, successor, &licence->sku};
    struct licence_row row;
    int64_t seats = licence->row.licence.seats;
    TRY(require_unchanged(call, moving, &licence->row.licence, fault));
    if (licence->row.licence.state != LICENCE_RETIRED) {
        const struct turning_of_row retire = {.turn = TURN_RETIRE, .time = at, .is_agreed = true};
        TRY(turn_licence_row(call, &licence->row, &retire, fault));
    }
    TRY(issue_to_customer(call, &to, seats, &row, fault));
    if (licence->was_on) {
        TRY(turn_licence_row(call, &row, &(struct turning_of_row){.turn = TURN_ON, .time = at}, fault));
    }
    TRY(devices_change_licence(call->db, call->arena, licence->row.licence.id, row.licence.id, call->now_us,
                               fault));
    return moved_licence_insert(call->db, moving->move.id, licence->row.licence.id, row.licence.id, fault);
}

static enum status move_licences(struct call *call, struct moving *moving, const struct account *successor,
                                 size_t *moved, struct fault *fault) {
    struct block *blocks = ARENA_NEW(call->arena, struct block, moving->licence_count);
    size_t block_count = 0;
    for (size_t i = 0; i < moving->licence_count; i++) {
        struct block *block = NULL;
        if (moving->licences[i].stays.length > 0) {
            continue;
        }
        TRY(take_block(call, moving, blocks, &block_count, i, &block, fault));
        TRY(move_licence(call, moving, &moving->licences[i], block, successor, fault));
        (*moved)++;
    }
    return STATUS_OK;
}

/* Both providers' trails tell it, neither names the other's terms. */
static enum status audit_move(struct call *call, const struct moving *moving, size_t moved,
                              struct fault *fault) {
    struct text identifier = identifier_text(call, IDENTIFIER_MOVE, moving->move.id);
    struct text detail =
        text_format(call->arena, "%.*s, %zu licences", TEXT_ARGS(moving->customer.name), moved);
    TRY(audit_write(call, "move.out", identifier, moving->from.id, detail, fault));
    return audit_write(call, "move.in", identifier, moving->to.id, detail, fault);
}

static enum status carry_out(struct call *call, struct moving *moving, struct fault *fault) {
    struct account successor = {0};
    size_t moved = 0;
    TRY(agreement_chain_require(call, moving->to.id, fault));
    TRY(make_successor(call, moving, &successor, fault));
    TRY(move_licences(call, moving, &successor, &moved, fault));
    moving->move.state = MOVE_DONE;
    moving->move.decided_at_us = call->now_us;
    moving->move.successor_id = successor.id;
    TRY(move_update(call->db, &moving->move, fault));
    return audit_move(call, moving, moved, fault);
}

enum status move_require_one_zone(const struct call *call, const struct moving *moving, struct fault *fault) {
    if (!moving->zone_changes) {
        return STATUS_OK;
    }
    return fault_set(
        fault, STATUS_CONFLICT, "zone-changes", "month", month_format(call->arena, moving->move.month),
        "The time zone of the customer's agreement changes with that month: move in another one.");
}

enum status move_carry_out(struct call *call, struct moving *moving, struct fault *fault) {
    struct actor actor = call->actor;
    assert(moving->move.state == MOVE_AGREED);
    TRY(move_require_one_zone(call, moving, fault));
    if (call->now_us < moving->at_us) {
        return fault_set(fault, STATUS_CONFLICT, "month-not-begun", "month",
                         month_format(call->arena, moving->move.month),
                         "The month has not begun yet. The move is carried out when it does.");
    }
    TRY(require_sure_clock(call, moving->at_us, fault));
    call->actor = (struct actor){.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL};
    enum status status = carry_out(call, moving, fault);
    call->actor = actor;
    return status;
}

/* ---- what is due ---- */

struct agreed_moves {
    int64_t *ids;
    size_t count;
};

static enum status list_agreed(struct call *call, const void *input, void *output, struct fault *fault) {
    struct agreed_moves *due = output;
    (void)input;
    return moves_agreed(call->db, call->arena, &due->ids, &due->count, fault);
}

/* The move if it is still agreed and its month has begun. */
static enum status carry_out_if_due(struct call *call, const void *input, void *output, struct fault *fault) {
    const int64_t *id = input;
    bool *is_done = output;
    struct move move;
    struct moving moving;
    bool found = false;
    TRY(move_load(call->db, call->arena, *id, &move, &found, fault));
    if (!found || move.state != MOVE_AGREED) {
        return STATUS_OK;
    }
    TRY(moving_load(call, &move, &moving, fault));
    if (call->now_us < moving.at_us) {
        return STATUS_OK;
    }
    TRY(move_carry_out(call, &moving, fault));
    *is_done = true;
    return STATUS_OK;
}

enum status carry_out_due_moves(struct call *call, int64_t *done, struct fault *fault) {
    struct agreed_moves due = {0};
    enum status worst = STATUS_OK;
    *done = 0;
    TRY(call_run(call, DB_READ, list_agreed, NULL, &due, fault));
    for (size_t i = 0; i < due.count; i++) {
        bool is_done = false;
        enum status status = call_run(call, DB_WRITE, carry_out_if_due, &due.ids[i], &is_done, fault);
        worst = status == STATUS_OK ? worst : status;
        *done += status == STATUS_OK && is_done;
    }
    return worst;
}
