/* jansson recurses and hashes; what reaches it has been measured first: its depth here, its length at the
 * door. Numbers are integers: money comes as decimal text, so that no float ever touches it. */
#include "json/json_read.h"

#include <assert.h>
#include <string.h>

/* The first fault of a document is the one that is told. */
static enum status refuse_field(struct json_document *document, const char *code, struct text field,
                                struct text value, struct text message) {
    if (document->status == STATUS_OK) {
        char name[sizeof document->fault->field];
        size_t length = field.length < sizeof name - 1 ? field.length : sizeof name - 1;
        memcpy(name, field.at, length);
        name[length] = '\0';
        document->status =
            fault_set(document->fault, STATUS_INVALID, code, name, value, "%.*s", TEXT_ARGS(message));
    }
    return document->status;
}

static enum status refuse_body(struct json_document *document, const char *code, struct text message) {
    return refuse_field(document, code, TEXT(""), TEXT(""), message);
}

static struct text path_of(struct json_object *object, const char *name) {
    return text_format(object->document->arena, "%.*s%s", TEXT_ARGS(object->path), name);
}

/* Brackets open at once, outside of strings; says nothing about whether they match. */
static bool is_too_deep(struct text bytes) {
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < bytes.length; i++) {
        char c = bytes.at[i];
        if (in_string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
            if (depth > JSON_DEPTH_MAX) {
                return true;
            }
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

static enum status parse_bytes(struct json_document *document, struct text bytes) {
    if (!text_is_valid_utf8(bytes)) {
        return refuse_body(document, "malformed-utf8",
                           TEXT("The body is not UTF-8, or has a zero byte in it."));
    }
    if (is_too_deep(bytes)) {
        return refuse_body(document, "json-too-deep",
                           TEXT("The body nests more than 16 objects and arrays."));
    }
    json_error_t error;
    document->root = json_loadb(bytes.at, bytes.length, JSON_REJECT_DUPLICATES, &error);
    if (document->root != NULL) {
        return STATUS_OK;
    }
    if (json_error_code(&error) == json_error_duplicate_key) {
        return refuse_body(
            document, "duplicate-field",
            text_format(document->arena, "Give each field once; line %d: %s.", error.line, error.text));
    }
    return refuse_body(document, "malformed-json",
                       text_format(document->arena, "The body is not JSON: line %d, column %d: %s.",
                                   error.line, error.column, error.text));
}

enum status json_parse(struct arena *arena, struct text bytes, struct json_document *document,
                       struct json_object *root, struct fault *fault) {
    *document = (struct json_document){.arena = arena, .fault = fault};
    *root = (struct json_object){.document = document, .path = TEXT("")};
    if (text_trim(bytes).length == 0) {
        document->root = json_object();
    } else if (parse_bytes(document, bytes) != STATUS_OK) {
        return document->status;
    }
    if (!json_is_object(document->root)) {
        json_free(document);
        return refuse_body(document, "wrong-type", TEXT("Give a JSON object as the body."));
    }
    root->value = document->root;
    return STATUS_OK;
}

void json_free(struct json_document *document) {
    json_decref(document->root);
    document->root = NULL;
}

static const char *type_name(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction or an exponent";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

static void refuse_type(struct json_document *document, struct text path, const json_t *value,
                        const char *wanted) {
    struct text message =
        text_format(document->arena, "Give %.*s as %s, not %s.", TEXT_ARGS(path), wanted, type_name(value));
    struct text shown = json_is_string(value) ? text_of(json_string_value(value)) : TEXT("");
    refuse_field(document, "wrong-type", path, shown, message);
}

/* The field's value, or NULL where it is missing or null, which is a fault where it is needed. */
static const json_t *ask_field(struct json_object *object, const char *name, enum json_need need) {
    assert(object->asked_count < JSON_FIELDS_MAX);
    object->asked[object->asked_count++] = name;
    if (object->document->status != STATUS_OK || object->value == NULL) {
        return NULL;
    }
    const json_t *value = json_object_get(object->value, name);
    if (value == NULL || json_is_null(value)) {
        if (need == JSON_REQUIRED) {
            struct text path = path_of(object, name);
            refuse_field(object->document, "missing-field", path, TEXT(""),
                         text_format(object->document->arena, "Give %.*s: it is needed.", TEXT_ARGS(path)));
        }
        return NULL;
    }
    return value;
}

static struct text read_text(struct json_document *document, struct text path, const json_t *value) {
    if (!json_is_string(value)) {
        refuse_type(document, path, value, "text in quotes");
        return TEXT("");
    }
    struct text text = {json_string_value(value), json_string_length(value)};
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
            refuse_field(
                document, "control-character", path, text,
                text_format(document->arena, "Give %.*s without control characters.", TEXT_ARGS(path)));
            return TEXT("");
        }
    }
    return text_copy(document->arena, text);
}

struct text json_read_text(struct json_object *object, const char *name, enum json_need need) {
    const json_t *value = ask_field(object, name, need);
    return value == NULL ? TEXT("") : read_text(object->document, path_of(object, name), value);
}

int64_t json_read_int(struct json_object *object, const char *name, enum json_need need, int64_t otherwise) {
    const json_t *value = ask_field(object, name, need);
    if (value == NULL) {
        return otherwise;
    }
    if (!json_is_integer(value)) {
        refuse_type(object->document, path_of(object, name), value,
                    "a whole number without quotes, such as 8");
        return otherwise;
    }
    return json_integer_value(value);
}

bool json_read_bool(struct json_object *object, const char *name, bool otherwise) {
    const json_t *value = ask_field(object, name, JSON_OPTIONAL);
    if (value == NULL) {
        return otherwise;
    }
    if (!json_is_boolean(value)) {
        refuse_type(object->document, path_of(object, name), value, "true or false");
        return otherwise;
    }
    return json_is_true(value);
}

const struct text *json_read_change(struct json_object *object, const char *name, struct text *storage) {
    *storage = json_read_text(object, name, JSON_OPTIONAL);
    bool is_given = object->value != NULL && json_object_get(object->value, name) != NULL;
    return is_given ? storage : NULL;
}

const bool *json_read_bool_change(struct json_object *object, const char *name, bool *storage) {
    const json_t *value = ask_field(object, name, JSON_OPTIONAL);
    if (value == NULL) {
        return NULL;
    }
    if (!json_is_boolean(value)) {
        refuse_type(object->document, path_of(object, name), value, "true or false");
        return NULL;
    }
    *storage = json_is_true(value);
    return storage;
}

struct text json_read_int_text(struct json_object *object, const char *name) {
    const json_t *value = ask_field(object, name, JSON_OPTIONAL);
    if (value == NULL) {
        return TEXT("");
    }
    if (!json_is_integer(value)) {
        refuse_type(object->document, path_of(object, name), value,
                    "a whole number without quotes, such as 8");
        return TEXT("");
    }
    return text_format(object->document->arena, "%lld", (long long)json_integer_value(value));
}

struct json_object json_read_object(struct json_object *object, const char *name, enum json_need need) {
    struct json_object nested = {
        .document = object->document,
        .path = text_format(object->document->arena, "%.*s%s.", TEXT_ARGS(object->path), name)};
    const json_t *value = ask_field(object, name, need);
    if (value != NULL && !json_is_object(value)) {
        refuse_type(object->document, path_of(object, name), value, "an object");
    } else {
        nested.value = value;
    }
    return nested;
}

struct json_array json_read_array(struct json_object *object, const char *name, enum json_need need) {
    struct json_array array = {.document = object->document, .path = path_of(object, name)};
    const json_t *value = ask_field(object, name, need);
    if (value == NULL) {
        return array;
    }
    if (!json_is_array(value)) {
        refuse_type(object->document, array.path, value, "an array");
    } else if (json_array_size(value) > JSON_ITEMS_MAX) {
        refuse_field(object->document, "too-many-items", array.path, TEXT(""),
                     text_format(object->document->arena, "Give at most %d items in %.*s.", JSON_ITEMS_MAX,
                                 TEXT_ARGS(array.path)));
    } else {
        array.value = value;
        array.count = json_array_size(value);
    }
    return array;
}

struct json_object json_item_object(struct json_array *array, size_t index) {
    assert(index < array->count);
    struct text path = text_format(array->document->arena, "%.*s[%zu]", TEXT_ARGS(array->path), index);
    struct json_object item = {.document = array->document,
                               .path = text_format(array->document->arena, "%.*s.", TEXT_ARGS(path))};
    const json_t *value = json_array_get(array->value, index);
    if (!json_is_object(value)) {
        refuse_type(array->document, path, value, "an object");
    } else {
        item.value = value;
    }
    return item;
}

int64_t json_item_int(struct json_array *array, size_t index) {
    assert(index < array->count);
    const json_t *value = json_array_get(array->value, index);
    if (!json_is_integer(value)) {
        struct text path = text_format(array->document->arena, "%.*s[%zu]", TEXT_ARGS(array->path), index);
        refuse_type(array->document, path, value, "a whole number without quotes, such as 8");
        return 0;
    }
    return json_integer_value(value);
}

struct text json_item_text(struct json_array *array, size_t index) {
    assert(index < array->count);
    struct text path = text_format(array->document->arena, "%.*s[%zu]", TEXT_ARGS(array->path), index);
    return read_text(array->document, path, json_array_get(array->value, index));
}

static bool was_asked(const struct json_object *object, const char *name) {
    for (size_t i = 0; i < object->asked_count; i++) {
        if (strcmp(object->asked[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The fields that the object may hold, for a person who misspelt one. */
static struct text fields_known(const struct json_object *object) {
    struct text list = TEXT("");
    for (size_t i = 0; i < object->asked_count; i++) {
        list = text_format(object->document->arena, "%.*s%s%s", TEXT_ARGS(list), i == 0 ? "" : ", ",
                           object->asked[i]);
    }
    return list;
}

void json_done(struct json_object *object) {
    if (object->value == NULL || object->document->status != STATUS_OK) {
        return;
    }
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)object->value, name, value) {
        if (!was_asked(object, name)) {
            struct text path = path_of(object, name);
            struct text known = fields_known(object);
            struct text message =
                known.length == 0
                    ? text_format(object->document->arena, "There is no field %.*s here; none is taken.",
                                  TEXT_ARGS(path))
                    : text_format(object->document->arena, "There is no field %.*s here, only %.*s.",
                                  TEXT_ARGS(path), TEXT_ARGS(known));
            refuse_field(object->document, "unknown-field", path, TEXT(""), message);
            return;
        }
    }
}
