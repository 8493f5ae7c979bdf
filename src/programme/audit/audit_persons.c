/* The store takes an address once, letter by letter: two persons can only have one address where it is
 * written in two ways, one of which is not the normal form. */
#include "programme/audit/audit_persons.h"

#include "programme/access/passwords.h"
#include "programme/call/validate.h"
#include "store/access/persons.h"

static bool is_normal(struct arena *arena, struct text email) {
    struct text normal;
    struct fault ignored;
    return email.length > 0 && check_email(arena, email, "email", &normal, &ignored) == STATUS_OK &&
           text_equal(normal, email);
}

static void check_person(struct audit *audit, const struct person *person, struct arena *arena) {
    struct text subject = text_format(audit->call->arena, "person %lld", (long long)person->id);
    if (!is_normal(arena, person->email)) {
        audit_found(audit, "person-address", subject,
                    "has an e-mail address that is not in its normal form, trimmed and in lower case");
    }
    if (!password_is_hash(person->password_hash)) {
        audit_found(audit, "person-password", subject, "has no hash of a password: it cannot sign in");
    }
}

enum status audit_persons(struct audit *audit, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct person person = {0};
    struct arena arena;
    bool have_row = false;
    arena_init(&arena);
    enum status status = persons_stream(audit->call->db, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        person_read(rows, &person);
        check_person(audit, &person, &arena);
        arena_clean_up(&arena);
    }
    db_rows_close(rows);
    return status;
}
