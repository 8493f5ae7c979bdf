#include "device/live/live_device.h"

static_assert((int)LIVE_UNLICENSED == 2 * (int)LIVE_LICENSED, "both shift together");

uint32_t live_device_month_marks(const struct live_device *device) {
    return (uint32_t)device->month << 2 | (uint32_t)(device->flags / LIVE_LICENSED & 3);
}

void live_device_take_month_marks(struct live_device *device, uint32_t marks) {
    device->month = (uint8_t)(marks >> 2);
    device->flags |= (uint8_t)((marks & 3) * LIVE_LICENSED);
}

struct device_seen live_device_seen(const struct live_device *device) {
    return (struct device_seen){.device_id = device->id,
                                .sequence = device->sequence,
                                .link = device->link,
                                .seen_at_s = device->seen_at_s,
                                .lease_expires_s = device->lease_expires_s,
                                .profile_id = device->profile,
                                .month_marks = live_device_month_marks(device)};
}
