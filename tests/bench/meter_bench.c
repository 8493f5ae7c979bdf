/* How long the meter takes for a close's worth of changes: 1,000,000 licences with 3,000,000 changes, cut
 * into small groups as customers have them and as one large group, once per policy.
 *
 * usage: meter_bench [LICENCES]. Prints one row per policy and group size: seconds and nanoseconds per
 * change. */
#include "core/base/rng.h"
#include "core/time/zone.h"
#include "core/usage/meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CHANGES_PER_LICENCE = 3 };

/* All groups, one behind the other in the same arrays. */
struct world {
    struct meter_group *groups;
    size_t group_count;
    size_t change_count;
    struct month_span span;
};

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct month_span a_month_in_utc(void) {
    struct month_span span = {.days = 30};
    for (int day = 0; day <= span.days; day++) {
        span.midnights_us[day] = day * INT64_C(86400000000);
    }
    return span;
}

/* Changes at even distances with a random share of their distance on top, so that they are ascending. */
static void fill_changes(struct rng *rng, const struct world *world, const struct meter_group *group,
                         struct seat_change *changes) {
    int64_t distance = world->span.midnights_us[world->span.days] / (int64_t)group->change_count;
    for (size_t i = 0; i < group->change_count; i++) {
        changes[i] = (struct seat_change){
            .at_us = (int64_t)i * distance + rng_between(rng, 0, distance - 1),
            .licence = (uint32_t)rng_below(rng, group->licence_count),
            .seats = rng_chance(rng, 1, 3) ? 0 : (int32_t)rng_between(rng, 1, 50),
        };
    }
}

static struct world make_world(struct arena *arena, size_t licence_count, size_t group_licences) {
    struct rng rng;
    rng_seed(&rng, 3);
    struct world world = {.group_count = (licence_count + group_licences - 1) / group_licences,
                          .change_count = licence_count * CHANGES_PER_LICENCE,
                          .span = a_month_in_utc()};
    world.groups = ARENA_NEW(arena, struct meter_group, world.group_count);
    int32_t *opening = ARENA_NEW(arena, int32_t, licence_count);
    struct seat_change *changes = ARENA_NEW(arena, struct seat_change, world.change_count);
    for (size_t i = 0; i < licence_count; i++) {
        opening[i] = (int32_t)rng_between(&rng, 0, 50);
    }
    for (size_t i = 0; i < world.group_count; i++) {
        size_t first = i * group_licences;
        size_t count = licence_count - first < group_licences ? licence_count - first : group_licences;
        world.groups[i] = (struct meter_group){.opening_seats = opening + first,
                                               .licence_count = count,
                                               .changes = changes + first * CHANGES_PER_LICENCE,
                                               .change_count = count * CHANGES_PER_LICENCE};
        fill_changes(&rng, &world, &world.groups[i], changes + first * CHANGES_PER_LICENCE);
    }
    return world;
}

static void measure_all(struct arena *arena, const struct world *world, size_t group_licences,
                        enum metering_policy policy) {
    struct meter_scratch scratch = {.arena = arena};
    int64_t parts = 0;
    double begin = seconds_now();
    for (size_t i = 0; i < world->group_count; i++) {
        struct quantity measured;
        struct fault fault;
        if (meter_measure(&world->groups[i], policy, &world->span, world->span.midnights_us[0], &scratch,
                          &measured, &fault) != STATUS_OK) {
            fprintf(stderr, "meter_bench: %s\n", fault.message);
            exit(EXIT_FAILURE);
        }
        parts += measured.parts;
    }
    double seconds = seconds_now() - begin;
    printf("%-8s  %9zu  %8zu  %9.4f  %9.2f  %14lld\n", metering_policy_name(policy), group_licences,
           world->group_count, seconds, seconds * 1e9 / (double)world->change_count, (long long)parts);
}

int main(int argument_count, char **arguments) {
    int64_t licence_count = 1000000;
    if (argument_count > 2 ||
        (argument_count == 2 && !text_to_int64(text_of(arguments[1]), &licence_count)) || licence_count < 1 ||
        licence_count > 100000000) {
        fprintf(stderr, "usage: meter_bench [LICENCES from 1 to 100000000]\n");
        return 2;
    }
    printf("%-8s  %9s  %8s  %9s  %9s  %14s\n", "policy", "licences", "groups", "seconds", "ns/change",
           "parts");
    const size_t group_sizes[] = {1, 3, 50, (size_t)licence_count};
    for (size_t i = 0; i < sizeof group_sizes / sizeof group_sizes[0]; i++) {
        struct arena arena;
        arena_init(&arena);
        struct world world = make_world(&arena, (size_t)licence_count, group_sizes[i]);
        for (int policy = POLICY_PEAK; policy <= POLICY_DAILY; policy++) {
            measure_all(&arena, &world, group_sizes[i], (enum metering_policy)policy);
        }
        arena_clean_up(&arena);
    }
    return 0;
}
