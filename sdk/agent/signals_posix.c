/* Signals through signalfd(2). SIGCHLD is among them, so that a hook's end wakes up too. */
#include "signals.h"

#ifndef _WIN32

#include "signals_posix.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t before; /* the process's, as the mask is */

const sigset_t *signals_before(void) {
    return &before;
}

bool signals_open(struct signals *signals) {
    sigset_t mask;
    *signals = (struct signals){.wake = -1};
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGHUP);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGCHLD);
    sigaddset(&mask, SIGPIPE);
    if (sigprocmask(SIG_BLOCK, &mask, &before) == 0) {
        signals->wake = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    }
    if (signals->wake < 0) {
        fprintf(stderr, "seatmeter-agent: signals cannot be waited for: %s\n", strerror(errno));
        return false;
    }
    return true;
}

void signals_close(struct signals *signals) {
    if (signals->wake >= 0) {
        close((int)signals->wake);
        signals->wake = -1;
    }
}

void signals_take(struct signals *signals) {
    struct signalfd_siginfo info;
    while (read((int)signals->wake, &info, sizeof info) == (ssize_t)sizeof info) {
        switch (info.ssi_signo) {
        case SIGTERM:
        case SIGINT:
            signals->is_stopping = true;
            break;
        case SIGHUP:
        case SIGUSR1:
            signals->is_asked = true;
            break;
        default:
            break;
        }
    }
}

void signals_wait(struct signals *signals, int64_t milliseconds) {
    enum { LONGEST_MS = 3600 * 1000 };
    struct pollfd poll_descriptor = {.fd = (int)signals->wake, .events = POLLIN};
    int64_t wait = milliseconds < 0 ? 0 : milliseconds > LONGEST_MS ? LONGEST_MS : milliseconds;
    (void)poll(&poll_descriptor, 1, (int)wait);
    signals_take(signals);
}

#endif
