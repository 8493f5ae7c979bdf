/* Verifiers: threads that parse activations and check their signatures, so that the loop does not. A
 * signature takes as long as six check-ins. There is one thread for every processor, and each gives way to
 * the loop and the writer, which wait for the network and the disk often enough. */
#ifndef SEATMETER_DEVICE_VERIFIERS_H
#define SEATMETER_DEVICE_VERIFIERS_H

#include "core/base/fault.h"
#include "device/door_job.h"

struct verifiers;

enum status verifiers_start(struct verifiers **verifiers, struct fault *fault) MUST_CHECK;
/* Gives up what waits and leaves its exchanges untouched. NULL is fine. */
void verifiers_stop(struct verifiers *verifiers);

/* Takes a copy of the body. False where too many bytes wait: the answer is LEASE_CODE_BUSY. */
bool verifiers_push(struct verifiers *verifiers, struct http_exchange *exchange, struct text body);

/* The descriptor that becomes readable when verifiers_take has something to return. */
int verifiers_fd(const struct verifiers *verifiers);

/* Takes the jobs of LIVE_ACTIVATE that are done, linked by `live.next`; they are in no list of the door's,
 * and the caller owns them. `live.code` is LEASE_CODE_OK, or says why the request is refused. `*under_way`:
 * how many are not done. */
struct door_job *verifiers_take(struct verifiers *verifiers, size_t *under_way);

#endif
