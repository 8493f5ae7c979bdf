/* Effect: which of all the lines that were issued are in effect, and which have been taken back.
 *
 * A line takes back another one: a credit note's takes back the line that it credits, a correction's reversal
 * the line that it replaces. A line that is taken back is not in effect, and neither is the one that takes
 * it. Where the taker itself is taken back, what it took is in effect again. So the amounts of the lines in
 * effect always sum to those of all lines (R7.17). */
#ifndef SEATMETER_CORE_RATING_EFFECT_H
#define SEATMETER_CORE_RATING_EFFECT_H

#include "core/money/billed_line.h"

/* A line as it was issued, with what its document says of it. */
struct issued_line {
    struct billed_line line;
    struct month month;  /* that it bills: the one that it corrects, else its document's */
    int64_t document_id; /* its invoice; of a credit note's line the invoice that the note credits */
    struct text number;  /* of that invoice */
    bool is_written_off; /* that invoice */
    int64_t
        takes_invoice_id; /* the line that it takes back; 0: none, or a reversal from before lines said it */
    int64_t takes_position;
};

/* How lines stand to each other, by index: -1 is none. */
struct line_effects {
    int64_t *takes;    /* the line that each one takes back */
    int64_t *taken_by; /* the line that took each one back last */
};

/* Lines by invoice, then position. A line that takes back one which is not among `lines`, or is taken back
 * already, takes nothing back here. */
struct line_effects line_effects_of(struct arena *arena, const struct issued_line *lines, size_t count);

/* Whether nothing takes the line back. */
bool line_stands(const struct line_effects *effects, size_t line);

/* Whether the line stands and takes back no other. */
bool line_is_in_effect(const struct line_effects *effects, size_t line);

/* Whether two lines charge the same. */
bool lines_charge_the_same(const struct billed_line *a, const struct billed_line *b);

/* The line turned round, which takes it back. */
struct billed_line line_turned(struct billed_line line);

/* The lines in effect that charge anything, in their order. */
struct issued_lines {
    const struct issued_line **items;
    size_t count;
};
struct issued_lines lines_in_effect(struct arena *arena, const struct issued_line *lines, size_t count);

#endif
