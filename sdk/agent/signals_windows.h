/* What the service and the lock on Windows need of signals. */
#ifndef SEATMETER_AGENT_SIGNALS_WINDOWS_H
#define SEATMETER_AGENT_SIGNALS_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

/* Has this process stop; from any thread. */
void signals_stop(void);

/* Has the agent that is that process look again; false where there is none, or it is not ours to ask. */
bool signals_ask(int64_t process);

#endif
