#include "core/rating/usage.h"

#include <assert.h>
#include <string.h>

bool usage_is_billed(const struct usage_licence *licence, int64_t seller_depth) {
    return licence->first_edge <= seller_depth && seller_depth <= licence->last_edge;
}

bool usage_group_is_used(const struct usage *usage, const struct usage_group *group) {
    for (uint32_t i = 0; i < group->licence_count; i++) {
        if (usage->opening_seats[group->first_licence + i] > 0) {
            return true;
        }
    }
    for (uint32_t i = 0; i < group->kept_count; i++) {
        const struct kept_total *total = &usage->kept[group->first_kept + i].total;
        if (total->seats > 0 || total->changed_at_us != INT64_MIN) {
            return true;
        }
    }
    return group->change_count > 0;
}

/* Whether both cut time alike. */
static bool is_same_span(const struct month_span *a, const struct month_span *b) {
    return a->days == b->days &&
           memcmp(a->midnights_us, b->midnights_us, ((size_t)a->days + 1) * sizeof a->midnights_us[0]) == 0;
}

uint32_t usage_kept_zone(const struct usage *usage, const char *time_zone, struct month month,
                         const struct month_span *span) {
    if (usage->zone_count == 0 || month.index != usage->month.index) {
        return USAGE_NO_ZONE;
    }
    for (size_t i = 0; i < usage->zone_count; i++) {
        const struct usage_zone_month *zone = &usage->zones[i];
        if (text_is(zone->time_zone, time_zone)) {
            bool is_known = zone->has_month ? is_same_span(&zone->span, span)
                                            : zone->before_us <= span->midnights_us[0] &&
                                                  span->midnights_us[span->days] <= zone->behind_us;
            return is_known ? (uint32_t)i : USAGE_NO_ZONE;
        }
    }
    return USAGE_NO_ZONE;
}

bool usage_knows_zone(const struct usage *usage, const char *time_zone) {
    for (size_t i = 0; i < usage->zone_count; i++) {
        if (text_is(usage->zones[i].time_zone, time_zone)) {
            return true;
        }
    }
    return false;
}

bool usage_kept_at(const struct usage *usage, const struct usage_group *group, uint32_t zone,
                   int64_t seller_depth, const struct usage_kept **kept) {
    bool is_billed = false;
    *kept = NULL;
    for (uint32_t i = 0; i < group->kept_count && *kept == NULL; i++) {
        const struct usage_kept *level = &usage->kept[group->first_kept + i];
        if (level->first_edge <= seller_depth && seller_depth <= level->last_edge) {
            is_billed = true;
            *kept = level->zone == zone ? level : NULL;
        }
    }
    return group->kept_count > 0 && (*kept != NULL || !is_billed);
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
