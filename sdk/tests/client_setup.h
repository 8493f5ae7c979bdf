/* Client set-up: what the tests of a client share: a computer of its own for each test, not yet activated or
 * activated with KEY. */
#ifndef SEATMETER_SDK_TESTS_CLIENT_SETUP_H
#define SEATMETER_SDK_TESTS_CLIENT_SETUP_H

#include "door.h"

#define HOUR ((int64_t)3600)

int client_set_up(void **state);
int client_set_up_activated(void **state);
int client_tear_down(void **state);

#define FRESH(name) cmocka_unit_test_setup_teardown(name, client_set_up, client_tear_down)
#define ACTIVATED(name) cmocka_unit_test_setup_teardown(name, client_set_up_activated, client_tear_down)

/* Whether the answer of now has that advice. */
bool is_advised(struct computer *computer, enum sm_code code);

/* The door answers the next requests with that status and code; SM_OK and 200: as ever. */
void refuse_with(struct computer *computer, int status, enum sm_code code);

#endif
