#include "store/delivery/releases.h"

#include "store/engine/rows.h"

#include <assert.h>

static const char *const CHANNELS[] = {[CHANNEL_STABLE] = "stable", [CHANNEL_BETA] = "beta"};
static const char *const STATES[] = {[RELEASE_PUBLISHED] = "published", [RELEASE_WITHDRAWN] = "withdrawn"};

const char *release_channel_name(enum release_channel channel) {
    assert(channel == CHANNEL_STABLE || channel == CHANNEL_BETA);
    return CHANNELS[channel];
}

const char *release_state_name(enum release_state state) {
    assert(state == RELEASE_PUBLISHED || state == RELEASE_WITHDRAWN);
    return STATES[state];
}

enum status release_channel_parse(struct text word, const char *field, enum release_channel *channel,
                                  struct fault *fault) {
    for (int i = CHANNEL_STABLE; i <= CHANNEL_BETA; i++) {
        if (text_is(word, CHANNELS[i])) {
            *channel = (enum release_channel)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-channel", field, word,
                     "A release is on the channel stable or beta.");
}

enum status release_state_parse(struct text word, const char *field, enum release_state *state,
                                struct fault *fault) {
    for (int i = RELEASE_PUBLISHED; i <= RELEASE_WITHDRAWN; i++) {
        if (text_is(word, STATES[i])) {
            *state = (enum release_state)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-release-state", field, word,
                     "A release is published or withdrawn.");
}

/* ---- releases ---- */

#define COLUMNS                                                                                              \
    "r.id, r.product_id, r.version, r.channel, r.state, r.notes, r.published_at_us, r.promoted_at_us, "      \
    "r.withdrawn_at_us, r.withdrawn_reason"

static enum status read_release(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    struct release *release = item;
    *release = (struct release){.id = db_column_int(rows, 0),
                                .product_id = db_column_int(rows, 1),
                                .version = db_column_copy(rows, 2, arena),
                                .notes = db_column_copy(rows, 5, arena),
                                .published_at_us = db_column_int(rows, 6),
                                .promoted_at_us = db_column_int(rows, 7),
                                .withdrawn_at_us = db_column_int(rows, 8),
                                .withdrawn_reason = db_column_copy(rows, 9, arena)};
    enum status status = release_channel_parse(db_column_text(rows, 3), "channel", &release->channel, fault);
    return status == STATUS_OK ? release_state_parse(db_column_text(rows, 4), "state", &release->state, fault)
                               : status;
}

static const char INSERT[] =
    "insert into releases (id, product_id, version, channel, state, notes, published_at_us, promoted_at_us, "
    "withdrawn_at_us, withdrawn_reason) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

enum status release_insert(struct db *db, struct release *release, struct fault *fault) {
    assert(release->product_id > 0 && release->version.length > 0);
    enum status status = db_counter_take(db, "releases", 1, &release->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(
        db, INSERT,
        DB_ARGS(db_integer(release->id), db_integer(release->product_id), db_string(release->version),
                db_string(text_of(release_channel_name(release->channel))),
                db_string(text_of(release_state_name(release->state))), db_string(release->notes),
                db_integer(release->published_at_us), rows_integer_or_null(release->promoted_at_us),
                rows_integer_or_null(release->withdrawn_at_us), db_string(release->withdrawn_reason)),
        NULL, fault);
}

static const char UPDATE[] =
    "update releases set channel = $2, state = $3, notes = $4, promoted_at_us = $5, withdrawn_at_us = $6, "
    "withdrawn_reason = $7 where id = $1";

enum status release_update(struct db *db, const struct release *release, struct fault *fault) {
    return db_run(db, UPDATE,
                  DB_ARGS(db_integer(release->id), db_string(text_of(release_channel_name(release->channel))),
                          db_string(text_of(release_state_name(release->state))), db_string(release->notes),
                          rows_integer_or_null(release->promoted_at_us),
                          rows_integer_or_null(release->withdrawn_at_us),
                          db_string(release->withdrawn_reason)),
                  NULL, fault);
}

static const char LOAD[] = "select " COLUMNS " from releases r where r.id = $1";

enum status release_load(struct db *db, struct arena *arena, int64_t id, struct release *release, bool *found,
                         struct fault *fault) {
    return rows_one(db, arena, LOAD, DB_ARGS(db_integer(id)), read_release, release, found, fault);
}

static const char FIND_VERSION[] =
    "select " COLUMNS " from releases r where r.product_id = $1 and r.version = $2";

enum status release_find_version(struct db *db, struct arena *arena, int64_t product_id, struct text version,
                                 struct release *release, bool *found, struct fault *fault) {
    return rows_one(db, arena, FIND_VERSION, DB_ARGS(db_integer(product_id), db_string(version)),
                    read_release, release, found, fault);
}

static const char LIST[] =
    "select " COLUMNS " from releases r join products p on p.id = r.product_id "
    "where r.id > $1 and ($2 = 0 or r.product_id = $2) and ($3 = 0 or p.vendor_id = $3) "
    "and (cast($4 as text) = '' or r.channel = $4) and (cast($5 as text) = '' or r.state = $5) "
    "order by r.id limit $6";

enum status release_list(struct db *db, struct arena *arena, const struct release_filter *filter,
                         struct page page, struct release **releases, size_t *count, int64_t *next_after,
                         struct fault *fault) {
    size_t limit = (size_t)page_limit(page);
    struct text channel =
        filter->channel < 0 ? TEXT("") : text_of(release_channel_name((enum release_channel)filter->channel));
    struct text state =
        filter->state < 0 ? TEXT("") : text_of(release_state_name((enum release_state)filter->state));
    enum status status = rows_all(db, arena, LIST,
                                  DB_ARGS(db_integer(page.after_id), db_integer(filter->product_id),
                                          db_integer(filter->vendor_id), db_string(channel), db_string(state),
                                          db_integer((int64_t)limit + 1)),
                                  read_release, sizeof(struct release), releases, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *next_after = 0;
    if (*count > limit) {
        *count = limit;
        *next_after = (*releases)[limit - 1].id;
    }
    return STATUS_OK;
}

/* ---- artifacts ---- */

#define ARTIFACT_COLUMNS "a.release_id, a.platform, a.file_name, a.size_bytes, a.sha256, a.added_at_us"

static enum status read_artifact(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)fault;
    *(struct release_artifact *)item = (struct release_artifact){.release_id = db_column_int(rows, 0),
                                                                 .platform = db_column_copy(rows, 1, arena),
                                                                 .file_name = db_column_copy(rows, 2, arena),
                                                                 .size_bytes = db_column_int(rows, 3),
                                                                 .sha256 = db_column_copy(rows, 4, arena),
                                                                 .added_at_us = db_column_int(rows, 5)};
    return STATUS_OK;
}

static const char INSERT_ARTIFACT[] = "insert into release_artifacts (release_id, platform, file_name, "
                                      "size_bytes, sha256, added_at_us) values ($1, $2, $3, $4, $5, $6)";

enum status release_artifact_insert(struct db *db, const struct release_artifact *artifact,
                                    struct fault *fault) {
    assert(artifact->sha256.length == SHA256_HEX_BYTES && artifact->release_id > 0);
    return db_run(db, INSERT_ARTIFACT,
                  DB_ARGS(db_integer(artifact->release_id), db_string(artifact->platform),
                          db_string(artifact->file_name), db_integer(artifact->size_bytes),
                          db_string(artifact->sha256), db_integer(artifact->added_at_us)),
                  NULL, fault);
}

static const char LOAD_ARTIFACTS[] =
    "select " ARTIFACT_COLUMNS " from release_artifacts a where a.release_id = $1 order by a.platform";

enum status release_artifact_load(struct db *db, struct arena *arena, int64_t release_id,
                                  struct release_artifact **artifacts, size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_ARTIFACTS, DB_ARGS(db_integer(release_id)), read_artifact,
                    sizeof(struct release_artifact), artifacts, count, fault);
}

/* The newest by when it became stable. */
static const char LOAD_INSTALLERS[] =
    "select " ARTIFACT_COLUMNS ", r.version from release_artifacts a join releases r on r.id = a.release_id "
    "where r.product_id = $1 and r.state = 'published' and r.channel = 'stable' and not exists ("
    "select 1 from release_artifacts b join releases n on n.id = b.release_id "
    "where n.product_id = $1 and n.state = 'published' and n.channel = 'stable' "
    "and b.platform = a.platform and (n.promoted_at_us > r.promoted_at_us "
    "or (n.promoted_at_us = r.promoted_at_us and n.id > r.id))) order by a.platform";

static enum status read_installer(struct db_rows *rows, struct arena *arena, void *item,
                                  struct fault *fault) {
    struct release_installer *installer = item;
    installer->version = db_column_copy(rows, 6, arena);
    return read_artifact(rows, arena, &installer->artifact, fault);
}

enum status release_installer_load(struct db *db, struct arena *arena, int64_t product_id,
                                   struct release_installer **installers, size_t *count,
                                   struct fault *fault) {
    return rows_all(db, arena, LOAD_INSTALLERS, DB_ARGS(db_integer(product_id)), read_installer,
                    sizeof(struct release_installer), installers, count, fault);
}

/* ---- targets: each artifact on beta since it was published, on stable since it was promoted ---- */

#define TARGETS(channel, since)                                                                              \
    "select r.product_id, r.id, p.code, r.version, '" channel                                                \
    "', r.state, r.withdrawn_reason, a.platform, a.file_name, a.size_bytes, a.sha256, " since                \
    " from release_artifacts a join releases r on r.id = a.release_id "                                      \
    "join products p on p.id = r.product_id where r." since " is not null "

static enum status read_target(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    struct release_target *target = item;
    *target = (struct release_target){.product_id = db_column_int(rows, 0),
                                      .release_id = db_column_int(rows, 1),
                                      .product_code = db_column_copy(rows, 2, arena),
                                      .version = db_column_copy(rows, 3, arena),
                                      .withdrawn_reason = db_column_copy(rows, 6, arena),
                                      .platform = db_column_copy(rows, 7, arena),
                                      .file_name = db_column_copy(rows, 8, arena),
                                      .size_bytes = db_column_int(rows, 9),
                                      .sha256 = db_column_copy(rows, 10, arena),
                                      .released_at_us = db_column_int(rows, 11)};
    enum status status = release_channel_parse(db_column_text(rows, 4), "channel", &target->channel, fault);
    return status == STATUS_OK ? release_state_parse(db_column_text(rows, 5), "state", &target->state, fault)
                               : status;
}

#define PUBLISHED "and r.state = 'published' "
static const char LOAD_TARGETS[] =
    TARGETS("beta", "published_at_us") PUBLISHED "union all " TARGETS("stable", "promoted_at_us") PUBLISHED;

enum status release_target_load_all(struct db *db, struct arena *arena, struct release_target **targets,
                                    size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_TARGETS, DB_NO_ARGS, read_target, sizeof(struct release_target), targets,
                    count, fault);
}

#define OF_KEY "and p.code = $1 and a.platform = $2 and r.version = $3 and a.file_name = $4"
static const char LOAD_BETA_TARGET[] = TARGETS("beta", "published_at_us") OF_KEY;
static const char LOAD_STABLE_TARGET[] = TARGETS("stable", "promoted_at_us") OF_KEY;

enum status release_target_load(struct db *db, struct arena *arena, const struct release_target_key *key,
                                struct release_target *target, bool *found, struct fault *fault) {
    *found = false;
    bool is_beta = text_is(key->channel, "beta");
    if (!is_beta && !text_is(key->channel, "stable")) {
        return STATUS_OK;
    }
    return rows_one(db, arena, is_beta ? LOAD_BETA_TARGET : LOAD_STABLE_TARGET,
                    DB_ARGS(db_string(key->product), db_string(key->platform), db_string(key->version),
                            db_string(key->file_name)),
                    read_target, target, found, fault);
}

/* ---- what the artifact store holds ---- */

static enum status read_name(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)fault;
    *(struct artifact_name *)item = (struct artifact_name){.sha256 = db_column_copy(rows, 0, arena),
                                                           .size_bytes = db_column_int(rows, 1)};
    return STATUS_OK;
}

static const char LOAD_NAMES[] = "select sha256, size_bytes from release_artifacts "
                                 "union select sha256, size_bytes from artifact_uploads order by 1";

enum status artifact_name_load_all(struct db *db, struct arena *arena, struct artifact_name **names,
                                   size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_NAMES, DB_NO_ARGS, read_name, sizeof(struct artifact_name), names, count,
                    fault);
}

static const char INSERT_UPLOAD[] =
    "insert into artifact_uploads (vendor_id, sha256, size_bytes, uploaded_at_us) values ($1, $2, $3, $4) "
    "on conflict do nothing";

enum status artifact_upload_insert(struct db *db, int64_t vendor_id, struct text sha256, int64_t size_bytes,
                                   int64_t at_us, struct fault *fault) {
    assert(vendor_id > 0 && sha256.length == SHA256_HEX_BYTES);
    return db_run(
        db, INSERT_UPLOAD,
        DB_ARGS(db_integer(vendor_id), db_string(sha256), db_integer(size_bytes), db_integer(at_us)), NULL,
        fault);
}

static const char FIND_UPLOAD[] =
    "select size_bytes from artifact_uploads where vendor_id = $1 and sha256 = $2";

enum status artifact_upload_find(struct db *db, int64_t vendor_id, struct text sha256, int64_t *size_bytes,
                                 bool *found, struct fault *fault) {
    enum status status = db_query_int(db, FIND_UPLOAD, DB_ARGS(db_integer(vendor_id), db_string(sha256)), -1,
                                      size_bytes, fault);
    if (status == STATUS_OK) {
        *found = *size_bytes >= 0;
    }
    return status;
}
