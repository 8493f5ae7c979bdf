/* Live message: what the writer or the feed sends the loop. A message owns its memory; its sender never
 * touches it again. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_MESSAGE_H
#define SEATMETER_DEVICE_LIVE_LIVE_MESSAGE_H

#include "device/live/live_job.h"
#include "device/live/live_keys.h"
#include "device/live/live_profile.h"
#include "device/live/live_sku.h"
#include "store/devices/door_queries.h"

/* A device as the store has it. */
struct live_device_update {
    int64_t id;
    int64_t licence_id;
    int64_t generation;
    int64_t activated_at_us;
    struct device_seen seen;
    uint32_t stamp; /* D2 */
    int32_t seat;
    enum device_state state;
    bool begins_chain; /* the writer has activated it: the chain is `seen`, whatever memory has (D6) */
    unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES];
};

/* The loop applies the SKUs first (D5) and the jobs last. */
struct live_message {
    struct live_message *next;
    struct arena arena;
    bool is_feeds; /* else the writer's */
    struct live_sku_update *skus;
    struct door_licence_row *licences;
    size_t licence_count;
    size_t licence_capacity;
    struct live_device_update *devices;
    size_t device_count;
    size_t device_capacity;
    struct live_profile_report *reports; /* with their numbers */
    struct live_keys *keys;
    struct live_job *jobs; /* finished */
    int64_t changes;       /* how far the feed has read the log of changes; 0: the message does not say */
    int64_t releases;      /* how many changes of releases it has read */
};

struct live_message *live_message_new(void);
void live_message_free(struct live_message *message); /* NULL is fine; the jobs are not the message's */
bool live_message_is_empty(const struct live_message *message);

/* Checks that a stored number of a licence or a device has a place in memory, which has 32 bits for it.
 * Fault: "store-too-large". */
enum status live_number_check(int64_t number, struct fault *fault) MUST_CHECK;

/* Checks a stored row. Faults: "store-too-large"; "database-failed" where its fingerprint is none. */
enum status live_licence_row_check(const struct door_licence_row *row, struct fault *fault) MUST_CHECK;
enum status live_device_row_check(const struct door_device_row *row, struct fault *fault) MUST_CHECK;

/* Adds a row that the store has, and checks it. */
enum status live_message_add_licence(struct live_message *message, const struct door_licence_row *row,
                                     struct fault *fault) MUST_CHECK;
enum status live_message_add_device(struct live_message *message, const struct door_device_row *row,
                                    const struct device_seen *seen, int64_t stamp, bool begins_chain,
                                    struct fault *fault) MUST_CHECK;
/* Adds the device of that number as it stands in the store now, if it is there; `*licence_id`: its licence, 0
 * where it is not there. */
enum status live_message_read_device(struct live_message *message, struct db *db, int64_t device_id,
                                     int64_t stamp, int64_t *licence_id, struct fault *fault) MUST_CHECK;

void live_message_add_sku(struct live_message *message, struct live_sku_update *update);

#endif
