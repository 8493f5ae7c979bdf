/* Files that the command is given: read whole, within a limit, UTF-8 checked where it is text. */
#ifndef SEATMETER_CLI_FILE_H
#define SEATMETER_CLI_FILE_H

#include "core/base/fault.h"

/* The bytes of a file ("-": standard input) in the arena. Faults "file-not-read", "file-too-large". */
enum status file_read(struct arena *arena, struct text path, const char *field, size_t most_bytes,
                      struct text *bytes, struct fault *fault) MUST_CHECK;

/* Writes a file that appears whole or not at all. Fault "file-not-written". */
enum status file_write(struct arena *arena, struct text path, const char *field, struct text bytes,
                       struct fault *fault) MUST_CHECK;

/* The same for its owner alone: what is written holds a secret. */
enum status file_write_private(struct arena *arena, struct text path, const char *field, struct text bytes,
                               struct fault *fault) MUST_CHECK;

#endif
