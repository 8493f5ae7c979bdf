#include "programme/delivery/releases.h"

#include "delivery/target_path.h"
#include "programme/call/authorise.h"
#include "programme/call/validate.h"
#include "programme/delivery/products.h"
#include "programme/delivery/update_repository.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

/* ---- as people read it ---- */

static enum status fill_view(struct call *call, const struct product *product, const struct release *release,
                             struct release_view *out, struct fault *fault) {
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
    enum status status =
        release_artifact_load(call->db, call->arena, release->id, &artifacts, &view.artifact_count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    view.artifacts = ARENA_NEW(call->arena, struct artifact_view, view.artifact_count);
    for (size_t i = 0; i < view.artifact_count; i++) {
        view.artifacts[i] = (struct artifact_view){artifacts[i].platform, artifacts[i].file_name,
                                                   artifacts[i].size_bytes, artifacts[i].sha256};
    }
    *out = view;
    return STATUS_OK;
}

/* ---- finding ---- */

static enum status unknown_release(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-release", "release", word,
                     "There is no such release: give its identifier (rel_…) or PRODUCT/VERSION.");
}

/* By identifier or PRODUCT/VERSION, where the actor may know of the product. */
static enum status find_release(const struct call *call, struct text word, struct product *product,
                                struct release *release, struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    word = text_trim(word);
    const char *slash = word.length == 0 ? NULL : memchr(word.at, '/', word.length);
    enum status status = STATUS_OK;
    if (identifier_decode(call->secret, IDENTIFIER_RELEASE, word, &id)) {
        status = release_load(call->db, call->arena, id, release, &found, fault);
        if (status == STATUS_OK && found) {
            status = find_product(call, identifier_text(call, IDENTIFIER_PRODUCT, release->product_id),
                                  "product", product, fault);
        }
    } else if (slash != NULL) {
        struct text code = {word.at, (size_t)(slash - word.at)};
        struct text version = {slash + 1, word.length - code.length - 1};
        status = find_product(call, code, "release", product, fault);
        if (status == STATUS_OK) {
            status =
                release_find_version(call->db, call->arena, product->id, version, release, &found, fault);
        }
    }
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !found)) {
        return unknown_release(word, fault);
    }
    return status;
}

static enum status find_release_to_change(const struct call *call, struct text word, struct product *product,
                                          struct release *release, struct fault *fault) {
    enum status status = find_release(call, word, product, release, fault);
    return status == STATUS_OK ? require_vendors_catalogue(call, product->vendor_id, fault) : status;
}

enum status release_refuse_withdrawn(struct text version, struct text reason, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "version-withdrawn", "version", version,
                     "The vendor has withdrawn version %.*s: %.*s", TEXT_ARGS(version), TEXT_ARGS(reason));
}

/* Signs anew and writes the trail: the end of every change. */
static enum status finish(struct call *call, const char *action, const struct product *product,
                          const struct release *release, struct text detail, struct release_view *out,
                          struct fault *fault) {
    enum status status = update_repository_publish(call, fault);
    if (status == STATUS_OK) {
        status = audit_write(call, action, identifier_text(call, IDENTIFIER_RELEASE, release->id),
                             product->vendor_id,
                             text_format(call->arena, "%.*s %.*s %.*s", TEXT_ARGS(product->code),
                                         TEXT_ARGS(release->version), TEXT_ARGS(detail)),
                             fault);
    }
    return status == STATUS_OK ? fill_view(call, product, release, out, fault) : status;
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
    enum status status = version_check(release->version, "version", fault);
    if (status == STATUS_OK) {
        status = release_channel_parse(text_trim(input->channel), "channel", &release->channel, fault);
    }
    if (status == STATUS_OK) {
        status = check_lines(input->notes, "notes", RELEASE_NOTES_MAX_BYTES, &release->notes, fault);
    }
    if (status == STATUS_OK &&
        (input->artifact_count == 0 || input->artifact_count > RELEASE_ARTIFACTS_MAX)) {
        status = fault_set(fault, STATUS_INVALID, "no-artifacts", "artifacts", TEXT(""),
                           "A release is published with from 1 to %d files.", RELEASE_ARTIFACTS_MAX);
    }
    for (size_t i = 0; status == STATUS_OK && i < input->artifact_count; i++) {
        const struct publish_artifact *artifact = &input->artifacts[i];
        status = platform_check(artifact->platform, "platform", fault);
        if (status == STATUS_OK) {
            status = file_name_check(artifact->file_name, "file_name", fault);
        }
        if (status == STATUS_OK) {
            status = sha256_check(artifact->sha256, "sha256", fault);
        }
    }
    return status;
}

/* Finds the release of that version to add to, or makes it. */
static enum status settle_release(struct call *call, const struct product *product, struct release *release,
                                  bool *changed, struct fault *fault) {
    struct release present;
    bool found = false;
    enum status status =
        release_find_version(call->db, call->arena, product->id, release->version, &present, &found, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (!found) {
        *changed = true;
        return release_insert(call->db, release, fault);
    }
    if (present.state == RELEASE_WITHDRAWN) {
        return release_refuse_withdrawn(present.version, present.withdrawn_reason, fault);
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
        status = release_update(call->db, &present, fault);
    }
    *release = present;
    return status;
}

/* The artifact is in the store, and the vendor's to publish. */
static enum status check_artifact(struct call *call, const struct product *product,
                                  const struct publish_artifact *given, int64_t *size_bytes,
                                  struct fault *fault) {
    int fd = -1;
    bool uploaded = true;
    int64_t uploaded_bytes = 0;
    enum status status = require_artifacts(call, fault);
    if (status == STATUS_OK) {
        status = artifact_open(call->artifacts, given->sha256, &fd, size_bytes, fault);
    }
    if (status == STATUS_OK) {
        close(fd);
    }
    if (status == STATUS_OK && !actor_is_operator(call)) {
        status = artifact_upload_find(call->db, product->vendor_id, given->sha256, &uploaded_bytes, &uploaded,
                                      fault);
    }
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !uploaded)) {
        return fault_set(fault, STATUS_CONFLICT, "unknown-artifact", "sha256", given->sha256,
                         "No file with this hash has been uploaded for the vendor: upload it first.");
    }
    return status;
}

static enum status add_artifact(struct call *call, const struct product *product,
                                const struct release *release, const struct publish_artifact *given,
                                bool *changed, struct fault *fault) {
    struct release_artifact *present = NULL;
    size_t count = 0;
    int64_t size_bytes = 0;
    enum status status = release_artifact_load(call->db, call->arena, release->id, &present, &count, fault);
    if (status != STATUS_OK) {
        return status;
    }
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
    status = check_artifact(call, product, given, &size_bytes, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct release_artifact artifact = {.release_id = release->id,
                                        .platform = given->platform,
                                        .file_name = given->file_name,
                                        .size_bytes = size_bytes,
                                        .sha256 = given->sha256,
                                        .added_at_us = call->now_us};
    *changed = true;
    return release_artifact_insert(call->db, &artifact, fault);
}

enum status publish_release(struct call *call, const struct publish_release_input *input,
                            struct release_view *out, struct fault *fault) {
    struct product product;
    struct release release = {.version = text_trim(input->version),
                              .state = RELEASE_PUBLISHED,
                              .published_at_us = call->now_us,
                              .withdrawn_reason = TEXT("")};
    bool changed = false;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_product(call, input->product, "product", &product, fault);
    if (status == STATUS_OK) {
        status = require_vendors_catalogue(call, product.vendor_id, fault);
    }
    if (status == STATUS_OK) {
        status = check_given(input, &release, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    release.product_id = product.id;
    release.promoted_at_us = release.channel == CHANNEL_STABLE ? call->now_us : 0;
    status = settle_release(call, &product, &release, &changed, fault);
    for (size_t i = 0; status == STATUS_OK && i < input->artifact_count; i++) {
        status = add_artifact(call, &product, &release, &input->artifacts[i], &changed, fault);
    }
    if (status == STATUS_OK && changed) {
        status = finish(call, "release.publish", &product, &release,
                        text_of(release_channel_name(release.channel)), out, fault);
    } else if (status == STATUS_OK) {
        status = fill_view(call, &product, &release, out, fault);
    }
done:
    return call_end(call, status, fault);
}

/* ---- promoting and withdrawing ---- */

enum status promote_release(struct call *call, struct text word, struct release_view *out,
                            struct fault *fault) {
    struct product product;
    struct release release;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_release_to_change(call, word, &product, &release, fault);
    if (status == STATUS_OK && release.state == RELEASE_WITHDRAWN) {
        status = release_refuse_withdrawn(release.version, release.withdrawn_reason, fault);
    }
    if (status == STATUS_OK && release.channel == CHANNEL_STABLE) {
        status = fault_set(fault, STATUS_CONFLICT, "wrong-state", "channel", TEXT("stable"),
                           "Version %.*s is stable already.", TEXT_ARGS(release.version));
    }
    if (status != STATUS_OK) {
        goto done;
    }
    release.channel = CHANNEL_STABLE;
    release.promoted_at_us = call->now_us;
    status = release_update(call->db, &release, fault);
    if (status == STATUS_OK) {
        status = finish(call, "release.promote", &product, &release, TEXT("stable"), out, fault);
    }
done:
    return call_end(call, status, fault);
}

enum status withdraw_release(struct call *call, const struct withdraw_release_input *input,
                             struct release_view *out, struct fault *fault) {
    struct product product;
    struct release release;
    struct text reason = TEXT("");
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_release_to_change(call, input->release, &product, &release, fault);
    if (status == STATUS_OK) {
        status = check_required_line(input->reason, "reason", RELEASE_REASON_MAX_BYTES, &reason, fault);
    }
    if (status == STATUS_OK && release.state == RELEASE_WITHDRAWN) {
        status =
            fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", TEXT("withdrawn"),
                      "Version %.*s is withdrawn already; that state is final.", TEXT_ARGS(release.version));
    }
    if (status != STATUS_OK) {
        goto done;
    }
    release.state = RELEASE_WITHDRAWN;
    release.withdrawn_at_us = call->now_us;
    release.withdrawn_reason = reason;
    status = release_update(call->db, &release, fault);
    if (status == STATUS_OK) {
        status = finish(call, "release.withdraw", &product, &release, reason, out, fault);
    }
done:
    return call_end(call, status, fault);
}

/* ---- reading ---- */

enum status show_release(struct call *call, struct text word, struct release_view *out, struct fault *fault) {
    struct product product;
    struct release release;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_release(call, word, &product, &release, fault);
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &product, &release, out, fault);
    }
    return call_end(call, status, fault);
}

static enum status make_filter(struct call *call, const struct list_releases_input *input,
                               struct release_filter *filter, struct fault *fault) {
    struct product product;
    struct account own;
    enum release_channel channel = CHANNEL_STABLE;
    enum release_state state = RELEASE_PUBLISHED;
    enum status status = STATUS_OK;
    *filter = (struct release_filter){.channel = -1, .state = -1};
    if (input->product.length > 0) {
        status = find_product(call, input->product, "product", &product, fault);
        filter->product_id = product.id;
    }
    if (status == STATUS_OK && input->channel.length > 0) {
        status = release_channel_parse(input->channel, "channel", &channel, fault);
        filter->channel = (int)channel;
    }
    if (status == STATUS_OK && input->state.length > 0) {
        status = release_state_parse(input->state, "state", &state, fault);
        filter->state = (int)state;
    }
    if (status != STATUS_OK || actor_is_operator(call)) {
        return status;
    }
    status = account_load(call->db, call->arena, call->actor.account_id, &own, fault);
    if (status == STATUS_OK && own.kind == ACCOUNT_VENDOR) {
        filter->vendor_id = own.id;
    }
    return status;
}

enum status list_releases(struct call *call, const struct list_releases_input *input,
                          struct release_page *out, struct fault *fault) {
    struct release_filter filter;
    struct release *releases = NULL;
    struct release_page page = {0};
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = make_filter(call, input, &filter, fault);
    }
    if (status == STATUS_OK) {
        status = release_list(call->db, call->arena, &filter, input->page, &releases, &page.count,
                              &page.next_after, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    page.items = ARENA_NEW(call->arena, struct release_view, page.count);
    for (size_t i = 0; i < page.count && status == STATUS_OK; i++) {
        struct product product;
        bool found = false;
        status = product_load(call->db, call->arena, releases[i].product_id, &product, &found, fault);
        assert(status != STATUS_OK || found);
        if (status == STATUS_OK) {
            status = fill_view(call, &product, &releases[i], &page.items[i], fault);
        }
    }
    if (status == STATUS_OK) {
        *out = page;
    }
done:
    return call_end(call, status, fault);
}

/* ---- uploads and installers ---- */

enum status check_upload(struct call *call, struct text vendor, struct fault *fault) {
    struct account found;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_artifacts(call, fault);
    if (status == STATUS_OK) {
        status = find_vendor_to_change(call, vendor, &found, fault);
    }
    return call_end(call, status, fault);
}

enum status note_upload(struct call *call, struct text vendor, const struct artifact *artifact,
                        struct fault *fault) {
    struct account found;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_vendor_to_change(call, vendor, &found, fault);
    if (status == STATUS_OK) {
        status = artifact_upload_insert(call->db, found.id, text_of(artifact->sha256), artifact->size_bytes,
                                        call->now_us, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "artifact.upload", text_of(artifact->sha256), found.id,
                             text_format(call->arena, "%lld bytes", (long long)artifact->size_bytes), fault);
    }
    return call_end(call, status, fault);
}

static enum status require_entitled(struct call *call, const struct product *product, struct fault *fault) {
    bool entitled = false;
    if (actor_is(call, product->vendor_id)) {
        return STATUS_OK;
    }
    enum status status =
        product_entitled_by_account(call->db, product->id, call->actor.account_id, &entitled, fault);
    if (status == STATUS_OK && !entitled) {
        status = fault_set(fault, STATUS_FORBIDDEN, "not-entitled", "product", product->code,
                           "This needs a licence of %.*s that is on.", TEXT_ARGS(product->code));
    }
    return status;
}

enum status open_artifact(struct call *call, struct text file_name, struct text sha256,
                          struct opened_artifact *out, struct fault *fault) {
    struct opened_artifact opened = {.file_name = file_name, .sha256 = sha256};
    enum status status = require_artifacts(call, fault);
    if (status == STATUS_OK) {
        status = artifact_open(call->artifacts, sha256, &opened.fd, &opened.size_bytes, fault);
    }
    if (status == STATUS_OK) {
        *out = opened;
    }
    return status;
}

enum status open_installer(struct call *call, struct text word, struct text platform,
                           struct opened_artifact *out, struct fault *fault) {
    struct product product;
    struct release release;
    struct release_artifact *artifacts = NULL;
    size_t count = 0;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_release(call, word, &product, &release, fault);
    }
    if (status == STATUS_OK) {
        status = require_entitled(call, &product, fault);
    }
    if (status == STATUS_OK && release.state == RELEASE_WITHDRAWN) {
        status = release_refuse_withdrawn(release.version, release.withdrawn_reason, fault);
    }
    if (status == STATUS_OK) {
        status = release_artifact_load(call->db, call->arena, release.id, &artifacts, &count, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    size_t i = 0;
    while (i < count && !text_equal(artifacts[i].platform, platform)) {
        i++;
    }
    if (i == count) {
        status = fault_set(fault, STATUS_NOT_FOUND, "unknown-platform", "platform", platform,
                           "This release has no file for that platform.");
        goto done;
    }
    status = open_artifact(call, artifacts[i].file_name, artifacts[i].sha256, out, fault);
done:
    return call_end(call, status, fault);
}
