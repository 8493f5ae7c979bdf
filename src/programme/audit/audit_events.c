/* The log is played again from its first event, each licence through its own small state. The result is laid
 * beside what the store says of the licence today.
 *
 * Each licence is played twice. `log` goes through every event as it was written, so that the chain of seats
 * is whole; an undo takes it where it says. `live` goes through what is not voided alone, which is what is
 * metered. Both must end in the same place. */
#include "programme/audit/audit_events.h"

#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "store/licensing/events.h"
#include "store/upkeep/audit_queries.h"

#include <assert.h>
#include <stdio.h>

/* Where the events of a licence have come to. */
struct course {
    int64_t own_seats;
    int64_t counted_seats;
    int64_t suspensions;
    int64_t last_at_us;
};

/* A licence as the store has it (`stored`), and as the log makes it. */
struct played {
    struct audited_licence stored;
    struct course log;
    struct course live;
    int64_t first_on_at_us; /* of what is not voided */
};

struct playing {
    struct audit *audit;
    struct arena arena;
    struct played *licences;
    size_t count;
    size_t capacity;
    struct id_map index;
    struct event_log *logs; /* by provider, as their rows have them */
    size_t log_count;
    size_t log;          /* the one that is played, or the next where no event of it came yet */
    int64_t unlogged;    /* the last provider that has events and no row */
    int64_t last_number; /* of the events of that log */
    int64_t last_recorded_us;
};

static struct text licence_text(const struct playing *playing, int64_t id) {
    return identifier_text(playing->audit->call, IDENTIFIER_LICENCE, id);
}

static enum status read_licences(struct playing *playing, struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = audited_licences_stream(playing->audit->call->db, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        playing->licences = arena_grow(&playing->arena, playing->licences, playing->count, &playing->capacity,
                                       sizeof *playing->licences);
        struct played *licence = &playing->licences[playing->count];
        *licence = (struct played){0};
        status = audited_licence_read(rows, &licence->stored, fault);
        id_map_put(&playing->index, licence->stored.id, 0, (uint32_t)playing->count++);
    }
    db_rows_close(rows);
    return status;
}

/* Whether the event can happen to the licence as its events have made it. */
static bool can_happen(const struct course *course, const struct licence_event *event) {
    switch (event->kind) {
    case EVENT_ON:
        return course->own_seats == 0 && event->own_seats > 0 && course->suspensions == 0;
    case EVENT_OFF:
        return course->own_seats > 0 && event->own_seats == 0;
    case EVENT_SEATS:
        return (course->own_seats > 0) == (event->own_seats > 0);
    case EVENT_SUSPEND:
        return event->own_seats == course->own_seats;
    case EVENT_RESUME:
        return event->own_seats == course->own_seats && course->suspensions > 0;
    case EVENT_UNDO:
        return true; /* where it ends is laid beside what is live */
    }
    return false;
}

/* A text of its own: three million of them must not fill an arena. */
struct event_words {
    char words[32 + IDENTIFIER_BYTES];
};

static struct event_words words_of(const struct playing *playing, const struct licence_event *event) {
    struct event_words made;
    char provider[IDENTIFIER_BYTES];
    identifier_encode(playing->audit->call->secret, IDENTIFIER_ACCOUNT, event->provider_id, provider);
    snprintf(made.words, sizeof made.words, "event %lld of %s", (long long)event->number, provider);
    return made;
}

static void check_event(struct audit *audit, const struct played *licence, const struct licence_event *event,
                        struct text subject) {
    if (event->provider_id != licence->stored.provider_id ||
        event->customer_id != licence->stored.customer_id || event->sku_id != licence->stored.sku_id) {
        audit_found(audit, "event-licence", subject,
                    "names another provider, customer or SKU than its licence");
    }
    if (event->seats_before != licence->log.counted_seats) {
        audit_found(audit, "event-chain", subject, "begins with %d seats where the log had come to %lld",
                    event->seats_before, (long long)licence->log.counted_seats);
    }
    if (!can_happen(&licence->log, event)) {
        audit_found(audit, "event-impossible", subject,
                    "cannot happen to its licence, which had %lld seats on and %lld suspensions",
                    (long long)licence->log.own_seats, (long long)licence->log.suspensions);
    }
}

/* Now is the audit's: a store that was written by a clock that ran ahead is found once the clock is right. */
static void check_future(struct audit *audit, const struct licence_event *event, struct text subject) {
    const struct call *call = audit->call;
    if (event->at_us > call->now_us + CLOCKS_APART_US) {
        audit_found(audit, "event-future", subject, "takes effect at %s, and it is %s: a clock was wrong",
                    instant_format(call->arena, event->at_us).at,
                    instant_format(call->arena, call->now_us).at);
    }
}

/* Of what is metered, each event follows the one before. */
static void check_live_event(struct audit *audit, const struct played *licence,
                             const struct licence_event *event, struct text subject) {
    if (event->at_us < licence->live.last_at_us) {
        audit_found(audit, "event-order", subject, "takes effect before its licence's previous event");
    }
    if (event->seats_before != licence->live.counted_seats) {
        audit_found(audit, "event-live", subject,
                    "begins with %d seats where what is not voided had come to %lld", event->seats_before,
                    (long long)licence->live.counted_seats);
    }
}

static void move(struct course *course, const struct licence_event *event) {
    course->suspensions += event->kind == EVENT_SUSPEND ? 1 : event->kind == EVENT_RESUME ? -1 : 0;
    course->own_seats = event->own_seats;
    course->counted_seats = event->seats_after;
    course->last_at_us = event->at_us;
}

static void play_event(struct playing *playing, struct played *licence, const struct logged_event *logged) {
    const struct licence_event *event = &logged->event;
    struct audit *audit = playing->audit;
    const struct event_words words = words_of(playing, event);
    struct text subject = text_of(words.words);
    check_event(audit, licence, event, subject);
    move(&licence->log, event);
    int64_t counted = licence->log.suspensions == 0 ? event->own_seats : 0;
    if (event->seats_after != counted) {
        audit_found(audit, "event-seats", subject, "ends with %d seats where %lld count", event->seats_after,
                    (long long)counted);
    }
    if (logged->voided_by != 0 || event->kind == EVENT_UNDO) {
        return;
    }
    check_live_event(audit, licence, event, subject);
    check_future(audit, event, subject);
    move(&licence->live, event);
    if (event->kind == EVENT_ON && licence->first_on_at_us == 0) {
        licence->first_on_at_us = event->at_us;
    }
}

/* ---- the logs ---- */

/* Ends the present log, which must have come to where its row is, and goes on to the next row. */
static void end_log(struct playing *playing) {
    const struct event_log *log = &playing->logs[playing->log++];
    if (log->taken != playing->last_number) {
        audit_found(playing->audit, "event-gap",
                    identifier_text(playing->audit->call, IDENTIFIER_ACCOUNT, log->provider_id),
                    "has a log that ends with event %lld where %lld numbers were taken",
                    (long long)playing->last_number, (long long)log->taken);
    }
    if (playing->last_number > 0 && log->recorded_at_us != playing->last_recorded_us) {
        audit_found(playing->audit, "event-recorded",
                    identifier_text(playing->audit->call, IDENTIFIER_ACCOUNT, log->provider_id),
                    "has a log that says another time of its last event than that event");
    }
    playing->last_number = 0;
    playing->last_recorded_us = INT64_MIN;
}

/* Goes to the log of the provider, past those that have no event. */
static void go_to_log(struct playing *playing, int64_t provider_id) {
    while (playing->log < playing->log_count && playing->logs[playing->log].provider_id < provider_id) {
        end_log(playing);
    }
    bool is_there =
        playing->log < playing->log_count && playing->logs[playing->log].provider_id == provider_id;
    if (!is_there && playing->unlogged != provider_id) {
        playing->unlogged = provider_id;
        playing->last_number = 0;
        playing->last_recorded_us = INT64_MIN;
        audit_found(playing->audit, "event-gap",
                    identifier_text(playing->audit->call, IDENTIFIER_ACCOUNT, provider_id),
                    "has events and no row that numbers them");
    }
}

/* A log's events follow each other by number, and by the time at which they were recorded. */
static void check_number(struct playing *playing, const struct logged_event *logged, struct text subject) {
    const struct licence_event *event = &logged->event;
    const struct event_log *log = playing->log < playing->log_count ? &playing->logs[playing->log] : NULL;
    if (event->number != playing->last_number + 1) {
        audit_found(playing->audit, "event-gap", subject, "follows event %lld in the log",
                    (long long)playing->last_number);
    }
    bool is_timed =
        log == NULL || log->provider_id != event->provider_id || playing->last_number > log->untimed;
    if (is_timed && logged->recorded_at_us < playing->last_recorded_us) {
        audit_found(playing->audit, "event-recorded", subject,
                    "was recorded before the event that it follows in the log");
    }
    playing->last_number = event->number;
    playing->last_recorded_us = logged->recorded_at_us;
}

static void take_event(struct playing *playing, const struct logged_event *logged) {
    const struct licence_event *event = &logged->event;
    struct audit *audit = playing->audit;
    const struct event_words words = words_of(playing, event);
    uint32_t at = 0;
    go_to_log(playing, event->provider_id);
    check_number(playing, logged, text_of(words.words));
    audit->result.events_checked++;
    if (id_map_get(&playing->index, event->licence_id, 0, &at)) {
        assert(at < playing->count);
        play_event(playing, &playing->licences[at], logged);
    } else {
        audit_found(audit, "event-licence", text_of(words.words), "is of a licence that is not there");
    }
}

static enum status play_events(struct playing *playing, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct logged_event event;
    bool have_row = false;
    enum status status = audited_events_stream(playing->audit->call->db, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        audited_event_read(rows, &event);
        take_event(playing, &event);
    }
    db_rows_close(rows);
    return status;
}

/* How many agreements of the edge are suspended; SNAPSHOT_NONE is no edge. */
static int64_t suspended_on(const struct snapshot *snapshot, uint32_t edge) {
    int64_t suspended = 0;
    if (edge == SNAPSHOT_NONE) {
        return 0;
    }
    for (uint32_t i = 0; i < snapshot->edges[edge].agreement_count; i++) {
        uint32_t agreement = snapshot->edge_agreements[snapshot->edges[edge].first_agreement + i];
        const struct agreement *one = &snapshot->agreements[agreement];
        /* Once, however many terms it has. */
        bool is_first = one->terms_from.index == 0;
        suspended += is_first && one->state == AGREEMENT_SUSPENDED;
    }
    return suspended;
}

/* The suspended agreements on a licence's path: above its customer, and its SKU's vendor's. A circle of
 * sellers ends the walk, too. */
static int64_t suspended_above(const struct snapshot *snapshot, const struct audited_licence *licence) {
    int64_t suspended = 0;
    uint32_t sku = snapshot_sku_find(snapshot, licence->sku_id);
    uint32_t owner =
        sku == SNAPSHOT_NONE ? SNAPSHOT_NONE : snapshot_account_find(snapshot, snapshot->skus[sku].owner_id);
    uint32_t at = snapshot_account_find(snapshot, licence->customer_id);
    if (owner != SNAPSHOT_NONE && at != SNAPSHOT_NONE) {
        suspended += suspended_on(snapshot, snapshot->vendor_edge[owner]);
    }
    for (size_t steps = 0; at != SNAPSHOT_NONE && steps <= snapshot->account_count; steps++) {
        suspended += suspended_on(snapshot, snapshot->edge_to_buyer[at]);
        at = snapshot_account_find(snapshot, snapshot->accounts[at].seller_id);
    }
    return suspended;
}

static bool state_follows(const struct played *licence) {
    switch (licence->stored.state) {
    case LICENCE_ISSUED:
        return licence->first_on_at_us == 0;
    case LICENCE_ON:
        return licence->live.own_seats > 0;
    case LICENCE_OFF:
        return licence->first_on_at_us > 0 && licence->live.own_seats == 0;
    case LICENCE_RETIRED:
        return licence->live.own_seats == 0;
    }
    return false;
}

static void check_licence(struct playing *playing, const struct played *licence) {
    struct audit *audit = playing->audit;
    const struct audited_licence *stored = &licence->stored;
    if (!state_follows(licence)) {
        audit_found(audit, "licence-state", licence_text(playing, stored->id),
                    "is %s, which does not follow from its events (%lld seats on)",
                    machine_state_name(&licence_machine, (int)stored->state),
                    (long long)licence->live.own_seats);
    }
    if (licence->log.own_seats != licence->live.own_seats ||
        licence->log.counted_seats != licence->live.counted_seats) {
        audit_found(audit, "event-undo", licence_text(playing, stored->id),
                    "has %lld seats by its log and %lld without what was undone",
                    (long long)licence->log.counted_seats, (long long)licence->live.counted_seats);
    }
    if (stored->counted_seats != licence->live.counted_seats) {
        audit_found(audit, "licence-counted", licence_text(playing, stored->id),
                    "counts %lld seats where its events count %lld", (long long)stored->counted_seats,
                    (long long)licence->live.counted_seats);
    }
    if (stored->state == LICENCE_ON && stored->seats != licence->live.own_seats) {
        audit_found(audit, "licence-seats", licence_text(playing, stored->id),
                    "has %lld seats where its events have %lld", (long long)stored->seats,
                    (long long)licence->live.own_seats);
    }
    if (stored->first_on_at_us != licence->first_on_at_us) {
        audit_found(audit, "licence-first-on", licence_text(playing, stored->id),
                    "was first turned on at another instant than its first event `on` says");
    }
    if (stored->last_event_at_us != licence->live.last_at_us) {
        audit_found(audit, "licence-last-event", licence_text(playing, stored->id),
                    "says another instant of its last event than the log");
    }
    if (stored->state == LICENCE_RETIRED) {
        return; /* what is retired is neither suspended nor resumed any more */
    }
    int64_t above = suspended_above(&audit->snapshot, stored);
    if (stored->suspensions != licence->live.suspensions || stored->suspensions != above) {
        audit_found(audit, "licence-suspensions", licence_text(playing, stored->id),
                    "counts %lld suspensions; its events give %lld, and %lld agreements above are suspended",
                    (long long)stored->suspensions, (long long)licence->live.suspensions, (long long)above);
    }
}

static enum status play_log(struct playing *playing, struct fault *fault) {
    TRY(read_licences(playing, fault));
    TRY(event_logs_load(playing->audit->call->db, &playing->arena, &playing->logs, &playing->log_count,
                        fault));
    TRY(play_events(playing, fault));
    while (playing->log < playing->log_count) {
        end_log(playing);
    }
    for (size_t i = 0; i < playing->count; i++) {
        check_licence(playing, &playing->licences[i]);
    }
    return STATUS_OK;
}

enum status audit_events(struct audit *audit, struct fault *fault) {
    struct playing playing = {.audit = audit, .last_recorded_us = INT64_MIN};
    arena_init(&playing.arena);
    id_map_init(&playing.index, &playing.arena, 1024);
    enum status status = play_log(&playing, fault);
    audit->result.licences_checked = (int64_t)playing.count;
    arena_clean_up(&playing.arena);
    return status;
}
