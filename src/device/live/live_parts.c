#include "device/live/live_parts.h"

#include "store/devices/door_queries.h"

/* What the jobs name: keys of licences by their hashes, and devices. */
struct named {
    struct text *hashes;
    size_t hash_count;
    int64_t *device_ids;
    size_t device_count;
};

static struct named names_of(struct arena *arena, const unsigned char secret[PROGRAMME_SECRET_BYTES],
                             const struct live_job *jobs) {
    struct named named = {0};
    size_t count = 0;
    for (const struct live_job *job = jobs; job != NULL; job = job->next) {
        count++;
    }
    named.hashes = ARENA_NEW(arena, struct text, count);
    named.device_ids = ARENA_NEW(arena, int64_t, count);
    for (const struct live_job *job = jobs; job != NULL; job = job->next) {
        if (job->kind != LIVE_ACTIVATE) {
            named.device_ids[named.device_count++] = job->device_id;
            continue;
        }
        unsigned char *hash = ARENA_NEW(arena, unsigned char, LICENCE_KEY_HASH_BYTES);
        licence_key_hash(secret, job->request.key, hash);
        named.hashes[named.hash_count++] = (struct text){(const char *)hash, LICENCE_KEY_HASH_BYTES};
    }
    return named;
}

/* A licence's provider stays, so what is read before the locks is true behind them. A device can come to
 * another provider's licence in between: its job is refused then, and the agent asks again. */
static enum status take_parts(struct db *db, struct arena *arena,
                              const unsigned char secret[PROGRAMME_SECRET_BYTES], const struct live_job *jobs,
                              struct fault *fault) {
    struct named named = names_of(arena, secret, jobs);
    struct door_parts parts = {.arena = arena};
    door_parts_add(&parts, DB_PART_DEVICES);
    TRY(door_parts_of_keys(db, named.hashes, named.hash_count, &parts, fault));
    TRY(door_parts_of_devices(db, named.device_ids, named.device_count, &parts, fault));
    return db_take_parts(db, parts.at, parts.count, fault);
}

/* SQLite has one lock, whatever is wanted: nothing is to be found out. */
enum status live_parts_begin(struct db *db, struct arena *arena,
                             const unsigned char secret[PROGRAMME_SECRET_BYTES], const struct live_job *jobs,
                             struct fault *fault) {
    static const int64_t DEVICES[] = {DB_PART_DEVICES};
    if (db_engine(db) == DB_SQLITE) {
        return db_begin(db, DB_WRITE, fault);
    }
    if (jobs == NULL) {
        return db_begin_parts(db, DEVICES, 1, fault);
    }
    TRY(db_begin_open(db, TEXT(""), fault));
    enum status status = take_parts(db, arena, secret, jobs, fault);
    if (status != STATUS_OK) {
        db_rollback(db);
    }
    return status;
}
