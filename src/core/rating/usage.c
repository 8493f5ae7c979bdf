#include "core/rating/usage.h"

#include <assert.h>

bool usage_is_billed(const struct usage_licence *licence, int64_t seller_depth) {
    return licence->first_edge <= seller_depth && seller_depth <= licence->last_edge;
}

/* The group without the licences that other edges bill. */
static bool filter_group(const struct usage *usage, const struct usage_group *group, int64_t seller_depth,
                         struct usage_scratch *scratch, struct usage_meter *meter) {
    const struct usage_licence *licences = usage->licences + group->first_licence;
    if (scratch->licence_capacity < group->licence_count) {
        scratch->licence_capacity = 2 * (size_t)group->licence_count;
        scratch->opening_seats = ARENA_NEW(scratch->arena, int32_t, scratch->licence_capacity);
        scratch->renumbered = ARENA_NEW(scratch->arena, uint32_t, scratch->licence_capacity);
    }
    if (scratch->change_capacity < group->change_count) {
        scratch->change_capacity = 2 * (size_t)group->change_count;
        scratch->changes = ARENA_NEW(scratch->arena, struct seat_change, scratch->change_capacity);
    }
    *meter = (struct usage_meter){0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < group->licence_count; i++) {
        scratch->renumbered[i] = UINT32_MAX;
        if (!usage_is_billed(&licences[i], seller_depth)) {
            continue;
        }
        scratch->renumbered[i] = kept;
        scratch->opening_seats[kept++] = usage->opening_seats[group->first_licence + i];
        if (meter->first_on_at_us == 0 || licences[i].first_on_at_us < meter->first_on_at_us) {
            meter->first_on_at_us = licences[i].first_on_at_us;
        }
    }
    size_t changes = 0;
    for (size_t i = group->first_change; i < group->first_change + group->change_count; i++) {
        struct seat_change change = usage->changes[i];
        change.licence = scratch->renumbered[change.licence];
        if (change.licence != UINT32_MAX) {
            scratch->changes[changes++] = change;
        }
    }
    meter->meter = (struct meter_group){scratch->opening_seats, kept, scratch->changes, changes};
    return kept > 0;
}

bool usage_meter_at(const struct usage *usage, const struct usage_group *group, int64_t seller_depth,
                    struct usage_scratch *scratch, struct usage_meter *meter) {
    assert(group->licence_count > 0 && scratch->arena != NULL);
    if (!group->one_range) {
        return filter_group(usage, group, seller_depth, scratch, meter);
    }
    const struct usage_licence *licences = usage->licences + group->first_licence;
    if (!usage_is_billed(&licences[0], seller_depth)) {
        return false;
    }
    int64_t first_on_at_us = licences[0].first_on_at_us;
    for (uint32_t i = 1; i < group->licence_count; i++) {
        if (licences[i].first_on_at_us < first_on_at_us) {
            first_on_at_us = licences[i].first_on_at_us;
        }
    }
    *meter = (struct usage_meter){
        .meter = {usage->opening_seats + group->first_licence, group->licence_count,
                  usage->changes + group->first_change, group->change_count},
        .first_on_at_us = first_on_at_us,
    };
    return true;
}
