#include "core/rating/usage_keeping.h"

#include "core/base/search.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A level while rows are added. */
struct keeping_entry {
    int64_t customer_id;
    int64_t sku_id;
    int64_t month; /* of the row that answers so far */
    struct usage_kept kept;
};

void usage_keeping_init(struct usage_keeping *keeping, struct arena *arena, struct month month,
                        const struct usage_zone_month *zones, const int64_t *zone_numbers,
                        size_t zone_count) {
    *keeping = (struct usage_keeping){.arena = arena,
                                      .month = month,
                                      .zones = zones,
                                      .zone_numbers = zone_numbers,
                                      .zone_count = zone_count};
    arena_init(&keeping->entries);
}

void usage_keeping_clean_up(struct usage_keeping *keeping) {
    arena_clean_up(&keeping->entries);
}

static enum status damaged(const struct keeping_row *row, struct fault *fault) {
    return fault_set(
        fault, STATUS_INTERNAL, "usage-damaged", NULL, (struct text){0},
        "What is kept of the usage of customer number %lld, SKU number %lld, cannot be right: run "
        "seatmeter check --rebuild-usage.",
        (long long)row->customer_id, (long long)row->sku_id);
}

static bool find_zone(const struct usage_keeping *keeping, int64_t number, uint32_t *zone) {
    for (size_t i = 0; i < keeping->zone_count; i++) {
        if (keeping->zone_numbers[i] == number) {
            *zone = (uint32_t)i;
            return true;
        }
    }
    return false;
}

/* What a row says of the wanted month. */
static enum status entry_of(const struct usage_keeping *keeping, const struct keeping_row *row,
                            struct keeping_entry *entry, struct fault *fault) {
    uint32_t zone = 0;
    const struct kept_usage *usage = &row->usage;
    bool is_level =
        row->first_edge >= 0 && row->first_edge <= row->last_edge && row->last_edge <= KEPT_EDGE_MAX;
    if (!is_level || !find_zone(keeping, row->zone, &zone)) {
        return damaged(row, fault);
    }
    *entry = (struct keeping_entry){
        .customer_id = row->customer_id,
        .sku_id = row->sku_id,
        .month = row->month,
        .kept = {.zone = zone, .first_edge = (int8_t)row->first_edge, .last_edge = (int8_t)row->last_edge}};
    if (row->month != keeping->month.index) {
        int64_t seats = row->month < keeping->month.index ? usage->seats : usage->opening_seats;
        if (!kept_seats_are_sound(seats)) {
            return damaged(row, fault);
        }
        entry->kept.total = kept_total_of_seats(seats, usage->first_on_at_us);
        return STATUS_OK;
    }
    const struct usage_zone_month *of = &keeping->zones[zone];
    if (!of->has_month || !kept_usage_is_sound(usage, &of->span)) {
        return damaged(row, fault);
    }
    entry->kept.total = kept_total_of(usage);
    return STATUS_OK;
}

enum status usage_keeping_add_newest(struct usage_keeping *keeping, const struct keeping_row *row,
                                     struct fault *fault) {
    struct keeping_entry entry;
    TRY(entry_of(keeping, row, &entry, fault));
    keeping->items = arena_grow(&keeping->entries, keeping->items, keeping->count, &keeping->capacity,
                                sizeof *keeping->items);
    keeping->items[keeping->count++] = entry;
    return STATUS_OK;
}

static int compare_numbers(int64_t a, int64_t b) {
    return a < b ? -1 : a > b;
}

static int compare_entries(const void *left, const void *right) {
    const struct keeping_entry *a = left;
    const struct keeping_entry *b = right;
    int order = compare_numbers(a->customer_id, b->customer_id);
    order = order != 0 ? order : compare_numbers(a->sku_id, b->sku_id);
    order = order != 0 ? order : compare_numbers(a->kept.zone, b->kept.zone);
    return order != 0 ? order : compare_numbers(a->kept.first_edge, b->kept.first_edge);
}

void usage_keeping_end_newest(struct usage_keeping *keeping) {
    for (size_t i = 1; i < keeping->count; i++) {
        if (compare_entries(&keeping->items[i - 1], &keeping->items[i]) > 0) {
            qsort(keeping->items, keeping->count, sizeof *keeping->items, compare_entries);
            return;
        }
    }
}

struct sought_entry {
    const struct usage_keeping *keeping;
    const struct keeping_entry *entry;
};

static bool is_entry_before(const void *context, size_t i) {
    const struct sought_entry *sought = context;
    return compare_entries(&sought->keeping->items[i], sought->entry) < 0;
}

enum status usage_keeping_add_earlier(struct usage_keeping *keeping, const struct keeping_row *row,
                                      struct fault *fault) {
    struct keeping_entry entry;
    TRY(entry_of(keeping, row, &entry, fault));
    size_t at = lower_bound(keeping->count, is_entry_before, &(struct sought_entry){keeping, &entry});
    if (at == keeping->count || compare_entries(&keeping->items[at], &entry) != 0) {
        return damaged(row, fault);
    }
    bool answers = row->month >= keeping->month.index && row->month < keeping->items[at].month;
    if (answers && keeping->items[at].month > keeping->month.index) {
        keeping->items[at] = entry;
    }
    return STATUS_OK;
}

void usage_keeping_finish(struct usage_keeping *keeping, struct usage *usage) {
    struct usage_kept *kept = ARENA_NEW(keeping->arena, struct usage_kept, keeping->count);
    size_t group_count = 0;
    for (size_t i = 0; i < keeping->count; i++) {
        const struct keeping_entry *entry = &keeping->items[i];
        group_count +=
            i == 0 || entry[-1].customer_id != entry->customer_id || entry[-1].sku_id != entry->sku_id;
        kept[i] = entry->kept;
    }
    struct usage_group *groups = ARENA_NEW(keeping->arena, struct usage_group, group_count);
    size_t at = 0;
    for (size_t i = 0; i < keeping->count; i++) {
        const struct keeping_entry *entry = &keeping->items[i];
        if (at == 0 || groups[at - 1].customer_id != entry->customer_id ||
            groups[at - 1].sku_id != entry->sku_id) {
            groups[at++] = (struct usage_group){.customer_id = entry->customer_id,
                                                .sku_id = entry->sku_id,
                                                .first_kept = (uint32_t)i,
                                                .one_range = true,
                                                .first_edge = entry->kept.first_edge,
                                                .last_edge = entry->kept.last_edge};
        }
        struct usage_group *group = &groups[at - 1];
        group->kept_count++;
        group->one_range = group->one_range && group->first_edge == entry->kept.first_edge &&
                           group->last_edge == entry->kept.last_edge;
    }
    assert(at == group_count);
    *usage = (struct usage){.groups = groups,
                            .group_count = group_count,
                            .kept = kept,
                            .kept_count = keeping->count,
                            .month = keeping->month,
                            .zones = keeping->zones,
                            .zone_count = keeping->zone_count};
}

/* ---- with the log of some groups ---- */

static int compare_groups(const void *left, const void *right) {
    const struct usage_group *a = left;
    const struct usage_group *b = right;
    int order = compare_numbers(a->customer_id, b->customer_id);
    return order != 0 ? order : compare_numbers(a->sku_id, b->sku_id);
}

/* One array behind another. */
static void *join(struct arena *arena, const void *first, size_t first_count, const void *second,
                  size_t second_count, size_t item_bytes) {
    char *joined = arena_alloc(arena, first_count + second_count, item_bytes);
    if (first_count > 0) {
        memcpy(joined, first, first_count * item_bytes);
    }
    if (second_count > 0) {
        memcpy(joined + first_count * item_bytes, second, second_count * item_bytes);
    }
    return joined;
}

struct sought_group {
    const struct usage_group *groups;
    const struct usage_group *group;
};

static bool is_group_before(const void *context, size_t i) {
    const struct sought_group *sought = context;
    return compare_groups(&sought->groups[i], sought->group) < 0;
}

void usage_add_log(struct usage *usage, const struct usage *log, struct arena *arena) {
    struct usage_group *groups =
        join(arena, usage->groups, usage->group_count, log->groups, log->group_count, sizeof *usage->groups);
    size_t count = usage->group_count;
    for (size_t i = 0; i < log->group_count; i++) {
        struct usage_group group = log->groups[i];
        group.first_licence += (uint32_t)usage->licence_count;
        group.first_change += (uint32_t)usage->change_count;
        size_t at = lower_bound(usage->group_count, is_group_before, &(struct sought_group){groups, &group});
        bool is_there = at < usage->group_count && compare_groups(&groups[at], &group) == 0;
        if (!is_there) {
            groups[count++] = group;
        } else if (groups[at].licence_count == 0) {
            groups[at].first_licence = group.first_licence;
            groups[at].licence_count = group.licence_count;
            groups[at].first_change = group.first_change;
            groups[at].change_count = group.change_count;
            groups[at].one_range = groups[at].one_range && group.one_range;
        }
    }
    if (count > usage->group_count) {
        qsort(groups, count, sizeof *groups, compare_groups);
    }
    usage->licences = join(arena, usage->licences, usage->licence_count, log->licences, log->licence_count,
                           sizeof *usage->licences);
    usage->opening_seats = join(arena, usage->opening_seats, usage->licence_count, log->opening_seats,
                                log->licence_count, sizeof *usage->opening_seats);
    usage->changes = join(arena, usage->changes, usage->change_count, log->changes, log->change_count,
                          sizeof *usage->changes);
    usage->licence_count += log->licence_count;
    usage->change_count += log->change_count;
    usage->groups = groups;
    usage->group_count = count;
}
