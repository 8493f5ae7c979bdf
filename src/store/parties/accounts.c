#include "store/parties/accounts.h"

#include "store/engine/rows.h"

#include <assert.h>

static const char *kind_word(int kind) {
    return account_kind_name((enum account_kind)kind);
}

static const struct db_words KINDS = {kind_word, ACCOUNT_CUSTOMER + 1};

static const struct db_field ACCOUNT_FIELDS[] = {
    DB_FIELD_INT(struct account, id, "id", DB_FROM_ONE),
    DB_FIELD_WORD(struct account, kind, "kind", &KINDS),
    DB_FIELD_TEXT(struct account, code, "code", DB_SAVED),
    DB_FIELD_TEXT(struct account, label, "label", DB_SAVED),
    DB_FIELD_TEXT(struct account, name, "name", DB_SAVED),
    DB_FIELD_INT(struct account, seller_id, "seller_id", DB_OR_NULL),
    DB_FIELD_INT(struct account, depth, "depth"),
    DB_FIELD_TEXT(struct account, address, "address", DB_SAVED),
    DB_FIELD_TEXT(struct account, country, "country", DB_SAVED),
    DB_FIELD_TEXT(struct account, tax_number, "tax_number", DB_SAVED),
    DB_FIELD_TEXT(struct account, email, "email", DB_SAVED),
    DB_FIELD_INT(struct account, created_at_us, "created_at_us"),
    DB_FIELD_INT(struct account, version, "version"),
};
static const struct db_fields ACCOUNT = DB_FIELDS(struct account, ACCOUNT_FIELDS);

/* Whether there is a logo is read with the account; the logo itself is not. */
static const struct db_field READ_FIELDS[] = {
    DB_FIELD_REST("a", &ACCOUNT),
    DB_FIELD_BOOL(struct account, has_logo, "cast(case when a.logo_png is null then 0 else 1 end as bigint)"),
};
static const struct db_fields READ_ACCOUNT = DB_FIELDS(struct account, READ_FIELDS);

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

static const char LOAD[] = "select {} from accounts a where a.id = $1";

enum status account_load(struct db *db, struct arena *arena, int64_t id, struct account *account,
                         struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, arena, &READ_ACCOUNT, LOAD, DB_ARGS(db_integer(id)), account, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-account", "account", TEXT(""),
                         "There is no such account.");
    }
    return STATUS_OK;
}

enum status account_next_id(struct db *db, int64_t *id, struct fault *fault) {
    return db_counter_take(db, "accounts", 1, id, fault);
}

static const char INSERT[] = "insert into accounts ({}) values ({$1})";
static const char INSERT_SELF[] = "insert into account_ancestors (ancestor_id, account_id) values ($1, $1)";
static const char INSERT_ANCESTORS[] = "insert into account_ancestors (ancestor_id, account_id) "
                                       "select ancestor_id, $1 from account_ancestors where account_id = $2";

enum status account_insert(struct db *db, const struct account *account, struct fault *fault) {
    assert(account->id > 0 && account->label.length > 0 && account->code.length > 0);
    assert(account->seller_id == 0 ? account->depth <= 1 : account->depth >= 2);
    struct account inserted = *account;
    inserted.version = 1;
    TRY(rows_insert(db, &ACCOUNT, INSERT, DB_NO_ARGS, &inserted, fault));
    TRY(account_code_give(db, account->id, account->code, account->created_at_us, fault));
    TRY(db_run(db, INSERT_SELF, DB_ARGS(db_integer(account->id)), NULL, fault));
    if (account->seller_id == 0) {
        return STATUS_OK;
    }
    return db_run(db, INSERT_ANCESTORS, DB_ARGS(db_integer(account->id), db_integer(account->seller_id)),
                  NULL, fault);
}

static const char UPDATE[] = "update accounts set {=3}, version = version + 1 where id = $1 and version = $2";

enum status account_update(struct db *db, const struct account *account, struct fault *fault) {
    int64_t changed = 0;
    TRY(rows_save(db, &ACCOUNT, UPDATE, DB_ARGS(db_integer(account->id), db_integer(account->version)),
                  account, &changed, fault));
    if (changed != 1) {
        return fault_set(fault, STATUS_STALE, "stale", "version", TEXT(""),
                         "The account was changed by somebody else meanwhile: read it again, then edit it.");
    }
    return STATUS_OK;
}

struct logo {
    struct text png;
};
static const struct db_field LOGO_FIELDS[] = {DB_FIELD_BYTES(struct logo, png, "logo_png", DB_OR_NULL)};
static const struct db_fields LOGO = DB_FIELDS(struct logo, LOGO_FIELDS);

static const char LOAD_LOGO[] = "select {} from accounts where id = $1";

enum status account_logo_load(struct db *db, struct arena *arena, int64_t id, struct text *png,
                              struct fault *fault) {
    bool found = false;
    struct logo logo = {TEXT("")};
    TRY(rows_one(db, arena, &LOGO, LOAD_LOGO, DB_ARGS(db_integer(id)), &logo, &found, fault));
    *png = logo.png;
    return STATUS_OK;
}

static const char SAVE_LOGO[] = "update accounts set logo_png = $2 where id = $1";

enum status account_logo_save(struct db *db, int64_t id, struct text png, struct fault *fault) {
    return db_run(db, SAVE_LOGO, DB_ARGS(db_integer(id), png.length == 0 ? db_null() : db_bytes(png)), NULL,
                  fault);
}

/* ---- codes ---- */

static const char CODE_TAKEN[] =
    "select cast(count(*) as bigint) from account_codes c join accounts a on a.id = c.account_id "
    "where coalesce(a.seller_id, 0) = $1 and a.id <> $2 and lower(c.code) = lower($3)";

enum status account_code_taken(struct db *db, int64_t seller_id, int64_t account_id, struct text code,
                               bool *taken, struct fault *fault) {
    return rows_yes(db, CODE_TAKEN, DB_ARGS(db_integer(seller_id), db_integer(account_id), db_string(code)),
                    taken, fault);
}

static const char GIVE_CODE[] =
    "insert into account_codes (id, account_id, code, given_at_us) values ($1, $2, $3, $4)";

enum status account_code_give(struct db *db, int64_t account_id, struct text code, int64_t now_us,
                              struct fault *fault) {
    int64_t id = 0;
    assert(account_id > 0 && code.length > 0 && now_us > 0);
    TRY(db_counter_take(db, "account-codes", 1, &id, fault));
    return db_run(db, GIVE_CODE,
                  DB_ARGS(db_integer(id), db_integer(account_id), db_string(code), db_integer(now_us)), NULL,
                  fault);
}

static const char HAD_CODE[] = "select cast(count(*) as bigint) from account_codes where account_id = $1 and "
                               "lower(code) = lower($2)";

enum status account_had_code(struct db *db, int64_t account_id, struct text code, bool *yes,
                             struct fault *fault) {
    return rows_yes(db, HAD_CODE, DB_ARGS(db_integer(account_id), db_string(code)), yes, fault);
}

static const char LOAD_PREFIX[] = "select number_prefix from accounts where id = $1 and number_prefix <> ''";
static const char KEEP_PREFIX[] = "update accounts set number_prefix = $2 where id = $1";

enum status account_number_prefix(struct db *db, struct arena *arena, int64_t account_id, struct text code,
                                  struct text *prefix, struct fault *fault) {
    struct text *kept = NULL;
    size_t count = 0;
    TRY(rows_texts(db, arena, LOAD_PREFIX, DB_ARGS(db_integer(account_id)), &kept, &count, fault));
    *prefix = count > 0 ? kept[0] : code;
    return count > 0 ? STATUS_OK
                     : db_run(db, KEEP_PREFIX, DB_ARGS(db_integer(account_id), db_string(code)), NULL, fault);
}

static const struct db_field FIRST_CODE_FIELDS[] = {
    DB_FIELD_INT(struct first_code, account_id, "account_id"),
    DB_FIELD_TEXT(struct first_code, code, "code"),
};
static const struct db_fields FIRST_CODE = DB_FIELDS(struct first_code, FIRST_CODE_FIELDS);

static const char FIRST_CODES[] = "select {c} from account_codes c where c.id = (select min(f.id) from "
                                  "account_codes f where f.account_id = c.account_id) order by c.account_id";

enum status account_first_codes(struct db *db, struct arena *arena, struct first_code **codes, size_t *count,
                                struct fault *fault) {
    return rows_all(db, arena, &FIRST_CODE, FIRST_CODES, DB_NO_ARGS, codes, count, fault);
}

static const char LABEL_TAKEN[] = "select cast(count(*) as bigint) from accounts where label = $1";

enum status account_label_taken(struct db *db, struct text label, bool *taken, struct fault *fault) {
    return rows_yes(db, LABEL_TAKEN, DB_ARGS(db_string(label)), taken, fault);
}

/* $2 is the viewpoint. */
static const struct db_field CLAIM_FIELDS[] = {
    DB_FIELD_PART(struct account_claim, account, NULL, &READ_ACCOUNT),
    DB_FIELD_INT(struct account_claim, circle,
                 "cast(case when a.id = $2 then 0 when a.seller_id = $2 or not exists (select 1 from "
                 "account_ancestors v where v.ancestor_id = $2 and v.account_id = a.id) then 1 else 2 end "
                 "as bigint)"),
    DB_FIELD_INT(struct account_claim, age,
                 "coalesce((select max(c.id) from account_codes c where c.account_id = a.id and "
                 "lower(c.code) = lower(a.code) and c.given_at_us > 0), 0)"),
};
static const struct db_fields CLAIM = DB_FIELDS(struct account_claim, CLAIM_FIELDS);

#define CLAIMS                                                                                               \
    "lower(a.code) = lower($3) and ($4 = 0 or exists (select 1 from account_ancestors w where "              \
    "w.ancestor_id = $4 and w.account_id = a.id)) order by a.id"
static const char FIND_CODE[] = "select {} from accounts a where $1 = 0 and " CLAIMS;
static const char FIND_CODE_KNOWN[] = "select {} from accounts a where " IS_KNOWN_TO_1 " and " CLAIMS;

enum status account_find_code(struct db *db, struct arena *arena, const struct account_code_query *query,
                              struct account_claim **claims, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &CLAIM, query->viewer_id == 0 ? FIND_CODE : FIND_CODE_KNOWN,
                    DB_ARGS(db_integer(query->viewer_id), db_integer(query->viewpoint_id),
                            db_string(query->code), db_integer(query->within_id)),
                    claims, count, fault);
}

static const char FIND_BUYER[] = "select {} from accounts a where coalesce(a.seller_id, 0) = $1 and "
                                 "lower(a.code) = lower($2) order by a.id";

enum status account_find_buyer(struct db *db, struct arena *arena, int64_t seller_id, struct text code,
                               struct account **accounts, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &READ_ACCOUNT, FIND_BUYER, DB_ARGS(db_integer(seller_id), db_string(code)),
                    accounts, count, fault);
}

static const char FIND_VENDOR[] = "select {} from accounts a where a.kind = 'vendor' "
                                  "and (lower(a.code) = lower($1) or a.name = $1) order by a.id";

enum status account_find_vendor(struct db *db, struct arena *arena, struct text code_or_name,
                                struct account **accounts, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &READ_ACCOUNT, FIND_VENDOR, DB_ARGS(db_string(code_or_name)), accounts, count,
                    fault);
}

static const char IS_ABOVE[] = "select cast(count(*) as bigint) from account_ancestors "
                               "where ancestor_id = $1 and account_id = $2";

enum status account_is_or_is_above(struct db *db, int64_t ancestor_id, int64_t account_id, bool *yes,
                                   struct fault *fault) {
    return rows_yes(db, IS_ABOVE, DB_ARGS(db_integer(ancestor_id), db_integer(account_id)), yes, fault);
}

static const char IS_KNOWN[] =
    "select cast(count(*) as bigint) from accounts a where a.id = $2 and " IS_KNOWN_TO_1;

enum status account_is_known(struct db *db, int64_t viewer_id, int64_t account_id, bool *yes,
                             struct fault *fault) {
    return rows_yes(db, IS_KNOWN, DB_ARGS(db_integer(viewer_id), db_integer(account_id)), yes, fault);
}

static const char PATH[] = "select a.id from account_ancestors n join accounts a on a.id = n.ancestor_id "
                           "where n.account_id = $1 order by a.depth";

enum status account_path(struct db *db, struct arena *arena, int64_t account_id, int64_t **ids, size_t *count,
                         struct fault *fault) {
    return rows_integers(db, arena, PATH, DB_ARGS(db_integer(account_id)), ids, count, fault);
}

#define FILTER                                                                                               \
    "a.id > $2 and ($3 = '' or a.kind = $3) and ($4 = 0 or a.seller_id = $4) and ($5 = '' or lower(a.code) " \
    "= lower($5)) "                                                                                          \
    "and ($6 = 0 or exists (select 1 from account_ancestors b where b.ancestor_id = $6 and b.account_id = "  \
    "a.id)) order by a.id limit $7"
static const char LIST[] = "select {} from accounts a where $1 = 0 and " FILTER;
static const char LIST_KNOWN[] = "select {} from accounts a where a.id in " KNOWN_TO_1 " and " FILTER;

enum status account_list(struct db *db, struct arena *arena, const struct account_filter *filter,
                         struct page page, struct account **accounts, size_t *count, int64_t *next_after,
                         struct fault *fault) {
    struct text kind = filter->has_kind ? text_of(account_kind_name(filter->kind)) : TEXT("");
    return rows_page(db, arena, &READ_ACCOUNT, filter->known_to_id == 0 ? LIST : LIST_KNOWN,
                     DB_ARGS(db_integer(filter->known_to_id), db_integer(page.after_id), db_string(kind),
                             db_integer(filter->seller_id), db_string(filter->code),
                             db_integer(filter->self_or_below_id)),
                     page, accounts, count, next_after, fault);
}

static const char NAMING_VENDORS[] =
    "select {} from accounts a where a.kind = 'vendor' and exists (select 1 from agreements g where "
    "g.seller_id = a.id and g.names_to_vendors = 1 and g.state in ('signed', 'suspended')) order by a.id";

enum status accounts_naming_vendors(struct db *db, struct arena *arena, struct account **vendors,
                                    size_t *count, struct fault *fault) {
    return rows_all(db, arena, &READ_ACCOUNT, NAMING_VENDORS, DB_NO_ARGS, vendors, count, fault);
}

static const char LOAD_ALL[] = "select {} from accounts a order by a.id";

enum status account_load_all(struct db *db, struct arena *arena, struct account **accounts, size_t *count,
                             struct fault *fault) {
    return rows_all(db, arena, &READ_ACCOUNT, LOAD_ALL, DB_NO_ARGS, accounts, count, fault);
}

static const char LOAD_PART[] =
    "select {} from accounts a where a.id in " PART_ACCOUNTS("$1") " order by a.id";

enum status account_load_part(struct db *db, struct arena *arena, const struct programme_part *part,
                              struct account **accounts, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &READ_ACCOUNT, LOAD_PART, DB_ARGS(db_integer(part->around_id)), accounts,
                    count, fault);
}
