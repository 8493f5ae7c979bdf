#include "programme/usage/report_rows.h"

#include "core/time/zone.h"
#include "programme/billing/usage.h"
#include "store/catalogue/prices.h"
#include "store/catalogue/skus.h"
#include "store/devices/device_lists.h"

#include <assert.h>
#include <stdlib.h>

/* A row with its key while the rows are sorted. */
struct keyed_row {
    struct usage_report_row row;
    struct report_row_key key;
};

/* Whether an owner of SKUs has any devices; asked once each. */
struct used_owner {
    int64_t owner_id;
    bool has_devices;
};

/* Everything that the rows are made from. */
struct filling {
    const struct call *call;
    const struct report_edge *edge;
    struct zone *zone;
    struct month_span span;
    struct price_list list;
    struct usage usage;
    const struct provisioned *provisioned; /* by customer, then SKU, as the groups are */
    size_t provisioned_count;
    size_t provisioned_at;
    size_t group_at;
    const struct used_units *used; /* the same, by devices */
    size_t used_count;
    size_t used_at;
    struct used_owner *owners;
    size_t owner_count;
    size_t owner_capacity;
    const struct report_adjustment *adjustments; /* the same */
    size_t adjustment_count;
    size_t adjustment_at;
    struct account customer; /* of the present group */
    struct usage_scratch usage_scratch;
    struct meter_scratch meter_scratch;
};

static int compare_keys(int64_t customer_a, int64_t sku_a, int64_t customer_b, int64_t sku_b) {
    if (customer_a != customer_b) {
        return customer_a < customer_b ? -1 : 1;
    }
    return sku_a < sku_b ? -1 : sku_a > sku_b;
}

/* The provisioned seats of the key; keys are asked for in order. */
static int64_t take_provisioned(struct filling *filling, struct report_row_key key) {
    if (filling->provisioned_at == filling->provisioned_count) {
        return 0;
    }
    const struct provisioned *next = &filling->provisioned[filling->provisioned_at];
    if (compare_keys(next->customer_id, next->sku_id, key.customer_id, key.sku_id) != 0) {
        return 0;
    }
    filling->provisioned_at++;
    return next->seats;
}

/* The usage of the key, or NULL; the same. */
static const struct usage_group *take_group(struct filling *filling, struct report_row_key key) {
    if (filling->group_at == filling->usage.group_count) {
        return NULL;
    }
    const struct usage_group *next = &filling->usage.groups[filling->group_at];
    if (compare_keys(next->customer_id, next->sku_id, key.customer_id, key.sku_id) != 0) {
        return NULL;
    }
    filling->group_at++;
    return next;
}

/* What devices used of the key; the same. */
static struct used_units take_used(struct filling *filling, struct report_row_key key) {
    if (filling->used_at == filling->used_count) {
        return (struct used_units){0};
    }
    struct used_units next = filling->used[filling->used_at];
    if (compare_keys(next.customer_id, next.sku_id, key.customer_id, key.sku_id) != 0) {
        return (struct used_units){0};
    }
    filling->used_at++;
    return next;
}

static void take_lower(struct report_row_key *key, bool *found, int64_t customer_id, int64_t sku_id) {
    if (!*found || compare_keys(customer_id, sku_id, key->customer_id, key->sku_id) < 0) {
        *key = (struct report_row_key){customer_id, sku_id};
    }
    *found = true;
}

/* The next (customer, SKU) that was metered, stands ready or has devices; false behind the last. */
static bool next_key(const struct filling *filling, struct report_row_key *key) {
    bool found = false;
    if (filling->group_at < filling->usage.group_count) {
        const struct usage_group *group = &filling->usage.groups[filling->group_at];
        take_lower(key, &found, group->customer_id, group->sku_id);
    }
    if (filling->provisioned_at < filling->provisioned_count) {
        const struct provisioned *provisioned = &filling->provisioned[filling->provisioned_at];
        take_lower(key, &found, provisioned->customer_id, provisioned->sku_id);
    }
    if (filling->used_at < filling->used_count) {
        const struct used_units *used = &filling->used[filling->used_at];
        take_lower(key, &found, used->customer_id, used->sku_id);
    }
    return found;
}

/* The adjustment of the key, or NULL; the same. */
static const struct report_adjustment *take_adjustment(struct filling *filling, struct report_row_key key) {
    while (filling->adjustment_at < filling->adjustment_count) {
        const struct report_adjustment *next = &filling->adjustments[filling->adjustment_at];
        int order = compare_keys(next->customer_id, next->sku_id, key.customer_id, key.sku_id);
        if (order == 0) {
            return next;
        }
        if (order > 0) {
            break;
        }
        filling->adjustment_at++;
    }
    return NULL;
}

/* What the meter says under the policy of the edge's price; without a price under the default policy. */
static enum status measure(struct filling *filling, int64_t sku_id, const struct meter_group *meter,
                           struct usage_report_row *row, struct fault *fault) {
    const struct report_edge *edge = filling->edge;
    struct price_list prices =
        price_list_of_edge(&filling->list, filling->call->arena, edge->seller.id, edge->buyer.id, sku_id);
    const struct price *price = price_for_month(prices.prices, prices.count, edge->month);
    enum metering_policy policy = price == NULL ? POLICY_PEAK : price->policy;
    int64_t from_us = filling->span.midnights_us[0];
    if (price != NULL && price->terms.has_trial_end) {
        int64_t trial_end_us = zone_midnight_us(filling->zone, price->terms.trial_end);
        from_us = trial_end_us > from_us ? trial_end_us : from_us;
    }
    row->policy = price == NULL ? TEXT("") : text_of(metering_policy_name(policy));
    return meter_measure(meter, policy, &filling->span, from_us, &filling->meter_scratch, &row->measured,
                         fault);
}

static enum status owner_has_devices(struct filling *filling, int64_t owner_id, bool *has_devices,
                                     struct fault *fault) {
    const struct call *call = filling->call;
    for (size_t i = 0; i < filling->owner_count; i++) {
        if (filling->owners[i].owner_id == owner_id) {
            *has_devices = filling->owners[i].has_devices;
            return STATUS_OK;
        }
    }
    enum status status = device_is_known_of_owner(call->db, owner_id, has_devices, fault);
    if (status != STATUS_OK) {
        return status;
    }
    filling->owners = arena_grow(call->arena, filling->owners, filling->owner_count, &filling->owner_capacity,
                                 sizeof *filling->owners);
    filling->owners[filling->owner_count++] = (struct used_owner){owner_id, *has_devices};
    return STATUS_OK;
}

/* A vendor whose products know no devices has no used units, rather than none used. */
static enum status fill_used(struct filling *filling, int64_t owner_id, const struct used_units *used,
                             struct usage_report_row *row, struct fault *fault) {
    row->has_used = used->used > 0 || used->unlicensed > 0;
    if (!row->has_used) {
        enum status status = owner_has_devices(filling, owner_id, &row->has_used, fault);
        if (status != STATUS_OK || !row->has_used) {
            return status;
        }
    }
    int64_t idle = row->provisioned_units - used->used;
    row->used_units = used->used;
    row->over_provisioned_units = idle > 0 ? idle : 0;
    row->unlicensed_units = used->unlicensed;
    return STATUS_OK;
}

/* The names and, as they depend on the SKU's owner, the used units. */
static enum status name_row(struct filling *filling, struct report_row_key key, const struct used_units *used,
                            struct usage_report_row *row, struct fault *fault) {
    const struct call *call = filling->call;
    struct sku sku = {0};
    enum status status = sku_load(call->db, call->arena, key.sku_id, &sku, fault);
    if (status == STATUS_OK && filling->customer.id != key.customer_id) {
        status = account_load(call->db, call->arena, key.customer_id, &filling->customer, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    row->customer_code = filling->customer.code;
    row->customer_name = filling->customer.name;
    row->sku = sku.code;
    row->description = sku.name;
    return fill_used(filling, sku.owner_id, used, row, fault);
}

/* The key's row; `*wanted` is false where the edge is not billed for it or there is nothing to say of it. */
static enum status fill_row(struct filling *filling, struct report_row_key key, struct keyed_row *out,
                            bool *wanted, struct fault *fault) {
    struct usage_meter meter = {0};
    struct usage_report_row row = {.reason = TEXT("")};
    const struct usage_group *group = take_group(filling, key);
    if (group != NULL && !usage_meter_at(&filling->usage, group, filling->edge->seller.depth,
                                         &filling->usage_scratch, &meter)) {
        meter = (struct usage_meter){0};
    }
    row.provisioned_units = take_provisioned(filling, key);
    struct used_units used = take_used(filling, key);
    enum status status = measure(filling, key.sku_id, &meter.meter, &row, fault);
    if (status != STATUS_OK) {
        return status;
    }
    const struct report_adjustment *adjustment = take_adjustment(filling, key);
    *wanted = row.provisioned_units > 0 || row.measured.parts > 0 || adjustment != NULL || used.used > 0 ||
              used.unlicensed > 0;
    if (!*wanted) {
        return STATUS_OK;
    }
    row.chargeable = row.measured;
    if (adjustment != NULL) {
        row.has_adjustment = true;
        row.adjusted_units = adjustment->units;
        row.reason = adjustment->reason;
        row.chargeable = (struct quantity){adjustment->units, 1};
    }
    status = name_row(filling, key, &used, &row, fault);
    if (status == STATUS_OK) {
        *out = (struct keyed_row){row, key};
    }
    return status;
}

static int compare_rows(const void *left, const void *right) {
    const struct keyed_row *a = left;
    const struct keyed_row *b = right;
    int order = text_compare(a->row.customer_code, b->row.customer_code);
    if (order == 0) {
        order = text_compare(a->row.sku, b->row.sku);
    }
    return order != 0 ? order
                      : compare_keys(a->key.customer_id, a->key.sku_id, b->key.customer_id, b->key.sku_id);
}

/* Reads the usage, the prices and what was provisioned. */
static enum status load(struct filling *filling, struct fault *fault) {
    const struct call *call = filling->call;
    int64_t from_us = filling->span.midnights_us[0];
    int64_t to_us = filling->span.midnights_us[filling->span.days];
    int64_t buyer_id = filling->edge->buyer.id;
    struct usage_scope scope = {.from_us = from_us, .until_us = to_us, .under_account_id = buyer_id};
    struct provisioned *provisioned = NULL;
    struct used_units *used = NULL;
    enum status status = usage_load(call->db, call->arena, &scope, &filling->usage, fault);
    if (status == STATUS_OK) {
        status =
            price_list_load_seller(call->db, call->arena, filling->edge->seller.id, &filling->list, fault);
    }
    if (status == STATUS_OK) {
        status = report_provisioned(call->db, call->arena, buyer_id, filling->edge->seller.depth, from_us,
                                    to_us, &provisioned, &filling->provisioned_count, fault);
    }
    if (status == STATUS_OK) {
        status = device_used_units(call->db, call->arena, buyer_id, filling->edge->seller.depth,
                                   filling->edge->month.index, &used, &filling->used_count, fault);
    }
    filling->provisioned = provisioned;
    filling->used = used;
    return status;
}

enum status report_rows_measure(const struct call *call, const struct report_edge *edge,
                                const struct report_adjustment *adjustments, size_t adjustment_count,
                                struct usage_report_row **rows, struct report_row_key **keys, size_t *count,
                                struct fault *fault) {
    struct filling filling = {.call = call,
                              .edge = edge,
                              .adjustments = adjustments,
                              .adjustment_count = adjustment_count,
                              .usage_scratch = {.arena = call->arena},
                              .meter_scratch = {.arena = call->arena}};
    enum status status = zone_open(edge->agreement.time_zone, "time_zone", &filling.zone, fault);
    if (status != STATUS_OK) {
        return status;
    }
    zone_month_span(filling.zone, edge->month, &filling.span);
    struct keyed_row *keyed = NULL;
    size_t used = 0;
    status = load(&filling, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    keyed = ARENA_NEW(call->arena, struct keyed_row,
                      filling.usage.group_count + filling.provisioned_count + filling.used_count);
    for (struct report_row_key key; status == STATUS_OK && next_key(&filling, &key);) {
        bool wanted = false;
        status = fill_row(&filling, key, &keyed[used], &wanted, fault);
        used += wanted;
    }
    if (status != STATUS_OK) {
        goto done;
    }
    if (used > 0) {
        qsort(keyed, used, sizeof *keyed, compare_rows);
    }
    *rows = ARENA_NEW(call->arena, struct usage_report_row, used);
    *keys = ARENA_NEW(call->arena, struct report_row_key, used);
    for (size_t i = 0; i < used; i++) {
        (*rows)[i] = keyed[i].row;
        (*keys)[i] = keyed[i].key;
    }
    *count = used;
done:
    zone_close(filling.zone);
    return status;
}
