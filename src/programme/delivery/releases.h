/* Releases: publishing a version of a product, promoting it, withdrawing it, having its files.
 *
 * A release is published platform by platform: what is published again with another platform gains that
 * platform; an artifact that is out never changes. beta → stable is a promotion, and a stable release is on
 * both channels of the update repository. A withdrawn one is on none, stays known, and its files are refused
 * with "version-withdrawn" and the reason.
 *
 * Artifacts are durable in the artifact store before the transaction that names them begins, and one
 * transaction holds the release and the signed metadata: a crash leaves at most a file that nobody names. */
#ifndef SEATMETER_PROGRAMME_DELIVERY_RELEASES_H
#define SEATMETER_PROGRAMME_DELIVERY_RELEASES_H

#include "delivery/artifacts.h"
#include "programme/call/call.h"
#include "store/delivery/releases.h"

enum { RELEASE_NOTES_MAX_BYTES = 4000, RELEASE_REASON_MAX_BYTES = 500, RELEASE_ARTIFACTS_MAX = 50 };

struct artifact_view {
    struct text platform;
    struct text file_name;
    int64_t size_bytes;
    struct text sha256;
};

struct release_view {
    int64_t id;
    struct text identifier; /* rel_… */
    struct text product;    /* prd_… */
    struct text product_code;
    struct text product_name;
    struct text version;
    struct text channel;
    struct text state;
    struct text notes;
    int64_t published_at_us;
    int64_t promoted_at_us;  /* 0: not stable */
    int64_t withdrawn_at_us; /* 0: not withdrawn */
    struct text withdrawn_reason;
    struct artifact_view *artifacts;
    size_t artifact_count;
};

struct publish_artifact {
    struct text platform;
    struct text file_name;
    struct text sha256; /* in the artifact store, and uploaded for the vendor (but for the operator) */
};

struct publish_release_input {
    struct text product; /* code or identifier */
    struct text version;
    struct text channel; /* "stable" or "beta" */
    struct text notes;
    const struct publish_artifact *artifacts;
    size_t artifact_count;
};
/* Publishing the very same again changes nothing. Faults: "malformed-version", "malformed-platform",
 * "malformed-file-name", "unknown-channel", "no-artifacts", "unknown-artifact", "platform-taken",
 * "channel-differs", "version-withdrawn". */
enum status publish_release(struct call *call, const struct publish_release_input *input,
                            struct release_view *out, struct fault *fault) MUST_CHECK;

/* beta → stable. `release` is an identifier or PRODUCT/VERSION. Fault "wrong-state". */
enum status promote_release(struct call *call, struct text release, struct release_view *out,
                            struct fault *fault) MUST_CHECK;

struct withdraw_release_input {
    struct text release;
    struct text reason; /* a sentence that products show */
};
enum status withdraw_release(struct call *call, const struct withdraw_release_input *input,
                             struct release_view *out, struct fault *fault) MUST_CHECK;

enum status show_release(struct call *call, struct text release, struct release_view *out,
                         struct fault *fault) MUST_CHECK;

/* Empty texts leave a condition out. */
struct list_releases_input {
    struct text product;
    struct text channel;
    struct text state;
    struct page page;
};
struct release_page {
    struct release_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_releases(struct call *call, const struct list_releases_input *input,
                          struct release_page *out, struct fault *fault) MUST_CHECK;

/* Whether the actor may upload for the vendor, asked before the bytes are taken; and the note that they came,
 * after the artifact store has them. */
enum status check_upload(struct call *call, struct text vendor, struct fault *fault) MUST_CHECK;
enum status note_upload(struct call *call, struct text vendor, const struct artifact *artifact,
                        struct fault *fault) MUST_CHECK;

/* An installer, for those who may have it: the vendor, the operator, and every account that has or provides a
 * licence which entitles to the product and counts now. Faults "not-entitled", "version-withdrawn"
 * (STATUS_FORBIDDEN, STATUS_CONFLICT), "unknown-platform". The caller closes `fd`. */
struct opened_artifact {
    struct text file_name;
    struct text sha256;
    int64_t size_bytes;
    int fd;
};
enum status open_installer(struct call *call, struct text release, struct text platform,
                           struct opened_artifact *out, struct fault *fault) MUST_CHECK;

/* For other use cases: the artifact of that hash, opened. */
enum status open_artifact(struct call *call, struct text file_name, struct text sha256,
                          struct opened_artifact *out, struct fault *fault) MUST_CHECK;

#endif
