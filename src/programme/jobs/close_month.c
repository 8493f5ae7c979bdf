#include "programme/jobs/close_month.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/jobs/claim_jobs.h"
#include "programme/parties/heartbeat.h"

#include <assert.h>

/* ---- asking ---- */

static enum status find_seller(struct call *call, struct text word, int64_t *seller_id, struct fault *fault) {
    struct account seller;
    if (word.length > 0) {
        TRY(find_account_with_right(call, word, "seller", RIGHT_BILLING, &seller, fault));
        *seller_id = seller.id;
        return STATUS_OK;
    }
    *seller_id = call->actor.account_id;
    return *seller_id == 0 ? STATUS_OK : require_right(call, *seller_id, RIGHT_BILLING, fault);
}

/* So many hours behind the month's end in UTC. */
static int64_t hours_behind_end_us(struct month month, int64_t hours) {
    return (month_first_day(month_plus(month, 1)).day * INT64_C(24) + hours) * INT64_C(3600000000);
}

/* When the month has ended in every zone, and before which in none: clocks run at most 12 hours behind UTC,
 * and 14 before it. */
static int64_t ended_everywhere_us(struct month month) {
    return hours_behind_end_us(month, 12);
}

static int64_t ends_first_us(struct month month) {
    return hours_behind_end_us(month, -14);
}

/* Before a job is made of it: nothing is changed by what is refused. */
static enum status refuse_unended(struct call *call, struct month month, struct fault *fault) {
    if (call->now_us >= ends_first_us(month)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "month-not-ended", "month", month_format(call->arena, month),
                     "This month has not ended in any time zone yet. Close it once it has.");
}

enum status close_month_check(struct call *call, const struct close_month_input *input, struct month *month,
                              int64_t *seller_id, struct fault *fault) {
    TRY(month_parse(input->month, "month", month, fault));
    TRY(require_sure_clock(call, ended_everywhere_us(*month), fault));
    return find_seller(call, input->seller, seller_id, fault);
}

static enum status resume(struct call *call, struct job *job, struct fault *fault) {
    int state = (int)job->state;
    if (job->state == JOB_PAUSED || job->state == JOB_FAILED) {
        TRY(machine_step(&job_machine, (int)job->state, "resume", &state, fault));
        job->state = (enum job_state)state;
        return job_update(call->db, job, fault);
    }
    return STATUS_OK;
}

static enum status add_job(struct call *call, struct month month, int64_t seller_id, struct job *job,
                           struct fault *fault) {
    *job = (struct job){
        .month = month,
        .seller_id = seller_id,
        .actor_kind = (int64_t)call->actor.kind,
        .actor_id = call->actor.id,
        .account_id = call->actor.account_id,
        .state = JOB_WAITING,
        .created_at_us = call->now_us,
        .fault_code = TEXT(""),
        .fault_message = TEXT(""),
    };
    return job_insert(call->db, job, fault);
}

enum status close_job_find_or_add(struct call *call, struct month month, int64_t seller_id, struct job *job,
                                  struct fault *fault) {
    bool found = false;
    TRY(job_find_unfinished(call->db, call->arena, month, seller_id, job, &found, fault));
    return found ? resume(call, job, fault) : add_job(call, month, seller_id, job, fault);
}

/* ---- what was done ---- */

static enum status tell_notes(struct call *call, const struct job_edge *row, struct close_month_edge *edge,
                              struct fault *fault) {
    struct job_note *notes = NULL;
    size_t count = 0;
    TRY(job_notes(call->db, call->arena, row->first_note_id, row->note_count, &notes, &count, fault));
    struct close_month_credit_note *told = ARENA_NEW(call->arena, struct close_month_credit_note, count);
    for (size_t i = 0; i < count; i++) {
        told[i] = (struct close_month_credit_note){.corrects = notes[i].corrects,
                                                   .gross_minor = notes[i].gross_minor};
        if (!call->dry_run) {
            told[i].invoice = identifier_text(call, IDENTIFIER_INVOICE, notes[i].id);
            told[i].number = notes[i].number;
        }
    }
    edge->credit_notes = told;
    edge->credit_note_count = count;
    return STATUS_OK;
}

static enum status tell_stuck(struct call *call, const struct job_edge *row, struct close_month_edge *edge,
                              struct fault *fault) {
    struct job_stuck *stuck = NULL;
    size_t count = 0;
    TRY(job_stuck_load(call->db, call->arena, row->job_id, row->position, &stuck, &count, fault));
    struct close_month_stuck *told = ARENA_NEW(call->arena, struct close_month_stuck, count);
    for (size_t i = 0; i < count; i++) {
        told[i] = (struct close_month_stuck){
            .charge = stuck[i].charge_id == 0 ? TEXT("")
                                              : identifier_text(call, IDENTIFIER_CHARGE, stuck[i].charge_id),
            .sku = stuck[i].sku,
            .month = stuck[i].month,
            .reason = stuck[i].reason,
        };
    }
    edge->stuck = told;
    edge->stuck_count = count;
    return STATUS_OK;
}

static enum status tell_edge(struct call *call, const struct job_edge_told *told,
                             struct close_month_edge *edge, struct fault *fault) {
    const struct job_edge *row = &told->edge;
    *edge = (struct close_month_edge){
        .seller_code = told->seller_code,
        .seller_name = told->seller_name,
        .buyer_code = told->buyer_code,
        .buyer_name = told->buyer_name,
        .tax_remark = row->tax_remark,
        .billed_elsewhere = row->billed_elsewhere,
        .has_invoice = row->invoice_id != 0,
        .gross_minor = told->gross_minor,
        .reason = row->reason,
        .message = row->message,
    };
    if (row->agreement_id != 0) {
        edge->agreement = identifier_text(call, IDENTIFIER_AGREEMENT, row->agreement_id);
        TRY(currency_find(row->currency, "currency", &edge->currency, fault));
    }
    if (edge->has_invoice && !call->dry_run) {
        edge->invoice = identifier_text(call, IDENTIFIER_INVOICE, row->invoice_id);
        edge->number = told->number;
    }
    if (row->note_count > 0) {
        TRY(tell_notes(call, row, edge, fault));
    }
    return row->stuck_count > 0 ? tell_stuck(call, row, edge, fault) : STATUS_OK;
}

enum status close_result_load(struct call *call, const struct job *job, struct close_month_result *result,
                              struct fault *fault) {
    struct job_edge_told *rows = NULL;
    size_t count = 0;
    size_t closed_count = 0;
    size_t open_count = 0;
    TRY(job_edges_told(call->db, call->arena, job->id, &rows, &count, fault));
    struct close_month_edge *closed = ARENA_NEW(call->arena, struct close_month_edge, count);
    struct close_month_edge *open = ARENA_NEW(call->arena, struct close_month_edge, count);
    for (size_t i = 0; i < count; i++) {
        bool is_closed = rows[i].edge.is_closed;
        struct close_month_edge *edge = is_closed ? &closed[closed_count++] : &open[open_count++];
        TRY(tell_edge(call, &rows[i], edge, fault));
    }
    *result = (struct close_month_result){
        .month = job->month,
        .dry_run = call->dry_run,
        .closed = closed,
        .closed_count = closed_count,
        .open = open,
        .open_count = open_count,
        .already_closed = job->already_closed,
        .invoice_count = job->invoice_count,
        .line_count = job->line_count,
        .reports_approved = job->reports_approved,
    };
    return STATUS_OK;
}

/* ---- closing ---- */

struct closed_by_job {
    int64_t job_id;
    int64_t seller_id;
    struct month month;
    struct close_month_result *result;
};

static enum status load_result_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct closed_by_job *closed = output;
    struct job job = {0};
    bool found = false;
    (void)input;
    TRY(job_load(call->db, call->arena, closed->job_id, &job, &found, fault));
    assert(found);
    return close_result_load(call, &job, closed->result, fault);
}

static enum status check_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct closed_by_job *closed = output;
    return close_month_check(call, input, &closed->month, &closed->seller_id, fault);
}

static enum status find_or_add_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct closed_by_job *closed = output;
    struct job job = {0};
    (void)input;
    TRY(close_job_find_or_add(call, closed->month, closed->seller_id, &job, fault));
    closed->job_id = job.id;
    return STATUS_OK;
}

/* All in the one transaction that runs. */
static enum status close_within_body(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    struct closed_by_job *closed = output;
    struct job job = {0};
    TRY(check_body(call, input, closed, fault));
    TRY(add_job(call, closed->month, closed->seller_id, &job, fault));
    closed->job_id = job.id;
    TRY(run_close(call, job.id, NULL, fault));
    return load_result_body(call, NULL, closed, fault);
}

static enum status close_claimed(struct call *call, const struct job_watch *watch,
                                 struct closed_by_job *closed, struct fault *fault) {
    TRY(tidy_jobs(call, fault));
    TRY(call_run(call, DB_WRITE, find_or_add_body, NULL, closed, fault));
    TRY(run_close(call, closed->job_id, watch, fault));
    return call_run(call, DB_READ, load_result_body, NULL, closed, fault);
}

enum status close_month_watched(struct call *call, const struct close_month_input *input,
                                const struct job_watch *watch, struct close_month_result *result,
                                struct fault *fault) {
    struct close_month_result made = {0};
    struct closed_by_job closed = {.result = &made};
    struct jobs_claim claim;
    if (call->dry_run || call->depth > 0) {
        TRY(call_run(call, DB_WRITE, close_within_body, input, &closed, fault));
        *result = made;
        return STATUS_OK;
    }
    TRY(call_run(call, DB_READ, check_body, input, &closed, fault));
    TRY(refuse_unended(call, closed.month, fault));
    TRY(await_jobs(call, &claim, fault));
    enum status status = close_claimed(call, watch, &closed, fault);
    release_jobs(&claim);
    if (status == STATUS_OK) {
        *result = made;
    }
    return status;
}

enum status close_month(struct call *call, const struct close_month_input *input,
                        struct close_month_result *result, struct fault *fault) {
    return close_month_watched(call, input, NULL, result, fault);
}
