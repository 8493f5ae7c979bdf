/* Live save: the marks that the loop hands over to the writer, and how late they may be. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_SAVE_H
#define SEATMETER_DEVICE_LIVE_LIVE_SAVE_H

#include "device/live/live_list.h"
#include "device/live/live_profile.h"
#include "store/devices/check_in_log.h"
#include "store/devices/door_queries.h"

#include <assert.h>

enum {
    LIVE_ROWS_LATE_S = 60,       /* a full sweep takes so long, so a row is at most so late */
    LIVE_SILENT_AHEAD_S = 120,   /* so long before a seat may be taken, memory gives no lease for it */
    LIVE_LEAVING_WINDOW_S = 120, /* a seat given back is held until the end of leases saved so long after */

    LIVE_ROWS_AT_ONCE = 4096, /* more marks than that go to the log */
    LIVE_URGENT_AT_ONCE = LIVE_ROWS_AT_ONCE / 2,
    LIVE_ROWS_OF_SWEEP_MAX = 2 * LIVE_ROWS_AT_ONCE
};
static_assert(2 * LIVE_ROWS_LATE_S <= LIVE_SILENT_AHEAD_S, "D13: clocks and a slow store have as much again");
static_assert(2 * LIVE_ROWS_LATE_S <= LIVE_LEAVING_WINDOW_S,
              "D13: clocks and a slow store have as much again");
static_assert(LIVE_ROWS_AT_ONCE + LIVE_URGENT_AT_ONCE <= LIVE_ROWS_OF_SWEEP_MAX, "both have room");

/* A device's state for its row. */
struct live_save {
    struct device_seen seen;
    int64_t changes; /* how far the loop knew the log of changes then (D9) */
    uint32_t order;  /* the writer's own: the order in which the saves came */
};

/* What the loop hands over at once. The writer owns it in the state LIVE_MARKS_GIVEN, and leaves the lists
 * empty; the loop owns it otherwise. */
struct live_marks {
    struct live_save saves[LIVE_ROWS_OF_SWEEP_MAX];
    size_t save_count;
    struct live_list log;    /* struct check_in_entry */
    int64_t log_number;      /* of this log, if it has entries; logs count up from 1 */
    int64_t covered;         /* the rows have what stands in the logs up to this number (D11); 0: none */
    struct live_list months; /* struct door_month_mark */
    struct live_list clones; /* struct door_clone */
    struct live_list names;  /* struct door_name */
    struct live_profile_report *reports;
    bool more; /* the loop has other marks still */
};
enum live_marks_state { LIVE_MARKS_IDLE, LIVE_MARKS_WANTED, LIVE_MARKS_GIVEN };

#endif
