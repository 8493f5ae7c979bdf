/* Usage reports: filled in from the meter, adjusted, submitted, decided; and what they freeze. */
#include "channel.h"

#include "core/time/date.h"
#include "programme/licensing/turn_licence.h"
#include "programme/usage/decide_report.h"
#include "store/billing/months.h"
#include "store/billing/reports.h"
#include "store/catalogue/prices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct report_name NOVEMBER_P1 = {.provider = {"P1", 2}, .month = {"2026-11", 7}};

static enum status change(struct world *world, struct text licence, const char *at, int64_t seats) {
    struct call call = world_call(world);
    struct licence_view info;
    struct turn_licence_input input = {.licence = licence, .at = text_of(at), .seats = seats};
    if (seats > 0) {
        return resize_licence(&call, &input, &info, &world->fault);
    }
    return licence_of(world, licence).licence.state == LICENCE_ON
               ? turn_licence_off(&call, &input, &info, &world->fault)
               : turn_licence_on(&call, &input, &info, &world->fault);
}

/* C1 has 5 seats of OFFICE on from the 3rd to the 20th, 8 in between; C2 has 3 of MAIL that were never on. */
static struct text november(struct world *world) {
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 50);
    struct text licence = a_licence(world, block, "C1", 5);
    a_licence(world, a_block_of(world, "P1", "MAIL", 50), "C2", 3);
    WORLD_OK(world, change(world, licence, "2026-11-03", 0));
    WORLD_OK(world, change(world, licence, "2026-11-10", 8));
    WORLD_OK(world, change(world, licence, "2026-11-12", 5));
    WORLD_OK(world, change(world, licence, "2026-11-20", 0));
    return licence;
}

/* A price of 2.50 on the edge DIST to P1 since the beginning of the year. */
static void a_price_by(struct world *world, enum metering_policy policy) {
    static const char SQL[] = "select id from skus where code = 'OFFICE'";
    struct price_tier tier = {1, 2500000};
    struct price price = {.sku_id = ask(world, SQL),
                          .effective_from = date_of(2026, 1, 1),
                          .policy = policy,
                          .mode = TIER_FLAT,
                          .tier_count = 1,
                          .tiers = &tier};
    struct price_edge edge = {.seller_id = account_id_of(world, "DIST"),
                              .buyer_id = account_id_of(world, "P1"),
                              .currency = TEXT("USD"),
                              .created_at_us = world->now_us};
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, price_insert(world->db, &price, &edge, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static struct report_detail shown(struct world *world, struct report_name name) {
    struct call call = world_call(world);
    struct report_detail detail;
    WORLD_OK(world, show_report(&call, &name, &detail, &world->fault));
    return detail;
}

typedef enum status deciding(struct call *call, const struct decide_report_input *input,
                             struct report_detail *out, struct fault *fault);

static enum status decide(struct world *world, const char *who, deciding *decide_it, const char *reason) {
    struct call call = call_of(world, who);
    struct report_detail detail;
    struct decide_report_input input = {.name = NOVEMBER_P1, .reason = text_of(reason)};
    return decide_it(&call, &input, &detail, &world->fault);
}

static enum status adjust(struct world *world, const char *who, const char *customer, const char *sku,
                          int64_t units, const char *reason) {
    struct call call = call_of(world, who);
    struct report_detail detail;
    struct adjust_report_input input = {.name = NOVEMBER_P1,
                                        .customer = text_of(customer),
                                        .sku = text_of(sku),
                                        .units = units,
                                        .reason = text_of(reason)};
    return adjust_report(&call, &input, &detail, &world->fault);
}

static void a_draft_is_filled_in_from_the_meter(void **state) {
    struct world *world = *state;
    november(world);
    struct report_detail detail = shown(world, NOVEMBER_P1);
    assert_int_equal(detail.report.state, REPORT_DRAFT);
    assert_int_equal(detail.version, 0);
    assert_true(text_is(detail.report.seller_code, "DIST"));
    assert_int_equal(detail.report.row_count, 2);
    const struct usage_report_row *office = &detail.report.rows[0];
    assert_true(text_is(office->customer_code, "C1"));
    assert_true(text_is(office->sku, "OFFICE"));
    assert_int_equal(office->provisioned_units, 8);
    assert_false(office->has_used);
    assert_int_equal(office->measured.parts, 8);
    assert_int_equal(office->chargeable.parts, 8);
    assert_int_equal(office->policy.length, 0);
    const struct usage_report_row *mail = &detail.report.rows[1];
    assert_int_equal(mail->provisioned_units, 3);
    assert_int_equal(mail->measured.parts, 0);
}

static void the_edges_own_policy_measures(void **state) {
    struct world *world = *state;
    november(world);
    a_price_by(world, POLICY_DAILY);
    struct report_detail detail = shown(world, NOVEMBER_P1);
    assert_true(text_is(detail.report.rows[0].policy, "daily"));
    assert_int_equal(detail.report.rows[0].measured.parts_per_unit, 30);
    /* Seven days of 5 from the 3rd, two of 8 from the 10th, eight of 5 from the 12th. */
    assert_int_equal(detail.report.rows[0].measured.parts, 7 * 5 + 2 * 8 + 8 * 5);
}

static void retired_licences_count_in_the_month_they_were_there_and_not_later(void **state) {
    struct world *world = *state;
    november(world);
    it_is(world, "2026-12-15T00:00:00Z");
    struct report_name december = {.provider = TEXT("P1"), .month = TEXT("2026-12")};
    assert_int_equal(shown(world, december).report.row_count, 2);
    assert_int_equal(shown(world, december).report.rows[0].provisioned_units, 5);
    terminate(world, "P1", "C1");
    assert_int_equal(shown(world, NOVEMBER_P1).report.rows[0].provisioned_units, 8);
    it_is(world, "2027-01-15T00:00:00Z");
    struct report_name january = {.provider = TEXT("P1"), .month = TEXT("2027-01")};
    assert_int_equal(shown(world, january).report.row_count, 1);
}

static void a_bundle_is_reported_by_its_parts_above_its_composer_and_whole_below(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text suite = a_licence(world, a_block_of(world, "P3", "SUITE", 9), "C4", 2);
    struct text pack = a_licence(world, a_block_of(world, "P1", "PACK", 9), "C1", 2);
    turn_on(world, suite);
    turn_on(world, pack);
    struct report_name sub = {.provider = TEXT("SUB"), .month = TEXT("2026-11")};
    struct report_name p3 = {.provider = TEXT("P3"), .month = TEXT("2026-11")};
    assert_int_equal(shown(world, sub).report.row_count, 1);
    assert_true(text_is(shown(world, sub).report.rows[0].sku, "SUITE"));
    assert_true(text_is(shown(world, p3).report.rows[0].sku, "SUITE"));
    struct report_detail p1 = shown(world, NOVEMBER_P1);
    assert_int_equal(p1.report.row_count, 2);
    assert_true(text_is(p1.report.rows[0].sku, "BACKUP"));
    assert_int_equal(p1.report.rows[0].measured.parts, 2);
    assert_true(text_is(p1.report.rows[1].sku, "MAIL"));
    assert_int_equal(p1.report.rows[1].measured.parts, 4);
}

static void a_report_is_submitted_once_the_month_has_ended_and_approved_by_the_seller(void **state) {
    struct world *world = *state;
    november(world);
    WORLD_FAULT(world, "month-not-ended", decide(world, "P1", submit_report, ""));
    it_is(world, "2026-12-01T00:00:00Z");
    WORLD_FAULT(world, "wrong-state", decide(world, "DIST", approve_report, ""));
    WORLD_OK(world, decide(world, "P1", submit_report, ""));
    WORLD_FAULT(world, "wrong-state", decide(world, "P1", submit_report, ""));
    WORLD_FAULT(world, "not-yours", decide(world, "P1", approve_report, ""));
    WORLD_OK(world, decide(world, "DIST", approve_report, ""));
    struct report_detail detail = shown(world, NOVEMBER_P1);
    assert_int_equal(detail.report.state, REPORT_APPROVED);
    assert_true(detail.report.submitted_by.length > 0);
    assert_true(detail.submitted_at_us == world->now_us);
    assert_int_equal(ask(world, "select count(*) from months where state = 'reporting'"), 1);
    WORLD_FAULT(world, "wrong-state", adjust(world, "P1", "C1", "OFFICE", 4, "late"));
}

static void only_the_buyer_adjusts_and_needs_a_reason(void **state) {
    struct world *world = *state;
    november(world);
    WORLD_FAULT(world, "not-yours", adjust(world, "DIST", "C1", "OFFICE", 4, "test seats"));
    WORLD_FAULT(world, "unknown-account", adjust(world, "P2", "C1", "OFFICE", 4, "test seats"));
    WORLD_FAULT(world, "missing-field", adjust(world, "P1", "C1", "OFFICE", 4, "  "));
    WORLD_FAULT(world, "units-out-of-range", adjust(world, "P1", "C1", "OFFICE", -1, "test seats"));
    WORLD_FAULT(world, "not-in-report", adjust(world, "P1", "C1", "MAIL", 4, "test seats"));
    WORLD_FAULT(world, "not-in-report", adjust(world, "P1", "C3", "OFFICE", 4, "test seats"));
    assert_int_equal(ask(world, "select count(*) from reports"), 0);
    WORLD_OK(world, adjust(world, "P1", "C1", "OFFICE", 4, "test seats"));
    WORLD_OK(world, adjust(world, "P1", "C1", "OFFICE", 6, "fewer test seats"));
    struct report_detail detail = shown(world, NOVEMBER_P1);
    assert_true(detail.report.rows[0].has_adjustment);
    assert_int_equal(detail.report.rows[0].adjusted_units, 6);
    assert_int_equal(detail.report.rows[0].measured.parts, 8);
    assert_int_equal(detail.report.rows[0].chargeable.parts, 6);
    assert_true(text_is(detail.report.rows[0].reason, "fewer test seats"));
}

static void an_adjustment_is_withdrawn_and_a_stale_one_refused(void **state) {
    struct world *world = *state;
    november(world);
    WORLD_OK(world, adjust(world, "P1", "C1", "OFFICE", 4, "test seats"));
    struct call call = call_of(world, "P1");
    struct report_detail detail;
    struct adjust_report_input input = {.name = NOVEMBER_P1,
                                        .customer = TEXT("C1"),
                                        .sku = TEXT("OFFICE"),
                                        .withdraw = true,
                                        .if_version = 7};
    WORLD_FAULT(world, "stale", adjust_report(&call, &input, &detail, &world->fault));
    input.if_version = 1;
    WORLD_OK(world, adjust_report(&call, &input, &detail, &world->fault));
    assert_false(detail.report.rows[0].has_adjustment);
    input.if_version = 0;
    WORLD_FAULT(world, "not-adjusted", adjust_report(&call, &input, &detail, &world->fault));
}

static void a_rejected_report_is_adjusted_and_submitted_again(void **state) {
    struct world *world = *state;
    november(world);
    it_is(world, "2026-12-02T00:00:00Z");
    WORLD_OK(world, decide(world, "P1", submit_report, ""));
    WORLD_FAULT(world, "missing-field", decide(world, "DIST", reject_report, ""));
    WORLD_OK(world, decide(world, "DIST", reject_report, "C1 told us otherwise"));
    struct report_detail detail = shown(world, NOVEMBER_P1);
    assert_int_equal(detail.report.state, REPORT_REJECTED);
    assert_true(text_is(detail.report.rejection_reason, "C1 told us otherwise"));
    WORLD_OK(world, adjust(world, "P1", "C1", "OFFICE", 7, "one was a test"));
    assert_int_equal(shown(world, NOVEMBER_P1).report.state, REPORT_DRAFT);
    WORLD_OK(world, decide(world, "P1", submit_report, ""));
    WORLD_OK(world, decide(world, "DIST", approve_report, ""));
    assert_int_equal(shown(world, NOVEMBER_P1).report.rows[0].chargeable.parts, 7);
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    int64_t *agreements = NULL;
    struct report_adjustment *adjustments = NULL;
    size_t count = 0;
    WORLD_OK(world, report_adjustments_of_month(world->db, &world->arena, NULL, month_of(2026, 11),
                                                &agreements, &adjustments, &count, &world->fault));
    db_rollback(world->db);
    assert_int_equal(count, 1);
    assert_int_equal(adjustments[0].units, 7);
}

static void a_submitted_month_takes_no_events_until_it_is_rejected(void **state) {
    struct world *world = *state;
    struct text licence = november(world);
    it_is(world, "2026-12-02T00:00:00Z");
    WORLD_OK(world, decide(world, "P1", submit_report, ""));
    WORLD_FAULT(world, "month-reported", change(world, licence, "2026-11-25", 0));
    WORLD_FAULT(world, "month-reported", change(world, licence, "2026-11-30T23:59:59.999999", 0));
    WORLD_OK(world, decide(world, "DIST", reject_report, "no"));
    WORLD_OK(world, change(world, licence, "2026-11-25", 0));
    WORLD_OK(world, decide(world, "P1", submit_report, ""));
    WORLD_OK(world, change(world, licence, "2026-12-01", 0));
    struct text others = a_licence(world, a_block_of(world, "P2", "OFFICE", 5), "C3", 5);
    WORLD_OK(world, change(world, others, "2026-11-25", 0)); /* another path */
}

static void a_closed_month_on_any_edge_of_the_path_takes_no_events(void **state) {
    struct world *world = *state;
    struct text licence = november(world);
    it_is(world, "2026-12-02T00:00:00Z");
    int64_t edge = ask(world, "select g.id from agreements g join accounts v on v.id = g.seller_id "
                              "where v.code = 'ACME'");
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, month_state_save(world->db, edge, month_of(2026, 11), MONTH_CLOSED, world->now_us,
                                     &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_FAULT(world, "month-closed", change(world, licence, "2026-11-25", 0));
    WORLD_FAULT(world, "month-closed", change(world, licence, "2026-11-21", 0));
    struct text backup = a_licence(world, a_block_of(world, "P1", "BACKUP", 5), "C1", 5);
    WORLD_OK(world, change(world, backup, "2026-11-25", 0)); /* another vendor's */
    struct text suite = a_licence(world, a_block_of(world, "P1", "SUITE", 5), "C1", 5);
    WORLD_FAULT(world, "month-closed", change(world, suite, "2026-11-25", 0)); /* a part of it is ACME's */
    WORLD_OK(world, change(world, suite, "2026-12-01", 0));
}

static void past_the_deadline_the_system_approves_what_it_measured(void **state) {
    struct world *world = *state;
    november(world);
    WORLD_OK(world, adjust(world, "P1", "C1", "OFFICE", 0, "I would rather not pay"));
    struct call call = world_call(world);
    int64_t count = -1;
    it_is(world, "2026-12-05T23:59:59Z");
    call.now_us = world->now_us;
    WORLD_OK(world, submit_overdue_reports(&call, month_of(2026, 11), 0, &count, &world->fault));
    assert_int_equal(count, 0);
    it_is(world, "2026-12-06T00:00:00Z");
    call.now_us = world->now_us;
    WORLD_OK(world, submit_overdue_reports(&call, month_of(2026, 11), 0, &count, &world->fault));
    assert_int_equal(count, 4); /* P1, P2, SUB, P3 */
    assert_int_equal(call.actor.kind, ACTOR_OPERATOR);
    struct report_detail detail = shown(world, NOVEMBER_P1);
    assert_int_equal(detail.report.state, REPORT_APPROVED);
    assert_true(text_is(detail.report.submitted_by, "system"));
    assert_true(text_is(detail.report.decided_by, "system"));
    assert_false(detail.report.rows[0].has_adjustment);
    assert_int_equal(detail.report.due_on.day, date_of(2026, 12, 5).day);
    WORLD_OK(world, submit_overdue_reports(&call, month_of(2026, 11), 0, &count, &world->fault));
    assert_int_equal(count, 0);
}

static void adjustments_that_were_submitted_in_time_wait_for_the_seller_past_the_deadline(void **state) {
    struct world *world = *state;
    november(world);
    int64_t count = -1;
    WORLD_OK(world, adjust(world, "P1", "C1", "OFFICE", 6, "two were a test"));
    it_is(world, "2026-12-02T00:00:00Z");
    WORLD_OK(world, decide(world, "P1", submit_report, ""));
    it_is(world, "2027-02-01T00:00:00Z");
    struct call call = world_call(world);
    WORLD_OK(world, submit_overdue_reports(&call, month_of(2026, 11), 0, &count, &world->fault));
    assert_int_equal(count, 3); /* P2, SUB, P3 */
    struct report_detail detail = shown(world, NOVEMBER_P1);
    assert_int_equal(detail.report.state, REPORT_SUBMITTED);
    assert_true(detail.report.rows[0].has_adjustment);
    WORLD_OK(world, decide(world, "DIST", approve_report, ""));
    assert_int_equal(shown(world, NOVEMBER_P1).report.rows[0].chargeable.parts, 6);
}

static void adjustments_that_were_rejected_are_dropped_past_the_deadline(void **state) {
    struct world *world = *state;
    november(world);
    int64_t count = -1;
    WORLD_OK(world, adjust(world, "P1", "C1", "OFFICE", 6, "two were a test"));
    it_is(world, "2026-12-02T00:00:00Z");
    WORLD_OK(world, decide(world, "P1", submit_report, ""));
    WORLD_OK(world, decide(world, "DIST", reject_report, "they were not"));
    it_is(world, "2026-12-06T00:00:00Z");
    struct call call = world_call(world);
    WORLD_OK(world, submit_overdue_reports(&call, month_of(2026, 11), 0, &count, &world->fault));
    struct report_detail detail = shown(world, NOVEMBER_P1);
    assert_int_equal(detail.report.state, REPORT_APPROVED);
    assert_false(detail.report.rows[0].has_adjustment);
}

/* C1 had a licence on in September already, and P1's agreement was signed on 24 November. */
static void a_september(struct world *world) {
    november(world);
    struct text early = a_licence(world, a_block_of(world, "P1", "BACKUP", 5), "C1", 5);
    WORLD_OK(world, change(world, early, "2026-09-01", 0));
}

static const struct report_name SEPTEMBER_P1 = {.provider = {"P1", 2}, .month = {"2026-09", 7}};

static void a_month_before_the_signature_has_its_deadline_counted_from_that(void **state) {
    struct world *world = *state;
    a_september(world);
    struct call buyer = call_of(world, "P1");
    struct report_detail detail;
    int64_t count = -1;
    struct adjust_report_input input = {.name = SEPTEMBER_P1,
                                        .customer = TEXT("C1"),
                                        .sku = TEXT("BACKUP"),
                                        .units = 4,
                                        .reason = TEXT("one was a test")};
    WORLD_OK(world, adjust_report(&buyer, &input, &detail, &world->fault));
    assert_int_equal(detail.report.due_on.day, date_of(2026, 11, 29).day);
    struct call call = world_call(world);
    WORLD_OK(world, submit_overdue_reports(&call, month_of(2026, 9), 0, &count, &world->fault));
    assert_int_equal(count, 0);
    it_is(world, "2026-11-30T00:00:00Z");
    call.now_us = world->now_us;
    WORLD_OK(world, submit_overdue_reports(&call, month_of(2026, 9), 0, &count, &world->fault));
    assert_int_equal(count, 1); /* nobody has touched the others' */
    assert_int_equal(shown(world, SEPTEMBER_P1).report.state, REPORT_APPROVED);
}

static void a_month_before_the_signature_that_was_touched_for_nothing_is_approved_at_once(void **state) {
    struct world *world = *state;
    a_september(world);
    struct call buyer = call_of(world, "P1");
    struct report_detail detail;
    int64_t count = -1;
    struct adjust_report_input input = {.name = SEPTEMBER_P1,
                                        .customer = TEXT("C1"),
                                        .sku = TEXT("BACKUP"),
                                        .units = 4,
                                        .reason = TEXT("one was a test")};
    WORLD_OK(world, adjust_report(&buyer, &input, &detail, &world->fault));
    input.withdraw = true;
    WORLD_OK(world, adjust_report(&buyer, &input, &detail, &world->fault));
    struct call call = world_call(world);
    WORLD_OK(world, submit_overdue_reports(&call, month_of(2026, 9), 0, &count, &world->fault));
    assert_int_equal(count, 1);
}

/* Nobody was a provider then: nothing is reported, so that events can still be dated into the month. */
static void a_month_before_the_signature_that_nobody_touched_is_never_overdue(void **state) {
    struct world *world = *state;
    november(world);
    struct call call = world_call(world);
    int64_t count = -1;
    it_is(world, "2026-12-10T00:00:00Z");
    call.now_us = world->now_us;
    WORLD_OK(world, submit_overdue_reports(&call, month_of(2026, 9), 0, &count, &world->fault));
    assert_int_equal(count, 0);
    assert_int_equal(ask(world, "select count(*) from reports"), 0);
}

static void a_report_is_its_two_parties_alone(void **state) {
    struct world *world = *state;
    november(world);
    struct report_detail detail;
    struct report_name sub = {.provider = TEXT("SUB"), .month = TEXT("2026-11")};
    struct report_name p3 = {.provider = TEXT("P3"), .month = TEXT("2026-11")};
    struct call dist = call_of(world, "DIST");
    WORLD_OK(world, show_report(&dist, &sub, &detail, &world->fault));
    WORLD_FAULT(world, "unknown-report", show_report(&dist, &p3, &detail, &world->fault));
    struct call other = call_of(world, "P2");
    WORLD_FAULT(world, "unknown-account", show_report(&other, &NOVEMBER_P1, &detail, &world->fault));
    struct call own = call_of(world, "P1");
    WORLD_OK(world,
             show_report(&own, &(struct report_name){.month = TEXT("2026-11")}, &detail, &world->fault));
    struct report_name customers = {.provider = TEXT("C1"), .month = TEXT("2026-11")};
    WORLD_FAULT(world, "unknown-report", show_report(&own, &customers, &detail, &world->fault));
    struct report_name future = {.provider = TEXT("P1"), .month = TEXT("2027-02")};
    WORLD_FAULT(world, "month-in-future", show_report(&own, &future, &detail, &world->fault));
    struct report_name malformed = {.provider = TEXT("P1"), .month = TEXT("November")};
    WORLD_FAULT(world, "malformed-month", show_report(&own, &malformed, &detail, &world->fault));
}

static size_t listed(struct world *world, const char *who, struct list_reports_input input) {
    struct call call = call_of(world, who);
    struct report_page page;
    WORLD_OK(world, list_reports(&call, &input, &page, &world->fault));
    return page.count;
}

static void reports_are_listed_to_their_parties(void **state) {
    struct world *world = *state;
    november(world);
    it_is(world, "2026-12-02T00:00:00Z");
    WORLD_OK(world, decide(world, "P1", submit_report, ""));
    it_is(world, "2026-12-10T00:00:00Z");
    struct call call = world_call(world);
    int64_t count = 0;
    WORLD_OK(world, submit_overdue_reports(&call, month_of(2026, 11), 0, &count, &world->fault));
    assert_int_equal(listed(world, "DIST", (struct list_reports_input){0}), 3);
    assert_int_equal(listed(world, "SUB", (struct list_reports_input){0}), 2);
    assert_int_equal(listed(world, "P1", (struct list_reports_input){0}), 1);
    assert_int_equal(listed(world, "C1", (struct list_reports_input){0}), 0);
    assert_int_equal(listed(world, "DIST", (struct list_reports_input){.provider = TEXT("P2")}), 1);
    assert_int_equal(listed(world, "DIST", (struct list_reports_input){.month = TEXT("2026-10")}), 0);
    assert_int_equal(listed(world, "DIST", (struct list_reports_input){.state = TEXT("approved")}), 3);
    struct report_page page;
    struct list_reports_input input = {.provider = TEXT("P1")};
    WORLD_OK(world, list_reports(&call, &input, &page, &world->fault));
    struct report_detail detail;
    struct report_name by_identifier = {.report = page.items[0].identifier};
    WORLD_OK(world, show_report(&call, &by_identifier, &detail, &world->fault));
    assert_true(text_is(detail.report.provider_code, "P1"));
    struct call other = call_of(world, "P2");
    WORLD_FAULT(world, "unknown-report", show_report(&other, &by_identifier, &detail, &world->fault));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_draft_is_filled_in_from_the_meter),
        WORLD_TEST(the_edges_own_policy_measures),
        WORLD_TEST(retired_licences_count_in_the_month_they_were_there_and_not_later),
        WORLD_TEST(a_bundle_is_reported_by_its_parts_above_its_composer_and_whole_below),
        WORLD_TEST(a_report_is_submitted_once_the_month_has_ended_and_approved_by_the_seller),
        WORLD_TEST(only_the_buyer_adjusts_and_needs_a_reason),
        WORLD_TEST(an_adjustment_is_withdrawn_and_a_stale_one_refused),
        WORLD_TEST(a_rejected_report_is_adjusted_and_submitted_again),
        WORLD_TEST(a_submitted_month_takes_no_events_until_it_is_rejected),
        WORLD_TEST(a_closed_month_on_any_edge_of_the_path_takes_no_events),
        WORLD_TEST(past_the_deadline_the_system_approves_what_it_measured),
        WORLD_TEST(adjustments_that_were_submitted_in_time_wait_for_the_seller_past_the_deadline),
        WORLD_TEST(adjustments_that_were_rejected_are_dropped_past_the_deadline),
        WORLD_TEST(a_month_before_the_signature_has_its_deadline_counted_from_that),
        WORLD_TEST(a_month_before_the_signature_that_was_touched_for_nothing_is_approved_at_once),
        WORLD_TEST(a_month_before_the_signature_that_nobody_touched_is_never_overdue),
        WORLD_TEST(a_report_is_its_two_parties_alone),
        WORLD_TEST(reports_are_listed_to_their_parties),
    };
    return world_run_tests("reports", tests, sizeof tests / sizeof tests[0]);
}
