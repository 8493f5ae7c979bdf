#include "core/parties/agreement.h"

static const char *const agreement_states[] = {
    [AGREEMENT_DRAFT] = "draft",         [AGREEMENT_OFFERED] = "offered",       [AGREEMENT_SIGNED] = "signed",
    [AGREEMENT_SUSPENDED] = "suspended", [AGREEMENT_TERMINATED] = "terminated",
};
static const struct transition agreement_transitions[] = {
    {AGREEMENT_DRAFT, "offer", AGREEMENT_OFFERED},
    {AGREEMENT_OFFERED, "sign", AGREEMENT_SIGNED},
    {AGREEMENT_SIGNED, "suspend", AGREEMENT_SUSPENDED},
    {AGREEMENT_SUSPENDED, "resume", AGREEMENT_SIGNED},
    {AGREEMENT_DRAFT, "terminate", AGREEMENT_TERMINATED},
    {AGREEMENT_OFFERED, "terminate", AGREEMENT_TERMINATED},
    {AGREEMENT_SIGNED, "terminate", AGREEMENT_TERMINATED},
    {AGREEMENT_SUSPENDED, "terminate", AGREEMENT_TERMINATED},
};

const struct state_machine agreement_machine =
    STATE_MACHINE("agreement", agreement_states, agreement_transitions);

static const char *const amendment_states[] = {
    [AMENDMENT_PROPOSED] = "proposed",
    [AMENDMENT_ACCEPTED] = "accepted",
    [AMENDMENT_WITHDRAWN] = "withdrawn",
};
static const struct transition amendment_transitions[] = {
    {AMENDMENT_PROPOSED, "accept", AMENDMENT_ACCEPTED},
    {AMENDMENT_PROPOSED, "withdraw", AMENDMENT_WITHDRAWN},
    {AMENDMENT_ACCEPTED, "withdraw", AMENDMENT_WITHDRAWN},
};

const struct state_machine amendment_machine =
    STATE_MACHINE("amendment", amendment_states, amendment_transitions);

int agreement_pair_compare(const struct agreement *a, const struct agreement *b) {
    if (a->seller_id != b->seller_id) {
        return a->seller_id < b->seller_id ? -1 : 1;
    }
    return a->buyer_id < b->buyer_id ? -1 : a->buyer_id > b->buyer_id;
}

bool agreement_covers(const struct agreement *agreement, struct month month) {
    return month.index >= agreement->terms_from.index &&
           (agreement->terms_until.index == 0 || month.index < agreement->terms_until.index);
}

bool agreement_was_in_force(const struct agreement *agreement, int64_t from_us, int64_t until_us) {
    return agreement->signed_at_us > 0 && agreement->signed_at_us < until_us &&
           (agreement->ended_at_us == 0 || agreement->ended_at_us > from_us);
}

int64_t amendment_changes_of(const struct agreement *terms, const struct amendment *amendment) {
    bool same_tax = terms->tax.rate_millionths == amendment->tax.rate_millionths &&
                    text_equal(text_of(terms->tax.category), text_of(amendment->tax.category));
    int64_t changes = 0;
    changes |= text_equal(terms->currency, amendment->currency) ? 0 : CHANGES_CURRENCY;
    changes |= text_equal(terms->time_zone, amendment->time_zone) ? 0 : CHANGES_TIME_ZONE;
    changes |= same_tax ? 0 : CHANGES_TAX;
    changes |= terms->payment_days == amendment->payment_days ? 0 : CHANGES_PAYMENT_DAYS;
    changes |= terms->report_due_days == amendment->report_due_days ? 0 : CHANGES_REPORT_DAYS;
    changes |= text_equal(terms->terms, amendment->terms) ? 0 : CHANGES_TEXT;
    return changes;
}

bool amendment_follow(struct amendment *amendment, const struct agreement *before) {
    int64_t taken = amendment_changes_of(before, amendment) & ~amendment->changes;
    amendment->currency = (taken & CHANGES_CURRENCY) ? before->currency : amendment->currency;
    amendment->time_zone = (taken & CHANGES_TIME_ZONE) ? before->time_zone : amendment->time_zone;
    amendment->tax = (taken & CHANGES_TAX) ? before->tax : amendment->tax;
    amendment->payment_days = (taken & CHANGES_PAYMENT_DAYS) ? before->payment_days : amendment->payment_days;
    amendment->report_due_days =
        (taken & CHANGES_REPORT_DAYS) ? before->report_due_days : amendment->report_due_days;
    amendment->terms = (taken & CHANGES_TEXT) ? before->terms : amendment->terms;
    return taken != 0;
}

struct agreement agreement_amended(const struct agreement *agreement, const struct amendment *amendment) {
    struct agreement amended = *agreement;
    amended.terms_from = amendment->from;
    amended.terms_until = (struct month){0};
    amended.currency = amendment->currency;
    amended.time_zone = amendment->time_zone;
    amended.tax = amendment->tax;
    amended.payment_days = amendment->payment_days;
    amended.report_due_days = amendment->report_due_days;
    amended.terms = amendment->terms;
    return amended;
}
