/* Releases: the versions of products, their artifacts, and where the update repository lists them.
 *
 * A stable release is listed on both channels, so that who follows beta is never behind; its artifacts never
 * change, and a withdrawn one is listed nowhere. */
#ifndef SEATMETER_STORE_DELIVERY_RELEASES_H
#define SEATMETER_STORE_DELIVERY_RELEASES_H

#include "store/engine/db.h"
#include "store/engine/page.h"

enum release_channel { CHANNEL_STABLE, CHANNEL_BETA };
enum release_state { RELEASE_PUBLISHED, RELEASE_WITHDRAWN };
enum { SHA256_HEX_BYTES = 64 };

const char *release_channel_name(enum release_channel channel);
const char *release_state_name(enum release_state state);

/* Faults "unknown-channel", "unknown-release-state". */
enum status release_channel_parse(struct text word, const char *field, enum release_channel *channel,
                                  struct fault *fault) MUST_CHECK;
enum status release_state_parse(struct text word, const char *field, enum release_state *state,
                                struct fault *fault) MUST_CHECK;

struct release {
    int64_t id;
    int64_t product_id;
    struct text version;
    enum release_channel channel;
    enum release_state state;
    struct text notes;
    int64_t published_at_us;
    int64_t promoted_at_us;  /* when it became stable; 0: not yet */
    int64_t withdrawn_at_us; /* 0: it is not */
    struct text withdrawn_reason;
};

struct release_artifact {
    int64_t release_id;
    struct text platform;
    struct text file_name;
    int64_t size_bytes;
    struct text sha256; /* SHA256_HEX_BYTES lower-case digits */
    int64_t added_at_us;
};

enum status release_insert(struct db *db, struct release *release, struct fault *fault) MUST_CHECK; /* sets id
                                                                                                     */
/* Saves channel, state, notes, the instants and the reason. */
enum status release_update(struct db *db, const struct release *release, struct fault *fault) MUST_CHECK;
enum status release_load(struct db *db, struct arena *arena, int64_t id, struct release *release, bool *found,
                         struct fault *fault) MUST_CHECK;
enum status release_find_version(struct db *db, struct arena *arena, int64_t product_id, struct text version,
                                 struct release *release, bool *found, struct fault *fault) MUST_CHECK;

struct release_filter {
    int64_t product_id; /* 0: any */
    int64_t vendor_id;  /* 0: any */
    int channel;        /* enum release_channel or -1 */
    int state;          /* enum release_state or -1 */
};
enum status release_list(struct db *db, struct arena *arena, const struct release_filter *filter,
                         struct page page, struct release **releases, size_t *count, int64_t *next_after,
                         struct fault *fault) MUST_CHECK;

enum status release_artifact_insert(struct db *db, const struct release_artifact *artifact,
                                    struct fault *fault) MUST_CHECK;
/* By platform. */
enum status release_artifact_load(struct db *db, struct arena *arena, int64_t release_id,
                                  struct release_artifact **artifacts, size_t *count,
                                  struct fault *fault) MUST_CHECK;

/* The newest published stable release of a product for each platform: by platform. */
struct release_installer {
    struct release_artifact artifact;
    struct text version;
};
enum status release_installer_load(struct db *db, struct arena *arena, int64_t product_id,
                                   struct release_installer **installers, size_t *count,
                                   struct fault *fault) MUST_CHECK;

/* What the update repository lists, one for each channel that a published release is on, by nothing in
 * particular. */
struct release_target {
    int64_t product_id;
    int64_t release_id;
    struct text product; /* its update name */
    struct text version;
    enum release_channel channel; /* of the listing */
    enum release_state state;     /* always published from release_target_load_all */
    struct text withdrawn_reason;
    struct text platform;
    struct text file_name;
    int64_t size_bytes;
    struct text sha256;
    int64_t released_at_us; /* on that channel */
};
enum status release_target_load_all(struct db *db, struct arena *arena, struct release_target **targets,
                                    size_t *count, struct fault *fault) MUST_CHECK;

/* The target of those segments of a path, withdrawn or not; not found where the release is not on that
 * channel. */
struct release_target_key {
    struct text product;
    struct text channel;
    struct text platform;
    struct text version;
    struct text file_name;
};
enum status release_target_load(struct db *db, struct arena *arena, const struct release_target_key *key,
                                struct release_target *target, bool *found, struct fault *fault) MUST_CHECK;

/* Every hash that a release or an upload names, once each: what the artifact store must hold. */
struct artifact_name {
    struct text sha256;
    int64_t size_bytes;
};
enum status artifact_name_load_all(struct db *db, struct arena *arena, struct artifact_name **names,
                                   size_t *count, struct fault *fault) MUST_CHECK;

/* Uploads at the control door: noted for a vendor, so that it alone may publish the file. */
enum status artifact_upload_insert(struct db *db, int64_t vendor_id, struct text sha256, int64_t size_bytes,
                                   int64_t at_us, struct fault *fault) MUST_CHECK;
enum status artifact_upload_find(struct db *db, int64_t vendor_id, struct text sha256, int64_t *size_bytes,
                                 bool *found, struct fault *fault) MUST_CHECK;

#endif
