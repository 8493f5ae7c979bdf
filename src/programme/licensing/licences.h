/* Reading licences: one, a page of them, the events of one, and the keys.
 *
 * A provider sees its licences with their keys. The accounts above see them without keys, a customer its own,
 * and a vendor those of its SKUs. A key is told to the provider and the operator alone, each time with an
 * audit entry. */
#ifndef SEATMETER_PROGRAMME_LICENSING_LICENCES_H
#define SEATMETER_PROGRAMME_LICENSING_LICENCES_H

#include "core/licence/licence_state.h"
#include "core/usage/event.h"
#include "programme/call/call.h"
#include "programme/devices/devices.h"
#include "store/engine/page.h"
#include "store/licensing/licences.h"

/* A licence as people read it. */
struct licence_view {
    int64_t id;
    struct text identifier; /* lic_… */
    struct text block;      /* blk_…; empty for who may not see the block */
    struct text provider;   /* acc_… */
    struct text provider_code;
    struct text customer; /* acc_… */
    struct text customer_code;
    struct text customer_name;
    struct text sku; /* sku_… */
    struct text sku_code;
    struct text sku_name;
    struct text parent;   /* lic_… of the bundle's licence whose part this is; else empty */
    struct text key_hint; /* the key's last group; empty for a part and for who may not see keys */
    enum licence_state state;
    struct text
        effective; /* "issued", "on", "off", "retired", or "suspended" (on, but something above is not) */
    int64_t seats;
    int64_t counted_seats;
    int64_t suspensions;
    int64_t issued_at_us;
    int64_t first_on_at_us;   /* 0: never */
    int64_t last_event_at_us; /* 0: none */
    int64_t version;
};

/* For the use cases that change a licence. */
enum status licence_view_fill(struct call *call, const struct licence_row *loaded, bool may_see_keys,
                              struct licence_view *out, struct fault *fault) MUST_CHECK;

/* A licence with everything about it. */
struct licence_detail {
    struct licence_view licence;
    size_t part_count;
    struct licence_view *parts; /* of a bundle */
    size_t suspended_by_count;
    struct text *suspended_by; /* agr_… of the reader's own suspended agreements above it, the nearest first;
                                  "other" for all else */
    struct licence_devices devices; /* for all who see the licence; of a part, the bundle's */
};

/* By key or identifier. */
enum status show_licence(struct call *call, struct text licence, struct licence_detail *out,
                         struct fault *fault) MUST_CHECK;

/* Empty texts leave a condition out. `state` may also be "suspended": on, but suspended above. */
struct list_licences_input {
    struct text provider;
    struct text customer;
    struct text sku;
    struct text state;
    struct text block;
    struct page page;
};
struct licence_page {
    struct licence_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_licences(struct call *call, const struct list_licences_input *input,
                          struct licence_page *out, struct fault *fault) MUST_CHECK;

struct licence_event_view {
    struct licence_event event;
    struct text cause; /* agr_… for suspend and resume, "other" where it is not the reader's; else empty */
    int64_t voided_by; /* the number of the undo that voids it; 0: none */
};
struct licence_event_page {
    struct licence_event_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_licence_events(struct call *call, struct text licence, struct page page,
                                struct licence_event_page *out, struct fault *fault) MUST_CHECK;

enum status reveal_licence_key(struct call *call, struct text licence, struct text *key,
                               struct fault *fault) MUST_CHECK;

/* CSV `customer,licence,sku,seats,state,key` of a customer's licences that are not retired. */
enum status export_licence_keys(struct call *call, struct text customer, struct text *csv,
                                struct fault *fault) MUST_CHECK;

#endif
