/* Version order; see the header for the rules. */
#include "version_order.h"

#include <string.h>

static const struct sm_span ZERO = {"0", 1};

/* The part before the next dot; false at the end. */
static bool next_part(struct sm_span *rest, struct sm_span *part) {
    if (rest->at == NULL) {
        return false;
    }
    const char *dot = rest->length == 0 ? NULL : memchr(rest->at, '.', rest->length);
    *part = *rest;
    if (dot == NULL) {
        rest->at = NULL;
        return true;
    }
    part->length = (size_t)(dot - rest->at);
    rest->at = dot + 1;
    rest->length -= part->length + 1;
    return true;
}

static bool is_digits(struct sm_span part) {
    for (size_t i = 0; i < part.length; i++) {
        if (part.at[i] < '0' || part.at[i] > '9') {
            return false;
        }
    }
    return part.length > 0;
}

static int by_bytes(struct sm_span first, struct sm_span second) {
    size_t common = first.length < second.length ? first.length : second.length;
    int order = common == 0 ? 0 : memcmp(first.at, second.at, common);
    return order != 0 ? order : (first.length > second.length) - (first.length < second.length);
}

static struct sm_span without_zeros(struct sm_span part) {
    while (part.length > 1 && *part.at == '0') {
        part.at++;
        part.length--;
    }
    return part;
}

static int part_order(struct sm_span first, struct sm_span second) {
    bool first_is_number = is_digits(first);
    bool second_is_number = is_digits(second);
    if (first_is_number != second_is_number) {
        return first_is_number ? -1 : 1;
    }
    if (!first_is_number) {
        return by_bytes(first, second);
    }
    first = without_zeros(first);
    second = without_zeros(second);
    if (first.length != second.length) {
        return first.length < second.length ? -1 : 1;
    }
    return by_bytes(first, second);
}

/* Compares part by part; where one list ends, it goes on with `*missing`, or is the older one where there is
 * none. */
static int list_order(struct sm_span first, struct sm_span second, const struct sm_span *missing) {
    for (;;) {
        struct sm_span first_part = {NULL, 0};
        struct sm_span second_part = {NULL, 0};
        bool has_first = next_part(&first, &first_part);
        bool has_second = next_part(&second, &second_part);
        if (!has_first && !has_second) {
            return 0;
        }
        if (has_first != has_second && missing == NULL) {
            return has_first ? 1 : -1;
        }
        int order = part_order(has_first ? first_part : *missing, has_second ? second_part : *missing);
        if (order != 0) {
            return order;
        }
    }
}

/* Splits off what follows a '+', and what follows the first '-' before that. */
static void split(const char *text, size_t length, struct sm_span *core, struct sm_span *pre) {
    const char *plus = length == 0 ? NULL : memchr(text, '+', length);
    length = plus == NULL ? length : (size_t)(plus - text);
    const char *minus = length == 0 ? NULL : memchr(text, '-', length);
    *core = (struct sm_span){text, minus == NULL ? length : (size_t)(minus - text)};
    *pre = (struct sm_span){NULL, 0};
    if (minus != NULL) {
        *pre = (struct sm_span){minus + 1, length - core->length - 1};
    }
}

int sm_version_span_order(struct sm_span first, struct sm_span second) {
    struct sm_span first_core;
    struct sm_span first_pre;
    struct sm_span second_core;
    struct sm_span second_pre;
    split(first.at, first.length, &first_core, &first_pre);
    split(second.at, second.length, &second_core, &second_pre);
    int order = list_order(first_core, second_core, &ZERO);
    if (order != 0) {
        return order;
    }
    if ((first_pre.at == NULL) != (second_pre.at == NULL)) {
        return first_pre.at == NULL ? 1 : -1;
    }
    return list_order(first_pre, second_pre, NULL);
}
