/* A month of licences: issued, turned on, resized, turned off and on again.
 *
 * Each has one event and as many more as chance gives it. The instants are drawn first and sorted, then the
 * licences live through them in the log's order, so log, licences and blocks agree. */
#include "close_filling.h"

#include "core/usage/event.h"
#include "programme/keys/licence_keys.h"
#include "store/licensing/events.h"

#include <assert.h>
#include <stdlib.h>

struct drawn_licence {
    uint32_t customer;
    uint16_t place; /* in the provider's assortment */
    bool was_on;
    int32_t seats;
    int32_t counted_seats;
    int64_t first_on_at_us;
    int64_t last_event_at_us;
    int64_t version;
};

struct drawn_event {
    int64_t at_us;
    uint32_t order; /* as drawn: what is sorted is the same everywhere */
    uint32_t licence;
    enum event_kind kind;
    int32_t seats_before;
    int32_t seats_after;
    int32_t licence_seats;
};

struct life {
    struct filling *filling;
    struct drawn_licence *licences;
    struct drawn_event *events;
    int64_t *issued_seats; /* per block: provider × ASSORTMENT + place */
};

static int64_t block_of(const struct life *life, const struct drawn_licence *licence) {
    return life->filling->customers[licence->customer].provider * ASSORTMENT + licence->place;
}

static int64_t sku_of(const struct life *life, const struct drawn_licence *licence) {
    const struct filling *filling = life->filling;
    return filling->assortments[filling->customers[licence->customer].provider][licence->place] + 1;
}

static int64_t provider_of(const struct life *life, const struct drawn_licence *licence) {
    return FIRST_PROVIDER + life->filling->customers[licence->customer].provider;
}

static int64_t customer_of(const struct life *life, const struct drawn_licence *licence) {
    return FIRST_PROVIDER + life->filling->size.providers + licence->customer;
}

/* ---- draws ---- */

static int32_t draw_seats(struct rng *rng) {
    uint64_t kind = rng_below(rng, 20);
    if (kind < 10) {
        return 1;
    }
    if (kind < 16) {
        return (int32_t)rng_between(rng, 2, 5);
    }
    return (int32_t)(kind < 19 ? rng_between(rng, 6, 25) : rng_between(rng, 26, 100));
}

static void draw_licences(struct life *life) {
    struct filling *filling = life->filling;
    struct rng *rng = &filling->rng;
    for (int64_t i = 0; i < filling->size.licences; i++) {
        uint32_t at = filling->customer_draws[rng_below(rng, filling->customer_draw_count)];
        const struct customer *customer = &filling->customers[at];
        uint64_t palette = (uint64_t)customer->palette_size;
        uint64_t favourite = rng_below(rng, palette) * rng_below(rng, palette) / palette;
        life->licences[i] = (struct drawn_licence){
            .customer = at, .place = customer->palette[favourite], .seats = draw_seats(rng), .version = 1};
    }
}

static int compare_events(const void *left, const void *right) {
    const struct drawn_event *a = left;
    const struct drawn_event *b = right;
    if (a->at_us != b->at_us) {
        return a->at_us < b->at_us ? -1 : 1;
    }
    return a->order < b->order ? -1 : 1;
}

static void draw_events(struct life *life) {
    struct filling *filling = life->filling;
    struct rng *rng = &filling->rng;
    int64_t licences = filling->size.licences;
    for (int64_t i = 0; i < filling->size.events; i++) {
        life->events[i] = (struct drawn_event){
            .at_us = rng_between(rng, filling->m0_us, filling->m1_us - 1),
            .order = (uint32_t)i,
            .licence = (uint32_t)(i < licences ? i : (int64_t)rng_below(rng, (uint64_t)licences))};
    }
    qsort(life->events, (size_t)filling->size.events, sizeof *life->events, compare_events);
}

/* What happens to a licence next: one that is on is resized or turned off, another one turned on. */
static void live(struct life *life, struct drawn_event *event) {
    struct rng *rng = &life->filling->rng;
    struct drawn_licence *licence = &life->licences[event->licence];
    event->seats_before = licence->counted_seats;
    event->licence_seats = licence->seats;
    event->kind = licence->counted_seats == 0 ? EVENT_ON : rng_chance(rng, 1, 2) ? EVENT_OFF : EVENT_SEATS;
    if (event->kind == EVENT_SEATS) {
        licence->seats += licence->seats > 1 && rng_chance(rng, 1, 3) ? -1 : (int32_t)rng_between(rng, 1, 5);
    }
    event->seats_after = event->kind == EVENT_OFF ? 0 : licence->seats;
    licence->counted_seats = event->seats_after;
    if (!licence->was_on) {
        licence->first_on_at_us = event->at_us;
    }
    licence->was_on = true;
    licence->last_event_at_us = event->at_us;
    licence->version++;
}

/* ---- rows ---- */

static enum status put_blocks(struct life *life, struct fault *fault) {
    static const char *const columns[] = {"id",    "provider_id",   "sku_id",  "size", "issued_seats",
                                          "state", "ordered_at_us", "version", NULL};
    struct filling *filling = life->filling;
    struct db_bulk *bulk = NULL;
    int64_t count = filling->size.providers * ASSORTMENT;
    enum status status = db_bulk_start(filling->call->db, "blocks", columns, "iiiiitii", &bulk, fault);
    for (int64_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct db_value values[] = {
            db_integer(i + 1),
            db_integer(FIRST_PROVIDER + i / ASSORTMENT),
            db_integer(filling->assortments[i / ASSORTMENT][i % ASSORTMENT] + 1),
            db_integer((life->issued_seats[i] / 100 + 1) * 100),
            db_integer(life->issued_seats[i]),
            db_string(TEXT("open")),
            db_integer(filling->m0_us - 30 * FILLING_DAY_US),
            db_integer(1)};
        status = filling_put(filling, bulk, values, fault);
    }
    return filling_end(bulk, status, fault);
}

static enum status put_licence(struct life *life, struct db_bulk *bulk, int64_t at, struct fault *fault) {
    const struct drawn_licence *licence = &life->licences[at];
    struct call call = *life->filling->call;
    struct licence key = {0};
    call.arena = &life->filling->row;
    licence_key_new(&call, &key);
    const struct db_value values[] = {
        db_integer(at + 1),
        db_integer(block_of(life, licence) + 1),
        db_integer(provider_of(life, licence)),
        db_integer(customer_of(life, licence)),
        db_integer(sku_of(life, licence)),
        db_integer(1),
        db_integer(0),
        db_integer(LICENCE_LAST_EDGE),
        db_bytes(key.key_hash),
        db_bytes(key.key_sealed),
        db_string(key.key_hint),
        db_string(licence->counted_seats > 0 ? TEXT("on") : TEXT("off")),
        db_integer(licence->seats),
        db_integer(0),
        db_integer(licence->counted_seats),
        db_integer(life->filling->m0_us - 10 * FILLING_DAY_US),
        db_integer(licence->first_on_at_us),
        db_integer(licence->last_event_at_us),
        db_integer(licence->version),
    };
    return filling_put(life->filling, bulk, values, fault);
}

static enum status put_licences(struct life *life, struct fault *fault) {
    static const char *const columns[] = {
        "id",         "block_id",    "provider_id",   "customer_id",  "sku_id",         "part_quantity",
        "first_edge", "last_edge",   "key_hash",      "key_sealed",   "key_hint",       "state",
        "seats",      "suspensions", "counted_seats", "issued_at_us", "first_on_at_us", "last_event_at_us",
        "version",    NULL};
    struct filling *filling = life->filling;
    struct db_bulk *bulk = NULL;
    enum status status =
        db_bulk_start(filling->call->db, "licences", columns, "iiiiiiiibbttiiiiiii", &bulk, fault);
    for (int64_t i = 0; status == STATUS_OK && i < filling->size.licences; i++) {
        status = put_licence(life, bulk, i, fault);
    }
    return filling_end(bulk, status, fault);
}

/* What has been written of a provider's log. */
struct log_end {
    int64_t taken;
    int64_t recorded_at_us;
};

static enum status put_logs(struct filling *filling, const struct log_end *ends, struct fault *fault) {
    static const char *const columns[] = {"provider_id", "taken", "recorded_at_us", NULL};
    struct db_bulk *bulk = NULL;
    enum status status = db_bulk_start(filling->call->db, "event_logs", columns, "iii", &bulk, fault);
    for (int64_t p = 0; status == STATUS_OK && p < filling->size.providers; p++) {
        const struct db_value values[] = {db_integer(FIRST_PROVIDER + p), db_integer(ends[p].taken),
                                          db_integer(ends[p].recorded_at_us)};
        status = ends[p].taken == 0 ? STATUS_OK : filling_put(filling, bulk, values, fault);
    }
    return filling_end(bulk, status, fault);
}

static enum status put_events(struct life *life, struct fault *fault) {
    static const char *const columns[] = {
        "number", "at_us",     "licence_id",   "provider_id", "customer_id",   "sku_id",         "cause_id",
        "kind",   "own_seats", "seats_before", "seats_after", "licence_seats", "recorded_at_us", NULL};
    struct filling *filling = life->filling;
    struct db_bulk *bulk = NULL;
    struct log_end *ends = ARENA_NEW(&filling->arena, struct log_end, (size_t)filling->size.providers);
    enum status status =
        db_bulk_start(filling->call->db, "licence_events", columns, "iiiiiiiiiiiii", &bulk, fault);
    for (int64_t i = 0; status == STATUS_OK && i < filling->size.events; i++) {
        const struct drawn_event *event = &life->events[i];
        const struct drawn_licence *licence = &life->licences[event->licence];
        struct log_end *end = &ends[provider_of(life, licence) - FIRST_PROVIDER];
        *end = (struct log_end){end->taken + 1, event->at_us};
        const struct db_value values[] = {db_integer(end->taken),
                                          db_integer(event->at_us),
                                          db_integer((int64_t)event->licence + 1),
                                          db_integer(provider_of(life, licence)),
                                          db_integer(customer_of(life, licence)),
                                          db_integer(sku_of(life, licence)),
                                          db_integer(0),
                                          db_integer(event->kind),
                                          db_integer(event->seats_after),
                                          db_integer(event->seats_before),
                                          db_integer(event->seats_after),
                                          db_integer(event->licence_seats),
                                          db_integer(event->at_us)};
        status = filling_put(filling, bulk, values, fault);
    }
    status = filling_end(bulk, status, fault);
    return status == STATUS_OK ? put_logs(filling, ends, fault) : status;
}

enum status filling_licences(struct filling *filling, struct fault *fault) {
    assert(filling->size.events >= filling->size.licences && filling->size.events <= UINT32_MAX);
    struct arena *arena = &filling->arena;
    struct life life = {
        .filling = filling,
        .licences = ARENA_NEW(arena, struct drawn_licence, (size_t)filling->size.licences),
        .events = ARENA_NEW(arena, struct drawn_event, (size_t)filling->size.events),
        .issued_seats = ARENA_NEW(arena, int64_t, (size_t)filling->size.providers * ASSORTMENT),
    };
    draw_licences(&life);
    draw_events(&life);
    for (int64_t i = 0; i < filling->size.events; i++) {
        live(&life, &life.events[i]);
    }
    for (int64_t i = 0; i < filling->size.licences; i++) {
        life.issued_seats[block_of(&life, &life.licences[i])] += life.licences[i].seats;
    }
    enum status status = put_blocks(&life, fault);
    if (status == STATUS_OK) {
        status = put_licences(&life, fault);
    }
    if (status == STATUS_OK) {
        status = put_events(&life, fault);
    }
    return status;
}
