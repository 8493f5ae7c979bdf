/* Live door: what a test of the device door's live state stands on, in whose words the test is the loop. */
#ifndef SEATMETER_TESTS_PROGRAMME_LIVE_DOOR_H
#define SEATMETER_TESTS_PROGRAMME_LIVE_DOOR_H

#include "channel.h"

#include "device/live/live.h"
#include "device/live/live_rows.h"
#include "device/live/live_state.h"

#include <stdatomic.h>

/* What takes longer hangs: no machine is so slow or so busy. */
enum { PATIENCE_MS = 900000, JOBS_MAX = 400 };

extern _Atomic int64_t door_now_us;

struct door {
    struct world *world;
    struct live *live;
    struct live_job jobs[JOBS_MAX];
    size_t job_count;
    size_t done;
};

struct keyed_licence {
    struct text identifier;
    struct text key;
    int64_t id;
};

/* The door's clock, which `door_now_us` sets. */
int64_t now_us(void);
/* The machine's own, for patience. */
int64_t machine_ms(void);
/* Sets the door's clock to the world's. */
struct live_options options_of(struct world *world);
struct door *a_door(struct world *world);
/* Stops it; whatever it did, the store is sound afterwards. */
void close_door(struct door *door);
/* One turn of the loop. */
void turn(struct door *door);
/* Until all jobs are done. */
void finish(struct door *door);
/* Asks for machine number `machine` of the key; its key pair is number `pair`. */
struct live_job *ask_to_activate(struct door *door, struct text key, unsigned machine, unsigned pair);
struct live_job *ask_for(struct door *door, enum live_job_kind kind, int64_t device_id);
struct live_device *an_active_device(struct door *door, struct text key, unsigned machine);
/* The same with another key pair than its first one. */
struct live_device *an_enrolled_device(struct door *door, struct text key, unsigned machine, unsigned pair);
/* What the door does at a check-in that is answered "ok". */
void check_in(struct door *door, struct live_device *device);
enum lease_code decide(struct door *door, const struct live_device *device);
/* Until no row is behind. */
void wait_for_saves(struct door *door);
struct keyed_licence a_keyed_licence(struct world *world, const char *sku, int64_t seats);
struct keyed_licence a_keyed_licence_on(struct world *world, const char *sku, int64_t seats);
/* As the control door of another process does. */
void release_elsewhere(struct world *world, int64_t device_id);
/* The first integer of a query about `id`; −1 where there is no row. */
int64_t ask_of(struct world *world, const char *sql, int64_t id);

/* Turns until the condition holds; fails the test when it never does. */
#define UNTIL(door, condition)                                                                               \
    do {                                                                                                     \
        int64_t patience_ms = machine_ms() + PATIENCE_MS;                                                    \
        while (!(condition)) {                                                                               \
            turn(door);                                                                                      \
            assert_true(machine_ms() < patience_ms);                                                         \
        }                                                                                                    \
    } while (false)

#endif
