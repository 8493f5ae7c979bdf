#include "core/time/time_text.h"

struct time_text time_text_of(struct text text) {
    struct text readable = text.length == 0 ? TEXT("") : text;
    return (struct time_text){readable.at, readable.at + readable.length};
}

bool time_text_is_at_end(const struct time_text *rest) {
    return rest->at == rest->end;
}

bool time_text_take(struct time_text *rest, char c) {
    if (time_text_is_at_end(rest) || *rest->at != c) {
        return false;
    }
    rest->at++;
    return true;
}

bool time_text_take_number(struct time_text *rest, int count, int low, int high, int *value) {
    *value = 0;
    for (int i = 0; i < count; i++) {
        if (time_text_is_at_end(rest) || *rest->at < '0' || *rest->at > '9') {
            return false;
        }
        *value = *value * 10 + (*rest->at++ - '0');
    }
    return *value >= low && *value <= high;
}

bool time_text_take_month(struct time_text *rest, struct civil *civil) {
    return time_text_take_number(rest, 4, 1, 9999, &civil->year) && time_text_take(rest, '-') &&
           time_text_take_number(rest, 2, 1, 12, &civil->month);
}

bool time_text_take_date(struct time_text *rest, struct civil *civil) {
    return time_text_take_month(rest, civil) && time_text_take(rest, '-') &&
           time_text_take_number(rest, 2, 1, civil_days_in(civil->year, civil->month), &civil->day);
}

const char *time_text_subject(const char *field) {
    return field == NULL ? "it" : field;
}
