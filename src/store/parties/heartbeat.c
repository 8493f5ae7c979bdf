#include "store/parties/heartbeat.h"

#include "store/engine/rows.h"

/* The first instant that no clock shows: that of the year 10000. */
#define YEAR_10000_US (INT64_C(253402300800) * 1000000)

/* A row that was damaged counts as the end of time that it lies beyond, so that nothing is added to what has
 * no room, and the operator can accept the clock. */
static int64_t within_time(int64_t at_us) {
    return at_us < 0 ? 0 : at_us > YEAR_10000_US ? YEAR_10000_US : at_us;
}

static const char LOAD[] = "select coalesce(max(at_us), 0), coalesce(max(leapt_from_us), 0) from heartbeat";

enum status heartbeat_load(struct db *db, struct heartbeat *heartbeat, struct fault *fault) {
    int64_t numbers[2] = {0};
    TRY(rows_numbers(db, LOAD, DB_NO_ARGS, numbers, 2, fault));
    *heartbeat =
        (struct heartbeat){.at_us = within_time(numbers[0]), .leapt_from_us = within_time(numbers[1])};
    return STATUS_OK;
}

static const char SAVE[] =
    "insert into heartbeat (id, at_us, leapt_from_us) values (1, $1, $2) on conflict (id) do update set "
    "at_us = excluded.at_us, leapt_from_us = excluded.leapt_from_us";

enum status heartbeat_save(struct db *db, struct heartbeat heartbeat, struct fault *fault) {
    return db_run(db, SAVE, DB_ARGS(db_integer(heartbeat.at_us), db_integer(heartbeat.leapt_from_us)), NULL,
                  fault);
}
