/* Live known: the SKUs that one thread, the writer or the feed, has named to the loop (D5). */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_KNOWN_H
#define SEATMETER_DEVICE_LIVE_LIVE_KNOWN_H

#include "device/live/live_state.h"

struct live_known {
    struct arena arena;
    struct id_map skus;
    int64_t *ids;
    size_t count;
    size_t capacity;
};

/* Knows what the loader has loaded. */
void live_known_init(struct live_known *known, const struct live *live);
void live_known_clean_up(struct live_known *known);

bool live_known_has(const struct live_known *known, int64_t sku_id);

/* Adds the SKU to the message, unless it is known or there. */
enum status live_known_need(const struct live_known *known, struct db *db, int64_t sku_id,
                            struct live_message *message, struct fault *fault) MUST_CHECK;
/* Adds the SKUs that the message's licences need. */
enum status live_known_complete(const struct live_known *known, struct db *db, struct live_message *message,
                                struct fault *fault) MUST_CHECK;

/* The message's SKUs are known from now on. To be called ahead of live_send, when the message cannot fail any
 * more. */
void live_known_settle(struct live_known *known, const struct live_message *message);

#endif
