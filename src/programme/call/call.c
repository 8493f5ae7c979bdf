#include "programme/call/call.h"

#include "core/time/instant.h"
#include "store/parties/heartbeat.h"

#include <assert.h>

static enum status clock_wrong(const struct call *call, int64_t beat_us, const char *seldom,
                               struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "clock-wrong", NULL, instant_format(call->arena, beat_us),
                     "It is %s by this clock, and %s %s before: the clock is wrong, or was. Set it right; "
                     "where it is right now, run `seatmeter clock accept`.",
                     instant_format(call->arena, call->now_us).at, seldom,
                     instant_format(call->arena, beat_us).at);
}

enum status call_check_clock(const struct call *call, struct fault *fault) {
    struct heartbeat beat;
    TRY(heartbeat_load(call->db, &beat, fault));
    if (call->now_us < beat.at_us - CLOCKS_APART_US) {
        return clock_wrong(call, beat.at_us, "was", fault);
    }
    int64_t ahead = call->beats ? CLOCK_LEAP_RUNNING_US : CLOCK_LEAP_US;
    bool has_leapt = beat.at_us != 0 && call->now_us > beat.at_us + ahead;
    return has_leapt && !call->is_synchronised ? clock_wrong(call, beat.at_us, "was last", fault) : STATUS_OK;
}

enum status call_begin(struct call *call, enum db_access access, struct fault *fault) {
    assert(call->db != NULL && call->arena != NULL && call->depth >= 0);
    if (call->depth > 0) {
        assert(access == DB_READ || call->writes);
        call->depth++;
        return STATUS_OK;
    }
    TRY(db_begin(call->db, access, fault));
    /* Every change comes through here: none is dated by a clock that fell behind or leapt. */
    bool is_checked = access == DB_WRITE && !call->any_clock;
    enum status status = is_checked ? call_check_clock(call, fault) : STATUS_OK;
    if (status != STATUS_OK) {
        db_rollback(call->db);
        return status;
    }
    call->depth = 1;
    call->writes = access == DB_WRITE;
    return STATUS_OK;
}

enum status call_end(struct call *call, enum status status, struct fault *fault) {
    assert(call->depth > 0);
    call->depth--;
    if (call->depth > 0) {
        return status;
    }
    call->writes = false;
    if (status == STATUS_OK && !call->dry_run) {
        return db_commit(call->db, fault);
    }
    db_rollback(call->db);
    return status;
}

enum status call_run(struct call *call, enum db_access access, call_body *body, const void *input,
                     void *output, struct fault *fault) {
    TRY(call_begin(call, access, fault));
    return call_end(call, body(call, input, output, fault), fault);
}
