#include "core/usage/kept_replay.h"

#include <assert.h>
#include <string.h>

enum { LEVELS_MAX = KEPT_EDGE_MAX + 1 };

bool kept_level_is_within(struct kept_level level, struct kept_level range) {
    return range.first_edge <= level.first_edge && level.last_edge <= range.last_edge;
}

bool kept_level_overlaps(struct kept_level level, struct kept_level range) {
    return level.first_edge <= range.last_edge && range.first_edge <= level.last_edge;
}

/* Cuts the depths where a range begins or ends. False where a range is none. */
static bool find_levels(const struct kept_group *group, struct kept_level levels[LEVELS_MAX], size_t *count) {
    bool is_cut[LEVELS_MAX + 1] = {false};
    int32_t first = 0;
    *count = 0;
    for (size_t i = 0; i < group->licence_count; i++) {
        struct kept_level range = group->licences[i];
        if (range.first_edge < 0 || range.last_edge > KEPT_EDGE_MAX || range.first_edge > range.last_edge) {
            return false;
        }
        is_cut[range.first_edge] = is_cut[range.last_edge + 1] = true;
    }
    for (int32_t edge = 1; edge <= LEVELS_MAX; edge++) {
        if (is_cut[edge] || edge == LEVELS_MAX) {
            levels[(*count)++] = (struct kept_level){first, edge - 1};
            first = edge;
        }
    }
    return true;
}

/* A level while its events happen. */
struct replaying {
    const struct kept_group *group;
    struct kept_level level;
    struct kept_calendar *calendar;
    struct arena *arena;
    struct kept_licence *licences;
    struct kept_rows *rows;
    struct kept_row *row; /* of the present month; NULL before the first */
    const struct kept_span *span;
};

/* The row of the event's month, which may be a new one. */
static bool come_to_month(struct replaying *replaying, int64_t at_us) {
    struct kept_rows *rows = replaying->rows;
    const struct kept_row *before = replaying->row;
    const struct kept_span *span = replaying->span;
    if (before != NULL && at_us >= span->span.midnights_us[0] &&
        at_us < span->span.midnights_us[span->span.days]) {
        return true;
    }
    span = kept_calendar_at(replaying->calendar, at_us);
    if (span == NULL || (before != NULL && span->month.index <= before->month.index)) {
        return false;
    }
    struct kept_row row = {.level = replaying->level,
                           .month = span->month,
                           .usage = kept_usage_begin(before == NULL ? 0 : before->usage.seats,
                                                     before == NULL ? 0 : before->usage.first_on_at_us,
                                                     &span->span)};
    rows->items =
        arena_grow(replaying->arena, rows->items, rows->count, &rows->capacity, sizeof *rows->items);
    replaying->row = &rows->items[rows->count++];
    *replaying->row = row;
    replaying->span = span;
    return true;
}

static bool happen(struct replaying *replaying, const struct kept_event *event) {
    struct kept_licence *licence = &replaying->licences[event->licence];
    if (event->seats_after < 0 || (licence->has_changed && event->at_us < licence->changed_at_us) ||
        !come_to_month(replaying, event->at_us)) {
        return false;
    }
    struct kept_change change =
        kept_licence_change(licence, &replaying->span->span, event->at_us, event->seats_after);
    struct kept_usage *usage = &replaying->row->usage;
    if (event->turns_on && usage->first_on_at_us == 0) {
        usage->first_on_at_us = event->at_us;
    }
    return kept_usage_append(usage, &replaying->span->span, &change);
}

static bool replay_level(struct replaying *replaying) {
    const struct kept_group *group = replaying->group;
    memset(replaying->licences, 0, group->licence_count * sizeof *replaying->licences);
    replaying->row = NULL;
    replaying->span = NULL;
    for (size_t i = 0; i < group->event_count; i++) {
        const struct kept_event *event = &group->events[i];
        assert(event->licence < group->licence_count);
        if (kept_level_is_within(replaying->level, group->licences[event->licence]) &&
            !happen(replaying, event)) {
            return false;
        }
    }
    return true;
}

bool kept_replay(const struct kept_group *group, struct kept_calendar *calendar, struct arena *arena,
                 struct kept_rows *rows) {
    struct kept_level levels[LEVELS_MAX];
    size_t count = 0;
    struct replaying replaying = {.group = group, .calendar = calendar, .arena = arena, .rows = rows};
    if (!find_levels(group, levels, &count)) {
        return false;
    }
    replaying.licences = ARENA_NEW(arena, struct kept_licence, group->licence_count);
    for (size_t i = 0; i < count; i++) {
        replaying.level = levels[i];
        if (!replay_level(&replaying)) {
            return false;
        }
    }
    return true;
}
