/* Files that are downloaded into: open for long, and so not what platform.h is for. Names are UTF-8. */
#ifndef SEATMETER_UPDATE_FILE_H
#define SEATMETER_UPDATE_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* fopen, for the owner alone; programs that the product starts do not inherit it. */
FILE *sm_file_open(const char *path, const char *mode);

/* Makes what was written durable. */
bool sm_file_sync(FILE *file);

void sm_file_remove(const char *path);

/* Renames durably, over what is there. */
bool sm_file_rename(const char *from, const char *to);

#endif
