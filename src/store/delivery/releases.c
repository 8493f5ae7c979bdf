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

static const char *channel_word(int channel) {
    return release_channel_name((enum release_channel)channel);
}

static const char *state_word(int state) {
    return release_state_name((enum release_state)state);
}

static const struct db_words CHANNEL_WORDS = {channel_word, CHANNEL_BETA + 1};
static const struct db_words STATE_WORDS = {state_word, RELEASE_WITHDRAWN + 1};

static const struct db_field RELEASE_FIELDS[] = {
    DB_FIELD_INT(struct release, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct release, product_id, "product_id"),
    DB_FIELD_TEXT(struct release, version, "version"),
    DB_FIELD_WORD(struct release, channel, "channel", &CHANNEL_WORDS, DB_SAVED),
    DB_FIELD_WORD(struct release, state, "state", &STATE_WORDS, DB_SAVED),
    DB_FIELD_TEXT(struct release, notes, "notes", DB_SAVED),
    DB_FIELD_INT(struct release, published_at_us, "published_at_us"),
    DB_FIELD_INT(struct release, promoted_at_us, "promoted_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct release, withdrawn_at_us, "withdrawn_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_TEXT(struct release, withdrawn_reason, "withdrawn_reason", DB_SAVED),
};
static const struct db_fields RELEASE = DB_FIELDS(struct release, RELEASE_FIELDS);

static const char INSERT[] = "insert into releases ({}) values ({$1})";

enum status release_insert(struct db *db, struct release *release, struct fault *fault) {
    assert(release->product_id > 0 && release->version.length > 0);
    TRY(db_counter_take(db, "releases", 1, &release->id, fault));
    return rows_insert(db, &RELEASE, INSERT, DB_NO_ARGS, release, fault);
}

static const char UPDATE[] = "update releases set {=2} where id = $1";

enum status release_update(struct db *db, const struct release *release, struct fault *fault) {
    return rows_save(db, &RELEASE, UPDATE, DB_ARGS(db_integer(release->id)), release, NULL, fault);
}

static const char LOAD[] = "select {r} from releases r where r.id = $1";

enum status release_load(struct db *db, struct arena *arena, int64_t id, struct release *release, bool *found,
                         struct fault *fault) {
    return rows_one(db, arena, &RELEASE, LOAD, DB_ARGS(db_integer(id)), release, found, fault);
}

static const char FIND_VERSION[] = "select {r} from releases r where r.product_id = $1 and r.version = $2";

enum status release_find_version(struct db *db, struct arena *arena, int64_t product_id, struct text version,
                                 struct release *release, bool *found, struct fault *fault) {
    return rows_one(db, arena, &RELEASE, FIND_VERSION, DB_ARGS(db_integer(product_id), db_string(version)),
                    release, found, fault);
}

static const char LIST[] =
    "select {r} from releases r join products p on p.id = r.product_id "
    "where r.id > $1 and ($2 = 0 or r.product_id = $2) and ($3 = 0 or p.vendor_id = $3) "
    "and (cast($4 as text) = '' or r.channel = $4) and (cast($5 as text) = '' or r.state = $5) "
    "order by r.id limit $6";

enum status release_list(struct db *db, struct arena *arena, const struct release_filter *filter,
                         struct page page, struct release **releases, size_t *count, int64_t *next_after,
                         struct fault *fault) {
    struct text channel =
        filter->channel < 0 ? TEXT("") : text_of(release_channel_name((enum release_channel)filter->channel));
    struct text state =
        filter->state < 0 ? TEXT("") : text_of(release_state_name((enum release_state)filter->state));
    return rows_page(db, arena, &RELEASE, LIST,
                     DB_ARGS(db_integer(page.after_id), db_integer(filter->product_id),
                             db_integer(filter->vendor_id), db_string(channel), db_string(state)),
                     page, releases, count, next_after, fault);
}

/* ---- artifacts ---- */

static const struct db_field ARTIFACT_FIELDS[] = {
    DB_FIELD_INT(struct release_artifact, release_id, "release_id"),
    DB_FIELD_TEXT(struct release_artifact, platform, "platform"),
    DB_FIELD_TEXT(struct release_artifact, file_name, "file_name"),
    DB_FIELD_INT(struct release_artifact, size_bytes, "size_bytes"),
    DB_FIELD_TEXT(struct release_artifact, sha256, "sha256"),
    DB_FIELD_INT(struct release_artifact, added_at_us, "added_at_us"),
};
static const struct db_fields ARTIFACT = DB_FIELDS(struct release_artifact, ARTIFACT_FIELDS);

static const char INSERT_ARTIFACT[] = "insert into release_artifacts ({}) values ({$1})";

enum status release_artifact_insert(struct db *db, const struct release_artifact *artifact,
                                    struct fault *fault) {
    assert(artifact->sha256.length == SHA256_HEX_BYTES && artifact->release_id > 0);
    return rows_insert(db, &ARTIFACT, INSERT_ARTIFACT, DB_NO_ARGS, artifact, fault);
}

static const char LOAD_ARTIFACTS[] =
    "select {a} from release_artifacts a where a.release_id = $1 order by a.platform";

enum status release_artifact_load(struct db *db, struct arena *arena, int64_t release_id,
                                  struct release_artifact **artifacts, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &ARTIFACT, LOAD_ARTIFACTS, DB_ARGS(db_integer(release_id)), artifacts, count,
                    fault);
}

static const struct db_field INSTALLER_FIELDS[] = {
    DB_FIELD_PART(struct release_installer, artifact, "a", &ARTIFACT),
    DB_FIELD_TEXT(struct release_installer, version, "r.version"),
};
static const struct db_fields INSTALLER = DB_FIELDS(struct release_installer, INSTALLER_FIELDS);

/* The newest by when it became stable. */
static const char LOAD_INSTALLERS[] =
    "select {} from release_artifacts a join releases r on r.id = a.release_id "
    "where r.product_id = $1 and r.state = 'published' and r.channel = 'stable' and not exists ("
    "select 1 from release_artifacts b join releases n on n.id = b.release_id "
    "where n.product_id = $1 and n.state = 'published' and n.channel = 'stable' "
    "and b.platform = a.platform and (n.promoted_at_us > r.promoted_at_us "
    "or (n.promoted_at_us = r.promoted_at_us and n.id > r.id))) order by a.platform";

enum status release_installer_load(struct db *db, struct arena *arena, int64_t product_id,
                                   struct release_installer **installers, size_t *count,
                                   struct fault *fault) {
    return rows_all(db, arena, &INSTALLER, LOAD_INSTALLERS, DB_ARGS(db_integer(product_id)), installers,
                    count, fault);
}

/* ---- targets: each artifact on beta since it was published, on stable since it was promoted ---- */

static const struct db_field TARGET_FIELDS[] = {
    DB_FIELD_INT(struct release_target, product_id, "r.product_id"),
    DB_FIELD_INT(struct release_target, release_id, "r.id"),
    DB_FIELD_TEXT(struct release_target, product, "p.update_name"),
    DB_FIELD_TEXT(struct release_target, version, "r.version"),
    DB_FIELD_WORD(struct release_target, channel, "r.listed_on", &CHANNEL_WORDS),
    DB_FIELD_WORD(struct release_target, state, "r.state", &STATE_WORDS),
    DB_FIELD_TEXT(struct release_target, withdrawn_reason, "r.withdrawn_reason"),
    DB_FIELD_TEXT(struct release_target, platform, "a.platform"),
    DB_FIELD_TEXT(struct release_target, file_name, "a.file_name"),
    DB_FIELD_INT(struct release_target, size_bytes, "a.size_bytes"),
    DB_FIELD_TEXT(struct release_target, sha256, "a.sha256"),
    DB_FIELD_INT(struct release_target, released_at_us, "r.listed_at_us"),
};
static const struct db_fields TARGET = DB_FIELDS(struct release_target, TARGET_FIELDS);

#define TARGETS(channel, since)                                                                              \
    "select {} from release_artifacts a join (select *, '" channel "' as listed_on, " since                  \
    " as listed_at_us from releases) r on r.id = a.release_id "                                              \
    "join products p on p.id = r.product_id where r.listed_at_us is not null "

#define PUBLISHED "and r.state = 'published' "
static const char LOAD_TARGETS[] =
    TARGETS("beta", "published_at_us") PUBLISHED "union all " TARGETS("stable", "promoted_at_us") PUBLISHED;

enum status release_target_load_all(struct db *db, struct arena *arena, struct release_target **targets,
                                    size_t *count, struct fault *fault) {
    return rows_all(db, arena, &TARGET, LOAD_TARGETS, DB_NO_ARGS, targets, count, fault);
}

#define OF_KEY "and p.update_name = $1 and a.platform = $2 and r.version = $3 and a.file_name = $4"
static const char LOAD_BETA_TARGET[] = TARGETS("beta", "published_at_us") OF_KEY;
static const char LOAD_STABLE_TARGET[] = TARGETS("stable", "promoted_at_us") OF_KEY;

enum status release_target_load(struct db *db, struct arena *arena, const struct release_target_key *key,
                                struct release_target *target, bool *found, struct fault *fault) {
    *found = false;
    bool is_beta = text_is(key->channel, "beta");
    if (!is_beta && !text_is(key->channel, "stable")) {
        return STATUS_OK;
    }
    return rows_one(db, arena, &TARGET, is_beta ? LOAD_BETA_TARGET : LOAD_STABLE_TARGET,
                    DB_ARGS(db_string(key->product), db_string(key->platform), db_string(key->version),
                            db_string(key->file_name)),
                    target, found, fault);
}

/* ---- what the artifact store holds ---- */

static const struct db_field NAME_FIELDS[] = {
    DB_FIELD_TEXT(struct artifact_name, sha256, "sha256"),
    DB_FIELD_INT(struct artifact_name, size_bytes, "size_bytes"),
};
static const struct db_fields NAME = DB_FIELDS(struct artifact_name, NAME_FIELDS);

static const char LOAD_NAMES[] =
    "select {} from release_artifacts union select {} from artifact_uploads order by 1";

enum status artifact_name_load_all(struct db *db, struct arena *arena, struct artifact_name **names,
                                   size_t *count, struct fault *fault) {
    return rows_all(db, arena, &NAME, LOAD_NAMES, DB_NO_ARGS, names, count, fault);
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
    TRY(db_query_int(db, FIND_UPLOAD, DB_ARGS(db_integer(vendor_id), db_string(sha256)), -1, size_bytes,
                     fault));
    *found = *size_bytes >= 0;
    return STATUS_OK;
}
