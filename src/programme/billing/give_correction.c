/* Giving a correction: who is on the path says once what is right, and every edge of the path gets its own.
 *
 * What was asked for is read here, weighed, saved and shown. Which edges get it, and which could never bill
 * it, is correction_path.h's. */
#include "core/money/billed_line.h"
#include "core/time/instant.h"
#include "core/time/zone.h"
#include "programme/billing/correction_path.h"
#include "programme/call/authorise.h"
#include "programme/call/closing_guard.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_licence.h"
#include "programme/call/lookup_sku.h"
#include "store/billing/close_queries.h"
#include "store/billing/corrections.h"

enum { UNITS_MAX = 1000000000 };
#define DAY_US (INT64_C(86400) * 1000000)

/* ---- what was asked for ---- */

static enum status check_input(const struct correction_giving *giving, struct fault *fault) {
    const struct add_correction_input *asked = giving->asked;
    struct arena *arena = giving->call->arena;
    bool is_late = asked->licence.length > 0;
    if (is_late != asked->has_seats || is_late == asked->has_units || is_late != (asked->at.length > 0)) {
        return fault_set(fault, STATUS_INVALID, "missing-field", is_late ? "seats" : "units", TEXT(""),
                         "Give month, customer, sku and units, or licence, at and seats.");
    }
    if (asked->has_units && (asked->units < 0 || asked->units > UNITS_MAX)) {
        return fault_set(fault, STATUS_INVALID, "units-out-of-range", "units",
                         text_format(arena, "%lld", (long long)asked->units),
                         "Give units as a whole number from 0 to %d, such as 8.", UNITS_MAX);
    }
    if (asked->has_seats && (asked->seats < 0 || asked->seats > INT32_MAX)) {
        return fault_set(fault, STATUS_INVALID, "seats-out-of-range", "seats",
                         text_format(arena, "%lld", (long long)asked->seats),
                         "Give seats as a whole number from 0 to %d, such as 8.", INT32_MAX);
    }
    return check_correction_reason(asked->reason, fault);
}

/* The giver is the customer, somebody above it, or the vendor of the SKU. */
static enum status require_on_path(const struct correction_giving *giving, int64_t owner_id, struct text word,
                                   struct fault *fault) {
    bool is_on_path = giving->giver.id == owner_id && giving->giver.kind == ACCOUNT_VENDOR;
    if (giving->customer.kind != ACCOUNT_CUSTOMER) {
        return fault_set(fault, STATUS_INVALID, "not-on-path", "customer", word,
                         "Name the end customer that used the SKU: this account is a %s.",
                         account_kind_name(giving->customer.kind));
    }
    if (!is_on_path) {
        TRY(account_is_or_is_above(giving->call->db, giving->giver.id, giving->customer.id, &is_on_path,
                                   fault));
    }
    if (is_on_path) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "not-on-path", "customer", word,
                     "Name an end customer to whom %.*s sells, through others or itself.",
                     TEXT_ARGS(giving->giver.code));
}

/* ---- the path ---- */

/* The edges that bill the customer's licences of the SKU; where it never had one, all from the owner down. */
static enum status propose_units(struct correction_giving *giving, struct fault *fault) {
    struct call *call = giving->call;
    struct licence_range *ranges = NULL;
    struct sku sku;
    size_t count = 0;
    TRY(month_parse(giving->asked->month, "month", &giving->month, fault));
    int64_t within_id = giving->giver.kind == ACCOUNT_VENDOR ? 0 : giving->giver.id;
    TRY(find_end_customer(call, within_id, giving->asked->customer, &giving->customer, fault));
    TRY(find_sku(call, giving->asked->sku, "sku", &sku, fault));
    TRY(require_on_path(giving, sku.owner_id, giving->asked->customer, fault));
    TRY(correction_path_load(giving, fault));
    TRY(licence_ranges_load(call->db, call->arena, giving->customer.id, sku.id, &ranges, &count, fault));
    uint32_t owner = snapshot_account_find(&giving->snapshot, sku.owner_id);
    struct corrected_thing thing = {.sku_id = sku.id,
                                    .owner_id = sku.owner_id,
                                    .first_edge =
                                        owner == SNAPSHOT_NONE ? 0 : giving->snapshot.accounts[owner].depth,
                                    .last_edge = LICENCE_LAST_EDGE};
    for (size_t i = 0; i < count; i++) {
        thing.first_edge =
            i == 0 || ranges[i].first_edge < thing.first_edge ? ranges[i].first_edge : thing.first_edge;
        thing.last_edge =
            i == 0 || ranges[i].last_edge > thing.last_edge ? ranges[i].last_edge : thing.last_edge;
    }
    return correction_path_walk(giving, &thing, fault);
}

/* In the zone of the customer's edge, whose month it is then. */
static enum status read_instant(struct correction_giving *giving, struct fault *fault) {
    struct snapshot *snapshot = &giving->snapshot;
    uint32_t edge = snapshot->edge_to_buyer[snapshot_account(snapshot, giving->customer.id)];
    struct text at = text_trim(giving->asked->at);
    uint32_t of_month = SNAPSHOT_NONE;
    if (edge == SNAPSHOT_NONE) {
        return fault_set(fault, STATUS_CONFLICT, "agreement-not-signed", "licence", giving->asked->licence,
                         "The customer never had an agreement with its provider.");
    }
    uint32_t agreement = snapshot->edge_agreements[snapshot->edges[edge].first_agreement +
                                                   snapshot->edges[edge].agreement_count - 1];
    struct zone *zone = snapshot_zone(snapshot, agreement);
    TRY(instant_parse(at, zone, "at", &giving->at_us, fault));
    TRY(correction_path_agreement(giving, edge, zone_month_at(zone, giving->at_us), &of_month, fault));
    if (of_month != SNAPSHOT_NONE) { /* a local time is in the zone of its month's terms */
        zone = snapshot_zone(snapshot, of_month);
        TRY(instant_parse(at, zone, "at", &giving->at_us, fault));
    }
    if (giving->at_us > giving->call->now_us) {
        return fault_set(fault, STATUS_INVALID, "time-in-future", "at", at,
                         "A change takes effect now or earlier; it is now %s.",
                         instant_format(giving->call->arena, giving->call->now_us).at);
    }
    giving->month = zone_month_at(zone, giving->at_us);
    return STATUS_OK;
}

static enum status require_ever_on(const struct correction_giving *giving, const struct licence *licence,
                                   struct fault *fault) {
    struct text identifier = identifier_text(giving->call, IDENTIFIER_LICENCE, licence->id);
    if (licence->parent_id != 0) {
        return fault_set(fault, STATUS_CONFLICT, "part-of-bundle", "licence", identifier,
                         "This licence is a part of a bundle and follows it: correct the bundle's.");
    }
    if (licence->first_on_at_us == 0) {
        return fault_set(fault, STATUS_CONFLICT, "licence-never-on", "licence", identifier,
                         "This licence was never on: turn it on with a date, or correct the units.");
    }
    return STATUS_OK;
}

/* The licence, and its parts on the edges above whoever composed the bundle. */
static enum status propose_late_event(struct correction_giving *giving, struct fault *fault) {
    struct call *call = giving->call;
    struct licence_row row;
    struct licence *parts = NULL;
    size_t count = 0;
    TRY(find_licence(call, giving->asked->licence, &row, fault));
    TRY(account_load(call->db, call->arena, row.licence.customer_id, &giving->customer, fault));
    TRY(require_on_path(giving, row.sku_owner_id, giving->asked->licence, fault));
    TRY(require_ever_on(giving, &row.licence, fault));
    TRY(correction_path_load(giving, fault));
    TRY(read_instant(giving, fault));
    struct corrected_thing thing = {
        .sku_id = row.licence.sku_id,
        .owner_id = row.sku_owner_id,
        .first_edge = row.licence.first_edge,
        .last_edge = row.licence.last_edge,
        .licence_id = row.licence.id,
        .seats = giving->asked->seats,
    };
    TRY(correction_path_walk(giving, &thing, fault));
    TRY(licence_load_parts(call->db, call->arena, row.licence.id, &parts, &count, fault));
    for (size_t i = 0; i < count; i++) {
        const struct sku *sku = &giving->snapshot.skus[snapshot_sku_find(&giving->snapshot, parts[i].sku_id)];
        thing = (struct corrected_thing){.sku_id = parts[i].sku_id,
                                         .owner_id = sku->owner_id,
                                         .first_edge = parts[i].first_edge,
                                         .last_edge = parts[i].last_edge,
                                         .licence_id = parts[i].id};
        if (__builtin_mul_overflow(giving->asked->seats, parts[i].part_quantity, &thing.seats) ||
            thing.seats > INT32_MAX) {
            return fault_set(fault, STATUS_INVALID, "seats-out-of-range", "seats", TEXT(""),
                             "Give fewer seats: a part of the bundle would get more than %d.", INT32_MAX);
        }
        TRY(correction_path_walk(giving, &thing, fault));
    }
    return STATUS_OK;
}

/* ---- weighing and saving ---- */

/* The giver must have closed the month with somebody: before, its report is what to adjust. */
static enum status require_closed(const struct correction_giving *giving, struct fault *fault) {
    bool is_any = false;
    bool is_closed = false;
    for (size_t i = 0; i < giving->count; i++) {
        is_any = is_any || giving->proposals[i].is_givers;
        is_closed = is_closed || (giving->proposals[i].is_givers && giving->proposals[i].is_closed);
    }
    struct text month = month_format(giving->call->arena, giving->month);
    if (!is_any) {
        return fault_set(fault, STATUS_CONFLICT, "nothing-to-correct", "month", month,
                         "No edge of %.*s is billed for this SKU at this customer in that month.",
                         TEXT_ARGS(giving->giver.code));
    }
    if (!is_closed) {
        return fault_set(fault, STATUS_CONFLICT, "month-not-closed", "month", month,
                         "This month is not closed on the edge yet. Adjust its report instead, or give the "
                         "change its date.");
    }
    return STATUS_OK;
}

/* What the giver's own edges come to, and from when on a seller's silence is a yes: where the giver is the
 * buyer, and its bill does not fall. */
static enum status weigh_own(struct correction_giving *giving, struct fault *fault) {
    for (size_t i = 0; i < giving->count; i++) {
        struct correction_proposal *proposal = &giving->proposals[i];
        struct correction *correction = &proposal->correction;
        if (!proposal->is_givers) {
            continue;
        }
        TRY(correction_money_of(giving->call, correction, &proposal->money, fault));
        if (correction->state == CORRECTION_WAITING && proposal->money.is_known &&
            proposal->money.difference_minor >= 0) {
            correction->silent_at_us = giving->call->now_us + proposal->agreement.report_due_days * DAY_US;
        }
    }
    return STATUS_OK;
}

static enum status audit_given(const struct correction_giving *giving,
                               const struct correction_proposal *proposal, struct fault *fault) {
    struct call *call = giving->call;
    const struct correction *correction = &proposal->correction;
    struct text month = month_format(call->arena, correction->month);
    struct text detail =
        correction->licence_id > 0
            ? text_format(call->arena, "%s in %.*s: %lld seats from %s",
                          identifier_text(call, IDENTIFIER_LICENCE, correction->licence_id).at,
                          TEXT_ARGS(month), (long long)correction->seats,
                          instant_format(call->arena, correction->at_us).at)
            : text_format(call->arena, "%.*s: %lld units", TEXT_ARGS(month), (long long)correction->units);
    return audit_giver(call, correction, &proposal->agreement, "correction.add", detail, fault);
}

static enum status save_all(struct correction_giving *giving, struct fault *fault) {
    int64_t given_id = 0;
    for (size_t i = 0; i < giving->count; i++) {
        struct correction_proposal *proposal = &giving->proposals[i];
        bool is_closed = false;
        if (proposal->correction.state == CORRECTION_ACCEPTED) {
            TRY(refuse_while_closing(giving->call, proposal->agreement.seller_id,
                                     proposal->agreement.buyer_id, "month", fault));
        }
        proposal->correction.given_id = given_id;
        TRY(correction_insert(giving->call->db, &proposal->correction, fault));
        given_id = proposal->correction.given_id;
        if (proposal->correction.state == CORRECTION_ACCEPTED) {
            TRY(close_month_of_before(giving->call, &proposal->agreement, proposal->correction.month, false,
                                      &is_closed, fault));
        }
        TRY(audit_given(giving, proposal, fault));
    }
    return STATUS_OK;
}

static enum status view_all(struct correction_giving *giving, struct correction_page *page,
                            struct fault *fault) {
    struct correction_view *items = ARENA_NEW(giving->call->arena, struct correction_view, giving->count);
    struct name_cache names;
    name_cache_init(&names, giving->call);
    for (size_t i = 0; i < giving->count; i++) {
        const struct correction_proposal *proposal = &giving->proposals[i];
        if (actor_is_party(giving->call, &proposal->agreement)) {
            TRY(view_correction(&names, &proposal->correction, &proposal->money, &items[page->count++],
                                fault));
        }
    }
    page->items = items;
    return STATUS_OK;
}

static enum status give(struct correction_giving *giving, struct correction_page *page, struct fault *fault) {
    struct call *call = giving->call;
    TRY(find_account_or_own(call, giving->asked->giver, "giver", &giving->giver, fault));
    TRY(require_right(call, giving->giver.id, RIGHT_REPORTS, fault));
    TRY(check_input(giving, fault));
    giving->proposals = ARENA_NEW(call->arena, struct correction_proposal, CORRECTION_EDGES_MAX);
    TRY(giving->asked->licence.length > 0 ? propose_late_event(giving, fault) : propose_units(giving, fault));
    TRY(require_closed(giving, fault));
    TRY(weigh_own(giving, fault));
    if (!giving->asked->dry_run) {
        TRY(save_all(giving, fault));
    }
    return view_all(giving, page, fault);
}

static enum status add_correction_body(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    struct correction_giving giving = {.call = call, .asked = input, .facts_of = {INVOICE_NO_MONTH}};
    enum status status = give(&giving, output, fault);
    snapshot_close(&giving.snapshot);
    return status;
}

enum status add_correction(struct call *call, const struct add_correction_input *input,
                           struct correction_page *result, struct fault *fault) {
    struct correction_page made = {0};
    TRY(call_run(call, input->dry_run ? DB_READ : DB_WRITE, add_correction_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}
