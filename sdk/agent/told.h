/* Told: what the hook was last told, kept, so that a restart repeats nothing and forgets nothing. */
#ifndef SEATMETER_AGENT_TOLD_H
#define SEATMETER_AGENT_TOLD_H

#include <stdbool.h>

enum { TOLD_BYTES = 4608 };

struct told {
    char decision[TOLD_BYTES]; /* decision and code */
    char lease[TOLD_BYTES];    /* what tells one lease from another */
    char update[TOLD_BYTES];   /* version and hash of an update */
    char
        ready[TOLD_BYTES]; /* the path of the verified file of an update, told or not; empty: there is none */
    char ready_version[TOLD_BYTES];
    char ready_sha256[TOLD_BYTES];
};

/* Reads the file; what cannot be read is as if nothing had been told. */
void told_load(struct told *told, const char *path);

/* Keeps it; false with a message on standard error. */
bool told_keep(const struct told *told, const char *path);

#endif
