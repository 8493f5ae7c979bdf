#include "programme/usage/load_usage.h"

#include "core/rating/usage_grouping.h"
#include "store/billing/close_queries.h"

#include <assert.h>

static enum status read_licences(struct db *db, const struct usage_scope *scope,
                                 struct usage_grouping *grouping, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct metered_licence licence;
    bool have_row = false;
    enum status status = metered_licences_stream(
        db, (struct metered_scope){scope->under_account_id, scope->sku_id, scope->as_told}, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        metered_licence_read(rows, &licence);
        usage_grouping_add_licence(grouping, &licence);
    }
    db_rows_close(rows);
    return status;
}

static enum status read_events(struct db *db, const struct usage_scope *scope,
                               struct usage_grouping *grouping, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct metered_event event;
    bool have_row = false;
    enum status status = metered_events_stream(
        db, (struct metered_scope){scope->under_account_id, scope->sku_id, scope->as_told}, scope->from_us,
        &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        metered_event_read(rows, &event);
        status = usage_grouping_add_event(grouping, &event, fault);
    }
    db_rows_close(rows);
    return status;
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
