#include "store/parties/heartbeat.h"

#include "store/engine/rows.h"

static const char LOAD[] = "select coalesce(max(at_us), 0), coalesce(max(leapt_from_us), 0) from heartbeat";

enum status heartbeat_load(struct db *db, struct heartbeat *heartbeat, struct fault *fault) {
    int64_t numbers[2] = {0};
    TRY(rows_numbers(db, LOAD, DB_NO_ARGS, numbers, 2, fault));
    *heartbeat = (struct heartbeat){.at_us = numbers[0], .leapt_from_us = numbers[1]};
    return STATUS_OK;
}

static const char SAVE[] =
    "insert into heartbeat (id, at_us, leapt_from_us) values (1, $1, $2) on conflict (id) do update set "
    "at_us = excluded.at_us, leapt_from_us = excluded.leapt_from_us";

enum status heartbeat_save(struct db *db, struct heartbeat heartbeat, struct fault *fault) {
    return db_run(db, SAVE, DB_ARGS(db_integer(heartbeat.at_us), db_integer(heartbeat.leapt_from_us)), NULL,
                  fault);
}
