/* Signing keys and offline leases, as JSON. */
#include "json/represent.h"

#include "core/base/base64url.h"

#include <assert.h>
#include <sodium.h>

void represent_signing_key(struct json_writer *out, const char *name, const struct signing_key_view *key) {
    json_write_open(out, name);
    json_write_text(out, "key", key->kid);
    json_write_string(out, "purpose", signing_purpose_name(key->purpose));
    json_write_string(out, "state", signing_state_name(key->state));
    json_write_bool(out, "in_set", key->is_in_set);
    json_write_text(out, "public_key", key->public_key);
    json_write_instant(out, "created_at", key->created_at_us);
    json_write_instant(out, "active_from", key->active_from_us);
    json_write_instant(out, "retired_at", key->retired_at_us);
    json_write_instant(out, "revoked_at", key->revoked_at_us);
    json_write_close(out);
}

void represent_root_key(struct json_writer *out, const char *name, const struct signing_key_view *key) {
    unsigned char bytes[DEVICE_KEY_BYTES];
    char hex[2 * sizeof bytes + 1];
    bool decoded = base64url_decode(key->public_key, bytes, sizeof bytes);
    assert(decoded);
    sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
    json_write_open(out, name);
    json_write_text(out, "key", key->kid);
    json_write_text(out, "public_key", key->public_key);
    json_write_string(out, "public_key_hex", hex);
    json_write_instant(out, "created_at", key->created_at_us);
    json_write_close(out);
}

void represent_offline_lease(struct json_writer *out, const char *name, const struct offline_lease *lease,
                             bool with_file) {
    json_write_open(out, name);
    json_write_text(out, "device", lease->device);
    json_write_text(out, "licence", lease->licence);
    json_write_instant(out, "expires_at", lease->expires_s * 1000000);
    if (with_file) {
        json_write_text(out, "file", lease->file);
    }
    json_write_close(out);
}
