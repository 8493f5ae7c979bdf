/* Fills the live state from the store.
 *
 * Licences, devices and what these were seen to do are each cut into ranges of numbers, and every processor
 * takes range after range on a connection of its own. A device's row and its narrow row are different members
 * of one record, so they may come in any order and on two threads. The position in the logs is read before
 * any snapshot begins: what the snapshots have beyond it, the feed reads again. */
#include "device/live/live_private.h"

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

static enum status load_licences(struct loading *loading, struct db_rows *rows, struct fault *fault) {
    struct door_licence_row row;
    struct live *live = loading->live;
    uint64_t count = 0;
    uint32_t sku = 0;
    bool have_row = true;
    enum status status = STATUS_OK;
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        status = door_licence_read(rows, 0, &loading->suspended, &row, fault);
        if (status != STATUS_OK) {
            break;
        }
        /* Of a SKU that is newer than the position: the feed brings both. */
        if (!id_map_get(&live->sku_index, row.sku_id, 0, &sku)) {
            continue;
        }
        struct live_licence *licence = live_table_place(&live->licences, (uint32_t)row.id);
        *licence = (struct live_licence){.id = (uint32_t)row.id,
                                         .version = (uint32_t)row.version,
                                         .seats = row.seats,
                                         .counted_seats = row.counted_seats,
                                         .sku = sku,
                                         .state = (uint8_t)row.state,
                                         .suspender = (uint8_t)row.suspender};
        count++;
    }
    atomic_fetch_add(&loading->licences, count);
    return status;
}

/* Member by member: another thread may be writing what the device was seen to do. */
static enum status load_devices(struct loading *loading, struct db_rows *rows, struct fault *fault) {
    struct door_device_row row;
    struct live *live = loading->live;
    uint64_t count = 0;
    bool have_row = true;
    enum status status = STATUS_OK;
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        status = door_device_read(rows, &row, fault);
        if (status != STATUS_OK) {
            break;
        }
        struct live_device *device = live_table_place(&live->devices, (uint32_t)row.id);
        (void)live_table_place(&live->licences, (uint32_t)row.licence_id);
        device->id = row.id;
        device->licence = (uint32_t)row.licence_id;
        device->seat = row.seat;
        device->generation = (uint32_t)row.generation;
        device->state = (uint8_t)row.state;
        device->stamp = (uint32_t)live->loaded_at.changes;
        device->activated_at_us = row.activated_at_us;
        memcpy(device->fingerprint, row.fingerprint.at, sizeof device->fingerprint);
        count++;
    }
    atomic_fetch_add(&loading->devices, count);
    return status;
}

static enum status load_seen(struct loading *loading, struct db_rows *rows, struct fault *fault) {
    struct device_seen seen;
    bool have_row = true;
    enum status status = STATUS_OK;
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        door_seen_read(rows, &seen);
        struct live_device *device = live_table_place(&loading->live->devices, (uint32_t)seen.device_id);
        device->sequence = seen.sequence;
        device->link = seen.link;
        device->seen_at_s = (uint32_t)seen.seen_at_s; /* the three were written from 32 bits */
        device->lease_expires_s = (uint32_t)seen.lease_expires_s;
        device->profile = (uint32_t)seen.profile_id;
        if (seen.seen_at_s <= loading->live->unsettled_s) {
            device->flags = LIVE_UNSETTLED; /* nobody else has written them yet */
        }
        live_take_month_marks(device, seen.month_marks);
    }
    return status;
}

/* ---- pieces ---- */

static enum status load_piece(struct loader *loader, enum piece_kind kind, int64_t after) {
    struct loading *loading = loader->loading;
    struct db_rows *rows = NULL;
    enum status status = STATUS_OK;
    switch (kind) {
    case PIECE_LICENCES:
        status = door_licences_stream(loader->db, after, after + RANGE, &rows, &loader->fault);
        if (status == STATUS_OK) {
            status = load_licences(loading, rows, &loader->fault);
        }
        break;
    case PIECE_DEVICES:
        status = door_devices_stream(loader->db, after, after + RANGE, &rows, &loader->fault);
        if (status == STATUS_OK) {
            status = load_devices(loading, rows, &loader->fault);
        }
        break;
    default:
        status = door_seen_stream(loader->db, after, after + RANGE, &rows, &loader->fault);
        if (status == STATUS_OK) {
            status = load_seen(loading, rows, &loader->fault);
        }
        break;
    }
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

/* What is not there yet, the feed brings. */
static enum status load_tables(struct loading *loading, struct fault *fault) {
    struct loader loaders[LOADERS_MAX] = {0};
    pthread_t threads[LOADERS_MAX];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int count = processors < 1 ? 1 : processors > LOADERS_MAX ? LOADERS_MAX : (int)processors;
    enum status status = STATUS_OK;
    int opened = 0;
    for (; opened < count && status == STATUS_OK; opened++) {
        loaders[opened].loading = loading;
        status = db_open(loading->live->options.database_url, &loaders[opened].db, fault);
    }
    int started = 1;
    for (; status == STATUS_OK && started < count; started++) {
        if (pthread_create(&threads[started], NULL, run_loader, &loaders[started]) != 0) {
            break; /* the others do its share */
        }
    }
    if (status == STATUS_OK) {
        run_loader(&loaders[0]);
    }
    for (int i = 1; status == STATUS_OK && i < started; i++) {
        pthread_join(threads[i], NULL);
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
    enum status status = door_sku_ids_load(db, &loading->arena, &ids, &count, fault);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct live_sku_news *news = NULL;
        status = live_sku_read(db, ids[i], &news, fault);
        if (status == STATUS_OK) {
            live_put_sku(loading->live, news);
        }
    }
    return status;
}

static enum status load_profiles(struct loading *loading, struct db *db, struct fault *fault) {
    struct door_profile_row *profiles = NULL;
    size_t count = 0;
    enum status status = door_profiles_load(db, &loading->arena, PROFILES_AT_FIRST, &profiles, &count, fault);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        live_put_profile(loading->live, profiles[i].version, profiles[i].components, profiles[i].id);
    }
    return status;
}

static enum status load_small(struct loading *loading, struct db *db, struct fault *fault) {
    struct live *live = loading->live;
    struct door_state state = {0};
    enum status status = db_begin(db, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = door_position_load(db, &live->loaded_at, fault);
    if (status == STATUS_OK) {
        status = door_state_load(db, &state, fault);
    }
    if (status == STATUS_OK) {
        status = door_last_ids(db, &loading->last_licence, &loading->last_device, fault);
    }
    if (status == STATUS_OK) {
        status = door_suspended_load(db, &loading->suspended, fault);
    }
    if (status == STATUS_OK) {
        status = load_skus(loading, db, fault);
    }
    if (status == STATUS_OK) {
        status = load_profiles(loading, db, fault);
    }
    db_rollback(db);
    if (status == STATUS_OK && (loading->last_licence > UINT32_MAX || loading->last_device > UINT32_MAX)) {
        return fault_set(fault, STATUS_INTERNAL, "store-too-large", NULL, TEXT(""),
                         "a device door holds at most 4294967295 licences and devices");
    }
    live->unsettled_s = state.is_running ? live->options.now_us() / 1000000 : state.unsettled_s;
    live->changes = live->loaded_at.changes;
    return status;
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
