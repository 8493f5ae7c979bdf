#include "programme/licensing/late_change.h"

#include "core/time/instant.h"
#include "core/time/zone.h"
#include "programme/call/authorise.h"
#include "programme/call/standing_terms.h"
#include "store/devices/devices.h"
#include "store/parties/agreements.h"

/* A check-in is saved within this time, however busy the device door is. */
static const int64_t UNSETTLED_US = INT64_C(300) * 1000000;

/* More changes of one licence in a month than anybody makes. */
enum { VOIDED_MAX = 1000 };

static enum status cannot_be_late(const struct call *call, const struct licence *licence, int64_t at_us,
                                  const char *why, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "before-previous-event", "at",
                     instant_format(call->arena, at_us),
                     "The licence %s was changed since then, and %s: give a later time, or adjust the usage "
                     "report.",
                     identifier_text(call, IDENTIFIER_LICENCE, licence->id).at, why);
}

/* Whether both instants are in one month of the customer's agreement. */
static enum status are_of_one_month(const struct call *call, const struct licence *licence, int64_t first_us,
                                    int64_t last_us, bool *yes, struct fault *fault) {
    struct agreement agreement = {0};
    struct month first = {0};
    struct month last = {0};
    bool found = false;
    TRY(agreement_find_edge(call->db, call->arena, licence->provider_id, licence->customer_id, &found,
                            &agreement, fault));
    *yes = false;
    if (!found) {
        return STATUS_OK;
    }
    TRY(standing_month(call, &agreement, first_us, &first, fault));
    TRY(standing_month(call, &agreement, last_us, &last, fault));
    *yes = first.index == last.index;
    return STATUS_OK;
}

/* Reads what of the licence comes after the instant. */
static enum status undoing_load(struct call *call, struct licence *licence, int64_t at_us,
                                struct undoing *undoing, struct fault *fault) {
    struct logged_event *events = NULL;
    size_t count = 0;
    size_t later = 0;
    bool same_month = true;
    *undoing = (struct undoing){.licence = licence};
    TRY(licence_events_live_latest(call->db, call->arena, licence->id, VOIDED_MAX, &events, &count, fault));
    while (later < count && events[later].event.at_us > at_us) {
        if (events[later].event.kind == EVENT_SUSPEND || events[later].event.kind == EVENT_RESUME) {
            return cannot_be_late(call, licence, at_us, "an agreement above it was suspended or resumed",
                                  fault);
        }
        later++;
    }
    if (later == 0) {
        undoing->before = (struct state_before){licence->state, licence->seats, licence->counted_seats,
                                                licence->first_on_at_us, licence->last_event_at_us};
        return STATUS_OK;
    }
    TRY(are_of_one_month(call, licence, at_us, events[0].event.at_us, &same_month, fault));
    if (!same_month || later == VOIDED_MAX) {
        return cannot_be_late(call, licence, at_us, "in a later month", fault);
    }
    undoing->voiding = (struct voiding){events, later};
    return state_before_find(call, licence, &undoing->voiding, &undoing->before, fault);
}

/* The seats that count from the change on. */
static int64_t counted_after(const struct licence *licence, const struct state_before *before,
                             const struct late_wanted *wanted) {
    bool is_on = wanted->turns_on || (before->state == LICENCE_ON && !wanted->turns_off);
    if (!is_on || licence->suspensions > 0) {
        return 0;
    }
    return wanted->seats > 0 ? wanted->seats : before->seats;
}

enum status late_change_begin(struct call *call, struct licence *licence, struct licence *parts,
                              size_t part_count, const struct late_wanted *wanted, struct late_change *late,
                              struct fault *fault) {
    struct undoing *undoing = ARENA_NEW(call->arena, struct undoing, part_count + 1);
    int64_t at_us = wanted->at_us;
    /* What the licence's last change gave is taken away by one of the same instant, however near. */
    *late = (struct late_change){.at_us = at_us,
                                 .is_past = call->now_us - at_us > CLOCKS_APART_US ||
                                            at_us <= licence->last_event_at_us};
    if (licence->state == LICENCE_RETIRED) {
        return STATUS_OK; /* that state is final, as the change will be told */
    }
    TRY(undoing_load(call, licence, at_us, &undoing[0], fault));
    for (size_t i = 0; i < part_count; i++) {
        if (parts[i].state == LICENCE_RETIRED) {
            undoing[i + 1] = (struct undoing){.licence = &parts[i]};
        } else {
            TRY(undoing_load(call, &parts[i], at_us, &undoing[i + 1], fault));
        }
    }
    late->voided = undoing[0].voiding.count;
    int32_t before = undoing[0].before.counted_seats;
    int32_t peak = voiding_peak(&undoing[0].voiding);
    late->peak = peak > before ? peak : before;
    if (late->voided == 0) {
        return STATUS_OK;
    }
    bool lowers = late->peak > counted_after(licence, &undoing[0].before, wanted);
    return void_events(call, undoing, part_count + 1, lowers ? UNDO_BY_LOWERING_CHANGE : UNDO_BY_LATE_CHANGE,
                       fault);
}

enum status late_change_end(struct call *call, const struct licence *licence, const struct late_change *late,
                            struct fault *fault) {
    bool used = false;
    if ((late->voided == 0 && !late->is_past) || late->peak <= licence->counted_seats) {
        return STATUS_OK;
    }
    TRY(device_had_seat_since(call->db, licence->id, late->at_us, licence->counted_seats,
                              call->now_us - late->at_us < UNSETTLED_US, &used, fault));
    if (!used) {
        return STATUS_OK;
    }
    return fault_set(
        fault, STATUS_CONFLICT, "late-used", "at", instant_format(call->arena, late->at_us),
        "Devices had seats of the licence since then, and what they had is billed: give it as many "
        "seats as they had at that time, and turn it off from now on.");
}
