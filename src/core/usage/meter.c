/* The meter reads a group's changes once, in time order, with one running total.
 *
 * Several changes at one instant are one step: S(t) is the value after all of them, so what a licence held
 * between two events of the same microsecond never counted. That is why no maximum is taken before the last
 * change of an instant. Each window of a policy (the month, or each of its days) opens with S at its first
 * instant, which carries over what was on before; then every later step within it may raise its highest. */
#include "core/usage/meter.h"

#include "core/time/zone.h"

#include <assert.h>
#include <string.h>

/* The place that the reading has reached: every change before `next` has happened. */
struct cursor {
    const struct meter_group *group;
    int32_t *seats; /* per licence, now */
    int64_t total;  /* their sum: S(t) */
    size_t next;
};

static enum status quantity_overflow(struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "quantity-overflow", "quantity", TEXT(""),
                     "The seats of the month are more than 64 bits hold. Split them over several SKUs.");
}

/* Room for `count` licences in both of the scratch's buffers. */
static void scratch_reserve(struct meter_scratch *scratch, size_t count) {
    if (count <= scratch->capacity) {
        return;
    }
    size_t wanted = scratch->capacity * 2 > count ? scratch->capacity * 2 : count;
    scratch->seats = ARENA_NEW(scratch->arena, int32_t, wanted);
    scratch->highest = ARENA_NEW(scratch->arena, int32_t, wanted);
    scratch->capacity = wanted;
}

/* A sum of at most 2^32 numbers below 2^31 fits. */
static int64_t sum_of(const int32_t *seats, size_t count) {
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        assert(seats[i] >= 0);
        sum += seats[i];
    }
    return sum;
}

static struct cursor cursor_open(const struct meter_group *group, struct meter_scratch *scratch) {
    scratch_reserve(scratch, group->licence_count);
    if (group->licence_count > 0) {
        memcpy(scratch->seats, group->opening_seats, group->licence_count * sizeof *scratch->seats);
    }
    return (struct cursor){
        .group = group, .seats = scratch->seats, .total = sum_of(group->opening_seats, group->licence_count)};
}

/* Whether there is a change before `end_us`. */
static bool cursor_has_before(const struct cursor *cursor, int64_t end_us) {
    return cursor->next < cursor->group->change_count && cursor->group->changes[cursor->next].at_us < end_us;
}

/* Lets all changes of the next instant happen. */
static void cursor_step(struct cursor *cursor) {
    const struct meter_group *group = cursor->group;
    int64_t at_us = group->changes[cursor->next].at_us;
    do {
        const struct seat_change *change = &group->changes[cursor->next];
        assert(change->licence < group->licence_count && change->seats >= 0);
        cursor->total += (int64_t)change->seats - cursor->seats[change->licence];
        cursor->seats[change->licence] = change->seats;
        cursor->next++;
    } while (cursor->next < group->change_count && group->changes[cursor->next].at_us == at_us);
    assert(cursor->next == group->change_count || group->changes[cursor->next].at_us > at_us);
    assert(cursor->total >= 0);
}

/* S just before `end_us`. */
static int64_t total_before(struct cursor *cursor, int64_t end_us) {
    while (cursor_has_before(cursor, end_us)) {
        cursor_step(cursor);
    }
    return cursor->total;
}

/* The highest S(t) in [from_us, end_us), which is not empty. */
static int64_t highest_total(struct cursor *cursor, int64_t from_us, int64_t end_us) {
    assert(from_us < end_us);
    int64_t highest = total_before(cursor, from_us + 1);
    while (cursor_has_before(cursor, end_us)) {
        cursor_step(cursor);
        highest = cursor->total > highest ? cursor->total : highest;
    }
    return highest;
}

/* The sum over licences of each one's highest seats in [from_us, end_us). */
static int64_t sum_of_highest(struct cursor *cursor, int32_t *highest, int64_t from_us, int64_t end_us) {
    size_t licence_count = cursor->group->licence_count;
    int64_t sum = total_before(cursor, from_us + 1);
    if (!cursor_has_before(cursor, end_us)) {
        return sum;
    }
    memcpy(highest, cursor->seats, licence_count * sizeof *highest);
    while (cursor_has_before(cursor, end_us)) {
        size_t first = cursor->next;
        cursor_step(cursor);
        for (size_t i = first; i < cursor->next; i++) {
            uint32_t licence = cursor->group->changes[i].licence;
            if (cursor->seats[licence] > highest[licence]) {
                sum += (int64_t)cursor->seats[licence] - highest[licence];
                highest[licence] = cursor->seats[licence];
            }
        }
    }
    return sum;
}

/* The sum over the month's days of the day's highest S(t) from `from_us` on. A day without a change costs one
 * comparison. */
static enum status seat_days(struct cursor *cursor, const struct month_span *span, int64_t from_us,
                             int64_t *parts, struct fault *fault) {
    int64_t sum = 0;
    for (int day = 0; day < span->days; day++) {
        int64_t start_us = span->midnights_us[day];
        int64_t end_us = span->midnights_us[day + 1];
        assert(start_us < end_us);
        if (end_us <= from_us) {
            continue;
        }
        int64_t day_highest = highest_total(cursor, start_us > from_us ? start_us : from_us, end_us);
        if (__builtin_add_overflow(sum, day_highest, &sum)) {
            return quantity_overflow(fault);
        }
    }
    *parts = sum;
    return STATUS_OK;
}

enum status meter_measure(const struct meter_group *group, enum metering_policy policy,
                          const struct month_span *span, int64_t from_us, struct meter_scratch *scratch,
                          struct quantity *measured, struct fault *fault) {
    assert(span->days >= 1 && span->days <= MONTH_DAYS_MAX);
    assert(from_us >= span->midnights_us[0]);
    assert(group->licence_count <= UINT32_MAX);
    int64_t end_us = span->midnights_us[span->days];
    struct quantity result = {.parts = 0, .parts_per_unit = policy == POLICY_DAILY ? span->days : 1};
    if (from_us >= end_us || group->licence_count == 0) {
        *measured = result;
        return STATUS_OK;
    }
    struct cursor cursor = cursor_open(group, scratch);
    enum status status = STATUS_OK;
    switch (policy) {
    case POLICY_PEAK:
        result.parts = highest_total(&cursor, from_us, end_us);
        break;
    case POLICY_SNAPSHOT:
        result.parts = total_before(&cursor, end_us);
        break;
    case POLICY_ANY:
        result.parts = sum_of_highest(&cursor, scratch->highest, from_us, end_us);
        break;
    case POLICY_DAILY:
        status = seat_days(&cursor, span, from_us, &result.parts, fault);
        break;
    }
    if (status == STATUS_OK) {
        *measured = result;
    }
    return status;
}
