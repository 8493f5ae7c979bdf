#include "store/catalogue/skus.h"

#include "store/engine/rows.h"

#include <assert.h>

static const char *kind_word(int kind) {
    return sku_kind_name((enum sku_kind)kind);
}

static const struct db_words KINDS = {kind_word, SKU_SERVICE + 1};

static const struct db_field SKU_FIELDS[] = {
    DB_FIELD_INT(struct sku, id, "id", DB_FROM_ONE),          DB_FIELD_INT(struct sku, owner_id, "owner_id"),
    DB_FIELD_WORD(struct sku, kind, "kind", &KINDS),          DB_FIELD_TEXT(struct sku, code, "code"),
    DB_FIELD_TEXT(struct sku, external_id, "external_id"),    DB_FIELD_TEXT(struct sku, name, "name"),
    DB_FIELD_INT(struct sku, created_at_us, "created_at_us"),
};
static const struct db_fields SKU = DB_FIELDS(struct sku, SKU_FIELDS);

/* SKUs that $1 may know of: its own and those of the accounts above it; a vendor's, unless it is a vendor. */
#define KNOWN_TO_1                                                                                           \
    "(s.owner_id in (select n.ancestor_id from account_ancestors n where n.account_id = $1) "                \
    "or (exists (select 1 from accounts o where o.id = s.owner_id and o.kind = 'vendor') "                   \
    "and exists (select 1 from accounts v where v.id = $1 and v.kind <> 'vendor')))"

static const char LOAD[] = "select {s} from skus s where s.id = $1";

enum status sku_load(struct db *db, struct arena *arena, int64_t id, struct sku *sku, struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, arena, &SKU, LOAD, DB_ARGS(db_integer(id)), sku, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-sku", "sku", TEXT(""), "There is no such SKU.");
    }
    return STATUS_OK;
}

static const char INSERT[] = "insert into skus ({}) values ({$1})";

enum status sku_insert(struct db *db, struct sku *sku, struct fault *fault) {
    assert(sku->owner_id > 0 && sku->code.length > 0);
    TRY(db_counter_take(db, "skus", 1, &sku->id, fault));
    return rows_insert(db, &SKU, INSERT, DB_NO_ARGS, sku, fault);
}

static const char UPDATE_NAME[] = "update skus set name = $2 where id = $1";

enum status sku_update_name(struct db *db, int64_t id, struct text name, struct fault *fault) {
    return db_run(db, UPDATE_NAME, DB_ARGS(db_integer(id), db_string(name)), NULL, fault);
}

static const struct db_field CLAIM_FIELDS[] = {
    DB_FIELD_PART(struct sku_claim, sku, "s", &SKU),
    DB_FIELD_INT(struct sku_claim, age, "cast(case when s.has_age = 1 then s.id else 0 end as bigint)"),
};
static const struct db_fields CLAIM = DB_FIELDS(struct sku_claim, CLAIM_FIELDS);

static const char FIND_CODE[] = "select {} from skus s where lower(s.code) = lower($1) order by s.id";
static const char FIND_CODE_KNOWN[] =
    "select {} from skus s where lower(s.code) = lower($2) and " KNOWN_TO_1 " order by s.id";

enum status sku_find_code(struct db *db, struct arena *arena, int64_t viewer_id, struct text code,
                          struct sku_claim **claims, size_t *count, struct fault *fault) {
    struct sku_claim *found = NULL;
    size_t found_count = 0;
    size_t kept = 0;
    TRY(viewer_id == 0
            ? rows_all(db, arena, &CLAIM, FIND_CODE, DB_ARGS(db_string(code)), &found, &found_count, fault)
            : rows_all(db, arena, &CLAIM, FIND_CODE_KNOWN, DB_ARGS(db_integer(viewer_id), db_string(code)),
                       &found, &found_count, fault));
    /* One engine folds the letters of other scripts as well. */
    for (size_t i = 0; i < found_count; i++) {
        if (text_equal_folded(found[i].sku.code, code)) {
            found[kept++] = found[i];
        }
    }
    *claims = found;
    *count = kept;
    return STATUS_OK;
}

static const char CODE_TAKEN[] =
    "select cast(count(*) as bigint) from skus where owner_id = $1 and lower(code) = lower($2)";

enum status sku_code_taken(struct db *db, int64_t owner_id, struct text code, bool *taken,
                           struct fault *fault) {
    return rows_yes(db, CODE_TAKEN, DB_ARGS(db_integer(owner_id), db_string(code)), taken, fault);
}

static const char IS_KNOWN[] = "select cast(count(*) as bigint) from skus s where s.id = $2 and " KNOWN_TO_1;

enum status sku_is_known(struct db *db, int64_t viewer_id, const struct sku *sku, bool *yes,
                         struct fault *fault) {
    return rows_yes(db, IS_KNOWN, DB_ARGS(db_integer(viewer_id), db_integer(sku->id)), yes, fault);
}

/* position() and instr() differ between the engines; like with an escape does not. */
#define LIST_REST                                                                                            \
    "s.id > $2 and ($3 = 0 or s.owner_id = $3) and ($4 = '' or s.kind = $4) and ($5 = '' or lower(s.code) "  \
    "= lower($5)) "                                                                                          \
    "and ($6 = '' or lower(s.code) like $6 escape '!' or lower(s.name) like $6 escape '!') "                 \
    "order by s.id limit $7"
static const char LIST[] = "select {s} from skus s where $1 = 0 and " LIST_REST;
static const char LIST_KNOWN[] = "select {s} from skus s where " KNOWN_TO_1 " and " LIST_REST;

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
    struct text kind = filter->has_kind ? text_of(sku_kind_name(filter->kind)) : TEXT("");
    return rows_page(db, arena, &SKU, filter->known_to_id == 0 ? LIST : LIST_KNOWN,
                     DB_ARGS(db_integer(filter->known_to_id), db_integer(page.after_id),
                             db_integer(filter->owner_id), db_string(kind), db_string(filter->code),
                             db_string(like_pattern(arena, filter->search))),
                     page, skus, count, next_after, fault);
}

static const char LOAD_ALL[] = "select {s} from skus s order by s.id";

enum status sku_load_all(struct db *db, struct arena *arena, struct sku **skus, size_t *count,
                         struct fault *fault) {
    return rows_all(db, arena, &SKU, LOAD_ALL, DB_NO_ARGS, skus, count, fault);
}

static const char LOAD_PART[] = "select {s} from skus s where s.owner_id in " PART_ACCOUNTS(
    "$1") " and " PART_HAS_SKU("s.id", "$2") " order by s.id";

enum status sku_load_part(struct db *db, struct arena *arena, const struct programme_part *part,
                          struct sku **skus, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &SKU, LOAD_PART,
                    DB_ARGS(db_integer(part->around_id), db_integer(part->sku_id)), skus, count, fault);
}

static const char LOAD_KNOWN[] = "select {s} from skus s where " KNOWN_TO_1 " order by s.id";

enum status sku_load_known(struct db *db, struct arena *arena, int64_t viewer_id, struct sku **skus,
                           size_t *count, struct fault *fault) {
    return rows_all(db, arena, &SKU, LOAD_KNOWN, DB_ARGS(db_integer(viewer_id)), skus, count, fault);
}

static const char LOAD_OWNED[] = "select {s} from skus s where s.owner_id = $1 order by s.id";

enum status sku_load_owned(struct db *db, struct arena *arena, int64_t owner_id, struct sku **skus,
                           size_t *count, struct fault *fault) {
    return rows_all(db, arena, &SKU, LOAD_OWNED, DB_ARGS(db_integer(owner_id)), skus, count, fault);
}

/* ---- components ---- */

static const struct db_field COMPONENT_FIELDS[] = {
    DB_FIELD_INT(struct component, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct component, vendor_id, "vendor_id"),
    DB_FIELD_TEXT(struct component, external_id, "external_id"),
    DB_FIELD_TEXT(struct component, code, "code"),
    DB_FIELD_TEXT(struct component, name, "name"),
};
static const struct db_fields COMPONENT = DB_FIELDS(struct component, COMPONENT_FIELDS);

static const char LOAD_COMPONENTS[] = "select {c} from components c where c.vendor_id = $1 "
                                      "order by c.id";

enum status component_load_owned(struct db *db, struct arena *arena, int64_t vendor_id,
                                 struct component **components, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &COMPONENT, LOAD_COMPONENTS, DB_ARGS(db_integer(vendor_id)), components, count,
                    fault);
}

static const char LOAD_OF_SKU[] =
    "select {c} from sku_components i "
    "join components c on c.id = i.component_id where i.sku_id = $1 order by c.id";

enum status component_load_of_sku(struct db *db, struct arena *arena, int64_t sku_id,
                                  struct component **components, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &COMPONENT, LOAD_OF_SKU, DB_ARGS(db_integer(sku_id)), components, count,
                    fault);
}

static const struct db_field LINK_FIELDS[] = {
    DB_FIELD_INT(struct sku_component, sku_id, "sku_id"),
    DB_FIELD_INT(struct sku_component, component_id, "component_id"),
};
static const struct db_fields LINK = DB_FIELDS(struct sku_component, LINK_FIELDS);

static const char LOAD_LINKS[] = "select {i} from sku_components i join skus s on s.id = i.sku_id "
                                 "where s.owner_id = $1 order by i.sku_id, i.component_id";

enum status sku_component_load_owned(struct db *db, struct arena *arena, int64_t owner_id,
                                     struct sku_component **links, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &LINK, LOAD_LINKS, DB_ARGS(db_integer(owner_id)), links, count, fault);
}

/* ---- in bulk ---- */

enum status sku_insert_many(struct db *db, struct sku *skus, size_t count, struct fault *fault) {
    int64_t first = 0;
    if (count == 0) {
        return STATUS_OK;
    }
    TRY(db_counter_take(db, "skus", (int64_t)count, &first, fault));
    for (size_t i = 0; i < count; i++) {
        skus[i].id = first + (int64_t)i;
    }
    return rows_insert_many(db, "skus", &SKU, skus, count, fault);
}

enum status component_insert_many(struct db *db, struct component *components, size_t count,
                                  struct fault *fault) {
    int64_t first = 0;
    if (count == 0) {
        return STATUS_OK;
    }
    TRY(db_counter_take(db, "components", (int64_t)count, &first, fault));
    for (size_t i = 0; i < count; i++) {
        components[i].id = first + (int64_t)i;
    }
    return rows_insert_many(db, "components", &COMPONENT, components, count, fault);
}

enum status sku_component_insert_many(struct db *db, const struct sku_component *links, size_t count,
                                      struct fault *fault) {
    return rows_insert_many(db, "sku_components", &LINK, links, count, fault);
}

/* ---- bundles ---- */

static const struct db_field PART_FIELDS[] = {
    DB_FIELD_INT(struct bundle_part, bundle_id, "bundle_id"),
    DB_FIELD_INT(struct bundle_part, part_id, "part_id"),
    DB_FIELD_INT(struct bundle_part, quantity, "quantity"),
};
static const struct db_fields PART = DB_FIELDS(struct bundle_part, PART_FIELDS);

static const char INSERT_PART[] = "insert into bundle_parts ({}) values ({$1})";

enum status bundle_part_insert(struct db *db, const struct bundle_part *part, struct fault *fault) {
    assert(part->bundle_id > 0 && part->part_id > 0 && part->quantity > 0);
    return rows_insert(db, &PART, INSERT_PART, DB_NO_ARGS, part, fault);
}

static const char LOAD_PARTS[] = "select {} from bundle_parts where bundle_id = $1 order by part_id";

enum status bundle_part_load(struct db *db, struct arena *arena, int64_t bundle_id,
                             struct bundle_part **parts, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &PART, LOAD_PARTS, DB_ARGS(db_integer(bundle_id)), parts, count, fault);
}

static const char LIST_WITH_PART[] =
    "select bundle_id from bundle_parts where part_id = $1 order by bundle_id";

enum status bundle_list_with_part(struct db *db, struct arena *arena, int64_t part_id, int64_t **bundle_ids,
                                  size_t *count, struct fault *fault) {
    return rows_integers(db, arena, LIST_WITH_PART, DB_ARGS(db_integer(part_id)), bundle_ids, count, fault);
}
