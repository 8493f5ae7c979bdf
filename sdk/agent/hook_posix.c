/* Starts a program with facts in its environment, and sees that it ends with all that it started. */
#include "hook.h"

#ifndef _WIN32

#include "signals_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 256, KILL_AFTER_MS = 2000 };

/* A time limit does not run while the machine sleeps. */
static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The agent's environment without what is named like a fact, then the facts. */
static void fill_environment(const struct hook_facts *facts, char *environment[ENVIRONMENT_MAX + 1]) {
    size_t count = 0;
    for (char **at = environ; *at != NULL && count < ENVIRONMENT_MAX - HOOK_FACTS_MAX; at++) {
        if (strncmp(*at, "SEATMETER_", 10) != 0 && strncmp(*at, "NOTIFY_SOCKET=", 14) != 0) {
            environment[count++] = *at;
        }
    }
    for (size_t i = 0; i < facts->count; i++) {
        environment[count++] = (char *)(uintptr_t)facts->facts[i]; /* execve's type is older than const */
    }
    environment[count] = NULL;
}

/* In the child: nothing but calls that are safe after fork. */
static void become(const char *program, char *const environment[], const sigset_t *mask) {
    char *arguments[] = {(char *)(uintptr_t)program, NULL};
    int empty = open("/dev/null", O_RDONLY);
    if (empty >= 0) {
        (void)dup2(empty, STDIN_FILENO);
    }
    (void)close_range(STDERR_FILENO + 1, ~0U, 0); /* what a library may have left open to it */
    setpgid(0, 0);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execve(program, arguments, environment);
    _exit(127);
}

/* Waits for the child's end, which stays to be taken note of; false at the time limit, or when the agent is
 * to stop. */
static bool wait_for_end(pid_t child, int64_t until_ms, bool may_stop, struct signals *signals) {
    for (;;) {
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child) {
            return true;
        }
        int64_t left = until_ms - monotonic_ms();
        if (left <= 0 || (may_stop && signals->is_stopping)) {
            return false;
        }
        signals_wait(signals, left); /* SIGCHLD is blocked, so it cannot slip in between */
    }
}

/* Ends what is left of the group, while the child's number cannot be another's, and takes note of its end. */
static int end_group(pid_t child) {
    int status = 0;
    kill(-child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static enum hook_end judge(const char *program, int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return HOOK_DONE;
    }
    if (WIFEXITED(status)) {
        fprintf(stderr, "seatmeter-agent: the hook %s ended with status %d%s\n", program, WEXITSTATUS(status),
                WEXITSTATUS(status) == 127 ? " (can it be started?)" : "");
    } else {
        fprintf(stderr, "seatmeter-agent: the hook %s was ended by signal %d\n", program, WTERMSIG(status));
    }
    return HOOK_FAILED;
}

enum hook_end hook_run(const char *program, const struct hook_facts *facts, int64_t time_limit_s,
                       struct signals *signals) {
    char *environment[ENVIRONMENT_MAX + 1];
    fill_environment(facts, environment);
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        fprintf(stderr, "seatmeter-agent: the hook %s cannot be started: %s\n", program, strerror(errno));
        return HOOK_FAILED;
    }
    if (child == 0) {
        become(program, environment, signals_before());
    }
    setpgid(child, child); /* in both, so that the group is there whoever comes first */
    if (wait_for_end(child, monotonic_ms() + time_limit_s * 1000, true, signals)) {
        return judge(program, end_group(child));
    }
    bool is_stopping = signals->is_stopping;
    kill(-child, SIGTERM);
    (void)wait_for_end(child, monotonic_ms() + KILL_AFTER_MS, false, signals);
    (void)end_group(child);
    if (is_stopping) {
        return HOOK_STOPPED;
    }
    return hook_timed_out(program, time_limit_s);
}

#endif
