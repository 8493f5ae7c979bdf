#include "store/devices/device_lists.h"

#include "core/base/state_machine.h"
#include "core/licence/licence_state.h"
#include "store/engine/rows.h"

#include <assert.h>

#define COLUMNS                                                                                              \
    "d.id, d.licence_id, d.generation, d.state, d.seat, d.seat_until_s, d.name, d.is_offline, "              \
    "d.activated_at_us, d.released_at_us, d.released_by, d.clones, d.clone_seen_at_us, s.sequence, s.link, " \
    "s.seen_at_s, s.lease_expires_s, s.profile_id, f.version, f.components, l.provider_id, provider.code, "  \
    "l.customer_id, customer.code, customer.name, l.sku_id, k.code, k.name, l.state, l.suspensions, "        \
    "l.counted_seats "
#define JOINS                                                                                                \
    "left join device_seen s on s.device_id = d.id left join device_profiles f on f.id = s.profile_id "      \
    "join accounts provider on provider.id = l.provider_id join accounts customer on customer.id = "         \
    "l.customer_id join skus k on k.id = l.sku_id "

static enum status row_read(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    struct device_row *row = item;
    struct device *device = &row->device;
    device->id = db_column_int(rows, 0);
    device->licence_id = db_column_int(rows, 1);
    device->fingerprint = device->public_key = TEXT("");
    device->generation = db_column_int(rows, 2);
    device->seat = (int32_t)db_column_int(rows, 4); /* written from an int32_t */
    device->seat_until_s = db_column_int(rows, 5);
    device->name = db_column_copy(rows, 6, arena);
    device->is_offline = db_column_int(rows, 7) != 0;
    device->activated_at_us = db_column_int(rows, 8);
    device->released_at_us = db_column_int(rows, 9);
    device->released_by = db_column_copy(rows, 10, arena);
    device->clones = db_column_int(rows, 11);
    device->clone_seen_at_us = db_column_int(rows, 12);
    row->seen = (struct device_seen){.device_id = device->id,
                                     .sequence = (int32_t)db_column_int(rows, 13), /* the same */
                                     .link = (uint64_t)db_column_int(rows, 14),
                                     .seen_at_s = db_column_int(rows, 15),
                                     .lease_expires_s = db_column_int(rows, 16),
                                     .profile_id = db_column_int(rows, 17)};
    row->version = db_column_copy(rows, 18, arena);
    row->components = db_column_copy(rows, 19, arena);
    row->provider_id = db_column_int(rows, 20);
    row->provider_code = db_column_copy(rows, 21, arena);
    row->customer_id = db_column_int(rows, 22);
    row->customer_code = db_column_copy(rows, 23, arena);
    row->customer_name = db_column_copy(rows, 24, arena);
    row->sku_id = db_column_int(rows, 25);
    row->sku_code = db_column_copy(rows, 26, arena);
    row->sku_name = db_column_copy(rows, 27, arena);
    row->licence_suspensions = db_column_int(rows, 29);
    row->licence_counted_seats = (int32_t)db_column_int(rows, 30); /* the same */
    int state = 0;
    enum status status = machine_state_parse(&licence_machine, db_column_text(rows, 28), &state, fault);
    row->licence_state = (enum licence_state)state;
    if (status == STATUS_OK) {
        status = device_state_parse(db_column_text(rows, 3), &device->state, fault);
    }
    return status;
}

static const char LOAD[] =
    "select " COLUMNS "from devices d join licences l on l.id = d.licence_id " JOINS "where d.id = $1";

enum status device_row_load(struct db *db, struct arena *arena, int64_t id, struct device_row *row,
                            bool *found, struct fault *fault) {
    *row = (struct device_row){0};
    return rows_one(db, arena, LOAD, DB_ARGS(db_integer(id)), row_read, row, found, fault);
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
    "select " COLUMNS "from (select d.id as id from " from_and_where CONDITIONS ") listed "                  \
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
    int32_t limit = page_limit(page);
    struct device_row *items = NULL;
    size_t used = 0;
    struct text state =
        filter->state < 0 ? TEXT("") : text_of(device_state_name((enum device_state)filter->state));
    enum status status = rows_all(
        db, arena, list_sql(filter),
        DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id), db_integer(filter->licence_id),
                db_integer(filter->customer_id), db_integer(filter->provider_id), db_string(state),
                db_integer(filter->clones), db_integer(filter->idle ? filter->now_s : -1),
                db_integer(filter->unlicensed ? filter->month : -1), db_integer((int64_t)limit + 1)),
        row_read, sizeof *items, &items, &used, fault);
    if (status != STATUS_OK) {
        return status;
    }
    bool more = used > (size_t)limit;
    *count = more ? (size_t)limit : used;
    *next_after = more ? items[limit - 1].device.id : 0;
    *rows = items;
    return STATUS_OK;
}

static const char COUNT[] =
    "select cast(coalesce(sum(case when d.state = 'active' then 1 else 0 end), 0) as bigint), "
    "cast(coalesce(sum(case when d.seat is not null and (d.state = 'active' or d.seat_until_s > $3) "
    "then 1 else 0 end), 0) as bigint), cast(count(m.device_id) as bigint), "
    "cast(coalesce(sum(case when d.clones > 0 then 1 else 0 end), 0) as bigint) "
    "from devices d left join device_months m on m.month = $2 and m.device_id = d.id "
    "where d.licence_id = $1";

static enum status counts_read(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)arena;
    (void)fault;
    *(struct device_counts *)item = (struct device_counts){db_column_int(rows, 0), db_column_int(rows, 1),
                                                           db_column_int(rows, 2), db_column_int(rows, 3)};
    return STATUS_OK;
}

enum status device_count(struct db *db, int64_t licence_id, int64_t month, int64_t now_s,
                         struct device_counts *counts, struct fault *fault) {
    bool found = false;
    enum status status =
        rows_one(db, NULL, COUNT, DB_ARGS(db_integer(licence_id), db_integer(month), db_integer(now_s)),
                 counts_read, counts, &found, fault);
    assert(status != STATUS_OK || found);
    return status;
}

/* From the account down to its devices: `cross join` keeps SQLite to that order, which else begins at all
 * devices of the month. */
static const char USED[] =
    "select l.customer_id, l.sku_id, cast(sum(l.part_quantity * m.licensed) as bigint), "
    "cast(sum(l.part_quantity * m.unlicensed) as bigint) from account_ancestors a cross join licences l "
    "cross join devices d cross join device_months m where a.ancestor_id = $1 and l.customer_id = "
    "a.account_id "
    "and l.first_edge <= $2 and l.last_edge >= $2 and d.licence_id = coalesce(l.parent_id, l.id) "
    "and m.month = $3 and m.device_id = d.id "
    "group by l.customer_id, l.sku_id order by l.customer_id, l.sku_id";

static enum status used_read(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)arena;
    (void)fault;
    *(struct used_units *)item = (struct used_units){db_column_int(rows, 0), db_column_int(rows, 1),
                                                     db_column_int(rows, 2), db_column_int(rows, 3)};
    return STATUS_OK;
}

enum status device_used_units(struct db *db, struct arena *arena, int64_t below_id, int64_t edge_depth,
                              int64_t month, struct used_units **rows, size_t *count, struct fault *fault) {
    return rows_all(db, arena, USED, DB_ARGS(db_integer(below_id), db_integer(edge_depth), db_integer(month)),
                    used_read, sizeof **rows, rows, count, fault);
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
    int64_t found = 0;
    enum status status = db_query_int(db, KNOWN_OF_OWNER, DB_ARGS(db_integer(owner_id)), 0, &found, fault);
    if (status == STATUS_OK && found == 0) {
        status = db_query_int(db, KNOWN_OF_PART_OWNER, DB_ARGS(db_integer(owner_id)), 0, &found, fault);
    }
    if (status == STATUS_OK) {
        *known = found != 0;
    }
    return status;
}
