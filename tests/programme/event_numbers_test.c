/* Event numbers: each provider's log counts from 1 without a gap, and says nothing of what the others do. */
#include "channel.h"
#include "exported.h"

#include "programme/audit/audit_store.h"
#include "programme/licensing/undo_licence.h"
#include "store/engine/db_engine.h" /* db_migrate_to */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static struct text issued(struct world *world, const char *provider, const char *customer, const char *sku) {
    return a_licence(world, a_block_of(world, provider, sku, 100), customer, 5);
}

static struct text issued_on(struct world *world, const char *provider, const char *customer,
                             const char *sku) {
    struct text licence = issued(world, provider, customer, sku);
    turn_on(world, licence);
    return licence;
}

static void undo(struct world *world, struct text licence) {
    struct call call = world_call(world);
    struct undone_licence out;
    struct undo_licence_input input = {.licence = licence, .changes = 1};
    WORLD_OK(world, undo_licence(&call, &input, &out, &world->fault));
}

/* The numbers of a licence's events, as a reader is told them: "1 2v4 4". */
static struct text numbers_for(struct world *world, const char *reader, struct text licence) {
    struct call call = call_of(world, reader);
    struct licence_event_page page;
    struct text numbers = TEXT("");
    WORLD_OK(world, list_licence_events(&call, licence, (struct page){.limit = 100}, &page, &world->fault));
    for (size_t i = 0; i < page.count; i++) {
        numbers = text_format(&world->arena, "%.*s%s%lld", TEXT_ARGS(numbers), i == 0 ? "" : " ",
                              (long long)page.items[i].event.number);
        if (page.items[i].voided_by != 0) {
            numbers = text_format(&world->arena, "%.*sv%lld", TEXT_ARGS(numbers),
                                  (long long)page.items[i].voided_by);
        }
    }
    return numbers;
}

static struct text exported_events(struct world *world, const char *reader) {
    struct call call = call_of(world, reader);
    return exported(world, &call, "events", "");
}

static void each_provider_counts_its_events_from_one(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text first = issued_on(world, "P1", "C1", "OFFICE");
    struct text other = issued_on(world, "P2", "C3", "OFFICE");
    struct text second = issued_on(world, "P1", "C2", "MAIL");
    turn_off(world, other);
    turn_off(world, first);
    assert_string_equal(numbers_for(world, "P1", first).at, "1 3");
    assert_string_equal(numbers_for(world, "P1", second).at, "2");
    assert_string_equal(numbers_for(world, "P2", other).at, "1 2");
    struct text all = exported_events(world, "DIST");
    const char *at = all.at;
    static const char *const ROWS[] = {"\n1,", ",P1,", "\n2,", ",P1,", "\n3,",
                                       ",P1,", "\n1,", ",P2,", "\n2,", ",P2,"};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        at = strstr(at, ROWS[i]);
        if (at == NULL) {
            fail_msg("no row %zu in\n%s", i, all.at);
        }
    }
    check_finds_nothing(world);
}

static void what_others_do_changes_no_number_that_anybody_is_told(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = issued(world, "P1", "C1", "OFFICE");
    for (int i = 0; i < 7; i++) {
        issued_on(world, "P2", "C3", "OFFICE");
        issued_on(world, "P3", "C4", "BACKUP");
    }
    turn_on(world, licence);
    assert_string_equal(numbers_for(world, "P1", licence).at, "1");
    assert_string_equal(numbers_for(world, "C1", licence).at, "1");
    assert_string_equal(numbers_for(world, "ACME", licence).at, "1");
    assert_non_null(strstr(exported_events(world, "P1").at, "\n1,"));
    assert_null(strstr(exported_events(world, "P1").at, "\n2,"));
}

static void an_undo_voids_the_event_of_its_own_log_alone(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text first = issued_on(world, "P1", "C1", "OFFICE");
    struct text other = issued_on(world, "P2", "C3", "OFFICE");
    undo(world, other);
    assert_string_equal(numbers_for(world, "P1", first).at, "1");
    assert_string_equal(numbers_for(world, "P2", other).at, "1v2 2");
    turn_off(world, first);
    assert_string_equal(numbers_for(world, "P1", first).at, "1 2");
    check_finds_nothing(world);
}

static void a_suspension_numbers_what_it_stops_in_each_providers_log(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text a = issued_on(world, "P1", "C1", "OFFICE");
    struct text b = issued_on(world, "P2", "C3", "OFFICE");
    struct text c = issued_on(world, "P1", "C2", "OFFICE");
    struct text d = issued_on(world, "P1", "C2", "BACKUP");
    struct text e = issued(world, "P3", "C4", "OFFICE");
    suspend(world, "ACME", "DIST");
    resume(world, "ACME", "DIST");
    assert_string_equal(numbers_for(world, "P1", a).at, "1 4 6");
    assert_string_equal(numbers_for(world, "P1", c).at, "2 5 7");
    assert_string_equal(numbers_for(world, "P1", d).at, "3");
    assert_string_equal(numbers_for(world, "P2", b).at, "1 2 3");
    assert_string_equal(numbers_for(world, "P3", e).at, "1 2");
    terminate(world, "ACME", "DIST");
    assert_string_equal(numbers_for(world, "P1", a).at, "1 4 6 8");
    assert_string_equal(numbers_for(world, "P1", c).at, "2 5 7 9");
    assert_string_equal(numbers_for(world, "P2", b).at, "1 2 3 4");
    check_finds_nothing(world);
}

static void a_clock_that_was_set_back_leaves_the_numbers_whole(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text first = issued_on(world, "P1", "C1", "OFFICE");
    it_is(world, "2026-11-24T11:00:00Z");
    struct text second = issued_on(world, "P1", "C1", "MAIL");
    it_is(world, "2026-11-24T13:00:00Z");
    turn_off(world, first);
    assert_string_equal(numbers_for(world, "P1", first).at, "1 3");
    assert_string_equal(numbers_for(world, "P1", second).at, "2");
    assert_int_equal(ask(world, "select max(untimed) from event_logs"), 1);
    check_finds_nothing(world);
}

static void run(struct world *world, const char *sql) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void refuses(struct world *world, const char *sql) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_FAULT(world, "constraint-broken", db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
    db_rollback(world->db);
}

static void insert_of_before(struct world *world, int sequence, int provider, int kind) {
    const char *sql =
        text_format(&world->arena,
                    "insert into licence_events (sequence, at_us, licence_id, provider_id, "
                    "customer_id, sku_id, cause_id, kind, own_seats, seats_before, seats_after, "
                    "recorded_at_us, licence_seats) values (%d, 5, %d, %d, 9, 9, 0, %d, 1, 0, 1, "
                    "%d, 3)",
                    sequence, provider, provider, kind, 1000 - sequence)
            .at;
    run(world, sql);
}

/* Migration 016 makes one log a provider of the one log. */
static void an_upgrade_numbers_what_is_there_per_provider(void **state) {
    struct world *world = world_empty(((struct world *)*state)->engine);
    static const int PROVIDERS[] = {7, 4, 7, 7, 4, 7};
    WORLD_OK(world, db_migrate_to(world->db, 15, &world->fault));
    for (int i = 0; i < 6; i++) {
        insert_of_before(world, i + 1, PROVIDERS[i], i >= 4 ? 6 : 1);
    }
    run(world, "insert into voided_events values (2, 5), (4, 6), (3, 6)");
    WORLD_OK(world, db_migrate(world->db, &world->fault));
    assert_int_equal(ask(world,
                         "select count(*) from licence_events where recorded_at_us = 1000 - case when "
                         "provider_id = 4 then 3 * number - 1 when number = 1 then 1 when number = 4 "
                         "then 6 else number + 1 end and licence_seats = 3 and licence_id = provider_id"),
                     6);
    assert_int_equal(ask(world,
                         "select count(*) from voided_events where (provider_id = 4 and number = 1 and "
                         "voided_by = 2) or (provider_id = 7 and number in (2, 3) and voided_by = 4)"),
                     3);
    assert_int_equal(ask(world, "select count(*) from event_logs where (provider_id = 4 and taken = 2 and "
                                "untimed = 2 and recorded_at_us = 995) or (provider_id = 7 and taken = 4 and "
                                "untimed = 4 and recorded_at_us = 994)"),
                     2);
    assert_int_equal(ask(world, "select count(*) from counters where name = 'licence_events'"), 0);
    refuses(world, "update licence_events set at_us = 1");
    refuses(world, "delete from voided_events");
    world_drop(world);
}

int main(void) {
    static const struct world_test TESTS[] = {
        WORLD_TEST(each_provider_counts_its_events_from_one),
        WORLD_TEST(what_others_do_changes_no_number_that_anybody_is_told),
        WORLD_TEST(an_undo_voids_the_event_of_its_own_log_alone),
        WORLD_TEST(a_suspension_numbers_what_it_stops_in_each_providers_log),
        WORLD_TEST(a_clock_that_was_set_back_leaves_the_numbers_whole),
        WORLD_TEST(an_upgrade_numbers_what_is_there_per_provider),
    };
    return world_run_tests("event_numbers", TESTS, sizeof TESTS / sizeof TESTS[0]);
}
