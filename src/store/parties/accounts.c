#include "store/parties/accounts.h"

#include "store/engine/rows.h"

#include <assert.h>

#define COLUMNS                                                                                              \
    "a.id, a.kind, a.code, a.label, a.name, a.seller_id, a.depth, a.address, a.country, a.tax_number, "      \
    "a.email, cast(case when a.logo_png is null then 0 else 1 end as bigint), a.created_at_us, a.version"

/* The accounts that $1 may know of: itself and what is below, its seller, its parties. */
#define KNOWN_TO_1                                                                                           \
    "(select n.account_id from account_ancestors n where n.ancestor_id = $1 "                                \
    "union select s.seller_id from accounts s where s.id = $1 and s.seller_id is not null "                  \
    "union select g.buyer_id from agreements g where g.seller_id = $1 "                                      \
    "union select g.seller_id from agreements g where g.buyer_id = $1)"

/* The same as a question about one account a, which costs the same however many $1 knows. */
#define IS_KNOWN_TO_1                                                                                        \
    "(exists (select 1 from account_ancestors n where n.ancestor_id = $1 and n.account_id = a.id) "          \
    "or exists (select 1 from accounts s where s.id = $1 and s.seller_id = a.id) "                           \
    "or exists (select 1 from agreements g where g.seller_id = $1 and g.buyer_id = a.id) "                   \
    "or exists (select 1 from agreements g where g.buyer_id = $1 and g.seller_id = a.id))"

static enum status read_account(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    struct account *account = item;
    *account = (struct account){.id = db_column_int(rows, 0),
                                .code = db_column_copy(rows, 2, arena),
                                .label = db_column_copy(rows, 3, arena),
                                .name = db_column_copy(rows, 4, arena),
                                .seller_id = db_column_int(rows, 5),
                                .depth = db_column_int(rows, 6),
                                .address = db_column_copy(rows, 7, arena),
                                .country = db_column_copy(rows, 8, arena),
                                .tax_number = db_column_copy(rows, 9, arena),
                                .email = db_column_copy(rows, 10, arena),
                                .has_logo = db_column_int(rows, 11) != 0,
                                .created_at_us = db_column_int(rows, 12),
                                .version = db_column_int(rows, 13)};
    return account_kind_parse(db_column_text(rows, 1), "kind", &account->kind, fault);
}

static const char LOAD[] = "select " COLUMNS " from accounts a where a.id = $1";

enum status account_load(struct db *db, struct arena *arena, int64_t id, struct account *account,
                         struct fault *fault) {
    bool found = false;
    enum status status =
        rows_one(db, arena, LOAD, DB_ARGS(db_integer(id)), read_account, account, &found, fault);
    if (status == STATUS_OK && !found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-account", "account", TEXT(""),
                         "There is no such account.");
    }
    return status;
}

enum status account_next_id(struct db *db, int64_t *id, struct fault *fault) {
    return db_counter_take(db, "accounts", 1, id, fault);
}

static const char INSERT[] =
    "insert into accounts (id, kind, code, label, name, seller_id, depth, address, country, tax_number, "
    "email, created_at_us, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)";
static const char INSERT_SELF[] = "insert into account_ancestors (ancestor_id, account_id) values ($1, $1)";
static const char INSERT_ANCESTORS[] = "insert into account_ancestors (ancestor_id, account_id) "
                                       "select ancestor_id, $1 from account_ancestors where account_id = $2";

enum status account_insert(struct db *db, const struct account *account, struct fault *fault) {
    assert(account->id > 0 && account->label.length > 0 && account->code.length > 0);
    assert(account->seller_id == 0 ? account->depth <= 1 : account->depth >= 2);
    enum status status = db_run(
        db, INSERT,
        DB_ARGS(db_integer(account->id), db_string(text_of(account_kind_name(account->kind))),
                db_string(account->code), db_string(account->label), db_string(account->name),
                rows_integer_or_null(account->seller_id), db_integer(account->depth),
                db_string(account->address), db_string(account->country), db_string(account->tax_number),
                db_string(account->email), db_integer(account->created_at_us)),
        NULL, fault);
    if (status == STATUS_OK) {
        status = db_run(db, INSERT_SELF, DB_ARGS(db_integer(account->id)), NULL, fault);
    }
    if (status == STATUS_OK && account->seller_id != 0) {
        status = db_run(db, INSERT_ANCESTORS,
                        DB_ARGS(db_integer(account->id), db_integer(account->seller_id)), NULL, fault);
    }
    return status;
}

static enum status stale(struct fault *fault) {
    return fault_set(fault, STATUS_STALE, "stale", "version", TEXT(""),
                     "The account was changed by somebody else meanwhile: read it again, then edit it.");
}

static const char UPDATE[] =
    "update accounts set code = $3, label = $4, name = $5, address = $6, country = $7, tax_number = $8, "
    "email = $9, version = version + 1 where id = $1 and version = $2";

enum status account_update(struct db *db, const struct account *account, struct fault *fault) {
    int64_t changed = 0;
    enum status status = db_run(
        db, UPDATE,
        DB_ARGS(db_integer(account->id), db_integer(account->version), db_string(account->code),
                db_string(account->label), db_string(account->name), db_string(account->address),
                db_string(account->country), db_string(account->tax_number), db_string(account->email)),
        &changed, fault);
    return status == STATUS_OK && changed != 1 ? stale(fault) : status;
}

static enum status read_bytes(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)fault;
    *(struct text *)item = db_column_copy(rows, 0, arena);
    return STATUS_OK;
}

static const char LOAD_LOGO[] = "select logo_png from accounts where id = $1";

enum status account_logo_load(struct db *db, struct arena *arena, int64_t id, struct text *png,
                              struct fault *fault) {
    bool found = false;
    *png = TEXT("");
    return rows_one(db, arena, LOAD_LOGO, DB_ARGS(db_integer(id)), read_bytes, png, &found, fault);
}

static const char SAVE_LOGO[] = "update accounts set logo_png = $2 where id = $1";

enum status account_logo_save(struct db *db, int64_t id, struct text png, struct fault *fault) {
    return db_run(db, SAVE_LOGO, DB_ARGS(db_integer(id), png.length == 0 ? db_null() : db_bytes(png)), NULL,
                  fault);
}

static enum status query_bool(struct db *db, const char *sql, const struct db_value *values, size_t count,
                              bool *yes, struct fault *fault) {
    int64_t value = 0;
    enum status status = db_query_int(db, sql, values, count, 0, &value, fault);
    if (status == STATUS_OK) {
        *yes = value != 0;
    }
    return status;
}

static const char CODE_TAKEN[] =
    "select cast(count(*) as bigint) from accounts where coalesce(seller_id, 0) = $1 and code = $2";

enum status account_code_taken(struct db *db, int64_t seller_id, struct text code, bool *taken,
                               struct fault *fault) {
    return query_bool(db, CODE_TAKEN, DB_ARGS(db_integer(seller_id), db_string(code)), taken, fault);
}

static const char LABEL_TAKEN[] = "select cast(count(*) as bigint) from accounts where label = $1";

enum status account_label_taken(struct db *db, struct text label, bool *taken, struct fault *fault) {
    return query_bool(db, LABEL_TAKEN, DB_ARGS(db_string(label)), taken, fault);
}

static const char FIND_CODE[] = "select " COLUMNS " from accounts a where a.code = $1 order by a.id limit 2";
static const char FIND_CODE_KNOWN[] =
    "select " COLUMNS " from accounts a where a.code = $2 and " IS_KNOWN_TO_1 " order by a.id limit 2";

enum status account_find_code(struct db *db, struct arena *arena, int64_t viewer_id, struct text code,
                              struct account **accounts, size_t *count, struct fault *fault) {
    if (viewer_id == 0) {
        return rows_all(db, arena, FIND_CODE, DB_ARGS(db_string(code)), read_account, sizeof(struct account),
                        accounts, count, fault);
    }
    return rows_all(db, arena, FIND_CODE_KNOWN, DB_ARGS(db_integer(viewer_id), db_string(code)), read_account,
                    sizeof(struct account), accounts, count, fault);
}

static const char FIND_VENDOR[] = "select " COLUMNS " from accounts a where a.kind = 'vendor' "
                                  "and (a.code = $1 or a.name = $1) order by a.id limit 2";

enum status account_find_vendor(struct db *db, struct arena *arena, struct text code_or_name,
                                struct account **accounts, size_t *count, struct fault *fault) {
    return rows_all(db, arena, FIND_VENDOR, DB_ARGS(db_string(code_or_name)), read_account,
                    sizeof(struct account), accounts, count, fault);
}

static const char IS_ABOVE[] = "select cast(count(*) as bigint) from account_ancestors "
                               "where ancestor_id = $1 and account_id = $2";

enum status account_is_or_is_above(struct db *db, int64_t ancestor_id, int64_t account_id, bool *yes,
                                   struct fault *fault) {
    return query_bool(db, IS_ABOVE, DB_ARGS(db_integer(ancestor_id), db_integer(account_id)), yes, fault);
}

static const char IS_KNOWN[] =
    "select cast(count(*) as bigint) from accounts a where a.id = $2 and " IS_KNOWN_TO_1;

enum status account_is_known(struct db *db, int64_t viewer_id, int64_t account_id, bool *yes,
                             struct fault *fault) {
    return query_bool(db, IS_KNOWN, DB_ARGS(db_integer(viewer_id), db_integer(account_id)), yes, fault);
}

static enum status read_id(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)arena;
    (void)fault;
    *(int64_t *)item = db_column_int(rows, 0);
    return STATUS_OK;
}

static const char PATH[] = "select a.id from account_ancestors n join accounts a on a.id = n.ancestor_id "
                           "where n.account_id = $1 order by a.depth";

enum status account_path(struct db *db, struct arena *arena, int64_t account_id, int64_t **ids, size_t *count,
                         struct fault *fault) {
    return rows_all(db, arena, PATH, DB_ARGS(db_integer(account_id)), read_id, sizeof(int64_t), ids, count,
                    fault);
}

#define FILTER                                                                                               \
    "a.id > $2 and ($3 = '' or a.kind = $3) and ($4 = 0 or a.seller_id = $4) and ($5 = '' or a.code = $5) "  \
    "and ($6 = 0 or exists (select 1 from account_ancestors b where b.ancestor_id = $6 and b.account_id = "  \
    "a.id)) order by a.id limit $7"
static const char LIST[] = "select " COLUMNS " from accounts a where $1 = 0 and " FILTER;
static const char LIST_KNOWN[] =
    "select " COLUMNS " from accounts a where a.id in " KNOWN_TO_1 " and " FILTER;

enum status account_list(struct db *db, struct arena *arena, const struct account_filter *filter,
                         struct page page, struct account **accounts, size_t *count, int64_t *next_after,
                         struct fault *fault) {
    size_t limit = (size_t)page_limit(page);
    struct text kind = filter->has_kind ? text_of(account_kind_name(filter->kind)) : TEXT("");
    enum status status =
        rows_all(db, arena, filter->known_to_id == 0 ? LIST : LIST_KNOWN,
                 DB_ARGS(db_integer(filter->known_to_id), db_integer(page.after_id), db_string(kind),
                         db_integer(filter->seller_id), db_string(filter->code),
                         db_integer(filter->self_or_below_id), db_integer((int64_t)limit + 1)),
                 read_account, sizeof(struct account), accounts, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *next_after = 0;
    if (*count > limit) {
        *count = limit;
        *next_after = (*accounts)[limit - 1].id;
    }
    return STATUS_OK;
}

static const char LOAD_ALL[] = "select " COLUMNS " from accounts a order by a.id";

enum status account_load_all(struct db *db, struct arena *arena, struct account **accounts, size_t *count,
                             struct fault *fault) {
    return rows_all(db, arena, LOAD_ALL, DB_NO_ARGS, read_account, sizeof(struct account), accounts, count,
                    fault);
}
