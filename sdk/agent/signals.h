/* Signals, as something to wait for, so that whatever the agent waits for (the time, a server, a hook) it
 * sees at once that it is to stop. On POSIX they are blocked and arrive through one descriptor (signalfd(2));
 * on Windows the console, the service manager and other processes of the agent set events. */
#ifndef SEATMETER_AGENT_SIGNALS_H
#define SEATMETER_AGENT_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct signals {
    intptr_t wake;    /* for others to wait for as well: the descriptor; the event's handle; -1: not open */
    bool is_stopping; /* SIGTERM or SIGINT came; Ctrl+C, the service's or the machine's stop */
    bool is_asked;    /* SIGHUP or SIGUSR1 came; a nudge: check in now. Who acts on it takes it back */
};

/* False with a message on standard error. There is one of them in a process. */
bool signals_open(struct signals *signals);
void signals_close(struct signals *signals);

/* Takes in what has come, without waiting. */
void signals_take(struct signals *signals);

/* Waits until a signal has come, or for so long (milliseconds); it may return early. */
void signals_wait(struct signals *signals, int64_t milliseconds);

#endif
