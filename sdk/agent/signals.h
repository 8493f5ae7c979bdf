/* Signals, as something to wait for: they are blocked everywhere and arrive through one descriptor
 * (signalfd(2)), so that whatever the agent waits for (the time, a server, a hook) it sees at once that it is
 * to stop. */
#ifndef SEATMETER_AGENT_SIGNALS_H
#define SEATMETER_AGENT_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct signals {
    int descriptor;
    sigset_t before;  /* the mask for programs that are started */
    bool is_stopping; /* SIGTERM or SIGINT came */
    bool is_asked;    /* SIGHUP or SIGUSR1 came: check in now. Who acts on it takes it back */
    bool has_child;   /* SIGCHLD came; the same */
};

/* False with a message on standard error. */
bool signals_open(struct signals *signals);
void signals_close(struct signals *signals);

/* Takes in what has come, without waiting. */
void signals_take(struct signals *signals);

/* Waits until a signal has come, or for so long (milliseconds); it may return early. */
void signals_wait(struct signals *signals, int64_t milliseconds);

#endif
