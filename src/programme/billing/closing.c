#include "programme/billing/closing.h"

#include "core/time/instant.h"
#include "programme/billing/load_snapshot.h"
#include "programme/usage/find_report.h"
#include "programme/usage/reports.h"
#include "store/billing/close_queries.h"
#include "store/billing/months.h"

#include <assert.h>

/* ---- reading ---- */

static enum status read_states(struct call *call, struct closing *closing, struct fault *fault) {
    struct month_row *months = NULL;
    struct report_row *reports = NULL;
    size_t month_count = 0;
    size_t report_count = 0;
    TRY(month_rows_load(call->db, call->arena, NULL, closing->scope.month, &months, &month_count, fault));
    TRY(report_rows_load(call->db, call->arena, closing->scope.month, &reports, &report_count, fault));
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

static bool is_asked_for(const struct closing *closing, uint32_t seller) {
    int64_t seller_id = closing->scope.seller_id;
    return seller_id == 0 || closing->snapshot.accounts[seller].id == seller_id;
}

/* Only what is below the seller, unless that is a vendor, whose SKUs are used everywhere. */
static int64_t scope_account(const struct closing *closing) {
    if (closing->scope.seller_id == 0) {
        return 0;
    }
    uint32_t seller = snapshot_account(&closing->snapshot, closing->scope.seller_id);
    return closing->snapshot.accounts[seller].kind == ACCOUNT_VENDOR ? 0 : closing->scope.seller_id;
}

static enum status read_usage(struct call *call, struct closing *closing, struct fault *fault) {
    struct load_month_input input = {.snapshot = &closing->snapshot,
                                     .month = closing->scope.month,
                                     .under_account_id = scope_account(closing),
                                     .party_id = closing->scope.seller_id};
    TRY(load_month(call, &input, &closing->loaded, fault));
    return loaded_month_rate(&closing->loaded, call->arena, 0, &closing->rated, fault);
}

/* Here, because zones remember what they were asked last: from now on only the one who bills asks them. */
static void read_midnights(struct call *call, struct closing *closing) {
    size_t count = closing->snapshot.zone_count;
    closing->midnights = ARENA_NEW(call->arena, struct kept_month, count);
    for (size_t i = 0; i < count; i++) {
        closing->midnights[i] =
            zone_kept_month(snapshot_zone_at(&closing->snapshot, i), closing->scope.month);
    }
}

static enum status read_all(struct call *call, struct closing *closing, struct fault *fault) {
    TRY(snapshot_load(call, NULL, &closing->snapshot, fault));
    TRY(read_states(call, closing, fault));
    TRY(read_usage(call, closing, fault));
    read_midnights(call, closing);
    return STATUS_OK;
}

static void closing_init(struct closing *closing, const struct call *call, struct closing_scope scope) {
    *closing = (struct closing){.scope = scope, .now_us = call->now_us};
    arena_init(&closing->arena);
}

/* Whoever sees a seller's close learns nothing of how many edges others have. */
static size_t count_asked_for(const struct closing *closing) {
    size_t count = 0;
    for (size_t e = 0; e < closing->snapshot.edge_count; e++) {
        count += is_asked_for(closing, closing->snapshot.edges[e].seller);
    }
    return count;
}

enum status closing_open(struct call *call, struct closing_scope scope, struct closing_limits limits,
                         struct closing *closing, struct fault *fault) {
    struct arena *arena = call->arena;
    assert(limits.edges > 0 && limits.lines > 0);
    closing_init(closing, call, scope);
    closing->limits = limits;
    call->arena = &closing->arena;
    enum status status = read_all(call, closing, fault);
    if (status == STATUS_OK) {
        closing->edges_total = count_asked_for(closing);
    }
    call->arena = arena;
    return status;
}

void closing_clean_up(struct closing *closing) {
    snapshot_close(&closing->snapshot);
    arena_clean_up(&closing->arena);
}

/* ---- whether an edge is ready ---- */

/* Edges that buy to sell on report their months. A vendor's has a report where late changes lowered it. */
static bool must_report(const struct account *buyer) {
    return buyer->kind == ACCOUNT_PROVIDER || (buyer->kind == ACCOUNT_DISTRIBUTOR && buyer->seller_id != 0);
}

static void stay_open(struct closing_edge *edge, const char *reason, struct text message) {
    edge->outcome = CLOSING_STAYS_OPEN;
    edge->reason = text_of(reason);
    edge->message = message;
}

/* Whether the edge's report lets it close; else it stays open and says why. */
static bool is_reported(const struct closing *closing, struct arena *arena, struct closing_edge *edge) {
    const struct snapshot *snapshot = &closing->snapshot;
    const struct agreement *terms = &snapshot->agreements[edge->agreement];
    const struct account *buyer = &snapshot->accounts[edge->buyer];
    uint32_t state = REPORT_DRAFT;
    bool kept = id_map_get(&closing->report_states, terms->id, 0, &state);
    if ((kept && state == REPORT_APPROVED) || (!kept && !must_report(buyer))) {
        return true;
    }
    struct report_times times =
        report_times_of(snapshot_zone(snapshot, edge->agreement), terms, closing->scope.month);
    if (!kept && closing->now_us >= times.unadjusted_overdue_us) {
        return true;
    }
    struct text due = date_format(arena, times.due_on);
    struct text month = month_format(arena, closing->scope.month);
    if (!must_report(buyer)) {
        stay_open(edge, "report-not-approved",
                  text_format(arena,
                              "Late changes took usage away from the settlement of %.*s. The vendor alone "
                              "decides its report: approve it, or reject it to have it adjusted.",
                              TEXT_ARGS(month)));
    } else if (kept && state == REPORT_SUBMITTED && closing->now_us >= times.unadjusted_overdue_us) {
        stay_open(
            edge, "report-not-approved",
            text_format(arena,
                        "The report of %.*s was submitted with adjustments or has late changes that take "
                        "usage away, which its seller alone decides: approve or reject it.",
                        TEXT_ARGS(month)));
    } else if (kept && state == REPORT_SUBMITTED) {
        stay_open(edge, "report-not-approved",
                  text_format(arena,
                              "The report of %.*s waits for its approval. After %.*s the system approves "
                              "what it measured, unless it has adjustments: those wait for the seller.",
                              TEXT_ARGS(month), TEXT_ARGS(due)));
    } else {
        stay_open(edge, "report-missing",
                  text_format(arena,
                              "%.*s is not reported yet. After %.*s the system approves what it measured.",
                              TEXT_ARGS(month), TEXT_ARGS(due)));
    }
    return false;
}

/* Whether the month was closed on the edge, under whichever of its agreements. */
static bool is_closed(const struct closing *closing, uint32_t edge) {
    const struct snapshot *snapshot = &closing->snapshot;
    const uint32_t *agreements = snapshot->edge_agreements + snapshot->edges[edge].first_agreement;
    for (uint32_t i = 0; i < snapshot->edges[edge].agreement_count; i++) {
        uint32_t state = MONTH_OPEN;
        if (id_map_get(&closing->month_states, snapshot->agreements[agreements[i]].id, 0, &state) &&
            state == MONTH_CLOSED) {
            return true;
        }
    }
    return false;
}

/* An edge that an agreement answers for, as far as its bill does not matter. */
static void judge_edge(const struct closing *closing, struct arena *arena, uint32_t index,
                       struct closing_edge *edge) {
    const struct snapshot *snapshot = &closing->snapshot;
    const struct month_span *span = snapshot_span(snapshot, edge->agreement, closing->scope.month);
    uint32_t state = MONTH_OPEN;
    (void)id_map_get(&closing->month_states, snapshot->agreements[edge->agreement].id, 0, &state);
    edge->is_frozen = state == MONTH_CLOSING;
    edge->has_ended = closing->now_us >= span->midnights_us[span->days];
    if (!edge->has_ended) {
        stay_open(edge, "month-not-ended",
                  text_format(arena, "%.*s ends at %.*s (%.*s). Close it after that.",
                              TEXT_ARGS(month_format(arena, closing->scope.month)),
                              TEXT_ARGS(instant_format(arena, span->midnights_us[span->days])),
                              TEXT_ARGS(snapshot->agreements[edge->agreement].time_zone)));
    } else if (is_closed(closing, index)) {
        edge->outcome = CLOSING_IS_CLOSED;
    } else if (is_reported(closing, arena, edge)) {
        edge->outcome = CLOSING_CLOSES;
    }
}

/* Reads what says which edges are ready, and lists them. */
static enum status list_ready(struct call *call, struct closing *closing, int64_t **agreement_ids,
                              size_t *count, struct fault *fault) {
    const struct snapshot *snapshot = &closing->snapshot;
    TRY(snapshot_load(call, NULL, &closing->snapshot, fault));
    TRY(read_states(call, closing, fault));
    *agreement_ids = ARENA_NEW(call->arena, int64_t, snapshot->edge_count);
    for (size_t e = 0; e < snapshot->edge_count; e++) {
        struct closing_edge edge = {.seller = snapshot->edges[e].seller, .buyer = snapshot->edges[e].buyer};
        edge.agreement = snapshot_agreement_of_month(snapshot, (uint32_t)e, closing->scope.month, true);
        if (!is_asked_for(closing, edge.seller) || edge.agreement == SNAPSHOT_NONE) {
            continue;
        }
        judge_edge(closing, call->arena, (uint32_t)e, &edge);
        if (edge.outcome == CLOSING_CLOSES) {
            (*agreement_ids)[(*count)++] = snapshot->agreements[edge.agreement].id;
        }
    }
    return STATUS_OK;
}

enum status closing_find_ready(struct call *call, struct closing_scope scope, int64_t **agreement_ids,
                               size_t *count, struct fault *fault) {
    struct closing closing;
    *count = 0;
    closing_init(&closing, call, scope);
    enum status status = list_ready(call, &closing, agreement_ids, count, fault);
    closing_clean_up(&closing);
    return status;
}

/* ---- billing ---- */

void closing_chunk_init(struct closing_chunk *chunk) {
    *chunk = (struct closing_chunk){0};
    arena_init(&chunk->arena);
}

void closing_chunk_clean_up(struct closing_chunk *chunk) {
    arena_clean_up(&chunk->arena);
    closing_chunk_init(chunk);
}

/* Bills an edge that is ready; it stays open where a price is missing or it cannot be computed. */
static enum status bill_ready(struct closing *closing, struct arena *arena, struct closing_edge *edge,
                              struct fault *fault) {
    if (!edge->is_frozen) {
        stay_open(edge, "became-ready",
                  TEXT("It became ready while the close was under way. Close the month again."));
        return STATUS_OK;
    }
    enum status status =
        bill_edge(&closing->rated, &closing->loaded.waiting, arena, edge->agreement, &edge->bill, fault);
    if (bill_is_refused(status)) {
        stay_open(edge, "", text_copy(arena, text_of(fault->message)));
        edge->reason = text_copy(arena, text_of(fault->code));
        return STATUS_OK;
    }
    TRY(status);
    if (edge->bill.missing.length > 0) {
        stay_open(edge, "price-missing",
                  bill_missing_message(&closing->rated, arena, edge->agreement, edge->bill.missing));
    }
    return STATUS_OK;
}

/* The month was taken hold of before it was known whether there is anything to bill. */
static void let_go_of_nothing(const struct closing *closing, uint32_t index, struct closing_edge *edge) {
    const struct snapshot *snapshot = &closing->snapshot;
    uint32_t state = MONTH_OPEN;
    edge->outcome = CLOSING_HAS_NOTHING;
    edge->agreement = snapshot_agreement_of_month(snapshot, index, closing->scope.month, true);
    if (edge->agreement != SNAPSHOT_NONE) {
        (void)id_map_get(&closing->month_states, snapshot->agreements[edge->agreement].id, 0, &state);
    }
    edge->is_frozen = state == MONTH_CLOSING;
}

static enum status visit_edge(struct closing *closing, struct arena *arena, uint32_t index,
                              struct closing_edge *edge, struct fault *fault) {
    edge->agreement = bill_agreement(&closing->rated, &closing->loaded.waiting, index);
    if (edge->agreement == SNAPSHOT_NONE) {
        let_go_of_nothing(closing, index, edge);
        return STATUS_OK;
    }
    judge_edge(closing, arena, index, edge);
    edge->issued_on = zone_date_at(snapshot_zone(&closing->snapshot, edge->agreement), closing->now_us);
    return edge->outcome == CLOSING_CLOSES ? bill_ready(closing, arena, edge, fault) : STATUS_OK;
}

static void add_edge(struct closing_chunk *chunk, const struct closing_edge *edge) {
    chunk->edges =
        arena_grow(&chunk->arena, chunk->edges, chunk->count, &chunk->capacity, sizeof *chunk->edges);
    chunk->edges[chunk->count++] = *edge;
    chunk->line_count += edge->outcome == CLOSING_CLOSES ? edge->bill.line_count : 0;
}

/* Behind all others: usage on edges that have no agreement to bill it by. */
static void add_orphans(const struct closing *closing, struct closing_chunk *chunk) {
    const struct usage_by_edge *by_edge = &closing->loaded.by_edge;
    for (size_t i = 0; i < by_edge->orphan_count; i++) {
        struct closing_edge edge = {.seller = by_edge->orphans[i].seller,
                                    .buyer = by_edge->orphans[i].buyer,
                                    .agreement = SNAPSHOT_NONE};
        stay_open(&edge, "agreement-missing",
                  TEXT("Licences are in use below this edge, which has no agreement to bill them by. "
                       "Make one and have it signed."));
        if (is_asked_for(closing, edge.seller)) {
            add_edge(chunk, &edge);
        }
    }
}

enum status closing_bill_next(struct closing *closing, struct closing_chunk *chunk, struct fault *fault) {
    const struct snapshot *snapshot = &closing->snapshot;
    assert(chunk->count == 0 && !chunk->is_last);
    while (closing->next_edge < snapshot->edge_count && chunk->count < closing->limits.edges &&
           chunk->line_count < closing->limits.lines) {
        uint32_t index = (uint32_t)closing->next_edge++;
        struct closing_edge edge = {.seller = snapshot->edges[index].seller,
                                    .buyer = snapshot->edges[index].buyer};
        if (is_asked_for(closing, edge.seller)) {
            TRY(visit_edge(closing, &chunk->arena, index, &edge, fault));
            add_edge(chunk, &edge);
            closing->edges_seen++;
        }
    }
    chunk->edges_seen = closing->edges_seen;
    chunk->is_last = closing->next_edge == snapshot->edge_count;
    if (chunk->is_last) {
        add_orphans(closing, chunk);
    }
    return STATUS_OK;
}
