/* What a lease depends on besides its device: the terms and components of its SKU, the state of its licence
 * and who has suspended it. */
#include "store/devices/devices.h"
#include "store/engine/rows.h"

#include <assert.h>

/* ---- terms ---- */

struct versioned_terms {
    struct lease_terms terms;
    int64_t version;
};

/* Written from int32_t. */
static int32_t seconds(struct db_rows *rows, int column) {
    int64_t value = db_column_int(rows, column);
    assert(value >= 0 && value <= INT32_MAX);
    return (int32_t)value;
}

/* The four from `column` on. */
static struct lease_terms terms_from_row(struct db_rows *rows, int column) {
    return (struct lease_terms){.ttl_s = seconds(rows, column),
                                .grace_s = seconds(rows, column + 1),
                                .offline_ttl_s = seconds(rows, column + 2),
                                .silent_s = seconds(rows, column + 3)};
}

static enum status read_terms(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)arena;
    (void)fault;
    *(struct versioned_terms *)item =
        (struct versioned_terms){.terms = terms_from_row(rows, 0), .version = db_column_int(rows, 4)};
    return STATUS_OK;
}

static const char TERMS_LOAD[] =
    "select ttl_s, grace_s, offline_ttl_s, silent_s, version from lease_terms where sku_id = $1";

enum status lease_terms_load(struct db *db, int64_t sku_id, struct lease_terms *terms, int64_t *version,
                             struct fault *fault) {
    struct versioned_terms loaded = {.terms = LEASE_TERMS_DEFAULT};
    bool found = false;
    enum status status =
        rows_one(db, NULL, TERMS_LOAD, DB_ARGS(db_integer(sku_id)), read_terms, &loaded, &found, fault);
    if (status == STATUS_OK) {
        *terms = found ? loaded.terms : LEASE_TERMS_DEFAULT;
        *version = found ? loaded.version : 0;
    }
    return status;
}

static const char TERMS_SAVE[] =
    "insert into lease_terms (sku_id, ttl_s, grace_s, offline_ttl_s, silent_s, version) "
    "values ($1, $2, $3, $4, $5, 1) on conflict (sku_id) do update set ttl_s = excluded.ttl_s, "
    "grace_s = excluded.grace_s, offline_ttl_s = excluded.offline_ttl_s, silent_s = excluded.silent_s, "
    "version = lease_terms.version + 1";

enum status lease_terms_save(struct db *db, int64_t sku_id, const struct lease_terms *terms,
                             struct fault *fault) {
    return db_run(db, TERMS_SAVE,
                  DB_ARGS(db_integer(sku_id), db_integer(terms->ttl_s), db_integer(terms->grace_s),
                          db_integer(terms->offline_ttl_s), db_integer(terms->silent_s)),
                  NULL, fault);
}

static const char LONGEST[] = "select coalesce(max(case when ttl_s + grace_s > offline_ttl_s "
                              "then ttl_s + grace_s else offline_ttl_s end), 0) from lease_terms";

enum status lease_longest(struct db *db, int64_t *longest_s, struct fault *fault) {
    int64_t set_s = 0;
    enum status status = db_query_int(db, LONGEST, DB_NO_ARGS, 0, &set_s, fault);
    int64_t default_s = LEASE_TERMS_DEFAULT.offline_ttl_s;
    if (status == STATUS_OK) {
        *longest_s = set_s > default_s ? set_s : default_s;
    }
    return status;
}

/* ---- components ---- */

static enum status read_name(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)fault;
    *(struct text *)item = db_column_copy(rows, 0, arena);
    return STATUS_OK;
}

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
    return rows_all(db, arena, COMPONENTS, DB_ARGS(db_integer(sku_id)), read_name, sizeof(struct text),
                    components, count, fault);
}

/* ---- licences ---- */

struct licence_columns {
    struct door_licence_row row;
    int64_t customer_id;
    int64_t suspensions;
    struct lease_terms terms; /* where they are asked for */
};

static enum status read_licence(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)arena;
    struct licence_columns *columns = item;
    *columns = (struct licence_columns){
        .row = {.id = db_column_int(rows, 0),
                .sku_id = db_column_int(rows, 1),
                .seats = (int32_t)db_column_int(rows, 3),         /* written from an int32_t */
                .counted_seats = (int32_t)db_column_int(rows, 4), /* the same */
                .version = db_column_int(rows, 5),
                .provider_id = db_column_int(rows, 8)},
        .customer_id = db_column_int(rows, 6),
        .suspensions = db_column_int(rows, 7)};
    if (db_column_int(rows, 9) != 0) {
        columns->terms = db_column_is_null(rows, 10) ? LEASE_TERMS_DEFAULT : terms_from_row(rows, 10);
    }
    int state = 0;
    enum status status = machine_state_parse(&licence_machine, db_column_text(rows, 2), &state, fault);
    columns->row.state = (enum licence_state)state;
    return status;
}

/* The edges on the customer's path, and that of the SKU's vendor; the deeper its buyer, the nearer. */
static const char SUSPENDER_KIND[] =
    "select v.kind from account_ancestors p join agreements a on a.buyer_id = p.ancestor_id "
    "join accounts v on v.id = a.seller_id join accounts b on b.id = a.buyer_id "
    "where p.account_id = $1 and a.state = 'suspended' and (v.kind <> 'vendor' or a.seller_id = "
    "(select owner_id from skus where id = $2)) order by b.depth desc, v.depth desc limit 1";

static enum status load_suspender(struct db *db, const struct licence_columns *licence,
                                  enum suspender *suspender, struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status =
        db_query(db, SUSPENDER_KIND,
                 DB_ARGS(db_integer(licence->customer_id), db_integer(licence->row.sku_id)), &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, fault);
    }
    if (status == STATUS_OK) {
        struct text kind = have_row ? db_column_text(rows, 0) : TEXT("distributor");
        *suspender = text_equal(kind, TEXT("provider")) ? SUSPENDER_PROVIDER
                     : text_equal(kind, TEXT("vendor")) ? SUSPENDER_VENDOR
                                                        : SUSPENDER_DISTRIBUTOR;
    }
    db_rows_close(rows);
    return status;
}

static enum status load_licence(struct db *db, const char *sql, struct db_value key,
                                struct licence_columns *columns, bool *found, struct fault *fault) {
    bool have = false;
    enum status status = rows_one(db, NULL, sql, &key, 1, read_licence, columns, &have, fault);
    if (status == STATUS_OK && have && columns->suspensions > 0) {
        status = load_suspender(db, columns, &columns->row.suspender, fault);
    }
    if (status == STATUS_OK) {
        *found = have;
    }
    return status;
}

#define LICENCE_COLUMNS                                                                                      \
    "l.id, l.sku_id, l.state, l.seats, l.counted_seats, l.version, l.customer_id, l.suspensions, "           \
    "l.provider_id, "
static const char LICENCE_LOAD[] =
    "select " LICENCE_COLUMNS "0 from licences l where l.id = $1 and l.parent_id is null";
static const char LICENCE_LOAD_BY_KEY[] =
    "select " LICENCE_COLUMNS "1, t.ttl_s, t.grace_s, t.offline_ttl_s, t.silent_s "
    "from licences l left join lease_terms t on t.sku_id = l.sku_id where l.key_hash = $1";

enum status door_licence_load(struct db *db, int64_t id, struct door_licence_row *row, bool *found,
                              struct fault *fault) {
    struct licence_columns columns;
    enum status status = load_licence(db, LICENCE_LOAD, db_integer(id), &columns, found, fault);
    if (status == STATUS_OK && *found) {
        *row = columns.row;
    }
    return status;
}

enum status door_licence_load_by_key(struct db *db, const unsigned char hash[LICENCE_KEY_HASH_BYTES],
                                     struct door_licence_row *row, struct lease_terms *terms, bool *found,
                                     struct fault *fault) {
    struct licence_columns columns;
    struct text bytes = {(const char *)hash, LICENCE_KEY_HASH_BYTES};
    enum status status = load_licence(db, LICENCE_LOAD_BY_KEY, db_bytes(bytes), &columns, found, fault);
    if (status == STATUS_OK && *found) {
        *row = columns.row;
        *terms = columns.terms;
    }
    return status;
}
