#include "cli/progress.h"

#include "machine/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_CELLS = 30 };
static const int64_t REDRAW_US = 100000; /* ten times a second is smooth enough and costs nothing */

static int64_t last_drawn_us;
static bool is_drawn;

static void draw_bar(struct progress *progress, const char *what, int64_t done, int64_t total) {
    (void)progress;
    int64_t now_us = machine_monotonic_us();
    if (total <= 0 || (is_drawn && done < total && now_us - last_drawn_us < REDRAW_US)) {
        return;
    }
    last_drawn_us = now_us;
    is_drawn = true;
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
    static struct progress bar = {draw_bar};
    return isatty(STDERR_FILENO) ? &bar : NULL;
}

void progress_end(void) {
    if (is_drawn) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
        is_drawn = false;
    }
}
