#include "programme/usage/report_rows.h"

#include "programme/call/name_cache.h"
#include "programme/call/open_zone.h"
#include "programme/call/sight.h"
#include "programme/usage/joined_month.h"
#include "programme/usage/load_kept.h"
#include "programme/usage/used_units.h"
#include "store/billing/months.h"
#include "store/catalogue/prices.h"
#include "store/devices/device_lists.h"
#include "store/licensing/events.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

/* Everything that the rows are made from. Its lists are by customer, then SKU, as the groups are; each has
 * the place up to which it has been read. */
struct filling {
    struct call *call;
    const struct report_edge *edge;
    struct edge_month on;
    struct currency currency;
    int32_t free_months;  /* of the price that was asked last; 0: none */
    int64_t free_from_us; /* where they begin to count */
    struct price_list list;
    struct usage usage;
    size_t group_at;
    bool has_late;     /* a late change took usage away */
    struct usage told; /* then: the usage, had such changes counted from when they were told */
    size_t told_at;
    const struct provisioned *provisioned;
    size_t provisioned_count;
    size_t provisioned_at;
    const struct used_units *used; /* by devices */
    size_t used_count;
    size_t used_at;
    const struct report_adjustment *adjustments;
    size_t adjustment_count;
    size_t adjustment_at;
    struct used_owner *owners;
    size_t owner_count;
    size_t owner_capacity;
    struct name_cache names;
    struct sight sight; /* of a vendor's report: it does not read whose licences they are (R2.17) */
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

/* The usage of the key, or NULL; keys are asked for in order. */
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

/* The same of the usage as it was told. */
static const struct usage_group *take_told_group(struct filling *filling, struct report_row_key key) {
    while (filling->told_at < filling->told.group_count) {
        const struct usage_group *next = &filling->told.groups[filling->told_at];
        int order = compare_keys(next->customer_id, next->sku_id, key.customer_id, key.sku_id);
        if (order > 0) {
            return NULL;
        }
        filling->told_at++;
        if (order == 0) {
            return next;
        }
    }
    return NULL;
}

/* The units that devices used of the key; keys are asked for in order. */
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
        *key = (struct report_row_key){.customer_id = customer_id, .sku_id = sku_id};
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

/* The adjustment of the key, or NULL; keys are asked for in order. */
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

/* Sets the adjustment of a row, or none, and what will be charged then (core/rating/charge.h). */
static enum status adjust_row(struct usage_report_row *row, struct report_row_key *key,
                              const struct report_adjustment *adjustment, struct fault *fault) {
    struct charged charged;
    struct charged told;
    struct override override = {0};
    if (adjustment != NULL) {
        override.units = adjustment->units;
        override.reason = adjustment->reason;
    }
    TRY(charge_of(&key->metering, &key->measured, adjustment == NULL ? NULL : &override, NULL, &charged,
                  fault));
    TRY(charge_of(&key->metering, &key->told, adjustment == NULL ? NULL : &override, NULL, &told, fault));
    key->told_charged_parts = told.quantity.parts;
    row->has_adjustment = adjustment != NULL;
    row->adjusted_units = override.units;
    row->reason = adjustment == NULL ? TEXT("") : override.reason;
    row->chargeable = charged.quantity;
    return STATUS_OK;
}

/* Sets where free months begin to count, which seldom differs from row to row. */
static enum status find_free_from(struct filling *filling, struct metering *metering, struct fault *fault) {
    if (metering->free_months == 0 || filling->on.rules < RULES_THIRD) {
        return STATUS_OK;
    }
    if (filling->free_months != metering->free_months) {
        TRY(joined_month_begins(filling->call, &filling->edge->agreement,
                                metering_first_free(&filling->on, metering->free_months),
                                &filling->free_from_us, fault));
        filling->free_months = metering->free_months;
    }
    metering->free_from_us = filling->free_from_us;
    return STATUS_OK;
}

/* Meters the key under the price of the edge; without a price under the default policy. */
static enum status measure_key(struct filling *filling, struct report_row_key *key,
                               const struct usage_group *group, struct usage_report_row *row,
                               struct fault *fault) {
    const struct agreement *agreement = &filling->edge->agreement;
    const struct price_place place = {agreement->seller_id, agreement->buyer_id, key->sku_id,
                                      agreement->currency};
    const struct price_edge *price_edge = NULL;
    const struct price *price =
        filling->on.rules == RULES_FIRST
            ? price_list_for_month_first(&filling->list, &place, filling->edge->month, &price_edge)
            : price_list_for_month(&filling->list, &place, filling->edge->month, &price_edge);
    key->price = price;
    key->metering = metering_of(&filling->on, price);
    TRY(find_free_from(filling, &key->metering, fault));
    TRY(charge_measure(&filling->on, &key->metering, group, &key->measured, fault));
    row->policy = price == NULL ? TEXT("") : text_of(metering_policy_name(key->metering.policy));
    row->measured = key->measured.quantity;
    return STATUS_OK;
}

static enum status find_owner_devices(struct filling *filling, int64_t owner_id, bool *has_devices,
                                      struct fault *fault) {
    struct call *call = filling->call;
    for (size_t i = 0; i < filling->owner_count; i++) {
        if (filling->owners[i].owner_id == owner_id) {
            *has_devices = filling->owners[i].has_devices;
            return STATUS_OK;
        }
    }
    TRY(device_is_known_of_owner(call->db, owner_id, has_devices, fault));
    filling->owners = arena_grow(call->arena, filling->owners, filling->owner_count, &filling->owner_capacity,
                                 sizeof *filling->owners);
    filling->owners[filling->owner_count++] = (struct used_owner){owner_id, *has_devices};
    return STATUS_OK;
}

/* A vendor whose products know no devices has no used units, rather than none used. */
static enum status fill_used(struct filling *filling, int64_t owner_id, int64_t most_on,
                             struct usage_report_row *row, struct fault *fault) {
    row->has_used = row->used_units > 0 || row->unlicensed_units > 0;
    if (!row->has_used) {
        TRY(find_owner_devices(filling, owner_id, &row->has_used, fault));
    }
    if (row->has_used) {
        int64_t idle = most_on - row->used_units;
        row->over_provisioned_units = idle > 0 ? idle : 0;
    }
    return STATUS_OK;
}

/* Fills in the names and, as they depend on the SKU's owner, the used units. */
static enum status name_row(struct filling *filling, struct report_row_key key, int64_t most_on,
                            struct usage_report_row *row, struct fault *fault) {
    const struct account *customer = NULL;
    const struct sku *sku = NULL;
    TRY(name_cache_account(&filling->names, key.customer_id, &customer, fault));
    TRY(name_cache_sku(&filling->names, key.sku_id, &sku, fault));
    struct account shown = *customer;
    if (filling->edge->seller.kind == ACCOUNT_VENDOR) {
        TRY(sight_limit_account(&filling->sight, &shown, fault));
    }
    row->customer_code = shown.code;
    row->customer_name = shown.name;
    row->sku = sku->code;
    row->description = sku->name;
    return fill_used(filling, sku->owner_id, most_on, row, fault);
}

/* What late changes took away of what the edge would charge for the key. */
static enum status measure_late(struct filling *filling, struct report_row_key *key,
                                struct usage_report_row *row, struct fault *fault) {
    struct edge_month on = filling->on;
    key->told = key->measured;
    row->late = (struct quantity){0, row->measured.parts_per_unit};
    if (!filling->has_late) {
        return STATUS_OK;
    }
    on.usage = &filling->told;
    TRY(charge_measure(&on, &key->metering, take_told_group(filling, *key), &key->told, fault));
    if (key->told.quantity.parts > row->measured.parts) {
        row->late.parts = key->told.quantity.parts - row->measured.parts;
    }
    return STATUS_OK;
}

/* The most seats that were on at once, whatever the price. */
static enum status measure_most(struct filling *filling, const struct usage_group *group, int64_t *most_on,
                                struct fault *fault) {
    const struct metering peak = metering_of(&filling->on, NULL);
    struct measured measured;
    TRY(charge_measure(&filling->on, &peak, group, &measured, fault));
    *most_on = measured.quantity.parts;
    return STATUS_OK;
}

/* Whether there is anything to say of the row: not where the edge is not billed for it. */
static bool is_told(const struct usage_report_row *row) {
    return row->provisioned_units > 0 || row->measured.parts > 0 || row->has_adjustment ||
           row->used_units > 0 || row->unlicensed_units > 0 || row->late.parts > 0;
}

/* What is another vendor's is not metered. */
static enum status fill_row(struct filling *filling, struct report_row_key key, bool is_own,
                            struct keyed_row *out, struct fault *fault) {
    struct usage_report_row row = {.reason = TEXT("")};
    const struct usage_group *taken = take_group(filling, key);
    const struct usage_group *group = is_own ? taken : NULL;
    int64_t stand_ready = take_provisioned(filling, key);
    int64_t most_on = 0;
    TRY(measure_most(filling, group, &most_on, fault));
    row.provisioned_units = most_on > 0 ? most_on : stand_ready;
    struct used_units used = take_used(filling, key);
    const struct report_adjustment *adjustment = take_adjustment(filling, key);
    TRY(measure_key(filling, &key, group, &row, fault));
    TRY(measure_late(filling, &key, &row, fault));
    TRY(adjust_row(&row, &key, adjustment, fault));
    row.used_units = used.used;
    row.unlicensed_units = used.unlicensed;
    if (is_told(&row)) {
        TRY(name_row(filling, key, most_on, &row, fault));
    }
    *out = (struct keyed_row){row, key};
    return STATUS_OK;
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

/* Whether a price of the edge cuts the month, so that what is kept of it does not answer. */
static bool is_cut(const struct filling *filling) {
    for (size_t i = 0; i < filling->list.count; i++) {
        int64_t buyer_id = filling->list.edges[i].buyer_id;
        if ((buyer_id == 0 || buyer_id == filling->edge->buyer.id) &&
            price_cuts_month(&filling->list.prices[i], filling->edge->month)) {
            return true;
        }
    }
    return false;
}

/* Every vendor sells to the same buyer. */
static struct usage_reading_scope scope_of_edge(const struct report_edge *edge) {
    return (struct usage_reading_scope){.under_account_id = edge->buyer.id,
                                        .vendor_id =
                                            edge->seller.kind == ACCOUNT_VENDOR ? edge->seller.id : 0};
}

/* The usage by what is kept of it, or by the log. */
static enum status load_usage_of_edge(struct filling *filling, const struct usage_scope *scope,
                                      struct fault *fault) {
    struct call *call = filling->call;
    struct edge_month *on = &filling->on;
    bool is_kept = false;
    if (!is_cut(filling)) {
        TRY(usage_load_kept(call->db, call->arena, scope_of_edge(filling->edge), on->month, &is_kept,
                            &filling->usage, fault));
    }
    on->kept_zone =
        is_kept ? usage_kept_zone(&filling->usage, zone_name(on->zone), on->month, &on->span) : USAGE_NO_ZONE;
    return on->kept_zone != USAGE_NO_ZONE ? STATUS_OK
                                          : usage_load(call->db, call->arena, scope, &filling->usage, fault);
}

/* Reads the usage, the prices, what was provisioned and what devices used. */
static enum status load_month_of_edge(struct filling *filling, struct fault *fault) {
    struct call *call = filling->call;
    const struct report_edge *edge = filling->edge;
    const struct month_span *span = &filling->on.span;
    int64_t from_us = span->midnights_us[0];
    int64_t to_us = span->midnights_us[span->days];
    struct usage_scope scope = {.from_us = from_us, .until_us = to_us, .under_account_id = edge->buyer.id};
    struct provisioned *provisioned = NULL;
    struct used_units *used = NULL;
    TRY(price_list_load_edge(call->db, call->arena, edge->seller.id, edge->buyer.id, &filling->list, fault));
    TRY(load_usage_of_edge(filling, &scope, fault));
    TRY(licence_events_lowered_late(call->db, edge->buyer.id, from_us, to_us, &filling->has_late, fault));
    if (filling->has_late) {
        scope.as_told = true;
        scope.forgiving = true; /* of a licence that by now was never on, nothing is known */
        TRY(usage_load(call->db, call->arena, &scope, &filling->told, fault));
    }
    TRY(report_provisioned(call->db, call->arena, edge->buyer.id, edge->seller.depth, from_us, to_us,
                           &provisioned, &filling->provisioned_count, fault));
    TRY(used_units_load(call, edge->buyer.id, edge->seller.depth, edge->month, &used, &filling->used_count,
                        fault));
    filling->provisioned = provisioned;
    filling->used = used;
    return STATUS_OK;
}

/* Of what every vendor sells to the same buyer, what is another's is on another edge. */
static enum status is_on_edge(struct filling *filling, int64_t sku_id, bool *yes, struct fault *fault) {
    const struct account *seller = &filling->edge->seller;
    const struct sku *sku = NULL;
    *yes = true;
    if (seller->kind == ACCOUNT_VENDOR) {
        TRY(name_cache_sku(&filling->names, sku_id, &sku, fault));
        *yes = sku->owner_id == seller->id;
    }
    return STATUS_OK;
}

static enum status fill_rows(struct filling *filling, struct report_rows *rows, struct fault *fault) {
    struct arena *arena = filling->call->arena;
    size_t count = 0;
    TRY(load_month_of_edge(filling, fault));
    struct keyed_row *keyed =
        ARENA_NEW(arena, struct keyed_row,
                  filling->usage.group_count + filling->provisioned_count + filling->used_count);
    for (struct report_row_key key; next_key(filling, &key);) {
        bool is_own = false;
        TRY(is_on_edge(filling, key.sku_id, &is_own, fault));
        TRY(fill_row(filling, key, is_own, &keyed[count], fault));
        count += is_own && is_told(&keyed[count].row);
    }
    if (count > 0) {
        qsort(keyed, count, sizeof *keyed, compare_rows);
    }
    *rows = (struct report_rows){ARENA_NEW(arena, struct usage_report_row, count),
                                 ARENA_NEW(arena, struct report_row_key, count), count, filling->currency,
                                 filling->on.rules};
    for (size_t i = 0; i < count; i++) {
        rows->items[i] = keyed[i].row;
        rows->keys[i] = keyed[i].key;
    }
    return STATUS_OK;
}

enum status report_rows_measure(struct call *call, const struct report_edge *edge,
                                const struct report_adjustment *adjustments, size_t adjustment_count,
                                struct report_rows *rows, struct fault *fault) {
    struct filling filling = {.call = call,
                              .edge = edge,
                              .adjustments = adjustments,
                              .adjustment_count = adjustment_count,
                              .usage_scratch = {.arena = call->arena},
                              .meter_scratch = {.arena = call->arena}};
    struct zone *zone = NULL;
    struct month_span span;
    int64_t rules = 0;
    TRY(currency_find(edge->agreement.currency, "currency", &filling.currency, fault));
    TRY(month_rules_load(call->db, edge->agreement.id, edge->month, &rules, fault));
    TRY(open_zone(call, edge->agreement.time_zone, &zone, fault));
    zone_month_span(zone, edge->month, &span);
    enum status status =
        rules == RULES_FIRST ? STATUS_OK : join_month(call, &edge->agreement, edge->month, &span, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    filling.on = edge_month_of(&filling.usage, edge->month, zone, &span, edge->seller.depth);
    filling.on.rules = rules == 0 ? RULES_PRESENT : (int)rules;
    filling.on.usage_scratch = &filling.usage_scratch;
    filling.on.meter_scratch = &filling.meter_scratch;
    name_cache_init(&filling.names, call);
    status = sight_open(call, &filling.sight, fault);
    if (status == STATUS_OK) {
        status = fill_rows(&filling, rows, fault);
    }
done:
    zone_close(zone);
    return status;
}

enum status report_rows_adjust(struct report_rows *rows, size_t row,
                               const struct report_adjustment *adjustment, struct fault *fault) {
    assert(row < rows->count);
    TRY(adjust_row(&rows->items[row], &rows->keys[row], adjustment, fault));
    if (!is_told(&rows->items[row])) {
        size_t behind = rows->count - row - 1;
        memmove(&rows->items[row], &rows->items[row + 1], behind * sizeof *rows->items);
        memmove(&rows->keys[row], &rows->keys[row + 1], behind * sizeof *rows->keys);
        rows->count--;
    }
    return STATUS_OK;
}
