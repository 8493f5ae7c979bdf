#include "programme/parties/heartbeat.h"

#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "store/parties/heartbeat.h"
#include "store/parties/programme.h"

/* The heartbeat is now, and the trail says which one was given up for it. */
static enum status replace(const struct call *call, const char *action, struct heartbeat beat,
                           int64_t leapt_from_us, struct fault *fault) {
    struct programme programme;
    TRY(programme_load(call->db, call->arena, &programme, fault));
    TRY(heartbeat_save(call->db, (struct heartbeat){call->now_us, leapt_from_us}, fault));
    struct text before = beat.at_us == 0 ? TEXT("never") : instant_format(call->arena, beat.at_us);
    return audit_write(call, action, identifier_text(call, IDENTIFIER_ACCOUNT, programme.distributor_id),
                       programme.distributor_id,
                       text_format(call->arena, "it is %s; the latest heartbeat was %.*s",
                                   instant_format(call->arena, call->now_us).at, TEXT_ARGS(before)),
                       fault);
}

/* A clock far ahead. Trusted, it dates what is changed; what cannot be taken back waits for the operator. */
static enum status keep_ahead(const struct call *call, const struct keep_heartbeat_input *asked,
                              struct heartbeat beat, struct fault *fault) {
    if (!asked->trusts_clock) {
        return fault_set(fault, STATUS_CONFLICT, "clock-wrong", NULL, instant_format(call->arena, beat.at_us),
                         "It is %s by this clock, and was %s a moment ago or when the service ran last. Set "
                         "it right; where it is right now, run `seatmeter clock accept`.",
                         instant_format(call->arena, call->now_us).at,
                         instant_format(call->arena, beat.at_us).at);
    }
    return replace(call, "clock.leap", beat, beat.leapt_from_us != 0 ? beat.leapt_from_us : beat.at_us,
                   fault);
}

static enum status do_keep_heartbeat(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct keep_heartbeat_input *asked = input;
    struct heartbeat beat;
    (void)output;
    TRY(require_operator(call, "Only the service keeps its heartbeat.", fault));
    TRY(heartbeat_load(call->db, &beat, fault));
    int64_t ahead = asked->has_leapt ? INT64_C(2) * CLOCKS_APART_US : CLOCK_LEAP_US;
    if (beat.at_us != 0 && call->now_us > beat.at_us + ahead) {
        return keep_ahead(call, asked, beat, fault);
    }
    if (call->now_us >= beat.at_us) {
        return heartbeat_save(call->db, (struct heartbeat){call->now_us, beat.leapt_from_us}, fault);
    }
    bool is_close = call->now_us >= beat.at_us - CLOCKS_APART_US;
    return asked->trusts_clock && !is_close ? replace(call, "clock.accept", beat, 0, fault) : STATUS_OK;
}

enum status keep_heartbeat(struct call *call, const struct keep_heartbeat_input *input, struct fault *fault) {
    struct call own = *call;
    own.any_clock = input->trusts_clock;
    return call_run(&own, DB_WRITE, do_keep_heartbeat, input, NULL, fault);
}

static enum status do_accept_clock(struct call *call, const void *input, void *output, struct fault *fault) {
    struct heartbeat beat;
    (void)input;
    TRY(require_operator(call, "Only the operator says that the clock is right.", fault));
    TRY(heartbeat_load(call->db, &beat, fault));
    TRY(replace(call, "clock.accept", beat, 0, fault));
    *(struct accepted_clock *)output =
        (struct accepted_clock){.now_us = call->now_us, .before_us = beat.at_us};
    return STATUS_OK;
}

enum status accept_clock(struct call *call, struct accepted_clock *out, struct fault *fault) {
    struct call own = *call;
    own.any_clock = true;
    return call_run(&own, DB_WRITE, do_accept_clock, NULL, out, fault);
}

enum status require_sure_clock(const struct call *call, int64_t at_us, struct fault *fault) {
    struct heartbeat beat;
    if (call->any_clock || call->dry_run) {
        return STATUS_OK;
    }
    TRY(heartbeat_load(call->db, &beat, fault));
    int64_t from_us = beat.leapt_from_us;
    if (from_us == 0 && beat.at_us != 0 && call->now_us > beat.at_us + CLOCK_LEAP_US) {
        from_us = beat.at_us;
    }
    if (from_us == 0 || at_us <= from_us) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "clock-wrong", NULL, instant_format(call->arena, from_us),
                     "It is %s by this clock, and the service ran last at %s. What is done now cannot be "
                     "taken back: where the clock is right, run `seatmeter clock accept` first.",
                     instant_format(call->arena, call->now_us).at, instant_format(call->arena, from_us).at);
}
