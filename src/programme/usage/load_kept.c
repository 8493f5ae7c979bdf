#include "programme/usage/load_kept.h"

#include "store/licensing/usage_groups.h"

#include <assert.h>

/* ---- what is kept ---- */

static enum status read_rows(struct usage_keeping *keeping, struct db_rows *rows, bool newest,
                             struct fault *fault) {
    struct keeping_row row;
    bool have_row = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        usage_keeping_row_read(rows, &row);
        status = newest ? usage_keeping_add_newest(keeping, &row, fault)
                        : usage_keeping_add_earlier(keeping, &row, fault);
    }
    db_rows_close(rows);
    return status;
}

static enum status read_kept(struct db *db, struct usage_reading_scope scope, struct usage_keeping *keeping,
                             struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(usage_newest_stream(db, scope, &rows, fault));
    TRY(read_rows(keeping, rows, true, fault));
    usage_keeping_end_newest(keeping);
    TRY(usage_earlier_stream(db, scope, keeping->month, &rows, fault));
    return read_rows(keeping, rows, false, fault);
}

enum status usage_load_kept(struct db *db, struct arena *arena, struct usage_reading_scope scope,
                            struct month month, bool *is_kept, struct usage *usage, struct fault *fault) {
    struct usage_zone_month *zones = NULL;
    int64_t *numbers = NULL;
    size_t count = 0;
    struct usage_keeping keeping;
    assert(db_in_transaction(db));
    TRY(usage_groups_are_kept(db, is_kept, fault));
    if (!*is_kept) {
        return STATUS_OK;
    }
    TRY(usage_zone_months_load(db, arena, month, &zones, &numbers, &count, fault));
    usage_keeping_init(&keeping, arena, month, zones, numbers, count);
    enum status status = read_kept(db, scope, &keeping, fault);
    if (status == STATUS_OK) {
        usage_keeping_finish(&keeping, usage);
    }
    usage_keeping_clean_up(&keeping);
    return status;
}

/* ---- what is needed of the log ---- */

void log_needs_init(struct log_needs *needs, struct arena *arena) {
    *needs = (struct log_needs){.arena = arena, .cut_us = INT64_MAX};
    id_map_init(&needs->places, arena, 8);
}

void log_needs_add(struct log_needs *needs, int64_t account_id, int64_t sku_id, int64_t after_us) {
    uint32_t at = id_map_put(&needs->places, account_id, sku_id, (uint32_t)needs->count);
    if (at < needs->count) {
        needs->after_us[at] = after_us < needs->after_us[at] ? after_us : needs->after_us[at];
        return;
    }
    needs->after_us =
        arena_grow(needs->arena, needs->after_us, needs->count, &needs->capacity, sizeof *needs->after_us);
    needs->after_us[needs->count++] = after_us;
}

/* Where an account's sales end up: a vendor's at the distributor's customers. */
static int64_t account_below(const struct snapshot *snapshot, int64_t account_id) {
    uint32_t account = snapshot_account_find(snapshot, account_id);
    if (account == SNAPSHOT_NONE || snapshot->vendor_edge[account] == SNAPSHOT_NONE) {
        return account_id;
    }
    return snapshot->accounts[snapshot->edges[snapshot->vendor_edge[account]].buyer].id;
}

bool price_cuts_month(const struct price *price, struct month month) {
    return price->terms.has_trial_end && price->terms.trial_end.day > month_first_day(month).day &&
           price->terms.trial_end.day < month_first_day(month_plus(month, 1)).day;
}

/* A day begins in some zone as early as this. */
static int64_t earliest_begin_us(struct date day) {
    static const int64_t hour_us = INT64_C(3600) * 1000000;
    return (int64_t)day.day * 24 * hour_us - 15 * hour_us;
}

void log_needs_of_month(const struct snapshot *snapshot, const struct usage *kept, struct month month,
                        struct log_needs *needs) {
    for (uint32_t edge = 0; edge < snapshot->edge_count; edge++) {
        uint32_t agreement = snapshot_agreement_of_month(snapshot, edge, month, false);
        agreement =
            agreement != SNAPSHOT_NONE ? agreement : snapshot_agreement_of_month(snapshot, edge, month, true);
        if (agreement == SNAPSHOT_NONE) {
            continue;
        }
        const char *time_zone = zone_name(snapshot_zone(snapshot, agreement));
        const struct month_span *span = snapshot_joined_span(snapshot, agreement, month);
        if (usage_kept_zone(kept, time_zone, month, span) == USAGE_NO_ZONE &&
            usage_knows_zone(kept, time_zone)) {
            log_needs_add(needs, snapshot->agreements[agreement].buyer_id, 0, LOG_OF_ALL);
        }
    }
    for (size_t i = 0; i < snapshot->prices.count; i++) {
        const struct price *price = &snapshot->prices.prices[i];
        const struct price_edge *edge = &snapshot->prices.edges[i];
        if (price_cuts_month(price, month)) {
            int64_t account_id = edge->buyer_id != 0 ? edge->buyer_id : edge->seller_id;
            log_needs_add(needs, account_below(snapshot, account_id), price->sku_id,
                          earliest_begin_us(price->terms.trial_end));
        }
    }
}

/* The latest change of a group in the month; LOG_OF_ALL: there is none. */
static int64_t latest_change_us(const struct usage *usage, const struct usage_group *group) {
    int64_t latest_us = LOG_OF_ALL;
    for (uint32_t i = 0; i < group->kept_count; i++) {
        int64_t changed_at_us = usage->kept[group->first_kept + i].total.changed_at_us;
        latest_us = changed_at_us > latest_us ? changed_at_us : latest_us;
    }
    return latest_us;
}

/* Whether a place that needs the log is what the account buys or an account above it does. */
static bool is_needed(const struct snapshot *snapshot, const struct log_needs *needs,
                      const struct usage *usage, const struct usage_group *group) {
    int64_t latest_us = latest_change_us(usage, group);
    uint32_t account = snapshot_account_find(snapshot, group->customer_id);
    if (latest_us >= needs->cut_us) {
        return true;
    }
    while (account != SNAPSHOT_NONE) {
        const int64_t skus[] = {group->sku_id, 0};
        for (size_t i = 0; i < 2; i++) {
            uint32_t at = 0;
            if (id_map_get(&needs->places, snapshot->accounts[account].id, skus[i], &at) &&
                (needs->after_us[at] == LOG_OF_ALL || latest_us > needs->after_us[at])) {
                return true;
            }
        }
        account = snapshot_account_find(snapshot, snapshot->accounts[account].seller_id);
    }
    return false;
}

/* From so many groups on the whole log is read faster than theirs. */
static bool are_most(size_t flagged, size_t groups) {
    return flagged > 64 && flagged > groups / 4;
}

enum status usage_load_needs(struct db *db, struct arena *arena, const struct snapshot *snapshot,
                             const struct log_needs *needs, const struct usage_scope *scope,
                             struct usage *usage, struct fault *fault) {
    size_t flagged = 0;
    if (needs->count == 0 && needs->cut_us == INT64_MAX) {
        return STATUS_OK;
    }
    bool *is_flagged = ARENA_NEW(arena, bool, usage->group_count);
    for (size_t i = 0; i < usage->group_count; i++) {
        is_flagged[i] = is_needed(snapshot, needs, usage, &usage->groups[i]);
        flagged += is_flagged[i];
    }
    if (are_most(flagged, usage->group_count)) {
        return usage_load(db, arena, scope, usage, fault);
    }
    return flagged == 0 ? STATUS_OK : usage_load_groups(db, arena, scope, is_flagged, usage, fault);
}
