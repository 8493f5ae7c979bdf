/* Live device: a licence, a device and a SKU as they stand in memory. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_DEVICE_H
#define SEATMETER_DEVICE_LIVE_LIVE_DEVICE_H

#include "core/licence/lease.h"
#include "store/devices/devices.h"

#include <assert.h>
#include <stdint.h>

/* 24 bytes. */
struct live_licence {
    uint32_t id; /* 0: not there */
    uint32_t version;
    int32_t seats;
    int32_t counted_seats;
    uint32_t sku;      /* live_sku(live, sku) */
    uint8_t state;     /* enum licence_state */
    uint8_t suspender; /* enum suspender */
};

/* 96 bytes; the members that a check-in touches stand in front. The loop changes sequence, link, seen_at_s,
 * lease_expires_s (D7) and bucket, and takes LIVE_UNSETTLED away. Everything else is changed by live alone.
 */
struct live_device {
    int64_t id; /* 0: not there */
    uint64_t link;
    uint32_t licence; /* live_licence(live, licence): its id */
    int32_t sequence;
    int32_t seat; /* 0: none */
    uint32_t seen_at_s;
    uint32_t lease_expires_s;
    uint32_t generation;
    uint8_t state;  /* enum device_state */
    uint8_t flags;  /* LIVE_… */
    uint8_t bucket; /* of the rate limit: how full it is; 0 to begin with */
    uint8_t month;  /* low bits of the month that LIVE_LICENSED and LIVE_UNLICENSED are about */
    unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES];
    uint32_t profile;           /* 0: it has reported none */
    uint32_t stamp;             /* of the row that was applied last (D2) */
    uint32_t displaced_until_s; /* the end of what was promised to the generations before; 0: not known */
    int64_t activated_at_us;
};
static_assert(sizeof(struct live_device) == 96 && sizeof(struct live_licence) == 24,
              "docs/decisions/live-state.md promises so few bytes");

enum {
    LIVE_BEHIND = 1,    /* its row in the store is behind (D8) */
    LIVE_UNSETTLED = 2, /* loaded after a crash and not seen since: may be ahead of what was saved */
    LIVE_CLONE = 4,     /* another copy was seen since the last save */
    LIVE_LICENSED = 8,  /* marked for the month, as working */
    LIVE_UNLICENSED = 16
};

/* What all leases of a SKU have in common. */
struct live_sku {
    int64_t id;
    const struct lease_opening *opening; /* a bundle's has the components of all its parts */
    struct lease_terms terms;
};

/* The device's state for its row in the store. */
struct device_seen live_device_seen(const struct live_device *device);

/* The months that the device is marked for, as the store keeps them; and back. */
uint32_t live_device_month_marks(const struct live_device *device);
void live_device_take_month_marks(struct live_device *device, uint32_t marks);

#endif
