/* Loaded file: a metadata file of the update repository, on its way from the files thread to the loop. */
#ifndef SEATMETER_DEVICE_LOADED_FILE_H
#define SEATMETER_DEVICE_LOADED_FILE_H

#include "core/base/text.h"

struct file_source;

/* One piece of memory with its texts, to be freed by free(). */
struct loaded_file {
    struct loaded_file *next;
    bool is_found;
    bool has_failed; /* the store could not be asked */
    struct text name;
    struct text bytes;
};

/* Loads the file of that name. It never fails: a failure is noted in the file. */
struct loaded_file *loaded_file_read(struct file_source *source, struct text name);

#endif
