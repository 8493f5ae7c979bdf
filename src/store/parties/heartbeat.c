#include "store/parties/heartbeat.h"

#include "store/engine/rows.h"

static const char LOAD[] = "select coalesce(max(at_us), 0) from heartbeat";

enum status heartbeat_load(struct db *db, int64_t *at_us, struct fault *fault) {
    return rows_numbers(db, LOAD, DB_NO_ARGS, at_us, 1, fault);
}

static const char SAVE[] =
    "insert into heartbeat (id, at_us) values (1, $1) on conflict (id) do update set at_us = excluded.at_us";

enum status heartbeat_save(struct db *db, int64_t at_us, struct fault *fault) {
    return db_run(db, SAVE, DB_ARGS(db_integer(at_us)), NULL, fault);
}
