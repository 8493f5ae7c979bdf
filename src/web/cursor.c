/* A cursor is a sealed box that is never stored. Its nonce is random, so two cursors of one place differ and
 * tell nothing. */
#include "web/cursor.h"

#include "core/base/base64url.h"
#include "programme/keys/sealed_box.h"

#include <assert.h>
#include <inttypes.h>

static const char SEAL_PURPOSE[] = "seatmeter cursor seal";

enum { CURSOR_BYTES = sizeof(int64_t) + SEALED_BOX_EXTRA_BYTES };

/* A cursor is bound to these words: who asks, and for which list. */
static struct text list_asked(const struct request *request) {
    return text_format(request->call.arena, "%" PRId64 " %s %.*s", request->call.actor.account_id,
                       method_name(request->method), TEXT_ARGS(request->path));
}

struct text cursor_make(const struct request *request, int64_t after_id) {
    assert(after_id > 0);
    struct text plain = {(const char *)&after_id, sizeof after_id};
    struct text sealed = sealed_box_seal(&request->call, SEAL_PURPOSE, plain, list_asked(request));
    assert(sealed.length == CURSOR_BYTES);
    char *encoded = ARENA_NEW(request->call.arena, char, BASE64URL_LENGTH(CURSOR_BYTES) + 1);
    return (struct text){encoded, base64url_encode(sealed.at, sealed.length, encoded)};
}

enum status cursor_parse(const struct request *request, struct text cursor, int64_t *after_id,
                         struct fault *fault) {
    char sealed[CURSOR_BYTES];
    int64_t found = 0;
    if (!base64url_decode(cursor, sealed, sizeof sealed) ||
        !sealed_box_open(&request->call, SEAL_PURPOSE, (struct text){sealed, sizeof sealed},
                         list_asked(request), &found, sizeof found)) {
        return fault_set(fault, STATUS_INVALID, "malformed-cursor", "cursor", cursor,
                         "This cursor is not one of this list: give \"next\" of the page before, or none.");
    }
    *after_id = found;
    return STATUS_OK;
}
