/* The files of src/store/engine/schema, put into the program when it is built, in the order of their names.
 * Private to migrate.c and the file that schema/embed.py writes. */
#ifndef SEATMETER_STORE_ENGINE_SCHEMA_FILES_H
#define SEATMETER_STORE_ENGINE_SCHEMA_FILES_H

#include <stddef.h>

struct schema_file {
    const char *name; /* "001_programme.sql" */
    const char *sql;
};

extern const struct schema_file SCHEMA_FILES[];
extern const size_t SCHEMA_FILE_COUNT;

#endif
