/* Lease terms: whose they are, their bounds, and that no bundle promises longer than its parts. */
#include "channel.h"
#include "programme/access/list_audit.h"
#include "programme/catalogue/catalogue.h"
#include "programme/catalogue/lease_terms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct lease_terms_view terms_of(struct world *world, const char *sku) {
    struct call call = world_call(world);
    struct lease_terms_view view;
    WORLD_OK(world, show_lease_terms(&call, text_of(sku), &view, &world->fault));
    return view;
}

static enum status set(struct world *world, const char *who, const char *sku, int64_t ttl_s, int64_t grace_s,
                       int64_t version) {
    struct call call = who == NULL ? world_call(world) : call_of(world, who);
    struct lease_terms_view view;
    struct set_lease_terms_input input = {
        .sku = text_of(sku), .ttl_s = &ttl_s, .grace_s = &grace_s, .if_version = version};
    return set_lease_terms(&call, &input, &view, &world->fault);
}

static enum status set_others(struct world *world, const int64_t *offline_ttl_s, const int64_t *silent_s) {
    struct call call = call_of(world, "ACME");
    struct lease_terms_view view;
    struct set_lease_terms_input input = {
        .sku = TEXT("OFFICE"), .offline_ttl_s = offline_ttl_s, .silent_s = silent_s};
    return set_lease_terms(&call, &input, &view, &world->fault);
}

static void a_sku_without_terms_has_a_day_of_life_and_no_grace(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct lease_terms_view view = terms_of(world, "OFFICE");
    assert_true(view.is_default);
    assert_int_equal(view.version, 1);
    assert_int_equal(view.terms.ttl_s, 86400);
    assert_int_equal(view.terms.grace_s, 0);
    assert_int_equal(view.terms.offline_ttl_s, 30 * 86400);
    assert_int_equal(view.terms.silent_s, 30 * 86400);
    assert_true(text_is(view.sku_code, "OFFICE"));
}

static void the_owner_sets_terms_and_the_device_door_is_told(void **state) {
    struct world *world = *state;
    a_channel(world);
    WORLD_OK(world, set(world, "ACME", "OFFICE", 3600, 600, 1));
    struct lease_terms_view view = terms_of(world, "OFFICE");
    assert_false(view.is_default);
    assert_int_equal(view.version, 2);
    assert_int_equal(view.terms.ttl_s, 3600);
    assert_int_equal(view.terms.grace_s, 600);
    assert_int_equal(view.terms.offline_ttl_s, 30 * 86400); /* what is not given stays */
    static const char TOLD[] = "select count(*) from device_changes c join skus s on s.id = c.subject_id "
                               "where c.kind = 'terms' and s.code = 'OFFICE'";
    assert_int_equal(ask(world, TOLD), 1);
    WORLD_FAULT(world, "stale", set(world, "ACME", "OFFICE", 60, 0, 1));
    WORLD_OK(world, set(world, "ACME", "OFFICE", 60, 0, 2));
    assert_int_equal(terms_of(world, "OFFICE").version, 3);
}

static void nobody_but_the_owner_sets_them(void **state) {
    struct world *world = *state;
    a_channel(world);
    static const char *const OTHERS[] = {"DIST", "P1", "C1"};
    for (size_t i = 0; i < 3; i++) {
        WORLD_FAULT(world, "not-yours", set(world, OTHERS[i], "OFFICE", 60, 0, 0));
    }
    WORLD_FAULT(world, "unknown-sku", set(world, "BOLT", "OFFICE", 60, 0, 0));
    WORLD_FAULT(world, "unknown-sku", set(world, "P2", "PACK", 60, 0, 0));
    WORLD_FAULT(world, "not-yours", set(world, "C1", "PACK", 60, 0, 0));
    WORLD_OK(world, set(world, "P1", "PACK", 60, 0, 0));
    WORLD_OK(world, set(world, NULL, "OFFICE", 60, 0, 0));
    struct call call = call_of(world, "ACME");
    call.actor.rights = RIGHT_ALL & ~(unsigned)RIGHT_CATALOGUE;
    int64_t ttl_s = 60;
    struct lease_terms_view view;
    struct set_lease_terms_input input = {.sku = TEXT("OFFICE"), .ttl_s = &ttl_s};
    WORLD_FAULT(world, "right-missing", set_lease_terms(&call, &input, &view, &world->fault));
}

static void every_term_has_bounds(void **state) {
    struct world *world = *state;
    a_channel(world);
    WORLD_FAULT(world, "ttl-out-of-range", set(world, "ACME", "OFFICE", 1, 0, 0));
    WORLD_FAULT(world, "ttl-out-of-range", set(world, "ACME", "OFFICE", LEASE_TTL_S_MAX + 1, 0, 0));
    WORLD_FAULT(world, "ttl-out-of-range", set(world, "ACME", "OFFICE", INT64_MAX, 0, 0));
    WORLD_FAULT(world, "grace-out-of-range", set(world, "ACME", "OFFICE", 60, -1, 0));
    WORLD_FAULT(world, "grace-out-of-range", set(world, "ACME", "OFFICE", 60, LEASE_GRACE_S_MAX + 1, 0));
    int64_t low = 1;
    int64_t high = INT64_C(401) * 86400;
    WORLD_FAULT(world, "offline-ttl-out-of-range", set_others(world, &low, NULL));
    WORLD_FAULT(world, "offline-ttl-out-of-range", set_others(world, &high, NULL));
    WORLD_FAULT(world, "silent-out-of-range", set_others(world, NULL, &low));
    WORLD_FAULT(world, "silent-out-of-range", set_others(world, NULL, &high));
    assert_true(terms_of(world, "OFFICE").is_default);
    WORLD_OK(world, set(world, "ACME", "OFFICE", LEASE_TTL_S_MAX, LEASE_GRACE_S_MAX, 0));
    WORLD_OK(world, set(world, "ACME", "OFFICE", LEASE_TTL_S_MIN, 0, 0));
}

static void a_service_has_none(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct call call = call_of(world, "P1");
    struct sku_view sku;
    struct add_service_input service = {.code = TEXT("HELP"), .name = TEXT("Help")};
    WORLD_OK(world, add_service(&call, &service, &sku, &world->fault));
    WORLD_FAULT(world, "not-licensable", set(world, "P1", "HELP", 60, 0, 0));
    struct lease_terms_view view;
    WORLD_FAULT(world, "not-licensable", show_lease_terms(&call, TEXT("HELP"), &view, &world->fault));
}

static void a_bundle_promises_no_longer_than_its_parts(void **state) {
    struct world *world = *state;
    a_channel(world);
    WORLD_OK(world, set(world, "BOLT", "BACKUP", 3600, 600, 0));
    WORLD_FAULT(world, "longer-than-parts", set(world, "P1", "PACK", 4201, 0, 0));
    WORLD_FAULT(world, "longer-than-parts", set(world, "P1", "PACK", 3600, 601, 0));
    WORLD_OK(world, set(world, "P1", "PACK", 4200, 0, 0));
}

static void where_a_parts_terms_become_shorter_so_do_those_of_its_bundles(void **state) {
    struct world *world = *state;
    a_channel(world);
    WORLD_OK(world, set(world, "BOLT", "BACKUP", 3600, 600, 0));
    struct lease_terms_view pack = terms_of(world, "PACK");
    assert_int_equal(pack.terms.ttl_s, 4200);
    assert_int_equal(pack.terms.grace_s, 0);
    assert_int_equal(terms_of(world, "SUITE").terms.ttl_s, 4200);
    WORLD_OK(world, set(world, "BOLT", "BACKUP", 7200, 0, 0));
    assert_int_equal(terms_of(world, "PACK").terms.ttl_s, 4200); /* longer again is the composer's to set */
    assert_true(terms_of(world, "MAIL").is_default);
    struct call vendor = call_of(world, "BOLT");
    struct audit_page entries;
    WORLD_OK(world, list_audit(&vendor, TEXT(""), (struct page){.limit = 100}, &entries, &world->fault));
    for (size_t i = 0; i < entries.count; i++) { /* which bundles it is in is not a vendor's to know */
        assert_null(memmem(entries.items[i].detail.at, entries.items[i].detail.length, "PACK", 4));
    }
}

static void a_bundle_is_composed_within_its_parts_terms(void **state) {
    struct world *world = *state;
    a_channel(world);
    WORLD_OK(world, set(world, "ACME", "MAIL", 60, 0, 0));
    struct call call = call_of(world, "P1");
    struct sku_view sku;
    struct bundle_part_input parts[] = {{TEXT("MAIL"), 1}, {TEXT("OFFICE"), 1}};
    struct compose_bundle_input bundle = {
        .code = TEXT("BOTH"), .name = TEXT("Both"), .parts = parts, .part_count = 2};
    WORLD_OK(world, compose_bundle(&call, &bundle, &sku, &world->fault));
    assert_int_equal(terms_of(world, "BOTH").terms.ttl_s, 60);
    assert_int_equal(terms_of(world, "BOTH").terms.silent_s, 30 * 86400);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_sku_without_terms_has_a_day_of_life_and_no_grace),
        WORLD_TEST(the_owner_sets_terms_and_the_device_door_is_told),
        WORLD_TEST(nobody_but_the_owner_sets_them),
        WORLD_TEST(every_term_has_bounds),
        WORLD_TEST(a_service_has_none),
        WORLD_TEST(a_bundle_promises_no_longer_than_its_parts),
        WORLD_TEST(where_a_parts_terms_become_shorter_so_do_those_of_its_bundles),
        WORLD_TEST(a_bundle_is_composed_within_its_parts_terms),
    };
    return world_run_tests("lease_terms", tests, sizeof tests / sizeof tests[0]);
}
