#include "cli/commands/bad_rows.h"

#include "cli/show.h"

#include <inttypes.h>
#include <stdio.h>

/* Every bad row once. A fault of the CSV itself says its place in its sentence. */
static void print_problem(const struct import_problem *problem) {
    const struct fault *fault = &problem->fault;
    if (import_problems_line_of(fault) != 0) {
        show_line(stderr, "%s (%s)\n", fault->message, fault->code);
        return;
    }
    show_line(stderr, "line %" PRId64 ": %s%s%s%s: %s (%s)\n", problem->line, fault->field,
              fault->value[0] == '\0' ? "" : " \"", fault->value, fault->value[0] == '\0' ? "" : "\"",
              fault->message, fault->code);
}

enum status show_bad_rows(const struct import_problems *problems, enum status status, struct fault *fault) {
    if (status == STATUS_OK || problems->total == 0) {
        return status;
    }
    for (size_t i = 0; i < problems->count; i++) {
        print_problem(&problems->items[i]);
    }
    if (problems->total > (int64_t)problems->count) {
        fprintf(stderr, "… and %" PRId64 " more\n", problems->total - (int64_t)problems->count);
    }
    const struct fault first = problems->items[0].fault;
    return fault_set(fault, status, first.code, NULL, TEXT(""), "%lld bad row%s. Nothing was imported.",
                     (long long)problems->total, problems->total == 1 ? "" : "s");
}
