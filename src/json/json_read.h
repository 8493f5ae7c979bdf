/* JSON in: a request's body, read field by field.
 *
 * The document is bounded in depth, UTF-8, without duplicate names and an object. A handler asks for each
 * field by name and type; what it never asked for is refused by json_done, naming it, so that a misspelt
 * field cannot be ignored. The first fault is kept and the rest skipped, so a handler asks for everything in
 * a row and checks once. Fields of nested objects are named by path: "parts[2].quantity". */
#ifndef SEATMETER_JSON_JSON_READ_H
#define SEATMETER_JSON_JSON_READ_H

#include "core/base/fault.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 16, JSON_FIELDS_MAX = 48, JSON_ITEMS_MAX = 10000 };

enum json_need { JSON_OPTIONAL, JSON_REQUIRED };

struct json_document {
    json_t *root;
    struct arena *arena;
    struct fault *fault;
    enum status status; /* of the first fault */
};

/* An object being read. */
struct json_object {
    struct json_document *document;
    const json_t *value;
    struct text path; /* "" for the root, else "parts[2]." */
    const char *asked[JSON_FIELDS_MAX];
    size_t asked_count;
};

struct json_array {
    struct json_document *document;
    const json_t *value;
    struct text path; /* "parts" */
    size_t count;
};

/* Parses `bytes`; an empty body is an empty object. Faults (STATUS_INVALID): "malformed-json",
 * "json-too-deep", "malformed-utf8", "duplicate-field", "wrong-type"; then nothing is left to free. */
enum status json_parse(struct arena *arena, struct text bytes, struct json_document *document,
                       struct json_object *root, struct fault *fault) MUST_CHECK;
void json_free(struct json_document *document);

/* The field's value; where it is missing or null: empty, 0 or `otherwise`, and fault "missing-field" if
 * needed. Another type is "wrong-type", a control character in text "control-character". */
struct text json_read_text(struct json_object *object, const char *name, enum json_need need);
int64_t json_read_int(struct json_object *object, const char *name, enum json_need need, int64_t otherwise);
bool json_read_bool(struct json_object *object, const char *name, bool otherwise);

/* For edits: NULL where the field is not given, else `storage` with its value, empty for null. */
const struct text *json_read_change(struct json_object *object, const char *name, struct text *storage);
const bool *json_read_bool_change(struct json_object *object, const char *name, bool *storage);

/* An integer as decimal text, empty where it is missing or null. */
struct text json_read_int_text(struct json_object *object, const char *name);

/* A nested object or array; an absent optional one is empty. */
struct json_object json_read_object(struct json_object *object, const char *name, enum json_need need);
struct json_array json_read_array(struct json_object *object, const char *name, enum json_need need);
struct json_object json_item_object(struct json_array *array, size_t index);
int64_t json_item_int(struct json_array *array, size_t index);
struct text json_item_text(struct json_array *array, size_t index);

/* Every field of the object has been asked for, else fault "unknown-field". */
void json_done(struct json_object *object);

#endif
