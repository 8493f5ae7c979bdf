#include "programme/parties/heartbeat.h"

#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "store/parties/heartbeat.h"
#include "store/parties/programme.h"

/* The heartbeat is now, and the trail says which one was given up for it. */
static enum status replace(const struct call *call, int64_t before_us, struct fault *fault) {
    struct programme programme;
    TRY(programme_load(call->db, call->arena, &programme, fault));
    TRY(heartbeat_save(call->db, call->now_us, fault));
    struct text before = before_us == 0 ? TEXT("never") : instant_format(call->arena, before_us);
    return audit_write(call, "clock.accept",
                       identifier_text(call, IDENTIFIER_ACCOUNT, programme.distributor_id),
                       programme.distributor_id,
                       text_format(call->arena, "it is %s; the latest heartbeat was %.*s",
                                   instant_format(call->arena, call->now_us).at, TEXT_ARGS(before)),
                       fault);
}

static enum status do_keep_heartbeat(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct keep_heartbeat_input *asked = input;
    int64_t before_us = 0;
    (void)output;
    TRY(require_operator(call, "Only the service keeps its heartbeat.", fault));
    TRY(heartbeat_load(call->db, &before_us, fault));
    if (call->now_us >= before_us) {
        return heartbeat_save(call->db, call->now_us, fault);
    }
    bool is_close = call->now_us >= before_us - CLOCKS_APART_US;
    return asked->trusts_clock && !is_close ? replace(call, before_us, fault) : STATUS_OK;
}

enum status keep_heartbeat(struct call *call, const struct keep_heartbeat_input *input, struct fault *fault) {
    struct call own = *call;
    own.any_clock = input->trusts_clock;
    return call_run(&own, DB_WRITE, do_keep_heartbeat, input, NULL, fault);
}

static enum status do_accept_clock(struct call *call, const void *input, void *output, struct fault *fault) {
    struct accepted_clock made = {.now_us = call->now_us};
    (void)input;
    TRY(require_operator(call, "Only the operator says that the clock is right.", fault));
    TRY(heartbeat_load(call->db, &made.before_us, fault));
    TRY(replace(call, made.before_us, fault));
    *(struct accepted_clock *)output = made;
    return STATUS_OK;
}

enum status accept_clock(struct call *call, struct accepted_clock *out, struct fault *fault) {
    struct call own = *call;
    own.any_clock = true;
    return call_run(&own, DB_WRITE, do_accept_clock, NULL, out, fault);
}
