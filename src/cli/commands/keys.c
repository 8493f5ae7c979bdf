/* The keys that sign leases, and leases for machines without a network. */
#include "cli/file.h"
#include "cli/group.h"
#include "cli/show.h"
#include "programme/devices/offline_lease.h"
#include "programme/keys/signing_keys.h"
#include "json/represent.h"

#include <inttypes.h>
#include <stdio.h>

enum { REQUEST_FILE_BYTES_MAX = 64 * 1024 };

static void show_keys(struct operator_session *session, const struct arguments *arguments,
                      const struct signing_key_list *keys) {
    static const struct column COLUMNS[] = {{"key", "key"},
                                            {"purpose", "purpose"},
                                            {"state", "state"},
                                            {"in the set", "in_set"},
                                            {"made", "created_at"},
                                            {"signs from", "active_from"},
                                            {"retired", "retired_at"},
                                            {"revoked", "revoked_at"},
                                            {NULL, NULL}};
    struct json_writer writer = show_list_begin(session);
    for (size_t i = 0; i < keys->count; i++) {
        represent_signing_key(&writer, NULL, &keys->items[i]);
    }
    show_list(session, arguments, show_list_end(&writer), COLUMNS);
    if (!arguments->json) {
        printf("key set version %" PRId64 "\n", keys->version);
    }
}

static enum status run_key_list(struct operator_session *session, const struct arguments *arguments,
                                struct fault *fault) {
    struct signing_key_list keys;
    TRY(list_signing_keys(&session->call, &keys, fault));
    show_keys(session, arguments, &keys);
    return STATUS_OK;
}

static enum status run_key_rotate(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    struct rotate_signing_key_input input = {.purpose = argument_given(arguments, "root") ? SIGNING_ROOT
                                                                                          : SIGNING_LEASE};
    struct signing_key_list keys;
    if (input.purpose == SIGNING_ROOT && argument_given(arguments, "after")) {
        return fault_set(
            fault, STATUS_INVALID, "contradiction", "after", TEXT(""),
            "A root is valid at once, beside the one before: give --after with lease keys alone.");
    }
    TRY(argument_int(arguments, "after", ROTATE_AFTER_S_DEFAULT, 0, ROTATE_AFTER_S_MAX, &input.after_s,
                     fault));
    TRY(rotate_signing_key(&session->call, &input, &keys, fault));
    show_keys(session, arguments, &keys);
    return STATUS_OK;
}

static enum status run_key_revoke(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    struct signing_key_list keys;
    TRY(revoke_signing_key(&session->call, argument_text(arguments, "KEY"), &keys, fault));
    show_keys(session, arguments, &keys);
    return STATUS_OK;
}

static enum status run_key_root(struct operator_session *session, const struct arguments *arguments,
                                struct fault *fault) {
    struct signing_key_list roots;
    TRY(list_root_keys(&session->call, &roots, fault));
    static const struct column COLUMNS[] = {
        {"key", "key"}, {"base64url", "public_key"}, {"hex", "public_key_hex"}, {NULL, NULL}};
    struct json_writer writer = show_list_begin(session);
    for (size_t i = 0; i < roots.count; i++) {
        represent_root_key(&writer, NULL, &roots.items[i]);
    }
    show_list(session, arguments, show_list_end(&writer), COLUMNS);
    return STATUS_OK;
}

static enum status run_lease_issue(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct issue_offline_lease_input input;
    struct offline_lease lease;
    struct text output = argument_text(arguments, "output");
    TRY(file_read(&session->arena, argument_text(arguments, "FILE"), "FILE", REQUEST_FILE_BYTES_MAX,
                  &input.request, fault));
    TRY(issue_offline_lease(&session->call, &input, &lease, fault));
    if (output.length == 0) {
        show_bytes(text_format(&session->arena, "%.*s\n", TEXT_ARGS(lease.file)));
        return STATUS_OK;
    }
    TRY(file_write_private(&session->arena, output, "output", lease.file, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_offline_lease(&writer, NULL, &lease, false);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static const struct command COMMANDS[] = {
    {.words = "key list",
     .summary = "List the keys that sign leases, and the root keys that sign their set",
     .prints = true,
     .run = run_key_list},
    {.words = "key rotate",
     .summary = "Make the next key: shown in the set at once, it signs later",
     .options = {{.name = "after",
                  .value = "SECONDS",
                  .help = "until it signs (default: two days, when every client has fetched the set)"},
                 {.name = "root", .help = "a root key: valid at once, beside the one before"}},
     .prints = true,
     .run = run_key_rotate},
    {.words = "key revoke",
     .summary = "Take a key out of the set at once: what it signed counts no more",
     .operands = {{.name = "KEY", .presence = REQUIRED, .help = "as key list shows it"}},
     .prints = true,
     .run = run_key_revoke},
    {.words = "key root",
     .summary = "Print the root's public key, which vendors build into their products",
     .prints = true,
     .run = run_key_root},
    {.words = "lease issue",
     .summary = "Issue a lease to a machine without a network, by its request's file",
     .operands = {{.name = "FILE",
                   .presence = REQUIRED,
                   .help = "the request (\"-\": standard input)",
                   .completion = COMPLETE_FILE}},
     .options = {{.name = "output",
                  .value = "FILE",
                  .help = "where the lease goes, for you alone (default: standard output)",
                  .completion = COMPLETE_FILE}},
     .details = "The same machine again is a renewal and takes no second seat.",
     .prints = true,
     .run = run_lease_issue},
};

const struct command_group key_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
