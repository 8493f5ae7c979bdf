#include "store/engine/fields.h"

#include "store/engine/db_support.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- statements ---- */

/* What stands in braces: a list with a column's name, a parameter's number or both for each field. */
struct list {
    struct byte_queue *text;
    const char *alias;    /* or NULL */
    unsigned flag;        /* only the fields that have it; 0: all */
    bool has_columns;     /* else a parameter alone */
    bool is_assignment;   /* "column = …" */
    const char *excluded; /* what is assigned instead of a parameter; NULL */
    size_t parameter;     /* the next one's number */
    bool has_item;
};

static void add_item(struct list *list, const char *alias, const char *column) {
    char parameter[24];
    if (list->has_item) {
        byte_queue_add_string(list->text, ", ");
    }
    list->has_item = true;
    if (list->has_columns && alias != NULL) {
        byte_queue_add_string(list->text, alias);
        byte_queue_add_string(list->text, ".");
    }
    if (list->has_columns) {
        byte_queue_add_string(list->text, column);
    }
    if (list->has_columns && !list->is_assignment) {
        return;
    }
    if (list->is_assignment) {
        byte_queue_add_string(list->text, " = ");
    }
    if (list->excluded != NULL) {
        byte_queue_add_string(list->text, list->excluded);
        byte_queue_add_string(list->text, column);
        return;
    }
    snprintf(parameter, sizeof parameter, "$%zu", list->parameter++);
    byte_queue_add_string(list->text, parameter);
}

static void add_list(struct list *list, const struct db_fields *fields, const char *alias) {
    for (size_t i = 0; i < fields->count; i++) {
        const struct db_field *field = &fields->at[i];
        if (field->kind == DB_FIELD_KIND_PART) {
            add_list(list, field->part, field->column == NULL ? alias : field->column);
        } else if (list->flag == 0 || (field->flags & list->flag) != 0) {
            add_item(list, alias, field->column);
        }
    }
}

/* The list that `words`, what stands between the braces, ask for. */
static void add_expansion(struct byte_queue *text, const struct db_fields *fields, const char *words,
                          size_t length) {
    enum { WORDS_BYTES = 32 };
    char copy[WORDS_BYTES] = "";
    struct list list = {.text = text, .has_columns = true};
    assert(length < sizeof copy);
    memcpy(copy, words, length);
    if (copy[0] == '=') {
        list.is_assignment = true;
        list.flag = DB_SAVED;
        list.excluded = strcmp(copy, "=excluded") == 0 ? "excluded." : NULL;
        list.parameter = strtoul(copy + 1, NULL, 10);
        assert(list.excluded != NULL || list.parameter > 0);
    } else if (copy[0] == '$') {
        list.has_columns = false;
        list.parameter = strtoul(copy + 1, NULL, 10);
        assert(list.parameter > 0);
    }
    add_list(&list, fields, length > 0 && !list.is_assignment && list.has_columns ? copy : NULL);
    assert(list.has_item);
}

char *db_fields_expand(const struct db_fields *fields, const char *sql) {
    struct byte_queue text = {0};
    for (const char *at = sql; *at != '\0';) {
        size_t plain = strcspn(at, "{");
        byte_queue_add(&text, at, plain);
        at += plain;
        if (*at == '{') {
            size_t length = strcspn(at + 1, "}");
            assert(at[1 + length] == '}');
            add_expansion(&text, fields, at + 1, length);
            at += length + 2;
        }
    }
    byte_queue_add(&text, "", 1);
    return text.at;
}

/* ---- words ---- */

const char *db_field_word(const struct db_field *field, int value) {
    return field->kind == DB_FIELD_KIND_STATE ? machine_state_name(field->machine, value)
                                              : field->words->word_of(value);
}

bool db_field_parse(const struct db_field *field, struct text word, int *value) {
    int count = field->kind == DB_FIELD_KIND_STATE ? field->machine->state_count : field->words->count;
    for (int i = 0; i < count; i++) {
        if (text_is(word, db_field_word(field, i))) {
            *value = i;
            return true;
        }
    }
    return false;
}

/* ---- values ---- */

static struct db_value integer_of(const struct db_field *field, int64_t value, int64_t none) {
    return (field->flags & DB_OR_NULL) != 0 && value == none ? db_null() : db_integer(value);
}

static struct db_value text_value(const struct db_field *field, struct text text) {
    if ((field->flags & DB_OR_NULL) != 0 && text.length == 0) {
        return db_null();
    }
    return field->kind == DB_FIELD_KIND_BYTES ? db_bytes(text) : db_string(text);
}

static struct db_value value_of(const struct db_field *field, const char *item) {
    const void *member = item + field->offset;
    switch ((enum db_field_kind)field->kind) {
    case DB_FIELD_KIND_INT64:
        return integer_of(field, *(const int64_t *)member, 0);
    case DB_FIELD_KIND_INT32:
        return integer_of(field, *(const int32_t *)member, 0);
    case DB_FIELD_KIND_UINT64:
        return integer_of(field, (int64_t) * (const uint64_t *)member, 0);
    case DB_FIELD_KIND_BOOL:
        return db_integer(*(const bool *)member);
    case DB_FIELD_KIND_NUMBER:
        return db_integer(*(const unsigned *)member);
    case DB_FIELD_KIND_DATE:
        return db_integer(((const struct date *)member)->day);
    case DB_FIELD_KIND_DATE_IF:
        return *(const bool *)(const void *)(item + field->flag_offset)
                   ? db_integer(((const struct date *)member)->day)
                   : db_null();
    case DB_FIELD_KIND_MONTH:
        return integer_of(field, ((const struct month *)member)->index, DB_NO_MONTH);
    case DB_FIELD_KIND_TEXT:
    case DB_FIELD_KIND_BYTES:
        return text_value(field, *(const struct text *)member);
    case DB_FIELD_KIND_CODE:
        return text_value(field, text_of(member));
    case DB_FIELD_KIND_WORD:
    case DB_FIELD_KIND_STATE:
        return db_string(text_of(db_field_word(field, (int)*(const unsigned *)member)));
    case DB_FIELD_KIND_PART:
        break;
    }
    assert(false);
    return db_null();
}

/* Adds to the `used` values that are there; returns how many there are then. */
static size_t add_values(const struct db_fields *fields, unsigned flag, const char *item,
                         struct db_value *values, size_t used) {
    for (size_t i = 0; i < fields->count; i++) {
        const struct db_field *field = &fields->at[i];
        if (field->kind == DB_FIELD_KIND_PART) {
            used = add_values(field->part, flag, item + field->offset, values, used);
        } else if (flag == 0 || (field->flags & flag) != 0) {
            assert(used < DB_FIELDS_MAX);
            values[used++] = value_of(field, item);
        }
    }
    return used;
}

size_t db_fields_values(const struct db_fields *fields, unsigned flag, const void *item,
                        struct db_value values[DB_FIELDS_MAX]) {
    return add_values(fields, flag, item, values, 0);
}

static char type_of(const struct db_field *field) {
    switch ((enum db_field_kind)field->kind) {
    case DB_FIELD_KIND_TEXT:
    case DB_FIELD_KIND_CODE:
    case DB_FIELD_KIND_WORD:
    case DB_FIELD_KIND_STATE:
        return 't';
    case DB_FIELD_KIND_BYTES:
        return 'b';
    default:
        return 'i';
    }
}

static size_t add_columns(const struct db_fields *fields, const char **columns, char *types, size_t used) {
    for (size_t i = 0; i < fields->count; i++) {
        const struct db_field *field = &fields->at[i];
        if (field->kind == DB_FIELD_KIND_PART) {
            used = add_columns(field->part, columns, types, used);
        } else {
            assert(used < DB_FIELDS_MAX);
            columns[used] = field->column;
            types[used++] = type_of(field);
        }
    }
    return used;
}

size_t db_fields_columns(const struct db_fields *fields, const char *columns[DB_FIELDS_MAX],
                         char types[DB_FIELDS_MAX + 1]) {
    size_t used = add_columns(fields, columns, types, 0);
    types[used] = '\0';
    return used;
}
