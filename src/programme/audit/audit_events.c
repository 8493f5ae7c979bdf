/* The log is played again from its first event, every licence through its own small state, and what comes out
 * is laid beside what the store says of the licence today. */
#include "programme/audit/audit_private.h"

#include "programme/call/authorise.h"
#include "store/licensing/events.h"
#include "store/upkeep/audit_queries.h"

#include <stdio.h>

/* A licence as the store has it, and as the log makes it. */
struct played {
    struct audited_licence kept;
    int64_t own_seats;
    int64_t counted_seats;
    int64_t suspensions;
    int64_t first_on_at_us;
    int64_t last_at_us;
};

struct playing {
    struct audit *audit;
    struct arena arena;
    struct played *licences;
    size_t count;
    size_t capacity;
    struct id_map index;
    int64_t last_sequence;
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
        status = audited_licence_read(rows, &licence->kept, fault);
        id_map_put(&playing->index, licence->kept.id, 0, (uint32_t)playing->count++);
    }
    db_rows_close(rows);
    return status;
}

/* What the licence's own state would be after the event; false where the event could not happen. */
static bool follows(const struct played *licence, const struct licence_event *event) {
    switch (event->kind) {
    case EVENT_ON:
        return licence->own_seats == 0 && event->own_seats > 0 && licence->suspensions == 0;
    case EVENT_OFF:
        return licence->own_seats > 0 && event->own_seats == 0;
    case EVENT_SEATS:
        return (licence->own_seats > 0) == (event->own_seats > 0);
    case EVENT_SUSPEND:
        return event->own_seats == licence->own_seats;
    case EVENT_RESUME:
        return event->own_seats == licence->own_seats && licence->suspensions > 0;
    }
    return false;
}

static void play(struct playing *playing, struct played *licence, const struct licence_event *event) {
    struct audit *audit = playing->audit;
    char words[32];
    snprintf(words, sizeof words, "event %lld", (long long)event->sequence);
    struct text subject = text_of(words); /* three million of them must not fill an arena */
    if (event->provider_id != licence->kept.provider_id || event->customer_id != licence->kept.customer_id ||
        event->sku_id != licence->kept.sku_id) {
        audit_found(audit, "event-licence", subject,
                    "names another provider, customer or SKU than its licence");
    }
    if (event->at_us < licence->last_at_us) {
        audit_found(audit, "event-order", subject, "takes effect before its licence's previous event");
    }
    if (event->seats_before != licence->counted_seats) {
        audit_found(audit, "event-chain", subject, "begins with %d seats where the log had come to %lld",
                    event->seats_before, (long long)licence->counted_seats);
    }
    if (!follows(licence, event)) {
        audit_found(audit, "event-impossible", subject,
                    "cannot happen to its licence, which had %lld seats on and %lld suspensions",
                    (long long)licence->own_seats, (long long)licence->suspensions);
    }
    licence->suspensions += event->kind == EVENT_SUSPEND ? 1 : event->kind == EVENT_RESUME ? -1 : 0;
    int64_t counted = licence->suspensions == 0 ? event->own_seats : 0;
    if (event->seats_after != counted) {
        audit_found(audit, "event-seats", subject, "ends with %d seats where %lld count", event->seats_after,
                    (long long)counted);
    }
    licence->own_seats = event->own_seats;
    licence->counted_seats = event->seats_after;
    licence->last_at_us = event->at_us;
    if (event->kind == EVENT_ON && licence->first_on_at_us == 0) {
        licence->first_on_at_us = event->at_us;
    }
}

static enum status play_events(struct playing *playing, struct fault *fault) {
    struct audit *audit = playing->audit;
    struct db_rows *rows = NULL;
    struct licence_event event;
    bool have_row = false;
    enum status status = audited_events_stream(audit->call->db, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        uint32_t at = 0;
        struct arena *arena = audit->call->arena;
        audited_event_read(rows, &event);
        if (event.sequence != playing->last_sequence + 1) {
            audit_found(audit, "event-gap", text_format(arena, "event %lld", (long long)event.sequence),
                        "follows event %lld in the log", (long long)playing->last_sequence);
        }
        playing->last_sequence = event.sequence;
        audit->result.events_checked++;
        if (id_map_get(&playing->index, event.licence_id, 0, &at)) {
            play(playing, &playing->licences[at], &event);
        } else {
            audit_found(audit, "event-licence", text_format(arena, "event %lld", (long long)event.sequence),
                        "is of a licence that is not there");
        }
    }
    db_rows_close(rows);
    return status;
}

/* The suspended agreements on a licence's path: above its customer, and its SKU's vendor's. */
static int64_t suspended_above(const struct snapshot *snapshot, const struct audited_licence *licence) {
    int64_t suspended = 0;
    uint32_t edges[2] = {SNAPSHOT_NONE, SNAPSHOT_NONE};
    uint32_t at = snapshot_account_find(snapshot, licence->customer_id);
    uint32_t sku = snapshot_sku_find(snapshot, licence->sku_id);
    if (sku != SNAPSHOT_NONE) {
        edges[1] = snapshot->vendor_edge[snapshot_account(snapshot, snapshot->skus[sku].owner_id)];
    }
    for (size_t steps = 0; at != SNAPSHOT_NONE && steps <= snapshot->account_count; steps++) {
        edges[0] = snapshot->edge_to_buyer[at];
        for (int k = 0; k < 2; k++) {
            for (uint32_t i = 0; edges[k] != SNAPSHOT_NONE && i < snapshot->edges[edges[k]].agreement_count;
                 i++) {
                uint32_t agreement = snapshot->edge_agreements[snapshot->edges[edges[k]].first_agreement + i];
                suspended += snapshot->agreements[agreement].state == AGREEMENT_SUSPENDED;
            }
            edges[k] = SNAPSHOT_NONE; /* the vendor's counts once */
        }
        at = snapshot->accounts[at].seller_id == 0
                 ? SNAPSHOT_NONE
                 : snapshot_account_find(snapshot, snapshot->accounts[at].seller_id);
    }
    return suspended;
}

static bool state_follows(const struct played *licence) {
    switch (licence->kept.state) {
    case LICENCE_ISSUED:
        return licence->first_on_at_us == 0;
    case LICENCE_ON:
        return licence->own_seats > 0;
    case LICENCE_OFF:
        return licence->first_on_at_us > 0 && licence->own_seats == 0;
    case LICENCE_RETIRED:
        return licence->own_seats == 0;
    }
    return false;
}

static void check_licence(struct playing *playing, const struct played *licence) {
    struct audit *audit = playing->audit;
    const struct audited_licence *kept = &licence->kept;
    if (!state_follows(licence)) {
        audit_found(audit, "licence-state", licence_text(playing, kept->id),
                    "is %s, which does not follow from its events (%lld seats on)",
                    machine_state_name(&licence_machine, (int)kept->state), (long long)licence->own_seats);
    }
    if (kept->counted_seats != licence->counted_seats) {
        audit_found(audit, "licence-counted", licence_text(playing, kept->id),
                    "counts %lld seats where its events count %lld", (long long)kept->counted_seats,
                    (long long)licence->counted_seats);
    }
    if (kept->state == LICENCE_ON && kept->seats != licence->own_seats) {
        audit_found(audit, "licence-seats", licence_text(playing, kept->id),
                    "has %lld seats where its events have %lld", (long long)kept->seats,
                    (long long)licence->own_seats);
    }
    if (kept->first_on_at_us != licence->first_on_at_us) {
        audit_found(audit, "licence-first-on", licence_text(playing, kept->id),
                    "was first turned on at another instant than its first event `on` says");
    }
    if (kept->last_event_at_us != licence->last_at_us) {
        audit_found(audit, "licence-last-event", licence_text(playing, kept->id),
                    "says another instant of its last event than the log");
    }
    if (kept->state == LICENCE_RETIRED) {
        return; /* what is retired is neither suspended nor resumed any more */
    }
    int64_t above = suspended_above(&audit->snapshot, kept);
    if (kept->suspensions != licence->suspensions || kept->suspensions != above) {
        audit_found(audit, "licence-suspensions", licence_text(playing, kept->id),
                    "counts %lld suspensions; its events give %lld, and %lld agreements above are suspended",
                    (long long)kept->suspensions, (long long)licence->suspensions, (long long)above);
    }
}

enum status audit_events(struct audit *audit, struct fault *fault) {
    struct playing playing = {.audit = audit};
    int64_t taken = 0;
    arena_init(&playing.arena);
    id_map_init(&playing.index, &playing.arena, 1024);
    enum status status = read_licences(&playing, fault);
    if (status == STATUS_OK) {
        status = play_events(&playing, fault);
    }
    if (status == STATUS_OK) {
        status = db_counter_taken(audit->call->db, LICENCE_EVENT_COUNTER, &taken, fault);
    }
    if (status == STATUS_OK && taken != playing.last_sequence) {
        audit_found(audit, "event-gap", TEXT("log"), "ends with event %lld where %lld numbers were taken",
                    (long long)playing.last_sequence, (long long)taken);
    }
    for (size_t i = 0; status == STATUS_OK && i < playing.count; i++) {
        check_licence(&playing, &playing.licences[i]);
    }
    audit->result.licences_checked = (int64_t)playing.count;
    arena_clean_up(&playing.arena);
    return status;
}
