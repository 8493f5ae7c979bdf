/* Usage: the meter of every (end customer, SKU), read in two passes over the store.
 *
 * One stream over licences, one over the events since `from_us`, both into compact arrays, grouped by
 * (customer, SKU): a million licences with three million events take about 150 MB and no query per row. No
 * opening balance is kept anywhere: what a licence had at `from_us` is what counts of it now, less all
 * changes since. That needs no order among events, so they are read as the engine likes best. */
#ifndef SEATMETER_PROGRAMME_BILLING_USAGE_H
#define SEATMETER_PROGRAMME_BILLING_USAGE_H

#include "core/usage/meter.h"
#include "store/engine/db.h"

struct usage_scope {
    int64_t from_us;  /* the earliest start of the months that will be measured */
    int64_t until_us; /* changes from here on are left out; INT64_MAX: none */
    bool forgiving;   /* passes over events of licences that are not there; the check has told of them */
    int64_t under_account_id; /* only customers below this account (or this customer); 0: the whole store */
};

struct usage_licence {
    int64_t id;
    int64_t first_on_at_us; /* of its first `on` ever */
    int8_t first_edge;      /* billed on the edges whose seller's depth is from first_edge */
    int8_t last_edge;       /* to last_edge */
};

/* All licences of one (end customer, SKU) that were ever on. */
struct usage_group {
    int64_t customer_id;
    int64_t sku_id;
    uint32_t first_licence; /* into usage->licences and ->opening_seats */
    uint32_t licence_count;
    uint32_t first_change; /* into usage->changes */
    uint32_t change_count;
    bool one_range; /* all its licences are billed on the same edges */
};

struct usage {
    const struct usage_group *groups; /* by customer_id, then sku_id */
    size_t group_count;
    const struct usage_licence *licences; /* group by group */
    const int32_t *opening_seats;         /* per licence, at from_us */
    size_t licence_count;
    const struct seat_change *changes; /* group by group, by time; `licence` counts from the group's first */
    size_t change_count;
};

/* What one edge bills of a group. */
struct usage_meter {
    struct meter_group meter;
    int64_t first_on_at_us; /* the first `on` of the licences billed here; 0: never */
};

/* Reusable working memory of usage_meter_at; {.arena = …}. */
struct usage_scratch {
    struct arena *arena;
    int32_t *opening_seats;
    struct seat_change *changes;
    uint32_t *renumbered;
    size_t licence_capacity;
    size_t change_capacity;
};

/* Reads the scope; everything lives in `arena`. Inside a transaction; no other statement may run meanwhile.
 */
enum status usage_load(struct db *db, struct arena *arena, const struct usage_scope *scope,
                       struct usage *usage, struct fault *fault) MUST_CHECK;

/* The meter of `group` on the edge whose seller has that depth; false where none of its licences is billed
 * there. Valid until the next call with the same scratch. */
bool usage_meter_at(const struct usage *usage, const struct usage_group *group, int64_t seller_depth,
                    struct usage_scratch *scratch, struct usage_meter *meter);

/* The group of (customer, SKU), or NULL. */
const struct usage_group *usage_find(const struct usage *usage, int64_t customer_id, int64_t sku_id);

#endif
