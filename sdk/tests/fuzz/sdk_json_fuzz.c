/* The SDK's JSON reader: it ends, its depth is bounded, and what it takes of a text it takes whole. */
#include "json.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct sm_json json;
    struct sm_json_value value;
    struct sm_json_member member[] = {{"a", {SM_JSON_ABSENT, {NULL, 0}}}};
    struct sm_span text = {(const char *)bytes, size};
    struct sm_span name;
    enum sm_json_kind kind;
    size_t tokens = 0;
    sm_json_begin(&json, text);
    do {
        kind = sm_json_next(&json, &name, &value);
        assert(tokens++ <= size + 1 && json.depth <= SM_JSON_DEPTH_MAX);
        if (kind == SM_JSON_STRING) {
            char *out = malloc(value.text.length + 1);
            if (sm_json_text(&value, out, value.text.length + 1)) {
                assert(sm_json_text_is(&value, sm_span_of(out)) && sm_is_utf8(sm_span_of(out)));
            }
            free(out);
        } else if (kind == SM_JSON_NUMBER) {
            int64_t number = 0;
            (void)sm_json_integer(&value, INT64_MIN, INT64_MAX, &number);
        }
    } while (kind != SM_JSON_END && kind != SM_JSON_ERROR);
    if (sm_json_object(text, member, 1)) {
        assert(kind == SM_JSON_END);
        assert(member[0].value.kind == SM_JSON_ABSENT || member[0].value.text.length < size);
    }
    return 0;
}
