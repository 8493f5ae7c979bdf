#include "store/parties/programme.h"

#include "store/engine/rows.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

void programme_secret_check(const unsigned char secret[PROGRAMME_SECRET_BYTES],
                            unsigned char check[PROGRAMME_SECRET_CHECK_BYTES]) {
    static const char PURPOSE[] = "seatmeter secret check";
    static_assert(PROGRAMME_SECRET_CHECK_BYTES >= crypto_generichash_BYTES_MIN, "a hash of that size exists");
    crypto_generichash(check, PROGRAMME_SECRET_CHECK_BYTES, (const unsigned char *)PURPOSE,
                       sizeof PURPOSE - 1, secret, PROGRAMME_SECRET_BYTES);
}

static const struct db_field PROGRAMME_FIELDS[] = {
    DB_FIELD_TEXT(struct programme, name, "name"),
    DB_FIELD_TEXT(struct programme, currency, "currency"),
    DB_FIELD_TEXT(struct programme, time_zone, "time_zone"),
    DB_FIELD_INT(struct programme, distributor_id, "distributor_id", DB_FROM_ONE),
    DB_FIELD_BYTES(struct programme, secret_check, "secret_check"),
    DB_FIELD_INT(struct programme, undo_window_s, "undo_window_s", DB_COUNT),
    DB_FIELD_INT(struct programme, invitation_days, "invitation_days", DB_FROM_ONE),
    DB_FIELD_INT(struct programme, created_at_us, "created_at_us"),
};
static const struct db_fields PROGRAMME = DB_FIELDS(struct programme, PROGRAMME_FIELDS);

static const char SELECT[] = "select {} from programme where id = 1";

enum status programme_find(struct db *db, struct arena *arena, bool *found, struct programme *programme,
                           struct fault *fault) {
    return rows_one(db, arena, &PROGRAMME, SELECT, DB_NO_ARGS, programme, found, fault);
}

static enum status none_yet(struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "store-not-initialised", NULL, TEXT(""),
                     "This store has no programme yet: run seatmeter init first.");
}

enum status programme_load(struct db *db, struct arena *arena, struct programme *programme,
                           struct fault *fault) {
    bool found = false;
    TRY(programme_find(db, arena, &found, programme, fault));
    return found ? STATUS_OK : none_yet(fault);
}

/* By this column alone: a restore asks a store of an older version. */
static const char SELECT_CHECK[] = "select secret_check from programme where id = 1";

enum status programme_check_secret(struct db *db, struct arena *arena,
                                   const unsigned char secret[PROGRAMME_SECRET_BYTES], struct fault *fault) {
    struct text *kept = NULL;
    size_t count = 0;
    TRY(rows_texts(db, arena, SELECT_CHECK, DB_NO_ARGS, &kept, &count, fault));
    if (count == 0) {
        return none_yet(fault);
    }
    unsigned char check[PROGRAMME_SECRET_CHECK_BYTES];
    programme_secret_check(secret, check);
    if (kept[0].length != sizeof check || sodium_memcmp(check, kept[0].at, sizeof check) != 0) {
        return fault_set(
            fault, STATUS_CONFLICT, "wrong-secret", "secret", TEXT(""),
            "This is not the secret that the programme was made with: give the one that was written "
            "when it was initialised.");
    }
    return STATUS_OK;
}

static const char INSERT[] = "insert into programme (id, usage_kept, {}) values (1, 1, {$1})";

enum status programme_insert(struct db *db, const struct programme *programme, struct fault *fault) {
    assert(programme->distributor_id > 0 && programme->secret_check.length == PROGRAMME_SECRET_CHECK_BYTES);
    return rows_insert(db, &PROGRAMME, INSERT, DB_NO_ARGS, programme, fault);
}

static const char SET_UNDO_WINDOW[] = "update programme set undo_window_s = $1 where id = 1";

enum status programme_set_undo_window(struct db *db, int64_t window_s, struct fault *fault) {
    assert(window_s >= 0);
    return db_run(db, SET_UNDO_WINDOW, DB_ARGS(db_integer(window_s)), NULL, fault);
}

static const char SET_INVITATION_DAYS[] = "update programme set invitation_days = $1 where id = 1";

enum status programme_set_invitation_days(struct db *db, int64_t days, struct fault *fault) {
    assert(days > 0);
    return db_run(db, SET_INVITATION_DAYS, DB_ARGS(db_integer(days)), NULL, fault);
}
