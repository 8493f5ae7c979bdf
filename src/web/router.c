/* The table is small and a request costs a transaction, so it is walked; nothing is compiled. Placeholders
 * take one whole segment. Escapes are decoded after the split, so "%2F" never makes a segment. */
#include "web/router.h"

#include <assert.h>
#include <string.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* False for a bad escape, a control character or bytes that are not UTF-8. */
static bool decode_escapes(struct arena *arena, struct text encoded, bool plus_is_blank,
                           struct text *decoded) {
    char *to = ARENA_NEW(arena, char, encoded.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < encoded.length; i++) {
        char c = encoded.at[i];
        if (c == '%') {
            if (encoded.length - i < 3) {
                return false;
            }
            int high = hex_digit(encoded.at[i + 1]);
            int low = hex_digit(encoded.at[i + 2]);
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if ((unsigned char)c < 0x20 || c == 0x7F) {
            return false;
        }
        to[length++] = c;
    }
    *decoded = (struct text){to, length};
    return text_is_valid_utf8(*decoded);
}

static bool match_path(const char *pattern, struct text path, struct text *parameters,
                       size_t *parameter_count) {
    struct text left = text_of(pattern);
    size_t count = 0;
    for (;;) {
        bool more_pattern = left.length > 0;
        bool more_path = path.length > 0;
        if (!more_pattern || !more_path) {
            *parameter_count = count;
            return more_pattern == more_path;
        }
        bool pattern_goes_on = memchr(left.at, '/', left.length) != NULL;
        bool path_goes_on = memchr(path.at, '/', path.length) != NULL;
        struct text wanted = text_take_until(&left, '/');
        struct text segment = text_take_until(&path, '/');
        if (pattern_goes_on != path_goes_on) {
            return false;
        }
        if (wanted.length > 0 && wanted.at[0] == '{') {
            assert(count < REQUEST_PARAMETERS_MAX);
            if (segment.length == 0) {
                return false;
            }
            parameters[count++] = segment;
        } else if (!text_equal(wanted, segment)) {
            return false;
        }
    }
}

static struct text add_allowed(struct arena *arena, struct text allow, enum method method) {
    const char *name = method == METHOD_GET ? "GET, HEAD" : method_name(method);
    return text_format(arena, "%.*s%s%s", TEXT_ARGS(allow), allow.length == 0 ? "" : ", ", name);
}

static bool decode_parameters(struct request *request) {
    for (size_t i = 0; i < request->parameter_count; i++) {
        if (!decode_escapes(&request->arena, request->parameters[i], false, &request->parameters[i])) {
            return false;
        }
    }
    return true;
}

enum route_match router_match(const struct route_table *routes, struct request *request, struct text *allow) {
    struct text rest = request->target;
    request->path = text_take_until(&rest, '?');
    *allow = TEXT("");
    request->route = NULL;
    request->route_index = -1;
    size_t total = route_table_count(routes);
    for (size_t i = 0; i < total; i++) {
        const struct route *route = route_table_at(routes, i);
        struct text parameters[REQUEST_PARAMETERS_MAX];
        size_t count = 0;
        if (!match_path(route->pattern, request->path, parameters, &count)) {
            continue;
        }
        *allow = add_allowed(&request->arena, *allow, route->method);
        if (request->route == NULL && request->has_method && route->method == request->method) {
            request->route = route;
            request->route_index = (int)i;
            memcpy(request->parameters, parameters, count * sizeof *parameters);
            request->parameter_count = count;
        }
    }
    if (allow->length == 0) {
        return ROUTE_NO_PATH;
    }
    *allow = text_format(&request->arena, "%.*s, OPTIONS", TEXT_ARGS(*allow));
    if (request->route == NULL) {
        return ROUTE_NO_METHOD;
    }
    assert(request->route_index >= 0 &&
           request->route == route_table_at(routes, (size_t)request->route_index));
    return decode_parameters(request) ? ROUTE_FOUND : ROUTE_BAD_PATH;
}

static bool was_given(const struct request *request, struct text name) {
    for (size_t i = 0; i < request->query_count; i++) {
        if (text_equal(request->query[i].name, name)) {
            return true;
        }
    }
    return false;
}

static enum status bad_parameter(struct request *request, struct fault *fault, const char *code,
                                 struct text name, const char *message) {
    struct text field = text_copy(&request->arena, name);
    return request_fault(request, 400, fault, STATUS_INVALID, code, field.at, TEXT(""), message);
}

enum status router_check_query(struct request *request, struct fault *fault) {
    struct text rest = request->target;
    text_take_until(&rest, '?');
    while (rest.length > 0) {
        struct text value = text_take_until(&rest, '&');
        if (value.length == 0) {
            continue;
        }
        struct text name = text_take_until(&value, '=');
        if (!decode_escapes(&request->arena, name, true, &name) ||
            !decode_escapes(&request->arena, value, true, &value)) {
            return bad_parameter(
                request, fault, "malformed-parameter", TEXT(""),
                "The query holds an escape, a control character or bytes that are not UTF-8.");
        }
        struct text known = text_of(request->route->query);
        if (!route_takes_query(request->route, name)) {
            return bad_parameter(request, fault, "unknown-parameter", name,
                                 known.length == 0
                                     ? "This takes no query parameters."
                                     : text_format(&request->arena,
                                                   "There is no such query parameter here, only: %.*s.",
                                                   TEXT_ARGS(known))
                                           .at);
        }
        if (was_given(request, name) || request->query_count == REQUEST_QUERY_MAX) {
            return bad_parameter(request, fault, "duplicate-parameter", name,
                                 "Give each query parameter once.");
        }
        request->query[request->query_count++] = (struct query_parameter){name, value};
    }
    return STATUS_OK;
}
