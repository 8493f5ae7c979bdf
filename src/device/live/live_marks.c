#include "device/live/live_marks.h"

#include "device/live/live_state.h"

#include <assert.h>
#include <time.h>

enum {
    LOG_MAX =
        262144, /* entries: more than a second's. Beyond, a device is only flagged; the sweep finds it */
    URGENT_MAX = 262144
};

void live_mark_behind(struct live *live, struct live_device *device) {
    if (!(device->flags & LIVE_BEHIND)) {
        device->flags |= LIVE_BEHIND;
        live->behind++;
        assert(live->behind <= live->device_count);
    }
    if (live->log.count == LOG_MAX) {
        live->log_is_short = true;
        return;
    }
    const struct check_in_entry entry = {.activated_at_us = device->activated_at_us,
                                         .link = device->link,
                                         .device_id = (uint32_t)device->id,
                                         .sequence = device->sequence,
                                         .seen_at_s = device->seen_at_s,
                                         .lease_expires_s = device->lease_expires_s,
                                         .profile_id = device->profile,
                                         .month_marks = live_device_month_marks(device)};
    live_list_push(&live->log, &entry, sizeof entry);
}

void live_mark_urgent(struct live *live, struct live_device *device) {
    live_mark_behind(live, device);
    if (live->urgent.count < URGENT_MAX) {
        live_list_push(&live->urgent, &device->id, sizeof device->id);
    }
}

/* Consecutive marks fall into one month as a rule, so its bounds are kept. */
static void find_month(struct live *live, int64_t at_s) {
    time_t at = at_s;
    struct tm parts;
    gmtime_r(&at, &parts);
    struct tm bounds = {.tm_year = parts.tm_year, .tm_mon = parts.tm_mon, .tm_mday = 1};
    live->month_from_s = timegm(&bounds);
    live->month = (parts.tm_year + 1900) * 12 + parts.tm_mon;
    bounds = (struct tm){.tm_year = parts.tm_year, .tm_mon = parts.tm_mon + 1, .tm_mday = 1};
    live->month_until_s = timegm(&bounds);
    assert(live->month_from_s <= at_s && at_s < live->month_until_s);
}

void live_mark(struct live *live, struct live_device *device, enum lease_code code) {
    if (code == LEASE_CODE_RELEASED) { /* it was given back in order: nobody worked without a licence */
        live_mark_behind(live, device);
        return;
    }
    uint8_t kind = code == LEASE_CODE_OK ? LIVE_LICENSED : LIVE_UNLICENSED;
    int64_t at_s = device->seen_at_s;
    if (at_s < live->month_from_s || at_s >= live->month_until_s) {
        find_month(live, at_s);
    }
    if (device->month != (uint8_t)live->month) {
        device->month = (uint8_t)live->month;
        device->flags &= (uint8_t) ~(LIVE_LICENSED | LIVE_UNLICENSED);
    }
    if (!(device->flags & kind)) {
        device->flags |= kind;
        struct door_month_mark mark = {device->id, live->month, code == LEASE_CODE_OK};
        live_list_push(&live->months, &mark, sizeof mark);
    }
    live_mark_behind(live, device);
}

void live_mark_clone(struct live *live, struct live_device *device, int64_t now_s) {
    if (device->flags & LIVE_CLONE) {
        return;
    }
    device->flags |= LIVE_CLONE;
    struct door_clone clone = {device->id, now_s * 1000000};
    live_list_push(&live->clones, &clone, sizeof clone);
}
