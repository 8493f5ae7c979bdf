/* Files that are downloaded into: open for long, and so not what platform.h is for. Names are UTF-8. */
#ifndef SEATMETER_UPDATE_FILE_H
#define SEATMETER_UPDATE_FILE_H

#include "store.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* fopen, for the owner alone; programs that the product starts do not inherit it. */
FILE *sm_file_open(const char *path, const char *mode);

/* Makes what was written durable. */
bool sm_file_sync(FILE *file);

void sm_file_remove(const char *path);

/* Renames durably, over what is there. */
bool sm_file_rename(const char *from, const char *to);

/* What stays free beside anything that is downloaded: room for the store's files, which every check-in
 * writes. Without it an update that fills the disk would end in a lease that cannot be renewed. */
enum {
    SM_DISK_RESERVE_BYTES = 4 * SM_STORE_BYTES_MAX,
    SM_METADATA_RESERVE_BYTES = SM_STORE_BYTES_MAX /* beside metadata, which says what the rest is for */
};

/* How many bytes can be written where a file of that name is, or would be; negative where that is not known.
 */
int64_t sm_file_room(const char *path);

/* Whether errno (or Windows' last error) says that the disk, or what the user may have of it, is full. */
bool sm_file_says_full(void);

#endif
