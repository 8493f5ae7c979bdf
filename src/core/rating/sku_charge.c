#include "core/rating/sku_charge.h"

#include <assert.h>

/* The customers of a SKU, in three lists that are sorted alike. */
struct merged_customers {
    struct edge_entries entries;
    struct overrides adjustments;
    struct overrides corrections;
};

static struct merged_customers find_customers(const struct rated_month *month, uint32_t agreement,
                                              uint32_t sku_rank) {
    const struct snapshot *snapshot = month->snapshot;
    int64_t agreement_id = snapshot->agreements[agreement].id;
    return (struct merged_customers){
        usage_by_edge_entries_of_sku(month->by_edge, snapshot->edge_of_agreement[agreement], sku_rank),
        overrides_slice(&month->adjustments, agreement_id, sku_rank),
        overrides_slice(&month->corrections, agreement_id, sku_rank),
    };
}

/* Takes an override off the front of its list where it is of that customer. */
static const struct override *take_override(struct overrides *overrides, uint32_t customer_rank) {
    if (overrides->count == 0 || overrides->items[0].customer_rank != customer_rank) {
        return NULL;
    }
    overrides->count--;
    return overrides->items++;
}

static void take_lower(uint32_t *rank, const struct overrides *overrides) {
    if (overrides->count > 0 && overrides->items[0].customer_rank < *rank) {
        *rank = overrides->items[0].customer_rank;
    }
}

/* Takes the next customer off the lists; false behind the last. */
static bool next_customer(const struct usage *usage, struct merged_customers *merged,
                          struct customer_charge *customer) {
    uint32_t rank = merged->entries.count > 0 ? merged->entries.items[0].customer_rank : UINT32_MAX;
    take_lower(&rank, &merged->adjustments);
    take_lower(&rank, &merged->corrections);
    *customer = (struct customer_charge){.usage = usage};
    if (rank == UINT32_MAX) {
        return false;
    }
    if (merged->entries.count > 0 && merged->entries.items[0].customer_rank == rank) {
        customer->group = &usage->groups[merged->entries.items[0].group];
        merged->entries.items++;
        merged->entries.count--;
    }
    customer->adjustment = take_override(&merged->adjustments, rank);
    customer->correction = take_override(&merged->corrections, rank);
    customer->customer_id = customer->group != NULL        ? customer->group->customer_id
                            : customer->adjustment != NULL ? customer->adjustment->customer_id
                                                           : customer->correction->customer_id;
    return true;
}

/* Whether there is anything to tell of the customer. */
static bool is_told(const struct customer_charge *customer) {
    return customer->measured.quantity.parts > 0 || customer->adjustment != NULL ||
           customer->correction != NULL;
}

/* Whether a SKU without a price was used all the same. */
static enum status find_use(const struct rated_month *month, const struct edge_month *on,
                            const struct merged_customers *merged, const struct metering *metering,
                            bool *is_used, struct fault *fault) {
    *is_used = merged->adjustments.count > 0 || merged->corrections.count > 0;
    for (size_t i = 0; !*is_used && i < merged->entries.count; i++) {
        struct measured measured;
        const struct usage_group *group = &month->usage->groups[merged->entries.items[i].group];
        TRY(charge_measure(on, metering, group, &measured, fault));
        *is_used = measured.quantity.parts > 0;
    }
    return STATUS_OK;
}

/* Measures a customer and says what it is charged for. Late events of a correction are metered, in place of
 * what the log and an adjustment say. */
static enum status charge_customer(struct arena *arena, const struct edge_month *on,
                                   const struct metering *metering, struct customer_charge *customer,
                                   struct fault *fault) {
    const struct override *correction = customer->correction;
    bool is_late = correction != NULL && correction->late_count > 0;
    struct edge_month metered = *on;
    if (is_late && customer->group != NULL) {
        customer->usage =
            late_usage_of(arena, customer->usage, customer->group, correction->lates, correction->late_count);
        customer->group = customer->usage->groups;
        metered.usage = customer->usage;
    }
    TRY(charge_measure(&metered, metering, customer->group, &customer->measured, fault));
    return charge_of(metering, &customer->measured, is_late ? NULL : customer->adjustment,
                     is_late ? NULL : correction, &customer->charged, fault);
}

/* Measures the customers, says what they are charged for, and rates them at the price. */
static enum status rate_customers(const struct rated_month *month, struct arena *arena,
                                  const struct edge_month *on, struct merged_customers merged,
                                  struct sku_charge *charge, struct fault *fault) {
    size_t most = merged.entries.count + merged.adjustments.count + merged.corrections.count;
    struct rating_usage *usages = ARENA_NEW(arena, struct rating_usage, most);
    struct price price = *charge->price;
    struct customer_charge customer;
    charge->customers = ARENA_NEW(arena, struct customer_charge, most);
    while (next_customer(month->usage, &merged, &customer)) {
        TRY(charge_customer(arena, on, &charge->metering, &customer, fault));
        if (is_told(&customer)) {
            usages[charge->customer_count] =
                (struct rating_usage){customer.measured.quantity.parts, customer.charged.quantity.parts};
            charge->customers[charge->customer_count++] = customer;
        }
    }
    charge->metering.minimum_units =
        rating_minimum(on->rules, charge->metering.minimum_units, usages, charge->customer_count);
    price.terms.minimum_units = charge->metering.minimum_units;
    if (charge->customer_count == 0 && price.terms.minimum_units == 0) {
        return STATUS_OK;
    }
    TRY(rating_rate(arena, &price, month->snapshot->currencies[charge->agreement],
                    charge->metering.parts_per_unit, usages, charge->customer_count, &charge->lines,
                    &charge->line_count, fault));
    charge->is_used = charge->line_count > 0;
    return STATUS_OK;
}

enum status sku_charge_of(struct rated_month *month, struct arena *arena, const struct edge_month *on,
                          uint32_t agreement, uint32_t sku, struct sku_charge *charge, struct fault *fault) {
    const struct snapshot *snapshot = month->snapshot;
    struct merged_customers merged = find_customers(month, agreement, snapshot->sku_rank[sku]);
    struct sku_charge made = {.agreement = agreement, .sku = sku};
    made.price = snapshot_price(snapshot, agreement, sku, month->month, on->rules, &made.tax);
    made.metering = metering_of(on, made.price);
    if (made.metering.free_months > 0 && on->rules >= RULES_THIRD) {
        made.metering.free_from_us =
            snapshot_month_begins_us(snapshot, agreement, metering_first_free(on, made.metering.free_months));
    }
    if (made.price == NULL) {
        TRY(find_use(month, on, &merged, &made.metering, &made.is_used, fault));
    } else if (on->has_time) {
        TRY(rate_customers(month, arena, on, merged, &made, fault));
    }
    *charge = made;
    return STATUS_OK;
}

enum status sku_charge_on(struct rated_month *month, struct arena *arena, uint32_t agreement, uint32_t sku,
                          struct sku_charge *charge, struct fault *fault) {
    struct edge_month on = rated_month_on(month, agreement);
    return sku_charge_of(month, arena, &on, agreement, sku, charge, fault);
}

struct billed_line sku_charge_line(const struct sku_charge *charge, size_t line) {
    assert(line < charge->line_count);
    const struct rating_line *rated = &charge->lines[line];
    const struct customer_charge *customer =
        rated->usage == RATING_NO_CUSTOMER ? NULL : &charge->customers[rated->usage];
    return (struct billed_line){
        .customer_id = customer == NULL ? 0 : customer->customer_id,
        .sku_id = charge->price->sku_id,
        .price_id = charge->price->id,
        .policy = text_of(metering_policy_name(charge->price->policy)),
        .measured_parts = customer == NULL ? 0 : customer->measured.quantity.parts,
        .quantity_parts = rated->quantity.parts,
        .parts_per_unit = rated->quantity.parts_per_unit,
        .unit_price_millionths = rated->unit_price_millionths,
        .amount_minor = rated->amount_minor,
        .tax = charge->tax,
        .corrects_month = {INVOICE_NO_MONTH},
        .note = customer == NULL ? TEXT("minimum") : customer->charged.note,
    };
}
