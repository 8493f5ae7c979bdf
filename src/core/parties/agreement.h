/* Agreement: the terms by which the months of one edge (seller, buyer) are rated and billed. */
#ifndef SEATMETER_CORE_PARTIES_AGREEMENT_H
#define SEATMETER_CORE_PARTIES_AGREEMENT_H

#include "core/base/state_machine.h"
#include "core/money/tax.h"

#include <stdint.h>

enum agreement_state {
    AGREEMENT_DRAFT,
    AGREEMENT_OFFERED,
    AGREEMENT_SIGNED,
    AGREEMENT_SUSPENDED,
    AGREEMENT_TERMINATED
};
extern const struct state_machine agreement_machine;

struct agreement {
    int64_t id;
    int64_t seller_id;
    int64_t buyer_id;
    enum agreement_state state;
    struct text currency;
    struct text time_zone;
    struct tax tax; /* of lines whose price or charge says nothing else */
    int64_t payment_days;
    int64_t report_due_days;
    struct text terms;     /* free text for the invoices */
    int64_t offered_at_us; /* 0: not yet; so also below */
    int64_t signed_at_us;
    struct text signed_by;
    int64_t ended_at_us;
    int64_t created_at_us;
    int64_t version;
};

#endif
