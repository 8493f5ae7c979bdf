/* The catalogue: what a vendor's file becomes, and what sellers compose of it. */
#include "cast.h"

#include "programme/catalogue/catalogue.h"
#include "programme/catalogue/import_catalogue.h"
#include "store/catalogue/skus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define assert_text(actual, expected) assert_string_equal(text_copy(&world->arena, (actual)).at, (expected))

static const char HEADER[] = "Product_Display_Name,String_Id,GUID,Service_Plan_Name,Service_Plan_Id,"
                             "Service_Plans_Included_Friendly_Names\n";
#define GUID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define GUID_B "bbbbbbbb-0000-4000-8000-000000000002"
#define PLAN_1 "11111111-0000-4000-8000-000000000001"
#define PLAN_2 "22222222-0000-4000-8000-000000000002"

static struct import_catalogue_result import_ok(struct world *world, const char *vendor,
                                                struct text content) {
    struct call call = world_call(world);
    struct import_problems problems = {0};
    struct import_catalogue_result result;
    const struct import_catalogue_input input = {.vendor = text_of(vendor), .content = content};
    WORLD_OK(world, import_catalogue(&call, &input, &result, &problems, &world->fault));
    assert_int_equal(problems.total, 0);
    return result;
}

static struct text rows_of(struct world *world, const char *rows) {
    return text_format(&world->arena, "%s%s", HEADER, rows);
}

static struct sku the_sku(struct world *world, const char *code) {
    struct sku_claim *skus = NULL;
    size_t count = 0;
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    WORLD_OK(world, sku_find_code(world->db, &world->arena, 0, text_of(code), &skus, &count, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(count, 1);
    return skus[0].sku;
}

static int64_t count_skus(struct world *world) {
    struct call call = world_call(world);
    struct sku_page page;
    const struct list_skus_input input = {.page = {.limit = PAGE_LIMIT_MAX}};
    WORLD_OK(world, list_skus(&call, &input, &page, &world->fault));
    return (int64_t)page.count;
}

/* ---- Microsoft's ---- */

/* The real table, or nothing where it is not beside the project. */
static struct text real_catalogue(struct world *world) {
    FILE *file = fopen(REAL_CATALOGUE, "rb");
    if (file == NULL) {
        return TEXT("");
    }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    char *bytes = ARENA_NEW(&world->arena, char, (size_t)size);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
    fclose(file);
    return (struct text){bytes, (size_t)size};
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void the_real_catalogue_imports_whole_and_again_changes_nothing(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct text content = real_catalogue(world);
    if (content.length == 0) {
        print_message("\n***** SKIPPED: there is no %s *****\n", REAL_CATALOGUE);
        skip();
    }
    double start = seconds_now();
    struct import_catalogue_result result = import_ok(world, "Microsoft", content);
    double seconds = seconds_now() - start;
    assert_int_equal(result.skus, 569);
    assert_int_equal(result.components, 723);
    assert_int_equal(result.skus_added, 569);
    assert_int_equal(result.components_added, 723);
    assert_true(result.vendor_added);
    print_message("the real catalogue took %.3f s (sanitizers included)\n", seconds);

    result = import_ok(world, "Microsoft", content);
    assert_int_equal(result.skus_added + result.components_added + result.renamed, 0);
    assert_false(result.vendor_added);
    assert_int_equal(count_skus(world), 569);
}

static void two_skus_of_one_string_id_are_told_apart_by_their_guids(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct text content = real_catalogue(world);
    if (content.length == 0) {
        print_message("\n***** SKIPPED: there is no %s *****\n", REAL_CATALOGUE);
        skip();
    }
    import_ok(world, "Microsoft", content);
    assert_text(the_sku(world, "MCOPSTN5").external_id, "54a152dc-90de-4996-93d2-bc47e670fc06");
    assert_text(the_sku(world, "MCOPSTN5#2").external_id, "d43177b5-475b-4880-92d4-d54c27b5efbd");
    struct call call = world_call(world);
    struct sku_view sku;
    WORLD_OK(world, show_sku(&call, TEXT("O365_w/o Teams Bundle_M3"), &sku, &world->fault));
    assert_true(sku.component_count > 5);
}

static void codes_do_not_depend_on_the_order_of_the_rows(void **state) {
    struct world *world = *state;
    a_programme(world);
    import_ok(world, "One",
              rows_of(world, "Second,SAME," GUID_B ",P1," PLAN_1 ",Plan\nFirst,SAME," GUID_A ",P1," PLAN_1
                             ",Plan\n"));
    assert_text(the_sku(world, "SAME").name, "First");
    assert_text(the_sku(world, "SAME#2").name, "Second");
}

static void a_code_once_given_stays(void **state) {
    struct world *world = *state;
    a_programme(world);
    import_ok(world, "One", rows_of(world, "Second,SAME," GUID_B ",P1," PLAN_1 ",Plan\n"));
    struct import_catalogue_result result =
        import_ok(world, "One",
                  rows_of(world, "First,SAME," GUID_A ",P1," PLAN_1 ",Plan\nRenamed,SAME," GUID_B
                                 ",P2," PLAN_2 ",Plan 2\n"));
    assert_int_equal(result.skus_added, 1);
    assert_int_equal(result.components_added, 1);
    assert_int_equal(result.renamed, 1);
    assert_text(the_sku(world, "SAME").name, "Renamed");
    assert_text(the_sku(world, "SAME#2").name, "First");
}

static void white_space_of_any_kind_is_made_plain(void **state) {
    struct world *world = *state;
    a_programme(world);
    import_ok(world, "One",
              rows_of(world, " Name \t of\xC2\xA0it ,CODE\xC2\xA0," GUID_A "\xC2\xA0,P 1 ," PLAN_1 ",\n"));
    assert_text(the_sku(world, "CODE").name, "Name of it");
    assert_text(the_sku(world, "CODE").external_id, GUID_A);
}

static void a_bad_row_imports_nothing_and_every_bad_row_is_listed(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct call call = world_call(world);
    struct import_problems problems = {0};
    struct import_catalogue_result result;
    const struct import_catalogue_input input = {
        .vendor = TEXT("One"),
        .content = rows_of(world, "Fine,A," GUID_A ",P1," PLAN_1 ",Plan\n"     /* line 2 */
                                  "Bad guid,B,bbbb,P1," PLAN_1 ",Plan\n"       /* 3 */
                                  "Fine,C," GUID_B ",P1," PLAN_1 ",Plan\n"     /* 4 */
                                  ",D," GUID_B ",P1," PLAN_1 ",Plan\n"         /* 5 */
                                  "Too few,E," GUID_B "\n"                     /* 6 */
                                  "Bad plan,F," GUID_B ",P1,nothing,Plan\n")}; /* 7 */
    WORLD_FAULT(world, "malformed-guid", import_catalogue(&call, &input, &result, &problems, &world->fault));
    assert_int_equal(problems.total, 4);
    static const int64_t lines[4] = {3, 5, 6, 7};
    static const char *const codes[4] = {"malformed-guid", "missing-field", "csv-field-count",
                                         "malformed-guid"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(problems.items[i].line, lines[i]);
        assert_string_equal(problems.items[i].fault.code, codes[i]);
    }
    assert_non_null(strstr(world->fault.message, "Line 3"));
    assert_int_equal(count_skus(world), 0);
    struct account_page page;
    const struct list_accounts_input list = {.kind = TEXT("vendor")};
    WORLD_OK(world, list_accounts(&call, &list, &page, &world->fault));
    assert_int_equal(page.count, 0);
}

/* ---- ours ---- */

static void our_own_format_is_a_row_per_sku_and_component(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct import_catalogue_result result =
        import_ok(world, "Acme Software",
                  TEXT("sku,name,component_code,component_name\n"
                       "OFFICE,Office,WRITER,Writer\nOFFICE,Office,CALC,Calc\n"
                       "CALC-ALONE,Calc alone,CALC,Calc\nBARE,Bare,,\n"));
    assert_int_equal(result.skus, 3);
    assert_int_equal(result.components, 2);
    result = import_ok(world, "Acme Software", TEXT("sku,name\nBARE,Bare\nNEW,New\n"));
    assert_int_equal(result.skus_added, 1);
    struct call call = world_call(world);
    struct sku_view sku;
    WORLD_OK(world, show_sku(&call, TEXT("OFFICE"), &sku, &world->fault));
    assert_int_equal(sku.component_count, 2);
    assert_text(sku.owner_name, "Acme Software");
}

static void a_row_that_contradicts_another_is_refused(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct call call = world_call(world);
    struct import_problems problems = {0};
    struct import_catalogue_result result;
    struct import_catalogue_input input = {.vendor = TEXT("One"),
                                           .content = TEXT("sku,name\nA,One\nA,Two\n")};
    WORLD_FAULT(world, "row-differs", import_catalogue(&call, &input, &result, &problems, &world->fault));
    input.content = TEXT("sku,title\nA,One\n");
    WORLD_FAULT(world, "csv-missing-column",
                import_catalogue(&call, &input, &result, &problems, &world->fault));
    input.content = TEXT("");
    WORLD_FAULT(world, "csv-empty", import_catalogue(&call, &input, &result, &problems, &world->fault));
    input.format = TEXT("xml");
    input.content = TEXT("sku,name\nA,One\n");
    WORLD_FAULT(world, "unknown-format", import_catalogue(&call, &input, &result, &problems, &world->fault));
}

static void the_distributor_and_the_vendor_itself_import_and_nobody_else(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    static const struct {
        const char *who;
        const char *vendor;
        const char *fault;
    } cases[] = {{"DIST", "VENDOR", NULL},
                 {"DIST", "New vendor", NULL},
                 {"VENDOR", "VENDOR", NULL},
                 {"VENDOR", "", NULL},
                 {"VENDOR", "New vendor", "unknown-account"},
                 {"ALPHA", "VENDOR", "unknown-account"},
                 {"ALPHA", "ALPHA", "not-a-vendor"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call call = call_of(world, cases[i].who, RIGHT_ALL);
        struct import_problems problems = {0};
        struct import_catalogue_result result;
        const struct import_catalogue_input input = {.vendor = text_of(cases[i].vendor),
                                                     .content = TEXT("sku,name\nA,One\n")};
        enum status status = import_catalogue(&call, &input, &result, &problems, &world->fault);
        if (cases[i].fault == NULL) {
            WORLD_OK(world, status);
        } else {
            WORLD_FAULT(world, cases[i].fault, status);
        }
    }
}

static void a_vendor_that_an_import_adds_has_its_agreement_signed(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct import_catalogue_result result = import_ok(world, "Acme Software", TEXT("sku,name\nA,One\n"));
    assert_text(result.vendor_code, "ACME-SOFTWARE");
    struct call distributor = call_of(world, "DIST", RIGHT_READ);
    struct agreement_view agreement;
    WORLD_OK(world,
             show_agreement(&distributor, TEXT(""), result.vendor, TEXT("DIST"), &agreement, &world->fault));
    assert_text(agreement.state, "signed");
}

/* ---- composing ---- */

static enum status compose(struct world *world, const char *who, const char *code,
                           const struct bundle_part_input *parts, size_t count, struct sku_view *sku) {
    struct call call = call_of(world, who, RIGHT_ALL);
    const struct compose_bundle_input input = {
        .code = text_of(code), .name = TEXT("A bundle"), .parts = parts, .part_count = count};
    return compose_bundle(&call, &input, sku, &world->fault);
}

static void a_seller_mixes_and_matches_what_it_can_buy(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    import_ok(world, "VENDOR", TEXT("sku,name\nA,One\nB,Two\n"));
    const struct bundle_part_input parts[] = {{TEXT("A"), 1}, {TEXT("B"), 2}};
    struct sku_view sku;
    WORLD_OK(world, compose(world, "ALPHA", "STARTER", parts, 2, &sku));
    assert_text(sku.kind, "bundle");
    assert_int_equal(sku.part_count, 2);
    assert_text(sku.parts[1].code, "B");
    assert_int_equal(sku.parts[1].quantity, 2);
    WORLD_FAULT(world, "code-taken", compose(world, "ALPHA", "STARTER", parts, 2, &sku));
    WORLD_OK(world, compose(world, "BETA", "STARTER", parts, 2, &sku)); /* its own, by the same code */
}

static void a_bundle_is_known_to_its_seller_and_below_alone(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    import_ok(world, "VENDOR", TEXT("sku,name\nA,One\n"));
    const struct bundle_part_input parts[] = {{TEXT("A"), 1}};
    struct sku_view bundle;
    WORLD_OK(world, compose(world, "ALPHA", "STARTER", parts, 1, &bundle));
    static const struct {
        const char *who;
        bool knows;
    } cases[] = {{"ALPHA", true}, {"A1", true},  {"DIST", false},
                 {"BETA", false}, {"B1", false}, {"VENDOR", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call call = call_of(world, cases[i].who, RIGHT_READ);
        struct sku_view sku;
        const struct text words[] = {bundle.identifier, TEXT("STARTER")};
        for (int word = 0; word < 2; word++) {
            enum status status = show_sku(&call, words[word], &sku, &world->fault);
            if (cases[i].knows) {
                WORLD_OK(world, status);
            } else {
                WORLD_FAULT(world, "unknown-sku", status);
            }
        }
        struct sku_page page;
        const struct list_skus_input list = {.kind = TEXT("bundle")};
        WORLD_OK(world, list_skus(&call, &list, &page, &world->fault));
        assert_int_equal(page.count, cases[i].knows ? 1 : 0);
    }
}

static void a_bundle_that_makes_no_sense_is_refused(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    import_ok(world, "VENDOR", TEXT("sku,name\nA,One\nB,Two\n"));
    struct sku_view sku;
    const struct bundle_part_input fine[] = {{TEXT("A"), 1}};
    WORLD_OK(world, compose(world, "ALPHA", "INNER", fine, 1, &sku));
    struct call alpha = call_of(world, "ALPHA", RIGHT_ALL);
    const struct add_service_input service = {.code = TEXT("INSTALL"), .name = TEXT("Installation")};
    WORLD_OK(world, add_service(&alpha, &service, &sku, &world->fault));
    assert_text(sku.kind, "service");

    const struct bundle_part_input nested[] = {{TEXT("INNER"), 1}};
    const struct bundle_part_input with_service[] = {{TEXT("INSTALL"), 1}};
    const struct bundle_part_input twice[] = {{TEXT("A"), 1}, {TEXT("A"), 2}};
    const struct bundle_part_input none_of[] = {{TEXT("A"), 0}};
    const struct bundle_part_input unknown[] = {{TEXT("Z"), 1}};
    WORLD_FAULT(world, "bundle-in-bundle", compose(world, "ALPHA", "X", nested, 1, &sku));
    WORLD_FAULT(world, "service-in-bundle", compose(world, "ALPHA", "X", with_service, 1, &sku));
    WORLD_FAULT(world, "part-twice", compose(world, "ALPHA", "X", twice, 2, &sku));
    WORLD_FAULT(world, "malformed-quantity", compose(world, "ALPHA", "X", none_of, 1, &sku));
    WORLD_FAULT(world, "unknown-sku", compose(world, "ALPHA", "X", unknown, 1, &sku));
    WORLD_FAULT(world, "no-parts", compose(world, "ALPHA", "X", fine, 0, &sku));
    WORLD_FAULT(world, "wrong-seller", compose(world, "A1", "X", fine, 1, &sku));
    WORLD_FAULT(world, "malformed-code", compose(world, "ALPHA", sku.identifier.at, fine, 1, &sku));
}

static void skus_are_searched_by_part_of_code_or_name(void **state) {
    struct world *world = *state;
    a_programme(world);
    import_ok(world, "One", TEXT("sku,name\nOFFICE_1,Writer 100%\nCALC,Spread Sheet\nX,100 percent\n"));
    static const struct {
        const char *search;
        size_t count;
    } cases[] = {{"office", 1}, {"SHEET", 1}, {"e", 3}, {"100%", 1}, {"e_1", 1}, {"_", 1}, {"nothing", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call call = world_call(world);
        struct sku_page page;
        const struct list_skus_input list = {.search = text_of(cases[i].search)};
        WORLD_OK(world, list_skus(&call, &list, &page, &world->fault));
        assert_int_equal(page.count, cases[i].count);
    }
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(the_real_catalogue_imports_whole_and_again_changes_nothing),
        WORLD_TEST(two_skus_of_one_string_id_are_told_apart_by_their_guids),
        WORLD_TEST(codes_do_not_depend_on_the_order_of_the_rows),
        WORLD_TEST(a_code_once_given_stays),
        WORLD_TEST(white_space_of_any_kind_is_made_plain),
        WORLD_TEST(a_bad_row_imports_nothing_and_every_bad_row_is_listed),
        WORLD_TEST(our_own_format_is_a_row_per_sku_and_component),
        WORLD_TEST(a_row_that_contradicts_another_is_refused),
        WORLD_TEST(the_distributor_and_the_vendor_itself_import_and_nobody_else),
        WORLD_TEST(a_vendor_that_an_import_adds_has_its_agreement_signed),
        WORLD_TEST(a_seller_mixes_and_matches_what_it_can_buy),
        WORLD_TEST(a_bundle_is_known_to_its_seller_and_below_alone),
        WORLD_TEST(a_bundle_that_makes_no_sense_is_refused),
        WORLD_TEST(skus_are_searched_by_part_of_code_or_name),
    };
    return world_run_tests("catalogue", tests, sizeof tests / sizeof tests[0]);
}
