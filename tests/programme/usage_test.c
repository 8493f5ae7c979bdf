/* Usage: what is read in two passes is what the log says, whatever the scope, and each edge gets its own
 * part. */
#include "programme/catalogue/catalogue.h"
#include "programme/usage/load_usage.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t instant(struct trade *trade, const char *words) {
    int64_t now_us = trade->world->now_us;
    trade_at(trade, words);
    int64_t at_us = trade->world->now_us;
    trade->world->now_us = trade->call.now_us = now_us;
    return at_us;
}

static struct usage load(struct trade *trade, const char *from, const char *until, int64_t under_id) {
    struct world *world = trade->world;
    struct usage usage = {0};
    struct usage_scope scope = {.from_us = instant(trade, from),
                                .until_us = until == NULL ? INT64_MAX : instant(trade, until),
                                .under_account_id = under_id};
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    WORLD_OK(world, usage_load(world->db, &world->arena, &scope, &usage, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    return usage;
}

static int64_t id_of(struct trade *trade, const char *table, const char *code) {
    return trade_ask(
        trade, text_format(&trade->world->arena, "select id from %s where code = '%s'", table, code).at);
}

static const struct usage_group *group_of(struct trade *trade, const struct usage *usage,
                                          const char *customer, const char *sku) {
    int64_t customer_id = id_of(trade, "accounts", customer);
    int64_t sku_id = id_of(trade, "skus", sku);
    for (size_t i = 0; i < usage->group_count; i++) {
        if (usage->groups[i].customer_id == customer_id && usage->groups[i].sku_id == sku_id) {
            return &usage->groups[i];
        }
    }
    return NULL;
}

/* 3 seats at A from October 10, resized to 8 in November, off in December; 2 at B from November on. */
static void a_history(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "S");
    trade_at(trade, "2026-10-10T00:00:00Z");
    struct text first = trade_licence(trade, "P1", "A", "S", 3);
    trade_on(trade, first);
    trade_licence(trade, "P1", "A", "S", 50); /* never on */
    trade_at(trade, "2026-11-05T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "B", "S", 2));
    trade_at(trade, "2026-11-10T00:00:00Z");
    trade_resize(trade, first, 8);
    trade_at(trade, "2026-12-02T00:00:00Z");
    trade_off(trade, first);
}

static void seats_at_the_start_are_those_of_now_less_what_has_changed_since(void **state) {
    struct trade trade;
    a_history(&trade, *state);
    struct usage usage = load(&trade, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", 0);
    const struct usage_group *at_a = group_of(&trade, &usage, "A", "S");
    const struct usage_group *at_b = group_of(&trade, &usage, "B", "S");
    assert_int_equal(usage.group_count, 2);
    assert_int_equal(at_a->licence_count, 1); /* what was never on has no meter */
    assert_int_equal(usage.opening_seats[at_a->first_licence], 3);
    assert_int_equal(at_a->change_count, 1); /* December's is left out */
    assert_int_equal(usage.changes[at_a->first_change].seats, 8);
    assert_int_equal(usage.opening_seats[at_b->first_licence], 0);
}

static void an_event_behind_the_scope_still_tells_what_was_before(void **state) {
    struct trade trade;
    a_history(&trade, *state);
    struct usage usage = load(&trade, "2026-11-20T00:00:00Z", "2026-12-01T00:00:00Z", 0);
    const struct usage_group *at_a = group_of(&trade, &usage, "A", "S");
    assert_int_equal(at_a->change_count, 0);
    assert_int_equal(usage.opening_seats[at_a->first_licence], 8);
    usage = load(&trade, "2026-12-03T00:00:00Z", NULL, 0);
    assert_int_equal(usage.opening_seats[group_of(&trade, &usage, "A", "S")->first_licence], 0);
    assert_int_equal(usage.opening_seats[group_of(&trade, &usage, "B", "S")->first_licence], 2);
}

static void a_scope_holds_what_is_below_its_account_alone(void **state) {
    struct trade trade;
    a_history(&trade, *state);
    struct usage usage = load(&trade, "2026-11-01T00:00:00Z", NULL, id_of(&trade, "accounts", "A"));
    assert_int_equal(usage.group_count, 1);
    assert_null(group_of(&trade, &usage, "B", "S"));
    usage = load(&trade, "2026-11-01T00:00:00Z", NULL, trade.provider_id);
    assert_int_equal(usage.group_count, 2);
    usage = load(&trade, "2026-11-01T00:00:00Z", NULL, trade.vendor_id);
    assert_int_equal(usage.group_count, 0);
}

static void an_empty_store_has_no_usage(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    struct usage usage = load(&trade, "2026-11-01T00:00:00Z", NULL, 0);
    assert_int_equal(usage.group_count, 0);
}

static void an_edge_meters_the_licences_that_it_bills(void **state) {
    struct trade trade;
    struct sku_view view;
    trade_begin(&trade, *state, "UTC", "USD");
    trade_sku(&trade, "S");
    struct bundle_part_input part = {TEXT("S"), 2};
    struct compose_bundle_input compose = {
        .seller = TEXT("P1"), .code = TEXT("SUITE"), .name = TEXT("Suite"), .parts = &part, .part_count = 1};
    WORLD_OK(trade.world, compose_bundle(&trade.call, &compose, &view, &trade.world->fault));
    trade_at(&trade, "2026-11-05T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "SUITE", 5));
    trade_at(&trade, "2026-11-07T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 3));
    struct usage usage = load(&trade, "2026-11-01T00:00:00Z", NULL, 0);
    const struct usage_group *product = group_of(&trade, &usage, "A", "S");
    const struct usage_group *bundle = group_of(&trade, &usage, "A", "SUITE");
    struct usage_scratch scratch = {.arena = &trade.world->arena};
    struct usage_meter meter;
    assert_false(product->one_range);
    for (int64_t depth = 0; depth <= 1; depth++) { /* vendor and distributor: the part and the product */
        assert_true(usage_meter_at(&usage, product, depth, &scratch, &meter));
        assert_int_equal(meter.meter.licence_count, 2);
        assert_int_equal(meter.meter.change_count, 2);
        assert_true(meter.first_on_at_us == instant(&trade, "2026-11-05T00:00:00Z"));
        assert_false(usage_meter_at(&usage, bundle, depth, &scratch, &meter));
    }
    assert_true(usage_meter_at(&usage, product, 2, &scratch, &meter)); /* the provider: the product alone */
    assert_int_equal(meter.meter.licence_count, 1);
    assert_int_equal(meter.meter.change_count, 1);
    assert_int_equal(meter.meter.changes[0].licence, 0);
    assert_int_equal(meter.meter.changes[0].seats, 3);
    assert_true(meter.first_on_at_us == instant(&trade, "2026-11-07T00:00:00Z"));
    assert_true(usage_meter_at(&usage, bundle, 2, &scratch, &meter));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(seats_at_the_start_are_those_of_now_less_what_has_changed_since),
        WORLD_TEST(an_event_behind_the_scope_still_tells_what_was_before),
        WORLD_TEST(a_scope_holds_what_is_below_its_account_alone),
        WORLD_TEST(an_empty_store_has_no_usage),
        WORLD_TEST(an_edge_meters_the_licences_that_it_bills),
    };
    return world_run_tests("usage", tests, sizeof tests / sizeof tests[0]);
}
