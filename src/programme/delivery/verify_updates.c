#include "programme/delivery/verify_updates.h"

#include "delivery/artifacts.h"
#include "delivery/tuf.h"
#include "programme/call/authorise.h"
#include "programme/delivery/update_objects.h"
#include "store/delivery/releases.h"

#include <stdarg.h>
#include <stdio.h>

struct checking_updates {
    struct call *call;
    update_problem_found *found;
    void *context;
    struct tuf_key *all; /* keys that ever were, without private halves */
    size_t all_count;
    struct update_keys active; /* the same of those in force */
    int64_t files;
};

__attribute__((format(printf, 3, 4))) static void tell_problem(struct checking_updates *checking,
                                                               enum tuf_role role, const char *format, ...) {
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    checking->found(checking->context, text_of(tuf_role_name(role)),
                    text_copy(checking->call->arena, text_of(message)));
}

static enum status load_keys(struct checking_updates *checking, struct fault *fault) {
    struct call *call = checking->call;
    struct update_keys *active = &checking->active;
    struct tuf_stored_key *stored = NULL;
    size_t count = 0;
    TRY(tuf_thresholds_load(call->db, active->thresholds, fault));
    TRY(tuf_key_load_all(call->db, call->arena, &stored, &count, fault));
    checking->all = ARENA_NEW(call->arena, struct tuf_key, count);
    for (size_t i = 0; i < count; i++) {
        struct tuf_key key = {stored[i].key_id, (const unsigned char *)stored[i].public_key.at, NULL};
        enum tuf_role role = stored[i].role;
        if (stored[i].public_key.length != TUF_PUBLIC_KEY_BYTES ||
            !text_equal(tuf_key_id(call->arena, key.public_key), key.key_id)) {
            tell_problem(checking, role, "key %.*s is damaged", TEXT_ARGS(key.key_id));
            continue;
        }
        checking->all[checking->all_count++] = key;
        if (!stored[i].is_retired && active->counts[role] < TUF_KEYS_MAX) {
            active->keys[role][active->counts[role]++] = key;
        }
    }
    return STATUS_OK;
}

/* How many of the keys that `role` names have signed. */
static size_t signers_of(const struct checking_updates *checking, const struct tuf_parsed_file *file,
                         const struct tuf_named_role *role) {
    size_t signers = 0;
    for (size_t i = 0; i < role->count; i++) {
        for (size_t k = 0; k < checking->all_count; k++) {
            if (text_equal(checking->all[k].key_id, role->key_ids[i])) {
                signers += tuf_file_signers(file, &checking->all[k], 1);
            }
        }
    }
    return signers;
}

/* Checks one root against its own keys and those of the root `before`, and makes it the one before. */
static enum status check_root(struct checking_updates *checking, int64_t version,
                              struct tuf_named_role *before, struct fault *fault) {
    struct call *call = checking->call;
    struct tuf_file file;
    struct tuf_parsed_file parsed;
    struct tuf_named_role own;
    bool found = false;
    TRY(tuf_file_version(call->db, call->arena, TUF_ROOT, version, &file, &found, fault));
    checking->files++;
    if (!found || !tuf_file_parse(file.bytes, &parsed) ||
        !tuf_root_role(parsed.signed_object, "root", &own)) {
        tell_problem(checking, TUF_ROOT, "version %lld is missing or malformed", (long long)version);
        *before = (struct tuf_named_role){0};
        return STATUS_OK;
    }
    if (signers_of(checking, &parsed, &own) < (size_t)own.threshold ||
        (before->count > 0 && signers_of(checking, &parsed, before) < (size_t)before->threshold)) {
        tell_problem(checking, TUF_ROOT, "version %lld is not signed by enough keys", (long long)version);
    }
    *before = own;
    return STATUS_OK;
}

/* None of the roots is missing. */
static enum status check_roots(struct checking_updates *checking, struct fault *fault) {
    struct tuf_file newest = {0};
    struct tuf_named_role before = {0};
    bool found = false;
    TRY(tuf_file_newest(checking->call->db, checking->call->arena, TUF_ROOT, &newest, &found, fault));
    for (int64_t version = 1; version <= newest.version; version++) {
        TRY(check_root(checking, version, &before, fault));
    }
    return STATUS_OK;
}

/* The newest file of a role: enough signatures, and of what the store holds. */
static enum status check_newest(struct checking_updates *checking, enum tuf_role role, struct fault *fault) {
    struct call *call = checking->call;
    struct update_keys *active = &checking->active;
    struct tuf_file file;
    struct tuf_parsed_file parsed;
    struct text object = TEXT("");
    bool found = false;
    TRY(tuf_file_newest(call->db, call->arena, role, &file, &found, fault));
    checking->files += role != TUF_ROOT;
    if (!found || !tuf_file_parse(file.bytes, &parsed)) {
        tell_problem(checking, role, "the newest file is missing or malformed");
        return STATUS_OK;
    }
    if (tuf_file_signers(&parsed, active->keys[role], active->counts[role]) <
        (size_t)active->thresholds[role]) {
        tell_problem(checking, role, "version %lld is not signed by enough keys", (long long)file.version);
    }
    if (role == TUF_ROOT) {
        object = update_root_object(call->arena, active, file.version, file.expires_at_us);
    } else {
        TRY(update_role_object(call, role, file.version, file.expires_at_us, &object, fault));
    }
    if (!text_equal(object, parsed.signed_object)) {
        tell_problem(checking, role, "version %lld does not say what the store holds",
                     (long long)file.version);
    }
    return STATUS_OK;
}

static bool keys_suffice(struct checking_updates *checking) {
    bool suffice = true;
    for (int role = 0; role < TUF_ROLE_COUNT; role++) {
        int64_t threshold = checking->active.thresholds[role];
        size_t count = checking->active.counts[role];
        if (threshold < 1 || (size_t)threshold > count) {
            suffice = false;
            tell_problem(checking, (enum tuf_role)role, "has %zu keys, and %lld must sign", count,
                         (long long)threshold);
        }
    }
    return suffice;
}

enum status update_repository_check(struct call *call, update_problem_found *found, void *context,
                                    int64_t *files_checked, struct fault *fault) {
    struct checking_updates checking = {.call = call, .found = found, .context = context};
    *files_checked = 0;
    TRY(load_keys(&checking, fault));
    if (checking.active.thresholds[TUF_ROOT] == 0) {
        return STATUS_OK;
    }
    bool may_be_signed = keys_suffice(&checking);
    TRY(check_roots(&checking, fault));
    for (int role = 0; may_be_signed && role < TUF_ROLE_COUNT; role++) {
        TRY(check_newest(&checking, (enum tuf_role)role, fault));
    }
    *files_checked = checking.files;
    return STATUS_OK;
}

/* ---- release verify ---- */

struct verifying {
    struct arena *arena;
    struct text *problems;
    size_t count;
    size_t capacity;
};

static void note_problem(void *context, struct text role, struct text message) {
    struct verifying *verifying = context;
    verifying->problems = arena_grow(verifying->arena, verifying->problems, verifying->count,
                                     &verifying->capacity, sizeof verifying->problems[0]);
    verifying->problems[verifying->count++] =
        text_format(verifying->arena, "%.*s: %.*s", TEXT_ARGS(role), TEXT_ARGS(message));
}

static enum status check_artifacts(struct call *call, struct verifying *verifying, int64_t *checked,
                                   struct fault *fault) {
    struct artifact_name *names = NULL;
    size_t count = 0;
    TRY(artifact_name_load_all(call->db, call->arena, &names, &count, fault));
    for (size_t i = 0; i < count; i++) {
        bool good = false;
        TRY(artifact_verify(call->artifacts, names[i].sha256, names[i].size_bytes, &good, fault));
        if (!good) {
            note_problem(verifying, TEXT("artifact"),
                         text_format(call->arena, "%.*s is missing or damaged", TEXT_ARGS(names[i].sha256)));
        }
        if (call->progress != NULL) {
            call->progress->step(call->progress, "artifacts", (int64_t)i + 1, (int64_t)count);
        }
    }
    *checked = (int64_t)count;
    return STATUS_OK;
}

static void check_expiry(const struct call *call, const struct update_repository_view *repository,
                         struct verifying *verifying) {
    for (int role = 0; repository->exists && role < TUF_ROLE_COUNT; role++) {
        if (repository->roles[role].expires_at_us <= call->now_us) {
            note_problem(verifying, repository->roles[role].role,
                         TEXT("has expired: run seatmeter release renew"));
        }
    }
}

static enum status do_verify_updates(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    (void)input;
    struct verify_updates_result result = {0};
    struct verifying verifying = {.arena = call->arena};
    TRY(require_operator(call, "Only the operator may verify the update repository.", fault));
    TRY(update_repository_view_fill(call, &result.repository, fault));
    TRY(update_repository_check(call, note_problem, &verifying, &result.files_checked, fault));
    check_expiry(call, &result.repository, &verifying);
    if (call->artifacts != NULL) {
        TRY(check_artifacts(call, &verifying, &result.artifacts_checked, fault));
    }
    result.problems = verifying.problems;
    result.problem_count = verifying.count;
    *(struct verify_updates_result *)output = result;
    return STATUS_OK;
}

enum status verify_updates(struct call *call, struct verify_updates_result *out, struct fault *fault) {
    return call_run(call, DB_READ, do_verify_updates, NULL, out, fault);
}
