/* A close as a job: many short transactions, which can end after any of them, and others write in between. */
#include "programme/billing/corrections.h"
#include "programme/billing/one_off_charges.h"
#include "programme/jobs/claim_jobs.h"
#include "programme/jobs/jobs.h"
#include "programme/licensing/turn_licence.h"
#include "store/billing/months.h"
#include "trade.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SKUS = 5, STEPS_MAX = 200 };

/* Each transaction writes one edge, and two lines of a bill that is longer. */
static const struct closing_limits ONE_BY_ONE = {1, 2};

/* Six months' worth of edges: the vendor's settlement has ten lines, and on P1 → A a charge and two
 * corrections wait, one of which gives back more than November has. */
static void a_november(struct trade *trade, struct world *world) {
    static const char *const CODES[SKUS] = {"S1", "S2", "S3", "S4", "S5"};
    trade_begin(trade, world, "UTC", "EUR");
    for (size_t i = 0; i < SKUS; i++) {
        trade_sku(trade, CODES[i]);
        trade_price(trade, "VEND", "DIST", CODES[i], POLICY_PEAK, TIER_FLAT, "1:1", NULL);
        trade_price(trade, "DIST", "P1", CODES[i], POLICY_PEAK, TIER_FLAT, "1:2", NULL);
        trade_price(trade, "P1", NULL, CODES[i], POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    }
    trade_at(trade, "2026-10-05T00:00:00Z");
    struct text large = trade_licence(trade, "P1", "A", "S1", 40);
    trade_on(trade, large);
    trade_at(trade, "2026-10-31T00:00:00Z");
    trade_resize(trade, large, 1);
    trade_at(trade, "2026-11-01T00:00:00Z");
    for (size_t i = 1; i < SKUS; i++) {
        trade_on(trade, trade_licence(trade, "P1", "A", CODES[i], (int64_t)i));
        trade_on(trade, trade_licence(trade, "P1", "B", CODES[i], 2 * (int64_t)i));
    }
    trade_at(trade, "2026-11-10T00:00:00Z");
    trade_close(trade, "2026-10");
    struct add_one_off_charge_input charge = {.seller = TEXT("P1"),
                                              .buyer = TEXT("A"),
                                              .month = TEXT("2026-11"),
                                              .description = TEXT("Set-up"),
                                              .quantity = 1,
                                              .unit_price = TEXT("5")};
    struct one_off_charge_view view;
    WORLD_OK(world, add_one_off_charge(&trade->call, &charge, &view, &world->fault));
    struct add_correction_input correction = {.giver = TEXT("P1"),
                                              .month = TEXT("2026-10"),
                                              .customer = TEXT("A"),
                                              .sku = TEXT("S1"),
                                              .has_units = true,
                                              .units = 1,
                                              .reason = TEXT("miscounted")};
    struct correction_page page;
    WORLD_OK(world, add_correction(&trade->call, &correction, &page, &world->fault));
    trade_at(trade, "2026-12-20T00:00:00Z");
}

/* ---- what a close leaves ---- */

/* All that a close writes but what its job remembers, in words. */
static struct text outcome(struct trade *trade) {
    static const char *const QUERIES[] = {
        "select 'invoice ' || id || ' ' || number || ' ' || kind || ' ' || state || ' ' || agreement_id || ' "
        "' "
        "|| month || ' ' || gross_minor || ' ' || set_off_minor || ' ' || issued_on from invoices order by "
        "id",
        "select 'line ' || invoice_id || ' ' || position || ' ' || customer_id || ' ' || sku_id || ' ' || "
        "price_id || ' ' || quantity_parts || ' ' || amount_minor || ' ' || coalesce(takes_invoice_id, 0) || "
        "' ' "
        "|| note from invoice_lines order by invoice_id, position",
        "select 'posting ' || posting || ' ' || account || ' ' || invoice_id || ' ' || debit_minor || ' ' || "
        "credit_minor from ledger order by posting, account, debit_minor",
        "select 'month ' || agreement_id || ' ' || month || ' ' || state || ' ' || coalesce(rules, 0) || ' ' "
        "|| "
        "usage_billing from months order by agreement_id, month",
        "select 'charge ' || id || ' ' || coalesce(invoice_id, 0) from charges order by id",
        "select 'correction ' || id || ' ' || state || ' ' || coalesce(invoice_id, 0) from corrections order "
        "by id",
        "select 'counter ' || name || ' ' || taken from counters where name <> 'jobs' and name <> 'audit' "
        "order by name",
    };
    struct world *world = trade->world;
    struct text all = TEXT("");
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    for (size_t i = 0; i < sizeof QUERIES / sizeof QUERIES[0]; i++) {
        struct db_rows *rows;
        bool have_row = true;
        WORLD_OK(world, db_query(world->db, QUERIES[i], DB_NO_ARGS, &rows, &world->fault));
        while (db_next(rows, &have_row, &world->fault) == STATUS_OK && have_row) {
            all =
                text_format(&world->arena, "%.*s%.*s\n", TEXT_ARGS(all), TEXT_ARGS(db_column_text(rows, 0)));
        }
        db_rows_close(rows);
    }
    db_rollback(world->db);
    return all;
}

static enum status close_watched(struct trade *trade, const struct job_watch *watch,
                                 struct close_month_result *result) {
    struct close_month_input input = {.month = TEXT("2026-11")};
    return close_month_watched(&trade->call, &input, watch, result, &trade->world->fault);
}

/* The outcome of an undisturbed close of the same history, in a world of its own. */
static struct text undisturbed(struct world *world) {
    struct world *other = world_empty(world->engine);
    struct trade trade;
    struct close_month_result result;
    WORLD_OK(other, db_migrate(other->db, &other->fault));
    a_november(&trade, other);
    WORLD_OK(other, close_watched(&trade, NULL, &result));
    assert_int_equal(result.open_count, 0);
    struct text all = text_copy(&world->arena, outcome(&trade));
    world_drop(other);
    return all;
}

static void assert_as_undisturbed(struct trade *trade, struct text wanted) {
    assert_string_equal(outcome(trade).at, wanted.at);
    trade_must_be_clean(trade);
}

/* ---- steps ---- */

/* What happens between two transactions of a job. */
struct between {
    struct trade *trade;
    struct db *db; /* another connection */
    int steps;
    int pauses_at; /* 0: never; so also below */
    int dies_at;
    int64_t lines; /* that there were at the last step */
    int64_t most_lines;
    struct text licence;
};

static bool count_steps(void *context) {
    struct between *between = context;
    between->steps++;
    if (between->steps == between->dies_at) {
        raise(SIGKILL);
    }
    return between->steps == between->pauses_at;
}

static int steps_of_a_close(struct world *world) {
    struct world *other = world_empty(world->engine);
    struct trade trade;
    struct close_month_result result;
    struct between between = {0};
    struct job_watch watch = {.wants_pause = count_steps, .context = &between, .limits = ONE_BY_ONE};
    WORLD_OK(other, db_migrate(other->db, &other->fault));
    a_november(&trade, other);
    WORLD_OK(other, close_watched(&trade, &watch, &result));
    world_drop(other);
    assert_in_range(between.steps, 8, STEPS_MAX);
    return between.steps;
}

static void a_close_in_many_transactions_writes_what_one_would(void **state) {
    struct trade trade;
    struct close_month_result result;
    struct between between = {0};
    struct job_watch watch = {.wants_pause = count_steps, .context = &between, .limits = ONE_BY_ONE};
    a_november(&trade, *state);
    WORLD_OK(trade.world, close_watched(&trade, &watch, &result));
    assert_in_range(between.steps, 8, STEPS_MAX);
    assert_int_equal(result.closed_count, 4);
    assert_int_equal(result.open_count, 0);
    assert_true(result.closed[0].credit_note_count + result.closed[1].credit_note_count +
                    result.closed[2].credit_note_count + result.closed[3].credit_note_count >
                0);
    assert_as_undisturbed(&trade, undisturbed(trade.world));
}

static void a_close_that_is_paused_after_any_transaction_goes_on_to_the_same_end(void **state) {
    struct world *world = *state;
    struct text wanted = undisturbed(world);
    int steps = steps_of_a_close(world);
    for (int at = 1; at <= steps; at++) {
        struct world *other = world_empty(world->engine);
        struct trade trade;
        struct close_month_result result = {0};
        struct between between = {.pauses_at = at};
        struct job_watch watch = {.wants_pause = count_steps, .context = &between, .limits = ONE_BY_ONE};
        WORLD_OK(other, db_migrate(other->db, &other->fault));
        a_november(&trade, other);
        WORLD_FAULT(other, "job-paused", close_watched(&trade, &watch, &result));
        assert_int_equal(trade_ask(&trade, "select count(*) from months where state = 'closing'"), 0);
        assert_int_equal(trade_ask(&trade, "select count(*) from jobs where state = 'paused'"), 1);
        trade_must_be_clean(&trade);
        WORLD_OK(other, close_watched(&trade, &(struct job_watch){.limits = ONE_BY_ONE}, &result));
        assert_int_equal(result.closed_count, 4); /* those from before the pause too */
        assert_as_undisturbed(&trade, wanted);
        world_drop(other);
    }
}

/* In a process of its own, which dies between two transactions. */
static void die_in_close(struct trade *trade, int at) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct close_month_result result;
        struct between between = {.dies_at = at};
        struct job_watch watch = {.wants_pause = count_steps, .context = &between, .limits = ONE_BY_ONE};
        trade->call.db = world_reopen(trade->world);
        (void)!close_watched(trade, &watch, &result);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void a_close_that_is_killed_after_any_transaction_goes_on_to_the_same_end(void **state) {
    struct world *world = *state;
    struct text wanted = undisturbed(world);
    int steps = steps_of_a_close(world);
    int with_lines = 0;
    for (int at = 1; at <= steps; at++) {
        struct world *other = world_empty(world->engine);
        struct trade trade;
        struct close_month_result result = {0};
        WORLD_OK(other, db_migrate(other->db, &other->fault));
        a_november(&trade, other);
        die_in_close(&trade, at);
        with_lines +=
            trade_ask(&trade, "select count(*) from invoice_lines l where not exists (select 1 from "
                              "invoices i where i.id = l.invoice_id)") > 0;
        trade_must_be_clean(&trade); /* a job that goes on has left nothing behind */
        WORLD_OK(other, close_watched(&trade, &(struct job_watch){.limits = ONE_BY_ONE}, &result));
        assert_int_equal(result.closed_count, 4);
        assert_as_undisturbed(&trade, wanted);
        world_drop(other);
    }
    assert_true(with_lines >= 3); /* in the middle of a long bill, too */
}

/* The latest one. */
static struct job_view latest_job(struct trade *trade) {
    struct job_page page = {0};
    WORLD_OK(trade->world, list_jobs(&trade->call, (struct page){.limit = 10}, &page, &trade->world->fault));
    assert_true(page.count > 0);
    return page.items[page.count - 1];
}

static void pausing_a_close_that_was_killed_lets_its_months_go(void **state) {
    struct world *world = *state;
    struct text wanted = undisturbed(world);
    struct close_month_result result = {0};
    struct job_view paused;
    struct trade trade;
    a_november(&trade, world);
    die_in_close(&trade, 5);
    assert_true(trade_ask(&trade, "select count(*) from months where state = 'closing'") > 0);
    WORLD_OK(world, pause_job(&trade.call, latest_job(&trade).identifier, &paused, &world->fault));
    assert_true(text_is(paused.state, "paused"));
    assert_int_equal(trade_ask(&trade, "select count(*) from months where state = 'closing'"), 0);
    trade_must_be_clean(&trade);
    WORLD_OK(world, close_watched(&trade, &(struct job_watch){.limits = ONE_BY_ONE}, &result));
    assert_as_undisturbed(&trade, wanted);
}

static void months_that_a_paused_job_still_holds_are_found(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    die_in_close(&trade, 5);
    assert_false(trade_check_finds(&trade, "month-closing"));
    trade_sabotage(&trade, "update jobs set state = 'paused'");
    assert_true(trade_check_finds(&trade, "month-closing"));
}

/* ---- others meanwhile ---- */

/* Another connection writes at once, and sees how much was written since. */
static bool write_between(void *context) {
    struct between *between = context;
    struct call call = between->trade->call;
    struct world *world = between->trade->world;
    struct fault fault;
    struct turn_licence_input input = {.licence = between->licence};
    struct licence_view view;
    call.db = between->db;
    call.depth = 0;
    call.writes = false;
    between->steps++;
    assert_int_equal(between->steps % 2 == 0 ? turn_licence_on(&call, &input, &view, &fault)
                                             : turn_licence_off(&call, &input, &view, &fault),
                     STATUS_OK);
    int64_t lines = 0;
    WORLD_OK(world, db_begin(between->db, DB_READ, &world->fault));
    WORLD_OK(world, db_query_int(between->db, "select count(*) from invoice_lines", DB_NO_ARGS, 0, &lines,
                                 &world->fault));
    db_rollback(between->db);
    if (between->steps > 1 && lines - between->lines > between->most_lines) {
        between->most_lines = lines - between->lines;
    }
    between->lines = lines;
    return false;
}

static void a_writer_waits_for_no_more_than_one_batch_of_a_close(void **state) {
    struct trade trade;
    struct close_month_result result;
    struct world *world = *state;
    struct text wanted = undisturbed(world);
    a_november(&trade, world);
    struct between between = {.trade = &trade, .db = world_reopen(world)};
    struct job_watch watch = {.wants_pause = write_between, .context = &between, .limits = ONE_BY_ONE};
    between.licence = trade_licence(&trade, "P1", "B", "S1", 1);
    trade_on(&trade, between.licence);
    db_set_write_wait(between.db, 0); /* whoever must wait is refused */
    WORLD_OK(world, close_watched(&trade, &watch, &result));
    assert_in_range(between.steps, 8, STEPS_MAX);
    /* Lines of a batch: an edge of up to two, and of a longer bill two, or its credit notes. */
    assert_in_range(between.most_lines, 1, 2);
    assert_int_equal(result.closed_count, 4);
    (void)wanted;
    trade_must_be_clean(&trade);
}

/* Months of other sellers' edges stay as they are, and the seller's own are closed. */
static void a_seller_closes_its_own_edges_by_a_job(void **state) {
    struct trade trade;
    struct close_month_result result;
    a_november(&trade, *state);
    struct close_month_input input = {.month = TEXT("2026-11"), .seller = TEXT("P1")};
    WORLD_OK(trade.world, close_month(&trade.call, &input, &result, &trade.world->fault));
    assert_int_equal(result.closed_count, 2);
    assert_int_equal(latest_job(&trade).edges_total, 2); /* nobody else's are counted */
    assert_int_equal(latest_job(&trade).edges_done, 2);
    assert_int_equal(trade_ask(&trade, "select count(*) from months where state = 'closing'"), 0);
    WORLD_OK(trade.world, close_watched(&trade, NULL, &result));
    assert_int_equal(result.closed_count, 2);
    assert_int_equal(result.already_closed, 2);
    trade_must_be_clean(&trade);
}

static void two_processes_never_run_jobs_at_once(void **state) {
    struct trade trade;
    struct world *world = *state;
    a_november(&trade, world);
    struct call other = trade.call;
    struct jobs_claim mine;
    struct jobs_claim theirs;
    other.db = world_reopen(world);
    WORLD_OK(world, claim_jobs(&trade.call, &mine, &world->fault));
    assert_non_null(mine.db);
    WORLD_OK(world, claim_jobs(&other, &theirs, &world->fault));
    assert_null(theirs.db);
    release_jobs(&mine);
    WORLD_OK(world, await_jobs(&other, &theirs, &world->fault));
    assert_non_null(theirs.db);
    release_jobs(&theirs);
}

static void an_edge_that_cannot_be_billed_thaws(void **state) {
    struct trade trade;
    struct close_month_result result;
    a_november(&trade, *state);
    trade_sabotage(&trade, "update prices set withdrawn_at_us = 1 where seller_id = (select id from accounts "
                           "where code = 'P1') and sku_id = (select max(id) from skus)");
    WORLD_OK(trade.world, close_watched(&trade, NULL, &result));
    assert_int_equal(result.closed_count, 2);
    assert_int_equal(result.open_count, 2);
    assert_string_equal(result.open[0].reason.at, "price-missing");
    assert_int_equal(trade_ask(&trade, "select count(*) from months where state = 'closing'"), 0);
    assert_int_equal(
        trade_ask(&trade, "select count(*) from months where month = 24322 and state <> 'closed'"), 0);
}

static void an_edge_that_has_nothing_to_bill_thaws(void **state) {
    struct trade trade;
    struct close_month_result result;
    a_november(&trade, *state);
    trade_account(&trade, "provider", "P2", "DIST"); /* signed when the month was over */
    WORLD_OK(trade.world, close_watched(&trade, NULL, &result));
    assert_int_equal(trade_ask(&trade, "select count(*) from months where state = 'closing'"), 0);
    assert_int_equal(result.closed_count, 4);
    trade_must_be_clean(&trade);
}

static void lines_without_a_document_are_found_and_issued_ones_stay(void **state) {
    struct trade trade;
    struct world *world = *state;
    a_november(&trade, world);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    int64_t changed = 0;
    struct fault fault;
    assert_int_not_equal(
        db_run(world->db, "delete from invoice_lines where invoice_id = 1", DB_NO_ARGS, &changed, &fault),
        STATUS_OK);
    assert_string_equal(fault.code, "constraint-broken");
    db_rollback(world->db);
    trade_sabotage(
        &trade, "insert into invoice_lines (invoice_id, position, customer_id, sku_id, price_id, policy, "
                "measured_parts, quantity_parts, parts_per_unit, unit_price_millionths, amount_minor, "
                "tax_category, tax_rate_millionths, description, note) values (99, 1, 0, 0, 0, '', 1, 1, 1, "
                "1, 1, 'O', 0, 'left', '')");
    trade_sabotage(&trade, "insert into months (agreement_id, month, state, usage_billing) values (1, 24300, "
                           "'closing', 0)");
    assert_true(trade_check_finds(&trade, "line-orphan"));
    assert_true(trade_check_finds(&trade, "month-closing"));
    trade_sabotage(&trade, "delete from invoice_lines where invoice_id = 99");
}

int main(void) {
    const struct world_test tests[] = {
        WORLD_TEST(a_close_in_many_transactions_writes_what_one_would),
        WORLD_TEST(a_close_that_is_paused_after_any_transaction_goes_on_to_the_same_end),
        WORLD_TEST(a_close_that_is_killed_after_any_transaction_goes_on_to_the_same_end),
        WORLD_TEST(pausing_a_close_that_was_killed_lets_its_months_go),
        WORLD_TEST(months_that_a_paused_job_still_holds_are_found),
        WORLD_TEST(a_writer_waits_for_no_more_than_one_batch_of_a_close),
        WORLD_TEST(a_seller_closes_its_own_edges_by_a_job),
        WORLD_TEST(two_processes_never_run_jobs_at_once),
        WORLD_TEST(an_edge_that_cannot_be_billed_thaws),
        WORLD_TEST(an_edge_that_has_nothing_to_bill_thaws),
        WORLD_TEST(lines_without_a_document_are_found_and_issued_ones_stay),
    };
    return world_run_tests("jobs", tests, sizeof(tests) / sizeof(tests[0]));
}
