#include "programme/licensing/undo_licence.h"

#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_licence.h"
#include "programme/call/parts.h"
#include "programme/licensing/event_time.h"
#include "programme/licensing/turn_licence.h"
#include "programme/licensing/void_events.h"
#include "store/delivery/install_links.h"
#include "store/devices/devices.h"
#include "store/parties/programme.h"

static const int64_t SECOND_US = 1000000;

static enum status nothing_to_undo(const struct call *call, const struct licence *licence,
                                   struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "nothing-to-undo", "changes",
                     identifier_text(call, IDENTIFIER_LICENCE, licence->id),
                     "The licence has not so many changes to take back.");
}

/* Reads the licence's latest changes, which must be its own, and what it was before them. */
static enum status undoing_load(struct call *call, struct licence *licence, int64_t changes,
                                struct undoing *undoing, struct fault *fault) {
    struct logged_event *events = NULL;
    *undoing = (struct undoing){.licence = licence};
    TRY(licence_events_live_latest(call->db, call->arena, licence->id, changes, &events,
                                   &undoing->voiding.count, fault));
    undoing->voiding.events = events;
    if ((int64_t)undoing->voiding.count < changes) {
        return nothing_to_undo(call, licence, fault);
    }
    for (size_t i = 0; i < undoing->voiding.count; i++) {
        if (events[i].event.kind == EVENT_SUSPEND || events[i].event.kind == EVENT_RESUME) {
            return fault_set(fault, STATUS_CONFLICT, "undo-after-agreement", "licence",
                             identifier_text(call, IDENTIFIER_LICENCE, licence->id),
                             "An agreement above the licence was suspended or resumed since: change the "
                             "licence as it should be from now on.");
        }
    }
    return state_before_find(call, licence, &undoing->voiding, &undoing->before, fault);
}

static const struct logged_event *first_of(const struct undoing *undoing) {
    return &undoing->voiding.events[undoing->voiding.count - 1];
}

static enum status check_window(struct call *call, const struct undoing *undoing, struct fault *fault) {
    struct programme programme;
    TRY(programme_load(call->db, call->arena, &programme, fault));
    if (programme.undo_window_s == 0) {
        return fault_set(fault, STATUS_CONFLICT, "undo-forbidden", NULL, TEXT(""),
                         "In this programme nothing can be undone: change the licence as it should be.");
    }
    if (call->now_us - first_of(undoing)->recorded_at_us > programme.undo_window_s * SECOND_US) {
        return fault_set(fault, STATUS_CONFLICT, "undo-too-late", "licence",
                         identifier_text(call, IDENTIFIER_LICENCE, undoing->licence->id),
                         "A change can be undone for %lld minutes: change the licence as it should be, with "
                         "the time from which on that holds.",
                         (long long)(programme.undo_window_s / 60));
    }
    return STATUS_OK;
}

/* Whether the events gave more seats than there are without them, and somebody may have had one. */
static enum status is_used(struct call *call, const struct undoing *undoing, bool *used,
                           struct fault *fault) {
    *used = false;
    if (voiding_peak(&undoing->voiding) <= undoing->before.counted_seats) {
        return STATUS_OK;
    }
    int64_t since_us = first_of(undoing)->recorded_at_us;
    TRY(device_used_since(call->db, undoing->licence->id, since_us, undoing->before.counted_seats, used,
                          fault));
    if (*used || undoing->before.counted_seats > 0) {
        return STATUS_OK; /* what counted before could be downloaded before */
    }
    return install_links_used_since(call->db, undoing->licence->id, since_us, used, fault);
}

static enum status check_parts(const struct call *call, const struct licence *licence,
                               const struct licence *parts, size_t part_count, struct fault *fault) {
    for (size_t i = 0; i < part_count; i++) {
        if (parts[i].state == LICENCE_RETIRED) {
            return fault_set(
                fault, STATUS_CONFLICT, "part-retired", "licence",
                identifier_text(call, IDENTIFIER_LICENCE, licence->id),
                "A part of this bundle was retired with its vendor's agreement: the bundle can be "
                "turned off and retired, nothing else.");
        }
    }
    return STATUS_OK;
}

static enum status check_licence(const struct call *call, const struct licence *licence,
                                 struct fault *fault) {
    if (licence->parent_id != 0) {
        return fault_set(fault, STATUS_CONFLICT, "part-of-bundle", "licence",
                         identifier_text(call, IDENTIFIER_LICENCE, licence->id),
                         "This licence is a part of a bundle and follows it: change %s instead.",
                         identifier_text(call, IDENTIFIER_LICENCE, licence->parent_id).at);
    }
    if (licence->state == LICENCE_RETIRED) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("retired"),
                         "The licence is retired: that state is final and cannot be undone.");
    }
    return STATUS_OK;
}

/* What was used is not taken back: the licence goes from now on to where it was. */
static enum status change_instead(struct call *call, struct licence_row *row, const struct undoing *undoing,
                                  struct undone_licence *out, struct fault *fault) {
    struct turning_of_row turning = {.turn = TURN_OFF, .time = {.at_us = call->now_us}};
    const struct licence *licence = undoing->licence;
    out->instead = TEXT("off");
    if (licence->state == LICENCE_ON && undoing->before.state == LICENCE_ON &&
        undoing->before.seats < licence->seats) {
        turning.turn = TURN_RESIZE;
        turning.seats = undoing->before.seats;
        out->instead = TEXT("seats");
    } else if (licence->state != LICENCE_ON || undoing->before.state == LICENCE_ON) {
        return fault_set(fault, STATUS_CONFLICT, "undo-used", "licence",
                         identifier_text(call, IDENTIFIER_LICENCE, licence->id),
                         "A device had a seat of the licence meanwhile, so what happened stays: change the "
                         "licence as it should be from now on.");
    }
    return turn_licence_row(call, row, &turning, fault);
}

static enum status undo_row(struct call *call, struct licence_row *row, int64_t changes,
                            struct undone_licence *out, struct fault *fault) {
    struct licence *parts = NULL;
    size_t part_count = 0;
    bool used = false;
    int64_t at_us = 0;
    TRY(check_licence(call, &row->licence, fault));
    TRY(licence_load_parts(call->db, call->arena, row->licence.id, &parts, &part_count, fault));
    TRY(check_parts(call, &row->licence, parts, part_count, fault));
    struct undoing *undoing = ARENA_NEW(call->arena, struct undoing, part_count + 1);
    TRY(undoing_load(call, &row->licence, changes, &undoing[0], fault));
    for (size_t i = 0; i < part_count; i++) {
        TRY(undoing_load(call, &parts[i], changes, &undoing[i + 1], fault));
    }
    TRY(check_window(call, &undoing[0], fault));
    const struct event_time time = {.given = true, .at_us = first_of(&undoing[0])->event.at_us};
    TRY(event_time_settle(call, time, &row->licence, 0, &at_us, fault));
    TRY(is_used(call, &undoing[0], &used, fault));
    if (used) {
        return change_instead(call, row, &undoing[0], out, fault);
    }
    TRY(void_events(call, undoing, part_count + 1, UNDO_ASKED_FOR, fault));
    out->undone = changes;
    struct text at = instant_format(call->arena, at_us);
    return audit_write(call, "licence.undo", identifier_text(call, IDENTIFIER_LICENCE, row->licence.id),
                       row->licence.provider_id,
                       text_format(call->arena, "%lld changes since %.*s", (long long)changes, TEXT_ARGS(at)),
                       fault);
}

static enum status find_parts(struct call *call, const void *input, struct call_parts *parts,
                              struct fault *fault) {
    const struct undo_licence_input *undo = input;
    return parts_of_licence(call, undo->licence, &parts->provider_id, fault);
}

static enum status do_undo_licence(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct undo_licence_input *undo = input;
    struct undone_licence *out = output;
    struct licence_row row;
    int64_t changes = undo->changes == 0 ? 1 : undo->changes;
    TRY(find_licence_to_change(call, undo->licence, &row, fault));
    TRY(check_version(undo->if_version, row.licence.version, fault));
    if (changes < 1 || changes > UNDO_CHANGES_MAX) {
        return fault_set(fault, STATUS_INVALID, "changes-out-of-range", "changes",
                         text_format(call->arena, "%lld", (long long)changes),
                         "From 1 to %d changes are undone at once.", UNDO_CHANGES_MAX);
    }
    *out = (struct undone_licence){.instead = TEXT("")};
    TRY(undo_row(call, &row, changes, out, fault));
    TRY(licence_view_fill(call, &row, true, &out->licence, fault));
    return STATUS_OK;
}

enum status undo_licence(struct call *call, const struct undo_licence_input *input,
                         struct undone_licence *out, struct fault *fault) {
    return call_run_parts(call, find_parts, do_undo_licence, input, out, fault);
}

/* ---- a customer's drop-out ---- */

/* Whether the licence is still as the drop-out left it. */
static enum status is_as_it_was_left(struct call *call, const struct licence *licence, int64_t recorded_at_us,
                                     bool *yes, struct fault *fault) {
    struct logged_event *latest = NULL;
    size_t count = 0;
    TRY(licence_events_live_latest(call->db, call->arena, licence->id, 1, &latest, &count, fault));
    *yes = licence->state == LICENCE_OFF && count == 1 && latest->event.kind == EVENT_OFF &&
           latest->event.cause_id == licence->customer_id && latest->recorded_at_us == recorded_at_us;
    return STATUS_OK;
}

static enum status undo_one_off(struct call *call, int64_t licence_id, int64_t recorded_at_us,
                                struct undone_customer *out, struct fault *fault) {
    struct licence_row row;
    struct undone_licence undone;
    bool found = false;
    bool is_as_left = false;
    TRY(licence_load(call->db, call->arena, licence_id, &row, &found, fault));
    if (found) {
        TRY(is_as_it_was_left(call, &row.licence, recorded_at_us, &is_as_left, fault));
    }
    if (!is_as_left) {
        out->left++;
        return STATUS_OK;
    }
    out->licences++;
    return undo_row(call, &row, 1, &undone, fault);
}

static enum status find_parts_of_customer(struct call *call, const void *input, struct call_parts *parts,
                                          struct fault *fault) {
    const struct text *customer = input;
    return parts_of_customer(call, *customer, &parts->provider_id, fault);
}

static enum status do_undo_customer_off(struct call *call, const void *input, void *output,
                                        struct fault *fault) {
    const struct text *word = input;
    struct undone_customer result = {0};
    struct account customer = {0};
    int64_t recorded_at_us = 0;
    int64_t *ids = NULL;
    size_t count = 0;
    TRY(find_customer_to_licence(call, *word, &customer, fault));
    TRY(licence_events_turned_off(call->db, call->arena, customer.id, &recorded_at_us, &ids, &count, fault));
    if (count == 0) {
        return fault_set(fault, STATUS_CONFLICT, "nothing-to-undo", "customer", *word,
                         "The customer was not turned off, or that was undone: there is nothing to undo.");
    }
    for (size_t i = 0; i < count; i++) {
        TRY(undo_one_off(call, ids[i], recorded_at_us, &result, fault));
    }
    *(struct undone_customer *)output = result;
    return STATUS_OK;
}

enum status undo_customer_off(struct call *call, struct text customer, struct undone_customer *out,
                              struct fault *fault) {
    return call_run_parts(call, find_parts_of_customer, do_undo_customer_off, &customer, out, fault);
}

/* ---- the window ---- */

static enum status do_set_undo_window(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    int64_t minutes = *(const int64_t *)input;
    struct programme programme;
    (void)output;
    TRY(require_operator(call, "Only the operator sets how long a change can be undone.", fault));
    TRY(programme_load(call->db, call->arena, &programme, fault));
    if (minutes < 0 || minutes > UNDO_WINDOW_MINUTES_MAX) {
        return fault_set(fault, STATUS_INVALID, "minutes-out-of-range", "minutes",
                         text_format(call->arena, "%lld", (long long)minutes),
                         "A change can be undone for 0 (never) to %d minutes.", UNDO_WINDOW_MINUTES_MAX);
    }
    TRY(programme_set_undo_window(call->db, minutes * 60, fault));
    return audit_write(
        call, "programme.undo-window", identifier_text(call, IDENTIFIER_ACCOUNT, programme.distributor_id),
        programme.distributor_id, text_format(call->arena, "%lld minutes", (long long)minutes), fault);
}

enum status set_undo_window(struct call *call, int64_t minutes, struct fault *fault) {
    return call_run(call, DB_WRITE, do_set_undo_window, &minutes, NULL, fault);
}
