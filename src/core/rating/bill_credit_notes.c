#include "core/rating/bill_credit_notes.h"

#include <assert.h>

/* The lines of a list that correct one document. */
static struct line_list lines_of_document(struct arena *arena, const struct line_list *list,
                                          int64_t document_id) {
    struct line_list found = {0};
    for (size_t i = 0; i < list->count; i++) {
        if (list->lines[i].corrects_id == document_id) {
            struct billed_line line = list->lines[i];
            line.position = (int64_t)found.count + 1;
            line_list_add(&found, arena, &line);
        }
    }
    return found;
}

static enum status gross_of(struct arena *arena, const struct line_list *list, int64_t *gross_minor,
                            struct fault *fault) {
    struct billed_total total;
    TRY(billed_lines_total(arena, list->lines, list->count, &total, fault));
    *gross_minor = total.gross_minor;
    return STATUS_OK;
}

static void take_out(struct line_list *list, int64_t document_id) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->lines[i].corrects_id != document_id) {
            list->lines[kept++] = list->lines[i];
        }
    }
    list->count = kept;
}

static bool is_first_of_document(const struct line_list *list, size_t line) {
    for (size_t i = 0; i < line; i++) {
        if (list->lines[i].corrects_id == list->lines[line].corrects_id) {
            return false;
        }
    }
    return list->lines[line].corrects_id != 0;
}

enum status bill_credit_notes_take_out(struct arena *arena, struct line_list *list,
                                       const struct bill_credit_note **notes, size_t *count,
                                       struct fault *fault) {
    struct bill_credit_note *made = NULL;
    size_t made_count = 0;
    size_t capacity = 0;
    int64_t gross_minor = 0;
    TRY(gross_of(arena, list, &gross_minor, fault));
    for (size_t i = 0; gross_minor < 0 && i < list->count; i++) {
        int64_t document_minor = 0;
        if (!is_first_of_document(list, i)) {
            continue;
        }
        int64_t document_id = list->lines[i].corrects_id;
        struct line_list lines = lines_of_document(arena, list, document_id);
        TRY(gross_of(arena, &lines, &document_minor, fault));
        if (document_minor < 0) {
            made = arena_grow(arena, made, made_count, &capacity, sizeof *made);
            made[made_count++] = (struct bill_credit_note){document_id, lines.lines, lines.count};
        }
    }
    for (size_t i = 0; i < made_count; i++) {
        assert(made[i].document_id != 0 && made[i].line_count > 0);
        take_out(list, made[i].document_id);
    }
    *notes = made;
    *count = made_count;
    return STATUS_OK;
}
