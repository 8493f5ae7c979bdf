/* Fields: which column each member of a struct is, written once for each aggregate.
 *
 * What a statement selects, inserts and saves, the values that it binds and the members that a row fills all
 * follow from one table. A statement's text says in braces where they go, and is put together when the
 * connection prepares it:
 *   {}           the columns: "select {} from blocks", "insert into blocks ({})"
 *   {a}          the columns of the alias a: "select {a} from accounts a"
 *   {$3}         a parameter for each column, from $3 on
 *   {=3}         "column = $3, …" for the fields that an update saves (DB_SAVED)
 *   {=excluded}  "column = excluded.column, …" for the same fields
 *
 * A member's type is checked when the table is compiled. What the store has is checked when a row is read:
 * an unknown word, or a number or a length that does not fit, is fault "database-failed". */
#ifndef SEATMETER_STORE_ENGINE_FIELDS_H
#define SEATMETER_STORE_ENGINE_FIELDS_H

#include "core/base/state_machine.h"
#include "core/time/date.h"
#include "store/engine/db_value.h"

enum db_field_kind {
    DB_FIELD_KIND_INT64,
    DB_FIELD_KIND_INT32,
    DB_FIELD_KIND_UINT64, /* its 8 bytes, as a signed number */
    DB_FIELD_KIND_BOOL,   /* 0 or 1 */
    DB_FIELD_KIND_DATE,
    DB_FIELD_KIND_DATE_IF, /* null unless a bool beside it says that it is there */
    DB_FIELD_KIND_MONTH,
    DB_FIELD_KIND_TEXT,
    DB_FIELD_KIND_BYTES,
    DB_FIELD_KIND_CODE,   /* text in an array of char, with a zero behind it */
    DB_FIELD_KIND_NUMBER, /* an enumeration, by its number */
    DB_FIELD_KIND_WORD,
    DB_FIELD_KIND_STATE,
    DB_FIELD_KIND_PART
};

enum db_field_flag {
    DB_OR_NULL = 1, /* null stands for 0, for an empty text and for month DB_NO_MONTH */
    DB_SAVED = 2,   /* an update saves it */
    DB_COUNT = 4,   /* below 0 it is a fault */
    DB_FROM_ONE = 8 /* below 1 it is a fault */
};

enum { DB_NO_MONTH = -1, DB_FIELDS_MAX = 64 };

/* The words of an enumeration whose values are 0, 1, 2, …, `count` of them. */
struct db_words {
    const char *(*word_of)(int value);
    int count;
};

struct db_fields;

/* A field fits half a cache line, because a read walks all fields for every row. */
struct db_field {
    const char *column; /* or an expression, where nothing is inserted; the alias of a part */
    union {
        const struct db_words *words;
        const struct state_machine *machine;
        const struct db_fields *part;
    };
    uint32_t offset;
    uint32_t size_bytes;  /* of a code: its array; of bytes: how many there are unless there are none, 0: any;
                             of a  number: the last one */
    uint32_t flag_offset; /* of the bool that says whether there is a date */
    uint16_t kind;        /* enum db_field_kind */
    uint16_t flags;
};

struct db_fields {
    const struct db_field *at;
    size_t count;
    size_t item_bytes;
};

/* The fields of `type` out of an array of them. */
#define DB_FIELDS(type, array)                                                                               \
    { (array), sizeof(array) / sizeof((array)[0]), sizeof(type) }

/* Each is DB_FIELD_…(struct type, member, "column") and may end with flags: DB_SAVED | DB_OR_NULL. A member
 * of another type does not compile. */
#define DB_FIELD_INT(...) DB_FIELD_OF(DB_FIELD_KIND_INT64, int64_t, __VA_ARGS__, 0, 0)
#define DB_FIELD_INT32(...) DB_FIELD_OF(DB_FIELD_KIND_INT32, int32_t, __VA_ARGS__, 0, 0)
#define DB_FIELD_UINT64(...) DB_FIELD_OF(DB_FIELD_KIND_UINT64, uint64_t, __VA_ARGS__, 0, 0)
#define DB_FIELD_BOOL(...) DB_FIELD_OF(DB_FIELD_KIND_BOOL, bool, __VA_ARGS__, 0, 0)
#define DB_FIELD_DATE(...) DB_FIELD_OF(DB_FIELD_KIND_DATE, struct date, __VA_ARGS__, 0, 0)
#define DB_FIELD_MONTH(...) DB_FIELD_OF(DB_FIELD_KIND_MONTH, struct month, __VA_ARGS__, 0, 0)
#define DB_FIELD_TEXT(...) DB_FIELD_OF(DB_FIELD_KIND_TEXT, struct text, __VA_ARGS__, 0, 0)
#define DB_FIELD_BYTES(...) DB_FIELD_OF(DB_FIELD_KIND_BYTES, struct text, __VA_ARGS__, 0, 0)
#define DB_FIELD_CODE(...) DB_FIELD_OF(DB_FIELD_KIND_CODE, char *, __VA_ARGS__, 0, 0)

/* DB_FIELD_BYTES_OF(struct type, member, "column", length) of bytes that are always so many. */
#define DB_FIELD_BYTES_OF(...) DB_FIELD_FIXED_OF(__VA_ARGS__, 0, 0)

/* DB_FIELD_WORD(struct type, member, "column", &words) of an enumeration, and DB_FIELD_STATE(struct type,
 * member, "column", &machine) of the states of a machine; flags as above. */
#define DB_FIELD_WORD(...) DB_FIELD_WORD_OF(__VA_ARGS__, 0, 0)
#define DB_FIELD_STATE(...) DB_FIELD_STATE_OF(__VA_ARGS__, 0, 0)

/* DB_FIELD_NUMBER(struct type, member, "column", last) of an enumeration from 1 to `last`, by its number. */
#define DB_FIELD_NUMBER(...) DB_FIELD_NUMBER_OF(__VA_ARGS__, 0, 0)

/* A date that is there where the bool `flag` says so, and null where not. */
#define DB_FIELD_DATE_IF(type, member, flag, name)                                                           \
    {                                                                                                        \
        .column = (name),                                                                                    \
        .kind = _Generic(((type *)0)->member, struct date                                                    \
                         : _Generic(((type *)0)->flag, bool                                                  \
                                    : DB_FIELD_KIND_DATE_IF)),                                               \
        .offset = offsetof(type, member), .flag_offset = offsetof(type, flag)                                \
    }

/* All fields of a member that has a table of its own; their columns are those of `alias` (NULL: of none). */
#define DB_FIELD_PART(type, member, alias, fields)                                                           \
    { .column = (alias), .kind = DB_FIELD_KIND_PART, .offset = offsetof(type, member), .part = (fields) }

/* All fields of another table of the struct itself, to which this one adds some. */
#define DB_FIELD_REST(alias, fields)                                                                         \
    { .column = (alias), .kind = DB_FIELD_KIND_PART, .part = (fields) }

#define DB_FIELD_OF(kind_of_it, expected, type, member, name, its_flags, ...)                                \
    {                                                                                                        \
        .column = (name),                                                                                    \
        .kind = _Generic(((type *)0)->member, expected                                                       \
                         : kind_of_it),                                                                      \
        .flags = (its_flags), .offset = offsetof(type, member),                                              \
        .size_bytes = (kind_of_it) == DB_FIELD_KIND_CODE ? sizeof(((type *)0)->member) : 0                   \
    }
#define DB_FIELD_FIXED_OF(type, member, name, its_length, its_flags, ...)                                    \
    {                                                                                                        \
        .column = (name),                                                                                    \
        .kind = _Generic(((type *)0)->member, struct text                                                    \
                         : DB_FIELD_KIND_BYTES),                                                             \
        .flags = (its_flags), .offset = offsetof(type, member), .size_bytes = (its_length)                   \
    }
#define DB_FIELD_NUMBER_OF(type, member, name, last, its_flags, ...)                                         \
    {                                                                                                        \
        .column = (name),                                                                                    \
        .kind = _Generic(((type *)0)->member, unsigned                                                       \
                         : DB_FIELD_KIND_NUMBER),                                                            \
        .flags = (its_flags), .offset = offsetof(type, member), .size_bytes = (last)                         \
    }
#define DB_FIELD_WORD_OF(type, member, name, its_words, its_flags, ...)                                      \
    {                                                                                                        \
        .column = (name),                                                                                    \
        .kind = _Generic(((type *)0)->member, unsigned                                                       \
                         : DB_FIELD_KIND_WORD),                                                              \
        .flags = (its_flags), .offset = offsetof(type, member), .words = (its_words)                         \
    }
#define DB_FIELD_STATE_OF(type, member, name, its_machine, its_flags, ...)                                   \
    {                                                                                                        \
        .column = (name),                                                                                    \
        .kind = _Generic(((type *)0)->member, unsigned                                                       \
                         : DB_FIELD_KIND_STATE),                                                             \
        .flags = (its_flags), .offset = offsetof(type, member), .machine = (its_machine)                     \
    }

/* A statement's text with what stands in braces put in, for free(). */
char *db_fields_expand(const struct db_fields *fields, const char *sql);

/* The values of an item's fields (with `flag` DB_SAVED: of those that an update saves; 0: of all) in the
 * order of their columns; returns how many there are, at most DB_FIELDS_MAX. */
size_t db_fields_values(const struct db_fields *fields, unsigned flag, const void *item,
                        struct db_value values[DB_FIELDS_MAX]);

/* The columns and, as db_bulk_start has them, their types with a zero behind. Returns how many there are. */
size_t db_fields_columns(const struct db_fields *fields, const char *columns[DB_FIELDS_MAX],
                         char types[DB_FIELDS_MAX + 1]);

/* A field's word for a value, and back; false where no value has the word. */
const char *db_field_word(const struct db_field *field, int value);
bool db_field_parse(const struct db_field *field, struct text word, int *value);

#endif
