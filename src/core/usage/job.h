/* Job: work that is too long for one transaction, done in short ones, so that nobody waits for it.
 *
 * A job that was asked for waits until a process takes it up. One that was killed under way is running by its
 * row and by nobody: whoever may run jobs takes it up again, or makes it wait. */
#ifndef SEATMETER_CORE_USAGE_JOB_H
#define SEATMETER_CORE_USAGE_JOB_H

#include "core/base/state_machine.h"

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_PAUSED, JOB_DONE, JOB_FAILED };
extern const struct state_machine job_machine;

#endif
