#include "programme/parties/terms_view.h"

#include "core/money/money.h"
#include "programme/call/authorise.h"

enum { PERCENT_DIGITS = 4 };

struct terms_view terms_view_of(struct call *call, const struct agreement *agreement) {
    bool is_first = agreement->terms_from.index == 0;
    return (struct terms_view){
        .number = 1,
        .agreement = identifier_text(call, IDENTIFIER_AGREEMENT, agreement->id),
        .state = text_of(agreement->signed_at_us > 0 ? "accepted" : "proposed"),
        .from = is_first ? TEXT("") : month_format(call->arena, agreement->terms_from),
        .currency = agreement->currency,
        .time_zone = agreement->time_zone,
        .tax_category = text_copy(call->arena, text_of(agreement->tax.category)),
        .tax_rate = decimal_format_short(call->arena, agreement->tax.rate_millionths, PERCENT_DIGITS),
        .payment_days = agreement->payment_days,
        .report_due_days = agreement->report_due_days,
        .terms = agreement->terms,
        .proposed_at_us = agreement->offered_at_us,
        .proposed_by = TEXT(""),
        .decided_at_us = agreement->signed_at_us,
        .decided_by = agreement->signed_by,
    };
}

struct terms_view terms_view_amended(struct call *call, const struct agreement *agreement,
                                     const struct amendment *amendment) {
    const struct agreement amended = agreement_amended(agreement, amendment);
    struct terms_view view = terms_view_of(call, &amended);
    view.changes = amendment->changes;
    view.number = amendment->number;
    view.state = text_of(machine_state_name(&amendment_machine, (int)amendment->state));
    view.proposed_at_us = amendment->proposed_at_us;
    view.proposed_by = amendment->proposed_by;
    view.decided_at_us = amendment->decided_at_us;
    view.decided_by = amendment->decided_by;
    return view;
}
