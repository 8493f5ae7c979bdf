/* What agents send: whatever the bytes are, a check-in or activation that is taken keeps the promises of its
 * header, and texts that are kept decode to what decodes again. The signature of an activation is no hurdle
 * to the parser, which reads everything before it verifies. */
#include "core/base/json_scan.h"
#include "core/licence/device_request.h"
#include "fuzz.h"

static bool lies_within(struct text part, struct text whole) {
    return part.length == 0 || (part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

static void check_components(struct text components) {
    size_t start = 0, count = 0;
    struct text before = TEXT("");
    for (size_t i = 0; i <= components.length && components.length > 0; i++) {
        if (i < components.length && components.at[i] != ',') {
            assert((unsigned char)components.at[i] >= 0x20);
            continue;
        }
        struct text name = {components.at + start, i - start};
        assert(name.length >= 1 && name.length <= 50 && text_compare(before, name) < 0);
        before = name;
        start = i + 1;
        count++;
    }
    assert(count <= DEVICE_COMPONENTS_MAX && text_is_valid_utf8(components));
}

static void check_check_in(struct arena *arena, struct text body) {
    struct check_in_request request;
    if (!check_in_request_parse(body, &request)) {
        return;
    }
    assert(lies_within(request.device, body) && lies_within(request.version, body) &&
           lies_within(request.components, body));
    assert(request.sequence >= 1 && request.sequence <= INT32_MAX && request.time_s >= 0);
    assert(request.signed_part.at == body.at && request.signed_part.length < body.length &&
           body.at[request.signed_part.length] == ',');
    struct text version, components;
    if (device_version_canonical(arena, request.version, &version)) {
        assert(text_is_valid_utf8(version) && version.length <= DEVICE_VERSION_BYTES_MAX);
    }
    if (device_components_canonical(arena, request.components, &components)) {
        check_components(components);
    }
}

static void check_activation(struct arena *arena, struct text body) {
    struct activation_request request;
    struct fault fault;
    enum status status = activation_request_parse(arena, body, &request, &fault);
    if (status == STATUS_OK) {
        assert(request.name.length <= DEVICE_NAME_BYTES_MAX && text_is_valid_utf8(request.name));
        check_components(request.components);
    } else {
        assert(status == STATUS_INVALID || status == STATUS_UNAUTHENTICATED);
        assert(fault.field[0] != '\0' && text_is_valid_utf8(text_of(fault.message)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct arena arena;
    arena_init(&arena);
    check_check_in(&arena, fuzz_text(bytes, size));
    check_activation(&arena, fuzz_text(bytes, size));
    arena_clean_up(&arena);
    return 0;
}
