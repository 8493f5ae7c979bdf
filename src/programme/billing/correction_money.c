#include "programme/billing/correction_money.h"

#include "core/rating/corrections.h"
#include "programme/billing/load_snapshot.h"
#include "programme/usage/load_usage.h"
#include "store/billing/close_queries.h"
#include "store/billing/corrections.h"
#include "store/billing/invoices.h"
#include "store/billing/reports.h"
#include "store/parties/agreements.h"

#include <assert.h>

/* The place of a correction, with everything that it is rated from. */
struct weighing {
    struct call *call;
    const struct correction *correction;
    struct programme_part part; /* the edge's buyer and the SKU */
    struct snapshot snapshot;
    uint32_t agreement;
    struct usage usage;
    struct usage_by_edge by_edge;
    struct id_map rules;
    struct rated_month_input input;
    struct corrected_place place;
};

static enum status read_usage(struct weighing *weighing, struct fault *fault) {
    struct call *call = weighing->call;
    const struct agreement *agreement = &weighing->snapshot.agreements[weighing->agreement];
    struct usage_scope scope = {.from_us = INT64_MAX,
                                .until_us = INT64_MIN,
                                .under_account_id = agreement->buyer_id,
                                .sku_id = weighing->correction->sku_id};
    snapshot_widen(&weighing->snapshot, weighing->correction->month, &scope.from_us, &scope.until_us);
    TRY(usage_load(call->db, call->arena, &scope, &weighing->usage, fault));
    return usage_by_edge_of(&weighing->snapshot, &weighing->usage, call->arena, &weighing->by_edge, fault);
}

static enum status read_place(struct weighing *weighing, struct fault *fault) {
    struct call *call = weighing->call;
    const struct correction *correction = weighing->correction;
    struct corrected_place *place = &weighing->place;
    int64_t *agreements = NULL;
    struct report_adjustment *adjustments = NULL;
    struct issued_line *billed = NULL;
    weighing->input = (struct rated_month_input){.snapshot = &weighing->snapshot,
                                                 .usage = &weighing->usage,
                                                 .by_edge = &weighing->by_edge,
                                                 .month = correction->month,
                                                 .rules = &weighing->rules};
    *place = (struct corrected_place){
        .agreement_id = correction->agreement_id, .month = correction->month, .sku_id = correction->sku_id};
    TRY(report_adjustments_of_month(call->db, call->arena, &weighing->part, correction->month, &agreements,
                                    &adjustments, &weighing->input.adjustment_count, fault));
    weighing->input.adjustment_agreements = agreements;
    weighing->input.adjustments = adjustments;
    TRY(month_rules_of_edges(call->db, call->arena, &weighing->part, correction->month, &weighing->rules,
                             fault));
    TRY(invoice_lines_of_place(call->db, call->arena, place->agreement_id, place->month, place->sku_id,
                               &billed, &place->billed_count, fault));
    place->billed = billed;
    return read_usage(weighing, fault);
}

/* What the next bill would have for the place with these corrections. */
static enum status rate(struct weighing *weighing, const struct correction *corrections, size_t count,
                        int64_t *sum_minor, struct fault *fault) {
    struct rated_month month;
    struct line_list list = {0};
    struct arena *arena = weighing->call->arena;
    *sum_minor = 0;
    weighing->input.corrections = corrections;
    weighing->input.correction_count = count;
    TRY(rated_month_open(arena, &weighing->input, &month, fault));
    TRY(corrections_add(&month, arena, weighing->agreement, &weighing->place, &list, fault));
    for (size_t i = 0; i < list.count; i++) {
        if (__builtin_add_overflow(*sum_minor, list.lines[i].amount_minor, sum_minor)) {
            return fault_set(fault, STATUS_INVALID, "amount-overflow", "amount", TEXT(""),
                             "The sum of the lines does not fit in 64 bits.");
        }
    }
    return STATUS_OK;
}

/* The corrections that bind the place but for the one that is weighed, and that one last. */
static enum status read_binding(const struct weighing *weighing, struct correction **corrections,
                                size_t *count, struct fault *fault) {
    struct call *call = weighing->call;
    const struct correction *weighed = weighing->correction;
    struct correction *found = NULL;
    size_t found_count = 0;
    TRY(corrections_of_month(call->db, call->arena, &weighing->part, weighed->month, &found, &found_count,
                             fault));
    struct correction *binding = ARENA_NEW(call->arena, struct correction, found_count + 1);
    *count = 0;
    for (size_t i = 0; i < found_count; i++) {
        if (found[i].id != weighed->id && found[i].agreement_id == weighed->agreement_id &&
            found[i].sku_id == weighed->sku_id) {
            binding[(*count)++] = found[i];
        }
    }
    binding[*count] = *weighed;
    binding[*count].id = weighed->id == 0 ? INT64_MAX : weighed->id;
    *corrections = binding;
    return STATUS_OK;
}

static enum status weigh(struct weighing *weighing, struct correction_money *money, struct fault *fault) {
    const struct correction *correction = weighing->correction;
    struct correction *corrections = NULL;
    size_t count = 0;
    int64_t without_minor = 0;
    int64_t with_minor = 0;
    TRY(snapshot_load(weighing->call, &weighing->part, &weighing->snapshot, fault));
    weighing->agreement =
        snapshot_agreement_in(&weighing->snapshot, correction->agreement_id, correction->month);
    if (weighing->agreement == SNAPSHOT_NONE) {
        return STATUS_OK;
    }
    TRY(read_place(weighing, fault));
    TRY(read_binding(weighing, &corrections, &count, fault));
    TRY(rate(weighing, corrections, count, &without_minor, fault));
    TRY(rate(weighing, corrections, count + 1, &with_minor, fault));
    money->is_known = !__builtin_sub_overflow(with_minor, without_minor, &money->difference_minor);
    money->currency = weighing->snapshot.currencies[weighing->agreement];
    return STATUS_OK;
}

enum status correction_money_of(struct call *call, const struct correction *correction,
                                struct correction_money *money, struct fault *fault) {
    struct weighing weighing = {.call = call, .correction = correction};
    struct agreement agreement;
    *money = (struct correction_money){0};
    TRY(agreement_load(call->db, call->arena, correction->agreement_id, &agreement, fault));
    weighing.part = (struct programme_part){
        .around_id = agreement.buyer_id, .party_id = agreement.buyer_id, .sku_id = correction->sku_id};
    enum status status = weigh(&weighing, money, fault);
    snapshot_close(&weighing.snapshot);
    return status;
}
