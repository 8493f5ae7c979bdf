/* JSON: whatever a body holds, reading it ends with a fault or with values that have been checked; text that
 * was read, written and read again is the same. */
#include "fuzz.h"
#include "json/json_read.h"
#include "json/json_write.h"

static void check_text_again(struct arena *arena, struct text text) {
    struct json_writer out = {.arena = arena};
    json_write_open(&out, NULL);
    json_write_text(&out, "text", text);
    json_write_close(&out);
    struct json_document document;
    struct json_object root;
    struct fault fault;
    enum status status = json_parse(arena, json_written(&out), &document, &root, &fault);
    assert(status == STATUS_OK);
    struct text again = json_read_text(&root, "text", JSON_REQUIRED);
    json_done(&root);
    assert(document.status == STATUS_OK && text_equal(text, again));
    json_free(&document);
}

/* As a handler reads: every type, a change, a nested object, a list of objects and one of integers. */
static void read_everything(struct arena *arena, struct json_object *root, struct text *name) {
    struct text change;
    bool flag = false;
    *name = json_read_text(root, "name", JSON_REQUIRED);
    json_read_int(root, "size", JSON_OPTIONAL, 7);
    json_read_bool(root, "flag", true);
    json_read_int_text(root, "days");
    json_read_change(root, "note", &change);
    json_read_bool_change(root, "active", &flag);
    struct json_object nested = json_read_object(root, "terms", JSON_OPTIONAL);
    json_read_text(&nested, "currency", JSON_OPTIONAL);
    json_done(&nested);
    struct json_array parts = json_read_array(root, "parts", JSON_OPTIONAL);
    assert(parts.count <= JSON_ITEMS_MAX);
    for (size_t i = 0; i < parts.count; i++) {
        struct json_object part = json_item_object(&parts, i);
        struct text sku = json_read_text(&part, "sku", JSON_REQUIRED);
        assert(text_is_valid_utf8(sku));
        json_done(&part);
    }
    struct json_array positions = json_read_array(root, "positions", JSON_OPTIONAL);
    for (size_t i = 0; i < positions.count; i++) {
        json_item_int(&positions, i);
    }
    json_done(root);
    (void)arena;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct arena arena;
    arena_init(&arena);
    struct json_document document;
    struct json_object root;
    struct fault fault;
    struct text name = TEXT("");
    enum status status =
        json_parse(&arena, (struct text){(const char *)bytes, length}, &document, &root, &fault);
    if (status == STATUS_OK) {
        read_everything(&arena, &root, &name);
        if (document.status == STATUS_OK) {
            check_text_again(&arena, name);
        } else {
            assert(document.status == STATUS_INVALID && fault.code[0] != '\0');
        }
    } else {
        assert(status == STATUS_INVALID && fault.code[0] != '\0');
    }
    json_free(&document);
    arena_clean_up(&arena);
    return 0;
}
