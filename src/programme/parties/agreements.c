#include "programme/parties/agreements.h"

#include "programme/call/authorise.h"
#include "programme/call/closing_guard.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_agreement.h"
#include "programme/call/name_cache.h"
#include "programme/call/standing_terms.h"
#include "programme/call/validate.h"
#include "programme/parties/agreement_terms.h"
#include "store/billing/corrections.h"
#include "store/licensing/usage_groups.h"
#include "store/parties/amendments.h"

#include <assert.h>

enum { SIGNER_MAX_BYTES = 200 };

/* ---- as people read it ---- */

static struct terms_view view_in_force(struct call *call, const struct standing_terms *standing) {
    struct terms_view view = terms_view_of(call, &standing->terms);
    view.number = standing->number;
    return view;
}

static enum status fill_view(struct name_cache *names, const struct agreement *agreement,
                             const struct standing_terms *standing, struct agreement_view *out,
                             struct fault *fault) {
    struct call *call = names->call;
    const struct account *seller = NULL;
    const struct account *buyer = NULL;
    TRY(name_cache_account(names, agreement->seller_id, &seller, fault));
    TRY(name_cache_account(names, agreement->buyer_id, &buyer, fault));
    *out = (struct agreement_view){
        .id = agreement->id,
        .identifier = identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id),
        .state = text_of(machine_state_name(&agreement_machine, (int)agreement->state)),
        .seller = identifier_text(call, IDENTIFIER_ACCOUNT, seller->id),
        .seller_code = seller->code,
        .seller_name = seller->name,
        .buyer = identifier_text(call, IDENTIFIER_ACCOUNT, buyer->id),
        .buyer_code = buyer->code,
        .buyer_name = buyer->name,
        .in_force = view_in_force(call, standing),
        .ahead = ARENA_NEW(call->arena, struct terms_view, standing->ahead_count),
        .ahead_count = standing->ahead_count,
        .bills_elsewhere = agreement->bills_elsewhere,
        .names_to_vendors = agreement->names_to_vendors,
        .offered_at_us = agreement->offered_at_us,
        .signed_at_us = agreement->signed_at_us,
        .signed_by = agreement->signed_by,
        .ended_at_us = agreement->ended_at_us,
        .created_at_us = agreement->created_at_us,
        .version = standing->version,
    };
    for (size_t i = 0; i < standing->ahead_count; i++) {
        out->ahead[i] = terms_view_amended(call, agreement, &standing->ahead[i]);
    }
    return STATUS_OK;
}

static enum status fill_one_view(struct call *call, const struct agreement *agreement,
                                 struct agreement_view *out, struct fault *fault) {
    struct name_cache names;
    struct standing_terms standing;
    name_cache_init(&names, call);
    TRY(standing_terms_load(call, agreement, call->now_us, &standing, fault));
    return fill_view(&names, agreement, &standing, out, fault);
}

/* ---- states ---- */

static enum status step_state(struct agreement *agreement, const char *event, struct fault *fault) {
    int to = 0;
    TRY(machine_step(&agreement_machine, (int)agreement->state, event, &to, fault));
    agreement->state = (enum agreement_state)to;
    return STATUS_OK;
}

/* The trail of the party that does not act shows it too. */
static enum status audit_agreement(struct call *call, const char *action, const struct agreement *agreement,
                                   struct fault *fault) {
    int64_t other =
        call->actor.account_id == agreement->buyer_id ? agreement->seller_id : agreement->buyer_id;
    return audit_write(call, action, identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id), other,
                       text_format(call->arena, "%.*s, %.*s", TEXT_ARGS(agreement->currency),
                                   TEXT_ARGS(agreement->time_zone)),
                       fault);
}

enum status agreement_create_signed(struct call *call, int64_t seller_id, int64_t buyer_id,
                                    const struct agreement_terms_input *terms, struct fault *fault) {
    assert(call->depth > 0 && call->writes && seller_id != buyer_id);
    struct agreement agreement = {.seller_id = seller_id,
                                  .buyer_id = buyer_id,
                                  .state = AGREEMENT_DRAFT,
                                  .offered_at_us = call->now_us,
                                  .signed_at_us = call->now_us,
                                  .created_at_us = call->now_us};
    TRY(agreement_fill_terms(call, terms, &agreement, fault));
    TRY(step_state(&agreement, "offer", fault));
    TRY(step_state(&agreement, "sign", fault));
    assert(agreement.state == AGREEMENT_SIGNED);
    TRY(agreement_insert(call->db, &agreement, fault));
    return audit_agreement(call, "agreement.sign", &agreement, fault);
}

/* ---- offering ---- */

/* An edge goes from a seller to an account that it is the seller of, or from a vendor to the distributor. */
static bool is_edge(const struct account *seller, const struct account *buyer) {
    if (seller->kind == ACCOUNT_VENDOR) {
        return buyer->kind == ACCOUNT_DISTRIBUTOR && buyer->seller_id == 0;
    }
    return buyer->seller_id == seller->id;
}

/* A seller that no word names is the actor's account, and for the operator the buyer's seller. */
static enum status find_parties(struct call *call, const struct offer_agreement_input *input,
                                struct account *seller, struct account *buyer, struct fault *fault) {
    TRY(find_account(call, input->buyer, "buyer", buyer, fault));
    if (input->seller.length == 0 && actor_is_operator(call) && buyer->seller_id != 0) {
        TRY(account_load(call->db, call->arena, buyer->seller_id, seller, fault));
    } else {
        TRY(find_account_or_own(call, input->seller, "seller", seller, fault));
    }
    TRY(require_right(call, seller->id, RIGHT_ACCOUNTS, fault));
    if (!is_edge(seller, buyer)) {
        return fault_set(
            fault, STATUS_CONFLICT, "not-an-edge", "buyer", buyer->code,
            "%.*s does not sell to %.*s: an agreement is between an account and its own buyer, or "
            "between a vendor and the distributor.",
            TEXT_ARGS(seller->code), TEXT_ARGS(buyer->code));
    }
    return STATUS_OK;
}

/* The agreement of the edge that can still be offered: one that is not signed yet, or a new one (id 0). */
static enum status begin_offer(struct call *call, const struct account *seller, const struct account *buyer,
                               struct agreement *agreement, struct fault *fault) {
    bool exists = false;
    TRY(agreement_find_edge(call->db, call->arena, seller->id, buyer->id, &exists, agreement, fault));
    if (!exists) {
        *agreement = (struct agreement){.seller_id = seller->id,
                                        .buyer_id = buyer->id,
                                        .state = AGREEMENT_DRAFT,
                                        .created_at_us = call->now_us};
        return STATUS_OK;
    }
    if (agreement->state != AGREEMENT_DRAFT && agreement->state != AGREEMENT_OFFERED) {
        return fault_set(fault, STATUS_CONFLICT, "agreement-exists", "buyer", buyer->code,
                         "There is an agreement between %.*s and %.*s already, and it is %s.",
                         TEXT_ARGS(seller->code), TEXT_ARGS(buyer->code),
                         machine_state_name(&agreement_machine, (int)agreement->state));
    }
    return STATUS_OK;
}

static enum status save_offer(struct call *call, const struct offer_agreement_input *input,
                              struct agreement *agreement, struct fault *fault) {
    TRY(agreement_fill_terms(call, &input->terms, agreement, fault));
    if (!input->as_draft) {
        if (agreement->state == AGREEMENT_DRAFT) {
            TRY(step_state(agreement, "offer", fault));
        }
        assert(agreement->state == AGREEMENT_OFFERED);
        agreement->offered_at_us = call->now_us;
    }
    return agreement->id != 0 ? agreement_update(call->db, agreement, fault)
                              : agreement_insert(call->db, agreement, fault);
}

/* A draft is the seller's own business, and its trail's alone. */
static enum status audit_offer(struct call *call, const struct agreement *agreement, struct fault *fault) {
    if (agreement->state != AGREEMENT_DRAFT) {
        return audit_agreement(call, "agreement.offer", agreement, fault);
    }
    return audit_write(call, "agreement.draft", identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id),
                       agreement->seller_id, TEXT(""), fault);
}

static enum status do_offer_agreement(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct offer_agreement_input *offer = input;
    struct account seller;
    struct account buyer;
    struct agreement agreement;
    TRY(find_parties(call, offer, &seller, &buyer, fault));
    TRY(begin_offer(call, &seller, &buyer, &agreement, fault));
    TRY(check_version(offer->if_version, agreement.version, fault));
    TRY(save_offer(call, offer, &agreement, fault));
    TRY(audit_offer(call, &agreement, fault));
    return fill_one_view(call, &agreement, output, fault);
}

enum status offer_agreement(struct call *call, const struct offer_agreement_input *input,
                            struct agreement_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_offer_agreement, input, out, fault);
}

/* ---- signing ---- */

/* What waits belongs to the seller and the buyer, and no bill in another currency can carry it. */
static enum status check_nothing_waits(struct call *call, const struct agreement *agreement,
                                       struct fault *fault) {
    bool waits = false;
    TRY(waits_in_other_currency(call->db, agreement->seller_id, agreement->buyer_id, agreement->currency,
                                &waits, fault));
    if (!waits) {
        return STATUS_OK;
    }
    return fault_set(
        fault, STATUS_CONFLICT, "correction-waiting", "currency", agreement->currency,
        "A correction or charge in another currency than %.*s waits for the next bill of these two "
        "parties: close a month with it first, or remove the charge.",
        TEXT_ARGS(agreement->currency));
}

static enum status do_sign_agreement(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct sign_agreement_input *signing = input;
    const struct agreement_words words = {signing->agreement, signing->seller, signing->buyer, false};
    struct agreement agreement;
    TRY(find_agreement(call, words, &agreement, fault));
    TRY(require_right(call, agreement.buyer_id, RIGHT_ACCOUNTS, fault));
    TRY(check_version(signing->if_version, agreement.version, fault));
    TRY(step_state(&agreement, "sign", fault));
    TRY(check_required_line(signing->signed_by, "signed_by", SIGNER_MAX_BYTES, &agreement.signed_by, fault));
    TRY(check_nothing_waits(call, &agreement, fault));
    agreement.signed_at_us = call->now_us;
    TRY(agreement_update(call->db, &agreement, fault));
    TRY(usage_groups_follow_terms(call->db, agreement.seller_id, agreement.buyer_id, fault));
    TRY(audit_agreement(call, "agreement.sign", &agreement, fault));
    return fill_one_view(call, &agreement, output, fault);
}

enum status sign_agreement(struct call *call, const struct sign_agreement_input *input,
                           struct agreement_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_sign_agreement, input, out, fault);
}

/* ---- editing ---- */

/* Takes over what is said; `*detail` tells the trail. */
static enum status apply_edit(struct call *call, const struct edit_agreement_input *edit,
                              struct agreement *agreement, struct text *detail, struct fault *fault) {
    bool says_billing = text_trim(edit->bills_elsewhere).length > 0;
    bool says_names = text_trim(edit->names_to_vendors).length > 0;
    if (!says_billing && !says_names) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "bills_elsewhere", TEXT(""),
                         "Say yes or no for bills_elsewhere or for names_to_vendors.");
    }
    if (says_billing) {
        TRY(refuse_while_closing(call, agreement->buyer_id, 0, "bills_elsewhere", fault));
        TRY(check_yes_no(edit->bills_elsewhere, "bills_elsewhere", &agreement->bills_elsewhere, fault));
        TRY(agreement_check_bills_elsewhere(call, agreement, fault));
    }
    if (says_names) {
        TRY(check_yes_no(edit->names_to_vendors, "names_to_vendors", &agreement->names_to_vendors, fault));
        TRY(agreement_check_names(call, agreement, fault));
    }
    *detail = text_format(call->arena, "%s%s%s",
                          !says_billing                ? ""
                          : agreement->bills_elsewhere ? "bills elsewhere"
                                                       : "bills here",
                          says_billing && says_names ? ", " : "",
                          !says_names                   ? ""
                          : agreement->names_to_vendors ? "names to vendors"
                                                        : "no names to vendors");
    return STATUS_OK;
}

static enum status do_edit_agreement(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct edit_agreement_input *edit = input;
    const struct agreement_words words = {edit->agreement, edit->seller, edit->buyer, false};
    struct agreement agreement;
    struct standing_terms standing;
    struct text detail = TEXT("");
    TRY(find_agreement(call, words, &agreement, fault));
    TRY(require_right(call, agreement.buyer_id, RIGHT_ACCOUNTS, fault));
    TRY(standing_terms_load(call, &agreement, call->now_us, &standing, fault));
    TRY(check_version(edit->if_version, standing.version, fault));
    if (agreement.state == AGREEMENT_TERMINATED) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "agreement", TEXT("terminated"),
                         "The agreement has ended: nothing of it can be changed.");
    }
    TRY(apply_edit(call, edit, &agreement, &detail, fault));
    TRY(agreement_update(call->db, &agreement, fault));
    TRY(audit_write(call, "agreement.edit", identifier_text(call, IDENTIFIER_AGREEMENT, agreement.id),
                    agreement.seller_id, detail, fault));
    return fill_one_view(call, &agreement, output, fault);
}

enum status edit_agreement(struct call *call, const struct edit_agreement_input *input,
                           struct agreement_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_edit_agreement, input, out, fault);
}

/* ---- reading ---- */

static enum status do_show_agreement(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct agreement_words *words = input;
    struct agreement found;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_agreement(call, *words, &found, fault));
    return fill_one_view(call, &found, output, fault);
}

enum status show_agreement(struct call *call, struct text agreement, struct text seller, struct text buyer,
                           struct agreement_view *out, struct fault *fault) {
    const struct agreement_words words = {agreement, seller, buyer, true};
    return call_run(call, DB_READ, do_show_agreement, &words, out, fault);
}

static enum status choose_agreements(struct call *call, const struct list_agreements_input *input,
                                     struct agreement_filter *filter, struct fault *fault) {
    int state = 0;
    filter->party_id = actor_viewer_id(call);
    TRY(find_account_condition(call, input->seller, "seller", &filter->seller_id, fault));
    TRY(find_account_condition(call, input->buyer, "buyer", &filter->buyer_id, fault));
    filter->with_proposal = input->proposed;
    filter->has_state = input->state.length > 0;
    if (filter->has_state) {
        TRY(machine_state_parse(&agreement_machine, input->state, &state, fault));
        filter->state = (enum agreement_state)state;
    }
    return STATUS_OK;
}

/* The agreements and their amendments, both by id. */
static enum status fill_page(struct call *call, int64_t party_id, const struct agreement *agreements,
                             struct agreement_page *page, struct fault *fault) {
    struct name_cache names;
    struct last_month last = {.call = call};
    struct amendment *amendments = NULL;
    size_t count = 0;
    size_t at = 0;
    if (page->count == 0) {
        return STATUS_OK;
    }
    name_cache_init(&names, call);
    TRY(amendments_between(call->db, call->arena, agreements[0].id, agreements[page->count - 1].id, party_id,
                           &amendments, &count, fault));
    for (size_t i = 0; i < page->count; i++) {
        struct standing_terms standing;
        while (at < count && amendments[at].agreement_id < agreements[i].id) {
            at++;
        }
        size_t own = 0;
        while (at + own < count && amendments[at + own].agreement_id == agreements[i].id) {
            own++;
        }
        TRY(standing_terms_find(&last, &agreements[i], &amendments[at], own, call->now_us, &standing, fault));
        TRY(fill_view(&names, &agreements[i], &standing, &page->items[i], fault));
    }
    return STATUS_OK;
}

static enum status do_list_agreements(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct list_agreements_input *wanted = input;
    struct agreement_filter filter = {0};
    struct agreement *agreements = NULL;
    struct agreement_page page = {0};
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(choose_agreements(call, wanted, &filter, fault));
    TRY(agreement_list(call->db, call->arena, &filter, wanted->page, &agreements, &page.count,
                       &page.next_after, fault));
    page.items = ARENA_NEW(call->arena, struct agreement_view, page.count);
    TRY(fill_page(call, filter.party_id, agreements, &page, fault));
    *(struct agreement_page *)output = page;
    return STATUS_OK;
}

enum status list_agreements(struct call *call, const struct list_agreements_input *input,
                            struct agreement_page *out, struct fault *fault) {
    return call_run(call, DB_READ, do_list_agreements, input, out, fault);
}
