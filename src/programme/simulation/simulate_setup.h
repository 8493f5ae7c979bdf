/* Simulation's setup: the world before its first day, which is accounts, agreements, catalogue, prices,
 * blocks.
 *
 * Catalogue and prices go in as CSV through the same imports that people use. Codes are unique over the whole
 * programme, so that its exports read well. */
#ifndef SEATMETER_PROGRAMME_SIMULATION_SIMULATE_SETUP_H
#define SEATMETER_PROGRAMME_SIMULATION_SIMULATE_SETUP_H

#include "programme/simulation/simulate_world.h"

/* The call stands at sim->begins_at_us. */
enum status simulate_setup(struct sim *sim, struct fault *fault) MUST_CHECK;

/* Somewhere in the world: a time zone and the currency there. */
struct sim_place {
    const char *country;
    const char *time_zone;
    const char *currency;
    const char *city;
};
const struct sim_place *simulate_place(struct rng *rng);

#endif
