#include "programme/catalogue/import_rows.h"

/* Reads one row and gives it to `take`; `*line` is where it begins. */
static enum status import_one(struct csv_reader *reader, import_row *take, void *context, bool *have_row,
                              int64_t *line, struct fault *problem) {
    struct csv_row row;
    *have_row = true;
    enum status status = csv_next(reader, &row, have_row, problem);
    if (status != STATUS_OK) {
        *line = import_problems_line_of(problem);
        return status;
    }
    if (!*have_row) {
        return STATUS_OK;
    }
    *line = row.line;
    return take(context, &row, problem);
}

enum status import_rows(struct csv_reader *reader, import_row *take, void *context,
                        struct import_problems *problems, struct fault *fault) {
    bool have_row = true;
    while (have_row) {
        struct fault problem;
        int64_t line = 0;
        enum status status = import_one(reader, take, context, &have_row, &line, &problem);
        if (status == STATUS_INTERNAL) {
            *fault = problem;
            return status;
        }
        if (status != STATUS_OK) {
            import_problems_add(problems, reader->arena, line, &problem);
        }
    }
    return STATUS_OK;
}
