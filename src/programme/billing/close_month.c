/* The close in three parts: what is read up front, one edge after the other, and what is written behind them.
 *
 * After the reading no statement runs per row: edges are rated from memory and go out in batches at the end
 * of a seller. Nothing depends on the clock but the dates of issue and whether a month and a deadline have
 * passed. */
#include "programme/billing/close_month.h"

#include "core/time/instant.h"
#include "programme/billing/correction_lines.h"
#include "programme/billing/issue_documents.h"
#include "programme/billing/month_rating.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/usage/reports.h"
#include "store/billing/close_queries.h"
#include "store/billing/months.h"
#include "store/billing/one_off_charges.h"

#include <assert.h>

/* A batch goes out at the end of a seller once it has so many lines. */
enum { BATCH_LINES = 100000, PROGRESS_EDGES = 512 };

struct closing {
    struct call *call;
    struct close_month_result *result;
    struct month month;
    int64_t seller_id; /* 0: everybody */
    struct snapshot snapshot;
    struct usage usage;
    struct month_rating rating;
    struct month_rating *corrected; /* one per month that a waiting correction names */
    size_t corrected_count;
    struct correction *corrections; /* by agreement, month, SKU */
    size_t correction_count;
    struct one_off_charge *charges; /* by agreement */
    size_t charge_count;
    struct id_map month_states; /* agreement → enum month_state */
    struct id_map report_states;
    struct invoice_batch batch;
    struct close_month_edge *closed;
    struct close_month_edge *open;
    size_t open_capacity;
    int64_t *fresh_months; /* agreements whose month has no row yet */
    size_t fresh_count;
    size_t ended;         /* edges whose month has ended */
    int64_t seller_edges; /* closed by the seller at work */
    int64_t seller_invoices;
};

/* ---- reading ---- */

static enum status find_seller(struct closing *closing, struct text word, struct fault *fault) {
    struct call *call = closing->call;
    struct account seller;
    if (word.length > 0) {
        enum status status = find_account_with_right(call, word, "seller", RIGHT_BILLING, &seller, fault);
        closing->seller_id = status == STATUS_OK ? seller.id : 0;
        return status;
    }
    closing->seller_id = call->actor.account_id;
    return closing->seller_id == 0 ? STATUS_OK
                                   : require_right(call, closing->seller_id, RIGHT_BILLING, fault);
}

static bool is_asked_for(const struct closing *closing, uint32_t edge) {
    const struct snapshot *snapshot = &closing->snapshot;
    return closing->seller_id == 0 ||
           snapshot->accounts[snapshot->edges[edge].seller].id == closing->seller_id;
}

static enum status read_states(struct closing *closing, struct fault *fault) {
    struct call *call = closing->call;
    struct month_row *months = NULL;
    struct report_row *reports = NULL;
    size_t month_count = 0;
    size_t report_count = 0;
    enum status status = month_rows_load(call->db, call->arena, closing->month, &months, &month_count, fault);
    if (status == STATUS_OK) {
        status = report_rows_load(call->db, call->arena, closing->month, &reports, &report_count, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    id_map_init(&closing->month_states, call->arena, month_count);
    id_map_init(&closing->report_states, call->arena, report_count);
    for (size_t i = 0; i < month_count; i++) {
        id_map_put(&closing->month_states, months[i].agreement_id, 0, (uint32_t)months[i].state);
    }
    for (size_t i = 0; i < report_count; i++) {
        id_map_put(&closing->report_states, reports[i].agreement_id, 0, (uint32_t)reports[i].state);
    }
    return STATUS_OK;
}

/* The month's earliest start and latest end over all zones. */
static void widen(const struct snapshot *snapshot, struct month month, struct usage_scope *scope) {
    for (size_t i = 0; i < snapshot->zone_count && snapshot->agreement_count > 0; i++) {
        /* Any agreement of the zone will do. */
        uint32_t agreement = 0;
        while (agreement + 1 < snapshot->agreement_count && snapshot->zone_of_agreement[agreement] != i) {
            agreement++;
        }
        const struct month_span *span = snapshot_span(snapshot, agreement, month);
        if (span->midnights_us[0] < scope->from_us) {
            scope->from_us = span->midnights_us[0];
        }
        if (span->midnights_us[span->days] > scope->until_us) {
            scope->until_us = span->midnights_us[span->days];
        }
    }
}

/* Only what is below the seller, unless that is a vendor, whose SKUs are used everywhere. */
static int64_t scope_account(const struct closing *closing) {
    if (closing->seller_id == 0) {
        return 0;
    }
    uint32_t seller = snapshot_account(&closing->snapshot, closing->seller_id);
    return closing->snapshot.accounts[seller].kind == ACCOUNT_VENDOR ? 0 : closing->seller_id;
}

static enum status read_usage(struct closing *closing, struct fault *fault) {
    struct usage_scope scope = {.from_us = INT64_MAX, .until_us = INT64_MIN};
    widen(&closing->snapshot, closing->month, &scope);
    for (size_t i = 0; i < closing->correction_count; i++) {
        if (i == 0 || closing->corrections[i].month.index != closing->corrections[i - 1].month.index) {
            widen(&closing->snapshot, closing->corrections[i].month, &scope);
        }
    }
    if (scope.from_us > scope.until_us) {
        scope = (struct usage_scope){.from_us = 0};
    }
    scope.under_account_id = scope_account(closing);
    return usage_load(closing->call->db, closing->call->arena, &scope, &closing->usage, fault);
}

/* Opens the rating of a month: of the one that closes, or of one that is corrected. */
static enum status open_rating(struct closing *closing, struct month month, bool corrected,
                               struct month_rating *rating, struct fault *fault) {
    struct call *call = closing->call;
    int64_t *agreements = NULL;
    struct report_adjustment *adjustments = NULL;
    size_t count = 0;
    enum status status =
        report_adjustments_of_month(call->db, call->arena, month, &agreements, &adjustments, &count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct month_rating_input input = {
        .snapshot = &closing->snapshot,
        .usage = &closing->usage,
        .month = month,
        .adjustment_agreements = agreements,
        .adjustments = adjustments,
        .adjustment_count = count,
        .corrections = closing->corrections,
        .correction_count = corrected ? closing->correction_count : 0,
    };
    month_rating_open(call->arena, &input, rating);
    return STATUS_OK;
}

static struct month_rating *corrected_rating(struct closing *closing, struct month month) {
    for (size_t i = 0; i < closing->corrected_count; i++) {
        if (closing->corrected[i].month.index == month.index) {
            return &closing->corrected[i];
        }
    }
    return NULL;
}

static enum status open_corrected(struct closing *closing, struct fault *fault) {
    enum status status = STATUS_OK;
    closing->corrected = ARENA_NEW(closing->call->arena, struct month_rating, closing->correction_count + 1);
    for (size_t i = 0; status == STATUS_OK && i < closing->correction_count; i++) {
        if (corrected_rating(closing, closing->corrections[i].month) == NULL) {
            status = open_rating(closing, closing->corrections[i].month, true,
                                 &closing->corrected[closing->corrected_count++], fault);
        }
    }
    return status;
}

static enum status read_all(struct closing *closing, struct fault *fault) {
    struct call *call = closing->call;
    enum status status = read_states(closing, fault);
    if (status == STATUS_OK) {
        status = corrections_waiting(call->db, call->arena, closing->month, &closing->corrections,
                                     &closing->correction_count, fault);
    }
    if (status == STATUS_OK) {
        status = one_off_charges_waiting(call->db, call->arena, closing->month, &closing->charges,
                                         &closing->charge_count, fault);
    }
    if (status == STATUS_OK) {
        status = read_usage(closing, fault);
    }
    if (status == STATUS_OK) {
        status = open_rating(closing, closing->month, false, &closing->rating, fault);
    }
    if (status == STATUS_OK) {
        status = open_corrected(closing, fault);
    }
    return status;
}

/* ---- one edge ---- */

/* The first waiting correction or charge of an agreement, and how many. */
static const struct correction *corrections_of(const struct closing *closing, int64_t agreement_id,
                                               size_t *count) {
    size_t low = 0;
    size_t high = closing->correction_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (closing->corrections[middle].agreement_id < agreement_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *count = 0;
    while (low + *count < closing->correction_count &&
           closing->corrections[low + *count].agreement_id == agreement_id) {
        (*count)++;
    }
    return closing->corrections + low;
}

static const struct one_off_charge *charges_of(const struct closing *closing, int64_t agreement_id,
                                               size_t *count) {
    size_t low = 0;
    size_t high = closing->charge_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (closing->charges[middle].agreement_id < agreement_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *count = 0;
    while (low + *count < closing->charge_count &&
           closing->charges[low + *count].agreement_id == agreement_id) {
        (*count)++;
    }
    return closing->charges + low;
}

/* The agreement that answers for the edge's month. One that was not in force then answers only where there is
 * something to bill. */
static uint32_t agreement_of(struct closing *closing, uint32_t edge) {
    const struct snapshot *snapshot = &closing->snapshot;
    uint32_t agreement = snapshot_agreement_of_month(snapshot, edge, closing->month, false);
    size_t corrections = 0;
    size_t charges = 0;
    if (agreement != SNAPSHOT_NONE) {
        return agreement;
    }
    agreement = snapshot_agreement_of_month(snapshot, edge, closing->month, true);
    if (agreement == SNAPSHOT_NONE) {
        return SNAPSHOT_NONE;
    }
    corrections_of(closing, snapshot->agreements[agreement].id, &corrections);
    charges_of(closing, snapshot->agreements[agreement].id, &charges);
    bool wanted = corrections > 0 || charges > 0 || month_rating_is_used(&closing->rating, edge, agreement);
    return wanted ? agreement : SNAPSHOT_NONE;
}

/* A result's names of an edge. */
static struct close_month_edge describe(const struct closing *closing, uint32_t seller, uint32_t buyer,
                                        uint32_t agreement) {
    const struct snapshot *snapshot = &closing->snapshot;
    struct close_month_edge edge = {
        .seller_code = snapshot->accounts[seller].code,
        .seller_name = snapshot->accounts[seller].name,
        .buyer_code = snapshot->accounts[buyer].code,
        .buyer_name = snapshot->accounts[buyer].name,
    };
    if (agreement != SNAPSHOT_NONE) {
        edge.agreement =
            identifier_text(closing->call, IDENTIFIER_AGREEMENT, snapshot->agreements[agreement].id);
        edge.currency = snapshot->currencies[agreement];
    }
    return edge;
}

static void leave_open(struct closing *closing, struct close_month_edge edge, const char *reason,
                       struct text message) {
    edge.reason = text_of(reason);
    edge.message = message;
    closing->open = arena_grow(closing->call->arena, closing->open, closing->result->open_count,
                               &closing->open_capacity, sizeof(*closing->open));
    closing->open[closing->result->open_count++] = edge;
}

/* Edges that buy to sell on report their months. */
static bool must_report(const struct account *buyer) {
    return buyer->kind == ACCOUNT_PROVIDER || (buyer->kind == ACCOUNT_DISTRIBUTOR && buyer->seller_id != 0);
}

/* Whether the edge's report lets it close; else it stays open and says why. */
static bool is_reported(struct closing *closing, uint32_t edge, uint32_t agreement) {
    const struct snapshot *snapshot = &closing->snapshot;
    struct arena *arena = closing->call->arena;
    const struct agreement *terms = &snapshot->agreements[agreement];
    const struct snapshot_edge *on = &snapshot->edges[edge];
    uint32_t state = REPORT_DRAFT;
    if (!must_report(&snapshot->accounts[on->buyer])) {
        return true;
    }
    bool kept = id_map_get(&closing->report_states, terms->id, 0, &state);
    if (kept && state == REPORT_APPROVED) {
        return true;
    }
    struct date last_day = month_first_day(month_plus(closing->month, 1));
    last_day.day += (int32_t)terms->report_due_days - 1;
    int64_t overdue_us =
        zone_midnight_us(snapshot_zone(snapshot, agreement), (struct date){last_day.day + 1});
    if (!kept && closing->call->now_us >= overdue_us) {
        return true;
    }
    struct text due = date_format(arena, last_day);
    struct text month = month_format(arena, closing->month);
    bool submitted = kept && state == REPORT_SUBMITTED;
    leave_open(closing, describe(closing, on->seller, on->buyer, agreement),
               submitted ? "report-not-approved" : "report-missing",
               submitted ? text_format(arena,
                                       "the report of %.*s waits for its approval; after %.*s the system "
                                       "approves what it measured",
                                       TEXT_ARGS(month), TEXT_ARGS(due))
                         : text_format(arena,
                                       "%.*s is not reported yet; after %.*s the system approves what it "
                                       "measured",
                                       TEXT_ARGS(month), TEXT_ARGS(due)));
    return false;
}

/* Lines as they gather for one invoice. */
struct gathered {
    struct billed_line *lines;
    size_t count;
    size_t capacity;
};

static enum status gather_corrections(struct closing *closing, uint32_t agreement, struct gathered *gathered,
                                      struct fault *fault) {
    size_t count = 0;
    const struct correction *waiting =
        corrections_of(closing, closing->snapshot.agreements[agreement].id, &count);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        bool is_first = i == 0 || waiting[i].month.index != waiting[i - 1].month.index ||
                        waiting[i].sku_id != waiting[i - 1].sku_id;
        if (is_first) {
            status = correction_lines_add(closing->call->db, &closing->batch.arena,
                                          corrected_rating(closing, waiting[i].month), agreement,
                                          snapshot_sku_find(&closing->snapshot, waiting[i].sku_id),
                                          &gathered->lines, &gathered->count, &gathered->capacity, fault);
        }
    }
    return status;
}

static enum status gather_charges(struct closing *closing, uint32_t agreement, struct gathered *gathered,
                                  struct fault *fault) {
    size_t count = 0;
    const struct one_off_charge *waiting =
        charges_of(closing, closing->snapshot.agreements[agreement].id, &count);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct billed_line line = {
            .customer_id = waiting[i].customer_id,
            .policy = TEXT(""),
            .measured_parts = waiting[i].quantity,
            .quantity_parts = waiting[i].quantity,
            .parts_per_unit = 1,
            .unit_price_millionths = waiting[i].unit_price_millionths,
            .tax = waiting[i].tax,
            .corrects_month = {INVOICE_NO_MONTH},
            .description = waiting[i].description,
            .note = TEXT(""),
        };
        status = money_line_amount((struct quantity){line.quantity_parts, 1}, line.unit_price_millionths,
                                   closing->snapshot.currencies[agreement], &line.amount_minor, fault);
        gathered->lines = arena_grow(&closing->batch.arena, gathered->lines, gathered->count,
                                     &gathered->capacity, sizeof(*gathered->lines));
        gathered->lines[gathered->count++] = line;
    }
    return status;
}

/* The month's state goes to closed: at once where it has a row, else with the others of its kind. */
static enum status mark_closed(struct closing *closing, uint32_t agreement, struct fault *fault) {
    struct call *call = closing->call;
    int64_t agreement_id = closing->snapshot.agreements[agreement].id;
    uint32_t state = MONTH_OPEN;
    int closed = MONTH_CLOSED;
    bool kept = id_map_get(&closing->month_states, agreement_id, 0, &state);
    enum status status = machine_step(&month_machine, (int)state, "close", &closed, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (kept) {
        return month_state_save(call->db, agreement_id, closing->month, MONTH_CLOSED, call->now_us, fault);
    }
    closing->fresh_months[closing->fresh_count++] = agreement_id;
    return STATUS_OK;
}

/* Puts what was gathered on an invoice, where there is anything, and the edge among the closed ones. */
static enum status close_edge(struct closing *closing, uint32_t edge, uint32_t agreement,
                              const struct gathered *gathered, struct fault *fault) {
    const struct snapshot_edge *on = &closing->snapshot.edges[edge];
    struct close_month_edge *closed = &closing->closed[closing->result->closed_count];
    enum status status = STATUS_OK;
    *closed = describe(closing, on->seller, on->buyer, agreement);
    if (gathered->count > 0) {
        bool is_settlement = closing->snapshot.accounts[on->seller].kind == ACCOUNT_VENDOR;
        struct issue_input input = {
            .agreement = agreement,
            .kind = is_settlement ? INVOICE_KIND_SETTLEMENT : INVOICE_KIND_INVOICE,
            .month = closing->month,
            .lines = gathered->lines,
            .line_count = gathered->count,
            .identifier = &closed->invoice,
            .number = &closed->number,
        };
        status = invoice_batch_add(&closing->batch, &input, &closed->gross_minor, fault);
        closing->seller_invoices++;
    }
    if (status == STATUS_OK) {
        status = mark_closed(closing, agreement, fault);
    }
    closing->result->closed_count++;
    closing->seller_edges++;
    return status;
}

/* Rates an edge that may close, and closes it unless a price is missing. */
static enum status rate_edge(struct closing *closing, uint32_t edge, uint32_t agreement,
                             struct fault *fault) {
    const struct snapshot_edge *on = &closing->snapshot.edges[edge];
    struct arena *arena = closing->call->arena;
    struct edge_bill bill = {0};
    struct gathered gathered = {0};
    enum status status = STATUS_OK;
    if (on->has_prices) {
        status = month_rating_edge(&closing->rating, &closing->batch.arena, agreement, &bill, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (bill.missing.length > 0) {
        leave_open(closing, describe(closing, on->seller, on->buyer, agreement), "price-missing",
                   text_format(arena, "was used and has no price here in %.*s: %.*s",
                               TEXT_ARGS(month_format(arena, closing->month)), TEXT_ARGS(bill.missing)));
        return STATUS_OK;
    }
    gathered = (struct gathered){bill.lines, bill.line_count, bill.line_count};
    status = gather_corrections(closing, agreement, &gathered, fault);
    if (status == STATUS_OK) {
        status = gather_charges(closing, agreement, &gathered, fault);
    }
    if (status == STATUS_OK) {
        status = close_edge(closing, edge, agreement, &gathered, fault);
    }
    return status;
}

static enum status visit_edge(struct closing *closing, uint32_t edge, struct fault *fault) {
    const struct snapshot *snapshot = &closing->snapshot;
    uint32_t agreement = agreement_of(closing, edge);
    uint32_t state = MONTH_OPEN;
    if (agreement == SNAPSHOT_NONE) {
        return STATUS_OK;
    }
    const struct month_span *span = snapshot_span(snapshot, agreement, closing->month);
    if (closing->call->now_us < span->midnights_us[span->days]) {
        struct arena *arena = closing->call->arena;
        leave_open(
            closing, describe(closing, snapshot->edges[edge].seller, snapshot->edges[edge].buyer, agreement),
            "month-not-ended",
            text_format(arena, "%.*s ends at %.*s in %.*s", TEXT_ARGS(month_format(arena, closing->month)),
                        TEXT_ARGS(instant_format(arena, span->midnights_us[span->days])),
                        TEXT_ARGS(snapshot->agreements[agreement].time_zone)));
        return STATUS_OK;
    }
    closing->ended++;
    id_map_get(&closing->month_states, snapshot->agreements[agreement].id, 0, &state);
    if (state == MONTH_CLOSED) {
        closing->result->already_closed++;
        return STATUS_OK;
    }
    if (!is_reported(closing, edge, agreement)) {
        return STATUS_OK;
    }
    return rate_edge(closing, edge, agreement, fault);
}

/* ---- all edges ---- */

static enum status end_seller(struct closing *closing, uint32_t seller, bool is_last, struct fault *fault) {
    struct call *call = closing->call;
    enum status status = STATUS_OK;
    if (closing->batch.line_count >= BATCH_LINES || is_last) {
        status = invoice_batch_write(&closing->batch, fault);
    }
    if (status == STATUS_OK && closing->seller_edges > 0) {
        int64_t seller_id = closing->snapshot.accounts[seller].id;
        status =
            audit_write(call, "month.close", identifier_text(call, IDENTIFIER_ACCOUNT, seller_id), seller_id,
                        text_format(call->arena, "%.*s: %lld edges closed, %lld invoices",
                                    TEXT_ARGS(month_format(call->arena, closing->month)),
                                    (long long)closing->seller_edges, (long long)closing->seller_invoices),
                        fault);
    }
    closing->seller_edges = closing->seller_invoices = 0;
    return status;
}

static enum status visit_edges(struct closing *closing, struct fault *fault) {
    const struct snapshot *snapshot = &closing->snapshot;
    struct progress *progress = closing->call->progress;
    enum status status = STATUS_OK;
    for (size_t e = 0; status == STATUS_OK && e < snapshot->edge_count; e++) {
        if (progress != NULL && e % PROGRESS_EDGES == 0) {
            progress->step(progress, "closing", (int64_t)e, (int64_t)snapshot->edge_count);
        }
        if (is_asked_for(closing, (uint32_t)e)) {
            status = visit_edge(closing, (uint32_t)e, fault);
        }
        bool is_last = e + 1 == snapshot->edge_count;
        if (status == STATUS_OK && (is_last || snapshot->edges[e + 1].seller != snapshot->edges[e].seller)) {
            status = end_seller(closing, snapshot->edges[e].seller, is_last, fault);
        }
    }
    if (progress != NULL) {
        progress->step(progress, "closing", (int64_t)snapshot->edge_count, (int64_t)snapshot->edge_count);
    }
    return status;
}

static void list_orphans(struct closing *closing) {
    for (size_t i = 0; i < closing->rating.orphan_count; i++) {
        const struct rating_orphan *orphan = &closing->rating.orphans[i];
        if (closing->seller_id == 0 || closing->snapshot.accounts[orphan->seller].id == closing->seller_id) {
            leave_open(closing, describe(closing, orphan->seller, orphan->buyer, SNAPSHOT_NONE),
                       "agreement-missing",
                       TEXT("licences are in use below this edge, which has no agreement to bill them by"));
        }
    }
}

/* A month that has ended nowhere is a mistake of the asker's, not a list of open edges. */
static enum status refuse_unended(const struct closing *closing, struct fault *fault) {
    if (closing->ended > 0 || closing->result->open_count == 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "month-not-ended", "month",
                     month_format(closing->call->arena, closing->month),
                     "this month has not ended in the time zone of any agreement yet; close it afterwards");
}

static enum status close_all(struct closing *closing, struct fault *fault) {
    struct call *call = closing->call;
    enum status status = visit_edges(closing, fault);
    if (status == STATUS_OK) {
        status = refuse_unended(closing, fault);
    }
    if (status == STATUS_OK) {
        list_orphans(closing);
    }
    if (status == STATUS_OK) {
        status = months_close_bulk(call->db, closing->month, closing->fresh_months, closing->fresh_count,
                                   call->now_us, fault);
    }
    if (status == STATUS_OK && closing->charge_count > 0) {
        status = one_off_charges_mark_billed(call->db, closing->month, fault);
    }
    if (status == STATUS_OK && closing->correction_count > 0 && closing->batch.first_invoice_id > 0) {
        status = corrections_mark_billed(call->db, closing->month, closing->batch.first_invoice_id, fault);
    }
    return status;
}

enum status close_month(struct call *call, const struct close_month_input *input,
                        struct close_month_result *result, struct fault *fault) {
    struct close_month_result made = {0};
    struct closing closing = {.call = call, .result = &made};
    enum status status = month_parse(input->month, "month", &closing.month, fault);
    if (status != STATUS_OK) {
        return status;
    }
    made.month = closing.month;
    status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    invoice_batch_init(&closing.batch, call, &closing.snapshot);
    status = find_seller(&closing, input->seller, fault);
    if (status == STATUS_OK) {
        status =
            submit_overdue_reports(call, closing.month, closing.seller_id, &made.reports_approved, fault);
    }
    if (status == STATUS_OK) {
        status = snapshot_load(call, &closing.snapshot, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    closing.closed = ARENA_NEW(call->arena, struct close_month_edge, closing.snapshot.edge_count + 1);
    closing.fresh_months = ARENA_NEW(call->arena, int64_t, closing.snapshot.edge_count + 1);
    status = read_all(&closing, fault);
    if (status == STATUS_OK) {
        status = close_all(&closing, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    made.closed = closing.closed;
    made.open = closing.open;
    made.invoice_count = closing.batch.invoices_written;
    made.line_count = closing.batch.lines_written;
    *result = made;
done:
    invoice_batch_clean_up(&closing.batch);
    snapshot_close(&closing.snapshot);
    return call_end(call, status, fault);
}
