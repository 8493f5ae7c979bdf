/* Jobs: closes that run in the background, were paused or were killed. */
#include "programme/jobs/jobs.h"
#include "cli/group.h"
#include "cli/interrupt.h"
#include "cli/show.h"
#include "machine/clock.h"
#include "json/represent.h"

static void show_job_view(struct operator_session *session, const struct arguments *arguments,
                          const struct job_view *job) {
    struct json_writer writer = {.arena = &session->arena};
    represent_job(&writer, NULL, job);
    show_record(session, arguments, json_written(&writer));
}

static enum status run_job_show(struct operator_session *session, const struct arguments *arguments,
                                struct fault *fault) {
    struct job_view job;
    TRY(show_job(&session->call, argument_text(arguments, "JOB"), &job, fault));
    show_job_view(session, arguments, &job);
    return STATUS_OK;
}

static enum status run_job_pause(struct operator_session *session, const struct arguments *arguments,
                                 struct fault *fault) {
    struct job_view job;
    TRY(pause_job(&session->call, argument_text(arguments, "JOB"), &job, fault));
    show_job_view(session, arguments, &job);
    return STATUS_OK;
}

static enum status run_job_resume(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    const struct job_watch watch = {.wants_pause = interrupt_came, .now_us = machine_now_us};
    struct job_view job;
    interrupt_listen();
    TRY(run_job(&session->call, argument_text(arguments, "JOB"), &watch, &job, fault));
    show_job_view(session, arguments, &job);
    return STATUS_OK;
}

static enum status run_job_list(struct operator_session *session, const struct arguments *arguments,
                                struct fault *fault) {
    struct page where = {.limit = PAGE_LIMIT_MAX};
    struct json_writer writer = show_list_begin(session);
    struct job_page page;
    do {
        TRY(list_jobs(&session->call, where, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_job(&writer, NULL, &page.items[i]);
        }
        where.after_id = page.next_after;
    } while (page.next_after != 0);
    static const struct column COLUMNS[] = {
        {"job", "id"},           {"month", "month"},    {"seller", "seller.code"}, {"state", "state"},
        {"edges", "edges_done"}, {"of", "edges_total"}, {"invoices", "invoices"},  {NULL, NULL}};
    show_list(session, arguments, show_list_end(&writer), COLUMNS);
    return STATUS_OK;
}

#define JOB_OPERAND                                                                                          \
    {                                                                                                        \
        { .name = "JOB", .presence = REQUIRED, .help = "job_…" }                                             \
    }

static const struct command COMMANDS[] = {
    {.words = "job list",
     .summary = "List jobs: closes, and how far each has come",
     .prints = true,
     .run = run_job_list},
    {.words = "job show",
     .summary = "Show a job, and what it has closed until now",
     .operands = JOB_OPERAND,
     .prints = true,
     .run = run_job_show},
    {.words = "job pause",
     .summary = "Pause a job: what it has closed is closed, and the rest takes changes again",
     .operands = JOB_OPERAND,
     .prints = true,
     .run = run_job_pause},
    {.words = "job resume",
     .summary = "Go on with a job that was paused, killed or failed, and wait for its end",
     .operands = JOB_OPERAND,
     .details = "Ctrl-C pauses it. A job that a service runs is left to it.",
     .prints = true,
     .run = run_job_resume},
};

const struct command_group job_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
