/* crypto_secretbox under a subkey of the programme's secret; the nonce is random, so two cursors of one place
 * differ and tell nothing. */
#include "web/cursor.h"

#include "core/base/base64url.h"
#include "web/seal.h"
#include "web/server.h"

#include <assert.h>
#include <string.h>

enum { CURSOR_PLAIN_BYTES = 24, CURSOR_BYTES = CURSOR_PLAIN_BYTES + SEAL_EXTRA_BYTES };

/* What the cursor is bound to: the list (its pattern and path) and who asks. */
static void put_plain(const struct request *request, int64_t after_id,
                      unsigned char plain[CURSOR_PLAIN_BYTES]) {
    unsigned char list[8];
    struct text parts =
        text_format(request->call.arena, "%s %.*s", method_name(request->method), TEXT_ARGS(request->path));
    seal_hash(request->call.secret, parts, list, sizeof list);
    memcpy(plain, &after_id, 8);
    memcpy(plain + 8, &request->call.actor.account_id, 8);
    memcpy(plain + 16, list, 8);
}

struct text cursor_make(const struct request *request, int64_t after_id) {
    assert(after_id > 0);
    unsigned char plain[CURSOR_PLAIN_BYTES];
    put_plain(request, after_id, plain);
    struct arena *arena = request->call.arena;
    struct text sealed =
        seal(arena, request->call.secret, SEAL_CURSOR, (struct text){(const char *)plain, sizeof plain});
    char *encoded = ARENA_NEW(arena, char, BASE64URL_LENGTH(sealed.length) + 1);
    return (struct text){encoded, base64url_encode(sealed.at, sealed.length, encoded)};
}

enum status cursor_parse(const struct request *request, struct text cursor, int64_t *after_id,
                         struct fault *fault) {
    char sealed[CURSOR_BYTES];
    struct text plain;
    unsigned char expected[CURSOR_PLAIN_BYTES];
    if (base64url_decode(cursor, sealed, sizeof sealed) &&
        seal_open(request->call.arena, request->call.secret, SEAL_CURSOR,
                  (struct text){sealed, sizeof sealed}, &plain)) {
        int64_t found = 0;
        memcpy(&found, plain.at, 8);
        put_plain(request, found, expected);
        if (memcmp(expected, plain.at, sizeof expected) == 0) {
            *after_id = found;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "malformed-cursor", "cursor", cursor,
                     "This cursor is not one of this list: give \"next\" of the page before, or none.");
}
