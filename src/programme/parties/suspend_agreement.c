#include "programme/parties/suspend_agreement.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/standing_terms.h"
#include "programme/call/validate.h"
#include "store/devices/devices.h"
#include "store/parties/accounts.h"
#include "store/parties/cascade.h"

#include <assert.h>

/* The agreement that its seller means to change, its seller, and what lies below the edge. */
struct reach {
    struct agreement agreement;
    struct account seller;
    struct licence_scope scope;
};

/* Finds the edge and steps its state; nothing is saved. */
static enum status reach_edge(struct call *call, const struct suspend_agreement_input *input,
                              const char *event, struct reach *reach, struct fault *fault) {
    const struct agreement_words words = {input->agreement, input->seller, input->buyer, false};
    struct standing_terms standing;
    int state = 0;
    TRY(find_agreement(call, words, &reach->agreement, fault));
    TRY(require_right(call, reach->agreement.seller_id, RIGHT_ACCOUNTS, fault));
    TRY(standing_terms_load(call, &reach->agreement, call->now_us, &standing, fault));
    TRY(check_version(input->if_version, standing.version, fault));
    TRY(machine_step(&agreement_machine, (int)reach->agreement.state, event, &state, fault));
    TRY(account_load(call->db, call->arena, reach->agreement.seller_id, &reach->seller, fault));
    reach->agreement.state = (enum agreement_state)state;
    reach->scope.account_id = reach->agreement.buyer_id;
    reach->scope.vendor_id = reach->seller.kind == ACCOUNT_VENDOR ? reach->seller.id : 0;
    return STATUS_OK;
}

/* Saves the agreement and tells of it in the buyer's audit trail too. */
static enum status save_agreement(struct call *call, struct reach *reach, const char *action,
                                  struct text reason, struct cascade_result *cascade, struct fault *fault) {
    struct standing_terms standing;
    assert(cascade->licences >= 0 && cascade->agreements >= 0);
    TRY(agreement_update(call->db, &reach->agreement, fault));
    /* The leases of a bundle depend on the vendors of its parts. */
    if (reach->scope.vendor_id != 0) {
        TRY(device_change_note(call->db, DEVICE_CHANGE_TERMS, 0, call->now_us, fault));
    }
    cascade->agreement = identifier_text(call, IDENTIFIER_AGREEMENT, reach->agreement.id);
    cascade->state = text_of(machine_state_name(&agreement_machine, (int)reach->agreement.state));
    TRY(standing_terms_load(call, &reach->agreement, call->now_us, &standing, fault));
    cascade->version = standing.version;
    return audit_write(call, action, cascade->agreement, reach->agreement.buyer_id,
                       text_format(call->arena, "%lld licences%s%.*s", (long long)cascade->licences,
                                   reason.length > 0 ? ": " : "", TEXT_ARGS(reason)),
                       fault);
}

static enum status do_suspend_agreement(struct call *call, const void *input, void *output,
                                        struct fault *fault) {
    const struct suspend_agreement_input *wanted = input;
    struct cascade_result *cascade = output;
    struct reach reach = {0};
    TRY(reach_edge(call, wanted, "suspend", &reach, fault));
    TRY(licence_scope_suspend(call->db, reach.scope, reach.agreement.id, call->now_us, &cascade->licences,
                              fault));
    return save_agreement(call, &reach, "agreement.suspend", wanted->reason, cascade, fault);
}

static enum status do_resume_agreement(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    const struct suspend_agreement_input *wanted = input;
    struct cascade_result *cascade = output;
    struct reach reach = {0};
    TRY(reach_edge(call, wanted, "resume", &reach, fault));
    TRY(licence_scope_resume(call->db, reach.scope, reach.agreement.id, call->now_us, &cascade->licences,
                             fault));
    return save_agreement(call, &reach, "agreement.resume", wanted->reason, cascade, fault);
}

static enum status do_terminate_agreement(struct call *call, const void *input, void *output,
                                          struct fault *fault) {
    const struct suspend_agreement_input *wanted = input;
    struct cascade_result *cascade = output;
    struct reach reach = {0};
    TRY(reach_edge(call, wanted, "terminate", &reach, fault));
    TRY(licence_scope_retire(call->db, reach.scope, call->now_us, &cascade->licences, fault));
    /* A licence that was not on has no event that would tell of its end. */
    TRY(device_change_note(call->db, DEVICE_CHANGE_LICENCE, 0, call->now_us, fault));
    TRY(licence_scope_close_blocks(call->db, reach.scope, fault));
    if (reach.scope.vendor_id == 0) {
        TRY(agreements_terminate_below(call->db, reach.scope.account_id, call->now_us, &cascade->agreements,
                                       fault));
    }
    reach.agreement.ended_at_us = call->now_us;
    return save_agreement(call, &reach, "agreement.terminate", wanted->reason, cascade, fault);
}

/* The cascade is the caller's only where the whole of it is committed. */
static enum status run_cascade(struct call *call, call_body *body,
                               const struct suspend_agreement_input *input, struct cascade_result *out,
                               struct fault *fault) {
    struct cascade_result cascade = {0};
    TRY(check_visible(input->reason, "reason", false, fault));
    TRY(call_run(call, DB_WRITE, body, input, &cascade, fault));
    *out = cascade;
    return STATUS_OK;
}

enum status suspend_agreement(struct call *call, const struct suspend_agreement_input *input,
                              struct cascade_result *out, struct fault *fault) {
    return run_cascade(call, do_suspend_agreement, input, out, fault);
}

enum status resume_agreement(struct call *call, const struct suspend_agreement_input *input,
                             struct cascade_result *out, struct fault *fault) {
    return run_cascade(call, do_resume_agreement, input, out, fault);
}

enum status terminate_agreement(struct call *call, const struct suspend_agreement_input *input,
                                struct cascade_result *out, struct fault *fault) {
    return run_cascade(call, do_terminate_agreement, input, out, fault);
}
