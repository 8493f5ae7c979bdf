#include "programme/catalogue/import_problems.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void import_problems_add(struct import_problems *problems, struct arena *arena, int64_t line,
                         const struct fault *fault) {
    assert(fault->status != STATUS_OK);
    problems->total++;
    if (problems->count >= IMPORT_PROBLEMS_KEPT_MAX) {
        return;
    }
    problems->items =
        arena_grow(arena, problems->items, problems->count, &problems->capacity, sizeof *problems->items);
    problems->items[problems->count++] = (struct import_problem){line, *fault};
}

int64_t import_problems_line_of(const struct fault *fault) {
    static const char BEFORE[] = "line ";
    bool has_line = strncmp(fault->field, BEFORE, sizeof BEFORE - 1) == 0;
    return has_line ? strtoll(fault->field + sizeof BEFORE - 1, NULL, 10) : 0;
}

enum status import_problems_result(const struct import_problems *problems, struct fault *fault) {
    if (problems->total == 0) {
        return STATUS_OK;
    }
    assert(problems->count > 0 && (int64_t)problems->count <= problems->total);
    const struct import_problem *first = &problems->items[0];
    const struct fault made = first->fault;
    char line[32] = "";
    char end[80] = "Nothing was imported.";
    if (import_problems_line_of(&made) == 0) { /* a fault of the CSV says its line itself */
        snprintf(line, sizeof line, "Line %lld: ", (long long)first->line);
    }
    if (problems->total > 1) {
        snprintf(end, sizeof end, "There are %lld more bad rows, and nothing was imported.",
                 (long long)problems->total - 1);
    }
    return fault_set(fault, STATUS_INVALID, made.code, made.field, text_of(made.value), "%s%s %s", line,
                     made.message, end);
}
