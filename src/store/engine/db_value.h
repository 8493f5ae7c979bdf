/* Database value: what a statement's parameter or a column of a bulk holds. */
#ifndef SEATMETER_STORE_ENGINE_DB_VALUE_H
#define SEATMETER_STORE_ENGINE_DB_VALUE_H

#include "core/base/text.h"

enum db_type { DB_TYPE_NULL, DB_TYPE_INT, DB_TYPE_TEXT, DB_TYPE_BYTES };

struct db_value {
    enum db_type type;
    int64_t integer;
    struct text text; /* of DB_TYPE_TEXT and DB_TYPE_BYTES; must live until the call returns */
};

static inline struct db_value db_integer(int64_t value) {
    return (struct db_value){DB_TYPE_INT, value, {0}};
}
static inline struct db_value db_string(struct text value) {
    return (struct db_value){DB_TYPE_TEXT, 0, value};
}
static inline struct db_value db_bytes(struct text value) {
    return (struct db_value){DB_TYPE_BYTES, 0, value};
}
static inline struct db_value db_null(void) {
    return (struct db_value){DB_TYPE_NULL, 0, {0}};
}

#endif
