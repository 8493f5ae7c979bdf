/* Live rows: what the loader and the messages bring, put into the tables. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_ROWS_H
#define SEATMETER_DEVICE_LIVE_LIVE_ROWS_H

#include "device/live/live_state.h"

/* Takes the row unless memory has a newer one (D4). It has passed live_licence_row_check. */
void live_put_licence(struct live *live, const struct door_licence_row *row);

/* Takes the update unless memory has a newer row (D3). Its row has passed live_device_row_check. */
void live_put_device(struct live *live, const struct live_device_update *update);

/* Takes the SKU, or frees it. */
void live_put_sku(struct live *live, struct live_sku_update *update);

/* Applies a message, whose jobs join the finished ones. Returns how much work it was, in items. */
size_t live_apply(struct live *live, struct live_message *message);

#endif
