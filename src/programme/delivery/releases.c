#include "programme/delivery/releases.h"

#include "delivery/target_path.h"
#include "programme/call/authorise.h"
#include "programme/call/validate.h"
#include "programme/delivery/products.h"
#include "programme/delivery/update_repository.h"
#include "store/parties/accounts.h"

#include <string.h>
#include <unistd.h>

/* ---- as people read it ---- */

static enum status fill_release_view(struct call *call, const struct product *product,
                                     const struct release *release, struct release_view *out,
                                     struct fault *fault) {
    struct release_artifact *artifacts = NULL;
    struct release_view view = {.id = release->id,
                                .identifier = identifier_text(call, IDENTIFIER_RELEASE, release->id),
                                .product = identifier_text(call, IDENTIFIER_PRODUCT, product->id),
                                .product_code = product->code,
                                .product_name = product->name,
                                .version = release->version,
                                .channel = text_of(release_channel_name(release->channel)),
                                .state = text_of(release_state_name(release->state)),
                                .notes = release->notes,
                                .published_at_us = release->published_at_us,
                                .promoted_at_us = release->promoted_at_us,
                                .withdrawn_at_us = release->withdrawn_at_us,
                                .withdrawn_reason = release->withdrawn_reason};
    TRY(release_artifact_load(call->db, call->arena, release->id, &artifacts, &view.artifact_count, fault));
    view.artifacts = ARENA_NEW(call->arena, struct artifact_view, view.artifact_count);
    for (size_t i = 0; i < view.artifact_count; i++) {
        view.artifacts[i] = (struct artifact_view){artifacts[i].platform, artifacts[i].file_name,
                                                   artifacts[i].size_bytes, artifacts[i].sha256};
    }
    *out = view;
    return STATUS_OK;
}

/* ---- finding ---- */

static enum status find_by_version(const struct call *call, struct text word, const char *slash,
                                   struct product *product, struct release *release, bool *found,
                                   struct fault *fault) {
    struct text code = {word.at, (size_t)(slash - word.at)};
    struct text version = {slash + 1, word.length - code.length - 1};
    TRY(find_product(call, code, "release", product, fault));
    return release_find_version(call->db, call->arena, product->id, version, release, found, fault);
}

static enum status find_by_identifier(const struct call *call, int64_t id, struct product *product,
                                      struct release *release, bool *found, struct fault *fault) {
    TRY(release_load(call->db, call->arena, id, release, found, fault));
    if (!*found) {
        return STATUS_OK;
    }
    return find_product(call, identifier_text(call, IDENTIFIER_PRODUCT, release->product_id), "product",
                        product, fault);
}

/* By identifier or PRODUCT/VERSION, where the actor may know of the product. */
static enum status find_release(const struct call *call, struct text word, struct product *product,
                                struct release *release, struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    enum status status = STATUS_OK;
    word = text_trim(word);
    const char *slash = word.length == 0 ? NULL : memrchr(word.at, '/', word.length);
    if (identifier_decode(call->secret, IDENTIFIER_RELEASE, word, &id)) {
        status = find_by_identifier(call, id, product, release, &found, fault);
    } else if (slash != NULL) {
        status = find_by_version(call, word, slash, product, release, &found, fault);
    }
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !found)) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-release", "release", word,
                         "There is no such release: give its identifier (rel_…) or PRODUCT/VERSION.");
    }
    return status;
}

static enum status find_release_to_change(const struct call *call, struct text word, struct product *product,
                                          struct release *release, struct fault *fault) {
    TRY(find_release(call, word, product, release, fault));
    return require_vendors_catalogue(call, product->vendor_id, fault);
}

static enum status refuse_withdrawn(struct text version, struct text reason, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "version-withdrawn", "version", version,
                     "The vendor has withdrawn version %.*s: %.*s", TEXT_ARGS(version), TEXT_ARGS(reason));
}

/* The end of every change: the repository is signed anew and the trail is written. */
static enum status publish_change(struct call *call, const char *action, const struct product *product,
                                  const struct release *release, struct text detail, struct release_view *out,
                                  struct fault *fault) {
    TRY(update_repository_publish(call, fault));
    TRY(audit_write(call, action, identifier_text(call, IDENTIFIER_RELEASE, release->id), product->vendor_id,
                    text_format(call->arena, "%.*s %.*s %.*s", TEXT_ARGS(product->code),
                                TEXT_ARGS(release->version), TEXT_ARGS(detail)),
                    fault));
    return fill_release_view(call, product, release, out, fault);
}

static enum status require_artifacts(const struct call *call, struct fault *fault) {
    if (call->artifacts != NULL) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "artifacts-unusable", NULL, TEXT(""),
                     "This door was started without an artifact store.");
}

/* ---- publishing ---- */

static enum status check_given(const struct publish_release_input *input, struct release *release,
                               struct fault *fault) {
    TRY(version_check(release->version, "version", fault));
    TRY(release_channel_parse(text_trim(input->channel), "channel", &release->channel, fault));
    TRY(check_lines(input->notes, "notes", RELEASE_NOTES_MAX_BYTES, &release->notes, fault));
    if (input->artifact_count == 0 || input->artifact_count > RELEASE_ARTIFACTS_MAX) {
        return fault_set(fault, STATUS_INVALID, "no-artifacts", "artifacts", TEXT(""),
                         "A release is published with from 1 to %d files.", RELEASE_ARTIFACTS_MAX);
    }
    for (size_t i = 0; i < input->artifact_count; i++) {
        const struct publish_artifact *artifact = &input->artifacts[i];
        TRY(platform_check(artifact->platform, "platform", fault));
        TRY(file_name_check(artifact->file_name, "file_name", fault));
        TRY(sha256_check(artifact->sha256, "sha256", fault));
    }
    return STATUS_OK;
}

/* Finds the release of that version to add to, or makes it. */
static enum status settle_release(struct call *call, const struct product *product, struct release *release,
                                  bool *changed, struct fault *fault) {
    struct release present;
    bool found = false;
    TRY(release_find_version(call->db, call->arena, product->id, release->version, &present, &found, fault));
    if (!found) {
        *changed = true;
        return release_insert(call->db, release, fault);
    }
    if (present.state == RELEASE_WITHDRAWN) {
        return refuse_withdrawn(present.version, present.withdrawn_reason, fault);
    }
    if (present.channel != release->channel) {
        return fault_set(fault, STATUS_CONFLICT, "channel-differs", "channel",
                         text_of(release_channel_name(release->channel)), "Version %.*s is on %s already%s.",
                         TEXT_ARGS(present.version), release_channel_name(present.channel),
                         present.channel == CHANNEL_BETA ? ": promote it to make it stable" : "");
    }
    if (release->notes.length > 0 && !text_equal(release->notes, present.notes)) {
        present.notes = release->notes;
        *changed = true;
        TRY(release_update(call->db, &present, fault));
    }
    *release = present;
    return STATUS_OK;
}

static enum status refuse_unknown_artifact(struct text sha256, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "unknown-artifact", "sha256", sha256,
                     "No file with this hash has been uploaded for the vendor: upload it first.");
}

/* The artifact is in the store, and the vendor's to publish. */
static enum status check_artifact(struct call *call, const struct product *product,
                                  const struct publish_artifact *given, int64_t *size_bytes,
                                  struct fault *fault) {
    int fd = -1;
    bool uploaded = true;
    int64_t uploaded_bytes = 0;
    TRY(require_artifacts(call, fault));
    enum status opened = artifact_open(call->artifacts, given->sha256, &fd, size_bytes, fault);
    if (opened != STATUS_OK) {
        return opened == STATUS_NOT_FOUND ? refuse_unknown_artifact(given->sha256, fault) : opened;
    }
    close(fd);
    if (!actor_is_operator(call)) {
        TRY(artifact_upload_find(call->db, product->vendor_id, given->sha256, &uploaded_bytes, &uploaded,
                                 fault));
    }
    return uploaded ? STATUS_OK : refuse_unknown_artifact(given->sha256, fault);
}

static enum status add_artifact(struct call *call, const struct product *product,
                                const struct release *release, const struct publish_artifact *given,
                                bool *changed, struct fault *fault) {
    struct release_artifact *present = NULL;
    size_t count = 0;
    int64_t size_bytes = 0;
    TRY(release_artifact_load(call->db, call->arena, release->id, &present, &count, fault));
    for (size_t i = 0; i < count; i++) {
        if (!text_equal(present[i].platform, given->platform)) {
            continue;
        }
        if (text_equal(present[i].sha256, given->sha256) &&
            text_equal(present[i].file_name, given->file_name)) {
            return STATUS_OK;
        }
        return fault_set(fault, STATUS_CONFLICT, "platform-taken", "platform", given->platform,
                         "Version %.*s has another file for %.*s already, and what is out never changes: "
                         "publish a new version.",
                         TEXT_ARGS(release->version), TEXT_ARGS(given->platform));
    }
    TRY(check_artifact(call, product, given, &size_bytes, fault));
    struct release_artifact artifact = {.release_id = release->id,
                                        .platform = given->platform,
                                        .file_name = given->file_name,
                                        .size_bytes = size_bytes,
                                        .sha256 = given->sha256,
                                        .added_at_us = call->now_us};
    *changed = true;
    return release_artifact_insert(call->db, &artifact, fault);
}

static enum status do_publish_release(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct publish_release_input *publish = input;
    struct product product;
    struct release release = {.version = text_trim(publish->version),
                              .state = RELEASE_PUBLISHED,
                              .published_at_us = call->now_us,
                              .withdrawn_reason = TEXT("")};
    bool changed = false;
    TRY(find_product(call, publish->product, "product", &product, fault));
    TRY(require_vendors_catalogue(call, product.vendor_id, fault));
    TRY(check_given(publish, &release, fault));
    release.product_id = product.id;
    release.promoted_at_us = release.channel == CHANNEL_STABLE ? call->now_us : 0;
    TRY(settle_release(call, &product, &release, &changed, fault));
    for (size_t i = 0; i < publish->artifact_count; i++) {
        TRY(add_artifact(call, &product, &release, &publish->artifacts[i], &changed, fault));
    }
    if (!changed) {
        return fill_release_view(call, &product, &release, output, fault);
    }
    return publish_change(call, "release.publish", &product, &release,
                          text_of(release_channel_name(release.channel)), output, fault);
}

enum status publish_release(struct call *call, const struct publish_release_input *input,
                            struct release_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_publish_release, input, out, fault);
}

/* ---- promoting and withdrawing ---- */

static enum status do_promote_release(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct text *word = input;
    struct product product;
    struct release release;
    TRY(find_release_to_change(call, *word, &product, &release, fault));
    if (release.state == RELEASE_WITHDRAWN) {
        return refuse_withdrawn(release.version, release.withdrawn_reason, fault);
    }
    if (release.channel == CHANNEL_STABLE) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "channel", TEXT("stable"),
                         "Version %.*s is stable already.", TEXT_ARGS(release.version));
    }
    release.channel = CHANNEL_STABLE;
    release.promoted_at_us = call->now_us;
    TRY(release_update(call->db, &release, fault));
    return publish_change(call, "release.promote", &product, &release, TEXT("stable"), output, fault);
}

enum status promote_release(struct call *call, struct text release, struct release_view *out,
                            struct fault *fault) {
    return call_run(call, DB_WRITE, do_promote_release, &release, out, fault);
}

static enum status do_withdraw_release(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    const struct withdraw_release_input *withdraw = input;
    struct product product;
    struct release release;
    struct text reason = TEXT("");
    TRY(find_release_to_change(call, withdraw->release, &product, &release, fault));
    TRY(check_required_line(withdraw->reason, "reason", RELEASE_REASON_MAX_BYTES, &reason, fault));
    if (release.state == RELEASE_WITHDRAWN) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("withdrawn"),
                         "Version %.*s is withdrawn already; that state is final.",
                         TEXT_ARGS(release.version));
    }
    release.state = RELEASE_WITHDRAWN;
    release.withdrawn_at_us = call->now_us;
    release.withdrawn_reason = reason;
    TRY(release_update(call->db, &release, fault));
    return publish_change(call, "release.withdraw", &product, &release, reason, output, fault);
}

enum status withdraw_release(struct call *call, const struct withdraw_release_input *input,
                             struct release_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_withdraw_release, input, out, fault);
}

/* ---- reading ---- */

static enum status do_show_release(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct product product;
    struct release release;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_release(call, *word, &product, &release, fault));
    return fill_release_view(call, &product, &release, output, fault);
}

enum status show_release(struct call *call, struct text release, struct release_view *out,
                         struct fault *fault) {
    return call_run(call, DB_READ, do_show_release, &release, out, fault);
}

static enum status make_release_filter(struct call *call, const struct list_releases_input *input,
                                       struct release_filter *filter, struct fault *fault) {
    enum release_channel channel = CHANNEL_STABLE;
    enum release_state state = RELEASE_PUBLISHED;
    *filter = (struct release_filter){.channel = -1, .state = -1};
    if (input->product.length > 0) {
        struct product product;
        TRY(find_product(call, input->product, "product", &product, fault));
        filter->product_id = product.id;
    }
    if (input->channel.length > 0) {
        TRY(release_channel_parse(input->channel, "channel", &channel, fault));
        filter->channel = (int)channel;
    }
    if (input->state.length > 0) {
        TRY(release_state_parse(input->state, "state", &state, fault));
        filter->state = (int)state;
    }
    if (!actor_is_operator(call)) {
        struct account own;
        TRY(account_load(call->db, call->arena, call->actor.account_id, &own, fault));
        filter->vendor_id = own.kind == ACCOUNT_VENDOR ? own.id : 0;
    }
    return STATUS_OK;
}

static enum status load_release_view(struct call *call, const struct release *release,
                                     struct release_view *out, struct fault *fault) {
    struct product product;
    bool found = false;
    TRY(product_load(call->db, call->arena, release->product_id, &product, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_INTERNAL, "release-without-product", NULL,
                         identifier_text(call, IDENTIFIER_RELEASE, release->id),
                         "The store has no product of this release: run seatmeter check.");
    }
    return fill_release_view(call, &product, release, out, fault);
}

static enum status do_list_releases(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct list_releases_input *list = input;
    struct release_filter filter;
    struct release *releases = NULL;
    struct release_page page = {0};
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(make_release_filter(call, list, &filter, fault));
    TRY(release_list(call->db, call->arena, &filter, list->page, &releases, &page.count, &page.next_after,
                     fault));
    page.items = ARENA_NEW(call->arena, struct release_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        TRY(load_release_view(call, &releases[i], &page.items[i], fault));
    }
    *(struct release_page *)output = page;
    return STATUS_OK;
}

enum status list_releases(struct call *call, const struct list_releases_input *input,
                          struct release_page *out, struct fault *fault) {
    return call_run(call, DB_READ, do_list_releases, input, out, fault);
}

/* ---- uploads and installers ---- */

static enum status do_check_upload(struct call *call, const void *input, void *output, struct fault *fault) {
    (void)output;
    const struct text *vendor = input;
    struct account found;
    TRY(require_artifacts(call, fault));
    return find_vendor_to_change(call, *vendor, &found, fault);
}

enum status check_upload(struct call *call, struct text vendor, struct fault *fault) {
    return call_run(call, DB_READ, do_check_upload, &vendor, NULL, fault);
}

struct note_upload_input {
    struct text vendor;
    const struct artifact *artifact;
};

static enum status do_note_upload(struct call *call, const void *input, void *output, struct fault *fault) {
    (void)output;
    const struct note_upload_input *note = input;
    struct text sha256 = text_of(note->artifact->sha256);
    int64_t size_bytes = note->artifact->size_bytes;
    struct account vendor;
    TRY(find_vendor_to_change(call, note->vendor, &vendor, fault));
    TRY(artifact_upload_insert(call->db, vendor.id, sha256, size_bytes, call->now_us, fault));
    return audit_write(call, "artifact.upload", sha256, vendor.id,
                       text_format(call->arena, "%lld bytes", (long long)size_bytes), fault);
}

enum status note_upload(struct call *call, struct text vendor, const struct artifact *artifact,
                        struct fault *fault) {
    const struct note_upload_input input = {vendor, artifact};
    return call_run(call, DB_WRITE, do_note_upload, &input, NULL, fault);
}

static enum status require_entitled(struct call *call, const struct product *product, struct fault *fault) {
    bool entitled = false;
    if (actor_is(call, product->vendor_id)) {
        return STATUS_OK;
    }
    TRY(product_entitled_by_account(call->db, product->id, call->actor.account_id, &entitled, fault));
    if (entitled) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_FORBIDDEN, "not-entitled", "product", product->code,
                     "This needs a licence of %.*s that is on.", TEXT_ARGS(product->code));
}

enum status open_artifact(struct call *call, struct text file_name, struct text sha256,
                          struct opened_artifact *out, struct fault *fault) {
    struct opened_artifact opened = {.file_name = file_name, .sha256 = sha256};
    TRY(require_artifacts(call, fault));
    TRY(artifact_open(call->artifacts, sha256, &opened.fd, &opened.size_bytes, fault));
    *out = opened;
    return STATUS_OK;
}

struct open_installer_input {
    struct text release;
    struct text platform;
};

static enum status do_open_installer(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct open_installer_input *open = input;
    struct product product;
    struct release release;
    struct release_artifact *artifacts = NULL;
    size_t count = 0;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_release(call, open->release, &product, &release, fault));
    TRY(require_entitled(call, &product, fault));
    if (release.state == RELEASE_WITHDRAWN) {
        return refuse_withdrawn(release.version, release.withdrawn_reason, fault);
    }
    TRY(release_artifact_load(call->db, call->arena, release.id, &artifacts, &count, fault));
    for (size_t i = 0; i < count; i++) {
        if (text_equal(artifacts[i].platform, open->platform)) {
            return open_artifact(call, artifacts[i].file_name, artifacts[i].sha256, output, fault);
        }
    }
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-platform", "platform", open->platform,
                     "This release has no file for that platform.");
}

enum status open_installer(struct call *call, struct text release, struct text platform,
                           struct opened_artifact *out, struct fault *fault) {
    const struct open_installer_input input = {release, platform};
    struct opened_artifact opened = {.fd = -1};
    enum status status = call_run(call, DB_READ, do_open_installer, &input, &opened, fault);
    if (status == STATUS_OK) {
        *out = opened;
    } else if (opened.fd >= 0) {
        close(opened.fd); /* the transaction's end failed */
    }
    return status;
}
