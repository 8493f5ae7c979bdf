#include "programme/billing/corrections.h"

#include "programme/billing/waiting.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/lookup_sku.h"
#include "programme/call/name_cache.h"
#include "programme/call/open_zone.h"
#include "programme/call/validate.h"
#include "store/billing/corrections.h"
#include "store/billing/kept_months.h"
#include "store/billing/months.h"
#include "store/catalogue/prices.h"
#include "store/parties/amendments.h"

enum { UNITS_MAX = 1000000000, REASON_BYTES_MAX = 500 };

static enum status view_correction(struct name_cache *names, const struct correction *correction,
                                   struct correction_view *view, struct fault *fault) {
    struct call *call = names->call;
    const struct agreement *agreement = NULL;
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    const struct account *customer = NULL;
    const struct sku *sku = NULL;
    TRY(name_cache_agreement(names, correction->agreement_id, &agreement, fault));
    TRY(name_cache_account(names, agreement->seller_id, &seller, fault));
    TRY(name_cache_account(names, agreement->buyer_id, &buyer, fault));
    TRY(name_cache_account(names, correction->customer_id, &customer, fault));
    TRY(name_cache_sku(names, correction->sku_id, &sku, fault));
    *view = (struct correction_view){
        .identifier = identifier_text(call, IDENTIFIER_CORRECTION, correction->id),
        .agreement = identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id),
        .seller_code = seller->code,
        .buyer_code = buyer->code,
        .customer_code = customer->code,
        .sku = sku->code,
        .month = correction->month,
        .units = correction->units,
        .reason = correction->reason,
        .created_by = correction->created_by,
        .created_at_us = correction->created_at_us,
    };
    if (correction->invoice_id > 0) {
        view->invoice = identifier_text(call, IDENTIFIER_INVOICE, correction->invoice_id);
        return STATUS_OK;
    }
    struct agreement terms = *agreement;
    TRY(agreement_in_month(call->db, call->arena, correction->month, &terms, fault));
    const struct waiting waiting = {agreement->seller_id, agreement->buyer_id, correction->month,
                                    terms.currency};
    return find_why_stuck(call, &waiting, &view->stuck, fault);
}

/* ---- adding ---- */

/* Whether a month of before the edge is closed on any edge above its buyer, so that no late change can be. */
static enum status is_closed_above(struct call *call, int64_t buyer_id, struct month month, bool *is_closed,
                                   struct fault *fault) {
    struct edge_frozen *edges = NULL;
    size_t count = 0;
    TRY(months_frozen(call->db, call->arena, buyer_id, 0, &edges, &count, fault));
    *is_closed = false;
    for (size_t i = 0; i < count; i++) {
        *is_closed = *is_closed || edges[i].last_closed.index >= month.index;
    }
    return STATUS_OK;
}

/* A month of before the edge is closed with nothing on it, by the rules and midnights of now (R7.21). */
static enum status close_empty(struct call *call, const struct agreement *agreement, struct month month,
                               struct fault *fault) {
    struct zone *zone = NULL;
    TRY(open_zone(call, agreement->time_zone, &zone, fault));
    struct kept_month kept = zone_kept_month(zone, month);
    enum status status = kept_month_insert(call->db, call->arena, &kept, fault);
    zone_close(zone);
    TRY(status);
    return month_close_save(call->db, month, (struct edge_closing){agreement->id, USAGE_BILLED_HERE},
                            call->now_us, fault);
}

static enum status require_closed(struct call *call, const struct month_edge *edge, struct month month,
                                  struct text word, struct fault *fault) {
    bool is_closed = edge->is_closed;
    if (!is_closed && edge->came_after) {
        TRY(is_closed_above(call, edge->agreement.buyer_id, month, &is_closed, fault));
    }
    if (is_closed) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "month-not-closed", "month", word,
                     "This month is not closed on the edge yet. Adjust its report instead.");
}

/* A correction that cannot be rated would wait for ever. */
static enum status require_price(struct call *call, const struct agreement *agreement, const struct sku *sku,
                                 struct month month, struct fault *fault) {
    const struct price_place place = {agreement->seller_id, agreement->buyer_id, sku->id,
                                      agreement->currency};
    const struct price_edge *edge = NULL;
    struct price_list list;
    int64_t rules = 0;
    TRY(month_rules_load(call->db, agreement->id, month, &rules, fault));
    TRY(price_list_load_seller(call->db, call->arena, agreement->seller_id, &list, fault));
    const struct price *price = rules == RULES_FIRST ? price_list_for_month_first(&list, &place, month, &edge)
                                                     : price_list_for_month(&list, &place, month, &edge);
    if (price != NULL) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "price-missing", "sku", sku->code,
                     "The SKU has no price on this edge in that month, so there is nothing to correct.");
}

/* Where the parties trade in another currency by now, no bill will ever carry the correction. */
static enum status require_currency(struct call *call, const struct agreement *of_month, struct month month,
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

static enum status check_input(struct call *call, const struct add_correction_input *input,
                               struct fault *fault) {
    if (input->units < 0 || input->units > UNITS_MAX) {
        return fault_set(fault, STATUS_INVALID, "units-out-of-range", "units",
                         text_format(call->arena, "%lld", (long long)input->units),
                         "Give from 0 to %d units.", UNITS_MAX);
    }
    if (text_trim(input->reason).length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "reason", input->reason,
                         "Give a reason for the correction, which stands on the invoice.");
    }
    if (input->reason.length > REASON_BYTES_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-long", "reason", input->reason,
                         "Give a reason of up to %d bytes.", REASON_BYTES_MAX);
    }
    return check_visible(input->reason, "reason", true, fault);
}

static enum status add_correction_body(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    const struct add_correction_input *asked = input;
    struct correction_view *view = output;
    struct month_edge edge;
    struct account customer;
    struct sku sku;
    struct name_cache names;
    struct correction correction = {.units = asked->units,
                                    .reason = text_trim(asked->reason),
                                    .created_at_us = call->now_us,
                                    .created_by = actor_text(call)};
    name_cache_init(&names, call);
    TRY(month_parse(asked->month, "month", &correction.month, fault));
    TRY(find_own_edge_in(call, asked->seller, asked->buyer, correction.month, RIGHT_REPORTS, &edge, fault));
    TRY(find_customer_below(call, &edge.agreement, asked->customer, &customer, fault));
    TRY(find_sku(call, asked->sku, "sku", &sku, fault));
    TRY(check_input(call, asked, fault));
    TRY(require_closed(call, &edge, correction.month, asked->month, fault));
    TRY(require_price(call, &edge.agreement, &sku, correction.month, fault));
    if (!edge.is_closed) {
        TRY(close_empty(call, &edge.agreement, correction.month, fault));
    }
    TRY(require_currency(call, &edge.agreement, correction.month, fault));
    correction.agreement_id = edge.agreement.id;
    correction.customer_id = customer.id;
    correction.sku_id = sku.id;
    TRY(correction_insert(call->db, &correction, fault));
    TRY(view_correction(&names, &correction, view, fault));
    return audit_write(call, "correction.add", view->identifier, edge.agreement.seller_id,
                       text_format(call->arena, "%.*s of %.*s in %.*s: %lld units", TEXT_ARGS(view->sku),
                                   TEXT_ARGS(view->customer_code), TEXT_ARGS(asked->month),
                                   (long long)correction.units),
                       fault);
}

enum status add_correction(struct call *call, const struct add_correction_input *input,
                           struct correction_view *result, struct fault *fault) {
    struct correction_view made;
    TRY(call_run(call, DB_WRITE, add_correction_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}

/* ---- listing ---- */

static enum status list_corrections_body(struct call *call, const void *input, void *output,
                                         struct fault *fault) {
    const struct list_corrections_input *asked = input;
    struct correction_page *page = output;
    struct edge_words words = {asked->seller, asked->buyer, asked->month};
    struct edge_choice choice;
    struct correction *corrections = NULL;
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(find_edge_choice(call, &words, &choice, fault));
    struct correction_filter filter = {choice.party_id, choice.seller_id, choice.buyer_id, choice.month};
    TRY(correction_list(call->db, call->arena, &filter, asked->page, &corrections, &page->count,
                        &page->next_after, fault));
    struct correction_view *items = ARENA_NEW(call->arena, struct correction_view, page->count);
    for (size_t i = 0; i < page->count; i++) {
        TRY(view_correction(&names, &corrections[i], &items[i], fault));
    }
    page->items = items;
    return STATUS_OK;
}

enum status list_corrections(struct call *call, const struct list_corrections_input *input,
                             struct correction_page *result, struct fault *fault) {
    struct correction_page made = {0};
    TRY(call_run(call, DB_READ, list_corrections_body, input, &made, fault));
    *result = made;
    return STATUS_OK;
}
