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

/* Whether any of the lines corrects a document that was written off: they all correct the same one. */
static bool corrects_loss(const struct line_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        if (list->lines[i].corrects_loss) {
            return true;
        }
    }
    return false;
}

/* Credit notes as they gather. */
struct note_list {
    struct bill_credit_note *notes;
    size_t count;
    size_t capacity;
};

/* Makes a credit note of each document that is corrected to less, or of those alone that were written off. */
static enum status add_notes(struct arena *arena, struct line_list *list, bool losses_alone,
                             struct note_list *made, struct fault *fault) {
    size_t first = made->count;
    for (size_t i = 0; i < list->count; i++) {
        int64_t document_minor = 0;
        if (!is_first_of_document(list, i)) {
            continue;
        }
        int64_t document_id = list->lines[i].corrects_id;
        struct line_list lines = lines_of_document(arena, list, document_id);
        TRY(gross_of(arena, &lines, &document_minor, fault));
        if (document_minor < 0 && (!losses_alone || corrects_loss(&lines))) {
            made->notes = arena_grow(arena, made->notes, made->count, &made->capacity, sizeof *made->notes);
            made->notes[made->count++] = (struct bill_credit_note){document_id, lines.lines, lines.count};
        }
    }
    for (size_t i = first; i < made->count; i++) {
        assert(made->notes[i].document_id != 0 && made->notes[i].line_count > 0);
        take_out(list, made->notes[i].document_id);
    }
    return STATUS_OK;
}

enum status bill_credit_notes_take_out(struct arena *arena, struct line_list *list,
                                       const struct bill_credit_note **notes, size_t *count,
                                       struct fault *fault) {
    struct note_list made = {0};
    int64_t gross_minor = 0;
    TRY(add_notes(arena, list, true, &made, fault));
    TRY(gross_of(arena, list, &gross_minor, fault));
    if (gross_minor < 0) {
        TRY(add_notes(arena, list, false, &made, fault));
    }
    *notes = made.notes;
    *count = made.count;
    return STATUS_OK;
}
