/* Licences as the device door knows them: one that is asked for, and all of them in streams. */
#include "core/parties/account.h"
#include "store/devices/device_fields.h"
#include "store/devices/door_queries.h"

/* What the door keeps of a licence, and what it needs to find out who suspended it. */
struct door_licence {
    struct door_licence_row row;
    int64_t customer_id;
    int64_t suspensions;
};

static const struct db_field STREAMED_FIELDS[] = {
    DB_FIELD_INT(struct door_licence, row.id, "id"),
    DB_FIELD_INT(struct door_licence, row.sku_id, "sku_id"),
    DB_FIELD_STATE(struct door_licence, row.state, "state", &licence_machine),
    DB_FIELD_INT32(struct door_licence, row.seats, "seats", DB_COUNT),
    DB_FIELD_INT32(struct door_licence, row.counted_seats, "counted_seats", DB_COUNT),
    DB_FIELD_INT(struct door_licence, suspensions, "suspensions", DB_COUNT),
    DB_FIELD_INT(struct door_licence, customer_id, "customer_id"),
    DB_FIELD_INT(struct door_licence, row.version, "version"),
};
static const struct db_fields STREAMED = DB_FIELDS(struct door_licence, STREAMED_FIELDS);

/* ---- one licence ---- */

static const struct db_field LOADED_FIELDS[] = {
    DB_FIELD_REST("l", &STREAMED),
    DB_FIELD_INT(struct door_licence, row.provider_id, "l.provider_id"),
    DB_FIELD_INT(struct door_licence, row.issued_at_us, "l.issued_at_us"),
};
static const struct db_fields LOADED = DB_FIELDS(struct door_licence, LOADED_FIELDS);

struct keyed_licence {
    struct door_licence licence;
    struct lease_terms terms; /* all 0: the SKU has none of its own */
};

/* Of an outer join: a SKU without terms of its own has nulls. */
static const struct db_field JOINED_TERMS_FIELDS[] = {
    DB_FIELD_INT32(struct lease_terms, ttl_s, "ttl_s", DB_OR_NULL | DB_COUNT),
    DB_FIELD_INT32(struct lease_terms, grace_s, "grace_s", DB_OR_NULL | DB_COUNT),
    DB_FIELD_INT32(struct lease_terms, offline_ttl_s, "offline_ttl_s", DB_OR_NULL | DB_COUNT),
    DB_FIELD_INT32(struct lease_terms, silent_s, "silent_s", DB_OR_NULL | DB_COUNT),
};
static const struct db_fields JOINED_TERMS = DB_FIELDS(struct lease_terms, JOINED_TERMS_FIELDS);

static const struct db_field KEYED_FIELDS[] = {
    DB_FIELD_PART(struct keyed_licence, licence, NULL, &LOADED),
    DB_FIELD_PART(struct keyed_licence, terms, "t", &JOINED_TERMS),
};
static const struct db_fields KEYED = DB_FIELDS(struct keyed_licence, KEYED_FIELDS);

static const char *kind_word(int kind) {
    return account_kind_name((enum account_kind)kind);
}

static const struct db_words KINDS = {kind_word, ACCOUNT_CUSTOMER + 1};

struct suspending_seller {
    enum account_kind kind;
};

static const struct db_field SELLER_FIELDS[] = {
    DB_FIELD_WORD(struct suspending_seller, kind, "v.kind", &KINDS),
};
static const struct db_fields SELLER = DB_FIELDS(struct suspending_seller, SELLER_FIELDS);

/* The edges on the customer's path, and that of the SKU's vendor; the deeper its buyer, the nearer. */
static const char SUSPENDER_KIND[] =
    "select {} from account_ancestors p join agreements a on a.buyer_id = p.ancestor_id "
    "join accounts v on v.id = a.seller_id join accounts b on b.id = a.buyer_id "
    "where p.account_id = $1 and a.state = 'suspended' and (v.kind <> 'vendor' or a.seller_id = "
    "(select owner_id from skus where id = $2)) order by b.depth desc, v.depth desc limit 1";

static enum status load_suspender(struct db *db, struct door_licence *licence, struct fault *fault) {
    struct suspending_seller seller = {ACCOUNT_DISTRIBUTOR};
    bool found = false;
    if (licence->suspensions == 0) {
        return STATUS_OK;
    }
    TRY(rows_one(db, NULL, &SELLER, SUSPENDER_KIND,
                 DB_ARGS(db_integer(licence->customer_id), db_integer(licence->row.sku_id)), &seller, &found,
                 fault));
    licence->row.suspender = seller.kind == ACCOUNT_PROVIDER ? SUSPENDER_PROVIDER
                             : seller.kind == ACCOUNT_VENDOR ? SUSPENDER_VENDOR
                                                             : SUSPENDER_DISTRIBUTOR;
    return STATUS_OK;
}

static const char LOAD[] = "select {} from licences l where l.id = $1 and l.parent_id is null";

enum status door_licence_load(struct db *db, int64_t id, struct door_licence_row *row, bool *found,
                              struct fault *fault) {
    struct door_licence licence;
    TRY(rows_one(db, NULL, &LOADED, LOAD, DB_ARGS(db_integer(id)), &licence, found, fault));
    if (!*found) {
        return STATUS_OK;
    }
    TRY(load_suspender(db, &licence, fault));
    *row = licence.row;
    return STATUS_OK;
}

static const char LOAD_BY_KEY[] =
    "select {} from licences l left join lease_terms t on t.sku_id = l.sku_id where l.key_hash = $1";

enum status door_licence_load_by_key(struct db *db, const unsigned char hash[LICENCE_KEY_HASH_BYTES],
                                     struct door_licence_row *row, struct lease_terms *terms, bool *found,
                                     struct fault *fault) {
    struct keyed_licence keyed;
    struct text bytes = {(const char *)hash, LICENCE_KEY_HASH_BYTES};
    TRY(rows_one(db, NULL, &KEYED, LOAD_BY_KEY, DB_ARGS(db_bytes(bytes)), &keyed, found, fault));
    if (!*found) {
        return STATUS_OK;
    }
    TRY(load_suspender(db, &keyed.licence, fault));
    *row = keyed.licence.row;
    bool has_own = keyed.terms.ttl_s > 0 && keyed.terms.offline_ttl_s > 0;
    *terms = has_own ? keyed.terms : LEASE_TERMS_DEFAULT;
    return STATUS_OK;
}

/* ---- streams ---- */

struct suspended_account {
    int64_t account_id;
    bool by_provider;
};

static const struct db_field SUSPENDED_FIELDS[] = {
    DB_FIELD_INT(struct suspended_account, account_id, "t.account_id"),
    DB_FIELD_BOOL(struct suspended_account, by_provider, "case when s.kind = 'provider' then 1 else 0 end"),
};
static const struct db_fields SUSPENDED_ACCOUNT = DB_FIELDS(struct suspended_account, SUSPENDED_FIELDS);

/* The seller of the suspended agreement nearest to the customer, as door_licence_load has it. Vendors' own
 * agreements reach their SKUs alone: where no other explains a suspension, it is the vendor's. */
static const char SUSPENDED[] =
    "select {} from agreements a join accounts s on s.id = a.seller_id and s.kind <> 'vendor' "
    "join accounts b on b.id = a.buyer_id join account_ancestors t on t.ancestor_id = a.buyer_id "
    "join accounts c on c.id = t.account_id and c.kind = 'customer' where a.state = 'suspended' "
    "order by t.account_id, b.depth desc";

/* The first of an account, so the nearest, stays in the map. */
static enum status read_suspended(struct db_rows *rows, struct id_map *suspended, struct fault *fault) {
    for (;;) {
        struct suspended_account account;
        bool have_row = false;
        TRY(db_next(rows, &have_row, fault));
        if (!have_row) {
            return STATUS_OK;
        }
        TRY(rows_read(rows, 0, &SUSPENDED_ACCOUNT, NULL, &account, fault));
        (void)id_map_put(suspended, account.account_id, 0,
                         account.by_provider ? SUSPENDER_PROVIDER : SUSPENDER_DISTRIBUTOR);
    }
}

enum status door_suspended_load(struct db *db, struct id_map *suspended, struct fault *fault) {
    struct db_rows *rows = NULL;
    TRY(db_query_fields(db, &SUSPENDED_ACCOUNT, SUSPENDED, DB_NO_ARGS, &rows, fault));
    enum status status = read_suspended(rows, suspended, fault);
    db_rows_close(rows);
    return status;
}

static const char LICENCES[] = "select {l} from licences l "
                               "where l.id > $1 and l.id <= $2 and l.parent_id is null order by l.id";

enum status door_licences_stream(struct db *db, int64_t after, int64_t last, struct db_rows **rows,
                                 struct fault *fault) {
    return db_stream_fields(db, &STREAMED, LICENCES, DB_ARGS(db_integer(after), db_integer(last)), rows,
                            fault);
}

static const char EVENTS[] =
    "select e.number, {l} from licence_events e left join licences l on l.id = "
    "e.licence_id and l.parent_id is null where e.provider_id = $1 and e.number > $2 order by "
    "e.number limit $3";

enum status door_events_query(struct db *db, const struct event_log *after, int64_t limit,
                              struct db_rows **rows, struct fault *fault) {
    return db_query_fields(
        db, &STREAMED, EVENTS,
        DB_ARGS(db_integer(after->provider_id), db_integer(after->taken), db_integer(limit)), rows, fault);
}

enum status door_licence_read(struct db_rows *rows, int first, const struct id_map *suspended,
                              struct door_licence_row *row, struct fault *fault) {
    struct door_licence licence;
    TRY(rows_read(rows, first, &STREAMED, NULL, &licence, fault));
    if (licence.suspensions > 0) {
        uint32_t by = SUSPENDER_VENDOR;
        (void)id_map_get(suspended, licence.customer_id, 0, &by);
        licence.row.suspender = (enum suspender)by;
    }
    *row = licence.row;
    return STATUS_OK;
}
