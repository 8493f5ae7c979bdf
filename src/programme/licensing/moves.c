#include "programme/licensing/moves.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/open_zone.h"
#include "programme/call/validate.h"
#include "programme/licensing/carry_out_move.h"
#include "store/access/users.h"

#include <assert.h>

enum { PERSON_MAX_BYTES = 200, MONTHS_AHEAD_MAX = 12 };

/* ---- as people read it ---- */

static struct move_party_view party_view(const struct call *call, const struct account *account,
                                         struct text agreed_by) {
    return (struct move_party_view){identifier_text(call, IDENTIFIER_ACCOUNT, account->id), account->code,
                                    account->name, agreed_by};
}

/* The new provider learns what there is only when the customer wants it to. */
static void view_licences(const struct call *call, const struct moving *moving, struct move_view *out) {
    bool is_new_provider = !actor_is_operator(call) && actor_is(call, moving->to.id);
    bool is_told = moving->move.is_alone || moving->move.customer_agreed_by.length > 0;
    if (is_new_provider && !is_told) {
        return;
    }
    out->licence_count = moving->licence_count;
    out->licences = ARENA_NEW(call->arena, struct move_licence_view, moving->licence_count);
    for (size_t i = 0; i < moving->licence_count; i++) {
        const struct moving_licence *licence = &moving->licences[i];
        const struct licence *own = &licence->row.licence;
        out->licences[i] = (struct move_licence_view){
            .licence = is_new_provider ? TEXT("") : identifier_text(call, IDENTIFIER_LICENCE, own->id),
            .sku = licence->row.sku_code,
            .state =
                licence->was_on ? TEXT("on") : text_of(machine_state_name(&licence_machine, (int)own->state)),
            .seats = own->seats,
            .devices = licence->devices,
            .stays = licence->stays};
    }
}

static void view_move(const struct call *call, const struct moving *moving, struct move_view *out) {
    const struct move *move = &moving->move;
    bool is_old_provider = !actor_is_operator(call) && actor_is(call, moving->from.id);
    *out = (struct move_view){
        .id = move->id,
        .identifier = move->id == 0 ? TEXT("") : identifier_text(call, IDENTIFIER_MOVE, move->id),
        .state = text_of(move_state_name(move->state)),
        .customer = party_view(call, &moving->customer, move->customer_agreed_by),
        .from = party_view(call, &moving->from, move->from_agreed_by),
        .to = party_view(call, &moving->to, move->to_agreed_by),
        .month = month_format(call->arena, move->month),
        .at_us = moving->at_us,
        .is_alone = move->is_alone,
        .successor = move->successor_id == 0 || is_old_provider
                         ? TEXT("")
                         : identifier_text(call, IDENTIFIER_ACCOUNT, move->successor_id),
        .proposed_by = move->proposed_by,
        .proposed_at_us = move->proposed_at_us,
        .decided_at_us = move->decided_at_us,
        .version = move->version,
    };
    if (move->state == MOVE_PROPOSED || move->state == MOVE_AGREED) {
        view_licences(call, moving, out);
    }
}

/* ---- finding ---- */

/* Whether the actor stands above both providers. */
static enum status stands_above(const struct call *call, const struct move *move, bool *yes,
                                struct fault *fault) {
    bool above_to = false;
    *yes = false;
    if (!actor_is_operator(call) && (actor_is(call, move->from_id) || actor_is(call, move->to_id))) {
        return STATUS_OK;
    }
    TRY(actor_is_or_is_above(call, move->from_id, yes, fault));
    TRY(actor_is_or_is_above(call, move->to_id, &above_to, fault));
    *yes = *yes && above_to;
    return STATUS_OK;
}

static bool is_party(const struct call *call, const struct move *move) {
    return actor_is(call, move->customer_id) || actor_is(call, move->from_id) || actor_is(call, move->to_id);
}

static enum status unknown_move(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-move", "move", word,
                     "There is no such move. Name it by its identifier (mov_…).");
}

/* A move of the actor's: as a party, as its successor, or from above. */
static enum status find_move(const struct call *call, struct text word, struct move *move,
                             struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    bool seen = false;
    if (identifier_decode(call->secret, IDENTIFIER_MOVE, text_trim(word), &id)) {
        TRY(move_load(call->db, call->arena, id, move, &found, fault));
    }
    if (found) {
        TRY(stands_above(call, move, &seen, fault));
        seen =
            seen || is_party(call, move) || (move->successor_id != 0 && actor_is(call, move->successor_id));
    }
    return seen ? STATUS_OK : unknown_move(word, fault);
}

static enum status require_open(const struct move *move, struct fault *fault) {
    if (move->state == MOVE_PROPOSED || move->state == MOVE_AGREED) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", text_of(move_state_name(move->state)),
                     "The move is %s, and that state is final.", move_state_name(move->state));
}

/* An open move that the actor means to change: a party, or who stands above. */
static enum status find_to_change(struct call *call, struct text word, int64_t if_version,
                                  struct moving *moving, struct fault *fault) {
    struct move move;
    bool above = false;
    TRY(find_move(call, word, &move, fault));
    TRY(require_any_right(call, RIGHT_ACCOUNTS, fault));
    TRY(stands_above(call, &move, &above, fault));
    if (!above && !is_party(call, &move)) {
        return unknown_move(word, fault);
    }
    TRY(check_version(if_version, move.version, fault));
    TRY(require_open(&move, fault));
    return moving_load(call, &move, moving, fault);
}

static enum status audit_move(const struct call *call, const char *action, const struct moving *moving,
                              struct fault *fault) {
    struct text identifier = identifier_text(call, IDENTIFIER_MOVE, moving->move.id);
    struct text detail = text_format(call->arena, "%.*s in %.*s", TEXT_ARGS(moving->customer.name),
                                     TEXT_ARGS(month_format(call->arena, moving->move.month)));
    TRY(audit_write(call, action, identifier, moving->from.id, detail, fault));
    return audit_write(call, action, identifier, moving->to.id, detail, fault);
}

/* ---- proposing ---- */

static enum status find_parties(struct call *call, const struct propose_move_input *input,
                                struct account *customer, struct account *to, struct fault *fault) {
    TRY(require_any_right(call, RIGHT_ACCOUNTS, fault));
    TRY(find_account_below(call, input->customer, "customer", customer, fault));
    TRY(find_account_below(call, input->to, "to", to, fault));
    if (customer->kind != ACCOUNT_CUSTOMER) {
        return fault_set(fault, STATUS_CONFLICT, "not-a-customer", "customer", input->customer,
                         "Only customers move, and this account is a %s.", account_kind_name(customer->kind));
    }
    if (to->kind != ACCOUNT_PROVIDER) {
        return fault_set(fault, STATUS_CONFLICT, "not-a-provider", "to", input->to,
                         "A customer moves to a provider, and this account is a %s.",
                         account_kind_name(to->kind));
    }
    if (to->id == customer->seller_id) {
        return fault_set(fault, STATUS_CONFLICT, "same-provider", "to", input->to,
                         "This is the customer's provider already.");
    }
    return STATUS_OK;
}

/* The month that runs in the zone of the customer's agreement, or one of those behind it. */
static enum status check_month(const struct call *call, const struct moving *moving, struct text word,
                               struct fault *fault) {
    struct zone *zone = NULL;
    TRY(open_zone(call, moving->agreement.time_zone, &zone, fault));
    struct month now = zone_month_at(zone, call->now_us);
    zone_close(zone);
    int32_t ahead = moving->move.month.index - now.index;
    if (ahead >= 0 && ahead <= MONTHS_AHEAD_MAX) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "month-out-of-range", "month", word,
                     "Give the running month or one of the %d behind it.", MONTHS_AHEAD_MAX);
}

static enum status decide_alone(struct call *call, struct moving *moving, struct fault *fault) {
    bool failed = false;
    TRY(provider_has_failed(call, &moving->from, &failed, fault));
    if (!failed) {
        return fault_set(fault, STATUS_CONFLICT, "provider-not-failed", "alone", moving->from.code,
                         "The provider's agreement is in force, so the customer and both providers are to "
                         "agree.");
    }
    moving->move.state = MOVE_AGREED;
    return STATUS_OK;
}

static enum status require_none_open(struct call *call, int64_t customer_id, struct text word,
                                     struct fault *fault) {
    struct move open;
    bool found = false;
    TRY(move_find_open(call->db, call->arena, customer_id, &open, &found, fault));
    if (!found) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "move-exists", "customer", word,
                     "A move of this customer is %s already: withdraw %s first.", move_state_name(open.state),
                     identifier_text(call, IDENTIFIER_MOVE, open.id).at);
}

static enum status do_propose_move(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct propose_move_input *asked = input;
    struct account customer;
    struct account to;
    struct moving moving;
    TRY(find_parties(call, asked, &customer, &to, fault));
    struct move move = {.customer_id = customer.id,
                        .from_id = customer.seller_id,
                        .to_id = to.id,
                        .state = MOVE_PROPOSED,
                        .is_alone = asked->is_alone,
                        .customer_agreed_by = TEXT(""),
                        .from_agreed_by = TEXT(""),
                        .to_agreed_by = TEXT(""),
                        .proposed_by = actor_text(call),
                        .proposed_at_us = call->now_us};
    TRY(month_parse(asked->month, "month", &move.month, fault));
    TRY(require_none_open(call, customer.id, asked->customer, fault));
    TRY(moving_load(call, &move, &moving, fault));
    TRY(check_month(call, &moving, asked->month, fault));
    TRY(move_require_one_zone(call, &moving, fault));
    if (asked->is_alone) {
        TRY(decide_alone(call, &moving, fault));
    }
    if (!asked->dry_run) {
        TRY(move_insert(call->db, &moving.move, fault));
        TRY(audit_move(call, "move.propose", &moving, fault));
        if (moving.move.state == MOVE_AGREED && call->now_us >= moving.at_us) {
            TRY(move_carry_out(call, &moving, fault));
        }
    }
    view_move(call, &moving, output);
    return STATUS_OK;
}

enum status propose_move(struct call *call, const struct propose_move_input *input, struct move_view *out,
                         struct fault *fault) {
    return call_run(call, DB_WRITE, do_propose_move, input, out, fault);
}

/* ---- agreeing ---- */

/* Whether somebody can sign in for the account. */
static enum status has_user(struct call *call, int64_t account_id, bool *yes, struct fault *fault) {
    struct user *users = NULL;
    size_t count = 0;
    int64_t next_after = 0;
    *yes = false;
    TRY(user_list(call->db, call->arena, account_id, (struct page){.limit = PAGE_LIMIT_MAX}, &users, &count,
                  &next_after, fault));
    for (size_t i = 0; i < count; i++) {
        *yes = *yes || users[i].active;
    }
    return STATUS_OK;
}

static enum status not_a_party(struct text word, struct fault *fault) {
    return fault_set(
        fault, STATUS_FORBIDDEN, "not-a-party", "party", word,
        "The customer and both providers agree, each for itself. For a customer that has no user "
        "its provider, the new one, or who stands above both.");
}

static bool is_named(const struct call *call, const struct account *account, struct text word) {
    return text_equal(word, account->code) ||
           text_equal(word, identifier_text(call, IDENTIFIER_ACCOUNT, account->id));
}

/* The account that a party names. The new provider knows the customer, and each provider the other, by the
 * move alone (R4.21): there the parties' codes are looked at as the move shows them. */
static enum status find_party(const struct call *call, const struct moving *moving, struct text word,
                              struct account *found, struct fault *fault) {
    enum { PARTIES = 3 };
    const struct account *parties[PARTIES] = {&moving->customer, &moving->from, &moving->to};
    const struct account *named = NULL;
    enum status status = find_account(call, word, "party", found, fault);
    if (status != STATUS_NOT_FOUND) {
        return status;
    }
    for (size_t i = 0; i < PARTIES; i++) {
        if (is_named(call, parties[i], text_trim(word))) {
            if (named != NULL) {
                return status; /* a code of two: their identifiers tell them apart */
            }
            named = parties[i];
        }
    }
    if (named == NULL) {
        return status;
    }
    *found = *named;
    return STATUS_OK;
}

/* The word of the party for which the actor may give it. */
static enum status choose_word(struct call *call, struct moving *moving, struct text party,
                               struct text **word, struct fault *fault) {
    struct account whose = {.id = call->actor.account_id};
    struct move *move = &moving->move;
    bool signs_itself = false;
    if (party.length > 0) {
        TRY(find_party(call, moving, party, &whose, fault));
    }
    if (whose.id == move->from_id || whose.id == move->to_id) {
        *word = whose.id == move->from_id ? &move->from_agreed_by : &move->to_agreed_by;
        return require_right(call, whose.id, RIGHT_ACCOUNTS, fault);
    }
    if (whose.id != move->customer_id) {
        return not_a_party(party, fault);
    }
    *word = &move->customer_agreed_by;
    TRY(has_user(call, whose.id, &signs_itself, fault));
    return actor_is(call, whose.id) || !signs_itself ? STATUS_OK : not_a_party(party, fault);
}

static enum status do_agree_move(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct agree_move_input *asked = input;
    struct moving moving;
    struct text *word = NULL;
    TRY(find_to_change(call, asked->move, asked->if_version, &moving, fault));
    TRY(choose_word(call, &moving, asked->party, &word, fault));
    if (word->length > 0 || moving.move.is_alone) {
        return fault_set(fault, STATUS_CONFLICT, "already-agreed", "party", asked->party,
                         "This party has agreed already, or nobody is asked.");
    }
    TRY(check_required_line(asked->agreed_by, "agreed_by", PERSON_MAX_BYTES, word, fault));
    if (moving.move.customer_agreed_by.length > 0 && moving.move.from_agreed_by.length > 0 &&
        moving.move.to_agreed_by.length > 0) {
        moving.move.state = MOVE_AGREED;
    }
    TRY(move_update(call->db, &moving.move, fault));
    TRY(audit_move(call, "move.agree", &moving, fault));
    if (moving.move.state == MOVE_AGREED && call->now_us >= moving.at_us) {
        TRY(move_carry_out(call, &moving, fault));
    }
    view_move(call, &moving, output);
    return STATUS_OK;
}

enum status agree_move(struct call *call, const struct agree_move_input *input, struct move_view *out,
                       struct fault *fault) {
    return call_run(call, DB_WRITE, do_agree_move, input, out, fault);
}

/* ---- withdrawing and carrying out ---- */

static enum status do_withdraw_move(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct change_move_input *asked = input;
    struct moving moving;
    TRY(find_to_change(call, asked->move, asked->if_version, &moving, fault));
    moving.move.state = MOVE_WITHDRAWN;
    moving.move.decided_at_us = call->now_us;
    TRY(move_update(call->db, &moving.move, fault));
    TRY(audit_move(call, "move.withdraw", &moving, fault));
    view_move(call, &moving, output);
    return STATUS_OK;
}

enum status withdraw_move(struct call *call, const struct change_move_input *input, struct move_view *out,
                          struct fault *fault) {
    return call_run(call, DB_WRITE, do_withdraw_move, input, out, fault);
}

static enum status do_carry_out_move(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct change_move_input *asked = input;
    struct moving moving;
    TRY(find_to_change(call, asked->move, asked->if_version, &moving, fault));
    if (moving.move.state != MOVE_AGREED) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("proposed"),
                         "Not everybody has agreed yet.");
    }
    TRY(move_carry_out(call, &moving, fault));
    view_move(call, &moving, output);
    return STATUS_OK;
}

enum status carry_out_move(struct call *call, const struct change_move_input *input, struct move_view *out,
                           struct fault *fault) {
    return call_run(call, DB_WRITE, do_carry_out_move, input, out, fault);
}

/* ---- reading ---- */

static enum status do_show_move(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct move move;
    struct moving moving;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_move(call, *word, &move, fault));
    TRY(moving_load(call, &move, &moving, fault));
    view_move(call, &moving, output);
    return STATUS_OK;
}

enum status show_move(struct call *call, struct text move, struct move_view *out, struct fault *fault) {
    return call_run(call, DB_READ, do_show_move, &move, out, fault);
}

static enum status do_list_moves(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct page *where = input;
    struct move_page page = {0};
    struct move *moves = NULL;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(move_list(call->db, call->arena, actor_viewer_id(call), *where, &moves, &page.count, &page.next_after,
                  fault));
    page.items = ARENA_NEW(call->arena, struct move_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        struct moving moving;
        TRY(moving_load(call, &moves[i], &moving, fault));
        view_move(call, &moving, &page.items[i]);
    }
    *(struct move_page *)output = page;
    return STATUS_OK;
}

enum status list_moves(struct call *call, struct page page, struct move_page *out, struct fault *fault) {
    return call_run(call, DB_READ, do_list_moves, &page, out, fault);
}
