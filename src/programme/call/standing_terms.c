#include "programme/call/standing_terms.h"

#include "programme/call/open_zone.h"
#include "store/parties/amendments.h"

#include <assert.h>
#include <stdlib.h>

static enum status month_in_zone(struct last_month *last, struct text zone_name, int64_t at_us,
                                 struct month *month, struct fault *fault) {
    if (last->at_us != at_us || !text_equal(last->zone, zone_name)) {
        struct zone *zone = NULL;
        TRY(open_zone(last->call, zone_name, &zone, fault));
        last->month = zone_month_at(zone, at_us);
        zone_close(zone);
        last->zone = zone_name;
        last->at_us = at_us;
    }
    *month = last->month;
    return STATUS_OK;
}

static int compare_months(const void *a, const void *b) {
    const struct amendment *first = a;
    const struct amendment *second = b;
    int order = (first->from.index > second->from.index) - (first->from.index < second->from.index);
    return order != 0 ? order : (first->number > second->number) - (first->number < second->number);
}

/* Goes on to each accepted amendment that has begun; those that have not, and proposals, lie ahead. */
static enum status walk(struct last_month *last, const struct amendment *open, size_t count, int64_t at_us,
                        struct standing_terms *standing, struct fault *fault) {
    bool is_over = standing->terms.ended_at_us != 0 && standing->terms.ended_at_us <= at_us;
    int64_t then_us = is_over ? standing->terms.ended_at_us : at_us;
    struct agreement before = standing->terms; /* the terms of the months before the amendment's */
    for (size_t i = 0; i < count; i++) {
        if (open[i].state != AMENDMENT_ACCEPTED) {
            standing->ahead[standing->ahead_count++] = open[i];
            continue;
        }
        struct month month = {0};
        if (open[i].from.index > standing->terms.terms_from.index) {
            before = standing->terms;
        }
        TRY(month_in_zone(last, before.time_zone, then_us, &month, fault));
        if (month.index < open[i].from.index) {
            standing->ahead[standing->ahead_count++] = open[i];
            continue;
        }
        standing->terms = agreement_amended(&standing->terms, &open[i]);
        standing->number = open[i].number;
        standing->version++;
    }
    standing->ahead_count = is_over ? 0 : standing->ahead_count;
    return STATUS_OK;
}

enum status standing_terms_find(struct last_month *last, const struct agreement *first,
                                const struct amendment *amendments, size_t count, int64_t at_us,
                                struct standing_terms *out, struct fault *fault) {
    struct arena *arena = last->call->arena;
    struct amendment *open = ARENA_NEW(arena, struct amendment, count);
    struct standing_terms standing = {.terms = *first,
                                      .number = 1,
                                      .ahead = ARENA_NEW(arena, struct amendment, count),
                                      .version = first->version};
    size_t open_count = 0;
    for (size_t i = 0; i < count; i++) {
        assert(amendments[i].agreement_id == first->id);
        bool is_withdrawn = amendments[i].state == AMENDMENT_WITHDRAWN;
        /* A step for the proposal, and one for its acceptance. The last is that it begins or is withdrawn. */
        standing.version += is_withdrawn ? 3 : amendments[i].state == AMENDMENT_ACCEPTED ? 2 : 1;
        if (!is_withdrawn) {
            open[open_count++] = amendments[i];
        }
    }
    if (open_count > 0) {
        qsort(open, open_count, sizeof *open, compare_months);
    }
    TRY(walk(last, open, open_count, at_us, &standing, fault));
    for (size_t i = 0; i < standing.ahead_count; i++) {
        TRY(standing_terms_follow(last->call, first, &standing.ahead[i], fault));
    }
    *out = standing;
    return STATUS_OK;
}

enum status standing_terms_load(const struct call *call, const struct agreement *first, int64_t at_us,
                                struct standing_terms *out, struct fault *fault) {
    struct last_month last = {.call = call};
    struct amendment *amendments = NULL;
    size_t count = 0;
    TRY(amendments_of(call->db, call->arena, first->id, &amendments, &count, fault));
    return standing_terms_find(&last, first, amendments, count, at_us, out, fault);
}

enum status standing_month(const struct call *call, const struct agreement *first, int64_t at_us,
                           struct month *month, struct fault *fault) {
    struct last_month last = {.call = call};
    struct standing_terms standing;
    TRY(standing_terms_load(call, first, at_us, &standing, fault));
    TRY(month_in_zone(&last, standing.terms.time_zone, at_us, month, fault));
    if (month->index < standing.terms.terms_from.index) {
        *month = standing.terms.terms_from;
    }
    return STATUS_OK;
}

enum status standing_terms_follow(const struct call *call, const struct agreement *first,
                                  struct amendment *amendment, struct fault *fault) {
    struct agreement present = *first;
    if (amendment->state == AMENDMENT_PROPOSED) {
        TRY(agreement_in_month(call->db, call->arena, amendment->from, &present, fault));
        (void)amendment_follow(amendment, &present);
    }
    return STATUS_OK;
}
