#include "core/base/shell_quote.h"

#include <string.h>

/* Each byte may become four ('\''), and two stand around. */
struct text shell_quote_posix(struct arena *arena, struct text word) {
    char *out = ARENA_NEW(arena, char, word.length * 4 + 3);
    size_t used = 0;
    out[used++] = '\'';
    for (size_t i = 0; i < word.length; i++) {
        if (word.at[i] == '\'') {
            for (const char *at = "'\\''"; *at != '\0'; at++) {
                out[used++] = *at;
            }
        } else {
            out[used++] = word.at[i];
        }
    }
    out[used++] = '\'';
    return (struct text){out, used};
}

/* U+2018 to U+201B are E2 80 98 to E2 80 9B. */
static size_t quote_length(struct text rest) {
    if (rest.at[0] == '\'') {
        return 1;
    }
    bool is_typographic = rest.length >= 3 && memcmp(rest.at, "\xE2\x80", 2) == 0 &&
                          (unsigned char)rest.at[2] >= 0x98 && (unsigned char)rest.at[2] <= 0x9B;
    return is_typographic ? 3 : 0;
}

struct text shell_quote_powershell(struct arena *arena, struct text word) {
    char *out = ARENA_NEW(arena, char, word.length * 2 + 3);
    size_t used = 0;
    out[used++] = '\'';
    for (size_t i = 0; i < word.length;) {
        size_t quote = quote_length((struct text){word.at + i, word.length - i});
        size_t length = quote == 0 ? 1 : quote;
        for (int times = quote == 0 ? 1 : 2; times > 0; times--) {
            memcpy(out + used, word.at + i, length);
            used += length;
        }
        i += length;
    }
    out[used++] = '\'';
    return (struct text){out, used};
}
