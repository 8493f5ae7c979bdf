#include "programme/jobs/jobs.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup.h"
#include "programme/jobs/claim_jobs.h"
#include "store/parties/accounts.h"

#include <string.h>

/* ---- finding and showing ---- */

static const struct lookup_noun NOUN = {.noun = "job",
                                        .named_by = "its identifier (job_…)",
                                        .unknown_code = "unknown-job",
                                        .ambiguous_code = "unknown-job",
                                        .ambiguous_status = STATUS_NOT_FOUND};

static bool may_see(const struct call *call, const struct job *job) {
    return actor_is_operator(call) || (job->seller_id != 0 && actor_is(call, job->seller_id));
}

static enum status find_job(struct call *call, struct text word, struct job *job, struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    TRY(lookup_require_word(&NOUN, word, "job", fault));
    if (identifier_decode(call->secret, IDENTIFIER_JOB, text_trim(word), &id)) {
        TRY(job_load(call->db, call->arena, id, job, &found, fault));
    }
    return lookup_require_found(&NOUN, word, "job", found && may_see(call, job), fault);
}

static enum status view_job(struct call *call, const struct job *job, struct job_view *view,
                            struct fault *fault) {
    struct account seller = {.code = TEXT("")};
    if (job->seller_id != 0) {
        TRY(account_load(call->db, call->arena, job->seller_id, &seller, fault));
    }
    *view = (struct job_view){
        .seller = job->seller_id == 0 ? TEXT("") : identifier_text(call, IDENTIFIER_ACCOUNT, job->seller_id),
        .identifier = identifier_text(call, IDENTIFIER_JOB, job->id),
        .month = job->month,
        .seller_code = seller.code,
        .state = text_of(machine_state_name(&job_machine, (int)job->state)),
        .edges_done = job->edges_done,
        .edges_total = job->edges_total,
        .invoice_count = job->invoice_count,
        .line_count = job->line_count,
        .created_at_us = job->created_at_us,
        .started_at_us = job->started_at_us,
        .ended_at_us = job->ended_at_us,
        .fault_code = job->fault_code,
        .fault_message = job->fault_message,
    };
    return STATUS_OK;
}

static enum status show_job_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct job_view *view = output;
    struct job job = {0};
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_job(call, *(const struct text *)input, &job, fault));
    TRY(view_job(call, &job, view, fault));
    view->has_result = true;
    return close_result_load(call, &job, &view->result, fault);
}

enum status show_job(struct call *call, struct text job, struct job_view *out, struct fault *fault) {
    struct job_view made;
    TRY(call_run(call, DB_READ, show_job_body, &job, &made, fault));
    *out = made;
    return STATUS_OK;
}

static enum status list_jobs_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct job_page *page = output;
    struct job *jobs = NULL;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(job_list(call->db, call->arena, actor_viewer_id(call), *(const struct page *)input, &jobs,
                 &page->count, &page->next_after, fault));
    page->items = ARENA_NEW(call->arena, struct job_view, page->count);
    for (size_t i = 0; i < page->count; i++) {
        TRY(view_job(call, &jobs[i], &page->items[i], fault));
    }
    return STATUS_OK;
}

enum status list_jobs(struct call *call, struct page where, struct job_page *out, struct fault *fault) {
    struct job_page made = {0};
    TRY(call_run(call, DB_READ, list_jobs_body, &where, &made, fault));
    *out = made;
    return STATUS_OK;
}

/* ---- asking, pausing, resuming ---- */

static enum status audit_job(struct call *call, const char *action, const struct job *job,
                             struct fault *fault) {
    return audit_write(
        call, action, identifier_text(call, IDENTIFIER_JOB, job->id), job->seller_id,
        text_format(call->arena, "close of %.*s", TEXT_ARGS(month_format(call->arena, job->month))), fault);
}

static enum status ask_to_close_body(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    struct month month = {0};
    int64_t seller_id = 0;
    struct job job = {0};
    TRY(close_month_check(call, input, &month, &seller_id, fault));
    TRY(close_job_find_or_add(call, month, seller_id, &job, fault));
    TRY(audit_job(call, "job.ask", &job, fault));
    return view_job(call, &job, output, fault);
}

enum status ask_to_close(struct call *call, const struct close_month_input *input, struct job_view *out,
                         struct fault *fault) {
    struct job_view made;
    TRY(call_run(call, DB_WRITE, ask_to_close_body, input, &made, fault));
    *out = made;
    return STATUS_OK;
}

struct change_of_job {
    struct text job;
    const char *event;
    const char *action;
};

static enum status change_job_body(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct change_of_job *change = input;
    struct job job = {0};
    int state = 0;
    TRY(find_job(call, change->job, &job, fault));
    TRY(require_any_right(call, RIGHT_BILLING, fault));
    TRY(machine_step(&job_machine, (int)job.state, change->event, &state, fault));
    job.state = (enum job_state)state;
    TRY(job_update(call->db, &job, fault));
    TRY(audit_job(call, change->action, &job, fault));
    return view_job(call, &job, output, fault);
}

/* Whoever runs the job sees that it is paused and lets go of its months. Where its process was killed, nobody
 * does, and the claim is free: then it is done here. */
static enum status let_go_of_killed(struct call *call, struct fault *fault) {
    struct jobs_claim claim;
    TRY(claim_jobs(call, &claim, fault));
    if (claim.db == NULL) {
        return STATUS_OK;
    }
    enum status status = tidy_jobs(call, fault);
    release_jobs(&claim);
    return status;
}

enum status pause_job(struct call *call, struct text job, struct job_view *out, struct fault *fault) {
    struct change_of_job change = {job, "pause", "job.pause"};
    struct job_view made;
    TRY(call_run(call, DB_WRITE, change_job_body, &change, &made, fault));
    TRY(let_go_of_killed(call, fault));
    *out = made;
    return STATUS_OK;
}

enum status resume_job(struct call *call, struct text job, struct job_view *out, struct fault *fault) {
    struct change_of_job change = {job, "resume", "job.resume"};
    struct job_view made;
    TRY(call_run(call, DB_WRITE, change_job_body, &change, &made, fault));
    *out = made;
    return STATUS_OK;
}

/* ---- running ---- */

struct next_job {
    struct job job;
    bool found;
};

static enum status find_next_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct next_job *next = output;
    (void)input;
    return job_find_next(call->db, call->arena, &next->job, &next->found, fault);
}

/* It was paused, or taken up elsewhere: no fault of whoever runs jobs. A fault of the job is in its row. */
static bool is_jobs_own(const struct fault *fault) {
    return strcmp(fault->code, "job-paused") == 0 || strcmp(fault->code, "job-taken") == 0;
}

/* As whoever asked for it; that it may was seen when it was asked for. */
static enum status run_as_asker(struct call *call, const struct job *job, const struct job_watch *watch,
                                struct fault *fault) {
    struct actor actor = call->actor;
    call->actor = (struct actor){.kind = (enum actor_kind)job->actor_kind,
                                 .id = job->actor_id,
                                 .account_id = job->account_id,
                                 .rights = RIGHT_ALL};
    enum status status = run_close(call, job->id, watch, fault);
    call->actor = actor;
    return status;
}

static enum status run_next_claimed(struct call *call, const struct job_watch *watch, bool *ran,
                                    struct fault *fault) {
    struct next_job next = {0};
    TRY(tidy_jobs(call, fault));
    TRY(call_run(call, DB_READ, find_next_body, NULL, &next, fault));
    *ran = next.found;
    if (!next.found) {
        return STATUS_OK;
    }
    enum status status = run_as_asker(call, &next.job, watch, fault);
    return status != STATUS_OK && is_jobs_own(fault) ? STATUS_OK : status;
}

enum status run_next_job(struct call *call, const struct job_watch *watch, bool *ran, struct fault *fault) {
    struct next_job next = {0};
    struct jobs_claim claim;
    *ran = false;
    TRY(call_run(call, DB_READ, find_next_body, NULL, &next, fault));
    if (!next.found) {
        return STATUS_OK;
    }
    TRY(claim_jobs(call, &claim, fault));
    if (claim.db == NULL) {
        return STATUS_OK;
    }
    enum status status = run_next_claimed(call, watch, ran, fault);
    release_jobs(&claim);
    return status;
}

static enum status find_to_run_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct job *job = output;
    int state = 0;
    TRY(find_job(call, *(const struct text *)input, job, fault));
    TRY(require_any_right(call, RIGHT_BILLING, fault));
    if (job->state == JOB_PAUSED || job->state == JOB_FAILED) {
        TRY(machine_step(&job_machine, (int)job->state, "resume", &state, fault));
        job->state = (enum job_state)state;
        TRY(job_update(call->db, job, fault));
        return audit_job(call, "job.resume", job, fault);
    }
    return machine_step(&job_machine, (int)job->state, "start", &state, fault);
}

enum status run_job(struct call *call, struct text word, const struct job_watch *watch, struct job_view *out,
                    struct fault *fault) {
    struct job job = {0};
    struct jobs_claim claim;
    TRY(await_jobs(call, &claim, fault));
    enum status status = tidy_jobs(call, fault);
    if (status == STATUS_OK) {
        status = call_run(call, DB_WRITE, find_to_run_body, &word, &job, fault);
    }
    if (status == STATUS_OK) {
        status = run_as_asker(call, &job, watch, fault);
    }
    release_jobs(&claim);
    return status == STATUS_OK ? show_job(call, word, out, fault) : status;
}
