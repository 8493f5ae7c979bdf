#include "store/catalogue/skus.h"

#include "store/engine/rows.h"

#include <assert.h>

#define COLUMNS "s.id, s.owner_id, s.kind, s.code, s.external_id, s.name, s.created_at_us"

/* SKUs that $1 may know of: its own and those of the accounts above it; a vendor's, unless it is a vendor. */
#define KNOWN_TO_1                                                                                           \
    "(s.owner_id in (select n.ancestor_id from account_ancestors n where n.account_id = $1) "                \
    "or (exists (select 1 from accounts o where o.id = s.owner_id and o.kind = 'vendor') "                   \
    "and exists (select 1 from accounts v where v.id = $1 and v.kind <> 'vendor')))"

static enum status read_sku(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    struct sku *sku = item;
    *sku = (struct sku){.id = db_column_int(rows, 0),
                        .owner_id = db_column_int(rows, 1),
                        .code = db_column_copy(rows, 3, arena),
                        .external_id = db_column_copy(rows, 4, arena),
                        .name = db_column_copy(rows, 5, arena),
                        .created_at_us = db_column_int(rows, 6)};
    return sku_kind_parse(db_column_text(rows, 2), "kind", &sku->kind, fault);
}

static const char LOAD[] = "select " COLUMNS " from skus s where s.id = $1";

enum status sku_load(struct db *db, struct arena *arena, int64_t id, struct sku *sku, struct fault *fault) {
    bool found = false;
    enum status status = rows_one(db, arena, LOAD, DB_ARGS(db_integer(id)), read_sku, sku, &found, fault);
    if (status == STATUS_OK && !found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-sku", "sku", TEXT(""), "There is no such SKU.");
    }
    return status;
}

static const char INSERT[] = "insert into skus (id, owner_id, kind, code, external_id, name, created_at_us) "
                             "values ($1, $2, $3, $4, $5, $6, $7)";

enum status sku_insert(struct db *db, struct sku *sku, struct fault *fault) {
    assert(sku->owner_id > 0 && sku->code.length > 0);
    enum status status = db_counter_take(db, "skus", 1, &sku->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(sku->id), db_integer(sku->owner_id),
                          db_string(text_of(sku_kind_name(sku->kind))), db_string(sku->code),
                          db_string(sku->external_id), db_string(sku->name), db_integer(sku->created_at_us)),
                  NULL, fault);
}

static const char UPDATE_NAME[] = "update skus set name = $2 where id = $1";

enum status sku_update_name(struct db *db, int64_t id, struct text name, struct fault *fault) {
    return db_run(db, UPDATE_NAME, DB_ARGS(db_integer(id), db_string(name)), NULL, fault);
}

static const char FIND_CODE[] = "select " COLUMNS " from skus s where s.code = $1 order by s.id limit 2";
static const char FIND_CODE_KNOWN[] =
    "select " COLUMNS " from skus s where s.code = $2 and " KNOWN_TO_1 " order by s.id limit 2";

enum status sku_find_code(struct db *db, struct arena *arena, int64_t viewer_id, struct text code,
                          struct sku **skus, size_t *count, struct fault *fault) {
    if (viewer_id == 0) {
        return rows_all(db, arena, FIND_CODE, DB_ARGS(db_string(code)), read_sku, sizeof(struct sku), skus,
                        count, fault);
    }
    return rows_all(db, arena, FIND_CODE_KNOWN, DB_ARGS(db_integer(viewer_id), db_string(code)), read_sku,
                    sizeof(struct sku), skus, count, fault);
}

static const char CODE_TAKEN[] =
    "select cast(count(*) as bigint) from skus where owner_id = $1 and code = $2";

enum status sku_code_taken(struct db *db, int64_t owner_id, struct text code, bool *taken,
                           struct fault *fault) {
    int64_t count = 0;
    enum status status =
        db_query_int(db, CODE_TAKEN, DB_ARGS(db_integer(owner_id), db_string(code)), 0, &count, fault);
    if (status == STATUS_OK) {
        *taken = count > 0;
    }
    return status;
}

static const char IS_KNOWN[] = "select cast(count(*) as bigint) from skus s where s.id = $2 and " KNOWN_TO_1;

enum status sku_is_known(struct db *db, int64_t viewer_id, const struct sku *sku, bool *yes,
                         struct fault *fault) {
    int64_t count = 0;
    enum status status =
        db_query_int(db, IS_KNOWN, DB_ARGS(db_integer(viewer_id), db_integer(sku->id)), 0, &count, fault);
    if (status == STATUS_OK) {
        *yes = count > 0;
    }
    return status;
}

/* position() and instr() differ between the engines; like with an escape does not. */
#define LIST_REST                                                                                            \
    "s.id > $2 and ($3 = 0 or s.owner_id = $3) and ($4 = '' or s.kind = $4) and ($5 = '' or s.code = $5) "   \
    "and ($6 = '' or lower(s.code) like $6 escape '!' or lower(s.name) like $6 escape '!') "                 \
    "order by s.id limit $7"
static const char LIST[] = "select " COLUMNS " from skus s where $1 = 0 and " LIST_REST;
static const char LIST_KNOWN[] = "select " COLUMNS " from skus s where " KNOWN_TO_1 " and " LIST_REST;

/* "%word%" in lower case, with what like would take for a wildcard escaped. */
static struct text like_pattern(struct arena *arena, struct text search) {
    if (search.length == 0) {
        return TEXT("");
    }
    char *pattern = ARENA_NEW(arena, char, 2 * search.length + 3);
    size_t length = 0;
    pattern[length++] = '%';
    for (size_t i = 0; i < search.length; i++) {
        char c = search.at[i];
        if (c == '%' || c == '_' || c == '!') {
            pattern[length++] = '!';
        }
        pattern[length++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    pattern[length++] = '%';
    return (struct text){pattern, length};
}

enum status sku_list(struct db *db, struct arena *arena, const struct sku_filter *filter, struct page page,
                     struct sku **skus, size_t *count, int64_t *next_after, struct fault *fault) {
    size_t limit = (size_t)page_limit(page);
    struct text kind = filter->has_kind ? text_of(sku_kind_name(filter->kind)) : TEXT("");
    enum status status =
        rows_all(db, arena, filter->known_to_id == 0 ? LIST : LIST_KNOWN,
                 DB_ARGS(db_integer(filter->known_to_id), db_integer(page.after_id),
                         db_integer(filter->owner_id), db_string(kind), db_string(filter->code),
                         db_string(like_pattern(arena, filter->search)), db_integer((int64_t)limit + 1)),
                 read_sku, sizeof(struct sku), skus, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *next_after = 0;
    if (*count > limit) {
        *count = limit;
        *next_after = (*skus)[limit - 1].id;
    }
    return STATUS_OK;
}

static const char LOAD_ALL[] = "select " COLUMNS " from skus s order by s.id";

enum status sku_load_all(struct db *db, struct arena *arena, struct sku **skus, size_t *count,
                         struct fault *fault) {
    return rows_all(db, arena, LOAD_ALL, DB_NO_ARGS, read_sku, sizeof(struct sku), skus, count, fault);
}

static const char LOAD_KNOWN[] = "select " COLUMNS " from skus s where " KNOWN_TO_1 " order by s.id";

enum status sku_load_known(struct db *db, struct arena *arena, int64_t viewer_id, struct sku **skus,
                           size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_KNOWN, DB_ARGS(db_integer(viewer_id)), read_sku, sizeof(struct sku), skus,
                    count, fault);
}

static const char LOAD_OWNED[] = "select " COLUMNS " from skus s where s.owner_id = $1 order by s.id";

enum status sku_load_owned(struct db *db, struct arena *arena, int64_t owner_id, struct sku **skus,
                           size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_OWNED, DB_ARGS(db_integer(owner_id)), read_sku, sizeof(struct sku), skus,
                    count, fault);
}

/* ---- components ---- */

static enum status read_component(struct db_rows *rows, struct arena *arena, void *item,
                                  struct fault *fault) {
    (void)fault;
    *(struct component *)item = (struct component){.id = db_column_int(rows, 0),
                                                   .vendor_id = db_column_int(rows, 1),
                                                   .external_id = db_column_copy(rows, 2, arena),
                                                   .code = db_column_copy(rows, 3, arena),
                                                   .name = db_column_copy(rows, 4, arena)};
    return STATUS_OK;
}

static const char LOAD_COMPONENTS[] =
    "select c.id, c.vendor_id, c.external_id, c.code, c.name from components c where c.vendor_id = $1 "
    "order by c.id";

enum status component_load_owned(struct db *db, struct arena *arena, int64_t vendor_id,
                                 struct component **components, size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_COMPONENTS, DB_ARGS(db_integer(vendor_id)), read_component,
                    sizeof(struct component), components, count, fault);
}

static const char LOAD_OF_SKU[] =
    "select c.id, c.vendor_id, c.external_id, c.code, c.name from sku_components i "
    "join components c on c.id = i.component_id where i.sku_id = $1 order by c.id";

enum status component_load_of_sku(struct db *db, struct arena *arena, int64_t sku_id,
                                  struct component **components, size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_OF_SKU, DB_ARGS(db_integer(sku_id)), read_component,
                    sizeof(struct component), components, count, fault);
}

static enum status read_link(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)arena;
    (void)fault;
    *(struct sku_component *)item =
        (struct sku_component){.sku_id = db_column_int(rows, 0), .component_id = db_column_int(rows, 1)};
    return STATUS_OK;
}

static const char LOAD_LINKS[] =
    "select i.sku_id, i.component_id from sku_components i join skus s on s.id = i.sku_id "
    "where s.owner_id = $1 order by i.sku_id, i.component_id";

enum status sku_component_load_owned(struct db *db, struct arena *arena, int64_t owner_id,
                                     struct sku_component **links, size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_LINKS, DB_ARGS(db_integer(owner_id)), read_link,
                    sizeof(struct sku_component), links, count, fault);
}

/* ---- in bulk ---- */

/* Ends a bulk insert either way. */
static enum status end_bulk(struct db_bulk *bulk, enum status status, struct fault *fault) {
    if (status == STATUS_OK) {
        return db_bulk_finish(bulk, fault);
    }
    db_bulk_abandon(bulk);
    return status;
}

enum status sku_insert_many(struct db *db, struct sku *skus, size_t count, struct fault *fault) {
    static const char *const NAMES[] = {"id",          "owner_id", "kind",          "code",
                                        "external_id", "name",     "created_at_us", NULL};
    if (count == 0) {
        return STATUS_OK;
    }
    int64_t first = 0;
    struct db_bulk *bulk = NULL;
    enum status status = db_counter_take(db, "skus", (int64_t)count, &first, fault);
    if (status == STATUS_OK) {
        status = db_bulk_start(db, "skus", NAMES, "iitttti", &bulk, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct sku *sku = &skus[i];
        sku->id = first + (int64_t)i;
        const struct db_value values[] = {db_integer(sku->id),
                                          db_integer(sku->owner_id),
                                          db_string(text_of(sku_kind_name(sku->kind))),
                                          db_string(sku->code),
                                          db_string(sku->external_id),
                                          db_string(sku->name),
                                          db_integer(sku->created_at_us)};
        status = db_bulk_row(bulk, values, fault);
    }
    return end_bulk(bulk, status, fault);
}

enum status component_insert_many(struct db *db, struct component *components, size_t count,
                                  struct fault *fault) {
    static const char *const NAMES[] = {"id", "vendor_id", "external_id", "code", "name", NULL};
    if (count == 0) {
        return STATUS_OK;
    }
    int64_t first = 0;
    struct db_bulk *bulk = NULL;
    enum status status = db_counter_take(db, "components", (int64_t)count, &first, fault);
    if (status == STATUS_OK) {
        status = db_bulk_start(db, "components", NAMES, "iittt", &bulk, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct component *component = &components[i];
        component->id = first + (int64_t)i;
        const struct db_value values[] = {db_integer(component->id), db_integer(component->vendor_id),
                                          db_string(component->external_id), db_string(component->code),
                                          db_string(component->name)};
        status = db_bulk_row(bulk, values, fault);
    }
    return end_bulk(bulk, status, fault);
}

enum status sku_component_insert_many(struct db *db, const struct sku_component *links, size_t count,
                                      struct fault *fault) {
    static const char *const NAMES[] = {"sku_id", "component_id", NULL};
    if (count == 0) {
        return STATUS_OK;
    }
    struct db_bulk *bulk = NULL;
    enum status status = db_bulk_start(db, "sku_components", NAMES, "ii", &bulk, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct db_value values[] = {db_integer(links[i].sku_id), db_integer(links[i].component_id)};
        status = db_bulk_row(bulk, values, fault);
    }
    return end_bulk(bulk, status, fault);
}

/* ---- bundles ---- */

static const char INSERT_PART[] =
    "insert into bundle_parts (bundle_id, part_id, quantity) values ($1, $2, $3)";

enum status bundle_part_insert(struct db *db, const struct bundle_part *part, struct fault *fault) {
    assert(part->bundle_id > 0 && part->part_id > 0 && part->quantity > 0);
    return db_run(db, INSERT_PART,
                  DB_ARGS(db_integer(part->bundle_id), db_integer(part->part_id), db_integer(part->quantity)),
                  NULL, fault);
}

static enum status read_part(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)arena;
    (void)fault;
    *(struct bundle_part *)item = (struct bundle_part){.bundle_id = db_column_int(rows, 0),
                                                       .part_id = db_column_int(rows, 1),
                                                       .quantity = db_column_int(rows, 2)};
    return STATUS_OK;
}

static const char LOAD_PARTS[] =
    "select bundle_id, part_id, quantity from bundle_parts where bundle_id = $1 order by part_id";

enum status bundle_part_load(struct db *db, struct arena *arena, int64_t bundle_id,
                             struct bundle_part **parts, size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_PARTS, DB_ARGS(db_integer(bundle_id)), read_part,
                    sizeof(struct bundle_part), parts, count, fault);
}

static enum status read_id(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)arena;
    (void)fault;
    *(int64_t *)item = db_column_int(rows, 0);
    return STATUS_OK;
}

static const char LIST_WITH_PART[] =
    "select bundle_id from bundle_parts where part_id = $1 order by bundle_id";

enum status bundle_list_with_part(struct db *db, struct arena *arena, int64_t part_id, int64_t **bundle_ids,
                                  size_t *count, struct fault *fault) {
    return rows_all(db, arena, LIST_WITH_PART, DB_ARGS(db_integer(part_id)), read_id, sizeof(int64_t),
                    bundle_ids, count, fault);
}
