#include "device/live/live_load.h"

#include "device/live/live_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RANGE = 512 * 1024, LOADERS_MAX = 4, PROFILES_AT_FIRST = 10000 };

enum piece_kind { PIECE_DEVICES, PIECE_LICENCES, PIECE_SEEN, PIECE_KINDS };

struct loading {
    struct live *live;
    struct id_map suspended;
    struct arena arena;
    int64_t last_licence;
    int64_t last_device;
    atomic_int next_piece;
    _Atomic uint64_t licences;
    _Atomic uint64_t devices;
};

struct loader {
    struct loading *loading;
    struct db *db;
    struct fault fault;
    enum status status;
};

static int pieces_of(int64_t last) {
    return (int)((last + RANGE - 1) / RANGE);
}

/* ---- rows ---- */

/* A licence of a SKU that is newer than the position is left to the feed, which brings both. */
static void put_licence(struct live *live, const struct door_licence_row *row, uint64_t *count) {
    uint32_t sku = 0;
    if (!id_map_get(&live->sku_index, row->sku_id, 0, &sku)) {
        return;
    }
    struct live_licence *licence = live_table_place(&live->licences, (uint32_t)row->id);
    *licence = (struct live_licence){.id = (uint32_t)row->id,
                                     .version = (uint32_t)row->version,
                                     .seats = row->seats,
                                     .counted_seats = row->counted_seats,
                                     .sku = sku,
                                     .state = (uint8_t)row->state,
                                     .suspender = (uint8_t)row->suspender};
    (*count)++;
}

static enum status load_licences(struct loading *loading, struct db_rows *rows, struct fault *fault) {
    struct door_licence_row row;
    uint64_t count = 0;
    bool have_row = true;
    while (true) {
        TRY(db_next(rows, &have_row, fault));
        if (!have_row) {
            break;
        }
        TRY(door_licence_read(rows, 0, &loading->suspended, &row, fault));
        TRY(live_licence_row_check(&row, fault));
        put_licence(loading->live, &row, &count);
    }
    atomic_fetch_add(&loading->licences, count);
    return STATUS_OK;
}

/* The members are set one by one, as another thread may be writing what the device was seen to do. */
static void put_device(struct live *live, const struct door_device_row *row) {
    struct live_device *device = live_table_place(&live->devices, (uint32_t)row->id);
    (void)live_table_place(&live->licences, (uint32_t)row->licence_id); /* so that it is always found */
    device->id = row->id;
    device->licence = (uint32_t)row->licence_id;
    device->seat = row->seat;
    device->generation = (uint32_t)row->generation;
    device->state = (uint8_t)row->state;
    device->stamp = (uint32_t)live->loaded_changes;
    device->activated_at_us = row->activated_at_us;
    memcpy(device->fingerprint, row->fingerprint.at, sizeof device->fingerprint);
}

static enum status load_devices(struct loading *loading, struct db_rows *rows, struct fault *fault) {
    struct door_device_row row;
    uint64_t count = 0;
    bool have_row = true;
    while (true) {
        TRY(db_next(rows, &have_row, fault));
        if (!have_row) {
            break;
        }
        TRY(door_device_read(rows, &row, fault));
        TRY(live_device_row_check(&row, fault));
        put_device(loading->live, &row);
        count++;
    }
    atomic_fetch_add(&loading->devices, count);
    return STATUS_OK;
}

static void put_seen(struct live *live, const struct device_seen *seen) {
    struct live_device *device = live_table_place(&live->devices, (uint32_t)seen->device_id);
    device->sequence = seen->sequence;
    device->link = seen->link;
    device->seen_at_s = (uint32_t)seen->seen_at_s; /* these three were written from 32 bits */
    device->lease_expires_s = (uint32_t)seen->lease_expires_s;
    device->profile = (uint32_t)seen->profile_id;
    if (seen->seen_at_s <= live->unsettled_s) {
        device->flags = LIVE_UNSETTLED; /* nobody else has written the flags yet */
    }
    live_device_take_month_marks(device, seen->month_marks);
}

static enum status load_seen(struct loading *loading, struct db_rows *rows, struct fault *fault) {
    struct device_seen seen;
    bool have_row = true;
    while (true) {
        TRY(db_next(rows, &have_row, fault));
        if (!have_row) {
            return STATUS_OK;
        }
        door_seen_read(rows, &seen);
        TRY(live_number_check(seen.device_id, fault));
        put_seen(loading->live, &seen);
    }
}

/* ---- pieces ---- */

static enum status open_piece(struct loader *loader, enum piece_kind kind, int64_t after,
                              struct db_rows **rows) {
    switch (kind) {
    case PIECE_LICENCES:
        return door_licences_stream(loader->db, after, after + RANGE, rows, &loader->fault);
    case PIECE_DEVICES:
        return door_devices_stream(loader->db, after, after + RANGE, rows, &loader->fault);
    default:
        return door_seen_stream(loader->db, after, after + RANGE, rows, &loader->fault);
    }
}

static enum status load_rows(struct loader *loader, enum piece_kind kind, struct db_rows *rows) {
    switch (kind) {
    case PIECE_LICENCES:
        return load_licences(loader->loading, rows, &loader->fault);
    case PIECE_DEVICES:
        return load_devices(loader->loading, rows, &loader->fault);
    default:
        return load_seen(loader->loading, rows, &loader->fault);
    }
}

static enum status load_piece(struct loader *loader, enum piece_kind kind, int64_t after) {
    struct db_rows *rows = NULL;
    TRY(open_piece(loader, kind, after, &rows));
    enum status status = load_rows(loader, kind, rows);
    db_rows_close(rows);
    return status;
}

static bool next_piece(struct loading *loading, enum piece_kind *kind, int64_t *after) {
    int piece = atomic_fetch_add(&loading->next_piece, 1);
    for (int k = 0; k < PIECE_KINDS; k++) {
        int count = pieces_of(k == PIECE_LICENCES ? loading->last_licence : loading->last_device);
        if (piece < count) {
            *kind = (enum piece_kind)k;
            *after = (int64_t)piece * RANGE;
            return true;
        }
        piece -= count;
    }
    return false;
}

static void *run_loader(void *context) {
    struct loader *loader = context;
    enum piece_kind kind;
    int64_t after;
    loader->status = db_begin(loader->db, DB_READ, &loader->fault);
    if (loader->status != STATUS_OK) {
        return NULL;
    }
    while (loader->status == STATUS_OK && next_piece(loader->loading, &kind, &after)) {
        loader->status = load_piece(loader, kind, after);
    }
    db_rollback(loader->db); /* it has only read */
    return NULL;
}

/* Runs the loaders, the first one on this thread. */
static void run_loaders(struct loader *loaders, int count) {
    pthread_t threads[LOADERS_MAX];
    int started = 1;
    assert(count >= 1 && count <= LOADERS_MAX);
    while (started < count && pthread_create(&threads[started], NULL, run_loader, &loaders[started]) == 0) {
        started++; /* where there is no thread, the others do its share */
    }
    run_loader(&loaders[0]);
    for (int i = 1; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
}

static enum status load_tables(struct loading *loading, struct fault *fault) {
    struct loader loaders[LOADERS_MAX] = {0};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int count = processors < 1 ? 1 : processors > LOADERS_MAX ? LOADERS_MAX : (int)processors;
    enum status status = STATUS_OK;
    int opened = 0;
    for (; opened < count && status == STATUS_OK; opened++) {
        loaders[opened].loading = loading;
        status = db_open(loading->live->options.database_url, &loaders[opened].db, fault);
    }
    if (status == STATUS_OK) {
        run_loaders(loaders, count);
    }
    for (int i = 0; i < opened; i++) {
        if (status == STATUS_OK && loaders[i].status != STATUS_OK) {
            status = loaders[i].status;
            *fault = loaders[i].fault;
        }
        db_close(loaders[i].db);
    }
    return status;
}

/* ---- what is small ---- */

static enum status load_skus(struct loading *loading, struct db *db, struct fault *fault) {
    int64_t *ids = NULL;
    size_t count = 0;
    TRY(door_sku_ids_load(db, &loading->arena, &ids, &count, fault));
    for (size_t i = 0; i < count; i++) {
        struct live_sku_update *update = NULL;
        TRY(live_sku_read(db, ids[i], &update, fault));
        live_put_sku(loading->live, update);
    }
    return STATUS_OK;
}

static enum status load_profiles(struct loading *loading, struct db *db, struct fault *fault) {
    struct door_profile_row *profiles = NULL;
    size_t count = 0;
    TRY(door_profiles_load(db, &loading->arena, PROFILES_AT_FIRST, &profiles, &count, fault));
    for (size_t i = 0; i < count; i++) {
        live_profiles_put(&loading->live->profiles, profiles[i].version, profiles[i].components,
                          profiles[i].id);
    }
    return STATUS_OK;
}

static enum status read_small(struct loading *loading, struct db *db, struct door_state *state,
                              struct fault *fault) {
    struct live_logs *logs = &loading->live->loaded_logs;
    TRY(db_counter_taken(db, DEVICE_CHANGE_COUNTER, &loading->live->loaded_changes, fault));
    TRY(event_logs_load(db, &logs->arena, &logs->logs, &logs->count, fault));
    TRY(door_state_load(db, state, fault));
    TRY(door_last_ids(db, &loading->last_licence, &loading->last_device, fault));
    TRY(door_suspended_load(db, &loading->suspended, fault));
    TRY(load_skus(loading, db, fault));
    return load_profiles(loading, db, fault);
}

static enum status load_small(struct loading *loading, struct db *db, struct fault *fault) {
    struct live *live = loading->live;
    struct door_state state = {0};
    TRY(db_begin(db, DB_READ, fault));
    enum status status = read_small(loading, db, &state, fault);
    db_rollback(db); /* it has only read */
    TRY(status);
    if (loading->last_licence > 0) {
        TRY(live_number_check(loading->last_licence, fault));
    }
    if (loading->last_device > 0) {
        TRY(live_number_check(loading->last_device, fault));
    }
    live->unsettled_s = state.is_running ? live->options.now_us() / 1000000 : state.unsettled_s;
    live->changes = live->loaded_changes;
    return STATUS_OK;
}

enum status live_load(struct live *live, struct fault *fault) {
    struct loading loading = {.live = live};
    arena_init(&loading.arena);
    id_map_init(&loading.suspended, &loading.arena, 64);
    enum status status = load_small(&loading, live->feed_db, fault);
    if (status == STATUS_OK) {
        status = load_tables(&loading, fault);
    }
    live->licence_count = atomic_load(&loading.licences);
    live->device_count = atomic_load(&loading.devices);
    live->last_device = loading.last_device;
    arena_clean_up(&loading.arena);
    return status;
}
