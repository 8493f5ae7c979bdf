/* Devices: who has activated what, giving one back, the lease terms of SKUs, and deployment. */
#include "cli/group.h"
#include "cli/show.h"
#include "core/time/duration.h"
#include "programme/devices/release_device.h"
#include "json/represent.h"

#include <stdio.h>

static enum status run_device_list(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct list_devices_input input = {.licence = argument_text(arguments, "licence"),
                                       .customer = argument_text(arguments, "customer"),
                                       .provider = argument_text(arguments, "provider"),
                                       .state = argument_text(arguments, "state"),
                                       .clones = argument_given(arguments, "clones"),
                                       .idle = argument_given(arguments, "idle"),
                                       .unlicensed = argument_given(arguments, "unlicensed"),
                                       .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {{"device", "id"},
                                            {"customer", "customer.code"},
                                            {"SKU", "sku.code"},
                                            {"name", "name"},
                                            {"version", "version"},
                                            {"state", "state"},
                                            {"seat", "seat"},
                                            {"code", "code"},
                                            {"seen", "seen_at"},
                                            {"clones", "clones"},
                                            {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct device_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_devices(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_device(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

static enum status run_device_show(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct device_view device;
    TRY(show_device(&session->call, argument_text(arguments, "DEVICE"), &device, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_device(&writer, NULL, &device);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_device_release(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct release_device_input input = {.device = argument_text(arguments, "DEVICE")};
    struct released_device released;
    TRY(release_device(&session->call, &input, &released, fault));
    struct json_writer writer = {.arena = &session->arena};
    json_write_open(&writer, NULL);
    json_write_text(&writer, "id", released.device);
    json_write_instant(&writer, "seat_until", released.seat_until_s * 1000000);
    json_write_close(&writer);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

/* `*given` points to `storage` where the option was given. */
static enum status read_span(const struct arguments *arguments, const char *name, int64_t *storage,
                             const int64_t **given, struct fault *fault) {
    if (!argument_given(arguments, name)) {
        return STATUS_OK;
    }
    *given = storage;
    return duration_parse(argument_text(arguments, name), name, storage, fault);
}

/* A person reads 24h, a program seconds. */
static void show_terms(struct operator_session *session, const struct arguments *arguments,
                       const struct lease_terms_view *view) {
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_lease_terms(&writer, NULL, view);
        show_json(json_written(&writer));
        return;
    }
    const struct {
        const char *name;
        int32_t seconds;
    } rows[] = {{"ttl", view->terms.ttl_s},
                {"grace", view->terms.grace_s},
                {"offline-ttl", view->terms.offline_ttl_s},
                {"silent", view->terms.silent_s}};
    printf("%.*s%s\n", TEXT_ARGS(view->sku_code), view->is_default ? ", where nobody has set any:" : "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        printf("%-11s  %s\n", rows[i].name, duration_format(&session->arena, rows[i].seconds).at);
    }
}

static enum status run_sku_terms(struct operator_session *session, const struct arguments *arguments,
                                 struct fault *fault) {
    struct set_lease_terms_input input = {.sku = argument_text(arguments, "SKU")};
    int64_t ttl_s = 0;
    int64_t grace_s = 0;
    int64_t offline_ttl_s = 0;
    int64_t silent_s = 0;
    struct lease_terms_view terms;
    TRY(read_span(arguments, "ttl", &ttl_s, &input.ttl_s, fault));
    TRY(read_span(arguments, "grace", &grace_s, &input.grace_s, fault));
    TRY(read_span(arguments, "offline-ttl", &offline_ttl_s, &input.offline_ttl_s, fault));
    TRY(read_span(arguments, "silent", &silent_s, &input.silent_s, fault));
    bool sets =
        input.ttl_s != NULL || input.grace_s != NULL || input.offline_ttl_s != NULL || input.silent_s != NULL;
    TRY(sets ? set_lease_terms(&session->call, &input, &terms, fault)
             : show_lease_terms(&session->call, input.sku, &terms, fault));
    show_terms(session, arguments, &terms);
    return STATUS_OK;
}

static enum status run_licence_snippet(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct write_snippets_input input = {.licence = argument_text(arguments, "LICENCE"),
                                         .customer = argument_text(arguments, "customer"),
                                         .platform = argument_text(arguments, "platform"),
                                         .server = argument_text(arguments, "server"),
                                         .agent = argument_text(arguments, "agent"),
                                         .agent_sha256 = argument_text(arguments, "agent-sha256")};
    struct snippet_list list;
    TRY(write_snippets(&session->call, &input, &list, fault));
    if (!arguments->json) {
        for (size_t i = 0; i < list.count; i++) {
            printf("%.*s\n", TEXT_ARGS(list.items[i].command));
        }
        return STATUS_OK;
    }
    struct json_writer writer = show_list_begin(session);
    for (size_t i = 0; i < list.count; i++) {
        represent_snippet(&writer, NULL, &list.items[i]);
    }
    show_json(show_list_end(&writer));
    return STATUS_OK;
}

#define DEVICE_OPERAND                                                                                       \
    {                                                                                                        \
        { .name = "DEVICE", .presence = REQUIRED, .help = "dev_…" }                                          \
    }

static const struct command COMMANDS[] = {
    {.words = "device list",
     .summary = "List devices: machines that are activated under a licence",
     .options = {{.name = "licence", .value = "L", .help = "of this licence"},
                 {.name = "customer", .value = "C", .help = "of this customer"},
                 {.name = "provider", .value = "P", .help = "of this provider's licences"},
                 {.name = "state",
                  .value = "STATE",
                  .help = "active, released or dropped",
                  .completion = COMPLETE_WORDS,
                  .words = "active released dropped"},
                 {.name = "clones", .help = "only those of which another copy was seen"},
                 {.name = "idle", .help = "only active ones whose lease has ended"},
                 {.name = "unlicensed", .help = "only those that were told to stop in this month (UTC)"}},
     .prints = true,
     .run = run_device_list},
    {.words = "device show",
     .summary = "Show a device: what it told, its seat and lease, and what it would be told now",
     .operands = DEVICE_OPERAND,
     .prints = true,
     .run = run_device_show},
    {.words = "device release",
     .summary = "Give a device back; its seat is free once its last lease has ended",
     .operands = DEVICE_OPERAND,
     .prints = true,
     .run = run_device_release},
    {.words = "sku terms",
     .summary = "Show or set the lease terms of a SKU",
     .operands = {{.name = "SKU", .presence = REQUIRED, .help = "the SKU"}},
     .options = {{.name = "ttl", .value = "SPAN", .help = "how long a lease lets a device work (24h)"},
                 {.name = "grace", .value = "SPAN", .help = "and for how long it warns after that (0)"},
                 {.name = "offline-ttl", .value = "SPAN", .help = "the same of a lease by a file (30d)"},
                 {.name = "silent",
                  .value = "SPAN",
                  .help = "how long after its lease a silent device keeps its seat (30d)"}},
     .details = "SPAN is a whole number with s, m, h or d behind it. A device checks in after half the time "
                "to live.\nA bundle promises no longer than its parts do; where a part's terms become "
                "shorter, so do the bundle's.",
     .prints = true,
     .run = run_sku_terms},
    {.words = "licence snippet",
     .summary = "Print the lines that activate a licence from a remote management tool",
     .operands = {{.name = "LICENCE", .help = "a licence key or lic_…"}},
     .options = {{.name = "customer", .value = "C", .help = "all licences of this customer instead"},
                 {.name = "server",
                  .value = "URL",
                  .presence = REQUIRED,
                  .help = "where devices reach the device door"},
                 {.name = "platform",
                  .value = "PLATFORM",
                  .help = "linux (for sh) or windows (for PowerShell); default: both",
                  .completion = COMPLETE_WORDS,
                  .words = "linux windows"},
                 {.name = "agent",
                  .value = "URL",
                  .help = "where a machine with Windows gets seatmeter-agent.exe from"},
                 {.name = "agent-sha256", .value = "HASH", .help = "that file's SHA-256"}},
     .details =
         "The lines hold the licence key: whoever has it can take a seat. They need seatmeter-agent on "
         "the machine; with --agent, the line for PowerShell fetches it, and starts it only if its hash is "
         "right.",
     .prints = true,
     .run = run_licence_snippet},
};

const struct command_group device_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
