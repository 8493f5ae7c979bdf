/* The lease terms of a SKU: how long a device works on its own, which is how soon it notices that it may not.
 *
 * They are the SKU's owner's to set: a vendor's for its products, a composer's for its bundles. A device
 * under a licence of a bundle has the bundle's terms, and no bundle promises longer than its parts do: one
 * that would is refused, and where a part's terms become shorter, so do those of the bundles it is in. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_LEASE_TERMS_H
#define SEATMETER_PROGRAMME_CATALOGUE_LEASE_TERMS_H

#include "core/licence/lease.h"
#include "programme/call/call.h"
#include "store/catalogue/skus.h"

/* Bounds in seconds. A time to live below a minute is for trying things out. */
enum {
    LEASE_TTL_S_MIN = 2,
    LEASE_TTL_S_MAX = 90 * 86400,
    LEASE_GRACE_S_MAX = 90 * 86400,
    LEASE_OFFLINE_TTL_S_MIN = 60,
    LEASE_OFFLINE_TTL_S_MAX = 400 * 86400,
    LEASE_SILENT_S_MIN = 2,
    LEASE_SILENT_S_MAX = 400 * 86400
};

struct lease_terms_view {
    struct text sku; /* sku_… */
    struct text sku_code;
    struct lease_terms terms;
    bool is_default; /* nobody has set any */
    int64_t version; /* from 1, which is that of the default terms */
};

/* Loads the beginning that all leases of a SKU share, into `arena`. */
enum status lease_opening_load(struct db *db, struct arena *arena, int64_t sku_id,
                               const struct lease_opening **opening, struct fault *fault) MUST_CHECK;

/* For everybody who knows the SKU. A service has no leases: "not-licensable". */
enum status show_lease_terms(struct call *call, struct text sku, struct lease_terms_view *out,
                             struct fault *fault) MUST_CHECK;

/* Members that are NULL stay as they are. Faults "ttl-out-of-range", "grace-out-of-range",
 * "offline-ttl-out-of-range", "silent-out-of-range", "longer-than-parts", "stale", "not-licensable". */
struct set_lease_terms_input {
    struct text sku;
    const int64_t *ttl_s;
    const int64_t *grace_s;
    const int64_t *offline_ttl_s;
    const int64_t *silent_s;
    int64_t if_version;
};
enum status set_lease_terms(struct call *call, const struct set_lease_terms_input *input,
                            struct lease_terms_view *out, struct fault *fault) MUST_CHECK;

/* Shortens the terms of a bundle to what its parts allow, where they are longer. In the write call of who
 * composes it or changes a part's terms; checks no rights. */
enum status lease_terms_fit_bundle(const struct call *call, const struct sku *bundle,
                                   struct fault *fault) MUST_CHECK;

#endif
