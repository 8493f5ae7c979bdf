#include "programme/usage/used_units.h"

#include "core/usage/at_once.h"
#include "store/devices/device_lists.h"

static const int64_t SECOND_US = 1000000;
static const int64_t DAY_US = INT64_C(86400) * 1000000;

/* The stretch of the month in which the device worked. */
static struct machine_use use_of(const struct device_use *device, int64_t from_us, int64_t until_us) {
    int64_t lease_until_us = device->lease_expires_s * SECOND_US;
    struct machine_use use = {device->fingerprint, from_us, until_us, device->units};
    if (device->activated_at_us > from_us && device->activated_at_us < until_us) {
        use.from_us = device->activated_at_us;
    }
    if (lease_until_us > 0 && lease_until_us < use.until_us) {
        use.until_us = lease_until_us;
    }
    if (device->released_at_us > 0 && device->released_at_us < use.until_us) {
        use.until_us = device->released_at_us;
    }
    return use;
}

/* The units of the machines that were told to stop, each once: of several the most. */
static int64_t unlicensed_of(const struct device_use *devices, size_t count, struct arena *arena) {
    struct machine_use *stopped = ARENA_NEW(arena, struct machine_use, count);
    size_t stopped_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (devices[i].unlicensed != 0) {
            stopped[stopped_count++] = (struct machine_use){devices[i].fingerprint, 0, 1, devices[i].units};
        }
    }
    return most_at_once(stopped, stopped_count, arena);
}

static struct used_units units_of(const struct device_use *devices, size_t count, struct month month,
                                  struct arena *arena) {
    int64_t from_us = month_first_day(month).day * DAY_US;
    int64_t until_us = month_first_day(month_plus(month, 1)).day * DAY_US;
    struct machine_use *uses = ARENA_NEW(arena, struct machine_use, count);
    size_t use_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (devices[i].licensed != 0) {
            uses[use_count++] = use_of(&devices[i], from_us, until_us);
        }
    }
    return (struct used_units){devices->customer_id, devices->sku_id, most_at_once(uses, use_count, arena),
                               unlicensed_of(devices, count, arena)};
}

enum status used_units_load(struct call *call, int64_t below_id, int64_t edge_depth, struct month month,
                            struct used_units **units, size_t *count, struct fault *fault) {
    struct device_use *devices = NULL;
    size_t device_count = 0;
    TRY(device_uses_load(call->db, call->arena, below_id, edge_depth, month.index, &devices, &device_count,
                         fault));
    *units = ARENA_NEW(call->arena, struct used_units, device_count);
    *count = 0;
    for (size_t first = 0, after = 0; first < device_count; first = after) {
        while (after < device_count && devices[after].customer_id == devices[first].customer_id &&
               devices[after].sku_id == devices[first].sku_id) {
            after++;
        }
        (*units)[(*count)++] = units_of(&devices[first], after - first, month, call->arena);
    }
    return STATUS_OK;
}
