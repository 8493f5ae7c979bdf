/* Devices, lease terms and deployment, as JSON. */
#include "json/represent.h"

static void write_thing(struct json_writer *out, const char *name, struct text id, struct text code,
                        struct text thing_name) {
    json_write_open(out, name);
    json_write_text(out, "id", id);
    json_write_text(out, "code", code);
    if (thing_name.length > 0) {
        json_write_text(out, "name", thing_name);
    }
    json_write_close(out);
}

static void write_second(struct json_writer *out, const char *name, int64_t at_s) {
    json_write_instant(out, name, at_s * 1000000);
}

/* "a,b" as ["a", "b"]. */
static void write_components(struct json_writer *out, const char *name, struct text components) {
    json_write_open_array(out, name);
    while (components.length > 0) {
        size_t length = 0;
        while (length < components.length && components.at[length] != ',') {
            length++;
        }
        json_write_text(out, NULL, (struct text){components.at, length});
        size_t taken = length < components.length ? length + 1 : length;
        components = (struct text){components.at + taken, components.length - taken};
    }
    json_write_close_array(out);
}

void represent_device(struct json_writer *out, const char *name, const struct device_view *device) {
    const struct lease_code_row *answer = lease_code_row(device->answer);
    json_write_open(out, name);
    json_write_text(out, "id", device->identifier);
    json_write_text(out, "licence", device->licence);
    write_thing(out, "provider", device->provider, device->provider_code, TEXT(""));
    write_thing(out, "customer", device->customer, device->customer_code, device->customer_name);
    write_thing(out, "sku", device->sku, device->sku_code, device->sku_name);
    json_write_text_or_null(out, "name", device->name);
    json_write_text_or_null(out, "version", device->version);
    write_components(out, "components", device->components);
    json_write_string(out, "state", device_state_name(device->state));
    json_write_string(out, "decision", device->answer == LEASE_CODE_OK ? "work" : "stop");
    json_write_string(out, "code", answer->word);
    json_write_string(out, "words", answer->words);
    if (device->seat > 0) {
        json_write_int(out, "seat", device->seat);
    } else {
        json_write_null(out, "seat");
    }
    write_second(out, "seat_until", device->seat > 0 ? device->seat_until_s : 0);
    json_write_bool(out, "offline", device->is_offline);
    json_write_int(out, "generation", device->generation);
    json_write_int(out, "sequence", device->sequence);
    json_write_instant(out, "activated_at", device->activated_at_us);
    write_second(out, "seen_at", device->seen_at_s);
    write_second(out, "lease_expires_at", device->lease_expires_s);
    json_write_instant(out, "released_at", device->released_at_us);
    json_write_int(out, "clones", device->clones);
    json_write_instant(out, "clone_seen_at", device->clone_seen_at_us);
    json_write_close(out);
}

void represent_licence_devices(struct json_writer *out, const char *name,
                               const struct licence_devices *devices) {
    json_write_open(out, name);
    json_write_int(out, "active", devices->active);
    json_write_int(out, "seats_taken", devices->seats_taken);
    json_write_int(out, "seen", devices->seen);
    json_write_int(out, "cloned", devices->cloned);
    json_write_int(out, "released", devices->released);
    json_write_int(out, "releases_max", devices->releases_max);
    json_write_close(out);
}

void represent_lease_terms(struct json_writer *out, const char *name, const struct lease_terms_view *view) {
    json_write_open(out, name);
    json_write_open(out, "sku");
    json_write_text(out, "id", view->sku);
    json_write_text(out, "code", view->sku_code);
    json_write_close(out);
    json_write_int(out, "ttl_s", view->terms.ttl_s);
    json_write_int(out, "grace_s", view->terms.grace_s);
    json_write_int(out, "offline_ttl_s", view->terms.offline_ttl_s);
    json_write_int(out, "silent_s", view->terms.silent_s);
    json_write_bool(out, "default", view->is_default);
    json_write_int(out, "version", view->version);
    json_write_close(out);
}

void represent_snippet(struct json_writer *out, const char *name, const struct snippet *snippet) {
    json_write_open(out, name);
    json_write_text(out, "licence", snippet->licence);
    json_write_text(out, "sku", snippet->sku_code);
    json_write_text(out, "product", snippet->product);
    json_write_string(out, "platform", snippet_platform_name(snippet->platform));
    json_write_text(out, "command", snippet->command);
    json_write_close(out);
}
