/* Request targets and headers that are parsed by hand: path, query, Accept. Matching ends, finds what is in
 * the table alone, and gives parameters that are UTF-8 without control characters. The first byte chooses the
 * method, the rest is the target up to a line end and the Accept header behind it. */
#include "api/routes.h"
#include "fuzz.h"
#include "portal/routes.h"
#include "web/negotiate.h"
#include "web/router.h"

static void check_values(const struct request *request) {
    for (size_t i = 0; i < request->parameter_count; i++) {
        assert(request->parameters[i].length > 0 && text_is_valid_utf8(request->parameters[i]));
    }
    for (size_t i = 0; i < request->query_count; i++) {
        struct text value = request->query[i].value;
        assert(text_is_valid_utf8(value));
        for (size_t k = 0; k < value.length; k++) {
            assert((unsigned char)value.at[k] >= 0x20);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size == 0) {
        return 0;
    }
    struct text rest = fuzz_text(bytes + 1, size - 1);
    const char *end = rest.length == 0 ? NULL : memchr(rest.at, '\n', rest.length);
    size_t length = end == NULL ? rest.length : (size_t)(end - rest.at);
    size_t skipped = end == NULL ? length : length + 1;
    struct request request = {.target = {rest.at, length}, .has_method = true};
    request.method = (enum method)(bytes[0] % METHOD_COUNT);
    request.headers.accept = (struct text){rest.at + skipped, rest.length - skipped};
    arena_init(&request.arena);
    request.call.arena = &request.arena;

    struct route_table routes = {0};
    api_add_routes(&routes);
    portal_add_routes(&routes);
    struct text allow;
    enum route_match match = router_match(&routes, &request, &allow);
    if (match == ROUTE_FOUND) {
        struct fault fault;
        assert(request.route->method == request.method && allow.length > 0);
        enum status status = router_check_query(&request, &fault);
        assert(status == STATUS_OK || (status == STATUS_INVALID && fault.code[0] != '\0'));
        check_values(&request);
        if (status == STATUS_OK && strstr(request.route->query, "format") == request.route->query) {
            enum format format = FORMAT_COUNT;
            status = negotiate(&request, 1u << FORMAT_JSON | 1u << FORMAT_PDF, &format, &fault);
            assert(status != STATUS_OK || format == FORMAT_JSON || format == FORMAT_PDF);
        }
    } else {
        assert(match != ROUTE_NO_PATH || allow.length == 0);
    }
    arena_clean_up(&request.arena);
    return 0;
}
