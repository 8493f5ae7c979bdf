/* Corrected months come from the same usage as the month that closes, so it is read from the earliest of them
 * on. What was billed for them is read place by place: corrections are few. */
#include "programme/billing/load_month.h"

#include "programme/usage/load_kept.h"
#include "store/billing/close_queries.h"
#include "store/billing/corrections.h"
#include "store/billing/invoices.h"
#include "store/billing/one_off_charges.h"
#include "store/billing/reports.h"

#include <assert.h>

struct loading {
    struct call *call;
    const struct load_month_input *input;
    struct loaded_month *loaded;
    struct correction *corrections; /* by agreement, month, SKU */
    size_t correction_count;
    struct one_off_charge *charges; /* by agreement */
    size_t charge_count;
};

static bool is_of_party(const struct loading *loading, int64_t agreement_id) {
    const struct snapshot *snapshot = loading->input->snapshot;
    int64_t party_id = loading->input->party_id;
    uint32_t agreement = snapshot_agreement_find(snapshot, agreement_id);
    assert(agreement != SNAPSHOT_NONE);
    return party_id == 0 || snapshot->agreements[agreement].seller_id == party_id ||
           snapshot->agreements[agreement].buyer_id == party_id;
}

static enum status read_waiting(struct loading *loading, struct fault *fault) {
    struct call *call = loading->call;
    struct month month = loading->input->month;
    size_t kept = 0;
    TRY(corrections_waiting(call->db, call->arena, loading->input->part, month, &loading->corrections,
                            &loading->correction_count, fault));
    TRY(one_off_charges_waiting(call->db, call->arena, loading->input->part, month, &loading->charges,
                                &loading->charge_count, fault));
    for (size_t i = 0; i < loading->correction_count; i++) {
        TRY(snapshot_has_agreement(loading->input->snapshot, loading->corrections[i].agreement_id, fault));
        TRY(snapshot_has_sku(loading->input->snapshot, loading->corrections[i].sku_id, fault));
        if (is_of_party(loading, loading->corrections[i].agreement_id)) {
            loading->corrections[kept++] = loading->corrections[i];
        }
    }
    loading->correction_count = kept;
    kept = 0;
    for (size_t i = 0; i < loading->charge_count; i++) {
        TRY(snapshot_has_agreement(loading->input->snapshot, loading->charges[i].agreement_id, fault));
        if (is_of_party(loading, loading->charges[i].agreement_id)) {
            loading->charges[kept++] = loading->charges[i];
        }
    }
    loading->charge_count = kept;
    return STATUS_OK;
}

/* Corrected months are rated from the log. */
static void add_corrected(const struct loading *loading, struct log_needs *needs) {
    const struct snapshot *snapshot = loading->input->snapshot;
    for (size_t i = 0; i < loading->correction_count; i++) {
        const struct correction *correction = &loading->corrections[i];
        uint32_t agreement = snapshot_agreement_find(snapshot, correction->agreement_id);
        log_needs_add(needs, snapshot->agreements[agreement].buyer_id, correction->sku_id, LOG_OF_ALL);
    }
}

/* The party, where it is a vendor, whose edge bills its own SKUs alone; else 0. */
static int64_t vendor_of(const struct load_month_input *input) {
    const struct snapshot *snapshot = input->snapshot;
    uint32_t party = input->party_id == 0 ? SNAPSHOT_NONE : snapshot_account_find(snapshot, input->party_id);
    bool is_vendor = party != SNAPSHOT_NONE && snapshot->accounts[party].kind == ACCOUNT_VENDOR;
    return is_vendor ? input->party_id : 0;
}

static enum status read_usage(const struct loading *loading, struct fault *fault) {
    const struct load_month_input *input = loading->input;
    struct call *call = loading->call;
    struct usage *usage = &loading->loaded->usage;
    struct log_needs needs;
    bool is_kept = false;
    struct usage_scope scope = {
        .from_us = INT64_MAX,
        .until_us = INT64_MIN,
        .under_account_id = input->under_account_id,
        .sku_id = input->part == NULL || input->under_account_id == 0 ? 0 : input->part->sku_id};
    snapshot_widen(input->snapshot, input->month, &scope.from_us, &scope.until_us);
    for (size_t i = 0; i < loading->correction_count; i++) {
        snapshot_widen(input->snapshot, loading->corrections[i].month, &scope.from_us, &scope.until_us);
    }
    if (scope.from_us > scope.until_us) { /* no agreement has a time zone */
        scope.from_us = scope.until_us = 0;
    }
    if (input->runs_on) {
        scope.until_us = INT64_MAX;
    }
    if (scope.sku_id != 0) { /* the log of one SKU is read by its licences */
        return usage_load(call->db, call->arena, &scope, usage, fault);
    }
    TRY(usage_load_kept(call->db, call->arena,
                        (struct usage_reading_scope){.under_account_id = input->under_account_id,
                                                     .vendor_id = vendor_of(input)},
                        input->month, &is_kept, usage, fault));
    if (!is_kept) {
        return usage_load(call->db, call->arena, &scope, usage, fault);
    }
    log_needs_init(&needs, call->arena);
    needs.cut_us = input->runs_on ? call->now_us : INT64_MAX;
    log_needs_of_month(input->snapshot, usage, input->month, &needs);
    add_corrected(loading, &needs);
    return usage_load_needs(call->db, call->arena, input->snapshot, &needs, &scope, usage, fault);
}

static bool is_corrected_month(const struct bill_waiting *waiting, struct month month) {
    for (size_t i = 0; i < waiting->month_count; i++) {
        if (waiting->months[i].month.index == month.index) {
            return true;
        }
    }
    return false;
}

/* Opens each month that a correction names, with all its corrections. */
static enum status open_corrected_months(const struct loading *loading, struct fault *fault) {
    struct call *call = loading->call;
    struct loaded_month *loaded = loading->loaded;
    struct bill_waiting *waiting = &loaded->waiting;
    waiting->months = ARENA_NEW(call->arena, struct rated_month, loading->correction_count);
    for (size_t i = 0; i < loading->correction_count; i++) {
        struct rated_month_input input = {
            .snapshot = loaded->snapshot,
            .usage = &loaded->usage,
            .by_edge = &loaded->by_edge,
            .month = loading->corrections[i].month,
            .corrections = loading->corrections,
            .correction_count = loading->correction_count,
        };
        int64_t *agreements = NULL;
        struct report_adjustment *adjustments = NULL;
        if (is_corrected_month(waiting, input.month)) {
            continue;
        }
        TRY(report_adjustments_of_month(call->db, call->arena, loading->input->part, input.month, &agreements,
                                        &adjustments, &input.adjustment_count, fault));
        struct id_map *rules = ARENA_NEW(call->arena, struct id_map, 1);
        TRY(month_rules_of_edges(call->db, call->arena, loading->input->part, input.month, rules, fault));
        input.rules = rules;
        input.adjustment_agreements = agreements;
        input.adjustments = adjustments;
        TRY(rated_month_open(call->arena, &input, &waiting->months[waiting->month_count++], fault));
    }
    return STATUS_OK;
}

/* Reads what was billed for each (agreement, month, SKU) that is corrected. */
static enum status read_places(const struct loading *loading, struct fault *fault) {
    struct call *call = loading->call;
    struct corrected_place *places =
        ARENA_NEW(call->arena, struct corrected_place, loading->correction_count);
    size_t count = 0;
    for (size_t i = 0; i < loading->correction_count; i++) {
        const struct correction *correction = &loading->corrections[i];
        struct issued_line *billed = NULL;
        bool is_known = count > 0 && places[count - 1].agreement_id == correction->agreement_id &&
                        places[count - 1].month.index == correction->month.index &&
                        places[count - 1].sku_id == correction->sku_id;
        if (is_known) {
            continue;
        }
        struct corrected_place *place = &places[count++];
        *place = (struct corrected_place){.agreement_id = correction->agreement_id,
                                          .month = correction->month,
                                          .sku_id = correction->sku_id};
        TRY(invoice_lines_of_place(call->db, call->arena, place->agreement_id, place->month, place->sku_id,
                                   &billed, &place->billed_count, fault));
        TRY(invoice_of_month(call->db, call->arena, place->agreement_id, place->month, &place->document_id,
                             &place->number, fault));
        place->billed = billed;
    }
    corrected_places_sort(loading->input->snapshot, places, count);
    loading->loaded->waiting.places = places;
    loading->loaded->waiting.place_count = count;
    return STATUS_OK;
}

enum status load_month(struct call *call, const struct load_month_input *input, struct loaded_month *loaded,
                       struct fault *fault) {
    struct loading loading = {.call = call, .input = input, .loaded = loaded};
    *loaded = (struct loaded_month){.snapshot = input->snapshot, .month = input->month};
    TRY(read_waiting(&loading, fault));
    TRY(report_adjustments_of_month(call->db, call->arena, input->part, input->month,
                                    &loaded->adjustment_agreements, &loaded->adjustments,
                                    &loaded->adjustment_count, fault));
    TRY(month_rules_of_edges(call->db, call->arena, input->part, input->month, &loaded->rules, fault));
    TRY(read_usage(&loading, fault));
    TRY(usage_by_edge_of(input->snapshot, &loaded->usage, call->arena, &loaded->by_edge, fault));
    loaded->waiting.charges = loading.charges;
    loaded->waiting.charge_count = loading.charge_count;
    loaded->corrections = loading.corrections;
    loaded->correction_count = loading.correction_count;
    TRY(open_corrected_months(&loading, fault));
    return read_places(&loading, fault);
}

enum status loaded_month_rate(const struct loaded_month *loaded, struct arena *arena, int64_t until_us,
                              struct rated_month *month, struct fault *fault) {
    struct rated_month_input input = {
        .snapshot = loaded->snapshot,
        .usage = &loaded->usage,
        .by_edge = &loaded->by_edge,
        .month = loaded->month,
        .until_us = until_us,
        .rules = &loaded->rules,
        .adjustment_agreements = loaded->adjustment_agreements,
        .adjustments = loaded->adjustments,
        .adjustment_count = loaded->adjustment_count,
    };
    return rated_month_open(arena, &input, month, fault);
}
