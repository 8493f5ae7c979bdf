/* Activation: the verifiers parse it and check its signature, the writer thread writes it with others in one
 * transaction, and the loop answers it when it is durable. */
#ifndef SEATMETER_DEVICE_ACTIVATION_H
#define SEATMETER_DEVICE_ACTIVATION_H

#include "device/door_context.h"

void activation_take(struct device_door *door, struct http_exchange *exchange, struct text body);

/* Takes what the verifiers have done. `door`: a struct device_door. */
void activation_take_verified(void *door);

/* Answers a job of LIVE_ACTIVATE that the writer has done. */
void activation_finish_job(struct device_door *door, struct door_job *job);

#endif
