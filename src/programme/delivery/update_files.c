#include "programme/delivery/update_files.h"

#include "delivery/target_path.h"
#include "store/delivery/products.h"
#include "store/delivery/releases.h"

#include <string.h>

/* "N." in front of a name, N above zero and written without a zero in front; 0 where there is none. */
static int64_t take_version(struct text *name) {
    int64_t version = 0;
    const char *dot = name->length == 0 ? NULL : memchr(name->at, '.', name->length);
    if (dot == NULL || name->at[0] < '1' || name->at[0] > '9' ||
        !text_to_int64((struct text){name->at, (size_t)(dot - name->at)}, &version)) {
        return 0;
    }
    size_t taken = (size_t)(dot - name->at) + 1;
    *name = (struct text){name->at + taken, name->length - taken};
    return version;
}

enum status tuf_file_load(struct db *db, struct arena *arena, struct text name, struct tuf_file *file,
                          bool *found, struct fault *fault) {
    *found = false;
    int64_t version = take_version(&name);
    bool is_root = text_is(name, "root.json");
    if (version > 0 && (is_root || text_is(name, "snapshot.json") || text_is(name, "targets.json"))) {
        enum tuf_role role = is_root ? TUF_ROOT : text_is(name, "snapshot.json") ? TUF_SNAPSHOT : TUF_TARGETS;
        return tuf_file_version(db, arena, role, version, file, found, fault);
    }
    if (version == 0 && (is_root || text_is(name, "timestamp.json"))) {
        return tuf_file_newest(db, arena, is_root ? TUF_ROOT : TUF_TIMESTAMP, file, found, fault);
    }
    return STATUS_OK;
}

enum status release_target_find(struct db *db, struct arena *arena, struct text path,
                                struct update_target *target, bool *found, struct fault *fault) {
    struct target_path parsed;
    struct release_target release;
    *found = false;
    if (!target_path_parse(path, true, &parsed)) {
        return STATUS_OK;
    }
    struct release_target_key key = {.product = parsed.product,
                                     .channel = parsed.channel,
                                     .platform = parsed.platform,
                                     .version = parsed.version,
                                     .file_name = parsed.file_name};
    TRY(release_target_load(db, arena, &key, &release, found, fault));
    *found = *found && text_equal(release.sha256, parsed.sha256);
    if (!*found) {
        return STATUS_OK;
    }
    struct update_target made = {.product_id = release.product_id,
                                 .release_id = release.release_id,
                                 .product = release.product,
                                 .version = release.version,
                                 .channel = text_of(release_channel_name(release.channel)),
                                 .platform = release.platform,
                                 .file_name = release.file_name,
                                 .sha256 = release.sha256,
                                 .size_bytes = release.size_bytes,
                                 .is_withdrawn = release.state == RELEASE_WITHDRAWN,
                                 .withdrawn_reason = release.withdrawn_reason};
    TRY(product_sku_load_entitling(db, arena, made.product_id, &made.sku_ids, &made.sku_count, fault));
    *target = made;
    return STATUS_OK;
}

enum status release_target_entitled(struct db *db, const struct update_target *target, int64_t licence_id,
                                    bool *yes, struct fault *fault) {
    return product_entitled_by_licence(db, target->product_id, licence_id, yes, fault);
}
