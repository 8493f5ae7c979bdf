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

static enum status read_programme(struct db_rows *rows, struct arena *arena, void *item,
                                  struct fault *fault) {
    (void)fault;
    *(struct programme *)item = (struct programme){.name = db_column_copy(rows, 0, arena),
                                                   .currency = db_column_copy(rows, 1, arena),
                                                   .time_zone = db_column_copy(rows, 2, arena),
                                                   .distributor_id = db_column_int(rows, 3),
                                                   .secret_check = db_column_copy(rows, 4, arena),
                                                   .created_at_us = db_column_int(rows, 5)};
    return STATUS_OK;
}

static const char SELECT[] = "select name, currency, time_zone, distributor_id, secret_check, created_at_us "
                             "from programme where id = 1";

enum status programme_find(struct db *db, struct arena *arena, bool *found, struct programme *programme,
                           struct fault *fault) {
    return rows_one(db, arena, SELECT, DB_NO_ARGS, read_programme, programme, found, fault);
}

enum status programme_load(struct db *db, struct arena *arena, struct programme *programme,
                           struct fault *fault) {
    bool found = false;
    enum status status = programme_find(db, arena, &found, programme, fault);
    if (status == STATUS_OK && !found) {
        return fault_set(fault, STATUS_CONFLICT, "store-not-initialised", NULL, TEXT(""),
                         "This store has no programme yet: run seatmeter init first.");
    }
    return status;
}

enum status programme_check_secret(struct db *db, struct arena *arena,
                                   const unsigned char secret[PROGRAMME_SECRET_BYTES], struct fault *fault) {
    struct programme programme;
    enum status status = programme_load(db, arena, &programme, fault);
    if (status != STATUS_OK) {
        return status;
    }
    unsigned char check[PROGRAMME_SECRET_CHECK_BYTES];
    programme_secret_check(secret, check);
    if (programme.secret_check.length != sizeof check ||
        sodium_memcmp(check, programme.secret_check.at, sizeof check) != 0) {
        return fault_set(
            fault, STATUS_CONFLICT, "wrong-secret", "secret", TEXT(""),
            "This is not the secret that the programme was made with: give the one that was written "
            "when it was initialised.");
    }
    return STATUS_OK;
}

static const char INSERT[] =
    "insert into programme (id, name, currency, time_zone, distributor_id, secret_check, created_at_us) "
    "values (1, $1, $2, $3, $4, $5, $6)";

enum status programme_insert(struct db *db, const struct programme *programme, struct fault *fault) {
    assert(programme->distributor_id > 0 && programme->secret_check.length == PROGRAMME_SECRET_CHECK_BYTES);
    return db_run(db, INSERT,
                  DB_ARGS(db_string(programme->name), db_string(programme->currency),
                          db_string(programme->time_zone), db_integer(programme->distributor_id),
                          db_bytes(programme->secret_check), db_integer(programme->created_at_us)),
                  NULL, fault);
}
