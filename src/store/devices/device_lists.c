#include "store/devices/device_lists.h"

#include "store/devices/device_fields.h"

#include <assert.h>

static const struct db_field ROW_FIELDS[] = {
    DB_FIELD_PART(struct device_row, device, "d", &DEVICE_LISTED),
    DB_FIELD_PART(struct device_row, seen, "s", &DEVICE_SEEN),
    DB_FIELD_TEXT(struct device_row, version, "f.version"),
    DB_FIELD_TEXT(struct device_row, components, "f.components"),
    DB_FIELD_INT(struct device_row, provider_id, "l.provider_id"),
    DB_FIELD_TEXT(struct device_row, provider_code, "provider.code"),
    DB_FIELD_INT(struct device_row, customer_id, "l.customer_id"),
    DB_FIELD_TEXT(struct device_row, customer_code, "customer.code"),
    DB_FIELD_TEXT(struct device_row, customer_name, "customer.name"),
    DB_FIELD_INT(struct device_row, sku_id, "l.sku_id"),
    DB_FIELD_TEXT(struct device_row, sku_code, "k.code"),
    DB_FIELD_TEXT(struct device_row, sku_name, "k.name"),
    DB_FIELD_STATE(struct device_row, licence_state, "l.state", &licence_machine),
    DB_FIELD_INT(struct device_row, licence_suspensions, "l.suspensions", DB_COUNT),
    DB_FIELD_INT32(struct device_row, licence_counted_seats, "l.counted_seats", DB_COUNT),
};
static const struct db_fields ROW = DB_FIELDS(struct device_row, ROW_FIELDS);

#define JOINS                                                                                                \
    "left join device_seen s on s.device_id = d.id left join device_profiles f on f.id = s.profile_id "      \
    "join accounts provider on provider.id = l.provider_id join accounts customer on customer.id = "         \
    "l.customer_id join skus k on k.id = l.sku_id "

static const char LOAD[] =
    "select {} from devices d join licences l on l.id = d.licence_id " JOINS "where d.id = $1";

enum status device_row_load(struct db *db, struct arena *arena, int64_t id, struct device_row *row,
                            bool *found, struct fault *fault) {
    return rows_one(db, arena, &ROW, LOAD, DB_ARGS(db_integer(id)), row, found, fault);
}

#define CONDITIONS                                                                                           \
    "and d.id > $1 and (cast($2 as bigint) = 0 or l.provider_id = $2 or l.customer_id = $2) "                \
    "and (cast($3 as bigint) = 0 or d.licence_id = $3) and (cast($4 as bigint) = 0 or l.customer_id = $4) "  \
    "and (cast($5 as bigint) = 0 or l.provider_id = $5) and (cast($6 as text) = '' or d.state = $6) "        \
    "and (cast($7 as bigint) = 0 or d.clones > 0) "                                                          \
    "and (cast($8 as bigint) < 0 or (d.state = 'active' and not exists (select 1 from device_seen t where "  \
    "t.device_id = d.id and t.lease_expires_s > $8))) "                                                      \
    "and (cast($9 as bigint) < 0 or exists (select 1 from device_months m where m.month = $9 and "           \
    "m.device_id = d.id and m.unlicensed = 1)) order by d.id limit $10"

/* The numbers of a page first, then what stands in it: so what is sorted is narrow. */
#define LIST(from_and_where)                                                                                 \
    "select {} from (select d.id as id from " from_and_where CONDITIONS ") listed "                          \
    "join devices d on d.id = listed.id join licences l on l.id = d.licence_id " JOINS "order by d.id"

/* As far down as the filter says, so that a page costs what its licence, customer or provider has. */
static const char LIST_OF_LICENCE[] =
    LIST("devices d join licences l on l.id = d.licence_id where d.licence_id = $3 ");
static const char LIST_OF_CUSTOMER[] =
    LIST("licences l join devices d on d.licence_id = l.id where l.customer_id = $4 ");
static const char LIST_OF_PROVIDER[] =
    LIST("licences l join devices d on d.licence_id = l.id where l.provider_id = $5 ");
static const char LIST_ALL[] = LIST("devices d join licences l on l.id = d.licence_id where d.id > 0 ");

static const char *list_sql(const struct device_filter *filter) {
    if (filter->licence_id != 0) {
        return LIST_OF_LICENCE;
    }
    if (filter->customer_id != 0) {
        return LIST_OF_CUSTOMER;
    }
    return filter->provider_id != 0 ? LIST_OF_PROVIDER : LIST_ALL;
}

enum status device_rows_list(struct db *db, struct arena *arena, const struct device_filter *filter,
                             struct page page, struct device_row **rows, size_t *count, int64_t *next_after,
                             struct fault *fault) {
    struct text state =
        filter->state < 0 ? TEXT("") : text_of(device_state_name((enum device_state)filter->state));
    return rows_page(db, arena, &ROW, list_sql(filter),
                     DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id),
                             db_integer(filter->licence_id), db_integer(filter->customer_id),
                             db_integer(filter->provider_id), db_string(state), db_integer(filter->clones),
                             db_integer(filter->idle ? filter->now_s : -1),
                             db_integer(filter->unlicensed ? filter->month : -1)),
                     page, rows, count, next_after, fault);
}

static const struct db_field COUNT_FIELDS[] = {
    DB_FIELD_INT(struct device_counts, active,
                 "cast(coalesce(sum(case when d.state = 'active' then 1 else 0 end), 0) as bigint)"),
    DB_FIELD_INT(struct device_counts, seats_taken,
                 "cast(coalesce(sum(case when d.seat is not null and (d.state = 'active' or d.seat_until_s > "
                 "$3) then 1 else 0 end), 0) as bigint)"),
    DB_FIELD_INT(struct device_counts, seen, "cast(count(m.device_id) as bigint)"),
    DB_FIELD_INT(struct device_counts, cloned,
                 "cast(coalesce(sum(case when d.clones > 0 then 1 else 0 end), 0) as bigint)"),
};
static const struct db_fields COUNTS = DB_FIELDS(struct device_counts, COUNT_FIELDS);

static const char COUNT[] =
    "select {} from devices d left join device_months m on m.month = $2 and m.device_id = d.id "
    "where d.licence_id = $1";

enum status device_count(struct db *db, int64_t licence_id, int64_t month, int64_t now_s,
                         struct device_counts *counts, struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, NULL, &COUNTS, COUNT,
                 DB_ARGS(db_integer(licence_id), db_integer(month), db_integer(now_s)), counts, &found,
                 fault));
    assert(found);
    return STATUS_OK;
}

static const struct db_field USE_FIELDS[] = {
    DB_FIELD_INT(struct device_use, customer_id, "l.customer_id"),
    DB_FIELD_INT(struct device_use, sku_id, "l.sku_id"),
    DB_FIELD_INT(struct device_use, units, "l.part_quantity"),
    DB_FIELD_INT(struct device_use, licensed, "m.licensed"),
    DB_FIELD_INT(struct device_use, unlicensed, "m.unlicensed"),
    DB_FIELD_BYTES(struct device_use, fingerprint, "d.fingerprint"),
    DB_FIELD_INT(struct device_use, activated_at_us, "d.activated_at_us"),
    DB_FIELD_INT(struct device_use, released_at_us, "d.released_at_us", DB_OR_NULL),
    DB_FIELD_INT(struct device_use, lease_expires_s, "s.lease_expires_s", DB_OR_NULL),
};
static const struct db_fields DEVICE_USE = DB_FIELDS(struct device_use, USE_FIELDS);

/* From the account down to its devices: `cross join` keeps SQLite to that order, which else begins at all
 * devices of the month. */
static const char USED[] =
    "select {} from account_ancestors a cross join licences l "
    "cross join devices d cross join device_months m left join device_seen s on s.device_id = d.id "
    "where a.ancestor_id = $1 and l.customer_id = "
    "a.account_id "
    "and l.first_edge <= $2 and l.last_edge >= $2 and d.licence_id = coalesce(l.parent_id, l.id) "
    "and m.month = $3 and m.device_id = d.id "
    "order by l.customer_id, l.sku_id";

enum status device_uses_load(struct db *db, struct arena *arena, int64_t below_id, int64_t edge_depth,
                             int64_t month, struct device_use **rows, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &DEVICE_USE, USED,
                    DB_ARGS(db_integer(below_id), db_integer(edge_depth), db_integer(month)), rows, count,
                    fault);
}

/* From the devices on, the same way: the first of the owner's ends the search, and there is no index from a
 * SKU to its licences. */
static const char KNOWN_OF_OWNER[] =
    "select 1 from devices d cross join licences l cross join skus k "
    "where l.id = d.licence_id and k.id = l.sku_id and k.owner_id = $1 limit 1";
static const char KNOWN_OF_PART_OWNER[] =
    "select 1 from devices d cross join licences l cross join skus k "
    "where l.parent_id = d.licence_id and k.id = l.sku_id and k.owner_id = $1 limit 1";

enum status device_is_known_of_owner(struct db *db, int64_t owner_id, bool *known, struct fault *fault) {
    TRY(rows_yes(db, KNOWN_OF_OWNER, DB_ARGS(db_integer(owner_id)), known, fault));
    return *known ? STATUS_OK
                  : rows_yes(db, KNOWN_OF_PART_OWNER, DB_ARGS(db_integer(owner_id)), known, fault);
}
