/* Verifying the update repository as a client would, and beyond: what is signed must be what the store holds
 * now.
 */
#ifndef SEATMETER_PROGRAMME_DELIVERY_VERIFY_UPDATES_H
#define SEATMETER_PROGRAMME_DELIVERY_VERIFY_UPDATES_H

#include "programme/delivery/update_repository.h"

struct verify_updates_result {
    struct update_repository_view repository;
    int64_t files_checked;
    int64_t artifacts_checked;
    struct text *problems; /* sentences */
    size_t problem_count;
};
/* Whether a client would trust it: the chain of roots, signatures, hashes, that the targets are what is
 * released, and, with an artifact store in the call, that every artifact is there and whole. The operator's.
 */
enum status verify_updates(struct call *call, struct verify_updates_result *out,
                           struct fault *fault) MUST_CHECK;

/* Verifies the repository without artifacts, for the audit of the whole store; tells each problem to `found`.
 */
typedef void update_problem_found(void *context, struct text role, struct text message);
enum status update_repository_check(struct call *call, update_problem_found *found, void *context,
                                    int64_t *files_checked, struct fault *fault) MUST_CHECK;

#endif
