#include "core/rating/planned_usage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int compare_places(int64_t customer_a, int64_t sku_a, int64_t customer_b, int64_t sku_b) {
    if (customer_a != customer_b) {
        return customer_a < customer_b ? -1 : 1;
    }
    return sku_a < sku_b ? -1 : sku_a > sku_b;
}

static int compare_planned(const void *left, const void *right) {
    const struct planned_change *a = left;
    const struct planned_change *b = right;
    int order = compare_places(a->customer_id, a->sku_id, b->customer_id, b->sku_id);
    if (order != 0) {
        return order;
    }
    return a->licence_id < b->licence_id ? -1 : a->licence_id > b->licence_id;
}

/* The arrays of the usage that is made. */
struct planning {
    const struct usage *usage;
    struct usage_group *groups;
    struct usage_licence *licences;
    int32_t *opening_seats;
    struct seat_change *changes;
    size_t group_count;
    size_t licence_count;
    size_t change_count;
};

/* Begins a group as it is in the usage, or (NULL) an empty one. */
static struct usage_group *copy_group(struct planning *planning, const struct usage_group *group) {
    const struct usage *usage = planning->usage;
    struct usage_group *made = &planning->groups[planning->group_count++];
    *made = group == NULL ? (struct usage_group){.one_range = true} : *group;
    made->first_licence = (uint32_t)planning->licence_count;
    made->first_change = (uint32_t)planning->change_count;
    if (group == NULL) {
        return made;
    }
    if (group->licence_count > 0) {
        memcpy(&planning->licences[made->first_licence], &usage->licences[group->first_licence],
               group->licence_count * sizeof *planning->licences);
        memcpy(&planning->opening_seats[made->first_licence], &usage->opening_seats[group->first_licence],
               group->licence_count * sizeof *planning->opening_seats);
    }
    if (group->change_count > 0) {
        memcpy(&planning->changes[made->first_change], &usage->changes[group->first_change],
               group->change_count * sizeof *planning->changes);
    }
    planning->licence_count += group->licence_count;
    planning->change_count += group->change_count;
    return made;
}

/* The licence's place in the group that is made last, to which it is added where it is new. */
static uint32_t place_licence(struct planning *planning, struct usage_group *group,
                              const struct planned_change *planned) {
    struct usage_licence *licences = planning->licences + group->first_licence;
    for (uint32_t i = 0; i < group->licence_count; i++) {
        if (licences[i].id == planned->licence_id) {
            return i;
        }
    }
    licences[group->licence_count] = (struct usage_licence){.id = planned->licence_id,
                                                            .first_on_at_us = planned->at_us,
                                                            .first_edge = planned->first_edge,
                                                            .last_edge = planned->last_edge};
    planning->opening_seats[planning->licence_count++] = 0;
    group->first_edge = licences[0].first_edge;
    group->last_edge = licences[0].last_edge;
    group->one_range = group->one_range && licences[0].first_edge == planned->first_edge &&
                       licences[0].last_edge == planned->last_edge;
    return group->licence_count++;
}

/* Puts the change behind all of its instant and before. A licence that was never on and does not count then
 * changes nothing. */
static void plan(struct planning *planning, struct usage_group *group, const struct planned_change *planned) {
    struct seat_change *changes = planning->changes + group->first_change;
    size_t at = group->change_count;
    struct seat_change change = {planned->at_us, place_licence(planning, group, planned), planned->seats};
    while (at > 0 && changes[at - 1].at_us > change.at_us) {
        changes[at] = changes[at - 1];
        at--;
    }
    changes[at] = change;
    group->change_count++;
    planning->change_count++;
}

struct usage usage_with_planned(struct arena *arena, const struct usage *usage,
                                struct planned_change *changes, size_t count) {
    struct planning planning = {
        .usage = usage,
        .groups = ARENA_NEW(arena, struct usage_group, usage->group_count + count),
        .licences = ARENA_NEW(arena, struct usage_licence, usage->licence_count + count),
        .opening_seats = ARENA_NEW(arena, int32_t, usage->licence_count + count),
        .changes = ARENA_NEW(arena, struct seat_change, usage->change_count + count),
    };
    size_t group = 0;
    if (count > 0) {
        qsort(changes, count, sizeof *changes, compare_planned);
    }
    for (size_t i = 0; i < count;) {
        const struct planned_change *first = &changes[i];
        int order = -1;
        while (group < usage->group_count &&
               (order = compare_places(usage->groups[group].customer_id, usage->groups[group].sku_id,
                                       first->customer_id, first->sku_id)) < 0) {
            copy_group(&planning, &usage->groups[group++]);
        }
        bool is_there = group < usage->group_count && order == 0;
        struct usage_group *made = copy_group(&planning, is_there ? &usage->groups[group++] : NULL);
        made->customer_id = first->customer_id;
        made->sku_id = first->sku_id;
        for (; i < count && compare_places(changes[i].customer_id, changes[i].sku_id, made->customer_id,
                                           made->sku_id) == 0;
             i++) {
            assert(i == 0 || compare_planned(&changes[i - 1], &changes[i]) != 0);
            plan(&planning, made, &changes[i]);
        }
    }
    while (group < usage->group_count) {
        copy_group(&planning, &usage->groups[group++]);
    }
    return (struct usage){.groups = planning.groups,
                          .group_count = planning.group_count,
                          .licences = planning.licences,
                          .opening_seats = planning.opening_seats,
                          .licence_count = planning.licence_count,
                          .changes = planning.changes,
                          .change_count = planning.change_count};
}
