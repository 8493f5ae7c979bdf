#include "programme/parties/agreement_terms.h"

#include "core/money/money.h"
#include "core/time/zone.h"
#include "programme/call/tax_parties.h"
#include "programme/call/validate.h"
#include "store/parties/accounts.h"
#include "store/parties/programme.h"

enum { PAYMENT_DAYS_MAX = 365, REPORT_DUE_DAYS_MAX = 60, TERMS_MAX_BYTES = 4000 };
enum { PAYMENT_DAYS_DEFAULT = 30, REPORT_DUE_DAYS_DEFAULT = 5 };

static enum status check_zone(struct text name, struct fault *fault) {
    struct zone *zone = NULL;
    enum status status = zone_open(name, "time_zone", &zone, fault);
    zone_close(zone);
    return status;
}

/* What is not said stays, whatever its parties lack by now; so does what a move takes over. */
static enum status check_tax_words(struct call *call, const struct agreement_terms_input *terms,
                                   struct agreement *agreement, struct fault *fault) {
    struct account seller;
    struct account buyer;
    if (terms->tax_category.length == 0 && terms->tax_rate.length == 0) {
        return STATUS_OK;
    }
    TRY(check_tax_change(terms->tax_category, terms->tax_rate, agreement->tax, &agreement->tax, fault));
    if (terms->tax_is_taken_over) {
        return STATUS_OK;
    }
    TRY(account_load(call->db, call->arena, agreement->seller_id, &seller, fault));
    TRY(account_load(call->db, call->arena, agreement->buyer_id, &buyer, fault));
    return check_tax_parties(agreement->tax, &seller, &buyer, fault);
}

enum status agreement_change_terms(struct call *call, const struct agreement_terms_input *terms,
                                   struct agreement *agreement, struct fault *fault) {
    struct currency currency;
    if (terms->currency.length > 0) {
        TRY(currency_find(terms->currency, "currency", &currency, fault));
        agreement->currency = terms->currency;
    }
    if (terms->time_zone.length > 0) {
        TRY(check_zone(terms->time_zone, fault));
        agreement->time_zone = terms->time_zone;
    }
    TRY(check_tax_words(call, terms, agreement, fault));
    TRY(check_number(terms->payment_days, "payment_days", 0, PAYMENT_DAYS_MAX, agreement->payment_days,
                     &agreement->payment_days, fault));
    TRY(check_number(terms->report_due_days, "report_due_days", 0, REPORT_DUE_DAYS_MAX,
                     agreement->report_due_days, &agreement->report_due_days, fault));
    return terms->text.length == 0
               ? STATUS_OK
               : check_lines(terms->text, "terms", TERMS_MAX_BYTES, &agreement->terms, fault);
}

enum status agreement_check_bills_elsewhere(struct call *call, const struct agreement *agreement,
                                            struct fault *fault) {
    struct account buyer;
    if (!agreement->bills_elsewhere) {
        return STATUS_OK;
    }
    TRY(account_load(call->db, call->arena, agreement->buyer_id, &buyer, fault));
    if (buyer.kind == ACCOUNT_PROVIDER || (buyer.kind == ACCOUNT_DISTRIBUTOR && buyer.seller_id != 0)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "not-a-reseller", "bills_elsewhere", buyer.code,
                     "Say of a provider or a sub-distributor that it bills elsewhere: %.*s is a %s.",
                     TEXT_ARGS(buyer.code), account_kind_name(buyer.kind));
}

enum status agreement_check_names(struct call *call, const struct agreement *agreement, struct fault *fault) {
    struct account seller;
    struct account buyer;
    if (!agreement->names_to_vendors) {
        return STATUS_OK;
    }
    TRY(account_load(call->db, call->arena, agreement->seller_id, &seller, fault));
    TRY(account_load(call->db, call->arena, agreement->buyer_id, &buyer, fault));
    if (buyer.kind == ACCOUNT_PROVIDER || seller.kind == ACCOUNT_VENDOR) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "names-not-given", "names_to_vendors", buyer.code,
                     "The distributor lets a vendor read names in the agreement with that vendor, and a "
                     "provider in the one by which it buys: %.*s is a %s.",
                     TEXT_ARGS(buyer.code), account_kind_name(buyer.kind));
}

enum status agreement_fill_terms(struct call *call, const struct agreement_terms_input *terms,
                                 struct agreement *agreement, struct fault *fault) {
    struct programme programme;
    TRY(programme_load(call->db, call->arena, &programme, fault));
    agreement->currency = programme.currency;
    agreement->time_zone = programme.time_zone;
    TRY(check_tax(TEXT(""), TEXT(""), &agreement->tax, fault));
    agreement->payment_days = PAYMENT_DAYS_DEFAULT;
    agreement->report_due_days = REPORT_DUE_DAYS_DEFAULT;
    agreement->terms = TEXT("");
    TRY(check_yes_no(terms->bills_elsewhere, "bills_elsewhere", &agreement->bills_elsewhere, fault));
    TRY(agreement_check_bills_elsewhere(call, agreement, fault));
    TRY(check_yes_no(terms->names_to_vendors, "names_to_vendors", &agreement->names_to_vendors, fault));
    TRY(agreement_check_names(call, agreement, fault));
    return agreement_change_terms(call, terms, agreement, fault);
}
