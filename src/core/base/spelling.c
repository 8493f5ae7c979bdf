#include "core/base/spelling.h"

#include <stdbool.h>

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static bool same_letter(char a, char b) {
    char lower_a = a >= 'A' && a <= 'Z' ? (char)(a + ('a' - 'A')) : a;
    char lower_b = b >= 'A' && b <= 'Z' ? (char)(b + ('a' - 'A')) : b;
    return lower_a == lower_b;
}

size_t spelling_distance(struct text a, struct text b) {
    if (a.length > SPELLING_BYTES_MAX || b.length > SPELLING_BYTES_MAX) {
        return a.length > b.length ? a.length : b.length;
    }
    /* Rows of the table: two letters of `a` back, one back, and now. */
    size_t rows[3][SPELLING_BYTES_MAX + 1];
    for (size_t j = 0; j <= b.length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.length; i++) {
        const size_t *before = rows[(i - 1) % 3];
        size_t *now = rows[i % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            bool same = same_letter(a.at[i - 1], b.at[j - 1]);
            now[j] = least(least(before[j], now[j - 1]) + 1, before[j - 1] + (same ? 0 : 1));
            bool swapped = i > 1 && j > 1 && same_letter(a.at[i - 1], b.at[j - 2]) &&
                           same_letter(a.at[i - 2], b.at[j - 1]);
            if (swapped) {
                now[j] = least(now[j], rows[(i - 2) % 3][j - 2] + 1);
            }
        }
    }
    return rows[a.length % 3][b.length];
}

size_t spelling_nearest(struct text word, const struct text *words, size_t count) {
    size_t nearest = count;
    size_t reach = word.length < 3 ? 1 : word.length / 3;
    for (size_t i = 0; i < count; i++) {
        size_t distance = spelling_distance(word, words[i]);
        if (distance <= reach) {
            nearest = i;
            reach = distance == 0 ? 0 : distance - 1;
            if (distance == 0) {
                break;
            }
        }
    }
    return nearest;
}
