#include "programme/billing/correction_path.h"

#include "core/rating/rules.h"
#include "programme/billing/waiting.h"
#include "programme/call/authorise.h"
#include "store/billing/close_queries.h"

#include <assert.h>

/* ---- one edge ---- */

static enum status load_facts(struct correction_giving *giving, struct month month, struct fault *fault) {
    struct call *call = giving->call;
    if (giving->facts_of.index == month.index) {
        return STATUS_OK;
    }
    TRY(month_rules_of_edges(call->db, call->arena, &giving->path, month, &giving->facts, fault));
    giving->facts_of = month;
    return STATUS_OK;
}

/* The agreement that closed the edge's month, else the one that answers for it, with its terms of then. */
enum status correction_path_agreement(struct correction_giving *giving, uint32_t edge, struct month month,
                                      uint32_t *agreement, struct fault *fault) {
    const struct snapshot *snapshot = &giving->snapshot;
    const uint32_t *of_edge = snapshot->edge_agreements + snapshot->edges[edge].first_agreement;
    TRY(load_facts(giving, month, fault));
    for (uint32_t i = 0; i < snapshot->edges[edge].agreement_count; i++) {
        int64_t id = snapshot->agreements[of_edge[i]].id;
        uint32_t rules = 0;
        if (id_map_get(&giving->facts, id, MONTH_RULES, &rules)) {
            *agreement = snapshot_agreement_in(snapshot, id, month);
            return STATUS_OK;
        }
    }
    *agreement = snapshot_agreement_of_month(snapshot, edge, month, true);
    return STATUS_OK;
}

/* Whether the seller bills elsewhere what is used in the month. */
static bool is_elsewhere(const struct correction_giving *giving, uint32_t agreement, struct month month) {
    const struct snapshot *snapshot = &giving->snapshot;
    uint32_t billing = 0;
    if (id_map_get(&giving->facts, snapshot->agreements[agreement].id, MONTH_USAGE_BILLING, &billing)) {
        return billing == USAGE_BILLED_ELSEWHERE;
    }
    return snapshot_bills_elsewhere(snapshot, snapshot->edges[snapshot->edge_of_agreement[agreement]].seller,
                                    month);
}

/* Where the parties trade in another currency by now, no bill will ever carry the correction. */
static enum status check_currency(struct call *call, const struct agreement *of_month, struct month month,
                                  struct fault *fault) {
    const struct waiting waiting = {of_month->seller_id, of_month->buyer_id, month, of_month->currency};
    struct text why = TEXT("");
    TRY(find_why_stuck(call, &waiting, &why, fault));
    if (why.length == 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "other-currency", "month", of_month->currency,
                     "No bill will carry the correction. %.*s Give money back with a credit note, or ask for "
                     "it with a charge.",
                     TEXT_ARGS(why));
}

/* A correction that cannot be rated would wait for ever. */
static enum status check_price(const struct correction_giving *giving, uint32_t agreement, int64_t sku_id,
                               struct month month, struct fault *fault) {
    const struct snapshot *snapshot = &giving->snapshot;
    uint32_t sku = snapshot_sku_find(snapshot, sku_id);
    struct tax tax;
    uint32_t rules = RULES_PRESENT;
    assert(sku != SNAPSHOT_NONE);
    id_map_get(&giving->facts, snapshot->agreements[agreement].id, MONTH_RULES, &rules);
    if (snapshot_price(snapshot, agreement, sku, month, (int)rules, &tax) != NULL) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "price-missing", "sku", snapshot->skus[sku].code,
                     "The SKU has no price on this edge in that month, so there is nothing to correct.");
}

/* A month that was over before the edge's agreement was signed will be closed no more on the edge. */
static enum status check_begun(const struct correction_giving *giving, uint32_t agreement,
                               const struct correction_proposal *proposal, struct fault *fault) {
    struct month month = proposal->correction.month;
    int64_t end_us =
        zone_midnight_us(snapshot_zone(&giving->snapshot, agreement), month_first_day(month_plus(month, 1)));
    if (proposal->is_closed || end_us > proposal->agreement.signed_at_us) {
        return STATUS_OK;
    }
    return fault_set(
        fault, STATUS_CONFLICT, "month-not-closed", "month", month_format(giving->call->arena, month),
        "This month was over before the agreement was signed. Such a month is corrected where it "
        "is closed above the edge, and from 366 days before the signature on.");
}

/* Whether the edge can ever bill it. What the giver sells it must be told; of others it is told nothing. */
static enum status check_edge(const struct correction_giving *giving, uint32_t agreement,
                              const struct correction_proposal *proposal, bool *can, struct fault *fault) {
    const struct correction *correction = &proposal->correction;
    *can = false;
    if (is_elsewhere(giving, agreement, correction->month)) {
        return STATUS_OK;
    }
    enum status status = check_begun(giving, agreement, proposal, fault);
    if (status == STATUS_OK && proposal->is_closed) {
        status = check_price(giving, agreement, correction->sku_id, correction->month, fault);
    }
    if (status == STATUS_OK) {
        status = check_currency(giving->call, &proposal->agreement, correction->month, fault);
    }
    if (status == STATUS_CONFLICT && proposal->agreement.seller_id != giving->giver.id) {
        return STATUS_OK;
    }
    *can = status == STATUS_OK;
    return status;
}

static enum status propose(struct correction_giving *giving, const struct corrected_thing *thing,
                           uint32_t edge, struct fault *fault) {
    struct call *call = giving->call;
    struct snapshot *snapshot = &giving->snapshot;
    struct month month = giving->month;
    uint32_t agreement = SNAPSHOT_NONE;
    bool can = false;
    TRY(correction_path_agreement(giving, edge, month, &agreement, fault));
    if (agreement != SNAPSHOT_NONE && thing->licence_id > 0) {
        /* The instant may lie in another month where the edge goes by another zone. */
        month = zone_month_at(snapshot_zone(snapshot, agreement), giving->at_us);
        TRY(correction_path_agreement(giving, edge, month, &agreement, fault));
    }
    if (agreement == SNAPSHOT_NONE || giving->count == CORRECTION_EDGES_MAX) {
        return STATUS_OK;
    }
    struct correction_proposal *proposal = &giving->proposals[giving->count];
    *proposal = (struct correction_proposal){.agreement = snapshot->agreements[agreement]};
    bool sells = proposal->agreement.seller_id == giving->giver.id;
    proposal->is_givers = sells || proposal->agreement.buyer_id == giving->giver.id;
    proposal->correction = (struct correction){.giver_id = giving->giver.id,
                                               .agreement_id = proposal->agreement.id,
                                               .month = month,
                                               .customer_id = giving->customer.id,
                                               .sku_id = thing->sku_id,
                                               .units = giving->asked->units,
                                               .licence_id = thing->licence_id,
                                               .at_us = giving->at_us,
                                               .seats = thing->seats,
                                               .reason = text_trim(giving->asked->reason),
                                               .state = sells ? CORRECTION_ACCEPTED : CORRECTION_WAITING,
                                               .created_at_us = call->now_us,
                                               .created_by = actor_text(call),
                                               .decided_at_us = sells ? call->now_us : 0,
                                               .decision = TEXT("")};
    TRY(close_month_of_before(call, &proposal->agreement, month, true, &proposal->is_closed, fault));
    TRY(check_edge(giving, agreement, proposal, &can, fault));
    giving->count += can ? 1 : 0;
    return STATUS_OK;
}

/* ---- the path ---- */

/* Everything above the customer. */
enum status correction_path_load(struct correction_giving *giving, struct fault *fault) {
    giving->path = (struct programme_part){.around_id = giving->customer.id};
    return snapshot_load(giving->call, &giving->path, &giving->snapshot, fault);
}

/* Proposes it to each edge of the range, from the customer up: to none where the SKU's owner sells nothing to
 * the customer, through others or itself. */
enum status correction_path_walk(struct correction_giving *giving, const struct corrected_thing *thing,
                                 struct fault *fault) {
    const struct snapshot *snapshot = &giving->snapshot;
    uint32_t buyer = snapshot_account(snapshot, giving->customer.id);
    uint32_t owner = snapshot_account_find(snapshot, thing->owner_id);
    if (owner == SNAPSHOT_NONE) {
        return STATUS_OK;
    }
    while (snapshot->accounts[buyer].seller_id != 0) {
        uint32_t seller = snapshot_account(snapshot, snapshot->accounts[buyer].seller_id);
        int64_t depth = snapshot->accounts[seller].depth;
        if (thing->first_edge <= depth && depth <= thing->last_edge &&
            snapshot->edge_to_buyer[buyer] != SNAPSHOT_NONE) {
            TRY(propose(giving, thing, snapshot->edge_to_buyer[buyer], fault));
        }
        buyer = seller;
    }
    if (snapshot->accounts[owner].kind == ACCOUNT_VENDOR && thing->first_edge == 0 &&
        snapshot->vendor_edge[owner] != SNAPSHOT_NONE) {
        return propose(giving, thing, snapshot->vendor_edge[owner], fault);
    }
    return STATUS_OK;
}
