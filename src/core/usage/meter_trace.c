#include "core/usage/meter_trace.h"

#include <assert.h>

/* A trace while it is made. */
struct tracing {
    const struct meter_group *group;
    int32_t *seats;   /* per licence, now */
    int32_t *highest; /* per licence, since from_us */
    int64_t total;    /* their sum: S(t) */
    size_t next;      /* every change before it has happened */
    struct meter_step *steps;
    size_t step_count;
};

static int64_t sum_of(const int32_t *seats, size_t count) {
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += seats[i];
    }
    return sum;
}

/* Lets everything up to and at the instant happen. */
static void happen_until(struct tracing *tracing, int64_t at_us) {
    const struct meter_group *group = tracing->group;
    while (tracing->next < group->change_count && group->changes[tracing->next].at_us <= at_us) {
        const struct seat_change *change = &group->changes[tracing->next++];
        tracing->total += (int64_t)change->seats - tracing->seats[change->licence];
        tracing->seats[change->licence] = change->seats;
    }
}

static void note_step(struct tracing *tracing, int64_t at_us) {
    tracing->steps[tracing->step_count++] = (struct meter_step){at_us, tracing->total};
}

/* Lets the next instant's changes happen, and notes where they lead. */
static void take_step(struct tracing *tracing) {
    const struct seat_change *changes = tracing->group->changes;
    size_t first = tracing->next;
    happen_until(tracing, changes[first].at_us);
    note_step(tracing, changes[first].at_us);
    for (size_t i = first; i < tracing->next; i++) {
        uint32_t licence = changes[i].licence;
        if (tracing->seats[licence] > tracing->highest[licence]) {
            tracing->highest[licence] = tracing->seats[licence];
        }
    }
}

/* The highest S(t) in [from_us, end_us), which is not empty: what it was at from_us, or a later step. */
static int64_t highest_within(const struct tracing *tracing, int64_t from_us, int64_t end_us) {
    int64_t highest = 0;
    for (size_t i = 0; i < tracing->step_count && tracing->steps[i].at_us < end_us; i++) {
        bool is_before = tracing->steps[i].at_us <= from_us;
        if (is_before || tracing->steps[i].seats > highest) {
            highest = tracing->steps[i].seats;
        }
    }
    return highest;
}

struct meter_trace meter_trace_of(const struct meter_group *group, const struct month_span *span,
                                  int64_t from_us, struct arena *arena) {
    int64_t end_us = span->midnights_us[span->days];
    int64_t *day_highest = ARENA_NEW(arena, int64_t, (size_t)span->days);
    struct tracing tracing = {.group = group,
                              .seats = ARENA_NEW(arena, int32_t, group->licence_count),
                              .highest = ARENA_NEW(arena, int32_t, group->licence_count),
                              .steps = ARENA_NEW(arena, struct meter_step, group->change_count + 1)};
    assert(from_us >= span->midnights_us[0]);
    for (size_t i = 0; i < group->licence_count; i++) {
        tracing.seats[i] = group->opening_seats[i];
    }
    tracing.total = sum_of(tracing.seats, group->licence_count);
    if (from_us < end_us) {
        happen_until(&tracing, from_us);
        note_step(&tracing, from_us);
        for (size_t i = 0; i < group->licence_count; i++) {
            tracing.highest[i] = tracing.seats[i];
        }
        while (tracing.next < group->change_count && group->changes[tracing.next].at_us < end_us) {
            take_step(&tracing);
        }
    }
    for (int day = 0; day < span->days; day++) {
        int64_t start_us = span->midnights_us[day] > from_us ? span->midnights_us[day] : from_us;
        if (start_us < span->midnights_us[day + 1]) {
            day_highest[day] = highest_within(&tracing, start_us, span->midnights_us[day + 1]);
        }
    }
    return (struct meter_trace){.steps = tracing.steps,
                                .step_count = tracing.step_count,
                                .licence_highest = tracing.highest,
                                .day_highest = day_highest,
                                .day_count = (size_t)span->days};
}

struct quantity meter_trace_quantity(const struct meter_trace *trace, size_t licence_count,
                                     enum metering_policy policy) {
    struct quantity quantity = {0, 1};
    switch (policy) {
    case POLICY_PEAK:
        for (size_t i = 0; i < trace->step_count; i++) {
            quantity.parts = trace->steps[i].seats > quantity.parts ? trace->steps[i].seats : quantity.parts;
        }
        break;
    case POLICY_SNAPSHOT:
        quantity.parts = trace->step_count == 0 ? 0 : trace->steps[trace->step_count - 1].seats;
        break;
    case POLICY_ANY:
        quantity.parts = sum_of(trace->licence_highest, licence_count);
        break;
    case POLICY_DAILY:
        quantity.parts_per_unit = (int64_t)trace->day_count;
        for (size_t i = 0; i < trace->day_count; i++) {
            quantity.parts += trace->day_highest[i];
        }
        break;
    }
    return quantity;
}
