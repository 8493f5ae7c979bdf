/* Persons: whose an e-mail address is, and the password that it signs in with, for however many accounts. */
#ifndef SEATMETER_STORE_ACCESS_PERSONS_H
#define SEATMETER_STORE_ACCESS_PERSONS_H

#include "store/engine/db.h"

struct person {
    int64_t id;
    struct text email; /* in its normal form (programme/call/validate.h) */
    struct text password_hash;
    int64_t created_at_us;
    int64_t version;
};

/* An id that is not there is STATUS_NOT_FOUND "unknown-user". */
enum status person_load(struct db *db, struct arena *arena, int64_t id, struct person *person,
                        struct fault *fault) MUST_CHECK;
enum status person_find(struct db *db, struct arena *arena, struct text email, bool *found,
                        struct person *person, struct fault *fault) MUST_CHECK;
enum status person_insert(struct db *db, struct person *person, struct fault *fault) MUST_CHECK; /* sets id */
enum status person_set_password(struct db *db, int64_t id, struct text password_hash,
                                struct fault *fault) MUST_CHECK;

/* All of them, for the audit: what is read stands in the row. */
enum status persons_stream(struct db *db, struct db_rows **rows, struct fault *fault) MUST_CHECK;
void person_read(struct db_rows *rows, struct person *person);

#endif
