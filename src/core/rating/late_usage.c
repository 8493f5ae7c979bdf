#include "core/rating/late_usage.h"

#include <string.h>

/* The licence's place in the group, or UINT32_MAX. */
static uint32_t place_of(const struct usage *usage, const struct usage_group *group, int64_t licence_id) {
    for (uint32_t i = 0; i < group->licence_count; i++) {
        if (usage->licences[group->first_licence + i].id == licence_id) {
            return i;
        }
    }
    return UINT32_MAX;
}

/* Takes out what the licence did from the instant on, and puts the change in its place among the others. */
static size_t put_change(struct seat_change *changes, size_t count, struct seat_change late) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (changes[i].licence != late.licence || changes[i].at_us < late.at_us) {
            changes[kept++] = changes[i];
        }
    }
    size_t at = kept;
    while (at > 0 && changes[at - 1].at_us > late.at_us) {
        at--;
    }
    memmove(&changes[at + 1], &changes[at], (kept - at) * sizeof *changes);
    changes[at] = late;
    return kept + 1;
}

const struct usage *late_usage_of(struct arena *arena, const struct usage *usage,
                                  const struct usage_group *group, const struct late_event *events,
                                  size_t count) {
    struct seat_change *changes = ARENA_NEW(arena, struct seat_change, group->change_count + count);
    struct usage_group *late_group = ARENA_NEW(arena, struct usage_group, 1);
    struct usage *late = ARENA_NEW(arena, struct usage, 1);
    size_t change_count = group->change_count;
    if (change_count > 0) {
        memcpy(changes, usage->changes + group->first_change, change_count * sizeof *changes);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t place = place_of(usage, group, events[i].licence_id);
        if (place != UINT32_MAX) {
            struct seat_change change = {events[i].at_us, place, (int32_t)events[i].seats};
            change_count = put_change(changes, change_count, change);
        }
    }
    *late_group = *group;
    late_group->first_licence = late_group->first_change = late_group->kept_count = 0;
    late_group->change_count = (uint32_t)change_count;
    *late = (struct usage){.groups = late_group,
                           .group_count = 1,
                           .licences = usage->licences + group->first_licence,
                           .opening_seats = usage->opening_seats + group->first_licence,
                           .licence_count = group->licence_count,
                           .changes = changes,
                           .change_count = change_count};
    return late;
}
