/* A clock that is ahead: preloaded into the command, it moves what it takes for now by SEATMETER_TEST_LATER
 * seconds, so that a month that is being lived through can be closed at once. A clock that is set while the
 * program runs: by as many seconds as the file SEATMETER_TEST_LATER_FILE has at that moment. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t seconds_of_file(const char *path) {
    char text[24] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) {
        close(file);
    }
    return length <= 0 ? 0 : (time_t)strtoll(text, NULL, 10);
}

static time_t later_s(void) {
    const char *text = getenv("SEATMETER_TEST_LATER");
    const char *path = getenv("SEATMETER_TEST_LATER_FILE");
    return path != NULL ? seconds_of_file(path) : text == NULL ? 0 : (time_t)strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    long status = syscall(SYS_clock_gettime, clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += later_s();
    }
    return (int)status;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
    return 0;
}
