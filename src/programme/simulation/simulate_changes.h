/* Simulation's changes: what a rich world has beside its daily life. Agreements are amended, customers move
 * to another provider, and changes of licences are told late.
 *
 * Chance has a sequence of its own here, so that they change nothing else of a seed's world. */
#ifndef SEATMETER_PROGRAMME_SIMULATION_SIMULATE_CHANGES_H
#define SEATMETER_PROGRAMME_SIMULATION_SIMULATE_CHANGES_H

#include "programme/simulation/simulate_world.h"

/* New terms of a customer's agreement from the month (from the first, from 0) on: tax, time zone, currency,
 * or all. With another currency come the provider's prices in it. */
enum status simulate_amend_customer(struct sim *sim, int64_t customer, int32_t from,
                                    struct fault *fault) MUST_CHECK;

/* New tax, due days or time zone of the agreement by which a provider buys. */
enum status simulate_amend_provider(struct sim *sim, int64_t provider, int32_t from,
                                    struct fault *fault) MUST_CHECK;

/* All agree that the customer moves with the month; `at_us` is the instant to carry it out at, 0: it does not
 * move. */
enum status simulate_agree_move(struct sim *sim, int64_t customer, int32_t month, int64_t *at_us,
                                struct fault *fault) MUST_CHECK;

/* Carries the move out, and prices what went along; where a party is suspended by then, withdraws it. */
enum status simulate_carry_out_move(struct sim *sim, int64_t customer, struct fault *fault) MUST_CHECK;

/* What was last done with a licence is told anew: it was turned off, or on, before already. */
enum status simulate_late_change(struct sim *sim, struct sim_licence *licence, int64_t month_from_us,
                                 int64_t month_until_us, struct fault *fault) MUST_CHECK;

/* Approves the reports that wait for their seller alone, of the edges that stayed open. */
struct close_month_result;
enum status simulate_approve_waiting(struct sim *sim, const struct close_month_result *closed,
                                     size_t *approved, struct fault *fault) MUST_CHECK;

/* Notes what a change made of the licence. */
void simulate_note_change(struct sim_licence *licence, int64_t at_us);

#endif
