/* Agreement terms: the words in which somebody gives them, checked and filled in. */
#ifndef SEATMETER_PROGRAMME_PARTIES_AGREEMENT_TERMS_H
#define SEATMETER_PROGRAMME_PARTIES_AGREEMENT_TERMS_H

#include "programme/parties/agreements.h"

/* Who buys to sell on may bill its own buyers elsewhere; the distributor and its vendors bill here. Fault
 * "not-a-reseller". */
enum status agreement_check_bills_elsewhere(struct call *call, const struct agreement *agreement,
                                            struct fault *fault) MUST_CHECK;

/* The distributor lets a vendor read names in the agreement with it, a provider in its own. Fault
 * "names-not-given". */
enum status agreement_check_names(struct call *call, const struct agreement *agreement,
                                  struct fault *fault) MUST_CHECK;

/* All terms of a new agreement: empty words take the defaults. Faults "unknown-currency",
 * "unknown-time-zone", those of the tax and of check_tax_parties, "number-out-of-range", "text-too-long",
 * "not-a-reseller", "names-not-given". */
enum status agreement_fill_terms(struct call *call, const struct agreement_terms_input *terms,
                                 struct agreement *agreement, struct fault *fault) MUST_CHECK;

/* Those that are given; empty words leave what the agreement has. A rate alone keeps
 * a category that has one, and makes it S where not. */
enum status agreement_change_terms(struct call *call, const struct agreement_terms_input *terms,
                                   struct agreement *agreement, struct fault *fault) MUST_CHECK;

#endif
