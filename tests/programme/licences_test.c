/* Licences: issuing, turning, resizing and retiring them, and who sees them. */
#include "channel.h"

#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/parties/accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef enum status turning(struct call *call, const struct turn_licence_input *input,
                            struct licence_view *out, struct fault *fault);

static enum status turn(struct world *world, turning *turn_it, struct text licence, const char *at) {
    struct call call = world_call(world);
    struct licence_view info;
    struct turn_licence_input input = {.licence = licence, .at = text_of(at)};
    return turn_it(&call, &input, &info, &world->fault);
}

static enum status resize(struct world *world, struct text licence, int64_t seats) {
    struct call call = world_call(world);
    struct licence_view info;
    struct turn_licence_input input = {.licence = licence, .seats = seats};
    return resize_licence(&call, &input, &info, &world->fault);
}

static enum status issue(struct world *world, struct call *call, struct text block, const char *customer,
                         int64_t seats, int64_t count, struct issued_licences *out) {
    struct issue_licence_input input = {
        .block = block, .customer = text_of(customer), .seats = seats, .count = count};
    return issue_licence(call, &input, out, &world->fault);
}

static struct licence_event_page events_of(struct world *world, struct text licence) {
    struct call call = world_call(world);
    struct licence_event_page page;
    WORLD_OK(world, list_licence_events(&call, licence, (struct page){.limit = 100}, &page, &world->fault));
    return page;
}

static void assert_event(const struct licence_event_page *page, size_t index, enum event_kind kind,
                         int32_t before, int32_t after) {
    assert_true(index < page->count);
    assert_int_equal(page->items[index].event.kind, kind);
    assert_int_equal(page->items[index].event.seats_before, before);
    assert_int_equal(page->items[index].event.seats_after, after);
}

static bool contains(struct text whole, struct text part) {
    return whole.length >= part.length && memmem(whole.at, whole.length, part.at, part.length) != NULL;
}

/* ---- issuing ---- */

static void issuing_tells_the_key_once_and_takes_seats_from_the_block(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 10);
    struct call call = call_of(world, "P1");
    struct issued_licences issued;
    WORLD_OK(world, issue(world, &call, block, "C1", 4, 0, &issued));
    assert_int_equal(issued.count, 1);
    assert_int_equal(issued.items[0].key.length, LICENCE_KEY_BYTES - 1);
    assert_int_equal(issued.items[0].licence.state, LICENCE_ISSUED);
    assert_int_equal(issued.items[0].licence.counted_seats, 0);
    assert_int_equal(block_of(world, block).free_seats, 6);
    struct text hint = issued.items[0].licence.key_hint;
    assert_int_equal(hint.length, 5);
    assert_memory_equal(hint.at, issued.items[0].key.at + LICENCE_KEY_BYTES - 6, 5);
    struct licence_detail found = licence_of(world, issued.items[0].key);
    assert_int_equal(found.licence.id, issued.items[0].licence.id);
}

static void many_licences_are_issued_at_once_each_with_a_key_of_its_own(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 100);
    struct call call = world_call(world);
    struct issued_licences issued;
    WORLD_OK(world, issue(world, &call, block, "C1", 3, 20, &issued));
    assert_int_equal(issued.count, 20);
    assert_false(text_equal(issued.items[0].key, issued.items[19].key));
    assert_int_equal(block_of(world, block).issued_seats, 60);
    WORLD_FAULT(world, "seats-beyond-block", issue(world, &call, block, "C1", 3, 14, &issued));
    WORLD_FAULT(world, "count-out-of-range", issue(world, &call, block, "C1", 1, -1, &issued));
}

static void seats_beyond_the_block_are_refused_and_nothing_is_issued(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 10);
    struct call call = world_call(world);
    struct issued_licences issued;
    WORLD_FAULT(world, "seats-beyond-block", issue(world, &call, block, "C1", 11, 1, &issued));
    WORLD_FAULT(world, "seats-out-of-range", issue(world, &call, block, "C1", 0, 1, &issued));
    WORLD_FAULT(world, "seats-out-of-range", issue(world, &call, block, "C1", INT64_MAX, 2, &issued));
    assert_int_equal(ask(world, "select count(*) from licences"), 0);
    assert_int_equal(block_of(world, block).issued_seats, 0);
}

static void the_database_itself_refuses_a_block_that_issues_too_much(void **state) {
    struct world *world = *state;
    a_channel(world);
    a_block_of(world, "P1", "OFFICE", 10);
    static const char SQL[] = "update blocks set issued_seats = 11";
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_FAULT(world, "constraint-broken", db_run(world->db, SQL, DB_NO_ARGS, NULL, &world->fault));
    db_rollback(world->db);
}

static void licences_are_issued_to_the_providers_own_customers_alone(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 10);
    struct issued_licences issued;
    struct call all = world_call(world);
    WORLD_FAULT(world, "not-a-customer", issue(world, &all, block, "C3", 1, 1, &issued));
    WORLD_FAULT(world, "not-a-customer", issue(world, &all, block, "P1", 1, 1, &issued));
    struct call provider = call_of(world, "P1");
    WORLD_FAULT(world, "unknown-account", issue(world, &provider, block, "C3", 1, 1, &issued));
    struct call other = call_of(world, "P2");
    WORLD_FAULT(world, "unknown-block", issue(world, &other, block, "C3", 1, 1, &issued));
}

static void a_customers_name_is_looked_for_among_the_providers_own_first(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct call call = world_call(world);
    struct account_view view;
    struct add_account_input twin = {
        .kind = TEXT("customer"), .name = TEXT("Twin"), .code = TEXT("C1"), .seller = TEXT("P2")};
    WORLD_OK(world, add_account(&call, &twin, &view, &world->fault));
    struct text block = a_block_of(world, "P2", "OFFICE", 10);
    struct issued_licences issued;
    WORLD_OK(world, issue(world, &call, block, "C1", 1, 1, &issued));
    assert_true(text_equal(issued.items[0].licence.customer, view.identifier));
}

/* ---- turning ---- */

static void turning_a_licence_on_and_off_writes_one_event_each(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 7);
    assert_int_equal(licence_of(world, licence).licence.counted_seats, 7);
    world->now_us += 60000000;
    turn_off(world, licence);
    struct licence_view info = licence_of(world, licence).licence;
    assert_int_equal(info.state, LICENCE_OFF);
    assert_int_equal(info.counted_seats, 0);
    assert_true(info.last_event_at_us == world->now_us);
    assert_true(info.first_on_at_us == world->now_us - 60000000);
    struct licence_event_page events = events_of(world, licence);
    assert_int_equal(events.count, 2);
    assert_event(&events, 0, EVENT_ON, 0, 7);
    assert_event(&events, 1, EVENT_OFF, 7, 0);
    assert_int_equal(events.items[0].event.number, 1);
    assert_int_equal(events.items[1].event.number, 2);
}

static void turning_on_what_is_on_is_a_clear_error_that_changes_nothing(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 7);
    WORLD_FAULT(world, "wrong-state", turn(world, turn_licence_on, licence, ""));
    WORLD_OK(world, turn(world, turn_licence_off, licence, ""));
    WORLD_FAULT(world, "wrong-state", turn(world, turn_licence_off, licence, ""));
    WORLD_OK(world, turn(world, retire_licence, licence, ""));
    WORLD_FAULT(world, "wrong-state", turn(world, turn_licence_on, licence, ""));
    WORLD_FAULT(world, "wrong-state", turn(world, retire_licence, licence, ""));
    WORLD_FAULT(world, "wrong-state", resize(world, licence, 2));
    assert_int_equal(events_of(world, licence).count, 2);
}

static void a_licence_is_resized_within_its_block(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 10);
    struct text licence = a_licence(world, block, "C1", 4);
    turn_on(world, licence);
    WORLD_OK(world, resize(world, licence, 10));
    assert_int_equal(block_of(world, block).free_seats, 0);
    WORLD_FAULT(world, "seats-beyond-block", resize(world, licence, 11));
    WORLD_FAULT(world, "seats-unchanged", resize(world, licence, 10));
    WORLD_FAULT(world, "seats-out-of-range", resize(world, licence, 0));
    WORLD_OK(world, resize(world, licence, 3));
    assert_int_equal(block_of(world, block).free_seats, 7);
    struct licence_event_page events = events_of(world, licence);
    assert_int_equal(events.count, 3);
    assert_event(&events, 1, EVENT_SEATS, 4, 10);
    assert_event(&events, 2, EVENT_SEATS, 10, 3);
}

static void retiring_turns_off_and_gives_the_seats_back(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 10);
    struct text on = a_licence(world, block, "C1", 4);
    struct text never_on = a_licence(world, block, "C1", 6);
    turn_on(world, on);
    WORLD_OK(world, turn(world, retire_licence, on, ""));
    WORLD_OK(world, turn(world, retire_licence, never_on, ""));
    assert_int_equal(block_of(world, block).issued_seats, 0);
    struct licence_event_page events = events_of(world, on);
    assert_int_equal(events.count, 2);
    assert_event(&events, 1, EVENT_OFF, 4, 0);
    assert_int_equal(events_of(world, never_on).count, 0);
}

static void an_event_takes_effect_at_the_time_given_in_the_agreements_zone(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "OFFICE", 5), "C1", 5);
    WORLD_OK(world, turn(world, turn_licence_on, licence, "2026-11-03"));
    WORLD_OK(world, turn(world, turn_licence_off, licence, "2026-11-05T10:00:00+02:00"));
    struct licence_event_page events = events_of(world, licence);
    assert_true(events.items[0].event.at_us == instant(world, "2026-11-03T00:00:00Z"));
    assert_true(events.items[1].event.at_us == instant(world, "2026-11-05T08:00:00Z"));
}

static void an_event_is_neither_in_the_future_nor_where_it_could_not_be(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "OFFICE", 5), "C1", 5);
    WORLD_FAULT(world, "time-in-future", turn(world, turn_licence_on, licence, "2026-11-24T12:00:01Z"));
    WORLD_FAULT(world, "malformed-time", turn(world, turn_licence_on, licence, "yesterday"));
    WORLD_OK(world, turn(world, turn_licence_on, licence, "2026-11-10T00:00:00Z"));
    /* Then it was not on yet. */
    WORLD_FAULT(world, "wrong-state", turn(world, turn_licence_off, licence, "2026-11-09T23:59:59Z"));
    assert_int_equal(licence_of(world, licence).licence.state, LICENCE_ON);
    WORLD_OK(world, turn(world, turn_licence_off, licence, "2026-11-10T00:00:00Z"));
    world->now_us -= INT64_C(20) * 86400 * 1000000; /* the clock was set back */
    WORLD_FAULT(world, "clock-wrong", turn(world, turn_licence_on, licence, ""));
    world->now_us = instant(world, "2026-11-09T23:59:30Z"); /* another machine's clock */
    WORLD_OK(world, turn(world, turn_licence_on, licence, ""));
    assert_true(licence_of(world, licence).licence.last_event_at_us ==
                instant(world, "2026-11-10T00:00:00Z"));
}

static void a_stale_version_is_refused(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "OFFICE", 5), "C1", 5);
    struct call call = call_of(world, "P1");
    struct licence_view info;
    struct turn_licence_input input = {.licence = licence, .if_version = 1};
    WORLD_OK(world, turn_licence_on(&call, &input, &info, &world->fault));
    assert_int_equal(info.version, 2);
    WORLD_FAULT(world, "stale", turn_licence_off(&call, &input, &info, &world->fault));
}

static void a_customer_that_drops_out_is_turned_off_whole(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 50);
    struct text first = a_licence(world, block, "C1", 5);
    struct text second = a_licence(world, block, "C1", 5);
    struct text others = a_licence(world, block, "C2", 5);
    turn_on(world, first);
    turn_on(world, second);
    turn_on(world, others);
    struct call call = call_of(world, "P1");
    int64_t turned = 0;
    struct turn_customer_off_input input = {.customer = TEXT("C1")};
    WORLD_OK(world, turn_off_customer(&call, &input, &turned, &world->fault));
    assert_int_equal(turned, 2);
    assert_int_equal(licence_of(world, second).licence.state, LICENCE_OFF);
    assert_int_equal(licence_of(world, others).licence.state, LICENCE_ON);
    struct call above = call_of(world, "DIST");
    WORLD_FAULT(world, "not-yours", turn_off_customer(&above, &input, &turned, &world->fault));
}

static void turning_a_customer_off_is_all_or_nothing(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 50);
    struct text first = a_licence(world, block, "C1", 5);
    struct text second = a_licence(world, block, "C1", 5);
    WORLD_OK(world, turn(world, turn_licence_on, first, "2026-11-05"));
    WORLD_OK(world, turn(world, turn_licence_on, second, "2026-11-15"));
    struct call call = call_of(world, "P1");
    int64_t turned = 0;
    struct turn_customer_off_input input = {.customer = TEXT("C1"), .at = TEXT("2026-11-10")};
    WORLD_FAULT(world, "wrong-state", turn_off_customer(&call, &input, &turned, &world->fault));
    assert_int_equal(licence_of(world, first).licence.state, LICENCE_ON);
    assert_int_equal(events_of(world, first).count, 1);
}

/* ---- bundles ---- */

static void a_licence_of_a_bundle_has_parts_that_are_billed_above_its_composer(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "PACK", 10), "C1", 3);
    struct licence_detail detail = licence_of(world, licence);
    assert_int_equal(detail.part_count, 2);
    assert_true(text_equal(detail.parts[0].parent, licence));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(detail.parts[i].seats, text_is(detail.parts[i].sku_code, "MAIL") ? 6 : 3);
    }
    /* P1 has depth 2: it sells the bundle, and buys the parts from depth 1, which buys them from depth 0. */
    assert_int_equal(ask(world, "select first_edge from licences where parent_id is null"), 2);
    assert_int_equal(ask(world, "select last_edge from licences where parent_id is null"), 127);
    assert_int_equal(ask(world, "select max(first_edge) from licences where parent_id is not null"), 0);
    assert_int_equal(ask(world, "select min(last_edge) from licences where parent_id is not null"), 1);
    assert_int_equal(
        ask(world, "select count(*) from licences where parent_id is not null and key_hash is null"), 2);
}

static void a_bundle_with_a_part_that_is_no_product_issues_nothing(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "PACK", 10);
    struct call call = call_of(world, "P1");
    struct issued_licences issued;
    const struct issue_licence_input input = {.block = block, .customer = TEXT("C1"), .seats = 1};
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, "update skus set kind = 'service' where code = 'MAIL'", DB_NO_ARGS,
                           NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_FAULT(world, "bundle-broken", issue_licence(&call, &input, &issued, &world->fault));
    assert_int_equal(world->fault.status, STATUS_INTERNAL);
    assert_int_equal(ask(world, "select count(*) from licences"), 0);
}

static void the_parts_of_a_bundle_follow_every_step_of_it(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "SUITE", 10);
    struct text licence = a_licence(world, block, "C1", 3);
    turn_on(world, licence);
    assert_int_equal(ask(world, "select cast(sum(counted_seats) as bigint) from licences"), 3 + 3 + 6);
    WORLD_OK(world, resize(world, licence, 5));
    assert_int_equal(ask(world, "select cast(sum(counted_seats) as bigint) from licences"), 5 + 5 + 10);
    assert_int_equal(block_of(world, block).issued_seats, 5);
    turn_off(world, licence);
    assert_int_equal(ask(world, "select cast(sum(counted_seats) as bigint) from licences"), 0);
    WORLD_OK(world, turn(world, retire_licence, licence, ""));
    assert_int_equal(ask(world, "select count(*) from licences where state <> 'retired'"), 0);
    assert_int_equal(ask(world, "select count(*) from licence_events"), 9);
    assert_int_equal(block_of(world, block).issued_seats, 0);
}

static void a_part_is_not_turned_by_itself_and_has_no_key(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "SUITE", 10), "C1", 3);
    struct text part = licence_of(world, licence).parts[0].identifier;
    WORLD_FAULT(world, "part-of-bundle", turn(world, turn_licence_on, part, ""));
    WORLD_FAULT(world, "part-of-bundle", turn(world, retire_licence, part, ""));
    struct call call = world_call(world);
    struct text key;
    WORLD_FAULT(world, "part-of-bundle", reveal_licence_key(&call, part, &key, &world->fault));
}

/* ---- who sees what ---- */

static void a_key_is_revealed_to_its_provider_alone_and_audited(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 10);
    struct call provider = call_of(world, "P1");
    struct issued_licences issued;
    WORLD_OK(world, issue(world, &provider, block, "C1", 1, 1, &issued));
    struct text licence = issued.items[0].licence.identifier;
    struct text key;
    WORLD_OK(world, reveal_licence_key(&provider, licence, &key, &world->fault));
    assert_true(text_equal(key, issued.items[0].key));
    assert_int_equal(ask(world, "select count(*) from audit where action = 'licence.reveal-key'"), 1);
    struct call above = call_of(world, "DIST");
    WORLD_FAULT(world, "not-yours", reveal_licence_key(&above, licence, &key, &world->fault));
    struct call customer = call_of(world, "C1");
    WORLD_FAULT(world, "not-yours", reveal_licence_key(&customer, licence, &key, &world->fault));
    struct call other = call_of(world, "P2");
    WORLD_FAULT(world, "unknown-licence", reveal_licence_key(&other, licence, &key, &world->fault));
    WORLD_FAULT(world, "unknown-licence",
                reveal_licence_key(&other, issued.items[0].key, &key, &world->fault));
    WORLD_FAULT(world, "malformed-licence-key",
                reveal_licence_key(&provider, TEXT("ABCDE-12345"), &key, &world->fault));
}

static void a_sealed_key_does_not_open_under_another_secret(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "OFFICE", 10), "C1", 1);
    unsigned char wrong[PROGRAMME_SECRET_BYTES];
    memcpy(wrong, world->secret, sizeof wrong);
    struct call call = world_call(world);
    struct licence_view info = licence_of(world, licence).licence;
    wrong[0] ^= 1;
    call.secret = wrong;
    char identifier[IDENTIFIER_BYTES];
    identifier_encode(wrong, IDENTIFIER_LICENCE, info.id, identifier);
    struct text key;
    WORLD_FAULT(world, "key-unreadable", reveal_licence_key(&call, text_of(identifier), &key, &world->fault));
}

static void the_keys_of_a_customer_are_exported_as_csv(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 50);
    struct call call = call_of(world, "P1");
    struct issued_licences issued;
    WORLD_OK(world, issue(world, &call, block, "C1", 2, 3, &issued));
    WORLD_OK(world, turn(world, retire_licence, issued.items[2].licence.identifier, ""));
    struct text csv;
    WORLD_OK(world, export_licence_keys(&call, TEXT("C1"), &csv, &world->fault));
    assert_true(text_starts_with(csv, TEXT("customer,licence,sku,seats,state,key\nC1,")));
    assert_true(contains(csv, issued.items[0].key));
    assert_true(contains(csv, issued.items[1].key));
    assert_false(contains(csv, issued.items[2].key));
    struct call above = call_of(world, "DIST");
    WORLD_FAULT(world, "not-yours", export_licence_keys(&above, TEXT("C1"), &csv, &world->fault));
    struct call customer = call_of(world, "C1");
    WORLD_FAULT(world, "not-yours", export_licence_keys(&customer, TEXT("C1"), &csv, &world->fault));
}

static size_t seen_by(struct world *world, const char *who, struct list_licences_input input) {
    struct call call = call_of(world, who);
    struct licence_page page;
    WORLD_OK(world, list_licences(&call, &input, &page, &world->fault));
    for (size_t i = 0; i < page.count; i++) {
        if (!text_is(page.items[i].provider_code, who)) {
            assert_int_equal(page.items[i].key_hint.length, 0);
            assert_int_equal(page.items[i].block.length, 0);
        }
    }
    return page.count;
}

static void everybody_sees_the_licences_below_and_nobody_elses(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text first = a_licence(world, a_block_of(world, "P1", "OFFICE", 5), "C1", 5);
    a_licence(world, a_block_of(world, "P1", "PACK", 5), "C2", 5);
    a_licence(world, a_block_of(world, "P2", "OFFICE", 5), "C3", 5);
    a_licence(world, a_block_of(world, "P3", "BACKUP", 5), "C4", 5);
    struct list_licences_input any = {0};
    assert_int_equal(seen_by(world, "P1", any), 2);
    assert_int_equal(seen_by(world, "P2", any), 1);
    assert_int_equal(seen_by(world, "SUB", any), 1);
    assert_int_equal(seen_by(world, "DIST", any), 4);
    assert_int_equal(seen_by(world, "C1", any), 1);
    assert_int_equal(seen_by(world, "C4", any), 1);
    assert_int_equal(seen_by(world, "ACME", any), 3); /* two of OFFICE, and MAIL in the PACK */
    assert_int_equal(seen_by(world, "BOLT", any), 2);

    struct call other = call_of(world, "P2");
    struct licence_detail detail;
    struct licence_event_page events;
    struct licence_view info;
    struct turn_licence_input input = {.licence = first};
    WORLD_FAULT(world, "unknown-licence", show_licence(&other, first, &detail, &world->fault));
    WORLD_FAULT(world, "unknown-licence",
                list_licence_events(&other, first, (struct page){0}, &events, &world->fault));
    WORLD_FAULT(world, "unknown-licence", turn_licence_on(&other, &input, &info, &world->fault));
    struct call above = call_of(world, "DIST");
    WORLD_OK(world, show_licence(&above, first, &detail, &world->fault));
    assert_int_equal(detail.licence.key_hint.length, 0);
    WORLD_FAULT(world, "not-yours", turn_licence_on(&above, &input, &info, &world->fault));
    struct call customer = call_of(world, "C1");
    WORLD_FAULT(world, "not-yours", turn_licence_on(&customer, &input, &info, &world->fault));
}

static void licences_are_listed_by_customer_sku_and_state_page_by_page(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text office = a_block_of(world, "P1", "OFFICE", 100);
    struct text mail = a_block_of(world, "P1", "MAIL", 100);
    for (int i = 0; i < 5; i++) {
        struct text licence = a_licence(world, office, i < 3 ? "C1" : "C2", 1);
        if (i % 2 == 0) {
            turn_on(world, licence);
        }
    }
    a_licence(world, mail, "C1", 1);
    assert_int_equal(seen_by(world, "P1", (struct list_licences_input){.customer = TEXT("C1")}), 4);
    assert_int_equal(seen_by(world, "P1", (struct list_licences_input){.sku = TEXT("OFFICE")}), 5);
    assert_int_equal(seen_by(world, "P1", (struct list_licences_input){.state = TEXT("on")}), 3);
    assert_int_equal(seen_by(world, "P1", (struct list_licences_input){.block = mail}), 1);
    assert_int_equal(seen_by(world, "DIST",
                             (struct list_licences_input){
                                 .provider = TEXT("P1"), .customer = TEXT("C2"), .state = TEXT("on")}),
                     1);
    suspend(world, "P1", "C1");
    assert_int_equal(seen_by(world, "P1", (struct list_licences_input){.state = TEXT("suspended")}), 2);
    assert_int_equal(seen_by(world, "P1", (struct list_licences_input){.state = TEXT("on")}), 1);

    struct call call = call_of(world, "P1");
    struct licence_page page;
    struct list_licences_input input = {.page = {.limit = 4}};
    WORLD_OK(world, list_licences(&call, &input, &page, &world->fault));
    assert_int_equal(page.count, 4);
    input.page.after_id = page.next_after;
    WORLD_OK(world, list_licences(&call, &input, &page, &world->fault));
    assert_int_equal(page.count, 2);
    assert_int_equal(page.next_after, 0);
    struct list_licences_input others = {.customer = TEXT("C3")};
    WORLD_FAULT(world, "unknown-account", list_licences(&call, &others, &page, &world->fault));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(issuing_tells_the_key_once_and_takes_seats_from_the_block),
        WORLD_TEST(many_licences_are_issued_at_once_each_with_a_key_of_its_own),
        WORLD_TEST(seats_beyond_the_block_are_refused_and_nothing_is_issued),
        WORLD_TEST(the_database_itself_refuses_a_block_that_issues_too_much),
        WORLD_TEST(licences_are_issued_to_the_providers_own_customers_alone),
        WORLD_TEST(a_customers_name_is_looked_for_among_the_providers_own_first),
        WORLD_TEST(turning_a_licence_on_and_off_writes_one_event_each),
        WORLD_TEST(turning_on_what_is_on_is_a_clear_error_that_changes_nothing),
        WORLD_TEST(a_licence_is_resized_within_its_block),
        WORLD_TEST(retiring_turns_off_and_gives_the_seats_back),
        WORLD_TEST(an_event_takes_effect_at_the_time_given_in_the_agreements_zone),
        WORLD_TEST(an_event_is_neither_in_the_future_nor_where_it_could_not_be),
        WORLD_TEST(a_stale_version_is_refused),
        WORLD_TEST(a_customer_that_drops_out_is_turned_off_whole),
        WORLD_TEST(turning_a_customer_off_is_all_or_nothing),
        WORLD_TEST(a_licence_of_a_bundle_has_parts_that_are_billed_above_its_composer),
        WORLD_TEST(a_bundle_with_a_part_that_is_no_product_issues_nothing),
        WORLD_TEST(the_parts_of_a_bundle_follow_every_step_of_it),
        WORLD_TEST(a_part_is_not_turned_by_itself_and_has_no_key),
        WORLD_TEST(a_key_is_revealed_to_its_provider_alone_and_audited),
        WORLD_TEST(a_sealed_key_does_not_open_under_another_secret),
        WORLD_TEST(the_keys_of_a_customer_are_exported_as_csv),
        WORLD_TEST(everybody_sees_the_licences_below_and_nobody_elses),
        WORLD_TEST(licences_are_listed_by_customer_sku_and_state_page_by_page),
    };
    return world_run_tests("licences", tests, sizeof tests / sizeof tests[0]);
}
