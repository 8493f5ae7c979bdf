/* Reading devices: one, a page of them, and a licence's in numbers.
 *
 * A device is its provider's and its customer's to see, and the operator's. The accounts above and the vendor
 * of the SKU see how many there are (in the licence), but no machine: to them a device is "not found". */
#ifndef SEATMETER_PROGRAMME_DEVICES_DEVICES_H
#define SEATMETER_PROGRAMME_DEVICES_DEVICES_H

#include "core/licence/decision.h"
#include "programme/call/call.h"
#include "store/devices/device_lists.h"
#include "store/licensing/licences.h"

/* A device as people read it. */
struct device_view {
    int64_t id;
    struct text identifier; /* dev_… */
    struct text licence;    /* lic_… */
    struct text provider;   /* acc_… */
    struct text provider_code;
    struct text customer; /* acc_… */
    struct text customer_code;
    struct text customer_name;
    struct text sku; /* sku_… */
    struct text sku_code;
    struct text sku_name;
    struct text name; /* as the machine told it at activation; may be empty */
    struct text version;
    struct text components; /* with commas between */
    enum device_state state;
    int32_t seat;         /* 0: holds none */
    int64_t seat_until_s; /* of one not active: when its seat is free */
    bool is_offline;      /* its last activation was by a file */
    int64_t generation;   /* counts its activations with a new key pair */
    int64_t sequence;     /* of its last check-in since then */
    int64_t activated_at_us;
    int64_t seen_at_s;       /* 0: never */
    int64_t lease_expires_s; /* 0: it has had none */
    int64_t released_at_us;  /* 0: not released */
    int64_t clones;          /* how often another copy of it was seen */
    int64_t clone_seen_at_us;
    enum lease_code answer; /* what it would be told now */
};

/* By identifier: STATUS_NOT_FOUND "unknown-device" to everybody but the operator, the provider and the
 * customer. */
enum status show_device(struct call *call, struct text device, struct device_view *out,
                        struct fault *fault) MUST_CHECK;

/* Empty texts and false leave a condition out. Who names a licence, customer or provider that it sees, but
 * whose devices are not its to see: "not-yours" for the licence, an empty page else. */
struct list_devices_input {
    struct text licence;
    struct text customer;
    struct text provider;
    struct text state; /* "active", "released", "dropped" */
    bool clones;       /* another copy was seen */
    bool idle;         /* active, but its lease has ended */
    bool unlicensed;   /* told to stop in the present month (UTC) */
    struct page page;
};
struct device_page {
    struct device_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_devices(struct call *call, const struct list_devices_input *input, struct device_page *out,
                         struct fault *fault) MUST_CHECK;

/* The devices of a licence in numbers, for all who see the licence. */
struct licence_devices {
    int64_t active;
    int64_t seats_taken;  /* by active ones and by those whose last lease has not ended */
    int64_t seen;         /* in the present month (UTC), working or told to stop */
    int64_t cloned;       /* of which another copy was seen */
    int64_t released;     /* in the last 30 days */
    int64_t releases_max; /* as many may be */
};

/* Counts the licence's devices; those of the bundle's licence where it is a part of a bundle. */
enum status licence_devices_count(const struct call *call, const struct licence_row *licence,
                                  struct licence_devices *out, struct fault *fault) MUST_CHECK;

#endif
