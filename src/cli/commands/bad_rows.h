/* Bad rows: what was wrong with a file that was to be imported, row by row. */
#ifndef SEATMETER_CLI_COMMANDS_BAD_ROWS_H
#define SEATMETER_CLI_COMMANDS_BAD_ROWS_H

#include "programme/catalogue/import_problems.h"

/* Prints the bad rows, if there are any; what is left to say of them, the fault, is that nothing was
 * imported. */
enum status show_bad_rows(const struct import_problems *problems, enum status status,
                          struct fault *fault) MUST_CHECK;

#endif
