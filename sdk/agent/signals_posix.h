/* What starting a program on POSIX needs of signals. */
#ifndef SEATMETER_AGENT_SIGNALS_POSIX_H
#define SEATMETER_AGENT_SIGNALS_POSIX_H

#include <signal.h>

/* The mask that was there before signals_open: programs that are started get it back. */
const sigset_t *signals_before(void);

#endif
