/* Blocks: who may order what, and what their size allows. */
#include "channel.h"

#include "programme/catalogue/catalogue.h"
#include "programme/parties/suspend_agreement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static enum status order(struct world *world, struct call *call, const char *provider, const char *sku,
                         int64_t size, struct block_view *out) {
    struct order_block_input input = {text_of(provider), text_of(sku), size};
    return order_block(call, &input, out, &world->fault);
}

static void a_provider_orders_a_block_that_costs_nothing_and_is_all_free(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct call call = call_of(world, "P1");
    struct block_view block;
    WORLD_OK(world, order(world, &call, "P1", "OFFICE", 50, &block));
    assert_true(text_is(block.provider_code, "P1"));
    assert_true(text_is(block.sku_code, "OFFICE"));
    assert_int_equal(block.size, 50);
    assert_int_equal(block.free_seats, 50);
    assert_int_equal(block.state, BLOCK_OPEN);
    assert_int_equal(block_of(world, block.identifier).size, 50);
}

static void a_block_needs_a_size_a_provider_and_a_sku_of_the_catalogue(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct call call = world_call(world);
    struct block_view block;
    WORLD_FAULT(world, "size-out-of-range", order(world, &call, "P1", "OFFICE", 0, &block));
    WORLD_FAULT(world, "size-out-of-range", order(world, &call, "P1", "OFFICE", -5, &block));
    WORLD_FAULT(world, "size-out-of-range", order(world, &call, "P1", "OFFICE", INT64_MAX, &block));
    WORLD_FAULT(world, "unknown-sku", order(world, &call, "P1", "NOTHING", 5, &block));
    WORLD_FAULT(world, "unknown-account", order(world, &call, "NOBODY", "OFFICE", 5, &block));
    WORLD_FAULT(world, "not-a-provider", order(world, &call, "DIST", "OFFICE", 5, &block));
    WORLD_FAULT(world, "not-a-provider", order(world, &call, "C1", "OFFICE", 5, &block));
    assert_int_equal(ask(world, "select count(*) from blocks"), 0);
}

static void only_the_provider_itself_orders(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct block_view block;
    struct call other = call_of(world, "P2");
    WORLD_FAULT(world, "unknown-account", order(world, &other, "P1", "OFFICE", 5, &block));
    struct call above = call_of(world, "DIST");
    WORLD_FAULT(world, "not-yours", order(world, &above, "P1", "OFFICE", 5, &block));
    struct call reader = call_of(world, "P1");
    reader.actor.rights = RIGHT_READ;
    WORLD_FAULT(world, "right-missing", order(world, &reader, "P1", "OFFICE", 5, &block));
}

static void a_bundle_can_be_ordered_by_its_composer_and_below_it_alone(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct call call = world_call(world);
    struct block_view block;
    WORLD_OK(world, order(world, &call, "P1", "PACK", 5, &block));
    WORLD_OK(world, order(world, &call, "P1", "SUITE", 5, &block));
    WORLD_OK(world, order(world, &call, "P3", "SUITE", 5, &block));
    WORLD_FAULT(world, "unknown-sku", order(world, &call, "P2", "PACK", 5, &block));
}

static void ordering_needs_a_signed_agreement_on_every_edge_above(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct call call = call_of(world, "P3");
    struct block_view block;
    suspend(world, "DIST", "SUB");
    WORLD_FAULT(world, "agreement-suspended", order(world, &call, "P3", "OFFICE", 5, &block));
    resume(world, "DIST", "SUB");
    WORLD_OK(world, order(world, &call, "P3", "OFFICE", 5, &block));
    terminate(world, "SUB", "P3");
    WORLD_FAULT(world, "agreement-not-signed", order(world, &call, "P3", "OFFICE", 5, &block));
}

static void a_code_that_two_known_skus_have_is_the_older_ones(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct call call = call_of(world, "P1");
    struct sku_view service;
    struct block_view block;
    const struct add_service_input input = {.code = TEXT("OFFICE"), .name = TEXT("Office by the hour")};
    WORLD_OK(world, add_service(&call, &input, &service, &world->fault));
    WORLD_OK(world, order(world, &call, "P1", "OFFICE", 5, &block));
    WORLD_OK(world, order(world, &call, "P1", "ACME/OFFICE", 5, &block));
    WORLD_FAULT(world, "not-licensable", order(world, &call, "P1", "P1/OFFICE", 5, &block));
    WORLD_FAULT(world, "not-licensable", order(world, &call, "P1", service.identifier.at, 5, &block));
    struct call other = call_of(world, "P2"); /* who knows nothing of another provider's service */
    WORLD_OK(world, order(world, &other, "P2", "OFFICE", 5, &block));
}

static void a_store_that_lost_a_path_of_accounts_is_told_and_not_read_beyond(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct call call = world_call(world);
    struct block_view block;
    static const char LOSE[] =
        "delete from account_ancestors where account_id = (select id from accounts where code = 'P1')";
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, LOSE, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_FAULT(world, "account-path-broken", order(world, &call, "P1", "OFFICE", 5, &block));
    assert_int_equal(world->fault.status, STATUS_INTERNAL);
}

static void a_block_is_enlarged_at_any_time_and_never_made_smaller(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 10);
    struct call call = call_of(world, "P1");
    struct block_view info;
    struct enlarge_block_input input = {.block = block, .size = 30};
    WORLD_OK(world, enlarge_block(&call, &input, &info, &world->fault));
    assert_int_equal(info.size, 30);
    input.size = 30;
    WORLD_FAULT(world, "size-out-of-range", enlarge_block(&call, &input, &info, &world->fault));
    input.size = 5;
    WORLD_FAULT(world, "size-out-of-range", enlarge_block(&call, &input, &info, &world->fault));
    input.size = 40;
    input.if_version = 1;
    WORLD_FAULT(world, "stale", enlarge_block(&call, &input, &info, &world->fault));
    struct call other = call_of(world, "P2");
    WORLD_FAULT(world, "unknown-block", enlarge_block(&other, &input, &info, &world->fault));
    assert_int_equal(block_of(world, block).size, 30);
}

static void a_closed_block_issues_and_grows_no_more_but_what_was_issued_works(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 10);
    struct text licence = a_licence(world, block, "C1", 4);
    struct call call = call_of(world, "P1");
    struct block_view info;
    WORLD_OK(world, close_block(&call, &(struct close_block_input){.block = block}, &info, &world->fault));
    assert_int_equal(info.state, BLOCK_CLOSED);
    WORLD_FAULT(world, "wrong-state",
                close_block(&call, &(struct close_block_input){.block = block}, &info, &world->fault));
    struct enlarge_block_input larger = {.block = block, .size = 30};
    WORLD_FAULT(world, "block-closed", enlarge_block(&call, &larger, &info, &world->fault));
    turn_on(world, licence);
    assert_int_equal(licence_of(world, licence).licence.counted_seats, 4);
}

static void blocks_are_listed_page_by_page_to_their_provider_alone(void **state) {
    struct world *world = *state;
    a_channel(world);
    for (int i = 1; i <= 5; i++) {
        a_block_of(world, "P1", i % 2 == 0 ? "OFFICE" : "MAIL", i);
    }
    a_block_of(world, "P2", "OFFICE", 9);
    struct call call = call_of(world, "P1");
    struct block_page page;
    struct list_blocks_input input = {.page = {.limit = 2}};
    int64_t sizes = 0;
    int pages = 0;
    do {
        WORLD_OK(world, list_blocks(&call, &input, &page, &world->fault));
        for (size_t i = 0; i < page.count; i++) {
            sizes += page.items[i].size;
        }
        input.page.after_id = page.next_after;
        pages++;
    } while (page.next_after != 0);
    assert_int_equal(sizes, 15);
    assert_int_equal(pages, 3);

    struct list_blocks_input office = {.sku = TEXT("OFFICE"), .state = TEXT("open")};
    WORLD_OK(world, list_blocks(&call, &office, &page, &world->fault));
    assert_int_equal(page.count, 2);
    struct list_blocks_input wrong = {.state = TEXT("ajar")};
    WORLD_FAULT(world, "unknown-state", list_blocks(&call, &wrong, &page, &world->fault));

    struct call above = call_of(world, "DIST");
    WORLD_OK(world, list_blocks(&above, &(struct list_blocks_input){0}, &page, &world->fault));
    assert_int_equal(page.count, 0);
    struct call all = world_call(world);
    WORLD_OK(world, list_blocks(&all, &(struct list_blocks_input){0}, &page, &world->fault));
    assert_int_equal(page.count, 6);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_provider_orders_a_block_that_costs_nothing_and_is_all_free),
        WORLD_TEST(a_block_needs_a_size_a_provider_and_a_sku_of_the_catalogue),
        WORLD_TEST(only_the_provider_itself_orders),
        WORLD_TEST(a_bundle_can_be_ordered_by_its_composer_and_below_it_alone),
        WORLD_TEST(ordering_needs_a_signed_agreement_on_every_edge_above),
        WORLD_TEST(a_code_that_two_known_skus_have_is_the_older_ones),
        WORLD_TEST(a_store_that_lost_a_path_of_accounts_is_told_and_not_read_beyond),
        WORLD_TEST(a_block_is_enlarged_at_any_time_and_never_made_smaller),
        WORLD_TEST(a_closed_block_issues_and_grows_no_more_but_what_was_issued_works),
        WORLD_TEST(blocks_are_listed_page_by_page_to_their_provider_alone),
    };
    return world_run_tests("blocks", tests, sizeof tests / sizeof tests[0]);
}
