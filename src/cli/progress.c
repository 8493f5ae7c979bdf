#include "cli/progress.h"

#include "machine/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_CELLS = 30 };
static const int64_t REDRAW_US = 100000; /* ten times a second is smooth enough and costs nothing */

static int64_t last_drawn_us;
static bool drawn;

static void draw(struct progress *progress, const char *what, int64_t done, int64_t total) {
    (void)progress;
    int64_t now_us = machine_monotonic_us();
    if (total <= 0 || (drawn && done < total && now_us - last_drawn_us < REDRAW_US)) {
        return;
    }
    last_drawn_us = now_us;
    drawn = true;
    if (done > total) {
        done = total;
    }
    int cells = (int)(done * BAR_CELLS / total);
    char bar[BAR_CELLS + 1];
    memset(bar, '.', BAR_CELLS);
    memset(bar, '#', (size_t)cells);
    bar[BAR_CELLS] = '\0';
    fprintf(stderr, "\r\033[K%s [%s] %3d %%", what, bar, (int)(done * 100 / total));
    fflush(stderr);
}

struct progress *progress_on_terminal(void) {
    static struct progress bar = {draw};
    return isatty(STDERR_FILENO) ? &bar : NULL;
}

void progress_end(void) {
    if (drawn) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
        drawn = false;
    }
}
