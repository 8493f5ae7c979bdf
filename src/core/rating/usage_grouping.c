#include "core/rating/usage_grouping.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Rows as they stream in, in pieces, because nobody knows how many there will be. */
enum { PIECE_ROWS = 32768 };

struct licence_piece {
    struct licence_piece *next;
    size_t count;
    struct metered_licence rows[PIECE_ROWS];
    uint32_t groups[PIECE_ROWS]; /* of each row, in the order in which groups were found */
};

struct change_piece {
    struct change_piece *next;
    size_t count;
    struct seat_change rows[PIECE_ROWS]; /* `licence` into usage->licences; `seats`: how many more */
};

/* A licence as an event needs it; together, because events come in no order of licences. */
struct grouped_licence {
    int64_t opening_seats; /* less what has been read; of a sound log within 32 bits in the end */
    uint32_t group;
};

void usage_grouping_init(struct usage_grouping *grouping, struct arena *arena, int64_t until_us,
                         bool forgiving) {
    *grouping = (struct usage_grouping){.arena = arena,
                                        .until_us = until_us,
                                        .forgiving = forgiving,
                                        .index = {.lowest_id = INT64_MAX, .highest_id = INT64_MIN}};
    arena_init(&grouping->rows);
    arena_init(&grouping->maps);
}

void usage_grouping_clean_up(struct usage_grouping *grouping) {
    arena_clean_up(&grouping->rows);
    arena_clean_up(&grouping->maps);
}

/* ---- licences ---- */

void usage_grouping_add_licence(struct usage_grouping *grouping, const struct metered_licence *licence) {
    struct licence_piece *piece = grouping->licence_tail;
    struct licence_index *index = &grouping->index;
    assert(grouping->groups == NULL);
    if (piece == NULL || piece->count == PIECE_ROWS) {
        piece = ARENA_NEW(&grouping->rows, struct licence_piece, 1);
        *(grouping->licence_tail == NULL ? &grouping->licence_pieces : &grouping->licence_tail->next) = piece;
        grouping->licence_tail = piece;
    }
    piece->rows[piece->count++] = *licence;
    index->lowest_id = licence->id < index->lowest_id ? licence->id : index->lowest_id;
    index->highest_id = licence->id > index->highest_id ? licence->id : index->highest_id;
    grouping->licence_count++;
}

static int compare_groups(const void *left, const void *right) {
    const struct usage_group *a = left;
    const struct usage_group *b = right;
    if (a->customer_id != b->customer_id) {
        return a->customer_id < b->customer_id ? -1 : 1;
    }
    return a->sku_id < b->sku_id ? -1 : a->sku_id > b->sku_id;
}

/* Finds the groups and sorts them; first_licence says, meanwhile, as which each was found. */
static void make_groups(struct usage_grouping *grouping) {
    struct id_map map;
    id_map_init(&map, &grouping->maps, grouping->licence_count / 4);
    struct usage_group *groups = NULL;
    uint32_t count = 0;
    size_t capacity = 0;
    for (struct licence_piece *piece = grouping->licence_pieces; piece != NULL; piece = piece->next) {
        for (size_t i = 0; i < piece->count; i++) {
            const struct metered_licence *row = &piece->rows[i];
            uint32_t group = id_map_put(&map, row->customer_id, row->sku_id, count);
            if (group == count) {
                groups = arena_grow(&grouping->maps, groups, count, &capacity, sizeof(*groups));
                groups[count++] = (struct usage_group){.customer_id = row->customer_id,
                                                       .sku_id = row->sku_id,
                                                       .first_licence = group,
                                                       .one_range = true};
            }
            piece->groups[i] = group;
            assert(group < count);
            groups[group].licence_count++;
        }
    }
    grouping->groups = ARENA_NEW(grouping->arena, struct usage_group, count);
    if (count > 0) {
        memcpy(grouping->groups, groups, count * sizeof(*groups));
    }
    qsort(grouping->groups, count, sizeof(*groups), compare_groups);
    grouping->group_count = count;
}

/* Gives every group its place among the licences. */
static void place_groups(struct usage_grouping *grouping) {
    uint32_t first = 0;
    grouping->place_of_group = ARENA_NEW(&grouping->maps, uint32_t, grouping->group_count);
    for (size_t i = 0; i < grouping->group_count; i++) {
        struct usage_group *group = &grouping->groups[i];
        grouping->place_of_group[group->first_licence] = (uint32_t)i;
        group->first_licence = first;
        first += group->licence_count;
        group->licence_count = 0;
    }
}

static void index_init(struct licence_index *index, struct arena *arena, size_t count) {
    uint64_t range =
        count == 0 ? 0 : (uint64_t)index->highest_id - (uint64_t)index->lowest_id; /* of any two */
    if (range / 8 <= count) {
        index->table = ARENA_NEW(arena, uint32_t, range + 1);
    } else {
        id_map_init(&index->map, arena, count);
    }
}

static void index_put(struct licence_index *index, int64_t id, uint32_t at) {
    if (index->table != NULL) {
        index->table[id - index->lowest_id] = at + 1;
    } else {
        id_map_put(&index->map, id, 0, at);
    }
}

static bool index_get(const struct licence_index *index, int64_t id, uint32_t *at) {
    if (index->table == NULL) {
        return id_map_get(&index->map, id, 0, at);
    }
    if (id < index->lowest_id || id > index->highest_id || index->table[id - index->lowest_id] == 0) {
        return false;
    }
    *at = index->table[id - index->lowest_id] - 1;
    return true;
}

/* Puts every licence into its group's place. */
static void place_licences(struct usage_grouping *grouping) {
    size_t count = grouping->licence_count;
    grouping->licences = ARENA_NEW(grouping->arena, struct usage_licence, count);
    grouping->grouped_licences = ARENA_NEW(&grouping->maps, struct grouped_licence, count);
    index_init(&grouping->index, &grouping->maps, count);
    for (const struct licence_piece *piece = grouping->licence_pieces; piece != NULL; piece = piece->next) {
        for (size_t i = 0; i < piece->count; i++) {
            const struct metered_licence *row = &piece->rows[i];
            uint32_t place = grouping->place_of_group[piece->groups[i]];
            struct usage_group *group = &grouping->groups[place];
            uint32_t at = group->first_licence + group->licence_count++;
            grouping->licences[at] = (struct usage_licence){row->id, row->first_on_at_us,
                                                            (int8_t)row->first_edge, (int8_t)row->last_edge};
            grouping->grouped_licences[at] = (struct grouped_licence){row->counted_seats, place};
            const struct usage_licence *first = &grouping->licences[group->first_licence];
            group->first_edge = first->first_edge;
            group->last_edge = first->last_edge;
            if (first->first_edge != row->first_edge || first->last_edge != row->last_edge) {
                group->one_range = false;
            }
            index_put(&grouping->index, row->id, at);
        }
    }
}

/* ---- events ---- */

static void add_piece(struct usage_grouping *grouping) {
    struct change_piece *piece = ARENA_NEW(&grouping->rows, struct change_piece, 1);
    *(grouping->change_tail == NULL ? &grouping->change_pieces : &grouping->change_tail->next) = piece;
    grouping->change_tail = piece;
}

/* Finds the licences of a piece's changes, whose ids are `licence_ids`. */
static enum status find_licences(const struct usage_grouping *grouping, struct change_piece *piece,
                                 struct fault *fault) {
    size_t kept = 0;
    for (size_t i = 0; i < piece->count; i++) {
        uint32_t at = 0;
        if (!index_get(&grouping->index, grouping->licence_ids[i], &at)) {
            if (grouping->forgiving) {
                continue;
            }
            return fault_set(fault, STATUS_INTERNAL, "event-without-licence", NULL, (struct text){0},
                             "The log has events of a licence (number %lld) that was never on. Run seatmeter "
                             "check, which says more.",
                             (long long)grouping->licence_ids[i]);
        }
        piece->rows[kept] = piece->rows[i];
        piece->rows[kept++].licence = at;
    }
    piece->count = kept;
    return STATUS_OK;
}

/* Joins a piece to its licences and groups, one look at a time for all its changes: each look goes anywhere
 * in memory, and so the processor waits for many of them at once. Each licence's seats go back from what they
 * are now to what they were; what lies behind until_us is dropped thereafter. */
static enum status join_piece(struct usage_grouping *grouping, struct change_piece *piece,
                              struct fault *fault) {
    struct grouped_licence *licences = grouping->grouped_licences;
    size_t kept = 0;
    enum status status = find_licences(grouping, piece, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < piece->count; i++) {
        licences[piece->rows[i].licence].opening_seats -= piece->rows[i].seats;
    }
    for (size_t i = 0; i < piece->count; i++) {
        if (piece->rows[i].at_us < grouping->until_us) {
            grouping->groups[licences[piece->rows[i].licence].group].change_count++;
            piece->rows[kept++] = piece->rows[i];
        }
    }
    piece->count = kept;
    grouping->change_count += kept;
    return STATUS_OK;
}

enum status usage_grouping_add_event(struct usage_grouping *grouping, const struct metered_event *event,
                                     struct fault *fault) {
    struct change_piece *piece = grouping->change_tail;
    assert(piece != NULL && piece->count < PIECE_ROWS);
    grouping->licence_ids[piece->count] = event->licence_id;
    piece->rows[piece->count++] = (struct seat_change){event->at_us, 0, event->change};
    if (piece->count < PIECE_ROWS) {
        return STATUS_OK;
    }
    TRY(join_piece(grouping, piece, fault));
    add_piece(grouping);
    return STATUS_OK;
}

/* The seats of every licence before the first event that was read. */
static enum status settle_openings(const struct usage_grouping *grouping, int32_t *opening_seats,
                                   struct fault *fault) {
    for (size_t i = 0; i < grouping->licence_count; i++) {
        int64_t seats = grouping->grouped_licences[i].opening_seats;
        bool is_sound = seats >= 0 && seats <= INT32_MAX;
        if (!is_sound && !grouping->forgiving) {
            return fault_set(fault, STATUS_INTERNAL, "seats-not-of-log", NULL, (struct text){0},
                             "The seats of a licence (number %lld) do not follow from the log. Run seatmeter "
                             "check, which says more.",
                             (long long)grouping->licences[i].id);
        }
        opening_seats[i] = is_sound ? (int32_t)seats : 0;
    }
    return STATUS_OK;
}

static int compare_changes(const void *left, const void *right) {
    const struct seat_change *a = left;
    const struct seat_change *b = right;
    return a->at_us < b->at_us ? -1 : a->at_us > b->at_us;
}

/* Sorts a group's changes by time; they usually are. */
static void sort_changes(struct seat_change *changes, size_t count) {
    for (size_t i = 1; i < count; i++) {
        if (changes[i].at_us < changes[i - 1].at_us) {
            qsort(changes, count, sizeof(*changes), compare_changes);
            return;
        }
    }
}

/* Turns differences into the seats after each, licences into those of the group. Of several changes of a
 * licence at one instant, in whatever order, the last says what all of them came to, and S(t) is no other
 * thing; only on the way there can the sum be below zero, and is shown as zero. */
static void add_up(const struct usage_grouping *grouping, const struct usage_group *group,
                   struct seat_change *changes) {
    for (size_t i = 0; i < group->change_count; i++) {
        struct seat_change *change = &changes[i];
        int64_t *seats = &grouping->grouped_licences[change->licence].opening_seats;
        *seats += change->seats;
        change->seats = *seats < 0 ? 0 : *seats > INT32_MAX ? INT32_MAX : (int32_t)*seats;
        change->licence -= group->first_licence;
    }
}

/* Puts every change into its group's place, sorted and added up. */
static struct seat_change *place_changes(struct usage_grouping *grouping) {
    struct seat_change *changes = ARENA_NEW(grouping->arena, struct seat_change, grouping->change_count);
    uint32_t first = 0;
    for (size_t i = 0; i < grouping->group_count; i++) {
        grouping->groups[i].first_change = first;
        first += grouping->groups[i].change_count;
        grouping->groups[i].change_count = 0;
    }
    for (const struct change_piece *piece = grouping->change_pieces; piece != NULL; piece = piece->next) {
        for (size_t i = 0; i < piece->count; i++) {
            const struct seat_change *change = &piece->rows[i];
            struct usage_group *group = &grouping->groups[grouping->grouped_licences[change->licence].group];
            changes[group->first_change + group->change_count++] = *change;
        }
    }
    arena_clean_up(&grouping->rows);
    for (size_t i = 0; i < grouping->group_count; i++) {
        const struct usage_group *group = &grouping->groups[i];
        sort_changes(changes + group->first_change, group->change_count);
        add_up(grouping, group, changes + group->first_change);
    }
    return changes;
}

void usage_grouping_end_licences(struct usage_grouping *grouping) {
    make_groups(grouping);
    place_groups(grouping);
    place_licences(grouping);
    arena_clean_up(&grouping->rows);
    grouping->licence_pieces = grouping->licence_tail = NULL;
    grouping->licence_ids = ARENA_NEW(&grouping->maps, int64_t, PIECE_ROWS);
    add_piece(grouping);
}

enum status usage_grouping_finish(struct usage_grouping *grouping, struct usage *usage, struct fault *fault) {
    assert(grouping->change_tail != NULL);
    TRY(join_piece(grouping, grouping->change_tail, fault));
    int32_t *opening_seats = ARENA_NEW(grouping->arena, int32_t, grouping->licence_count);
    TRY(settle_openings(grouping, opening_seats, fault));
    *usage = (struct usage){
        .changes = place_changes(grouping),
        .change_count = grouping->change_count,
        .groups = grouping->groups,
        .group_count = grouping->group_count,
        .licences = grouping->licences,
        .opening_seats = opening_seats,
        .licence_count = grouping->licence_count,
    };
    return STATUS_OK;
}
