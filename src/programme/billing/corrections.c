#include "programme/billing/corrections.h"

#include "core/rating/bill.h"
#include "programme/billing/waiting.h"
#include "programme/call/authorise.h"
#include "programme/call/closing_guard.h"
#include "programme/call/lookup.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/open_zone.h"
#include "programme/call/validate.h"
#include "programme/licensing/event_time.h"
#include "store/billing/corrections.h"
#include "store/billing/kept_months.h"
#include "store/billing/months.h"
#include "store/parties/amendments.h"

enum { REASON_BYTES_MAX = 500 };

/* ---- what the files of corrections have in common ---- */

static struct text state_words(const struct call *call, const struct correction *correction) {
    return correction->invoice_id > 0
               ? TEXT("billed")
               : text_copy(call->arena,
                           text_of(machine_state_name(&correction_machine, (int)correction->state)));
}

static enum status find_stuck(struct call *call, const struct correction *correction,
                              const struct agreement *agreement, struct text *why, struct fault *fault) {
    struct agreement terms = *agreement;
    TRY(agreement_in_month(call->db, call->arena, correction->month, &terms, fault));
    const struct waiting waiting = {agreement->seller_id, agreement->buyer_id, correction->month,
                                    terms.currency};
    return find_why_stuck(call, &waiting, why, fault);
}

enum status view_correction(struct name_cache *names, const struct correction *correction,
                            const struct correction_money *money, struct correction_view *view,
                            struct fault *fault) {
    struct call *call = names->call;
    const struct agreement *agreement = NULL;
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    const struct account *giver = NULL;
    const struct account *customer = NULL;
    const struct sku *sku = NULL;
    TRY(name_cache_agreement(names, correction->agreement_id, &agreement, fault));
    TRY(name_cache_account(names, agreement->seller_id, &seller, fault));
    TRY(name_cache_account(names, agreement->buyer_id, &buyer, fault));
    TRY(name_cache_account(names, correction->giver_id, &giver, fault));
    TRY(name_cache_account(names, correction->customer_id, &customer, fault));
    TRY(name_cache_sku(names, correction->sku_id, &sku, fault));
    *view = (struct correction_view){
        .agreement = identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id),
        .seller_code = seller->code,
        .buyer_code = buyer->code,
        .giver_code = giver->name.length > 0 ? giver->code : TEXT(""), /* whom one may not name has none */
        .customer_code = customer->code,
        .sku = sku->code,
        .month = correction->month,
        .units = correction->units,
        .at_us = correction->at_us,
        .seats = correction->seats,
        .reason = correction->reason,
        .state = state_words(call, correction),
        .silent_at_us = correction->silent_at_us,
        .decided_at_us = correction->decided_at_us,
        .decision = correction->decision,
        .created_by = actor_is(call, correction->giver_id) ? correction->created_by : TEXT(""),
        .created_at_us = correction->created_at_us,
    };
    if (correction->id > 0) {
        view->identifier = identifier_text(call, IDENTIFIER_CORRECTION, correction->id);
    }
    if (correction->licence_id > 0) {
        view->licence = identifier_text(call, IDENTIFIER_LICENCE, correction->licence_id);
    }
    if (correction->invoice_id > 0) {
        view->invoice = identifier_text(call, IDENTIFIER_INVOICE, correction->invoice_id);
    }
    if (money != NULL) {
        view->money = *money;
    }
    bool is_open = correction->state == CORRECTION_WAITING || correction_waits_for_bill(correction);
    return is_open ? find_stuck(call, correction, agreement, &view->stuck, fault) : STATUS_OK;
}

enum status audit_giver(struct call *call, const struct correction *correction,
                        const struct agreement *agreement, const char *action, struct text detail,
                        struct fault *fault) {
    struct text identifier = identifier_text(call, IDENTIFIER_CORRECTION, correction->id);
    struct actor actor = call->actor;
    bool sells = agreement->seller_id == correction->giver_id;
    if (!sells && agreement->buyer_id != correction->giver_id) {
        call->actor = (struct actor){.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL};
    }
    enum status status = audit_write(call, action, identifier,
                                     sells ? agreement->buyer_id : agreement->seller_id, detail, fault);
    call->actor = actor;
    return status;
}

enum status find_correction(struct call *call, struct text word, struct correction *correction,
                            struct agreement *agreement, struct fault *fault) {
    static const struct lookup_noun NOUN = {.noun = "correction",
                                            .named_by = "its identifier (cor_…)",
                                            .unknown_code = "unknown-correction",
                                            .ambiguous_code = "unknown-correction",
                                            .ambiguous_status = STATUS_NOT_FOUND};
    struct correction found;
    struct agreement of;
    int64_t id = 0;
    TRY(lookup_require_word(&NOUN, word, "correction", fault));
    if (!identifier_decode(call->secret, IDENTIFIER_CORRECTION, text_trim(word), &id)) {
        return lookup_require_found(&NOUN, word, "correction", false, fault);
    }
    enum status status = correction_load(call->db, call->arena, id, &found, fault);
    if (status == STATUS_OK) {
        TRY(agreement_load(call->db, call->arena, found.agreement_id, &of, fault));
        status = actor_is_party(call, &of) ? STATUS_OK : STATUS_NOT_FOUND;
    }
    if (status == STATUS_NOT_FOUND) {
        return lookup_require_found(&NOUN, word, "correction", false, fault);
    }
    TRY(status);
    *correction = found;
    *agreement = of;
    return STATUS_OK;
}

enum status check_correction_reason(struct text reason, struct fault *fault) {
    if (text_trim(reason).length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "reason", reason,
                         "Give a reason, which whoever is asked can read.");
    }
    if (reason.length > REASON_BYTES_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-long", "reason", reason,
                         "Give a reason of up to %d bytes.", REASON_BYTES_MAX);
    }
    return check_visible(reason, "reason", false, fault);
}

/* ---- a month of before the edge ---- */

/* Whether a month of before the edge, and not of long before, is closed on any edge above its buyer: itself,
 * and not only a later one, so that a slip of the year bills nobody. */
static enum status is_closed_above(struct call *call, const struct agreement *agreement, struct zone *zone,
                                   struct month month, bool *is_closed, struct fault *fault) {
    struct edge_frozen *edges = NULL;
    size_t count = 0;
    *is_closed = false;
    if (!event_time_is_near(zone_midnight_us(zone, month_first_day(month_plus(month, 1))), agreement)) {
        return STATUS_OK;
    }
    TRY(months_frozen(call->db, call->arena, agreement->buyer_id, 0, &edges, &count, fault));
    for (size_t i = 0; i < count && !*is_closed; i++) {
        enum month_state state = MONTH_OPEN;
        TRY(month_state_load(call->db, edges[i].agreement_id, month, &state, fault));
        *is_closed = state == MONTH_CLOSED;
    }
    return STATUS_OK;
}

/* By the rules and midnights of now. */
static enum status close_empty(struct call *call, const struct agreement *agreement, struct zone *zone,
                               struct month month, struct fault *fault) {
    struct kept_month kept = zone_kept_month(zone, month);
    TRY(kept_month_insert(call->db, call->arena, &kept, fault));
    return month_close_save(call->db, month, (struct edge_closing){agreement->id, USAGE_BILLED_HERE},
                            call->now_us, fault);
}

enum status close_month_of_before(struct call *call, const struct agreement *agreement, struct month month,
                                  bool dry_run, bool *is_closed, struct fault *fault) {
    enum month_state state = MONTH_OPEN;
    struct zone *zone = NULL;
    TRY(month_state_load(call->db, agreement->id, month, &state, fault));
    *is_closed = state == MONTH_CLOSED;
    if (*is_closed || state == MONTH_CLOSING || agreement->signed_at_us == 0) {
        return STATUS_OK;
    }
    TRY(open_zone(call, agreement->time_zone, &zone, fault));
    enum status status = STATUS_OK;
    if (agreement->signed_at_us >= zone_midnight_us(zone, month_first_day(month_plus(month, 1)))) {
        status = is_closed_above(call, agreement, zone, month, is_closed, fault);
        if (status == STATUS_OK && *is_closed && !dry_run) {
            status = close_empty(call, agreement, zone, month, fault);
        }
    }
    zone_close(zone);
    return status;
}

/* ---- showing and listing ---- */

/* The money of what no bill carries and nobody has refused. */
static enum status weigh(struct call *call, const struct correction *correction,
                         struct correction_money *money, struct fault *fault) {
    bool is_open = correction->invoice_id == 0 &&
                   (correction->state == CORRECTION_WAITING || correction->state == CORRECTION_ACCEPTED);
    if (!is_open) {
        return STATUS_OK;
    }
    enum status status = correction_money_of(call, correction, money, fault);
    if (bill_is_refused(status)) { /* then the bill that should carry it cannot be either */
        *money = (struct correction_money){0};
        status = STATUS_OK;
    }
    return status;
}

static enum status show_correction_body(struct call *call, const void *input, void *output,
                                        struct fault *fault) {
    struct correction correction = {0};
    struct agreement agreement;
    struct name_cache names;
    struct correction_money money = {0};
    name_cache_init(&names, call);
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_correction(call, *(const struct text *)input, &correction, &agreement, fault));
    TRY(weigh(call, &correction, &money, fault));
    return view_correction(&names, &correction, &money, output, fault);
}

enum status show_correction(struct call *call, struct text correction, struct correction_view *out,
                            struct fault *fault) {
    struct correction_view made;
    TRY(call_run(call, DB_READ, show_correction_body, &correction, &made, fault));
    *out = made;
    return STATUS_OK;
}

static enum status check_state(struct text state, struct fault *fault) {
    int parsed = 0;
    return state.length == 0 || text_is(state, "billed")
               ? STATUS_OK
               : machine_state_parse(&correction_machine, state, &parsed, fault);
}

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
    TRY(check_state(asked->state, fault));
    struct correction_filter filter = {choice.party_id, choice.seller_id, choice.buyer_id, choice.month,
                                       asked->state};
    TRY(correction_list(call->db, call->arena, &filter, asked->page, &corrections, &page->count,
                        &page->next_after, fault));
    struct correction_view *items = ARENA_NEW(call->arena, struct correction_view, page->count);
    for (size_t i = 0; i < page->count; i++) {
        TRY(view_correction(&names, &corrections[i], NULL, &items[i], fault));
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
