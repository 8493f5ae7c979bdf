/* Beginning a programme in an empty store: its distributor, and what new agreements start with. */
#ifndef SEATMETER_PROGRAMME_PARTIES_INIT_PROGRAMME_H
#define SEATMETER_PROGRAMME_PARTIES_INIT_PROGRAMME_H

#include "programme/call/call.h"
#include "programme/parties/accounts.h"

struct init_programme_input {
    struct text distributor; /* its name */
    struct text code;        /* empty: made of the name */
    struct text currency;
    struct text time_zone;
    struct text address;
    struct text country;
    struct text tax_number;
    struct text email;
};

/* The store has been migrated before (db_migrate). Fault "already-initialised" where it has a programme;
 * `call->secret` is the one that it will be checked against from now on. */
enum status init_programme(struct call *call, const struct init_programme_input *input,
                           struct account_view *out, struct fault *fault) MUST_CHECK;

#endif
