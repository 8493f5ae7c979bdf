#include "cli/operator.h"

#include "cli/artifacts.h"
#include "cli/progress.h"
#include "cli/secret.h"
#include "machine/clock.h"
#include "machine/random.h"
#include "store/parties/programme.h"

#include <sodium.h>
#include <time.h>
#include <unistd.h>

void operator_make_call(struct operator_session *session) {
    session->call = (struct call){
        .db = session->db,
        .arena = &session->arena,
        .actor = {.kind = ACTOR_OPERATOR, .rights = RIGHT_ALL},
        .now_us = machine_now_us(),
        .secret = session->secret,
        .random = machine_random_source(),
        .progress = progress_on_terminal(),
        .artifacts = session->artifacts,
        .is_synchronised = machine_clock_is_synchronised(),
    };
}

/* The path of a SQLite store; empty where the store is not a file. */
static struct text file_of(struct arena *arena, struct text url) {
    struct text scheme = TEXT("sqlite:");
    if (!text_starts_with(url, scheme)) {
        return TEXT("");
    }
    return text_copy(arena, (struct text){url.at + scheme.length, url.length - scheme.length});
}

static bool is_missing(struct text path) {
    return path.length > 0 && access(path.at, F_OK) != 0;
}

/* Opening a SQLite file that is not there would make an empty one; only `init` and its like may. */
static enum status require_file(struct arena *arena, struct text url, struct fault *fault) {
    if (!is_missing(file_of(arena, url))) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "store-not-initialised", "db", url,
                     "There is no such file; name a store with --db, or begin one with `seatmeter init`.");
}

static enum status open_store(struct operator_session *session, struct text url, struct fault *fault) {
    TRY(require_file(&session->arena, url, fault));
    TRY(db_open(url, &session->db, fault));
    TRY(db_check_version(session->db, fault));
    TRY(secret_load(url, session->secret, fault));
    TRY(programme_check_secret(session->db, &session->arena, session->secret, fault));
    return artifacts_open_beside(url, &session->artifacts, fault);
}

static enum status create_store(struct operator_session *session, struct text url, struct fault *fault) {
    session->made_store = is_missing(file_of(&session->arena, url));
    TRY(db_open(url, &session->db, fault));
    TRY(db_migrate(session->db, fault));
    TRY(secret_load_or_make(url, session->secret, &session->made_secret, fault));
    return artifacts_open_beside(url, &session->artifacts, fault);
}

enum status operator_open(struct operator_session *session, struct text url, struct fault *fault) {
    *session = (struct operator_session){0};
    arena_init(&session->arena);
    arena_init(&session->page);
    enum status status = open_store(session, url, fault);
    operator_make_call(session);
    return status;
}

enum status operator_create(struct operator_session *session, struct text url, struct fault *fault) {
    *session = (struct operator_session){0};
    arena_init(&session->arena);
    arena_init(&session->page);
    enum status status = create_store(session, url, fault);
    operator_make_call(session);
    return status;
}

static bool has_programme(struct operator_session *session) {
    struct programme programme;
    struct fault fault = {0};
    bool found = false;
    if (session->db == NULL || db_begin(session->db, DB_READ, &fault) != STATUS_OK) {
        return false;
    }
    enum status status = programme_find(session->db, &session->arena, &found, &programme, &fault);
    db_rollback(session->db);
    return status == STATUS_OK && found;
}

void operator_undo_create(struct operator_session *session, struct text url) {
    static const char *const ENDINGS[] = {"", "-wal", "-shm"};
    if (has_programme(session)) {
        return;
    }
    db_close(session->db);
    session->db = NULL;
    struct text path = file_of(&session->arena, url);
    for (size_t i = 0; session->made_store && i < sizeof ENDINGS / sizeof ENDINGS[0]; i++) {
        unlink(text_format(&session->arena, "%.*s%s", TEXT_ARGS(path), ENDINGS[i]).at);
    }
    if (session->made_secret) {
        secret_unmake(url);
    }
}

enum status operator_load_secret(struct operator_session *session, struct text url, struct fault *fault) {
    arena_init(&session->arena);
    arena_init(&session->page);
    return secret_load(url, session->secret, fault);
}

enum status operator_open_for_restore(struct operator_session *session, struct text url,
                                      struct fault *fault) {
    TRY(db_open(url, &session->db, fault));
    operator_make_call(session);
    return STATUS_OK;
}

void operator_close(struct operator_session *session) {
    artifact_store_close(session->artifacts);
    db_close(session->db);
    sodium_memzero(session->secret, sizeof session->secret);
    arena_clean_up(&session->page);
    arena_clean_up(&session->arena);
}
