/* Simulate: a seeded programme that is set up and lived through in an empty store.
 *
 * Vendors with a catalogue, a distributor, sub-distributors, providers, customers and their licences, with
 * the churn of real ones: licences are turned on, off and on again, resized and retired, customers drop out,
 * agreements are suspended and resumed, months are reported, approved, closed and paid. Everything goes
 * through the same use cases as a person's work, at the simulation's own instants, so that a year passes in
 * seconds; one seed always gives the same world. */
#ifndef SEATMETER_PROGRAMME_SIMULATION_SIMULATE_H
#define SEATMETER_PROGRAMME_SIMULATION_SIMULATE_H

#include "programme/simulation/simulate_input.h"

/* A store without a programme is initialised first; one with more than its distributor is fault
 * "store-not-empty". Other faults: "malformed-number", "malformed-month". */
enum status simulate(struct call *call, const struct simulate_input *input, struct simulate_result *result,
                     struct fault *fault) MUST_CHECK;

#endif
