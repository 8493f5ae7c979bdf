/* Deciding on a correction: the seller of its edge accepts or refuses it, the giver takes all of it back, and
 * the seller's silence accepts what raises nobody's bill but the giver's own. */
#include "core/rating/bill.h"
#include "programme/billing/corrections.h"
#include "programme/call/authorise.h"
#include "programme/call/closing_guard.h"
#include "store/billing/corrections.h"
#include "store/parties/amendments.h"

/* ---- steps ---- */

static enum status step(struct call *call, struct correction *correction, const char *event,
                        struct fault *fault) {
    int next = 0;
    TRY(machine_step(&correction_machine, (int)correction->state, event, &next, fault));
    correction->state = (unsigned)next;
    correction->silent_at_us = 0;
    correction->decided_at_us = call->now_us;
    return correction_update(call->db, correction, fault);
}

/* From here on the edge's next bill carries it. */
static enum status bind(struct call *call, struct correction *correction, struct agreement *agreement,
                        struct fault *fault) {
    bool is_closed = false;
    TRY(refuse_while_closing(call, agreement->seller_id, agreement->buyer_id, "correction", fault));
    TRY(step(call, correction, "accept", fault));
    TRY(agreement_in_month(call->db, call->arena, correction->month, agreement, fault));
    return close_month_of_before(call, agreement, correction->month, false, &is_closed, fault);
}

static enum status audit_decision(struct call *call, const struct correction *correction,
                                  const struct agreement *agreement, const char *action, struct text detail,
                                  struct fault *fault) {
    return audit_write(call, action, identifier_text(call, IDENTIFIER_CORRECTION, correction->id),
                       agreement->buyer_id, detail, fault);
}

/* ---- by the seller ---- */

static enum status find_to_decide(struct call *call, const struct decide_correction_input *input,
                                  struct correction *correction, struct agreement *agreement,
                                  struct fault *fault) {
    TRY(find_correction(call, input->correction, correction, agreement, fault));
    return require_right(call, agreement->seller_id, RIGHT_REPORTS, fault);
}

static enum status accept_correction_body(struct call *call, const void *input, void *output,
                                          struct fault *fault) {
    struct correction correction;
    struct agreement agreement;
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(find_to_decide(call, input, &correction, &agreement, fault));
    TRY(bind(call, &correction, &agreement, fault));
    TRY(audit_decision(call, &correction, &agreement, "correction.accept", TEXT(""), fault));
    return view_correction(&names, &correction, NULL, output, fault);
}

enum status accept_correction(struct call *call, const struct decide_correction_input *input,
                              struct correction_view *out, struct fault *fault) {
    struct correction_view made;
    TRY(call_run(call, DB_WRITE, accept_correction_body, input, &made, fault));
    *out = made;
    return STATUS_OK;
}

static enum status refuse_correction_body(struct call *call, const void *input, void *output,
                                          struct fault *fault) {
    const struct decide_correction_input *asked = input;
    struct correction correction;
    struct agreement agreement;
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(find_to_decide(call, asked, &correction, &agreement, fault));
    TRY(check_correction_reason(asked->reason, fault));
    correction.decision = text_trim(asked->reason);
    TRY(step(call, &correction, "refuse", fault));
    TRY(audit_decision(call, &correction, &agreement, "correction.refuse", correction.decision, fault));
    return view_correction(&names, &correction, NULL, output, fault);
}

enum status refuse_correction(struct call *call, const struct decide_correction_input *input,
                              struct correction_view *out, struct fault *fault) {
    struct correction_view made;
    TRY(call_run(call, DB_WRITE, refuse_correction_body, input, &made, fault));
    *out = made;
    return STATUS_OK;
}

/* ---- by the giver ---- */

static enum status remove_correction_body(struct call *call, const void *input, void *output,
                                          struct fault *fault) {
    struct text word = *(const struct text *)input;
    struct correction named;
    struct agreement agreement;
    struct correction *given = NULL;
    size_t count = 0;
    size_t withdrawn = 0;
    (void)output;
    TRY(find_correction(call, word, &named, &agreement, fault));
    TRY(require_right(call, named.giver_id, RIGHT_REPORTS, fault));
    TRY(corrections_given(call->db, call->arena, named.given_id, &given, &count, fault));
    for (size_t i = 0; i < count; i++) {
        bool is_open = given[i].state == CORRECTION_WAITING || correction_waits_for_bill(&given[i]);
        if (!is_open) {
            continue;
        }
        TRY(agreement_load(call->db, call->arena, given[i].agreement_id, &agreement, fault));
        if (given[i].state != CORRECTION_WAITING) {
            TRY(refuse_while_closing(call, agreement.seller_id, agreement.buyer_id, "correction", fault));
        }
        TRY(step(call, &given[i], "withdraw", fault));
        TRY(audit_giver(call, &given[i], &agreement, "correction.remove", TEXT(""), fault));
        withdrawn++;
    }
    if (withdrawn == 0) {
        return fault_set(fault, STATUS_CONFLICT, "nothing-to-withdraw", "correction", word,
                         "It is billed, refused or withdrawn already. Give another one that sets it right.");
    }
    return STATUS_OK;
}

enum status remove_correction(struct call *call, struct text correction, struct fault *fault) {
    return call_run(call, DB_WRITE, remove_correction_body, &correction, NULL, fault);
}

/* ---- by silence ---- */

struct silent_corrections {
    struct correction *items;
    size_t count;
};

/* What was given before may have been decided since, so it is weighed again: silence lowers no bill. */
static enum status settle_silent(struct call *call, struct correction *correction, struct fault *fault) {
    struct agreement agreement;
    struct correction_money money = {0};
    enum status status = correction_money_of(call, correction, &money, fault);
    if (!bill_is_refused(status)) {
        TRY(status);
    }
    TRY(agreement_load(call->db, call->arena, correction->agreement_id, &agreement, fault));
    if (status != STATUS_OK || !money.is_known || money.difference_minor < 0) {
        correction->silent_at_us = 0;
        return correction_update(call->db, correction, fault);
    }
    TRY(bind(call, correction, &agreement, fault));
    return audit_decision(call, correction, &agreement, "correction.silent", TEXT("the seller was silent"),
                          fault);
}

static enum status list_silent_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct silent_corrections *silent = output;
    return corrections_silent(call->db, call->arena, *(const int64_t *)input, call->now_us, &silent->items,
                              &silent->count, fault);
}

/* It may have been decided since it was listed. */
static enum status settle_silent_body(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    struct correction correction;
    (void)output;
    TRY(correction_load(call->db, call->arena, *(const int64_t *)input, &correction, fault));
    bool is_silent = correction.state == CORRECTION_WAITING && correction.silent_at_us != 0 &&
                     correction.silent_at_us <= call->now_us;
    return is_silent ? settle_silent(call, &correction, fault) : STATUS_OK;
}

enum status accept_silent_corrections(struct call *call, int64_t seller_id, struct fault *fault) {
    struct silent_corrections silent = {0};
    struct actor actor = call->actor;
    TRY(call_run(call, DB_READ, list_silent_body, &seller_id, &silent, fault));
    call->actor = (struct actor){.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < silent.count; i++) {
        status = call_run(call, DB_WRITE, settle_silent_body, &silent.items[i].id, NULL, fault);
    }
    call->actor = actor;
    return status;
}
