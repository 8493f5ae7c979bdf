#include "programme/usage/load_usage.h"

#include "core/rating/usage_grouping.h"
#include "core/rating/usage_keeping.h"
#include "store/billing/close_queries.h"

#include <assert.h>
#include <string.h>

/* Takes all rows of a stream, and closes it. */
static enum status take_licences(struct db_rows *rows, struct usage_grouping *grouping, struct fault *fault) {
    struct metered_licence licence;
    bool have_row = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        metered_licence_read(rows, &licence);
        usage_grouping_add_licence(grouping, &licence);
    }
    db_rows_close(rows);
    return status;
}

static enum status take_events(struct db_rows *rows, struct usage_grouping *grouping, struct fault *fault) {
    struct metered_event event;
    bool have_row = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        metered_event_read(rows, &event);
        status = usage_grouping_add_event(grouping, &event, fault);
    }
    db_rows_close(rows);
    return status;
}

static enum status read_licences(struct db *db, const struct usage_scope *scope,
                                 struct usage_grouping *grouping, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(metered_licences_stream(
        db, (struct metered_scope){scope->under_account_id, scope->sku_id, scope->as_told}, &rows, fault));
    return take_licences(rows, grouping, fault);
}

static enum status read_events(struct db *db, const struct usage_scope *scope,
                               struct usage_grouping *grouping, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(metered_events_stream(db,
                              (struct metered_scope){scope->under_account_id, scope->sku_id, scope->as_told},
                              scope->from_us, &rows, fault));
    return take_events(rows, grouping, fault);
}

enum status usage_load(struct db *db, struct arena *arena, const struct usage_scope *scope,
                       struct usage *usage, struct fault *fault) {
    struct usage_grouping grouping;
    assert(db_in_transaction(db) && scope->from_us <= scope->until_us);
    usage_grouping_init(&grouping, arena, scope->until_us, scope->forgiving);
    enum status status = read_licences(db, scope, &grouping, fault);
    if (status != STATUS_OK) {
        goto done;
    }
    usage_grouping_end_licences(&grouping);
    status = read_events(db, scope, &grouping, fault);
    if (status == STATUS_OK) {
        status = usage_grouping_finish(&grouping, usage, fault);
    }
done:
    usage_grouping_clean_up(&grouping);
    return status;
}

/* ---- of some groups ---- */

/* The next flagged groups from *at on; false behind the last. */
static bool next_groups(const struct usage *usage, const bool *is_flagged, size_t *at,
                        struct metered_group groups[METERED_GROUPS]) {
    size_t count = 0;
    memset(groups, 0, METERED_GROUPS * sizeof *groups);
    for (; *at < usage->group_count && count < METERED_GROUPS; (*at)++) {
        if (is_flagged[*at]) {
            groups[count++] =
                (struct metered_group){usage->groups[*at].customer_id, usage->groups[*at].sku_id};
        }
    }
    return count > 0;
}

static enum status read_groups(struct db *db, const struct usage_scope *scope, const struct usage *usage,
                               const bool *is_flagged, struct usage_grouping *grouping, struct fault *fault) {
    struct metered_group groups[METERED_GROUPS];
    struct db_rows *rows = NULL;
    for (size_t at = 0; next_groups(usage, is_flagged, &at, groups);) {
        TRY(metered_groups_licences_stream(db, groups, &rows, fault));
        TRY(take_licences(rows, grouping, fault));
    }
    usage_grouping_end_licences(grouping);
    for (size_t at = 0; next_groups(usage, is_flagged, &at, groups);) {
        TRY(metered_groups_events_stream(db, groups, scope->from_us, &rows, fault));
        TRY(take_events(rows, grouping, fault));
    }
    return STATUS_OK;
}

enum status usage_load_groups(struct db *db, struct arena *arena, const struct usage_scope *scope,
                              const bool *is_flagged, struct usage *usage, struct fault *fault) {
    struct usage_grouping grouping;
    struct usage log;
    usage_grouping_init(&grouping, arena, scope->until_us, scope->forgiving);
    enum status status = read_groups(db, scope, usage, is_flagged, &grouping, fault);
    if (status == STATUS_OK) {
        status = usage_grouping_finish(&grouping, &log, fault);
    }
    usage_grouping_clean_up(&grouping);
    TRY(status);
    usage_add_log(usage, &log, arena);
    return STATUS_OK;
}
