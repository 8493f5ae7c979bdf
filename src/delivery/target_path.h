/* Target paths: PRODUCT/CHANNEL/PLATFORM/VERSION/FILE, what the update repository calls an artifact.
 *
 * Every segment is plain ASCII that needs no escaping in a URL and no quoting in a file system: letters,
 * digits, ".", "_", "-", in versions and file names "+", beginning with a letter or digit, never with ".." in
 * it. So nothing that a vendor names a thing can lead out of a directory. */
#ifndef SEATMETER_DELIVERY_TARGET_PATH_H
#define SEATMETER_DELIVERY_TARGET_PATH_H

#include "core/base/fault.h"
#include "core/base/text.h"

enum {
    PRODUCT_CODE_MAX_BYTES = 40,
    VERSION_MAX_BYTES = 64,
    PLATFORM_MAX_BYTES = 32,
    FILE_NAME_MAX_BYTES = 120
};

/* Faults "malformed-code", "malformed-version", "malformed-platform", "malformed-file-name". */
enum status product_code_check(struct text given, const char *field, struct fault *fault) MUST_CHECK;
enum status version_check(struct text given, const char *field, struct fault *fault) MUST_CHECK;
/* Lower-case letters, digits, "_" and "-": "linux-amd64". */
enum status platform_check(struct text given, const char *field, struct fault *fault) MUST_CHECK;
/* Also none of the names that Windows keeps for devices. */
enum status file_name_check(struct text given, const char *field, struct fault *fault) MUST_CHECK;

/* Lower-case SHA-256 in hexadecimal; fault "malformed-sha256". */
enum status sha256_check(struct text given, const char *field, struct fault *fault) MUST_CHECK;

struct target_path {
    struct text product;
    struct text channel; /* "stable" or "beta" */
    struct text platform;
    struct text version;
    struct text file_name;
    struct text sha256; /* of the consistent snapshot's name (HASH.FILE); empty where the path has none */
};

/* "EPP/stable/linux-amd64/1.2.0/epp.deb" */
struct text target_path_make(struct arena *arena, const struct target_path *path);

/* Takes a path apart; false where it is none. With `is_hashed`, its last segment must be HASH.FILE, as
 * clients ask for it (TUF, "Consistent snapshots"). */
bool target_path_parse(struct text whole, bool is_hashed, struct target_path *path);

#endif
