/* Device lists: devices as people look at them: with the names of their licence, counted per licence, and as
 * the units that they used in a month. */
#ifndef SEATMETER_STORE_DEVICES_DEVICE_LISTS_H
#define SEATMETER_STORE_DEVICES_DEVICE_LISTS_H

#include "store/devices/devices.h"

/* A device with what a reader needs; `device` has neither fingerprint nor public key, `seen` is zero where
 * it never was. */
struct device_row {
    struct device device;
    struct device_seen seen;
    struct text version;    /* as it last told; empty: nothing */
    struct text components; /* sorted, with commas between */
    int64_t provider_id;
    struct text provider_code;
    int64_t customer_id;
    struct text customer_code;
    struct text customer_name;
    int64_t sku_id;
    struct text sku_code;
    struct text sku_name;
    enum licence_state licence_state;
    int64_t licence_suspensions;
    int32_t licence_counted_seats;
};

enum status device_row_load(struct db *db, struct arena *arena, int64_t id, struct device_row *row,
                            bool *found, struct fault *fault) MUST_CHECK;

/* What to list; 0, false and -1 leave a condition out. */
struct device_filter {
    int64_t party_id; /* of licences whose provider or customer this account is */
    int64_t licence_id;
    int64_t customer_id;
    int64_t provider_id;
    int state;       /* enum device_state or -1 */
    bool clones;     /* another copy of it was seen */
    bool idle;       /* active, but its lease ended at `now_s` or before */
    bool unlicensed; /* told to stop in `month` */
    int64_t now_s;
    int64_t month; /* core's month number */
};

/* A page by ascending id. */
enum status device_rows_list(struct db *db, struct arena *arena, const struct device_filter *filter,
                             struct page page, struct device_row **rows, size_t *count, int64_t *next_after,
                             struct fault *fault) MUST_CHECK;

/* The devices of one licence in numbers. */
struct device_counts {
    int64_t active;
    int64_t seats_taken; /* by active devices and by those whose last lease has not ended */
    int64_t seen;        /* in the month, working or told to stop */
    int64_t cloned;      /* of which another copy was seen */
};
enum status device_count(struct db *db, int64_t licence_id, int64_t month, int64_t now_s,
                         struct device_counts *counts, struct fault *fault) MUST_CHECK;

/* A device of a month with the (customer, SKU) that it counts for on the edges whose seller has depth
 * `edge_depth`, and for how many units: of a part its quantity. */
struct device_use {
    int64_t customer_id;
    int64_t sku_id;
    int64_t units;
    int64_t licensed;   /* 1: it worked */
    int64_t unlicensed; /* 1: it was told to stop */
    struct text fingerprint;
    int64_t activated_at_us;
    int64_t released_at_us;  /* 0: it was not */
    int64_t lease_expires_s; /* of its last lease; 0: none is known */
};
/* Below the account, by customer, then SKU. */
enum status device_uses_load(struct db *db, struct arena *arena, int64_t below_id, int64_t edge_depth,
                             int64_t month, struct device_use **rows, size_t *count,
                             struct fault *fault) MUST_CHECK;

/* Whether any device was ever activated under a licence of one of the account's SKUs, or of a bundle that
 * they are a part of. */
enum status device_is_known_of_owner(struct db *db, int64_t owner_id, bool *known,
                                     struct fault *fault) MUST_CHECK;

#endif
