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

void log_needs_add(struct log_needs *needs, struct log_need need) {
    for (size_t i = 0; i < needs->count; i++) {
        const struct log_need *known = &needs->items[i];
        if (known->account_id == need.account_id && (known->sku_id == need.sku_id || known->sku_id == 0)) {
            return;
        }
    }
    if (needs->count == LOG_NEEDS_MAX) {
        needs->is_all = true;
        return;
    }
    needs->items[needs->count++] = need;
}

/* Where an account's sales end up: a vendor's at the distributor's customers. */
static int64_t account_below(const struct snapshot *snapshot, int64_t account_id) {
    uint32_t account = snapshot_account_find(snapshot, account_id);
    if (account == SNAPSHOT_NONE || snapshot->vendor_edge[account] == SNAPSHOT_NONE) {
        return account_id;
    }
    return snapshot->accounts[snapshot->edges[snapshot->vendor_edge[account]].buyer].id;
}

bool price_needs_log(const struct price *price, struct month month) {
    return price->terms.has_trial_end && price->terms.trial_end.day > month_first_day(month).day &&
           price->terms.trial_end.day < month_first_day(month_plus(month, 1)).day;
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
            log_needs_add(needs, (struct log_need){snapshot->agreements[agreement].buyer_id, 0});
        }
    }
    for (size_t i = 0; i < snapshot->prices.count; i++) {
        if (price_needs_log(&snapshot->prices.prices[i], month)) {
            const struct price_edge *edge = &snapshot->prices.edges[i];
            int64_t account_id = edge->buyer_id != 0 ? edge->buyer_id : edge->seller_id;
            log_needs_add(needs, (struct log_need){account_below(snapshot, account_id),
                                                   snapshot->prices.prices[i].sku_id});
        }
    }
}

void log_needs_of_cut(const struct usage *kept, int64_t until_us, struct log_needs *needs) {
    for (size_t i = 0; i < kept->group_count; i++) {
        const struct usage_group *group = &kept->groups[i];
        for (uint32_t k = 0; k < group->kept_count; k++) {
            if (kept->kept[group->first_kept + k].total.changed_at_us >= until_us) {
                log_needs_add(needs, (struct log_need){group->customer_id, group->sku_id});
                break;
            }
        }
    }
}

/* Whether an account stands at or below another. */
static bool is_below(const struct snapshot *snapshot, int64_t account_id, int64_t above_id) {
    uint32_t account = snapshot_account_find(snapshot, account_id);
    while (account != SNAPSHOT_NONE && snapshot->accounts[account].id != above_id) {
        account = snapshot_account_find(snapshot, snapshot->accounts[account].seller_id);
    }
    return account != SNAPSHOT_NONE;
}

enum status usage_load_needs(struct db *db, struct arena *arena, const struct snapshot *snapshot,
                             const struct log_needs *needs, struct usage_scope scope, struct usage *usage,
                             struct fault *fault) {
    int64_t under_id = scope.under_account_id;
    assert(!needs->is_all && scope.sku_id == 0);
    for (size_t i = 0; i < needs->count; i++) {
        const struct log_need *need = &needs->items[i];
        struct usage log;
        scope.sku_id = need->sku_id;
        if (under_id == 0 || is_below(snapshot, need->account_id, under_id)) {
            scope.under_account_id = need->account_id;
        } else if (is_below(snapshot, under_id, need->account_id)) {
            scope.under_account_id = under_id;
        } else {
            continue;
        }
        TRY(usage_load(db, arena, &scope, &log, fault));
        usage_add_log(usage, &log, arena);
    }
    return STATUS_OK;
}
