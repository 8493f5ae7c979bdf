/* Products, releases, install links, the update repository: as JSON. */
#include "json/represent.h"

void represent_product(struct json_writer *out, const char *name, const struct product_view *product) {
    json_write_open(out, name);
    json_write_text(out, "id", product->identifier);
    json_write_text(out, "code", product->code);
    json_write_text(out, "update_name", product->update_name);
    json_write_text(out, "name", product->name);
    json_write_text(out, "vendor", product->vendor);
    json_write_text(out, "vendor_name", product->vendor_name);
    json_write_open_array(out, "skus");
    for (size_t i = 0; i < product->sku_count; i++) {
        json_write_open(out, NULL);
        json_write_text(out, "id", product->skus[i].identifier);
        json_write_text(out, "code", product->skus[i].code);
        json_write_text(out, "name", product->skus[i].name);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_instant(out, "created_at", product->created_at_us);
    json_write_close(out);
}

void represent_release(struct json_writer *out, const char *name, const struct release_view *release) {
    json_write_open(out, name);
    json_write_text(out, "id", release->identifier);
    json_write_open(out, "product");
    json_write_text(out, "id", release->product);
    json_write_text(out, "code", release->product_code);
    json_write_text(out, "name", release->product_name);
    json_write_close(out);
    json_write_text(out, "version", release->version);
    json_write_text(out, "channel", release->channel);
    json_write_text(out, "state", release->state);
    json_write_text_or_null(out, "notes", release->notes);
    json_write_instant(out, "published_at", release->published_at_us);
    json_write_instant(out, "promoted_at", release->promoted_at_us);
    json_write_instant(out, "withdrawn_at", release->withdrawn_at_us);
    json_write_text_or_null(out, "withdrawn_reason", release->withdrawn_reason);
    json_write_open_array(out, "artifacts");
    for (size_t i = 0; i < release->artifact_count; i++) {
        const struct artifact_view *artifact = &release->artifacts[i];
        json_write_open(out, NULL);
        json_write_text(out, "platform", artifact->platform);
        json_write_text(out, "file_name", artifact->file_name);
        json_write_int(out, "size", artifact->size_bytes);
        json_write_text(out, "sha256", artifact->sha256);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_close(out);
}

static void write_link_fields(struct json_writer *out, const struct install_link_view *link) {
    json_write_text(out, "id", link->identifier);
    json_write_text(out, "licence", link->licence);
    json_write_text(out, "state", link->state);
    json_write_text(out, "created_by", link->created_by);
    json_write_instant(out, "created_at", link->created_at_us);
    json_write_instant(out, "expires_at", link->expires_at_us);
    json_write_instant(out, "revoked_at", link->revoked_at_us);
}

void represent_install_link(struct json_writer *out, const char *name, const struct install_link_view *link) {
    json_write_open(out, name);
    write_link_fields(out, link);
    json_write_close(out);
}

void represent_made_install_link(struct json_writer *out, const char *name,
                                 const struct install_link_view *link, struct text token) {
    json_write_open(out, name);
    write_link_fields(out, link);
    json_write_text(out, "path", text_format(out->arena, "/install/%.*s", TEXT_ARGS(token)));
    json_write_close(out);
}

static void write_roles(struct json_writer *out, const struct update_repository_view *repository) {
    json_write_open_array(out, "roles");
    for (int role = 0; repository->exists && role < TUF_ROLE_COUNT; role++) {
        const struct update_role_view *view = &repository->roles[role];
        json_write_open(out, NULL);
        json_write_text(out, "role", view->role);
        json_write_int(out, "version", view->version);
        json_write_instant(out, "expires_at", view->expires_at_us);
        json_write_int(out, "threshold", view->threshold);
        json_write_open_array(out, "keys");
        for (size_t i = 0; i < view->key_count; i++) {
            json_write_text(out, NULL, view->key_ids[i]);
        }
        json_write_close_array(out);
        json_write_close(out);
    }
    json_write_close_array(out);
}

void represent_update_repository(struct json_writer *out, const char *name,
                                 const struct update_repository_view *repository) {
    json_write_open(out, name);
    write_roles(out, repository);
    json_write_close(out);
}

void represent_verified_updates(struct json_writer *out, const char *name,
                                const struct verify_updates_result *result) {
    json_write_open(out, name);
    write_roles(out, &result->repository);
    json_write_int(out, "files_checked", result->files_checked);
    json_write_int(out, "artifacts_checked", result->artifacts_checked);
    json_write_open_array(out, "problems");
    for (size_t i = 0; i < result->problem_count; i++) {
        json_write_text(out, NULL, result->problems[i]);
    }
    json_write_close_array(out);
    json_write_close(out);
}
