/* Cast: who a test's story is about: a distributor, two providers and their customers, and calls as each.
 *
 * Everybody is known by a code: vendor VENDOR, distributor DIST, providers ALPHA and BETA, their customers A1
 * and B1. Agreements are signed all along. */
#ifndef SEATMETER_TESTS_PROGRAMME_CAST_H
#define SEATMETER_TESTS_PROGRAMME_CAST_H

#include "programme/parties/accounts.h"
#include "world.h"

/* The programme with its distributor DIST alone. */
void a_programme(struct world *world);

/* All of the cast. */
void a_whole_cast(struct world *world);

/* An account under `seller` ("": none is named), its agreement signed. */
struct account_view an_account(struct world *world, const char *kind, const char *code, const char *seller);

/* A call by somebody of the account with those rights. */
struct call call_of(struct world *world, const char *code, unsigned rights);

/* The account as the operator sees it. */
struct account_view the_account(struct world *world, const char *code);

#endif
