/* Update files: what the device door serves of the update repository, found for it.
 *
 * Metadata is for everybody: /tuf/NAME. A target is only for a device whose licence entitles to the product
 * now; the door asks with the lease's licence. All of these run inside a call that has begun, or on a
 * connection that is only read from. */
#ifndef SEATMETER_PROGRAMME_DELIVERY_UPDATE_FILES_H
#define SEATMETER_PROGRAMME_DELIVERY_UPDATE_FILES_H

#include "store/delivery/tuf_metadata.h"
#include "store/engine/db.h"

/* The file of that name: "timestamp.json", "root.json" (the newest), "N.root.json", "N.snapshot.json",
 * "N.targets.json". `*found` is false for any other name, and for versions that are not there. A file with N
 * in its name never changes; "timestamp.json" and "root.json" do. */
enum status tuf_file_load(struct db *db, struct arena *arena, struct text name, struct tuf_file *file,
                          bool *found, struct fault *fault) MUST_CHECK;

struct update_target {
    int64_t product_id;
    int64_t release_id;
    struct text product; /* code */
    struct text version;
    struct text channel;
    struct text platform;
    struct text file_name;
    struct text sha256;
    int64_t size_bytes;
    bool is_withdrawn; /* to be refused with "version-withdrawn" and the reason */
    struct text withdrawn_reason;
    int64_t *sku_ids; /* whose licences entitle, bundles with such a part included; by id */
    size_t sku_count;
};

/* The target that a client asks for: "PRODUCT/CHANNEL/PLATFORM/VERSION/SHA256.FILE", what stands behind
 * /tuf/targets/. Not found where the hash is another than the artifact's. */
enum status release_target_find(struct db *db, struct arena *arena, struct text path,
                                struct update_target *target, bool *found, struct fault *fault) MUST_CHECK;

/* Whether the licence may have the target now: it counts (is on, nothing above it suspended) and it, or a
 * part of it that counts too, is of an entitling SKU. */
enum status release_target_entitled(struct db *db, const struct update_target *target, int64_t licence_id,
                                    bool *yes, struct fault *fault) MUST_CHECK;

#endif
