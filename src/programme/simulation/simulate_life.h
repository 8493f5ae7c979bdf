/* Simulation's life: what people do, in the order of its instants.
 *
 * Everything that will happen waits in a heap by (instant, order of planning); doing one thing may plan
 * others (a licence that is turned on is planned to be looked at again). A few hundred of them share a
 * transaction. */
#ifndef SEATMETER_PROGRAMME_SIMULATION_SIMULATE_LIFE_H
#define SEATMETER_PROGRAMME_SIMULATION_SIMULATE_LIFE_H

#include "programme/simulation/simulate_world.h"

/* Lives through the months. */
enum status simulate_life(struct sim *sim, struct fault *fault) MUST_CHECK;

#endif
