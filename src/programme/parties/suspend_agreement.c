#include "programme/parties/suspend_agreement.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_agreement.h"
#include "store/devices/devices.h"
#include "store/parties/accounts.h"
#include "store/parties/cascade.h"

/* The agreement that its seller means to change, its seller, and what lies below the edge. */
struct reach {
    struct agreement agreement;
    struct account seller;
    struct licence_scope scope;
};

/* Finds the edge and steps its state; nothing is saved. */
static enum status reach_edge(struct call *call, const struct suspend_agreement_input *input,
                              const char *event, struct reach *reach, struct fault *fault) {
    struct agreement_words words = {input->agreement, input->seller, input->buyer};
    int state = 0;
    enum status status = find_agreement(call, words, &reach->agreement, fault);
    if (status == STATUS_OK) {
        status = require_right(call, reach->agreement.seller_id, RIGHT_ACCOUNTS, fault);
    }
    if (status == STATUS_OK) {
        status = check_version(input->if_version, reach->agreement.version, fault);
    }
    if (status == STATUS_OK) {
        status = machine_step(&agreement_machine, (int)reach->agreement.state, event, &state, fault);
    }
    if (status == STATUS_OK) {
        status = account_load(call->db, call->arena, reach->agreement.seller_id, &reach->seller, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    reach->agreement.state = (enum agreement_state)state;
    reach->scope.account_id = reach->agreement.buyer_id;
    reach->scope.vendor_id = reach->seller.kind == ACCOUNT_VENDOR ? reach->seller.id : 0;
    return STATUS_OK;
}

/* Saves the agreement and tells of it in the buyer's audit trail too. */
static enum status save(struct call *call, struct reach *reach, const char *action, struct text reason,
                        struct cascade *cascade, struct fault *fault) {
    enum status status = agreement_update(call->db, &reach->agreement, fault);
    /* What a bundle's lease names depends on its parts' vendors. */
    if (status == STATUS_OK && reach->scope.vendor_id != 0) {
        status = device_change_note(call->db, DEVICE_CHANGE_TERMS, 0, call->now_us, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    cascade->agreement = identifier_text(call, IDENTIFIER_AGREEMENT, reach->agreement.id);
    cascade->state = text_of(machine_state_name(&agreement_machine, (int)reach->agreement.state));
    cascade->version = reach->agreement.version;
    return audit_write(call, action, cascade->agreement, reach->agreement.buyer_id,
                       text_format(call->arena, "%lld licences%s%.*s", (long long)cascade->licences,
                                   reason.length > 0 ? ": " : "", TEXT_ARGS(reason)),
                       fault);
}

enum status suspend_agreement(struct call *call, const struct suspend_agreement_input *input,
                              struct cascade *out, struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct reach reach = {0};
    struct cascade cascade = {0};
    status = reach_edge(call, input, "suspend", &reach, fault);
    if (status == STATUS_OK) {
        status = licence_scope_suspend(call->db, reach.scope, reach.agreement.id, call->now_us,
                                       &cascade.licences, fault);
    }
    if (status == STATUS_OK) {
        status = save(call, &reach, "agreement.suspend", input->reason, &cascade, fault);
    }
    if (status == STATUS_OK) {
        *out = cascade;
    }
    return call_end(call, status, fault);
}

enum status resume_agreement(struct call *call, const struct suspend_agreement_input *input,
                             struct cascade *out, struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct reach reach = {0};
    struct cascade cascade = {0};
    status = reach_edge(call, input, "resume", &reach, fault);
    if (status == STATUS_OK) {
        status = licence_scope_resume(call->db, reach.scope, reach.agreement.id, call->now_us,
                                      &cascade.licences, fault);
    }
    if (status == STATUS_OK) {
        status = save(call, &reach, "agreement.resume", input->reason, &cascade, fault);
    }
    if (status == STATUS_OK) {
        *out = cascade;
    }
    return call_end(call, status, fault);
}

enum status terminate_agreement(struct call *call, const struct suspend_agreement_input *input,
                                struct cascade *out, struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct reach reach = {0};
    struct cascade cascade = {0};
    status = reach_edge(call, input, "terminate", &reach, fault);
    if (status == STATUS_OK) {
        status = licence_scope_retire(call->db, reach.scope, call->now_us, &cascade.licences, fault);
    }
    if (status == STATUS_OK) { /* what was not on has no event to tell of it */
        status = device_change_note(call->db, DEVICE_CHANGE_LICENCE, 0, call->now_us, fault);
    }
    if (status == STATUS_OK) {
        status = licence_scope_close_blocks(call->db, reach.scope, fault);
    }
    if (status == STATUS_OK && reach.scope.vendor_id == 0) {
        status = agreements_terminate_below(call->db, reach.scope.account_id, call->now_us,
                                            &cascade.agreements, fault);
    }
    if (status == STATUS_OK) {
        reach.agreement.ended_at_us = call->now_us;
        status = save(call, &reach, "agreement.terminate", input->reason, &cascade, fault);
    }
    if (status == STATUS_OK) {
        *out = cascade;
    }
    return call_end(call, status, fault);
}
