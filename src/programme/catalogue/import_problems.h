/* Import problems: every bad row of an import with its line number, not the first one alone.
 *
 * An import with one bad row imports nothing. Its fault is the first problem's, with the number of all; the
 * list itself comes beside it. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_IMPORT_PROBLEMS_H
#define SEATMETER_PROGRAMME_CATALOGUE_IMPORT_PROBLEMS_H

#include "core/base/arena.h"
#include "core/base/fault.h"

#include <stdint.h>

enum { IMPORT_PROBLEMS_KEPT_MAX = 1000 };

struct import_problem {
    int64_t line; /* of the file, from 1 */
    struct fault fault;
};

struct import_problems {
    struct import_problem *items; /* the first IMPORT_PROBLEMS_KEPT_MAX */
    size_t count;
    size_t capacity;
    int64_t total; /* all of them */
};

/* Notes `fault` for a line. */
void import_problems_add(struct import_problems *problems, struct arena *arena, int64_t line,
                         const struct fault *fault);

/* The line that a fault of core/base/csv.h names, or 0. */
int64_t import_problems_line_of(const struct fault *fault);

/* STATUS_OK where there is none, else the first one's fault, its message saying its line and how many more.
 */
enum status import_problems_result(const struct import_problems *problems, struct fault *fault) MUST_CHECK;

#endif
