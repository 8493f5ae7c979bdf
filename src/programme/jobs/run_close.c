#include "programme/jobs/run_close.h"

#include "programme/billing/close_edges.h"
#include "programme/billing/corrections.h"
#include "programme/billing/issue_documents.h"
#include "programme/call/authorise.h"
#include "programme/call/tax_parties.h"
#include "programme/jobs/billing_ahead.h"
#include "programme/usage/decide_report.h"
#include "store/billing/invoices.h"
#include "store/billing/months.h"

#include <assert.h>
#include <string.h>
#include <time.h>

/* In one transaction. */
enum { FREEZE_EDGES = 512, THAW_EDGES = 512, TAKE_BACK_LINES = 8192 };

struct close_run {
    struct call *call;
    const struct job_watch *watch;
    struct closing_limits limits;
    struct job job;
    struct job saved; /* as its row stands */
    struct closing closing;
    struct billing_ahead ahead;
    bool is_alone;          /* its transactions are its own */
    int64_t position;       /* of the last edge in the job's list */
    int64_t closed_before;  /* edges that this job had closed when it was taken up */
    int64_t closed_already; /* edges that were found closed */
    bool has_ended;         /* the month, on any edge */
    bool has_open;
};

/* ---- one transaction ---- */

static enum status job_is_gone(struct fault *fault) {
    return fault_set(fault, STATUS_INTERNAL, "database-failed", "job", TEXT(""),
                     "The job's row is not in the store any more.");
}

/* Whether the job is still this run's. */
static enum status check_hold(struct close_run *run, struct fault *fault) {
    struct call *call = run->call;
    struct job now;
    bool found = false;
    TRY(job_load(call->db, call->arena, run->job.id, &now, &found, fault));
    if (!found) {
        return job_is_gone(fault);
    }
    if (now.runs == run->job.runs && now.state == JOB_PAUSED) {
        return fault_set(fault, STATUS_CONFLICT, "job-paused", "job",
                         identifier_text(call, IDENTIFIER_JOB, now.id),
                         "The close of %.*s was paused. What it has closed is closed. The next close of the "
                         "month, or resuming the job, closes the rest.",
                         TEXT_ARGS(month_format(call->arena, now.month)));
    }
    if (now.runs != run->job.runs || now.state != JOB_RUNNING) {
        return fault_set(fault, STATUS_CONFLICT, "job-taken", "job",
                         identifier_text(call, IDENTIFIER_JOB, now.id),
                         "Somebody else has taken this job up.");
    }
    return STATUS_OK;
}

/* Every transaction of the run begins so. */
static enum status begin_step(struct close_run *run, struct fault *fault) {
    struct call *call = run->call;
    if (run->watch != NULL && run->watch->now_us != NULL) {
        call->now_us = run->watch->now_us();
    }
    TRY(call_begin(call, DB_WRITE, fault));
    enum status status = check_hold(run, fault);
    return status == STATUS_OK ? STATUS_OK : call_end(call, status, fault);
}

/* On SQLite who waits looks for the lock each millisecond: it must find it free now and then. */
static void let_others_in(const struct call *call) {
    static const struct timespec PAUSE = {.tv_nsec = 3000000};
    if (db_engine(call->db) == DB_SQLITE) {
        nanosleep(&PAUSE, NULL);
    }
}

/* Saves the job's row and ends the transaction; where something failed the job stands as before. */
static enum status end_step(struct close_run *run, enum status status, struct fault *fault) {
    struct call *call = run->call;
    if (status == STATUS_OK) {
        status = job_update(call->db, &run->job, fault);
    }
    status = call_end(call, status, fault);
    if (status == STATUS_OK) {
        run->saved = run->job;
    } else {
        run->job = run->saved;
    }
    if (run->is_alone) {
        let_others_in(call);
    }
    return status;
}

static enum status pause_if_wanted(struct close_run *run, struct fault *fault) {
    if (run->watch == NULL || run->watch->wants_pause == NULL ||
        !run->watch->wants_pause(run->watch->context)) {
        return STATUS_OK;
    }
    int state = 0;
    const char *event = run->watch->waits_then ? "interrupt" : "pause";
    TRY(machine_step(&job_machine, (int)run->job.state, event, &state, fault));
    TRY(begin_step(run, fault));
    run->job.state = (enum job_state)state;
    TRY(end_step(run, STATUS_OK, fault));
    return begin_step(run, fault); /* which tells that it is paused */
}

/* ---- what was left ---- */

static enum status thaw_some(struct call *call, const void *input, void *output, struct fault *fault) {
    (void)input;
    return months_thaw_any(call->db, THAW_EDGES, output, fault);
}

static enum status thaw_all(struct call *call, struct fault *fault) {
    int64_t count = 0;
    do {
        TRY(call_run(call, DB_WRITE, thaw_some, NULL, &count, fault));
    } while (count > 0);
    return STATUS_OK;
}

struct lines_left {
    int64_t invoice_id;
};

static enum status take_back_some(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct lines_left *left = input;
    return job_document_take_back(call->db, left->invoice_id, TAKE_BACK_LINES, output, fault);
}

static enum status take_back_lines(struct call *call, int64_t invoice_id, struct fault *fault) {
    struct lines_left left = {invoice_id};
    int64_t count = 0;
    do {
        TRY(call_run(call, DB_WRITE, take_back_some, &left, &count, fault));
    } while (count > 0);
    return STATUS_OK;
}

struct jobs_left {
    struct job *items;
    size_t count;
};

static enum status list_left(struct call *call, const void *input, void *output, struct fault *fault) {
    struct jobs_left *left = output;
    (void)input;
    return jobs_under_way(call->db, call->arena, &left->items, &left->count, fault);
}

/* The id stays with the job: its next long bill takes it. */
static enum status let_wait(struct call *call, const void *input, void *output, struct fault *fault) {
    struct job job = *(const struct job *)input;
    int state = (int)job.state;
    (void)output;
    if (job.state != JOB_RUNNING) {
        return STATUS_OK;
    }
    TRY(machine_step(&job_machine, (int)job.state, "interrupt", &state, fault));
    job.state = (enum job_state)state;
    return job_update(call->db, &job, fault);
}

enum status tidy_jobs(struct call *call, struct fault *fault) {
    struct jobs_left left = {0};
    TRY(call_run(call, DB_READ, list_left, NULL, &left, fault));
    for (size_t i = 0; i < left.count; i++) {
        if (left.items[i].document_id != 0) {
            TRY(take_back_lines(call, left.items[i].document_id, fault));
        }
        TRY(call_run(call, DB_WRITE, let_wait, &left.items[i], NULL, fault));
    }
    return thaw_all(call, fault);
}

/* ---- before anything is billed ---- */

static enum status start_body(struct call *call, const void *input, void *output, struct fault *fault) {
    struct close_run *run = output;
    bool found = false;
    int state = 0;
    TRY(job_load(call->db, call->arena, *(const int64_t *)input, &run->job, &found, fault));
    if (!found) {
        return job_is_gone(fault);
    }
    TRY(machine_step(&job_machine, (int)run->job.state, "start", &state, fault));
    run->job.state = (enum job_state)state;
    run->job.runs++;
    run->job.started_at_us = run->job.started_at_us == 0 ? call->now_us : run->job.started_at_us;
    run->job.ended_at_us = 0;
    run->job.fault_code = run->job.fault_message = TEXT("");
    TRY(job_edges_forget_open(call->db, run->job.id, fault));
    TRY(job_edges_last(call->db, run->job.id, &run->position, &run->closed_before, fault));
    TRY(job_update(call->db, &run->job, fault));
    run->saved = run->job;
    return STATUS_OK;
}

/* What silence decides: reports that are overdue, and corrections. */
static enum status decide_by_silence(struct close_run *run, struct fault *fault) {
    int64_t approved = 0;
    TRY(submit_overdue_reports(run->call, run->job.month, run->job.seller_id, &approved, fault));
    TRY(accept_silent_corrections(run->call, run->job.seller_id, fault));
    TRY(begin_step(run, fault));
    run->job.reports_approved += approved;
    return end_step(run, STATUS_OK, fault);
}

struct ready {
    int64_t *agreement_ids;
    size_t count;
};

static enum status find_ready_body(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct job *job = input;
    struct ready *ready = output;
    return closing_find_ready(call, (struct closing_scope){job->month, job->seller_id}, &ready->agreement_ids,
                              &ready->count, fault);
}

static enum status freeze_some(struct close_run *run, const int64_t *ids, size_t count, struct fault *fault) {
    TRY(begin_step(run, fault));
    enum status status = months_freeze(run->call->db, run->job.month, ids, count, fault);
    return end_step(run, status, fault);
}

static enum status freeze(struct close_run *run, struct fault *fault) {
    struct call *call = run->call;
    struct arena *words = call->arena;
    struct arena arena;
    struct ready ready = {0};
    arena_init(&arena);
    call->arena = &arena;
    enum status status = call_run(call, DB_READ, find_ready_body, &run->job, &ready, fault);
    call->arena = words;
    for (size_t done = 0; status == STATUS_OK && done < ready.count; done += FREEZE_EDGES) {
        size_t left = ready.count - done;
        status =
            freeze_some(run, ready.agreement_ids + done, left < FREEZE_EDGES ? left : FREEZE_EDGES, fault);
        if (status == STATUS_OK) {
            status = pause_if_wanted(run, fault);
        }
    }
    arena_clean_up(&arena);
    return status;
}

static enum status open_body(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct close_run *run = input;
    struct closing_scope scope = {run->job.month, run->job.seller_id};
    return closing_open(call, scope, run->limits, output, fault);
}

/* ---- edges ---- */

static struct text stuck_sku(const struct closing *closing, const struct bill_stuck *stuck) {
    return stuck->charge_id != 0
               ? TEXT("")
               : closing->snapshot.sku_labels[snapshot_sku_find(&closing->snapshot, stuck->sku_id)];
}

/* Keeps what the bill could not carry. */
static enum status keep_stuck(struct close_run *run, const struct closing_edge *edge, int64_t position,
                              struct fault *fault) {
    struct call *call = run->call;
    const struct snapshot *snapshot = &run->closing.snapshot;
    const struct edge_bill *bill = &edge->bill;
    struct job_stuck *stuck = ARENA_NEW(call->arena, struct job_stuck, bill->stuck_count);
    for (size_t i = 0; i < bill->stuck_count; i++) {
        stuck[i] = (struct job_stuck){
            .job_id = run->job.id,
            .position = position,
            .number = (int64_t)i + 1,
            .charge_id = bill->stuck[i].charge_id,
            .sku = stuck_sku(&run->closing, &bill->stuck[i]),
            .month = bill->stuck[i].month,
            .reason =
                text_format(call->arena, "It is in %.*s, and this bill is in %.*s, which cannot carry it.",
                            TEXT_ARGS(bill->stuck[i].currency),
                            TEXT_ARGS(snapshot->agreements[edge->agreement].currency)),
        };
    }
    return job_stuck_insert(call->db, stuck, bill->stuck_count, fault);
}

/* What is kept is billed as it stands; who bills is told what the document lacks. */
static struct text remark_on_tax(const struct close_run *run, const struct closing_edge *edge) {
    const struct snapshot *snapshot = &run->closing.snapshot;
    const struct edge_bill *bill = &edge->bill;
    struct tax taxes[TAX_CATEGORIES];
    size_t count = 0;
    if (bill->line_count == 0) {
        return TEXT("");
    }
    for (size_t i = 0; i < bill->line_count; i++) {
        size_t known = 0;
        while (known < count && strcmp(taxes[known].category, bill->lines[i].tax.category) != 0) {
            known++;
        }
        if (known == count && count < TAX_CATEGORIES) {
            taxes[count++] = bill->lines[i].tax;
        }
    }
    return tax_remark(run->call->arena, taxes, count, &snapshot->accounts[edge->seller],
                      &snapshot->accounts[edge->buyer]);
}

/* An edge as the job's list has it. */
static struct job_edge listed(const struct close_run *run, const struct closing_edge *edge,
                              const struct closed_edge *documents) {
    const struct snapshot *snapshot = &run->closing.snapshot;
    struct job_edge row = {
        .job_id = run->job.id,
        .position = run->position,
        .seller_id = snapshot->accounts[edge->seller].id,
        .buyer_id = snapshot->accounts[edge->buyer].id,
        .currency = TEXT(""),
        .tax_remark = TEXT(""),
        .is_closed = edge->outcome == CLOSING_CLOSES,
        .reason = edge->reason,
        .message = edge->message,
    };
    if (edge->agreement != SNAPSHOT_NONE) {
        row.agreement_id = snapshot->agreements[edge->agreement].id;
        row.currency = snapshot->agreements[edge->agreement].currency;
    }
    if (row.is_closed) {
        row.tax_remark = remark_on_tax(run, edge);
        row.billed_elsewhere = edge->bill.usage_billing == USAGE_BILLED_ELSEWHERE;
        row.invoice_id = documents->invoice_id;
        row.first_note_id = documents->first_note_id;
        row.note_count = (int64_t)edge->bill.credit_note_count;
        row.stuck_count = (int64_t)edge->bill.stuck_count;
        row.reason = row.message = TEXT("");
    }
    return row;
}

/* Puts edges into the job's list, and counts. */
static enum status list_edges(struct close_run *run, const struct closing_edge *edges, size_t count,
                              const struct closed_edge *documents, struct fault *fault) {
    struct job_edge *rows = ARENA_NEW(run->call->arena, struct job_edge, count);
    size_t listed_count = 0;
    assert(edges != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct closing_edge *edge = &edges[i];
        run->has_ended = run->has_ended || edge->has_ended;
        run->has_open = run->has_open || edge->outcome == CLOSING_STAYS_OPEN;
        run->closed_already += edge->outcome == CLOSING_IS_CLOSED;
        if (edge->outcome == CLOSING_CLOSES || edge->outcome == CLOSING_STAYS_OPEN) {
            run->position++;
            rows[listed_count++] = listed(run, edge, &documents[i]);
        }
        if (edge->outcome == CLOSING_CLOSES && edge->bill.stuck_count > 0) {
            TRY(keep_stuck(run, edge, run->position, fault));
        }
    }
    return job_edges_insert(run->call->db, rows, listed_count, fault);
}

static enum status close_and_list(struct close_run *run, const struct close_edges_input *input,
                                  struct fault *fault) {
    struct edges_closed closed;
    TRY(close_edges(run->call, input, &closed, fault));
    TRY(list_edges(run, input->edges, input->count, closed.documents, fault));
    run->job.invoice_count += closed.invoice_count;
    run->job.line_count += closed.line_count;
    run->job.document_id = 0;
    return STATUS_OK;
}

/* In one transaction. */
static enum status write_edges(struct close_run *run, const struct closing_edge *edges, size_t count,
                               int64_t document_id, struct fault *fault) {
    struct close_edges_input input = {&run->closing, edges, count, document_id};
    int64_t position = run->position;
    if (count == 0) {
        return STATUS_OK;
    }
    assert(edges != NULL);
    TRY(begin_step(run, fault));
    int64_t reserved_id = run->job.document_id;
    enum status status = close_and_list(run, &input, fault);
    if (document_id == 0) {
        run->job.document_id = reserved_id; /* a long bill is still to come */
    }
    status = end_step(run, status, fault);
    if (status != STATUS_OK) {
        run->position = position;
    }
    return status;
}

/* Some lines of a long bill, under an id that nobody knows. */
static enum status write_some_lines(struct close_run *run, const struct edge_bill *bill, size_t first,
                                    struct fault *fault) {
    struct call *call = run->call;
    size_t left = bill->line_count - first;
    TRY(begin_step(run, fault));
    enum status status =
        run->job.document_id != 0 ? STATUS_OK : invoice_ids_take(call->db, 1, &run->job.document_id, fault);
    if (status == STATUS_OK) {
        status = document_lines_write(call, run->job.document_id, bill->lines, first,
                                      left < run->limits.lines ? left : run->limits.lines, fault);
    }
    return end_step(run, status, fault);
}

static enum status write_long_edge(struct close_run *run, const struct closing_edge *edge,
                                   struct fault *fault) {
    for (size_t done = 0; done < edge->bill.line_count; done += run->limits.lines) {
        TRY(write_some_lines(run, &edge->bill, done, fault));
        TRY(pause_if_wanted(run, fault));
    }
    return write_edges(run, edge, 1, run->job.document_id, fault);
}

static void show_progress(struct close_run *run) {
    struct progress *progress = run->call->progress;
    if (progress != NULL) {
        progress->step(progress, "closing", run->job.edges_done, run->job.edges_total);
    }
}

static enum status write_chunk(struct close_run *run, const struct closing_chunk *chunk,
                               struct fault *fault) {
    const struct closing_edge *last = chunk->count == 0 ? NULL : &chunk->edges[chunk->count - 1];
    bool has_long = run->is_alone && last != NULL && last->outcome == CLOSING_CLOSES &&
                    last->bill.line_count > run->limits.lines;
    run->job.edges_done = (int64_t)chunk->edges_seen;
    TRY(write_edges(run, chunk->edges, has_long ? chunk->count - 1 : chunk->count, 0, fault));
    return has_long ? write_long_edge(run, last, fault) : STATUS_OK;
}

/* Memory of one chunk goes when it is written. */
static enum status take_and_write(struct close_run *run, bool *is_last, struct fault *fault) {
    struct call *call = run->call;
    struct arena *words = call->arena;
    struct closing_chunk chunk;
    TRY(billing_ahead_take(&run->ahead, &chunk, fault));
    *is_last = chunk.is_last;
    call->arena = &chunk.arena;
    enum status status = write_chunk(run, &chunk, fault);
    call->arena = words;
    closing_chunk_clean_up(&chunk);
    return status;
}

static enum status write_all(struct close_run *run, struct fault *fault) {
    bool is_last = false;
    run->job.edges_total = (int64_t)run->closing.edges_total;
    while (!is_last) {
        TRY(pause_if_wanted(run, fault));
        TRY(take_and_write(run, &is_last, fault));
        show_progress(run);
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

/* A month that has ended nowhere is a mistake of the asker's, not a list of open edges. */
static enum status refuse_unended(const struct close_run *run, struct fault *fault) {
    if (run->has_ended || !run->has_open) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_CONFLICT, "month-not-ended", "month",
                     month_format(run->call->arena, run->job.month),
                     "This month has not ended in the time zone of any agreement yet. Close it once it has.");
}

static enum status finish(struct close_run *run, struct fault *fault) {
    int state = 0;
    TRY(refuse_unended(run, fault));
    TRY(thaw_all(run->call, fault)); /* an edge may have been moved since it was taken hold of */
    TRY(machine_step(&job_machine, (int)run->job.state, "finish", &state, fault));
    TRY(begin_step(run, fault));
    run->job.state = (enum job_state)state;
    run->job.document_id = 0;
    run->job.already_closed = run->closed_already - run->closed_before;
    run->job.ended_at_us = run->call->now_us;
    return end_step(run, STATUS_OK, fault);
}

static enum status bill_and_write(struct close_run *run, struct fault *fault) {
    enum status status = call_run(run->call, DB_READ, open_body, run, &run->closing, fault);
    if (status == STATUS_OK) {
        billing_ahead_begin(&run->ahead, &run->closing, run->is_alone);
        status = write_all(run, fault);
        billing_ahead_end(&run->ahead);
    }
    closing_clean_up(&run->closing);
    return status;
}

static enum status close_all(struct close_run *run, struct fault *fault) {
    TRY(decide_by_silence(run, fault));
    TRY(freeze(run, fault));
    TRY(bill_and_write(run, fault));
    return finish(run, fault);
}

/* The row says why, so that who looks later knows. */
static enum status note_failure(struct close_run *run, const struct fault *why, struct fault *fault) {
    int state = 0;
    TRY(machine_step(&job_machine, (int)run->job.state, "fail", &state, fault));
    TRY(begin_step(run, fault));
    run->job.state = (enum job_state)state;
    run->job.ended_at_us = run->call->now_us;
    run->job.fault_code = text_of(why->code);
    run->job.fault_message = text_of(why->message);
    return end_step(run, STATUS_OK, fault);
}

/* Lets go of what is held. Where that fails too, whoever holds the claim next does it; the first fault is
 * told. */
static void give_up(struct close_run *run, const struct fault *why) {
    struct fault ignored;
    if (run->job.document_id != 0 &&
        take_back_lines(run->call, run->job.document_id, &ignored) != STATUS_OK) {
        return;
    }
    if (thaw_all(run->call, &ignored) != STATUS_OK) {
        return;
    }
    if (note_failure(run, why, &ignored) != STATUS_OK) {
        return; /* it was paused, or is somebody else's */
    }
}

enum status run_close(struct call *call, int64_t job_id, const struct job_watch *watch, struct fault *fault) {
    struct close_run run = {.call = call, .watch = watch, .is_alone = call->depth == 0};
    run.limits = watch != NULL && watch->limits.edges > 0 ? watch->limits : CLOSING_LIMITS;
    TRY(call_run(call, DB_WRITE, start_body, &job_id, &run, fault));
    enum status status = close_all(&run, fault);
    if (status != STATUS_OK && run.is_alone) {
        struct fault why = *fault;
        give_up(&run, &why);
        *fault = why;
    }
    return status;
}
