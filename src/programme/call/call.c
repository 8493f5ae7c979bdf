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

/* Every change comes through here: none is dated by a clock that fell behind or leapt. */
static enum status check_writer(const struct call *call, struct fault *fault) {
    return call->any_clock ? STATUS_OK : call_check_clock(call, fault);
}

/* Joins the transaction that runs. An open one is taken whole: a use case that reads trusts in one state of
 * the store throughout. */
static enum status join(struct call *call, enum db_access access, struct fault *fault) {
    assert(access == DB_READ || call->writes);
    if (call->writes && db_hold(call->db) == DB_HOLDS_NOTHING) {
        TRY(db_take_whole(call->db, fault));
        TRY(check_writer(call, fault));
    } else if (access == DB_WRITE && db_hold(call->db) == DB_HOLDS_PARTS) {
        return fault_set(fault, STATUS_INTERNAL, "parts-too-few", NULL, TEXT(""),
                         "A change of the whole programme stands behind one of a provider's in one request.");
    }
    call->depth++;
    return STATUS_OK;
}

/* The transaction has begun: it is the call's, or it ends. */
static enum status own(struct call *call, bool writes, enum status status) {
    if (status != STATUS_OK) {
        db_rollback(call->db);
        return status;
    }
    call->depth = 1;
    call->writes = writes;
    return STATUS_OK;
}

enum status call_begin(struct call *call, enum db_access access, struct fault *fault) {
    assert(call->db != NULL && call->arena != NULL && call->depth >= 0);
    if (call->depth > 0) {
        return join(call, access, fault);
    }
    TRY(db_begin(call->db, access, fault));
    return own(call, access == DB_WRITE, access == DB_WRITE ? check_writer(call, fault) : STATUS_OK);
}

/* In ascending order, as DB_PART_DEVICES is 0. */
static size_t list_parts(const struct call_parts *parts, int64_t list[2]) {
    size_t count = 0;
    if (parts->devices) {
        list[count++] = DB_PART_DEVICES;
    }
    if (parts->provider_id != 0) {
        list[count++] = parts->provider_id;
    }
    return count;
}

/* Takes the parts that the use case needs, or looks whether the transaction has them. */
static enum status have_parts(struct call *call, const struct call_parts *parts, struct fault *fault) {
    int64_t list[2];
    size_t count = list_parts(parts, list);
    if (db_hold(call->db) == DB_HOLDS_NOTHING) {
        TRY(db_take_parts(call->db, list, count, fault));
        return check_writer(call, fault);
    }
    for (size_t i = 0; i < count; i++) {
        TRY(db_require_part(call->db, list[i], fault));
    }
    return STATUS_OK;
}

static enum status find_and_have(struct call *call, call_finder *find, const void *input,
                                 struct fault *fault) {
    struct call_parts parts = {0};
    TRY(find(call, input, &parts, fault));
    return have_parts(call, &parts, fault);
}

static enum status begin_parts(struct call *call, call_finder *find, const void *input, struct fault *fault) {
    assert(call->db != NULL && call->arena != NULL && call->depth >= 0);
    if (call->depth == 0) {
        TRY(db_begin_open(call->db, TEXT(""), fault));
        return own(call, true, find_and_have(call, find, input, fault));
    }
    assert(call->writes);
    if (db_hold(call->db) != DB_HOLDS_WHOLE) {
        TRY(find_and_have(call, find, input, fault));
    }
    call->depth++;
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

enum status call_run_parts(struct call *call, call_finder *find, call_body *body, const void *input,
                           void *output, struct fault *fault) {
    TRY(begin_parts(call, find, input, fault));
    return call_end(call, body(call, input, output, fault), fault);
}

enum status call_run_open(struct call *call, struct text name, call_body *body, const void *input,
                          void *output, struct fault *fault) {
    assert(call->depth == 0);
    TRY(db_begin_open(call->db, name, fault));
    TRY(own(call, true, STATUS_OK));
    return call_end(call, body(call, input, output, fault), fault);
}

enum status call_run(struct call *call, enum db_access access, call_body *body, const void *input,
                     void *output, struct fault *fault) {
    TRY(call_begin(call, access, fault));
    return call_end(call, body(call, input, output, fault), fault);
}
