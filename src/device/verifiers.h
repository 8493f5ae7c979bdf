/* Verifiers: threads that parse activations and check their signatures, each of which takes as long as six
 * check-ins, so that the loop does not. There is one for every processor, and each gives way to the loop and
 * the writer, which wait for the network and the disk often enough. */
#ifndef SEATMETER_DEVICE_VERIFIERS_H
#define SEATMETER_DEVICE_VERIFIERS_H

#include "core/base/fault.h"
#include "device/door_job.h"

struct verifiers;

enum status verifiers_start(struct verifiers **verifiers, struct fault *fault) MUST_CHECK;
/* What waits is given up, its exchanges untouched. NULL is fine. */
void verifiers_stop(struct verifiers *verifiers);

/* Takes a copy of the body. False where too many bytes wait: answer "busy". */
bool verifiers_push(struct verifiers *verifiers, struct http_exchange *exchange, struct text body);

/* Becomes readable when there is something to take. */
int verifiers_fd(const struct verifiers *verifiers);

/* What is done, linked by `live.next`: jobs of LIVE_ACTIVATE, not in the door's list yet. `live.code` is
 * LEASE_CODE_OK, or says why the request is refused. The caller owns them. `*under_way`: how many are not
 * done.
 */
struct door_job *verifiers_take(struct verifiers *verifiers, size_t *under_way);

#endif
