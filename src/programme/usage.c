#include "programme/usage.h"

#include "core/id_map.h"
#include "store/close_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Rows as they stream in, in pieces, because nobody knows how many there will be. */
enum { PIECE_ROWS = 32768 };

struct licence_piece {
    struct licence_piece *next;
    size_t count;
    struct metered_licence rows[PIECE_ROWS];
};

/* An event, found its licence; `sequence` settles the order within an instant. */
struct change_row {
    int64_t at_us;
    int64_t sequence;
    uint32_t licence; /* index into usage->licences */
    int32_t seats;
};

struct change_piece {
    struct change_piece *next;
    size_t count;
    struct change_row rows[PIECE_ROWS];
};

/* What an event needs of its licence, in one place because events come in no order of licences. */
struct read_licence {
    int64_t first_sequence; /* of its first event that was read; 0: none */
    int32_t opening_seats;
    uint32_t group;
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
    struct id_map licence_index; /* licence id → index into usage->licences */
    uint32_t *dense_index;       /* the same where ids lie close together: index + 1 by id − lowest_id */
    int64_t lowest_id;
    int64_t highest_id;
    struct usage_group *groups;
    struct usage_licence *licences;
    int32_t *opening_seats;
    struct read_licence *read; /* beside licences */
    size_t licence_count;
    size_t group_count;
    size_t change_count;
};

static enum status read_licences(struct loading *loading, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct licence_piece **tail = &loading->licence_pieces;
    struct licence_piece *piece = NULL;
    bool have_row = false;
    enum status status = metered_licences_stream(loading->db, loading->scope->under_account_id, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        if (piece == NULL || piece->count == PIECE_ROWS) {
            piece = ARENA_NEW(&loading->rows, struct licence_piece, 1);
            *tail = piece;
            tail = &piece->next;
        }
        struct metered_licence *row = &piece->rows[piece->count++];
        metered_licence_read(rows, row);
        if (loading->licence_count == 0 || row->id < loading->lowest_id)
            loading->lowest_id = row->id;
        if (loading->licence_count == 0 || row->id > loading->highest_id)
            loading->highest_id = row->id;
        loading->licence_count++;
    }
    db_rows_close(rows);
    return status;
}

static int compare_groups(const void *left, const void *right) {
    const struct usage_group *a = left;
    const struct usage_group *b = right;
    if (a->customer_id != b->customer_id)
        return a->customer_id < b->customer_id ? -1 : 1;
    return a->sku_id < b->sku_id ? -1 : a->sku_id > b->sku_id;
}

/* Finds the groups, sorts them, and leaves in first_licence where each begins. */
static void make_groups(struct loading *loading) {
    struct id_map map;
    id_map_init(&map, &loading->maps, loading->licence_count / 4);
    struct usage_group *groups = NULL;
    size_t count = 0;
    size_t capacity = 0;
    for (const struct licence_piece *piece = loading->licence_pieces; piece != NULL; piece = piece->next)
        for (size_t i = 0; i < piece->count; i++) {
            const struct metered_licence *licence = &piece->rows[i];
            uint32_t index = id_map_put(&map, licence->customer_id, licence->sku_id, (uint32_t)count);
            if (index == count) {
                groups = arena_grow(&loading->maps, groups, count, &capacity, sizeof(*groups));
                groups[count++] = (struct usage_group){
                    .customer_id = licence->customer_id, .sku_id = licence->sku_id, .one_range = true};
            }
            assert(index < count);
            groups[index].licence_count++;
        }
    loading->groups = ARENA_NEW(loading->arena, struct usage_group, count + 1);
    if (count > 0)
        memcpy(loading->groups, groups, count * sizeof(*groups));
    qsort(loading->groups, count, sizeof(*groups), compare_groups);
    loading->group_count = count;
    uint32_t first = 0;
    for (size_t i = 0; i < count; i++) {
        loading->groups[i].first_licence = first;
        first += loading->groups[i].licence_count;
    }
}

/* A plain table where it takes little more room than the licences, else a map. */
static void make_index(struct loading *loading) {
    int64_t range = loading->licence_count == 0 ? 0 : loading->highest_id - loading->lowest_id;
    if (range / 8 <= (int64_t)loading->licence_count)
        loading->dense_index = ARENA_NEW(&loading->maps, uint32_t, (size_t)range + 1);
    else
        id_map_init(&loading->licence_index, &loading->maps, loading->licence_count);
}

static bool find_licence(const struct loading *loading, int64_t id, uint32_t *at) {
    if (loading->dense_index == NULL)
        return id_map_get(&loading->licence_index, id, 0, at);
    if (id < loading->lowest_id || id > loading->highest_id)
        return false;
    *at = loading->dense_index[id - loading->lowest_id] - 1;
    return *at != UINT32_MAX;
}

/* Puts every licence into its group's place. */
static void place_licences(struct loading *loading) {
    size_t count = loading->licence_count;
    struct id_map group_index;
    id_map_init(&group_index, &loading->maps, loading->group_count);
    for (size_t i = 0; i < loading->group_count; i++) {
        id_map_put(&group_index, loading->groups[i].customer_id, loading->groups[i].sku_id, (uint32_t)i);
        loading->groups[i].licence_count = 0;
    }
    loading->licences = ARENA_NEW(loading->arena, struct usage_licence, count + 1);
    loading->opening_seats = ARENA_NEW(loading->arena, int32_t, count + 1);
    loading->read = ARENA_NEW(&loading->maps, struct read_licence, count + 1);
    make_index(loading);
    for (const struct licence_piece *piece = loading->licence_pieces; piece != NULL; piece = piece->next)
        for (size_t i = 0; i < piece->count; i++) {
            const struct metered_licence *row = &piece->rows[i];
            uint32_t group_at = 0;
            bool known = id_map_get(&group_index, row->customer_id, row->sku_id, &group_at);
            assert(known);
            struct usage_group *group = &loading->groups[group_at];
            uint32_t at = group->first_licence + group->licence_count++;
            loading->licences[at] = (struct usage_licence){row->id, row->first_on_at_us,
                                                           (int8_t)row->first_edge, (int8_t)row->last_edge};
            loading->read[at] = (struct read_licence){0, row->counted_seats, group_at};
            const struct usage_licence *first = &loading->licences[group->first_licence];
            if (first->first_edge != row->first_edge || first->last_edge != row->last_edge)
                group->one_range = false;
            if (loading->dense_index != NULL)
                loading->dense_index[row->id - loading->lowest_id] = at + 1;
            else
                id_map_put(&loading->licence_index, row->id, 0, at);
        }
}

static struct change_row *new_change(struct loading *loading, struct change_piece **last) {
    struct change_piece *piece = *last;
    if (piece == NULL || piece->count == PIECE_ROWS) {
        struct change_piece *next = ARENA_NEW(&loading->rows, struct change_piece, 1);
        if (piece == NULL)
            loading->change_pieces = next;
        else
            piece->next = next;
        piece = *last = next;
    }
    loading->change_count++;
    return &piece->rows[piece->count++];
}

/* Reads the events; on the way each licence's opening becomes the seats_before of its first one. */
static enum status read_events(struct loading *loading, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct change_piece *last = NULL;
    struct metered_event event;
    bool have_row = false;
    enum status status = metered_events_stream(loading->db, loading->scope->under_account_id,
                                               loading->scope->from_us, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        uint32_t licence = 0;
        metered_event_read(rows, &event);
        if (!find_licence(loading, event.licence_id, &licence)) {
            if (loading->scope->forgiving)
                continue;
            status = fault_set(fault, STATUS_INTERNAL, "event-without-licence", NULL, (struct text){0},
                               "event %lld is of a licence that was never on; seatmeter check tells more",
                               (long long)event.sequence);
            break;
        }
        struct read_licence *read = &loading->read[licence];
        if (read->first_sequence == 0 || event.sequence < read->first_sequence) {
            read->first_sequence = event.sequence;
            read->opening_seats = event.seats_before;
        }
        if (event.at_us < loading->scope->until_us) {
            loading->groups[read->group].change_count++;
            *new_change(loading, &last) =
                (struct change_row){event.at_us, event.sequence, licence, event.seats_after};
        }
    }
    db_rows_close(rows);
    return status;
}

static bool is_before(const struct change_row *a, const struct change_row *b) {
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->sequence < b->sequence);
}

static int compare_changes(const void *left, const void *right) {
    const struct change_row *a = left;
    const struct change_row *b = right;
    return is_before(a, b) ? -1 : is_before(b, a);
}

/* Sorts a group's changes by time, then log order; they usually are. */
static void sort_changes(struct change_row *rows, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (is_before(&rows[i], &rows[i - 1])) {
            qsort(rows, count, sizeof(*rows), compare_changes);
            return;
        }
}

/* Puts every change into its group's place, sorted. */
static struct seat_change *place_changes(struct loading *loading) {
    uint32_t first = 0;
    for (size_t i = 0; i < loading->group_count; i++) {
        loading->groups[i].first_change = first;
        first += loading->groups[i].change_count;
        loading->groups[i].change_count = 0;
    }
    struct change_row *sorted = ARENA_NEW(&loading->maps, struct change_row, loading->change_count + 1);
    for (const struct change_piece *piece = loading->change_pieces; piece != NULL; piece = piece->next)
        for (size_t i = 0; i < piece->count; i++) {
            struct usage_group *group = &loading->groups[loading->read[piece->rows[i].licence].group];
            sorted[group->first_change + group->change_count++] = piece->rows[i];
        }
    arena_clean_up(&loading->rows);
    for (size_t i = 0; i < loading->licence_count; i++)
        loading->opening_seats[i] = loading->read[i].opening_seats;
    struct seat_change *changes = ARENA_NEW(loading->arena, struct seat_change, loading->change_count + 1);
    for (size_t g = 0; g < loading->group_count; g++) {
        const struct usage_group *group = &loading->groups[g];
        sort_changes(sorted + group->first_change, group->change_count);
        for (size_t i = group->first_change; i < group->first_change + group->change_count; i++)
            changes[i] = (struct seat_change){sorted[i].at_us, sorted[i].licence - group->first_licence,
                                              sorted[i].seats};
    }
    return changes;
}

enum status usage_load(struct db *db, struct arena *arena, const struct usage_scope *scope,
                       struct usage *usage, struct fault *fault) {
    assert(db_in_transaction(db) && scope->from_us <= scope->until_us);
    struct loading loading = {.db = db, .scope = scope, .arena = arena};
    arena_init(&loading.rows);
    arena_init(&loading.maps);
    enum status status = read_licences(&loading, fault);
    if (status != STATUS_OK)
        goto done;
    make_groups(&loading);
    place_licences(&loading);
    arena_clean_up(&loading.rows);
    status = read_events(&loading, fault);
    if (status != STATUS_OK)
        goto done;
    *usage = (struct usage){
        .changes = place_changes(&loading),
        .change_count = loading.change_count,
        .groups = loading.groups,
        .group_count = loading.group_count,
        .licences = loading.licences,
        .opening_seats = loading.opening_seats,
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
        if (!is_billed(&licences[i], seller_depth))
            continue;
        scratch->renumbered[i] = kept;
        scratch->opening_seats[kept++] = usage->opening_seats[group->first_licence + i];
        if (meter->first_on_at_us == 0 || licences[i].first_on_at_us < meter->first_on_at_us)
            meter->first_on_at_us = licences[i].first_on_at_us;
    }
    size_t changes = 0;
    for (size_t i = group->first_change; i < group->first_change + group->change_count; i++) {
        struct seat_change change = usage->changes[i];
        change.licence = scratch->renumbered[change.licence];
        if (change.licence != UINT32_MAX)
            scratch->changes[changes++] = change;
    }
    meter->meter = (struct meter_group){scratch->opening_seats, kept, scratch->changes, changes};
    return kept > 0;
}

bool usage_meter_at(const struct usage *usage, const struct usage_group *group, int64_t seller_depth,
                    struct usage_scratch *scratch, struct usage_meter *meter) {
    assert(group->licence_count > 0 && scratch->arena != NULL);
    if (!group->one_range)
        return filter_group(usage, group, seller_depth, scratch, meter);
    const struct usage_licence *licences = usage->licences + group->first_licence;
    if (!is_billed(&licences[0], seller_depth))
        return false;
    int64_t first_on_at_us = licences[0].first_on_at_us;
    for (uint32_t i = 1; i < group->licence_count; i++)
        if (licences[i].first_on_at_us < first_on_at_us)
            first_on_at_us = licences[i].first_on_at_us;
    *meter = (struct usage_meter){
        .meter = {usage->opening_seats + group->first_licence, group->licence_count,
                  usage->changes + group->first_change, group->change_count},
        .first_on_at_us = first_on_at_us,
    };
    return true;
}

const struct usage_group *usage_find(const struct usage *usage, int64_t customer_id, int64_t sku_id) {
    struct usage_group wanted = {.customer_id = customer_id, .sku_id = sku_id};
    if (usage->group_count == 0)
        return NULL;
    return bsearch(&wanted, usage->groups, usage->group_count, sizeof(wanted), compare_groups);
}
