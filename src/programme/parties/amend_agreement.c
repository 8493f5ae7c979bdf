#include "programme/parties/amend_agreement.h"

#include "programme/call/authorise.h"
#include "programme/call/closing_guard.h"
#include "programme/call/open_zone.h"
#include "programme/call/standing_terms.h"
#include "programme/call/validate.h"
#include "programme/parties/agreement_terms.h"
#include "programme/parties/terms_view.h"
#include "store/billing/corrections.h"
#include "store/billing/months.h"
#include "store/billing/one_off_charges.h"
#include "store/licensing/usage_groups.h"
#include "store/parties/accounts.h"
#include "store/parties/amendments.h"

#include <assert.h>

enum { SIGNER_MAX_BYTES = 200, MONTHS_AHEAD_MAX = 12 };

/* ---- what an amendment may be ---- */

/* The month that runs, and the one in which the agreement was signed, in the zone of the terms. */
static enum status find_months(struct call *call, const struct agreement *terms, struct month *running,
                               struct month *signed_in, struct fault *fault) {
    struct zone *zone = NULL;
    TRY(open_zone(call, terms->time_zone, &zone, fault));
    *running = zone_month_at(zone, call->now_us);
    *signed_in = zone_month_at(zone, terms->signed_at_us);
    zone_close(zone);
    return STATUS_OK;
}

/* What has been closed keeps its terms, and there are none before the agreement. */
static enum status check_open(struct call *call, const struct agreement *present,
                              const struct amendment *amendment, struct fault *fault) {
    struct text word = month_format(call->arena, amendment->from);
    struct month closed = {0};
    struct month running = {0};
    struct month signed_in = {0};
    TRY(month_last_closed(call->db, amendment->agreement_id, &closed, fault));
    if (amendment->from.index <= closed.index) {
        enum month_state state = MONTH_OPEN;
        TRY(month_state_load(call->db, amendment->agreement_id, closed, &state, fault));
        if (state == MONTH_CLOSING) {
            return month_is_closing(call, closed, "from", fault);
        }
        return fault_set(
            fault, STATUS_CONFLICT, "month-closed", "from", word,
            "%.*s is closed on this edge, and a closed month keeps its terms: name a later month.",
            TEXT_ARGS(month_format(call->arena, closed)));
    }
    TRY(find_months(call, present, &running, &signed_in, fault));
    if (amendment->from.index < signed_in.index) {
        return fault_set(fault, STATUS_INVALID, "month-too-early", "from", word,
                         "The agreement was signed in %.*s: name that month or a later one.",
                         TEXT_ARGS(month_format(call->arena, signed_in)));
    }
    if (amendment->from.index > running.index + MONTHS_AHEAD_MAX) {
        return fault_set(fault, STATUS_INVALID, "month-too-far", "from", word,
                         "Terms are changed up to %d months ahead: name %.*s or an earlier month.",
                         MONTHS_AHEAD_MAX,
                         TEXT_ARGS(month_format(call->arena, month_plus(running, MONTHS_AHEAD_MAX))));
    }
    return STATUS_OK;
}

/* Of two from one month the later proposed one holds, so the earlier cannot bind behind it where both say
 * something of one term. */
static enum status check_others(struct call *call, const struct amendment *amendment, struct fault *fault) {
    struct amendment *others = NULL;
    size_t count = 0;
    TRY(amendments_of(call->db, call->arena, amendment->agreement_id, &others, &count, fault));
    for (size_t i = 0; i < count; i++) {
        bool is_behind = others[i].state == AMENDMENT_ACCEPTED && others[i].number > amendment->number &&
                         others[i].from.index == amendment->from.index;
        if (is_behind && (others[i].changes & amendment->changes) != 0) {
            return fault_set(fault, STATUS_CONFLICT, "amendment-exists", "number",
                             text_format(call->arena, "%lld", (long long)amendment->number),
                             "Terms %lld, which were proposed later, change the same from %.*s on and bind "
                             "already: propose anew what is to hold instead.",
                             (long long)others[i].number,
                             TEXT_ARGS(month_format(call->arena, others[i].from)));
        }
    }
    return STATUS_OK;
}

/* What a charge asks for is not to become so much of another money. */
static enum status check_charges(struct call *call, const struct amendment *amendment, struct text currency,
                                 struct fault *fault) {
    bool waits = false;
    if ((amendment->changes & CHANGES_CURRENCY) == 0) {
        return STATUS_OK;
    }
    TRY(one_off_charge_waits(call->db, amendment->agreement_id, amendment->from, &waits, fault));
    if (waits) {
        return fault_set(fault, STATUS_CONFLICT, "charge-waiting", "currency", currency,
                         "A charge of %.*s or later asks for %.*s: remove it first, and add it anew.",
                         TEXT_ARGS(month_format(call->arena, amendment->from)), TEXT_ARGS(currency));
    }
    return STATUS_OK;
}

/* A correction is billed in its month's currency, so it cannot wait behind a change of it. */
static enum status check_currency(struct call *call, const struct agreement *present,
                                  const struct amendment *amendment, struct fault *fault) {
    bool waits = false;
    if ((amendment->changes & CHANGES_CURRENCY) == 0) {
        return STATUS_OK;
    }
    TRY(correction_waits(call->db, present->id, &waits, fault));
    if (waits) {
        return fault_set(
            fault, STATUS_CONFLICT, "correction-waiting", "currency", amendment->currency,
            "A correction in %.*s waits for the next invoice of this edge: close that month first.",
            TEXT_ARGS(present->currency));
    }
    return check_charges(call, amendment, present->currency, fault);
}

static enum status check_amendment(struct call *call, const struct agreement *present,
                                   const struct amendment *amendment, struct fault *fault) {
    TRY(check_open(call, present, amendment, fault));
    return check_currency(call, present, amendment, fault);
}

/* ---- proposing ---- */

/* The audit trail of both parties tells it. */
static enum status audit_amendment(struct call *call, const char *action, const struct agreement *agreement,
                                   const struct amendment *amendment, struct fault *fault) {
    int64_t other =
        call->actor.account_id == agreement->buyer_id ? agreement->seller_id : agreement->buyer_id;
    return audit_write(call, action, identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id), other,
                       text_format(call->arena, "terms %lld from %.*s", (long long)amendment->number,
                                   TEXT_ARGS(month_format(call->arena, amendment->from))),
                       fault);
}

/* The version is the one that readers are shown, which tells of every amendment. */
static enum status check_shown_version(const struct call *call, const struct agreement *agreement,
                                       int64_t if_version, struct fault *fault) {
    struct standing_terms standing;
    TRY(standing_terms_load(call, agreement, call->now_us, &standing, fault));
    return check_version(if_version, standing.version, fault);
}

static enum status require_signed(const struct agreement *agreement, struct fault *fault) {
    if (agreement->state == AGREEMENT_SIGNED || agreement->state == AGREEMENT_SUSPENDED) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state",
                     text_of(machine_state_name(&agreement_machine, (int)agreement->state)),
                     "Only a signed agreement is amended. One that is not signed yet is offered again.");
}

/* The terms of that month with what is asked for in their place. */
static enum status fill_amendment(struct call *call, const struct amend_agreement_input *asked,
                                  const struct agreement *present, struct amendment *amendment,
                                  struct fault *fault) {
    struct agreement changed = *present;
    TRY(agreement_change_terms(call, &asked->terms, &changed, fault));
    *amendment = (struct amendment){
        .agreement_id = present->id,
        .state = AMENDMENT_PROPOSED,
        .from = amendment->from,
        .currency = changed.currency,
        .time_zone = changed.time_zone,
        .tax = changed.tax,
        .payment_days = changed.payment_days,
        .report_due_days = changed.report_due_days,
        .terms = changed.terms,
        .proposed_at_us = call->now_us,
        .proposed_by = actor_text(call),
        .decided_by = TEXT(""),
    };
    amendment->changes = amendment_changes_of(present, amendment);
    if (amendment->changes == 0) {
        return fault_set(fault, STATUS_INVALID, "nothing-changed", NULL, TEXT(""),
                         "Give at least one term that differs from what the agreement has in that month.");
    }
    return STATUS_OK;
}

/* Whether the proposal binds at once: notice is enough, or who proposes may accept it too. What has been
 * supplied already gets other terms by nobody's notice, and by no slip of the month. */
static enum status binds_at_once(struct call *call, const struct agreement *present,
                                 const struct amendment *amendment, bool *binds, struct fault *fault) {
    struct account buyer;
    struct month running = {0};
    struct month signed_in = {0};
    TRY(account_load(call->db, call->arena, present->buyer_id, &buyer, fault));
    TRY(find_months(call, present, &running, &signed_in, fault));
    *binds = amendment->from.index >= running.index &&
             (amendment->changes == CHANGES_TAX || buyer.kind == ACCOUNT_CUSTOMER || actor_is_operator(call));
    return STATUS_OK;
}

static enum status do_amend_agreement(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct amend_agreement_input *asked = input;
    struct agreement agreement;
    struct amendment amendment = {0};
    bool binds = false;
    TRY(find_agreement(call, asked->agreement, &agreement, fault));
    TRY(require_right(call, agreement.seller_id, RIGHT_ACCOUNTS, fault));
    TRY(check_shown_version(call, &agreement, asked->if_version, fault));
    TRY(require_signed(&agreement, fault));
    TRY(month_parse(asked->from, "from", &amendment.from, fault));
    struct agreement present = agreement;
    TRY(agreement_in_month(call->db, call->arena, amendment.from, &present, fault));
    TRY(fill_amendment(call, asked, &present, &amendment, fault));
    TRY(check_amendment(call, &present, &amendment, fault));
    TRY(binds_at_once(call, &present, &amendment, &binds, fault));
    if (binds) {
        amendment.state = AMENDMENT_ACCEPTED;
        amendment.decided_at_us = call->now_us;
        amendment.decided_by = actor_text(call);
    }
    TRY(amendment_insert(call->db, &amendment, fault));
    TRY(amendments_chain(call->db, call->arena, &agreement, fault));
    TRY(usage_groups_follow_terms(call->db, agreement.seller_id, agreement.buyer_id, fault));
    TRY(audit_amendment(call, "agreement.amend", &agreement, &amendment, fault));
    *(struct terms_view *)output = terms_view_amended(call, &agreement, &amendment);
    return STATUS_OK;
}

enum status amend_agreement(struct call *call, const struct amend_agreement_input *input,
                            struct terms_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_amend_agreement, input, out, fault);
}

/* ---- deciding ---- */

static enum status find_amendment(struct call *call, const struct decide_amendment_input *asked,
                                  struct agreement *agreement, struct amendment *amendment,
                                  struct fault *fault) {
    int64_t number = 0;
    TRY(find_agreement(call, asked->agreement, agreement, fault));
    if (!text_to_int64(text_trim(asked->number), &number)) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-amendment", "number", asked->number,
                         "Name the amendment by its number: 2, 3, ….");
    }
    return amendment_load(call->db, call->arena, agreement->id, number, amendment, fault);
}

static enum status step(struct call *call, struct amendment *amendment, const char *event,
                        struct fault *fault) {
    int to = 0;
    TRY(machine_step(&amendment_machine, (int)amendment->state, event, &to, fault));
    amendment->state = (enum amendment_state)to;
    amendment->decided_at_us = call->now_us;
    return STATUS_OK;
}

/* The buyer accepts, and for a customer also its seller, who has signed for it. */
static enum status require_acceptance(struct call *call, const struct agreement *agreement,
                                      struct fault *fault) {
    struct account buyer;
    TRY(account_load(call->db, call->arena, agreement->buyer_id, &buyer, fault));
    bool by_seller = buyer.kind == ACCOUNT_CUSTOMER && call->actor.account_id == agreement->seller_id;
    return require_right(call, by_seller ? agreement->seller_id : agreement->buyer_id, RIGHT_ACCOUNTS, fault);
}

static enum status do_accept_amendment(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    const struct decide_amendment_input *asked = input;
    struct agreement agreement;
    struct amendment amendment;
    TRY(find_amendment(call, asked, &agreement, &amendment, fault));
    TRY(require_acceptance(call, &agreement, fault));
    TRY(check_shown_version(call, &agreement, asked->if_version, fault));
    TRY(require_signed(&agreement, fault));
    if (amendment.state != AMENDMENT_PROPOSED) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state",
                         text_of(machine_state_name(&amendment_machine, (int)amendment.state)),
                         "These terms are %s already.",
                         machine_state_name(&amendment_machine, (int)amendment.state));
    }
    TRY(step(call, &amendment, "accept", fault));
    TRY(check_required_line(asked->accepted_by, "accepted_by", SIGNER_MAX_BYTES, &amendment.decided_by,
                            fault));
    struct agreement present = agreement;
    TRY(agreement_in_month(call->db, call->arena, amendment.from, &present, fault));
    (void)amendment_follow(&amendment, &present);
    TRY(check_amendment(call, &present, &amendment, fault));
    TRY(check_others(call, &amendment, fault));
    TRY(amendment_update(call->db, &amendment, fault));
    TRY(amendments_chain(call->db, call->arena, &agreement, fault));
    TRY(usage_groups_follow_terms(call->db, agreement.seller_id, agreement.buyer_id, fault));
    TRY(audit_amendment(call, "agreement.accept", &agreement, &amendment, fault));
    *(struct terms_view *)output = terms_view_amended(call, &agreement, &amendment);
    return STATUS_OK;
}

enum status accept_amendment(struct call *call, const struct decide_amendment_input *input,
                             struct terms_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_accept_amendment, input, out, fault);
}

/* What binds is taken back before it has begun, by whoever could have bound the buyer to it alone. */
static enum status check_taking_back(struct call *call, const struct agreement *agreement,
                                     const struct amendment *amendment, struct fault *fault) {
    struct agreement before = *agreement;
    struct account buyer;
    struct month running = {0};
    struct month signed_in = {0};
    TRY(account_load(call->db, call->arena, agreement->buyer_id, &buyer, fault));
    bool alone = amendment->changes == CHANGES_TAX || buyer.kind == ACCOUNT_CUSTOMER;
    bool is_seller = call->actor.account_id == agreement->seller_id;
    if (!actor_is_operator(call) && !(alone && is_seller)) {
        return fault_set(fault, STATUS_CONFLICT, "amendment-agreed", "state", TEXT("accepted"),
                         "Both parties are bound to these terms: propose others from the same month on.");
    }
    TRY(agreement_in_month(call->db, call->arena, month_plus(amendment->from, -1), &before, fault));
    TRY(find_months(call, &before, &running, &signed_in, fault));
    if (amendment->from.index <= running.index) {
        return fault_set(fault, STATUS_CONFLICT, "amendment-begun", "from",
                         month_format(call->arena, amendment->from),
                         "These terms hold already: amend the agreement from this month or a later one on.");
    }
    return check_charges(call, amendment, amendment->currency, fault);
}

/* The seller takes it back, or the buyer declines it. */
static enum status do_withdraw_amendment(struct call *call, const void *input, void *output,
                                         struct fault *fault) {
    const struct decide_amendment_input *asked = input;
    struct agreement agreement;
    struct amendment amendment;
    TRY(find_amendment(call, asked, &agreement, &amendment, fault));
    bool is_buyer = call->actor.account_id == agreement.buyer_id;
    TRY(require_right(call, is_buyer ? agreement.buyer_id : agreement.seller_id, RIGHT_ACCOUNTS, fault));
    TRY(check_shown_version(call, &agreement, asked->if_version, fault));
    if (amendment.state == AMENDMENT_ACCEPTED) {
        TRY(check_taking_back(call, &agreement, &amendment, fault));
    }
    TRY(step(call, &amendment, "withdraw", fault));
    amendment.decided_by = actor_text(call);
    TRY(amendment_update(call->db, &amendment, fault));
    TRY(amendments_chain(call->db, call->arena, &agreement, fault));
    TRY(usage_groups_follow_terms(call->db, agreement.seller_id, agreement.buyer_id, fault));
    TRY(audit_amendment(call, "agreement.withdraw", &agreement, &amendment, fault));
    *(struct terms_view *)output = terms_view_amended(call, &agreement, &amendment);
    return STATUS_OK;
}

enum status withdraw_amendment(struct call *call, const struct decide_amendment_input *input,
                               struct terms_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_withdraw_amendment, input, out, fault);
}

/* ---- reading ---- */

static enum status do_list_terms(struct call *call, const void *input, void *output, struct fault *fault) {
    struct agreement_words words = *(const struct agreement_words *)input;
    struct agreement agreement;
    struct amendment *amendments = NULL;
    size_t count = 0;
    TRY(require_any_right(call, RIGHT_READ, fault));
    words.or_ended = true; /* what ended is still its parties' to read */
    TRY(find_agreement(call, words, &agreement, fault));
    TRY(amendments_of(call->db, call->arena, agreement.id, &amendments, &count, fault));
    struct terms_list list = {ARENA_NEW(call->arena, struct terms_view, count + 1), 0};
    list.items[list.count++] = terms_view_of(call, &agreement);
    for (size_t i = 0; i < count; i++) {
        TRY(standing_terms_follow(call, &agreement, &amendments[i], fault));
        list.items[list.count++] = terms_view_amended(call, &agreement, &amendments[i]);
    }
    *(struct terms_list *)output = list;
    return STATUS_OK;
}

enum status list_terms(struct call *call, const struct agreement_words *agreement, struct terms_list *out,
                       struct fault *fault) {
    return call_run(call, DB_READ, do_list_terms, agreement, out, fault);
}
