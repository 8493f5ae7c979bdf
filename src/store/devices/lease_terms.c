/* What a lease depends on besides its device and its licence: the terms and the components of its SKU. */
#include "store/devices/device_fields.h"
#include "store/devices/devices.h"

/* ---- terms ---- */

static const struct db_field TERMS_FIELDS[] = {
    DB_FIELD_INT32(struct lease_terms, ttl_s, "ttl_s", DB_SAVED | DB_FROM_ONE),
    DB_FIELD_INT32(struct lease_terms, grace_s, "grace_s", DB_SAVED | DB_COUNT),
    DB_FIELD_INT32(struct lease_terms, offline_ttl_s, "offline_ttl_s", DB_SAVED | DB_FROM_ONE),
    DB_FIELD_INT32(struct lease_terms, silent_s, "silent_s", DB_SAVED | DB_COUNT),
};
const struct db_fields LEASE_TERMS = DB_FIELDS(struct lease_terms, TERMS_FIELDS);

struct versioned_terms {
    struct lease_terms terms;
    int64_t version;
};

static const struct db_field VERSIONED_FIELDS[] = {
    DB_FIELD_PART(struct versioned_terms, terms, NULL, &LEASE_TERMS),
    DB_FIELD_INT(struct versioned_terms, version, "version"),
};
static const struct db_fields VERSIONED_TERMS = DB_FIELDS(struct versioned_terms, VERSIONED_FIELDS);

static const char TERMS_LOAD[] = "select {} from lease_terms where sku_id = $1";

enum status lease_terms_load(struct db *db, int64_t sku_id, struct lease_terms *terms, int64_t *version,
                             struct fault *fault) {
    struct versioned_terms loaded = {.terms = LEASE_TERMS_DEFAULT};
    bool found = false;
    TRY(rows_one(db, NULL, &VERSIONED_TERMS, TERMS_LOAD, DB_ARGS(db_integer(sku_id)), &loaded, &found,
                 fault));
    *terms = loaded.terms;
    *version = loaded.version;
    return STATUS_OK;
}

static const char TERMS_SAVE[] =
    "insert into lease_terms (sku_id, {}, version) values ($1, {$2}, 1) on conflict (sku_id) do update "
    "set {=excluded}, version = lease_terms.version + 1";

enum status lease_terms_save(struct db *db, int64_t sku_id, const struct lease_terms *terms,
                             struct fault *fault) {
    return rows_insert(db, &LEASE_TERMS, TERMS_SAVE, DB_ARGS(db_integer(sku_id)), terms, fault);
}

static const char LONGEST[] = "select coalesce(max(case when ttl_s + grace_s > offline_ttl_s "
                              "then ttl_s + grace_s else offline_ttl_s end), 0) from lease_terms";

enum status lease_longest(struct db *db, int64_t *longest_s, struct fault *fault) {
    int64_t set_s = 0;
    int64_t default_s = LEASE_TERMS_DEFAULT.offline_ttl_s;
    TRY(db_query_int(db, LONGEST, DB_NO_ARGS, 0, &set_s, fault));
    *longest_s = set_s > default_s ? set_s : default_s;
    return STATUS_OK;
}

/* ---- components ---- */

/* A vendor may have no agreement at all in a programme that does not settle with it: its products work. */
static const char COMPONENTS[] =
    "select distinct c.code from (select cast($1 as bigint) as sku_id union all select p.part_id "
    "from bundle_parts p where p.bundle_id = $1) as parts "
    "join skus s on s.id = parts.sku_id join sku_components k on k.sku_id = s.id "
    "join components c on c.id = k.component_id where parts.sku_id = $1 or not exists (select 1 "
    "from agreements a join accounts v on v.id = a.seller_id where a.seller_id = s.owner_id "
    "and v.kind = 'vendor' and (a.state = 'suspended' or a.state = 'terminated' and not exists "
    "(select 1 from agreements b where b.seller_id = a.seller_id and b.buyer_id = a.buyer_id "
    "and b.state = 'signed'))) order by c.code";

enum status lease_components_load(struct db *db, struct arena *arena, int64_t sku_id,
                                  struct text **components, size_t *count, struct fault *fault) {
    return rows_texts(db, arena, COMPONENTS, DB_ARGS(db_integer(sku_id)), components, count, fault);
}
