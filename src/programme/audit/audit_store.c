#include "programme/audit/audit_store.h"

#include "programme/audit/audit_clock.h"
#include "programme/audit/audit_credits.h"
#include "programme/audit/audit_documents.h"
#include "programme/audit/audit_events.h"
#include "programme/audit/audit_invoices.h"
#include "programme/audit/audit_persons.h"
#include "programme/audit/audit_private.h"
#include "programme/audit/audit_reports.h"
#include "programme/audit/audit_updates.h"
#include "programme/audit/audit_usage.h"
#include "programme/billing/load_snapshot.h"
#include "programme/call/authorise.h"
#include "store/upkeep/audit_queries.h"

#include <assert.h>
#include <string.h>

static struct text subject_of(const struct call *call, enum audit_subject subject, int64_t id) {
    static const enum identifier_kind kinds[] = {
        [AUDIT_ACCOUNT] = IDENTIFIER_ACCOUNT, [AUDIT_AGREEMENT] = IDENTIFIER_AGREEMENT,
        [AUDIT_BLOCK] = IDENTIFIER_BLOCK,     [AUDIT_LICENCE] = IDENTIFIER_LICENCE,
        [AUDIT_REPORT] = IDENTIFIER_REPORT,   [AUDIT_INVOICE] = IDENTIFIER_INVOICE,
        [AUDIT_CHARGE] = IDENTIFIER_CHARGE,   [AUDIT_CORRECTION] = IDENTIFIER_CORRECTION,
        [AUDIT_PRODUCT] = IDENTIFIER_PRODUCT, [AUDIT_RELEASE] = IDENTIFIER_RELEASE,
        [AUDIT_DEVICE] = IDENTIFIER_DEVICE,   [AUDIT_SKU] = IDENTIFIER_SKU,
        [AUDIT_USER] = IDENTIFIER_USER,
    };
    if (subject == AUDIT_POSTING) {
        return text_format(call->arena, "posting %lld", (long long)id);
    }
    if (subject == AUDIT_SIGNING_KEY) {
        return text_format(call->arena, "signing key %lld", (long long)id);
    }
    if (subject == AUDIT_DEVICE_LOG) {
        return text_format(call->arena, "device change %lld", (long long)id);
    }
    if (subject == AUDIT_SEEN_LOG) {
        return text_format(call->arena, "log of check-ins, row %lld", (long long)id);
    }
    return identifier_text(call, kinds[subject], id);
}

/* A month as people write it; of one that is none, its number. */
static struct text say_month(struct arena *arena, int64_t index) {
    struct month month = {(int32_t)index};
    return month.index == index && month_is_sayable(month)
               ? month_format(arena, month)
               : text_format(arena, "number %lld", (long long)index);
}

/* The message with {a}, {b} and {month}, which is `a`, filled in. */
static struct text fill_in(struct arena *arena, const char *message, int64_t a, int64_t b) {
    struct text filled = TEXT("");
    for (const char *at = message; *at != '\0';) {
        const char *brace = strchr(at, '{');
        size_t length = brace == NULL ? strlen(at) : (size_t)(brace - at);
        filled = text_format(arena, "%.*s%.*s", TEXT_ARGS(filled), (int)length, at);
        if (brace == NULL) {
            break;
        }
        struct text said = brace[1] == 'm' ? say_month(arena, a)
                                           : text_format(arena, "%lld", (long long)(brace[1] == 'a' ? a : b));
        filled = text_format(arena, "%.*s%.*s", TEXT_ARGS(filled), TEXT_ARGS(said));
        at = strchr(brace, '}') + 1;
    }
    return filled;
}

static enum status ask_question(struct audit *audit, const struct audit_question *question,
                                struct fault *fault) {
    struct call *call = audit->call;
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = db_query(call->db, question->sql, DB_NO_ARGS, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        struct text message =
            fill_in(call->arena, question->message, db_column_int(rows, 1), db_column_int(rows, 2));
        audit_found(audit, question->rule, subject_of(call, question->subject, db_column_int(rows, 0)),
                    "%.*s", TEXT_ARGS(message));
    }
    db_rows_close(rows);
    return status;
}

/* Every pair of an account and itself or one above it, as the sellers of the snapshot say. */
static void expect_ancestors(const struct snapshot *snapshot, struct id_map *expected) {
    for (size_t i = 0; i < snapshot->account_count; i++) {
        uint32_t above = (uint32_t)i;
        for (size_t steps = 0; above != SNAPSHOT_NONE && steps <= snapshot->account_count; steps++) {
            id_map_put(expected, snapshot->accounts[above].id, snapshot->accounts[i].id, 0);
            above = snapshot_account_find(snapshot, snapshot->accounts[above].seller_id);
        }
    }
}

static enum status compare_ancestors(struct audit *audit, const struct id_map *expected,
                                     struct fault *fault) {
    struct call *call = audit->call;
    struct db_rows *rows = NULL;
    bool have_row = false;
    size_t seen = 0;
    enum status status = audited_ancestors_stream(call->db, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        uint32_t index = 0;
        int64_t account_id = db_column_int(rows, 1);
        if (id_map_get(expected, db_column_int(rows, 0), account_id, &index)) {
            seen++;
        } else {
            audit_found(audit, "ancestor-unfounded", identifier_text(call, IDENTIFIER_ACCOUNT, account_id),
                        "is listed below an account that does not stand above it");
        }
    }
    db_rows_close(rows);
    if (status == STATUS_OK && seen < expected->used) {
        audit_found(audit, "ancestor-missing", TEXT("account_ancestors"),
                    "%zu pairs of an account and one above it are missing", expected->used - seen);
    }
    return status;
}

/* account_ancestors says of every account itself and everything above it, and nothing else. */
static enum status check_ancestors(struct audit *audit, struct fault *fault) {
    struct arena scratch;
    struct id_map expected;
    arena_init(&scratch);
    id_map_init(&expected, &scratch, audit->snapshot.account_count * 4);
    expect_ancestors(&audit->snapshot, &expected);
    enum status status = compare_ancestors(audit, &expected, fault);
    arena_clean_up(&scratch);
    return status;
}

static enum status check_postings(struct audit *audit, struct fault *fault) {
    int64_t count = 0;
    int64_t last = 0;
    TRY(audited_postings(audit->call->db, &count, &last, fault));
    if (count != last) {
        audit_found(audit, "posting-gap", TEXT("ledger"),
                    "has %lld postings, and the last one's number is %lld", (long long)count,
                    (long long)last);
    }
    audit->result.postings_checked = count;
    return STATUS_OK;
}

static enum status ask_questions(struct audit *audit, const struct audit_question *questions, size_t count,
                                 struct fault *fault) {
    for (size_t i = 0; i < count; i++) {
        TRY(ask_question(audit, &questions[i], fault));
    }
    return STATUS_OK;
}

static enum status audit_everything(struct audit *audit, struct fault *fault) {
    TRY(snapshot_load(audit->call, NULL, &audit->snapshot, fault));
    TRY(audit_events(audit, fault));
    TRY(audit_usage(audit, fault));
    TRY(ask_questions(audit, AUDIT_QUESTIONS, AUDIT_QUESTION_COUNT, fault));
    TRY(ask_questions(audit, AUDIT_DEVICE_QUESTIONS, AUDIT_DEVICE_QUESTION_COUNT, fault));
    TRY(check_ancestors(audit, fault));
    TRY(check_postings(audit, fault));
    TRY(audit_invoices(audit, fault));
    TRY(audit_credits(audit, fault));
    TRY(audit_reports(audit, fault));
    TRY(audit_clock(audit, fault));
    TRY(audit_documents(audit, fault));
    TRY(audit_persons(audit, fault));
    return audit_updates(audit, fault);
}

static enum status do_audit_store(struct call *call, const void *input, void *output, struct fault *fault) {
    struct audit audit = {.call = call};
    (void)input;
    TRY(require_operator(call, "Only the operator may audit the whole store.", fault));
    audit.violations = ARENA_NEW(call->arena, struct violation, AUDIT_VIOLATIONS_MAX);
    enum status status = audit_everything(&audit, fault);
    snapshot_close(&audit.snapshot);
    TRY(status);
    assert((int64_t)audit.result.count <= audit.result.violation_total);
    audit.result.violations = audit.violations;
    *(struct audit_store_result *)output = audit.result;
    return STATUS_OK;
}

enum status audit_store(struct call *call, struct audit_store_result *result, struct fault *fault) {
    return call_run(call, DB_READ, do_audit_store, NULL, result, fault);
}
