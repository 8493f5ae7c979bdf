/* Import rows: the rows of a CSV file, one by one, with every bad one noted. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_IMPORT_ROWS_H
#define SEATMETER_PROGRAMME_CATALOGUE_IMPORT_ROWS_H

#include "core/base/csv.h"
#include "programme/catalogue/import_problems.h"

/* Takes a row into an import; a fault makes it a bad one. `context` is the import's own. */
typedef enum status import_row(void *context, const struct csv_row *row, struct fault *fault);

/* Gives `take` each row that is left in the reader, and notes in `problems` those that are no CSV or that it
 * refuses. Fails on STATUS_INTERNAL alone, which is no fault of a row. */
enum status import_rows(struct csv_reader *reader, import_row *take, void *context,
                        struct import_problems *problems, struct fault *fault) MUST_CHECK;

#endif
