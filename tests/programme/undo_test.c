/* Undo: taking changes of a licence back, what is metered thereafter, and when it is too late. */
#include "channel.h"
#include "computer.h"
#include "trade.h"

#include "programme/audit/audit_store.h"
#include "programme/licensing/turn_licence.h"
#include "programme/licensing/undo_licence.h"
#include "programme/usage/decide_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define MINUTE_US (INT64_C(60) * 1000000)

static enum status undo_as(struct world *world, struct call call, struct text licence, int64_t changes,
                           struct undone_licence *out) {
    struct undo_licence_input input = {.licence = licence, .changes = changes};
    return undo_licence(&call, &input, out, &world->fault);
}

static enum status undo(struct world *world, struct text licence, int64_t changes) {
    struct undone_licence out;
    return undo_as(world, world_call(world), licence, changes, &out);
}

static void resize(struct world *world, struct text licence, int64_t seats) {
    struct call call = world_call(world);
    struct licence_view view;
    struct turn_licence_input input = {.licence = licence, .seats = seats};
    WORLD_OK(world, resize_licence(&call, &input, &view, &world->fault));
}

static enum status customer_undo(struct world *world, const char *customer, struct undone_customer *out) {
    struct call call = world_call(world);
    return undo_customer_off(&call, text_of(customer), out, &world->fault);
}

static int64_t customer_off(struct world *world, const char *customer) {
    struct call call = world_call(world);
    struct turn_customer_off_input input = {.customer = text_of(customer)};
    int64_t turned = 0;
    WORLD_OK(world, turn_off_customer(&call, &input, &turned, &world->fault));
    return turned;
}

static void a_minute_passes(struct world *world) {
    world->now_us += MINUTE_US;
}

static void check_finds_nothing(struct world *world) {
    struct call call = world_call(world);
    struct audit_store_result result;
    WORLD_OK(world, audit_store(&call, &result, &world->fault));
    for (size_t i = 0; i < result.count; i++) {
        print_error("%s: %s %s\n", result.violations[i].rule.at, result.violations[i].subject.at,
                    result.violations[i].message.at);
    }
    assert_int_equal(result.violation_total, 0);
}

static struct licence_event_view event_of(struct world *world, struct text licence, size_t index) {
    struct call call = world_call(world);
    struct licence_event_page page;
    WORLD_OK(world, list_licence_events(&call, licence, (struct page){.limit = 100}, &page, &world->fault));
    assert_true(index < page.count);
    return page.items[index];
}

/* ---- one licence ---- */

static void what_was_turned_on_by_mistake_was_never_on(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 7);
    a_minute_passes(world);
    WORLD_OK(world, undo(world, licence, 1));
    struct licence_view view = licence_of(world, licence).licence;
    assert_int_equal(view.state, LICENCE_ISSUED);
    assert_int_equal(view.counted_seats, 0);
    assert_true(view.first_on_at_us == 0 && view.last_event_at_us == 0);
    assert_int_equal(event_of(world, licence, 0).voided_by, 2);
    struct licence_event_view undone = event_of(world, licence, 1);
    assert_int_equal(undone.event.kind, EVENT_UNDO);
    assert_int_equal(undone.event.seats_before, 7);
    assert_int_equal(undone.event.seats_after, 0);
    assert_int_equal(undone.voided_by, 0);
    check_finds_nothing(world);
    turn_on(world, licence);
    assert_int_equal(licence_of(world, licence).licence.counted_seats, 7);
    check_finds_nothing(world);
}

static void an_undo_of_off_leaves_the_licence_on_as_if_without_a_break(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 7);
    int64_t on_at_us = world->now_us;
    a_minute_passes(world);
    turn_off(world, licence);
    WORLD_OK(world, undo(world, licence, 1));
    struct licence_view view = licence_of(world, licence).licence;
    assert_int_equal(view.state, LICENCE_ON);
    assert_int_equal(view.counted_seats, 7);
    assert_true(view.first_on_at_us == on_at_us && view.last_event_at_us == on_at_us);
    check_finds_nothing(world);
}

static void several_changes_are_undone_at_once_and_the_block_follows(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 20);
    struct text licence = a_licence(world, block, "C1", 5);
    turn_on(world, licence);
    resize(world, licence, 12);
    turn_off(world, licence);
    resize(world, licence, 3); /* while it is off */
    assert_int_equal(block_of(world, block).issued_seats, 3);
    WORLD_OK(world, undo(world, licence, 1));
    assert_int_equal(licence_of(world, licence).licence.seats, 12);
    assert_int_equal(licence_of(world, licence).licence.state, LICENCE_OFF);
    assert_int_equal(block_of(world, block).issued_seats, 12);
    WORLD_OK(world, undo(world, licence, 2)); /* the off and the 12 seats */
    assert_int_equal(licence_of(world, licence).licence.counted_seats, 5);
    assert_int_equal(block_of(world, block).issued_seats, 5);
    WORLD_FAULT(world, "nothing-to-undo", undo(world, licence, 2));
    WORLD_FAULT(world, "changes-out-of-range", undo(world, licence, -1));
    check_finds_nothing(world);
}

static void seats_that_others_have_meanwhile_do_not_come_back_by_an_undo(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 10);
    struct text licence = a_licence(world, block, "C1", 10);
    turn_on(world, licence);
    resize(world, licence, 4);
    a_licence(world, block, "C2", 6);
    WORLD_FAULT(world, "seats-beyond-block", undo(world, licence, 1));
    assert_int_equal(licence_of(world, licence).licence.counted_seats, 4);
    check_finds_nothing(world);
}

static void the_window_ends_what_can_be_undone_and_the_operator_sets_it(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 7);
    struct call call = world_call(world);
    struct call provider = call_of(world, "P1");
    world->now_us += 15 * MINUTE_US;
    turn_off(world, licence);
    WORLD_FAULT(world, "minutes-out-of-range", set_undo_window(&call, 1441, &world->fault));
    WORLD_FAULT(world, "operator-only", set_undo_window(&provider, 60, &world->fault));
    world->now_us += MINUTE_US;
    WORLD_FAULT(world, "undo-too-late", undo(world, licence, 2));
    WORLD_OK(world, set_undo_window(&call, 0, &world->fault));
    WORLD_FAULT(world, "undo-forbidden", undo(world, licence, 1));
    WORLD_OK(world, set_undo_window(&call, 16, &world->fault));
    WORLD_OK(world, undo(world, licence, 2));
    assert_int_equal(licence_of(world, licence).licence.state, LICENCE_ISSUED);
    check_finds_nothing(world);
}

static void an_undo_does_not_reach_behind_what_an_agreement_did(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 7);
    suspend(world, "DIST", "P1");
    WORLD_FAULT(world, "undo-after-agreement", undo(world, licence, 1));
    turn_off(world, licence);
    WORLD_OK(world, undo(world, licence, 1)); /* a fall can always be undone */
    assert_int_equal(licence_of(world, licence).licence.state, LICENCE_ON);
    assert_int_equal(licence_of(world, licence).licence.counted_seats, 0);
    resume(world, "DIST", "P1");
    assert_int_equal(licence_of(world, licence).licence.counted_seats, 7);
    WORLD_FAULT(world, "undo-after-agreement", undo(world, licence, 3));
    check_finds_nothing(world);
}

static void a_bundle_is_undone_with_its_parts(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "PACK", 9), "C1", 3);
    turn_on(world, licence);
    resize(world, licence, 5);
    WORLD_OK(world, undo(world, licence, 1));
    struct licence_detail detail = licence_of(world, licence);
    for (size_t i = 0; i < detail.part_count; i++) {
        assert_int_equal(detail.parts[i].counted_seats, text_is(detail.parts[i].sku_code, "MAIL") ? 6 : 3);
        WORLD_FAULT(world, "part-of-bundle", undo(world, detail.parts[i].identifier, 1));
    }
    WORLD_OK(world, undo(world, licence, 1));
    assert_int_equal(licence_of(world, licence).parts[0].state, LICENCE_ISSUED);
    check_finds_nothing(world);
}

static void what_is_retired_stays_retired(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 3);
    struct call call = world_call(world);
    struct licence_view view;
    struct turn_licence_input input = {.licence = licence};
    WORLD_OK(world, retire_licence(&call, &input, &view, &world->fault));
    WORLD_FAULT(world, "wrong-state", undo(world, licence, 1));
}

static void the_provider_alone_undoes(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 3);
    struct undone_licence out;
    WORLD_FAULT(world, "not-yours", undo_as(world, call_of(world, "DIST"), licence, 1, &out));
    WORLD_FAULT(world, "unknown-licence", undo_as(world, call_of(world, "P2"), licence, 1, &out));
    WORLD_OK(world, undo_as(world, call_of(world, "P1"), licence, 1, &out));
    assert_int_equal(out.undone, 1);
}

/* ---- what was used ---- */

static void a_rise_under_which_a_device_was_activated_is_off_from_now_on(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    const struct computer machine = a_machine("one");
    a_minute_passes(world);
    activate(world, &machine, licence);
    a_minute_passes(world);
    struct undone_licence out;
    WORLD_OK(world, undo_as(world, world_call(world), licence, 1, &out));
    assert_true(text_is(out.instead, "off"));
    assert_int_equal(out.undone, 0);
    assert_int_equal(out.licence.state, LICENCE_OFF);
    assert_int_equal(ask(world, "select count(*) from voided_events"), 0);
    WORLD_FAULT(world, "undo-used", undo(world, licence, 2));
    WORLD_OK(world, undo(world, licence, 1)); /* the off is a fall */
    assert_int_equal(licence_of(world, licence).licence.state, LICENCE_ON);
    check_finds_nothing(world);
}

static void more_seats_are_undone_unless_a_device_has_one_of_them(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "OFFICE", 9), "C1", 1);
    turn_on(world, licence);
    const struct computer first = a_machine("one");
    const struct computer second = a_machine("two");
    activate(world, &first, licence);
    a_minute_passes(world);
    resize(world, licence, 5);
    WORLD_OK(world, undo(world, licence, 1)); /* the device's seat was there before */
    assert_int_equal(licence_of(world, licence).licence.counted_seats, 1);
    resize(world, licence, 5);
    activate(world, &second, licence);
    struct undone_licence out;
    WORLD_OK(world, undo_as(world, world_call(world), licence, 1, &out));
    assert_true(text_is(out.instead, "seats"));
    assert_int_equal(out.licence.counted_seats, 1);
    assert_int_equal(ask(world, "select count(*) from licence_events where kind = 3"), 3);
    check_finds_nothing(world);
}

static void a_device_that_was_released_meanwhile_used_the_rise(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    const struct computer machine = a_machine("one");
    struct activation activation = activate(world, &machine, licence);
    struct released_device released;
    WORLD_OK(world, release(world, call_of(world, "P1"), activation.device.id, &released));
    struct undone_licence out;
    WORLD_OK(world, undo_as(world, world_call(world), licence, 1, &out));
    assert_true(text_is(out.instead, "off"));
}

/* ---- a customer ---- */

static void a_drop_out_is_undone_for_exactly_what_it_turned_off(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 50);
    struct text first = a_licence(world, block, "C1", 5);
    struct text second = a_licence(world, block, "C1", 6);
    struct text off_before = a_licence(world, block, "C1", 7);
    struct text others = a_licence(world, block, "C2", 8);
    turn_on(world, first);
    turn_on(world, second);
    turn_on(world, off_before);
    turn_on(world, others);
    turn_off(world, off_before);
    turn_off(world, others);
    a_minute_passes(world);
    struct undone_customer undone;
    WORLD_FAULT(world, "nothing-to-undo", customer_undo(world, "C1", &undone));
    assert_int_equal(customer_off(world, "C1"), 2);
    a_minute_passes(world);
    turn_on(world, second); /* changed since: it stays as it is */
    turn_off(world, second);
    WORLD_OK(world, customer_undo(world, "C1", &undone));
    assert_int_equal(undone.licences, 1);
    assert_int_equal(undone.left, 1);
    assert_int_equal(licence_of(world, first).licence.counted_seats, 5);
    assert_int_equal(licence_of(world, second).licence.state, LICENCE_OFF);
    assert_int_equal(licence_of(world, off_before).licence.state, LICENCE_OFF);
    assert_int_equal(licence_of(world, others).licence.state, LICENCE_OFF);
    check_finds_nothing(world);
}

static void a_drop_out_is_undone_within_the_window_alone(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    assert_int_equal(customer_off(world, "C1"), 1);
    world->now_us += 16 * MINUTE_US;
    struct undone_customer undone;
    WORLD_FAULT(world, "undo-too-late", customer_undo(world, "C1", &undone));
    assert_int_equal(licence_of(world, licence).licence.state, LICENCE_OFF);
}

/* ---- what is billed ---- */

static void what_was_undone_is_billed_on_no_edge(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    struct world *world = trade.world;
    trade_sku(&trade, "S");
    trade_price(&trade, "VEND", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:1.00", NULL);
    trade_price(&trade, "DIST", NULL, "S", POLICY_DAILY, TIER_FLAT, "1:2.00", NULL);
    trade_price(&trade, "P1", NULL, "S", POLICY_ANY, TIER_FLAT, "1:4.00", NULL);
    trade_at(&trade, "2026-10-05T00:00:00Z");
    struct text licence = trade_licence(&trade, "P1", "A", "S", 3);
    trade_on(&trade, licence);
    trade_at(&trade, "2026-10-31T23:58:00Z"); /* and the undo comes in the next month */
    trade_resize(&trade, licence, 50);
    trade_at(&trade, "2026-11-01T00:02:00Z");
    WORLD_OK(world, undo(world, licence, 1));
    struct text mistake = trade_licence(&trade, "P1", "B", "S", 9);
    trade_on(&trade, mistake);
    WORLD_OK(world, undo(world, mistake, 1));
    trade_at(&trade, "2026-11-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-11").open_count, 0);
    assert_int_equal(trade_ask(&trade, "select count(*) from invoice_lines where measured_parts <> 3 * "
                                       "parts_per_unit and parts_per_unit = 1"),
                     0);
    assert_int_equal(trade_ask(&trade, "select count(*) from invoice_lines"), 6);
    assert_int_equal(
        trade_ask(&trade, "select min(amount_minor) from invoice_lines where parts_per_unit = 31"),
        523); /* 27 of 31 days */
    assert_int_equal(
        trade_ask(&trade, "select max(amount_minor) from invoice_lines where parts_per_unit = 30"), 600);
    check_finds_nothing(world);
}

static void what_lies_in_a_reported_month_is_not_undone(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    struct world *world = trade.world;
    trade_sku(&trade, "S");
    trade_price(&trade, "VEND", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:1.00", NULL);
    trade_price(&trade, "DIST", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:2.00", NULL);
    trade_price(&trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:4.00", NULL);
    trade_at(&trade, "2026-10-05T00:00:00Z");
    struct text licence = trade_licence(&trade, "P1", "A", "S", 3);
    trade_on(&trade, licence);
    WORLD_OK(world, set_undo_window(&trade.call, 1440, &world->fault));
    trade_at(&trade, "2026-10-31T23:00:00Z");
    trade_resize(&trade, licence, 50);
    trade_at(&trade, "2026-11-01T01:00:00Z");
    trade_sabotage(&trade, "update agreements set report_due_days = 0");
    trade_at(&trade, "2026-11-01T20:00:00Z");
    trade_close(&trade, "2026-10");
    assert_true(trade_ask(&trade, "select count(*) from months where state = 'closed'") > 0);
    WORLD_FAULT(world, "month-closed", undo(world, licence, 1));
}

/* ---- late changes ---- */

static enum status off_at(struct world *world, struct text licence, const char *at) {
    struct call call = world_call(world);
    struct licence_view view;
    struct turn_licence_input input = {.licence = licence, .at = text_of(at)};
    return turn_licence_off(&call, &input, &view, &world->fault);
}

static void a_drop_out_told_late_voids_what_came_after_it(void **state) {
    struct world *world = *state;
    a_channel(world);
    it_is(world, "2026-11-05T00:00:00Z");
    struct text licence = a_licence(world, a_block_of(world, "P1", "PACK", 20), "C1", 5);
    turn_on(world, licence);
    it_is(world, "2026-11-14T00:00:00Z");
    resize(world, licence, 8);
    it_is(world, "2026-11-20T00:00:00Z");
    WORLD_OK(world, off_at(world, licence, "2026-11-12"));
    struct licence_detail detail = licence_of(world, licence);
    assert_int_equal(detail.licence.state, LICENCE_OFF);
    assert_int_equal(detail.licence.seats, 5);
    assert_int_equal(detail.parts[0].state, LICENCE_OFF);
    assert_true(detail.licence.last_event_at_us == instant(world, "2026-11-12T00:00:00Z"));
    assert_int_equal(ask(world, "select count(*) from voided_events"), 3);
    assert_int_equal(ask(world, "select issued_seats from blocks"), 5);
    assert_int_equal(event_of(world, licence, 1).event.kind, EVENT_SEATS);
    assert_int_equal(event_of(world, licence, 1).voided_by, event_of(world, licence, 2).event.number);
    check_finds_nothing(world);
    WORLD_OK(world, undo(world, licence, 1)); /* what the late change voided stays voided */
    assert_int_equal(licence_of(world, licence).licence.counted_seats, 5);
    check_finds_nothing(world);
}

static void a_late_change_takes_nothing_away_that_a_device_had(void **state) {
    struct world *world = *state;
    a_channel(world);
    it_is(world, "2026-11-05T00:00:00Z");
    struct text licence = a_licence(world, a_block_of(world, "P1", "OFFICE", 20), "C1", 5);
    turn_on(world, licence);
    const struct computer machine = a_machine("one");
    it_is(world, "2026-11-14T00:00:00Z");
    activate(world, &machine, licence);
    resize(world, licence, 8);
    it_is(world, "2026-11-20T00:00:00Z");
    WORLD_FAULT(world, "late-used", off_at(world, licence, "2026-11-12"));
    assert_int_equal(licence_of(world, licence).licence.counted_seats, 8);
    check_finds_nothing(world);
}

static void a_late_change_does_not_reach_behind_an_agreement_or_into_another_month(void **state) {
    struct world *world = *state;
    a_channel(world);
    it_is(world, "2026-10-05T00:00:00Z");
    struct text block = a_block_of(world, "P1", "OFFICE", 90);
    struct text licence = a_licence(world, block, "C1", 5);
    turn_on(world, licence);
    it_is(world, "2026-11-02T00:00:00Z");
    resize(world, licence, 8);
    WORLD_FAULT(world, "before-previous-event", off_at(world, licence, "2026-10-30"));
    it_is(world, "2026-11-05T00:00:00Z");
    suspend(world, "P1", "C1");
    resume(world, "P1", "C1");
    it_is(world, "2026-11-06T00:00:00Z");
    WORLD_FAULT(world, "before-previous-event", off_at(world, licence, "2026-11-04"));
    check_finds_nothing(world);
}

static void what_a_late_change_lowers_waits_for_the_seller_above(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    struct world *world = trade.world;
    trade_sku(&trade, "S");
    trade_price(&trade, "VEND", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:1.00", NULL);
    trade_price(&trade, "DIST", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:2.00", NULL);
    trade_price(&trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:4.00", NULL);
    trade_at(&trade, "2026-10-05T00:00:00Z");
    struct text licence = trade_licence(&trade, "P1", "A", "S", 3);
    trade_on(&trade, licence);
    trade_at(&trade, "2026-10-14T00:00:00Z");
    trade_resize(&trade, licence, 50);
    trade_at(&trade, "2026-10-20T00:00:00Z");
    WORLD_OK(world, off_at(world, licence, "2026-10-12"));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-10");
    const struct close_month_edge *open = trade_open_edge(&result, "DIST", "P1");
    assert_non_null(open);
    assert_true(text_is(open->reason, "report-not-approved"));
    struct decide_report_input decision = {.name = {.provider = TEXT("P1"), .month = TEXT("2026-10")}};
    struct report_detail detail;
    WORLD_OK(world, show_report(&trade.call, &decision.name, &detail, &world->fault));
    assert_int_equal(detail.report.rows[0].measured.parts, 3);
    assert_int_equal(detail.report.rows[0].late.parts, 47);
    WORLD_OK(world, approve_report(&trade.call, &decision, &detail, &world->fault));
    decision.name = (struct report_name){TEXT(""), TEXT("DIST"), TEXT("VEND"), TEXT("2026-10")};
    WORLD_OK(world, approve_report(&trade.call, &decision, &detail, &world->fault));
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    assert_int_equal(trade_ask(&trade, "select max(measured_parts) from invoice_lines"), 3);
    check_finds_nothing(world);
}

static void a_late_change_that_takes_nothing_away_waits_for_nobody(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    struct world *world = trade.world;
    trade_sku(&trade, "S");
    trade_price(&trade, "VEND", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:1.00", NULL);
    trade_price(&trade, "DIST", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:2.00", NULL);
    trade_price(&trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:4.00", NULL);
    trade_at(&trade, "2026-10-05T00:00:00Z");
    struct text licence = trade_licence(&trade, "P1", "A", "S", 3);
    trade_on(&trade, licence);
    trade_at(&trade, "2026-10-14T00:00:00Z");
    trade_off(&trade, licence);
    trade_at(&trade, "2026-10-20T00:00:00Z");
    struct licence_view view;
    struct turn_licence_input input = {.licence = licence, .at = TEXT("2026-10-12"), .seats = 9};
    WORLD_OK(world, resize_licence(&trade.call, &input, &view, &world->fault));
    assert_int_equal(view.counted_seats, 9);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    assert_int_equal(trade_ask(&trade, "select min(measured_parts) from invoice_lines"), 9);
    check_finds_nothing(world);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(what_was_turned_on_by_mistake_was_never_on),
        WORLD_TEST(an_undo_of_off_leaves_the_licence_on_as_if_without_a_break),
        WORLD_TEST(several_changes_are_undone_at_once_and_the_block_follows),
        WORLD_TEST(seats_that_others_have_meanwhile_do_not_come_back_by_an_undo),
        WORLD_TEST(the_window_ends_what_can_be_undone_and_the_operator_sets_it),
        WORLD_TEST(an_undo_does_not_reach_behind_what_an_agreement_did),
        WORLD_TEST(a_bundle_is_undone_with_its_parts),
        WORLD_TEST(what_is_retired_stays_retired),
        WORLD_TEST(the_provider_alone_undoes),
        WORLD_TEST(a_rise_under_which_a_device_was_activated_is_off_from_now_on),
        WORLD_TEST(more_seats_are_undone_unless_a_device_has_one_of_them),
        WORLD_TEST(a_device_that_was_released_meanwhile_used_the_rise),
        WORLD_TEST(a_drop_out_is_undone_for_exactly_what_it_turned_off),
        WORLD_TEST(a_drop_out_is_undone_within_the_window_alone),
        WORLD_TEST(what_was_undone_is_billed_on_no_edge),
        WORLD_TEST(what_lies_in_a_reported_month_is_not_undone),
        WORLD_TEST(a_drop_out_told_late_voids_what_came_after_it),
        WORLD_TEST(a_late_change_takes_nothing_away_that_a_device_had),
        WORLD_TEST(a_late_change_does_not_reach_behind_an_agreement_or_into_another_month),
        WORLD_TEST(what_a_late_change_lowers_waits_for_the_seller_above),
        WORLD_TEST(a_late_change_that_takes_nothing_away_waits_for_nobody),
    };
    return world_run_tests("undo", tests, sizeof tests / sizeof tests[0]);
}
