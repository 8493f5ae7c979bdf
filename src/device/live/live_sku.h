/* Live SKU: what all leases of a SKU have in common, read once per SKU, on its way to the loop. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_SKU_H
#define SEATMETER_DEVICE_LIVE_LIVE_SKU_H

#include "device/live/live_device.h"
#include "store/engine/db.h"

struct live_sku_update {
    struct live_sku_update *next;
    struct arena arena; /* of the SKU's opening */
    struct live_sku sku;
    bool replaces; /* the terms or the components have changed; else it is only taken where the SKU is new */
};

/* Reads the SKU; the caller frees the update. */
enum status live_sku_read(struct db *db, int64_t sku_id, struct live_sku_update **update,
                          struct fault *fault) MUST_CHECK;
void live_sku_update_free(struct live_sku_update *update); /* NULL is fine */

#endif
