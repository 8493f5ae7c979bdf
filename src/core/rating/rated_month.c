#include "core/rating/rated_month.h"

enum status rated_month_open(struct arena *arena, const struct rated_month_input *input,
                             struct rated_month *month, struct fault *fault) {
    *month = (struct rated_month){
        .snapshot = input->snapshot,
        .usage = input->usage,
        .by_edge = input->by_edge,
        .month = input->month,
        .until_us = input->until_us == 0 ? INT64_MAX : input->until_us,
        .rules = input->rules,
        .meter_scratch.arena = arena,
        .usage_scratch.arena = arena,
    };
    TRY(overrides_of_adjustments(input->snapshot, arena, input->adjustment_agreements, input->adjustments,
                                 input->adjustment_count, &month->adjustments, fault));
    return overrides_of_corrections(input->snapshot, arena, input->corrections, input->correction_count,
                                    input->month, &month->corrections, fault);
}

static int rules_of(const struct rated_month *month, uint32_t agreement) {
    uint32_t rules = RULES_PRESENT;
    if (month->rules != NULL) {
        id_map_get(month->rules, month->snapshot->agreements[agreement].id, MONTH_RULES, &rules);
    }
    return (int)rules;
}

enum usage_billing rated_month_usage_billing(const struct rated_month *month, uint32_t agreement) {
    const struct snapshot *snapshot = month->snapshot;
    uint32_t seller = snapshot->edges[snapshot->edge_of_agreement[agreement]].seller;
    uint32_t billing = 0;
    if (month->rules != NULL &&
        id_map_get(month->rules, snapshot->agreements[agreement].id, MONTH_USAGE_BILLING, &billing)) {
        return (enum usage_billing)billing;
    }
    return snapshot_bills_elsewhere(snapshot, seller, month->month) ? USAGE_BILLED_ELSEWHERE
                                                                    : USAGE_BILLED_HERE;
}

struct edge_month rated_month_on(struct rated_month *month, uint32_t agreement) {
    const struct snapshot *snapshot = month->snapshot;
    uint32_t seller = snapshot->edges[snapshot->edge_of_agreement[agreement]].seller;
    int rules = rules_of(month, agreement);
    const struct month_span *span = rules < RULES_SECOND
                                        ? snapshot_span(snapshot, agreement, month->month)
                                        : snapshot_joined_span(snapshot, agreement, month->month);
    struct edge_month on = edge_month_of(month->usage, month->month, snapshot_zone(snapshot, agreement), span,
                                         snapshot->accounts[seller].depth);
    on.rules = rules;
    on.usage_scratch = &month->usage_scratch;
    on.meter_scratch = &month->meter_scratch;
    edge_month_cut(&on, month->until_us);
    return on;
}
