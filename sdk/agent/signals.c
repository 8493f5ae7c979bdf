/* Signals as something to wait for. */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool signals_open(struct signals *signals) {
    sigset_t mask;
    *signals = (struct signals){.descriptor = -1};
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGHUP);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGCHLD);
    sigaddset(&mask, SIGPIPE);
    if (sigprocmask(SIG_BLOCK, &mask, &signals->before) == 0) {
        signals->descriptor = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    }
    if (signals->descriptor < 0) {
        fprintf(stderr, "seatmeter-agent: signals cannot be waited for: %s\n", strerror(errno));
        return false;
    }
    return true;
}

void signals_close(struct signals *signals) {
    if (signals->descriptor >= 0) {
        close(signals->descriptor);
        signals->descriptor = -1;
    }
}

void signals_take(struct signals *signals) {
    struct signalfd_siginfo info;
    while (read(signals->descriptor, &info, sizeof info) == (ssize_t)sizeof info) {
        switch (info.ssi_signo) {
        case SIGTERM:
        case SIGINT:
            signals->is_stopping = true;
            break;
        case SIGHUP:
        case SIGUSR1:
            signals->is_asked = true;
            break;
        case SIGCHLD:
            signals->has_child = true;
            break;
        default:
            break;
        }
    }
}

void signals_wait(struct signals *signals, int64_t milliseconds) {
    enum { LONGEST_MS = 3600 * 1000 };
    struct pollfd poll_descriptor = {.fd = signals->descriptor, .events = POLLIN};
    int64_t wait = milliseconds < 0 ? 0 : milliseconds > LONGEST_MS ? LONGEST_MS : milliseconds;
    (void)poll(&poll_descriptor, 1, (int)wait);
    signals_take(signals);
}
