/* Audit queries: questions whose every answer is a violation, and the streams that the audit walks.
 *
 * What SQL can ask by itself is in a table of questions: each row it gives is something that should not be.
 * What follows from the log or from rating is streamed and computed by the programme. */
#ifndef SEATMETER_STORE_UPKEEP_AUDIT_QUERIES_H
#define SEATMETER_STORE_UPKEEP_AUDIT_QUERIES_H

#include "core/licence/licence_state.h"
#include "store/billing/invoices.h"
#include "store/engine/db.h"
#include "store/licensing/events.h"

/* What the first column of a question's rows is the id of. */
enum audit_subject {
    AUDIT_ACCOUNT,
    AUDIT_AGREEMENT,
    AUDIT_BLOCK,
    AUDIT_LICENCE,
    AUDIT_REPORT,
    AUDIT_INVOICE,
    AUDIT_CHARGE,
    AUDIT_CORRECTION,
    AUDIT_PRODUCT,
    AUDIT_RELEASE,
    AUDIT_DEVICE,
    AUDIT_SKU,
    AUDIT_USER,
    AUDIT_SIGNING_KEY,
    AUDIT_DEVICE_LOG,
    AUDIT_SEEN_LOG,
    AUDIT_POSTING
};

/* Rows are (id, a, b); the message says {a} and {b} where they go, and {month} where `a` is a month. */
struct audit_question {
    const char *rule;
    enum audit_subject subject;
    const char *sql;
    const char *message;
};

extern const struct audit_question AUDIT_QUESTIONS[];
extern const size_t AUDIT_QUESTION_COUNT;
extern const struct audit_question AUDIT_DEVICE_QUESTIONS[];
extern const size_t AUDIT_DEVICE_QUESTION_COUNT;

/* All licences, in no order. */
struct audited_licence {
    int64_t id;
    int64_t provider_id;
    int64_t customer_id;
    int64_t sku_id;
    enum licence_state state;
    int64_t seats;
    int64_t suspensions;
    int64_t counted_seats;
    int64_t first_on_at_us;
    int64_t last_event_at_us;
};
enum status audited_licences_stream(struct db *db, struct db_rows **rows, struct fault *fault) MUST_CHECK;
enum status audited_licence_read(struct db_rows *rows, struct audited_licence *licence,
                                 struct fault *fault) MUST_CHECK;

/* The whole log in its order. What a row may not have is the fault of the next db_next, here and of lines. */
enum status audited_events_stream(struct db *db, struct db_rows **rows, struct fault *fault) MUST_CHECK;
void audited_event_read(struct db_rows *rows, struct logged_event *event);

/* Every account with those above it: (ancestor, account). */
enum status audited_ancestors_stream(struct db *db, struct db_rows **rows, struct fault *fault) MUST_CHECK;

/* The invoices and settlements of a month with their lines, by invoice, then position; an invoice without
 * lines comes once, with position 0. */
enum status audited_lines_stream(struct db *db, struct month month, struct db_rows **rows,
                                 struct fault *fault) MUST_CHECK;
void audited_line_read(struct db_rows *rows, struct arena *arena, struct invoice_head *head,
                       struct billed_line *row);

/* The invoices that have credit notes. */
enum status audited_credited(struct db *db, struct arena *arena, int64_t **invoice_ids, size_t *count,
                             struct fault *fault) MUST_CHECK;

/* When a month was first closed by that version of the rules or a later one; 0: never. */
enum status audited_rules_since(struct db *db, int64_t rules, int64_t *at_us, struct fault *fault) MUST_CHECK;

/* Numbers and ids of all documents, by seller, then id. */
enum status audited_numbers_stream(struct db *db, struct db_rows **rows, struct fault *fault) MUST_CHECK;

/* How many postings there are, and the last one's number. */
enum status audited_postings(struct db *db, int64_t *count, int64_t *last, struct fault *fault) MUST_CHECK;

/* Documents that were issued after an instant, by id. */
struct audited_document {
    int64_t id;
    int64_t issued_at_us;
};
enum status audited_future_documents(struct db *db, struct arena *arena, int64_t after_us,
                                     struct audited_document **documents, size_t *count,
                                     struct fault *fault) MUST_CHECK;

/* Every month that is closed, and when it was. */
struct audited_close {
    int64_t agreement_id;
    struct month month;
    int64_t closed_at_us;
};
enum status audited_closes(struct db *db, struct arena *arena, struct audited_close **closes, size_t *count,
                           struct fault *fault) MUST_CHECK;

#endif
