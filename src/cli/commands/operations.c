/* Running the programme's machine: serving, auditing, backing up, upgrading, simulating. */
#include "cli/commands/serve.h"
#include "cli/group.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "core/licence/decision.h"
#include "core/usage/state_machines.h"
#include "device/door.h"
#include "machine/clock.h"
#include "programme/audit/audit_store.h"
#include "programme/audit/restore_store.h"
#include "programme/billing/keep_months.h"
#include "programme/delivery/update_repository.h"
#include "programme/parties/heartbeat.h"
#include "programme/simulation/simulate.h"
#include "programme/usage/keep_usage.h"
#include "store/upkeep/backup.h"
#include "web/server.h"
#include "json/represent.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static enum status run_check(struct operator_session *session, const struct arguments *arguments,
                             struct fault *fault) {
    struct audit_store_result result;
    if (argument_given(arguments, "rebuild-usage")) {
        TRY(rebuild_usage(&session->call, fault));
    }
    TRY(audit_store(&session->call, &result, fault));
    progress_end();
    session->exit_code = result.violation_total == 0 ? 0 : 1;
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_check(&writer, NULL, &result);
        show_json(json_written(&writer));
        return STATUS_OK;
    }
    for (size_t i = 0; i < result.count; i++) {
        show_line(stdout, "%.*s  %.*s: %.*s\n", TEXT_ARGS(result.violations[i].rule),
                  TEXT_ARGS(result.violations[i].subject), TEXT_ARGS(result.violations[i].message));
    }
    printf("checked %" PRId64 " events, %" PRId64 " licences, %" PRId64 " invoices with %" PRId64
           " lines, %" PRId64 " postings: %" PRId64 " violations\n",
           result.events_checked, result.licences_checked, result.invoices_checked, result.lines_checked,
           result.postings_checked, result.violation_total);
    return STATUS_OK;
}

static enum status run_clock_accept(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct accepted_clock accepted;
    TRY(accept_clock(&session->call, &accepted, fault));
    struct json_writer writer = {.arena = &session->arena};
    json_write_open(&writer, NULL);
    json_write_instant(&writer, "now", accepted.now_us);
    json_write_instant(&writer, "heartbeat_before", accepted.before_us);
    json_write_close(&writer);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static double seconds_now(void) {
    return (double)machine_monotonic_us() / 1e6;
}

static enum status run_simulate(struct operator_session *session, const struct arguments *arguments,
                                struct fault *fault) {
    struct simulate_input input = {.from = argument_text(arguments, "from"),
                                   .until_now = argument_given(arguments, "until-now"),
                                   .no_close = argument_given(arguments, "no-close"),
                                   .rich = argument_given(arguments, "rich")};
    struct {
        const char *name;
        int64_t otherwise;
        int64_t *value;
    } numbers[] = {{"providers", 10, &input.providers},
                   {"customers", 100, &input.customers},
                   {"licences", 1000, &input.licences},
                   {"months", 3, &input.months}};
    int64_t seed = 0;
    TRY(argument_int(arguments, "seed", 1, 0, INT64_MAX, &seed, fault));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        TRY(argument_int(arguments, numbers[i].name, numbers[i].otherwise, 0, SIMULATE_LICENCES_MAX,
                         numbers[i].value, fault));
    }
    input.seed = (uint64_t)seed;
    struct simulate_result result;
    double began = seconds_now();
    TRY(simulate(&session->call, &input, &result, fault));
    progress_end();
    double seconds = seconds_now() - began;
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        json_write_open(&writer, NULL);
        json_write_int(&writer, "seed", seed);
        json_write_int(&writer, "accounts", result.accounts);
        json_write_int(&writer, "skus", result.skus);
        json_write_int(&writer, "licences", result.licences);
        json_write_int(&writer, "events", result.events);
        json_write_int(&writer, "months_closed", result.months_closed);
        json_write_int(&writer, "invoices", result.invoices);
        json_write_int(&writer, "lines", result.lines);
        json_write_close(&writer);
        show_json(json_written(&writer));
        return STATUS_OK;
    }
    printf("seed %" PRId64 ": %" PRId64 " accounts, %" PRId64 " SKUs, %" PRId64 " licences, %" PRId64
           " events, %" PRId64 " months closed, %" PRId64 " invoices with %" PRId64 " lines\n",
           seed, result.accounts, result.skus, result.licences, result.events, result.months_closed,
           result.invoices, result.lines);
    fprintf(stderr, "%.1f s, %.0f events per second\n", seconds, (double)result.events / seconds);
    return STATUS_OK;
}

static void print_backup(const char *what, const struct backup_summary *summary) {
    printf("%s %" PRId64 " rows of %" PRId64 " tables, %" PRId64 " bytes\n", what, summary->rows,
           summary->tables, summary->bytes);
}

static enum status run_backup(struct operator_session *session, const struct arguments *arguments,
                              struct fault *fault) {
    struct backup_summary summary;
    TRY(backup_write(session->db, argument_text(arguments, "FILE"), session->secret, session->call.now_us,
                     &summary, fault));
    print_backup("backed up", &summary);
    return STATUS_OK;
}

/* Restores into a store that may not exist yet. The secret is not part of a backup, and must be the one that
 * the programme was made with: the backup is sealed with it, so it is asked for first. */
static enum status run_restore(struct operator_session *session, const struct arguments *arguments,
                               struct fault *fault) {
    const struct restore_store_input input = {
        .path = argument_text(arguments, "FILE"),
        .take_older = argument_given(arguments, "older"),
        .take_unsound = argument_given(arguments, "unsound"),
    };
    struct backup_summary summary;
    TRY(operator_load_secret(session, arguments->db, fault));
    const struct backup_source source = {input.path, session->secret, input.take_older};
    TRY(backup_verify(&source, NULL, fault));
    TRY(operator_open_for_restore(session, arguments->db, fault));
    TRY(restore_store(&session->call, &input, &summary, fault));
    progress_end();
    /* Clients have seen later versions of the update repository: it goes on above them. */
    TRY(renew_updates(&session->call, &(struct renew_updates_input){.all = true}, NULL, fault));
    print_backup("restored", &summary);
    return STATUS_OK;
}

static enum status run_upgrade(struct operator_session *session, const struct arguments *arguments,
                               struct fault *fault) {
    TRY(db_open(arguments->db, &session->db, fault));
    TRY(db_migrate(session->db, fault));
    operator_make_call(session);
    TRY(keep_months_of_before(&session->call, fault));
    TRY(keep_usage_of_before(&session->call, fault));
    printf("the store is up to date\n");
    return STATUS_OK;
}

static enum status run_states(struct operator_session *session, const struct arguments *arguments,
                              struct fault *fault) {
    (void)arguments;
    (void)fault;
    show_bytes(states_print_markdown(&session->arena, state_machines, STATE_MACHINE_COUNT));
    return STATUS_OK;
}

static enum status run_codes(struct operator_session *session, const struct arguments *arguments,
                             struct fault *fault) {
    (void)arguments;
    (void)fault;
    show_bytes(lease_codes_print_markdown(&session->arena));
    return STATUS_OK;
}

static const struct command COMMANDS[] = {
    {.words = "serve",
     .summary = "Serve the programme's API and its devices",
     .options = {{.name = "control",
                  .value = "ADDR",
                  .help = "where people and their systems come in (default: " WEB_ADDRESS_DEFAULT ")"},
                 {.name = "device",
                  .value = "ADDR",
                  .help = "where devices come in, or none (default: " DEVICE_ADDRESS_DEFAULT ")"},
                 {.name = "workers", .value = "N", .help = "connections to the store (default: 4)"},
                 {.name = "behind-https", .help = "a proxy in front speaks TLS: cookies are marked Secure"},
                 {.name = "trust-forwarded", .help = "take a client's address from X-Forwarded-For"}},
     .details =
         "ADDR is HOST:PORT, PORT (on 127.0.0.1), [IPv6]:PORT or unix:PATH. /metrics is open to this "
         "machine,\n"
         "and elsewhere to whoever has the token in SEATMETER_METRICS_TOKEN. Stops on SIGTERM when the\n"
         "requests under way are answered.",
     .run = run_serve},
    {.words = "check",
     .summary = "Audit the whole store; exit 1 and a list on any violation",
     .options = {{.name = "rebuild-usage",
                  .help = "first make what months are metered from again, out of the log"}},
     .details = "The log without gaps, states that follow from events, seats within blocks, every invoice "
                "rated again\n"
                "to the same cent, ledger sums of zero, nothing billed twice. With --rebuild-usage it "
                "writes: use it where\n"
                "a finding names it, or after new time zone data moved a month that has begun.",
     .prints = true,
     .run = run_check},
    {.words = "clock accept",
     .summary = "Say that this machine's clock is right, where changes are refused as clock-wrong",
     .details =
         "The service keeps the latest time that its clock has shown. Where the clock stands more than "
         "a minute\n"
         "behind that, no change is taken. A clock that ran ahead and was set right needs this once, "
         "or a start of\n"
         "`seatmeter serve` while the system calls the clock synchronised.",
     .prints = true,
     .run = run_clock_accept},
    {.words = "simulate",
     .summary = "Set up and live through a seeded programme in an empty store",
     .options = {{.name = "seed",
                  .value = "N",
                  .help = "the same seed gives the same programme (default: 1)"},
                 {.name = "providers", .value = "N", .help = "(default: 10)"},
                 {.name = "customers", .value = "N", .help = "(default: 100)"},
                 {.name = "licences", .value = "N", .help = "(default: 1000)"},
                 {.name = "months", .value = "N", .help = "(default: 3)"},
                 {.name = "from", .value = "MONTH", .help = "the first month (default: 2026-01)"},
                 {.name = "no-close", .help = "leave the last month reported but open"},
                 {.name = "until-now", .help = "the last month is the one that runs now"},
                 {.name = "rich",
                  .help = "also several zones and currencies, bundles, terms, adjustments, corrections, "
                          "amendments, moves and late changes"}},
     .store = STORE_CREATE,
     .prints = true,
     .run = run_simulate},
    {.words = "backup",
     .summary = "Write the whole store into one file",
     .operands =
         {{.name = "FILE", .presence = REQUIRED, .help = "must not exist yet", .completion = COMPLETE_FILE}},
     .details = "It is encrypted and sealed with the programme's secret. The secret is not in it: keep it "
                "apart.\nOthers may read and write meanwhile.",
     .run = run_backup},
    {.words = "restore",
     .summary = "Restore a backup into an empty store of either engine",
     .operands = {{.name = "FILE", .presence = REQUIRED, .help = "a backup", .completion = COMPLETE_FILE}},
     .options = {{.name = "older", .help = "take a backup of an older version too, even an unsealed one"},
                 {.name = "unsound", .help = "take rows that `seatmeter check` objects to, to look at them"}},
     .details = "The programme's secret must be in its place first: PATH.secret, or where "
                "SEATMETER_SECRET_FILE says.\nA backup of another programme, or one that was altered, is "
                "refused.",
     .store = STORE_UNOPENED,
     .run = run_restore},
    {.words = "upgrade",
     .summary = "Bring a store of an older version to this one's schema",
     .store = STORE_UNOPENED,
     .run = run_upgrade},
    {.words = "states",
     .summary = "Print the state machines as Markdown",
     .store = STORE_NONE,
     .run = run_states},
    {.words = "codes",
     .summary = "Print the codes of the device protocol as Markdown",
     .store = STORE_NONE,
     .run = run_codes},
};

const struct command_group operation_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
