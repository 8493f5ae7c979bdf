#include "store/billing/jobs.h"

#include "store/engine/rows.h"

#include <assert.h>

#define JOB_COUNTER "jobs"

static const struct db_field JOB_FIELDS[] = {
    DB_FIELD_INT(struct job, id, "id", DB_FROM_ONE),
    DB_FIELD_MONTH(struct job, month, "month"),
    DB_FIELD_INT(struct job, seller_id, "seller_id"),
    DB_FIELD_INT(struct job, actor_kind, "actor_kind"),
    DB_FIELD_INT(struct job, actor_id, "actor_id"),
    DB_FIELD_INT(struct job, account_id, "account_id"),
    DB_FIELD_STATE(struct job, state, "state", &job_machine, DB_SAVED),
    DB_FIELD_INT(struct job, runs, "runs", DB_SAVED | DB_COUNT),
    DB_FIELD_INT(struct job, document_id, "document_id", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct job, edges_done, "edges_done", DB_SAVED | DB_COUNT),
    DB_FIELD_INT(struct job, edges_total, "edges_total", DB_SAVED | DB_COUNT),
    DB_FIELD_INT(struct job, already_closed, "already_closed", DB_SAVED | DB_COUNT),
    DB_FIELD_INT(struct job, reports_approved, "reports_approved", DB_SAVED | DB_COUNT),
    DB_FIELD_INT(struct job, invoice_count, "invoice_count", DB_SAVED | DB_COUNT),
    DB_FIELD_INT(struct job, line_count, "line_count", DB_SAVED | DB_COUNT),
    DB_FIELD_INT(struct job, created_at_us, "created_at_us"),
    DB_FIELD_INT(struct job, started_at_us, "started_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct job, ended_at_us, "ended_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_TEXT(struct job, fault_code, "fault_code", DB_SAVED),
    DB_FIELD_TEXT(struct job, fault_message, "fault_message", DB_SAVED),
};
static const struct db_fields JOB = DB_FIELDS(struct job, JOB_FIELDS);

static const char INSERT[] = "insert into jobs ({}) values ({$1})";

enum status job_insert(struct db *db, struct job *job, struct fault *fault) {
    assert(job->id == 0);
    TRY(db_counter_take(db, JOB_COUNTER, 1, &job->id, fault));
    return rows_insert(db, &JOB, INSERT, DB_NO_ARGS, job, fault);
}

static const char UPDATE[] = "update jobs set {=2} where id = $1";

enum status job_update(struct db *db, const struct job *job, struct fault *fault) {
    return rows_save(db, &JOB, UPDATE, DB_ARGS(db_integer(job->id)), job, NULL, fault);
}

static const char LOAD[] = "select {} from jobs where id = $1";

enum status job_load(struct db *db, struct arena *arena, int64_t id, struct job *job, bool *found,
                     struct fault *fault) {
    return rows_one(db, arena, &JOB, LOAD, DB_ARGS(db_integer(id)), job, found, fault);
}

static const char UNFINISHED[] =
    "select {} from jobs where state <> 'done' and month = $1 and seller_id = $2 "
    "order by id limit 1";

enum status job_find_unfinished(struct db *db, struct arena *arena, struct month month, int64_t seller_id,
                                struct job *job, bool *found, struct fault *fault) {
    return rows_one(db, arena, &JOB, UNFINISHED, DB_ARGS(db_integer(month.index), db_integer(seller_id)), job,
                    found, fault);
}

static const char NEXT[] = "select {} from jobs where state in ('waiting', 'running') order by id limit 1";

enum status job_find_next(struct db *db, struct arena *arena, struct job *job, bool *found,
                          struct fault *fault) {
    return rows_one(db, arena, &JOB, NEXT, DB_NO_ARGS, job, found, fault);
}

static const char UNDER_WAY[] =
    "select {} from jobs where state = 'running' or document_id is not null order by id";

enum status jobs_under_way(struct db *db, struct arena *arena, struct job **jobs, size_t *count,
                           struct fault *fault) {
    return rows_all(db, arena, &JOB, UNDER_WAY, DB_NO_ARGS, jobs, count, fault);
}

static const char LIST[] =
    "select {} from jobs where id > $1 and ($2 = 0 or seller_id = $2) order by id limit $3";

enum status job_list(struct db *db, struct arena *arena, int64_t seller_id, struct page page,
                     struct job **jobs, size_t *count, int64_t *next_after, struct fault *fault) {
    return rows_page(db, arena, &JOB, LIST, DB_ARGS(db_integer(page.after_id), db_integer(seller_id)), page,
                     jobs, count, next_after, fault);
}

static const char TAKE_BACK[] =
    "delete from invoice_lines where invoice_id = $1 and position > (select coalesce(max(l.position), 0) "
    "from invoice_lines l where l.invoice_id = $1) - $2 and not exists (select 1 from invoices i where i.id "
    "= $1)";

enum status job_document_take_back(struct db *db, int64_t invoice_id, int64_t limit, int64_t *count,
                                   struct fault *fault) {
    return db_run(db, TAKE_BACK, DB_ARGS(db_integer(invoice_id), db_integer(limit)), count, fault);
}

/* ---- what became of an edge ---- */

static const struct db_field EDGE_FIELDS[] = {
    DB_FIELD_INT(struct job_edge, job_id, "job_id"),
    DB_FIELD_INT(struct job_edge, position, "position", DB_FROM_ONE),
    DB_FIELD_INT(struct job_edge, agreement_id, "agreement_id", DB_OR_NULL),
    DB_FIELD_INT(struct job_edge, seller_id, "seller_id"),
    DB_FIELD_INT(struct job_edge, buyer_id, "buyer_id"),
    DB_FIELD_TEXT(struct job_edge, currency, "currency"),
    DB_FIELD_BOOL(struct job_edge, is_closed, "is_closed"),
    DB_FIELD_BOOL(struct job_edge, billed_elsewhere, "billed_elsewhere"),
    DB_FIELD_INT(struct job_edge, invoice_id, "invoice_id", DB_OR_NULL),
    DB_FIELD_INT(struct job_edge, first_note_id, "first_note_id", DB_OR_NULL),
    DB_FIELD_INT(struct job_edge, note_count, "note_count", DB_COUNT),
    DB_FIELD_INT(struct job_edge, stuck_count, "stuck_count", DB_COUNT),
    DB_FIELD_TEXT(struct job_edge, tax_remark, "tax_remark"),
    DB_FIELD_TEXT(struct job_edge, reason, "reason"),
    DB_FIELD_TEXT(struct job_edge, message, "message"),
};
static const struct db_fields EDGE = DB_FIELDS(struct job_edge, EDGE_FIELDS);

enum status job_edges_insert(struct db *db, const struct job_edge *edges, size_t count, struct fault *fault) {
    return rows_insert_many(db, "job_edges", &EDGE, edges, count, fault);
}

static const char LAST[] =
    "select coalesce(max(position), 0), cast(coalesce(sum(is_closed), 0) as bigint) from job_edges "
    "where job_id = $1";

enum status job_edges_last(struct db *db, int64_t job_id, int64_t *position, int64_t *closed,
                           struct fault *fault) {
    int64_t numbers[2] = {0, 0};
    TRY(rows_numbers(db, LAST, DB_ARGS(db_integer(job_id)), numbers, 2, fault));
    *position = numbers[0];
    *closed = numbers[1];
    return STATUS_OK;
}

static const char FORGET_OPEN[] = "delete from job_edges where job_id = $1 and is_closed = 0";

enum status job_edges_forget_open(struct db *db, int64_t job_id, struct fault *fault) {
    return db_run(db, FORGET_OPEN, DB_ARGS(db_integer(job_id)), NULL, fault);
}

static const struct db_field TOLD_FIELDS[] = {
    DB_FIELD_PART(struct job_edge_told, edge, "e", &EDGE),
    DB_FIELD_TEXT(struct job_edge_told, seller_code, "s.code"),
    DB_FIELD_TEXT(struct job_edge_told, seller_name, "s.name"),
    DB_FIELD_TEXT(struct job_edge_told, buyer_code, "b.code"),
    DB_FIELD_TEXT(struct job_edge_told, buyer_name, "b.name"),
    DB_FIELD_TEXT(struct job_edge_told, number, "coalesce(i.number, '')"),
    DB_FIELD_INT(struct job_edge_told, gross_minor, "coalesce(i.gross_minor, 0)"),
};
static const struct db_fields TOLD = DB_FIELDS(struct job_edge_told, TOLD_FIELDS);

static const char EDGES_TOLD[] =
    "select {} from job_edges e join accounts s on s.id = e.seller_id join accounts b on b.id = e.buyer_id "
    "left join invoices i on i.id = e.invoice_id where e.job_id = $1 order by e.position";

enum status job_edges_told(struct db *db, struct arena *arena, int64_t job_id, struct job_edge_told **edges,
                           size_t *count, struct fault *fault) {
    return rows_all(db, arena, &TOLD, EDGES_TOLD, DB_ARGS(db_integer(job_id)), edges, count, fault);
}

static const struct db_field NOTE_FIELDS[] = {
    DB_FIELD_INT(struct job_note, id, "n.id"),
    DB_FIELD_TEXT(struct job_note, number, "n.number"),
    DB_FIELD_TEXT(struct job_note, corrects, "c.number"),
    DB_FIELD_INT(struct job_note, gross_minor, "n.gross_minor"),
};
static const struct db_fields NOTE = DB_FIELDS(struct job_note, NOTE_FIELDS);

static const char NOTES[] = "select {} from invoices n join invoices c on c.id = n.corrects_id "
                            "where n.id >= $1 and n.id < $1 + $2 order by n.id";

enum status job_notes(struct db *db, struct arena *arena, int64_t first_id, int64_t note_count,
                      struct job_note **notes, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &NOTE, NOTES, DB_ARGS(db_integer(first_id), db_integer(note_count)), notes,
                    count, fault);
}

static const struct db_field STUCK_FIELDS[] = {
    DB_FIELD_INT(struct job_stuck, job_id, "job_id"),
    DB_FIELD_INT(struct job_stuck, position, "position", DB_FROM_ONE),
    DB_FIELD_INT(struct job_stuck, number, "number", DB_FROM_ONE),
    DB_FIELD_INT(struct job_stuck, charge_id, "charge_id", DB_OR_NULL),
    DB_FIELD_TEXT(struct job_stuck, sku, "sku"),
    DB_FIELD_MONTH(struct job_stuck, month, "month"),
    DB_FIELD_TEXT(struct job_stuck, reason, "reason"),
};
static const struct db_fields STUCK = DB_FIELDS(struct job_stuck, STUCK_FIELDS);

enum status job_stuck_insert(struct db *db, const struct job_stuck *stuck, size_t count,
                             struct fault *fault) {
    return rows_insert_many(db, "job_stuck", &STUCK, stuck, count, fault);
}

static const char STUCK_OF[] = "select {} from job_stuck where job_id = $1 and position = $2 order by number";

enum status job_stuck_load(struct db *db, struct arena *arena, int64_t job_id, int64_t position,
                           struct job_stuck **stuck, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &STUCK, STUCK_OF, DB_ARGS(db_integer(job_id), db_integer(position)), stuck,
                    count, fault);
}
