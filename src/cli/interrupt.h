/* Interrupt: Ctrl-C while something long runs that can be paused. */
#ifndef SEATMETER_CLI_INTERRUPT_H
#define SEATMETER_CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on the first SIGINT or SIGTERM is only noted; a second one ends the process as ever. */
void interrupt_listen(void);

/* Whether one came. `context` is not used; it is there for struct job_watch. */
bool interrupt_came(void *context);

#endif
