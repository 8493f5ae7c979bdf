/* The codes' table (seatmeter_codes.h), looked up. */
#include "bytes.h"
#include "seatmeter.h"

struct row {
    enum sm_code code;
    const char *word;
    const char *words;
};

#define ROW(name, word, http, words) {SM_##name, word, words},
static const struct row rows[] = {SEATMETER_CODES(ROW)};
#undef ROW

enum { ROWS = sizeof rows / sizeof rows[0] };

/* Of a number that is no code: the row of SM_OTHER_REASON. */
static const struct row *row_of(enum sm_code code) {
    const struct row *found = &rows[0];
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].code == code) {
            return &rows[i];
        }
        if (rows[i].code == SM_OTHER_REASON) {
            found = &rows[i];
        }
    }
    return found;
}

int sm_version_number(void) {
    return SM_VERSION_NUMBER;
}

const char *sm_code_word(enum sm_code code) {
    return row_of(code)->word;
}

const char *sm_code_words(enum sm_code code) {
    return row_of(code)->words;
}

enum sm_code sm_code_of_word(const char *word, size_t length) {
    struct sm_span wanted = {word, word == NULL ? 0 : length};
    for (size_t i = 0; i < ROWS; i++) {
        if (sm_span_is(wanted, rows[i].word)) {
            return rows[i].code;
        }
    }
    return SM_OTHER_REASON;
}
