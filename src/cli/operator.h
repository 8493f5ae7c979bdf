/* Operator session: the open store, its secret, memory and the call with which a subcommand asks a use case.
 *
 * Whoever may run the command on the store is the operator and may do everything. Here, at the door, the
 * machine's clock and random bytes come in. */
#ifndef SEATMETER_CLI_OPERATOR_H
#define SEATMETER_CLI_OPERATOR_H

#include "programme/call/call.h"

struct operator_session {
    struct arena arena;
    struct arena page; /* of the page of a list that is being shown */
    struct db *db;
    unsigned char secret[PROGRAMME_SECRET_BYTES];
    struct artifact_store *artifacts;
    bool made_store; /* operator_create made the store's file, and its secret's */
    bool made_secret;
    struct call call;
    int exit_code; /* where a command that went well has something to say by it; else 0 */
};

/* Opens the store at `url` with the present schema and its secret, and makes the operator's call.
 * Faults: of db_open, db_check_version and secret_load. On failure the session can still be closed. */
enum status operator_open(struct operator_session *session, struct text url, struct fault *fault) MUST_CHECK;

/* Opens a store that is about to be set up: migrates it and makes a secret where there is none. On failure
 * the session can still be closed. */
enum status operator_create(struct operator_session *session, struct text url,
                            struct fault *fault) MUST_CHECK;

/* After a failure: takes away the files that operator_create made, unless a programme is in them. Closes the
 * store. */
void operator_undo_create(struct operator_session *session, struct text url);

/* Begins a session for a store that will be restored: loads its secret, and opens nothing yet. On failure the
 * session can still be closed. */
enum status operator_load_secret(struct operator_session *session, struct text url,
                                 struct fault *fault) MUST_CHECK;

/* Opens that store as it is. */
enum status operator_open_for_restore(struct operator_session *session, struct text url,
                                      struct fault *fault) MUST_CHECK;

/* The operator's call on what the session has opened. */
void operator_make_call(struct operator_session *session);

void operator_close(struct operator_session *session);

#endif
