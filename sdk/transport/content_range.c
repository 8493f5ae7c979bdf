/* The header's value, read strictly: a range of another unit, or one without a whole, is none. */
#include "content_range.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A number and the character behind it. */
static bool take_number(const char **text, char behind, int64_t *number) {
    char *end = NULL;
    errno = 0;
    *number = **text >= '0' && **text <= '9' ? strtoll(*text, &end, 10) : -1;
    if (*number < 0 || errno != 0 || *end != behind) {
        return false;
    }
    *text = end + 1;
    return true;
}

void content_range_take(struct sm_response *response, const char *value, size_t length) {
    static const char UNIT[] = "bytes ";
    char copied[80];
    const char *text = copied;
    int64_t first = 0;
    int64_t last = 0;
    int64_t total = 0;
    while (length > 0 &&
           (value[length - 1] == '\r' || value[length - 1] == '\n' || value[length - 1] == ' ')) {
        length--;
    }
    if (length >= sizeof copied) {
        return;
    }
    memcpy(copied, value, length);
    copied[length] = '\0';
    text += strspn(text, " \t");
    if (strncmp(text, UNIT, sizeof UNIT - 1) != 0) {
        return;
    }
    text += sizeof UNIT - 1;
    if (take_number(&text, '-', &first) && take_number(&text, '/', &last) &&
        take_number(&text, '\0', &total) && last >= first && total > last) {
        response->range_first = first;
        response->range_total = total;
    }
}
