/* Jobs: closes as they are asked for and worked off, with how far each has come and what became of each edge.
 */
#ifndef SEATMETER_STORE_BILLING_JOBS_H
#define SEATMETER_STORE_BILLING_JOBS_H

#include "core/time/date.h"
#include "core/usage/job.h"
#include "store/engine/db.h"
#include "store/engine/page.h"

struct job {
    int64_t id;
    struct month month;
    int64_t seller_id; /* only the edges that it sells on; 0: everybody's */
    /* who asked: enum actor_kind, and the actor's ids */
    int64_t actor_kind;
    int64_t actor_id;
    int64_t account_id;
    enum job_state state;
    int64_t runs;        /* how often it was started: who runs it knows the number */
    int64_t document_id; /* an invoice whose lines are being written, and which nobody sees yet; 0: none */
    int64_t edges_done;
    int64_t edges_total; /* 0: not known yet */
    int64_t already_closed;
    int64_t reports_approved;
    int64_t invoice_count;
    int64_t line_count;
    int64_t created_at_us;
    int64_t started_at_us; /* 0: not yet; so also below */
    int64_t ended_at_us;
    struct text fault_code; /* of one that failed */
    struct text fault_message;
};

enum status job_insert(struct db *db, struct job *job, struct fault *fault) MUST_CHECK;
enum status job_update(struct db *db, const struct job *job, struct fault *fault) MUST_CHECK;
enum status job_load(struct db *db, struct arena *arena, int64_t id, struct job *job, bool *found,
                     struct fault *fault) MUST_CHECK;

/* The first that is to be done or was under way (`seller_id` and `month` as given; month MONTH_NONE: any). */
enum status job_find_unfinished(struct db *db, struct arena *arena, struct month month, int64_t seller_id,
                                struct job *job, bool *found, struct fault *fault) MUST_CHECK;
enum status job_find_next(struct db *db, struct arena *arena, struct job *job, bool *found,
                          struct fault *fault) MUST_CHECK;

/* Those that by their row run, or have a document that nobody sees. */
enum status jobs_under_way(struct db *db, struct arena *arena, struct job **jobs, size_t *count,
                           struct fault *fault) MUST_CHECK;

/* A page by ascending id; seller 0: of all. */
enum status job_list(struct db *db, struct arena *arena, int64_t seller_id, struct page page,
                     struct job **jobs, size_t *count, int64_t *next_after, struct fault *fault) MUST_CHECK;

/* Takes back up to `limit` of the last lines of an invoice that has no head; `*count` is how many. */
enum status job_document_take_back(struct db *db, int64_t invoice_id, int64_t limit, int64_t *count,
                                   struct fault *fault) MUST_CHECK;

/* ---- what became of an edge ---- */

struct job_edge {
    int64_t job_id;
    int64_t position;     /* from 1 */
    int64_t agreement_id; /* 0: the edge has none; so also below */
    int64_t seller_id;
    int64_t buyer_id;
    struct text currency;
    bool is_closed;
    bool billed_elsewhere;
    int64_t invoice_id;
    int64_t first_note_id; /* of its credit notes, whose ids follow each other */
    int64_t note_count;
    int64_t stuck_count;
    struct text tax_remark;
    struct text reason; /* of one that stays open */
    struct text message;
};
enum status job_edges_insert(struct db *db, const struct job_edge *edges, size_t count,
                             struct fault *fault) MUST_CHECK;
/* The last position, and how many edges the job has closed. */
enum status job_edges_last(struct db *db, int64_t job_id, int64_t *position, int64_t *closed,
                           struct fault *fault) MUST_CHECK;
/* Those that stayed open are looked at again. */
enum status job_edges_forget_open(struct db *db, int64_t job_id, struct fault *fault) MUST_CHECK;

/* The same as it is told. */
struct job_edge_told {
    struct job_edge edge;
    struct text seller_code;
    struct text seller_name;
    struct text buyer_code;
    struct text buyer_name;
    struct text number; /* of the invoice */
    int64_t gross_minor;
};
enum status job_edges_told(struct db *db, struct arena *arena, int64_t job_id, struct job_edge_told **edges,
                           size_t *count, struct fault *fault) MUST_CHECK;

/* A credit note, with the number of what it corrects. */
struct job_note {
    int64_t id;
    struct text number;
    struct text corrects;
    int64_t gross_minor;
};
enum status job_notes(struct db *db, struct arena *arena, int64_t first_id, int64_t note_count,
                      struct job_note **notes, size_t *count, struct fault *fault) MUST_CHECK;

/* What waits and could not be on an edge's bill. */
struct job_stuck {
    int64_t job_id;
    int64_t position;  /* of the edge */
    int64_t number;    /* from 1 */
    int64_t charge_id; /* 0: corrections of a SKU */
    struct text sku;
    struct month month;
    struct text reason;
};
enum status job_stuck_insert(struct db *db, const struct job_stuck *stuck, size_t count,
                             struct fault *fault) MUST_CHECK;
enum status job_stuck_load(struct db *db, struct arena *arena, int64_t job_id, int64_t position,
                           struct job_stuck **stuck, size_t *count, struct fault *fault) MUST_CHECK;

#endif
