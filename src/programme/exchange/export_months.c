#include "programme/exchange/export_months.h"

#include "core/rating/rules.h"

/* ---- closed months of edges ---- */

static struct text billing_word(int64_t usage_billing) {
    switch (usage_billing) {
    case USAGE_BILLED_HERE:
        return TEXT("here");
    case USAGE_BILLED_ELSEWHERE:
        return TEXT("elsewhere");
    default:
        return TEXT("");
    }
}

/* The first rules knew no month that begins when another zone's ended. */
static const struct month_span *span_of(const struct snapshot *snapshot, uint32_t agreement,
                                        struct month month, int64_t rules) {
    return rules == RULES_FIRST ? snapshot_span(snapshot, agreement, month)
                                : snapshot_joined_span(snapshot, agreement, month);
}

static enum status write_month(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    const struct snapshot *snapshot = &exporting->snapshot;
    struct month month = {(int32_t)db_column_int(rows, 0)};
    int64_t rules = db_column_int(rows, 2);
    uint32_t at = snapshot_agreement_in(snapshot, db_column_int(rows, 1), month);
    if (at == SNAPSHOT_NONE) {
        return fault_set(fault, STATUS_INTERNAL, "agreement-missing", NULL, TEXT(""),
                         "The store has a closed month of an agreement that it does not have: run seatmeter "
                         "check.");
    }
    const struct agreement *agreement = &snapshot->agreements[at];
    const struct month_span *span = span_of(snapshot, at, month, rules);
    export_write_month(exporting, month.index);
    export_write_account(exporting, agreement->seller_id);
    export_write_account(exporting, agreement->buyer_id);
    export_write_identifier(exporting, IDENTIFIER_AGREEMENT, agreement->id);
    csv_write(&exporting->writer, agreement->currency);
    csv_write(&exporting->writer, agreement->time_zone);
    export_write_time(exporting, span->midnights_us[0]);
    export_write_time(exporting, span->midnights_us[span->days]);
    csv_write_int(&exporting->writer, rules);
    csv_write(&exporting->writer, billing_word(db_column_int(rows, 3)));
    export_write_time(exporting, db_column_int(rows, 4));
    return STATUS_OK;
}

static enum status export_months(struct exporting *exporting, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(export_months_stream(exporting->call->db, &exporting->scope, &rows, fault));
    return export_write_rows(exporting, rows, write_month, fault);
}

static const char *const MONTHS_COLUMNS[] = {"month",    "seller",    "buyer",     "agreement",
                                             "currency", "time_zone", "begins",    "ends",
                                             "rules",    "billing",   "closed_at", NULL};
const struct export_table EXPORT_MONTHS = {"months", MONTHS_COLUMNS, export_months};

/* ---- the midnights of zones ---- */

/* Whether the reader has an agreement whose days are this zone's. */
static bool is_own_zone(const struct exporting *exporting, struct text time_zone) {
    const struct snapshot *snapshot = &exporting->snapshot;
    bool is_own = exporting->scope.party_id == 0;
    for (size_t i = 0; i < snapshot->agreement_count && !is_own; i++) {
        const struct agreement *agreement = &snapshot->agreements[i];
        is_own = agreement->signed_at_us > 0 && text_equal(agreement->time_zone, time_zone) &&
                 export_has_party(exporting, agreement->seller_id, agreement->buyer_id);
    }
    return is_own;
}

static enum status write_midnights(struct exporting *exporting, const struct kept_month *kept,
                                   struct fault *fault) {
    struct date first = month_first_day(kept->month);
    for (int day = 0; day <= month_days(kept->month); day++) {
        csv_write(&exporting->writer, kept->time_zone);
        export_write_month(exporting, kept->month.index);
        csv_write(&exporting->writer, date_format(&exporting->arena, (struct date){first.day + day}));
        export_write_time(exporting, kept->midnights_us[day]);
        TRY(export_end_row(exporting, fault));
    }
    return STATUS_OK;
}

static enum status export_midnights(struct exporting *exporting, struct fault *fault) {
    const struct snapshot *snapshot = &exporting->snapshot;
    int32_t month = exporting->scope.month;
    for (size_t i = 0; i < snapshot->kept_month_count; i++) {
        const struct kept_month *kept = &snapshot->kept_months[i];
        if ((month == -1 || kept->month.index == month) && is_own_zone(exporting, kept->time_zone)) {
            TRY(write_midnights(exporting, kept, fault));
        }
    }
    return STATUS_OK;
}

static const char *const MIDNIGHTS_COLUMNS[] = {"time_zone", "month", "date", "begins", NULL};
const struct export_table EXPORT_MIDNIGHTS = {"midnights", MIDNIGHTS_COLUMNS, export_midnights};
