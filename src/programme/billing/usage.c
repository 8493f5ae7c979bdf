#include "programme/billing/usage.h"

#include "core/base/id_map.h"
#include "store/billing/close_queries.h"

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

/* What an event needs of its licence, together, because events come in no order of licences. */
struct loading_licence {
    int64_t opening_seats; /* less what has been read; of a sound log within 32 bits in the end */
    uint32_t group;
};

/* From a licence's id to its index: a table where ids lie close together, which takes one look, else a map.
 */
struct licence_index {
    struct id_map map;
    uint32_t *table; /* index + 1 by id − lowest_id; 0: none. NULL: the map */
    int64_t lowest_id;
    int64_t highest_id;
};

/* What is needed while loading alone. */
struct loading {
    struct db *db;
    const struct usage_scope *scope;
    struct arena *arena; /* of the result */
    struct arena rows;   /* of the pieces */
    struct arena maps;
    struct licence_piece *licence_pieces;
    struct change_piece *change_pieces;
    struct licence_index index;
    struct usage_group *groups;
    uint32_t *place_of_group; /* from the order in which groups were found to their places */
    struct usage_licence *licences;
    struct loading_licence *loading_licences; /* beside licences */
    size_t licence_count;
    size_t group_count;
    size_t change_count;
};

/* ---- licences ---- */

static enum status read_licences(struct loading *loading, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct licence_piece **tail = &loading->licence_pieces;
    struct licence_piece *piece = NULL;
    struct licence_index *index = &loading->index;
    bool have_row = false;
    index->lowest_id = INT64_MAX;
    enum status status = metered_licences_stream(loading->db, loading->scope->under_account_id, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        if (piece == NULL || piece->count == PIECE_ROWS) {
            piece = ARENA_NEW(&loading->rows, struct licence_piece, 1);
            *tail = piece;
            tail = &piece->next;
        }
        struct metered_licence *row = &piece->rows[piece->count++];
        metered_licence_read(rows, row);
        index->lowest_id = row->id < index->lowest_id ? row->id : index->lowest_id;
        index->highest_id = row->id > index->highest_id ? row->id : index->highest_id;
        loading->licence_count++;
    }
    db_rows_close(rows);
    return status;
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
static void make_groups(struct loading *loading) {
    struct id_map map;
    id_map_init(&map, &loading->maps, loading->licence_count / 4);
    struct usage_group *groups = NULL;
    uint32_t count = 0;
    size_t capacity = 0;
    for (struct licence_piece *piece = loading->licence_pieces; piece != NULL; piece = piece->next) {
        for (size_t i = 0; i < piece->count; i++) {
            const struct metered_licence *row = &piece->rows[i];
            uint32_t group = id_map_put(&map, row->customer_id, row->sku_id, count);
            if (group == count) {
                groups = arena_grow(&loading->maps, groups, count, &capacity, sizeof(*groups));
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
    loading->groups = ARENA_NEW(loading->arena, struct usage_group, (size_t)count + 1);
    if (count > 0) {
        memcpy(loading->groups, groups, count * sizeof(*groups));
    }
    qsort(loading->groups, count, sizeof(*groups), compare_groups);
    loading->group_count = count;
}

/* Gives every group its place among the licences. */
static void place_groups(struct loading *loading) {
    uint32_t first = 0;
    loading->place_of_group = ARENA_NEW(&loading->maps, uint32_t, loading->group_count + 1);
    for (size_t i = 0; i < loading->group_count; i++) {
        struct usage_group *group = &loading->groups[i];
        loading->place_of_group[group->first_licence] = (uint32_t)i;
        group->first_licence = first;
        first += group->licence_count;
        group->licence_count = 0;
    }
}

static void index_init(struct licence_index *index, struct arena *arena, size_t count) {
    int64_t range = count == 0 ? 0 : index->highest_id - index->lowest_id + 1;
    if (range / 8 <= (int64_t)count) {
        index->table = ARENA_NEW(arena, uint32_t, (size_t)range + 1);
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
static void place_licences(struct loading *loading) {
    size_t count = loading->licence_count;
    loading->licences = ARENA_NEW(loading->arena, struct usage_licence, count + 1);
    loading->loading_licences = ARENA_NEW(&loading->maps, struct loading_licence, count + 1);
    index_init(&loading->index, &loading->maps, count);
    for (const struct licence_piece *piece = loading->licence_pieces; piece != NULL; piece = piece->next) {
        for (size_t i = 0; i < piece->count; i++) {
            const struct metered_licence *row = &piece->rows[i];
            uint32_t place = loading->place_of_group[piece->groups[i]];
            struct usage_group *group = &loading->groups[place];
            uint32_t at = group->first_licence + group->licence_count++;
            loading->licences[at] = (struct usage_licence){row->id, row->first_on_at_us,
                                                           (int8_t)row->first_edge, (int8_t)row->last_edge};
            loading->loading_licences[at] = (struct loading_licence){row->counted_seats, place};
            const struct usage_licence *first = &loading->licences[group->first_licence];
            if (first->first_edge != row->first_edge || first->last_edge != row->last_edge) {
                group->one_range = false;
            }
            index_put(&loading->index, row->id, at);
        }
    }
}

/* ---- events ---- */

static struct change_piece *new_piece(struct loading *loading, struct change_piece *last) {
    struct change_piece *piece = ARENA_NEW(&loading->rows, struct change_piece, 1);
    if (last == NULL) {
        loading->change_pieces = piece;
    } else {
        last->next = piece;
    }
    return piece;
}

/* Finds the licences of a piece's changes, whose ids are `licence_ids`. */
static enum status find_licences(const struct loading *loading, struct change_piece *piece,
                                 const int64_t *licence_ids, struct fault *fault) {
    size_t kept = 0;
    for (size_t i = 0; i < piece->count; i++) {
        uint32_t at = 0;
        if (!index_get(&loading->index, licence_ids[i], &at)) {
            if (loading->scope->forgiving) {
                continue;
            }
            return fault_set(fault, STATUS_INTERNAL, "event-without-licence", NULL, (struct text){0},
                             "the log has events of a licence (number %lld) that was never on; seatmeter "
                             "check tells more",
                             (long long)licence_ids[i]);
        }
        piece->rows[kept] = piece->rows[i];
        piece->rows[kept++].licence = at;
    }
    piece->count = kept;
    return STATUS_OK;
}

/* Joins a piece to its licences and groups, one look at a time for all its changes: each look goes anywhere
 * in memory, and so the processor waits for many of them at once. Each licence's seats go back from what they
 * are now to what they were; what lies behind the scope's end is dropped thereafter. */
static enum status join_piece(struct loading *loading, struct change_piece *piece, const int64_t *licence_ids,
                              struct fault *fault) {
    struct loading_licence *licences = loading->loading_licences;
    size_t kept = 0;
    enum status status = find_licences(loading, piece, licence_ids, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < piece->count; i++) {
        licences[piece->rows[i].licence].opening_seats -= piece->rows[i].seats;
    }
    for (size_t i = 0; i < piece->count; i++) {
        if (piece->rows[i].at_us < loading->scope->until_us) {
            loading->groups[licences[piece->rows[i].licence].group].change_count++;
            piece->rows[kept++] = piece->rows[i];
        }
    }
    piece->count = kept;
    loading->change_count += kept;
    return STATUS_OK;
}

static enum status read_events(struct loading *loading, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct change_piece *piece = new_piece(loading, NULL);
    int64_t *licence_ids = ARENA_NEW(&loading->maps, int64_t, PIECE_ROWS);
    struct metered_event event;
    bool have_row = false;
    enum status status = metered_events_stream(loading->db, loading->scope->under_account_id,
                                               loading->scope->from_us, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        metered_event_read(rows, &event);
        licence_ids[piece->count] = event.licence_id;
        piece->rows[piece->count++] = (struct seat_change){event.at_us, 0, event.change};
        if (piece->count == PIECE_ROWS) {
            status = join_piece(loading, piece, licence_ids, fault);
            piece = new_piece(loading, piece);
        }
    }
    db_rows_close(rows);
    return status == STATUS_OK ? join_piece(loading, piece, licence_ids, fault) : status;
}

/* The seats of every licence before the first event that was read. */
static enum status settle_openings(const struct loading *loading, int32_t *opening_seats,
                                   struct fault *fault) {
    for (size_t i = 0; i < loading->licence_count; i++) {
        int64_t seats = loading->loading_licences[i].opening_seats;
        bool is_sound = seats >= 0 && seats <= INT32_MAX;
        if (!is_sound && !loading->scope->forgiving) {
            return fault_set(fault, STATUS_INTERNAL, "seats-not-of-log", NULL, (struct text){0},
                             "the seats of a licence (number %lld) do not follow from the log; seatmeter "
                             "check tells more",
                             (long long)loading->licences[i].id);
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
static void add_up(const struct loading *loading, const struct usage_group *group,
                   struct seat_change *changes) {
    for (size_t i = 0; i < group->change_count; i++) {
        struct seat_change *change = &changes[i];
        int64_t *seats = &loading->loading_licences[change->licence].opening_seats;
        *seats += change->seats;
        change->seats = *seats < 0 ? 0 : *seats > INT32_MAX ? INT32_MAX : (int32_t)*seats;
        change->licence -= group->first_licence;
    }
}

/* Puts every change into its group's place, sorted and added up. */
static struct seat_change *place_changes(struct loading *loading) {
    struct seat_change *changes = ARENA_NEW(loading->arena, struct seat_change, loading->change_count + 1);
    uint32_t first = 0;
    for (size_t i = 0; i < loading->group_count; i++) {
        loading->groups[i].first_change = first;
        first += loading->groups[i].change_count;
        loading->groups[i].change_count = 0;
    }
    for (const struct change_piece *piece = loading->change_pieces; piece != NULL; piece = piece->next) {
        for (size_t i = 0; i < piece->count; i++) {
            const struct seat_change *change = &piece->rows[i];
            struct usage_group *group = &loading->groups[loading->loading_licences[change->licence].group];
            changes[group->first_change + group->change_count++] = *change;
        }
    }
    arena_clean_up(&loading->rows);
    for (size_t i = 0; i < loading->group_count; i++) {
        const struct usage_group *group = &loading->groups[i];
        sort_changes(changes + group->first_change, group->change_count);
        add_up(loading, group, changes + group->first_change);
    }
    return changes;
}

enum status usage_load(struct db *db, struct arena *arena, const struct usage_scope *scope,
                       struct usage *usage, struct fault *fault) {
    assert(db_in_transaction(db) && scope->from_us <= scope->until_us);
    struct loading loading = {.db = db, .scope = scope, .arena = arena};
    int32_t *opening_seats = NULL;
    arena_init(&loading.rows);
    arena_init(&loading.maps);
    enum status status = read_licences(&loading, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    make_groups(&loading);
    place_groups(&loading);
    place_licences(&loading);
    arena_clean_up(&loading.rows);
    status = read_events(&loading, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    opening_seats = ARENA_NEW(arena, int32_t, loading.licence_count + 1);
    status = settle_openings(&loading, opening_seats, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    *usage = (struct usage){
        .changes = place_changes(&loading),
        .change_count = loading.change_count,
        .groups = loading.groups,
        .group_count = loading.group_count,
        .licences = loading.licences,
        .opening_seats = opening_seats,
        .licence_count = loading.licence_count,
    };
done:
    arena_clean_up(&loading.rows);
    arena_clean_up(&loading.maps);
    return status;
}

static bool is_billed(const struct usage_licence *licence, int64_t seller_depth) {
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
        if (!is_billed(&licences[i], seller_depth)) {
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
    if (!is_billed(&licences[0], seller_depth)) {
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

const struct usage_group *usage_find(const struct usage *usage, int64_t customer_id, int64_t sku_id) {
    struct usage_group wanted = {.customer_id = customer_id, .sku_id = sku_id};
    if (usage->group_count == 0) {
        return NULL;
    }
    return bsearch(&wanted, usage->groups, usage->group_count, sizeof(wanted), compare_groups);
}
