/* Names to vendors: a vendor reads who is in the channel where the distributor and the provider both say so,
 * and nothing where only one does; and the customer sees that it is so. */
#include "channel.h"
#include "exported.h"

#include "programme/licensing/licences.h"
#include "programme/parties/accounts.h"
#include "programme/parties/agreements.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum status say_as(struct world *world, struct call call, const char *seller, const char *buyer,
                          const char *yes_or_no) {
    struct agreement_view view;
    struct edit_agreement_input edit = {
        .seller = text_of(seller), .buyer = text_of(buyer), .names_to_vendors = text_of(yes_or_no)};
    return edit_agreement(&call, &edit, &view, &world->fault);
}

static void say(struct world *world, const char *seller, const char *buyer, const char *yes_or_no) {
    WORLD_OK(world, say_as(world, call_of(world, buyer), seller, buyer, yes_or_no));
}

/* A licence of ACME's OFFICE of P1 at C1 and one of P2 at C3, on. */
static void two_providers_with_a_licence(struct world *world) {
    a_channel(world);
    a_licence_on(world, "OFFICE", 5);
    turn_on(world, a_licence(world, a_block_of(world, "P2", "OFFICE", 5), "C3", 5));
}

static struct licence_page licences_for(struct world *world, const char *reader) {
    struct call call = call_of(world, reader);
    struct list_licences_input all = {.page = {.limit = 100}};
    struct licence_page page;
    WORLD_OK(world, list_licences(&call, &all, &page, &world->fault));
    return page;
}

static struct text exported_to(struct world *world, const char *reader, const char *what) {
    struct call call = call_of(world, reader);
    return exported(world, &call, what, "");
}

/* Whether the reader is told the names of the provider and its customer, everywhere or nowhere. */
static bool is_told(struct world *world, const char *reader, const char *provider, const char *customer) {
    struct licence_page page = licences_for(world, reader);
    const char *pair = text_format(&world->arena, ",%s,%s,", provider, customer).at;
    size_t told = 0;
    for (size_t i = 0; i < page.count; i++) {
        struct call call = call_of(world, reader);
        const struct licence_view *listed = &page.items[i];
        struct licence_detail shown;
        WORLD_OK(world, show_licence(&call, listed->identifier, &shown, &world->fault));
        assert_string_equal(shown.licence.provider_code.at, listed->provider_code.at);
        assert_string_equal(shown.licence.customer_code.at, listed->customer_code.at);
        assert_string_equal(shown.licence.customer_name.at, listed->customer_name.at);
        bool is_it = text_is(listed->customer_code, customer);
        assert_int_equal(is_it, text_is(listed->provider_code, provider));
        assert_int_equal(listed->customer_name.length > 0,
                         !text_equal(listed->customer_code, listed->customer));
        told += is_it;
    }
    assert_int_equal(strstr(exported_to(world, reader, "licences").at, pair) != NULL, told > 0);
    assert_int_equal(strstr(exported_to(world, reader, "events").at, pair) != NULL, told > 0);
    return told > 0;
}

static void a_vendor_reads_names_where_both_agreements_say_so(void **state) {
    struct world *world = *state;
    two_providers_with_a_licence(world);
    assert_false(is_told(world, "ACME", "P1", "C1"));
    say(world, "ACME", "DIST", "yes");
    assert_false(is_told(world, "ACME", "P1", "C1"));
    say(world, "DIST", "P1", "yes");
    assert_true(is_told(world, "ACME", "P1", "C1"));
    assert_false(is_told(world, "ACME", "P2", "C3"));
    say(world, "ACME", "DIST", "no");
    assert_false(is_told(world, "ACME", "P1", "C1"));
}

static void what_one_vendor_may_read_no_other_does(void **state) {
    struct world *world = *state;
    two_providers_with_a_licence(world);
    turn_on(world, a_licence(world, a_block_of(world, "P1", "BACKUP", 5), "C2", 5));
    say(world, "ACME", "DIST", "yes");
    say(world, "DIST", "P1", "yes");
    assert_false(is_told(world, "BOLT", "P1", "C2"));
    assert_int_equal(licences_for(world, "BOLT").count, 1);
}

static void an_agreement_that_has_ended_lets_nobody_read(void **state) {
    struct world *world = *state;
    two_providers_with_a_licence(world);
    say(world, "ACME", "DIST", "yes");
    say(world, "DIST", "P1", "yes");
    suspend(world, "DIST", "P1");
    assert_true(is_told(world, "ACME", "P1", "C1"));
    terminate(world, "DIST", "P1");
    assert_false(is_told(world, "ACME", "P1", "C1"));
}

static size_t named_to(struct world *world, const char *reader, const char *account, const char *vendor) {
    struct call call = call_of(world, reader);
    struct account_view view;
    WORLD_OK(world, show_account(&call, text_of(account), &view, &world->fault));
    for (size_t i = 0; i < view.named_to_count; i++) {
        assert_string_equal(view.named_to[i].code.at, vendor);
    }
    return view.named_to_count;
}

static void a_customer_sees_which_vendors_may_name_it(void **state) {
    struct world *world = *state;
    two_providers_with_a_licence(world);
    say(world, "DIST", "P1", "yes");
    assert_int_equal(named_to(world, "C1", "C1", "ACME"), 0);
    say(world, "ACME", "DIST", "yes");
    assert_int_equal(named_to(world, "C1", "C1", "ACME"), 1);
    assert_int_equal(named_to(world, "P1", "P1", "ACME"), 1);
    assert_int_equal(named_to(world, "P1", "C2", "ACME"), 1);
    assert_int_equal(named_to(world, "C3", "C3", "ACME"), 0);
    assert_int_equal(named_to(world, "C1", "P1", "ACME"), 0); /* which it does not read in full */
    assert_int_equal(named_to(world, "DIST", "DIST", "ACME"), 0);
}

static void the_buyer_alone_says_it_and_only_where_it_means_something(void **state) {
    struct world *world = *state;
    a_channel(world);
    WORLD_FAULT(world, "not-yours", say_as(world, call_of(world, "ACME"), "ACME", "DIST", "yes"));
    WORLD_FAULT(world, "not-yours", say_as(world, call_of(world, "DIST"), "DIST", "P1", "yes"));
    WORLD_FAULT(world, "names-not-given", say_as(world, call_of(world, "C1"), "P1", "C1", "yes"));
    WORLD_FAULT(world, "names-not-given", say_as(world, call_of(world, "SUB"), "DIST", "SUB", "yes"));
    WORLD_FAULT(world, "missing-field", say_as(world, call_of(world, "P1"), "DIST", "P1", ""));
    say(world, "SUB", "P3", "yes");
}

int main(void) {
    static const struct world_test TESTS[] = {
        WORLD_TEST(a_vendor_reads_names_where_both_agreements_say_so),
        WORLD_TEST(what_one_vendor_may_read_no_other_does),
        WORLD_TEST(an_agreement_that_has_ended_lets_nobody_read),
        WORLD_TEST(a_customer_sees_which_vendors_may_name_it),
        WORLD_TEST(the_buyer_alone_says_it_and_only_where_it_means_something),
    };
    return world_run_tests("names_to_vendors", TESTS, sizeof TESTS / sizeof TESTS[0]);
}
