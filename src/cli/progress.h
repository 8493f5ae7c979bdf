/* Progress: a bar on standard error for long work, drawn only where a person is looking. */
#ifndef SEATMETER_CLI_PROGRESS_H
#define SEATMETER_CLI_PROGRESS_H

#include "programme/call/call.h"

/* A bar where standard error is a terminal, else NULL. One per process. */
struct progress *progress_on_terminal(void);

/* Wipes the bar, so that what is printed next stands on a clean line. Fine where there is none. */
void progress_end(void);

#endif
