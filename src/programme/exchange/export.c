#include "programme/exchange/export.h"

#include "core/base/csv.h"
#include "core/time/instant.h"
#include "core/usage/event.h"
#include "programme/billing/load_snapshot.h"
#include "programme/call/authorise.h"
#include "programme/call/open_zone.h"
#include "programme/call/sight.h"
#include "programme/exchange/export_billing.h"
#include "programme/exchange/export_catalogue.h"
#include "programme/exchange/export_licensing.h"
#include "programme/exchange/export_months.h"
#include "programme/exchange/export_parties.h"
#include "store/parties/programme.h"

#include <assert.h>

static const struct export_table *const TABLES[] = {
    &EXPORT_EVENTS,  &EXPORT_PRICES,     &EXPORT_LINES,     &EXPORT_LEDGER,   &EXPORT_ACCOUNTS,
    &EXPORT_SKUS,    &EXPORT_AGREEMENTS, &EXPORT_TERMS,     &EXPORT_LICENCES, &EXPORT_ADJUSTMENTS,
    &EXPORT_CHARGES, &EXPORT_MONTHS,     &EXPORT_MIDNIGHTS, &EXPORT_MOVES};

enum { TABLE_COUNT = sizeof TABLES / sizeof TABLES[0] };

const char *export_kind(size_t number) {
    return number < TABLE_COUNT ? TABLES[number]->name : NULL;
}

static enum status find_table(struct text word, const struct export_table **table, struct fault *fault) {
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (text_is(word, TABLES[i]->name)) {
            *table = TABLES[i];
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-export", "what", word,
                     "Say what to export: events, prices, lines, ledger, accounts, skus, agreements, terms, "
                     "licences, adjustments, charges, months, midnights or moves.");
}

/* The actor sees its own edges, and the licences below it or, for a vendor, those of its SKUs. */
static void limit_to_actor(struct exporting *exporting) {
    const struct call *call = exporting->call;
    const struct snapshot *snapshot = &exporting->snapshot;
    if (actor_is_operator(call)) {
        return;
    }
    int64_t account_id = call->actor.account_id;
    bool is_vendor = snapshot->accounts[snapshot_account(snapshot, account_id)].kind == ACCOUNT_VENDOR;
    exporting->scope.party_id = account_id;
    exporting->scope.vendor_id = is_vendor ? account_id : 0;
    exporting->scope.under_id = is_vendor ? 0 : account_id;
}

/* The month runs in the programme's time zone. */
static enum status limit_to_month(struct exporting *exporting, struct text word, struct fault *fault) {
    struct call *call = exporting->call;
    struct programme programme;
    struct zone *zone = NULL;
    struct month month;
    struct month_span span;
    TRY(month_parse(word, "month", &month, fault));
    TRY(programme_load(call->db, call->arena, &programme, fault));
    TRY(open_zone(call, programme.time_zone, &zone, fault));
    zone_month_span(zone, month, &span);
    zone_close(zone);
    exporting->scope.month = month.index;
    exporting->scope.from_us = span.midnights_us[0];
    exporting->scope.until_us = span.midnights_us[span.days];
    assert(exporting->scope.from_us < exporting->scope.until_us);
    return STATUS_OK;
}

static enum status choose_scope(struct exporting *exporting, struct text month_word, struct fault *fault) {
    exporting->scope = (struct export_scope){.until_us = INT64_MAX, .month = -1};
    limit_to_actor(exporting);
    return month_word.length == 0 ? STATUS_OK : limit_to_month(exporting, month_word, fault);
}

static enum status write_table(struct exporting *exporting, const struct export_table *table,
                               struct fault *fault) {
    for (const char *const *column = table->columns; *column != NULL; column++) {
        csv_write(&exporting->writer, text_of(*column));
    }
    TRY(export_end_row(exporting, fault));
    TRY(table->write(exporting, fault));
    return export_flush(exporting, fault);
}

/* One export: its table, its month, and where its bytes go. */
struct export_request {
    const struct export_table *table;
    struct text month;
    bool for_spreadsheet;
    struct export_sink *sink;
};

static enum status write_export(struct exporting *exporting, const struct export_request *request,
                                struct fault *fault) {
    struct call *call = exporting->call;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(snapshot_load(call, NULL, &exporting->snapshot, fault));
    TRY(choose_scope(exporting, request->month, fault));
    TRY(export_names_make(call, &exporting->snapshot, exporting->scope.party_id, &exporting->names, fault));
    TRY(sight_parts_from_edge(call, &exporting->scope.parts_from_edge, fault));
    return write_table(exporting, request->table, fault);
}

static enum status do_export_records(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct export_request *request = input;
    struct exporting exporting;
    (void)output;
    exporting_begin(&exporting, call, request->sink, request->for_spreadsheet);
    enum status status = write_export(&exporting, request, fault);
    exporting_end(&exporting);
    return status;
}

enum status export_records(struct call *call, const struct export_input *input, struct export_sink *sink,
                           struct fault *fault) {
    struct export_request request = {
        .month = input->month, .for_spreadsheet = input->for_spreadsheet, .sink = sink};
    TRY(find_table(input->what, &request.table, fault));
    return call_run(call, DB_READ, do_export_records, &request, NULL, fault);
}
