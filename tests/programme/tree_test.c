/* The tree: who is in the programme, under what agreement, and who may know of whom. */
#include "cast.h"

#include "programme/parties/init_programme.h"
#include "store/parties/programme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define assert_text(actual, expected) assert_string_equal(text_copy(&world->arena, (actual)).at, (expected))

/* ---- beginning ---- */

static void a_programme_begins_once(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct call call = world_call(world);
    struct account_view distributor;
    const struct init_programme_input again = {
        .distributor = TEXT("Other"), .currency = TEXT("EUR"), .time_zone = TEXT("Europe/Berlin")};
    WORLD_FAULT(world, "already-initialised", init_programme(&call, &again, &distributor, &world->fault));
    assert_text(the_account(world, "DIST").kind, "distributor");
    assert_text(the_account(world, "DIST").name, "Northwind Distribution");
}

static void a_programme_needs_a_currency_and_a_time_zone_that_exist(void **state) {
    struct world *world = *state;
    struct call call = world_call(world);
    struct account_view distributor;
    struct init_programme_input input = {
        .distributor = TEXT("D"), .currency = TEXT("XXQ"), .time_zone = TEXT("Europe/Berlin")};
    WORLD_FAULT(world, "unknown-currency", init_programme(&call, &input, &distributor, &world->fault));
    input.currency = TEXT("EUR");
    input.time_zone = TEXT("Europe/Atlantis");
    WORLD_FAULT(world, "unknown-time-zone", init_programme(&call, &input, &distributor, &world->fault));
    input.time_zone = TEXT("Europe/Berlin");
    input.distributor = TEXT("  ");
    WORLD_FAULT(world, "missing-field", init_programme(&call, &input, &distributor, &world->fault));
    input.distributor = TEXT("D");
    WORLD_OK(world, init_programme(&call, &input, &distributor, &world->fault));
    assert_text(distributor.code, "D");
}

static void a_door_with_another_secret_is_told(void **state) {
    struct world *world = *state;
    a_programme(world);
    unsigned char other[PROGRAMME_SECRET_BYTES] = {1};
    WORLD_OK(world, programme_check_secret(world->db, &world->arena, world->secret, &world->fault));
    WORLD_FAULT(world, "wrong-secret",
                programme_check_secret(world->db, &world->arena, other, &world->fault));
}

/* ---- adding ---- */

static void everybody_sells_to_whom_the_programme_says(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    static const struct {
        const char *kind;
        const char *seller;
        bool possible;
    } cases[] = {
        {"customer", "ALPHA", true},   {"customer", "DIST", false},     {"customer", "A1", false},
        {"provider", "DIST", true},    {"provider", "ALPHA", false},    {"provider", "A1", false},
        {"distributor", "DIST", true}, {"distributor", "ALPHA", false}, {"vendor", "", true},
        {"vendor", "DIST", false},     {"customer", "VENDOR", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call call = world_call(world);
        struct account_view account;
        const struct add_account_input input = {
            .kind = text_of(cases[i].kind), .name = TEXT("New"), .seller = text_of(cases[i].seller)};
        enum status status = add_account(&call, &input, &account, &world->fault);
        if (cases[i].possible) {
            assert_int_equal(status, STATUS_OK);
        } else {
            WORLD_FAULT(world, "wrong-seller", status);
        }
    }
}

static void sub_distributors_make_the_tree_as_deep_as_it_is(void **state) {
    struct world *world = *state;
    a_programme(world);
    an_account(world, "distributor", "SUB", "DIST");
    an_account(world, "distributor", "SUBSUB", "SUB");
    an_account(world, "provider", "P", "SUBSUB");
    struct account_view customer = an_account(world, "customer", "C", "P");
    int64_t *path = NULL;
    size_t count = 0;
    WORLD_OK(world, account_path(world->db, &world->arena, customer.id, &path, &count, &world->fault));
    assert_int_equal(count, 5);
    assert_int_equal(path[0], the_account(world, "DIST").id);
    assert_int_equal(path[3], the_account(world, "P").id);
    assert_int_equal(path[4], customer.id);
}

static void a_code_is_one_sellers_name_for_a_buyer(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    an_account(world, "customer", "ACME", "ALPHA");
    an_account(world, "customer", "ACME", "BETA"); /* neither learns of the other's */
    struct call alpha = call_of(world, "ALPHA", RIGHT_ALL);
    struct account_view account;
    const struct add_account_input again = {
        .kind = TEXT("customer"), .name = TEXT("Acme"), .code = TEXT("ACME")};
    WORLD_FAULT(world, "code-taken", add_account(&alpha, &again, &account, &world->fault));

    WORLD_OK(world, show_account(&alpha, TEXT("ACME"), &account, &world->fault));
    assert_text(account.seller_code, "ALPHA");
    struct call operator_call = world_call(world);
    WORLD_OK(world, show_account(&operator_call, TEXT("ACME"), &account, &world->fault));
    assert_text(account.seller_code, "ALPHA"); /* the older one's */
    WORLD_OK(world, show_account(&operator_call, TEXT("BETA/ACME"), &account, &world->fault));
    assert_text(account.seller_code, "BETA");
}

static void what_a_reader_would_not_see_is_in_no_name_code_or_address(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    static const char *const HIDDEN[] = {
        ("A\xc2\x9b"
         "31mRED"),
        "\xc2\x85",
        "\xef\xbb\xbf",
        "A\u2028B",
        "A\u202eB",
        "A\x1b[31m",
        "\u2800",
        "\u00a0",
    };
    struct call alpha = call_of(world, "ALPHA", RIGHT_ALL);
    for (size_t i = 0; i < sizeof HIDDEN / sizeof HIDDEN[0]; i++) {
        struct account_view account;
        struct add_account_input named = {.kind = TEXT("customer"), .name = text_of(HIDDEN[i])};
        WORLD_FAULT(world, "malformed-text", add_account(&alpha, &named, &account, &world->fault));
        struct add_account_input placed = {
            .kind = TEXT("customer"), .name = TEXT("Acme"), .address = text_of(HIDDEN[i])};
        WORLD_FAULT(world, "malformed-text", add_account(&alpha, &placed, &account, &world->fault));
        struct text name = text_of(HIDDEN[i]);
        const struct edit_account_input renamed = {.account = TEXT("A1"), .name = &name};
        WORLD_FAULT(world, "malformed-text", edit_account(&alpha, &renamed, &account, &world->fault));
    }
}

static void a_code_is_made_of_a_name_in_any_script(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    static const char *const MADE[][2] = {
        {"Müller & Söhne GmbH", "MUELLER-SOEHNE-GMBH"},
        {"Ångström Øre Łódź", "ANGSTROEM-ORE-LODZ"},
        {"Weiß Æther", "WEISS-AETHER"},
        {"Кузнецов", "KUZNECOV"},
        {"Ελλάδα", "ELLADA"},
        {"L'Été", "L-ETE"},
    };
    struct call alpha = call_of(world, "ALPHA", RIGHT_ALL);
    for (size_t i = 0; i < sizeof MADE / sizeof MADE[0]; i++) {
        struct account_view account;
        const struct add_account_input input = {.kind = TEXT("customer"), .name = text_of(MADE[i][0])};
        WORLD_OK(world, add_account(&alpha, &input, &account, &world->fault));
        assert_text(account.code, MADE[i][1]);
    }
}

static void exports_tell_accounts_of_one_code_apart(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct account_view first = an_account(world, "customer", "ACME", "ALPHA");
    struct account_view second = an_account(world, "customer", "ACME", "BETA");
    struct account account;
    WORLD_OK(world, account_load(world->db, &world->arena, first.id, &account, &world->fault));
    assert_text(account.label, "ACME");
    WORLD_OK(world, account_load(world->db, &world->arena, second.id, &account, &world->fault));
    assert_true(text_equal(account.label, second.identifier));
}

static void a_code_is_made_of_the_name_where_none_is_given(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call alpha = call_of(world, "ALPHA", RIGHT_ALL);
    struct account_view account;
    const struct add_account_input input = {.kind = TEXT("customer"), .name = TEXT("Smith & Sons, Inc.")};
    WORLD_OK(world, add_account(&alpha, &input, &account, &world->fault));
    assert_text(account.code, "SMITH-SONS-INC");
    WORLD_OK(world, add_account(&alpha, &input, &account, &world->fault));
    assert_text(account.code, "SMITH-SONS-INC-2");
}

static void what_is_malformed_is_named_and_adds_nothing(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    const struct add_account_input fine = {
        .kind = TEXT("customer"), .name = TEXT("N"), .seller = TEXT("ALPHA")};
    static const char long_code[] = "0123456789012345678901234567890123456789x";
    struct add_account_input cases[8];
    static const char *const codes[8] = {"unknown-account-kind", "missing-field",  "malformed-code",
                                         "malformed-code",       "malformed-code", "malformed-country",
                                         "malformed-email",      "malformed-text"};
    for (int i = 0; i < 8; i++) {
        cases[i] = fine;
    }
    cases[0].kind = TEXT("reseller");
    cases[1].name = TEXT(" \t ");
    cases[2].code = text_of(long_code);
    cases[3].code = TEXT("with blank");
    cases[4].code = TEXT("ACC_0000000000000");
    cases[5].country = TEXT("USA");
    cases[6].email = TEXT("nobody");
    cases[7].name = TEXT("a\x01z");
    for (int i = 0; i < 8; i++) {
        struct call call = world_call(world);
        struct account_view account;
        WORLD_FAULT(world, codes[i], add_account(&call, &cases[i], &account, &world->fault));
    }
    struct call alpha = call_of(world, "ALPHA", RIGHT_ALL);
    struct account_page page;
    const struct list_accounts_input list = {.kind = TEXT("customer")};
    WORLD_OK(world, list_accounts(&alpha, &list, &page, &world->fault));
    assert_int_equal(page.count, 1);
}

/* ---- who may know of whom ---- */

static bool sees(struct world *world, const char *who, const char *whom) {
    struct call call = call_of(world, who, RIGHT_READ);
    struct account_view account;
    struct account_view by_code;
    struct text identifier = the_account(world, whom).identifier;
    enum status status = show_account(&call, identifier, &account, &world->fault);
    enum status other = show_account(&call, text_of(whom), &by_code, &world->fault);
    assert_int_equal(status, other);
    if (status != STATUS_OK) {
        assert_string_equal(world->fault.code, "unknown-account");
    }
    return status == STATUS_OK;
}

static void one_knows_oneself_what_is_below_and_ones_parties(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    static const char *const who[6] = {"VENDOR", "DIST", "ALPHA", "BETA", "A1", "B1"};
    static const char *const known[6] = {"VENDOR DIST",   "VENDOR DIST ALPHA BETA A1 B1",
                                         "DIST ALPHA A1", "DIST BETA B1",
                                         "ALPHA A1",      "BETA B1"};
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 6; j++) {
            assert_int_equal(sees(world, who[i], who[j]), strstr(known[i], who[j]) != NULL);
        }
        struct call call = call_of(world, who[i], RIGHT_READ);
        struct account_page page;
        const struct list_accounts_input list = {0};
        WORLD_OK(world, list_accounts(&call, &list, &page, &world->fault));
        for (size_t item = 0; item < page.count; item++) {
            assert_non_null(strstr(known[i], text_copy(&world->arena, page.items[item].code).at));
        }
    }
}

static void a_buyer_reads_its_sellers_name_and_address_alone(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call operator_call = world_call(world);
    struct account_view account;
    const struct text address = TEXT("1 Main Street");
    const struct text tax_number = TEXT("US-99");
    const struct edit_account_input edit = {
        .account = TEXT("ALPHA"), .address = &address, .tax_number = &tax_number};
    WORLD_OK(world, edit_account(&operator_call, &edit, &account, &world->fault));

    struct call customer = call_of(world, "A1", RIGHT_ALL);
    WORLD_OK(world, show_account(&customer, TEXT("ALPHA"), &account, &world->fault));
    assert_text(account.address, "1 Main Street");
    assert_false(account.in_full);
    assert_int_equal(account.tax_number.length, 0);
    assert_int_equal(account.seller.length, 0);
    struct call distributor = call_of(world, "DIST", RIGHT_ALL);
    WORLD_OK(world, show_account(&distributor, TEXT("ALPHA"), &account, &world->fault));
    assert_true(account.in_full);
    assert_text(account.tax_number, "US-99");
}

static void a_list_comes_in_pages_that_neither_skip_nor_repeat(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    char code[16];
    for (int i = 0; i < 7; i++) {
        snprintf(code, sizeof code, "C%d", i);
        an_account(world, "customer", text_copy(&world->arena, text_of(code)).at, "ALPHA");
    }
    struct call alpha = call_of(world, "ALPHA", RIGHT_READ);
    struct list_accounts_input list = {.kind = TEXT("customer"), .page = {.limit = 3}};
    int64_t last = 0;
    size_t all = 0;
    do {
        struct account_page page;
        WORLD_OK(world, list_accounts(&alpha, &list, &page, &world->fault));
        for (size_t i = 0; i < page.count; i++) {
            assert_true(page.items[i].id > last);
            last = page.items[i].id;
        }
        all += page.count;
        list.page.after_id = page.next_after;
    } while (list.page.after_id != 0);
    assert_int_equal(all, 8);
}

/* ---- editing ---- */

static void an_account_and_its_seller_edit_it_and_nobody_else(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    static const struct {
        const char *who;
        unsigned rights;
        const char *fault;
    } cases[] = {
        {"A1", RIGHT_ALL, NULL},
        {"ALPHA", RIGHT_ALL, NULL},
        {"ALPHA", RIGHT_READ, "right-missing"},
        {"DIST", RIGHT_ALL, "not-yours"},
        {"BETA", RIGHT_ALL, "unknown-account"},
        {"VENDOR", RIGHT_ALL, "unknown-account"},
    };
    const struct text name = TEXT("New name");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call call = call_of(world, cases[i].who, cases[i].rights);
        struct account_view account;
        const struct edit_account_input edit = {.account = TEXT("A1"), .name = &name};
        enum status status = edit_account(&call, &edit, &account, &world->fault);
        if (cases[i].fault == NULL) {
            assert_int_equal(status, STATUS_OK);
        } else {
            WORLD_FAULT(world, cases[i].fault, status);
        }
    }
}

static void an_edit_of_what_somebody_else_changed_is_stale(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call call = world_call(world);
    struct account_view account;
    const struct text name = TEXT("First");
    struct edit_account_input edit = {.account = TEXT("A1"), .name = &name, .if_version = 1};
    WORLD_OK(world, edit_account(&call, &edit, &account, &world->fault));
    assert_int_equal(account.version, 2);
    WORLD_FAULT(world, "stale", edit_account(&call, &edit, &account, &world->fault));
    assert_text(the_account(world, "A1").name, "First");
}

static void a_logo_is_a_png_of_a_fair_size(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call call = world_call(world);
    struct account_view account;
    static const char png[] =
        "\211PNG\015\012\032\012\000\000\000\015IHDR\000\000\000\001\000\000\000\001\010"
        "\006\000\000\000\037\025\304\211\000\000\000\015IDATx\332cPph\370\017\000\003D"
        "\001\340\355\364\255\224\000\000\000\000IEND\256B`\202";
    struct text logo = {png, sizeof png - 1};
    struct edit_account_input edit = {.account = TEXT("ALPHA"), .logo_png = &logo};
    WORLD_OK(world, edit_account(&call, &edit, &account, &world->fault));
    assert_true(account.has_logo);
    struct text kept;
    struct call customer = call_of(world, "A1", RIGHT_READ);
    WORLD_OK(world, show_account_logo(&customer, TEXT("ALPHA"), &kept, &world->fault));
    assert_true(text_equal(kept, logo));
    logo = TEXT("GIF89a");
    WORLD_FAULT(world, "malformed-logo", edit_account(&call, &edit, &account, &world->fault));
    char broken[sizeof png];
    memcpy(broken, png, sizeof png);
    broken[45] ^= 1; /* in the picture's data */
    logo = (struct text){broken, sizeof png - 1};
    WORLD_FAULT(world, "malformed-logo", edit_account(&call, &edit, &account, &world->fault));
    logo = TEXT("");
    WORLD_OK(world, edit_account(&call, &edit, &account, &world->fault));
    assert_false(account.has_logo);
}

/* ---- agreements ---- */

static void a_seller_offers_and_the_buyer_signs(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct call operator_call = world_call(world);
    struct account_view provider;
    const struct add_account_input add = {
        .kind = TEXT("provider"), .name = TEXT("P"), .code = TEXT("P"), .seller = TEXT("DIST")};
    WORLD_OK(world, add_account(&operator_call, &add, &provider, &world->fault));
    struct call distributor = call_of(world, "DIST", RIGHT_ALL);
    struct call buyer = call_of(world, "P", RIGHT_ALL);
    struct agreement_view agreement;
    const struct offer_agreement_input offer = {.buyer = TEXT("P"),
                                                .terms = {.currency = TEXT("EUR"),
                                                          .time_zone = TEXT("Europe/Berlin"),
                                                          .tax_rate = TEXT("19"),
                                                          .payment_days = TEXT("14"),
                                                          .text = TEXT("Net 14 days.")}};
    WORLD_FAULT(world, "not-an-edge", offer_agreement(&buyer, &offer, &agreement, &world->fault));
    WORLD_OK(world, offer_agreement(&distributor, &offer, &agreement, &world->fault));
    assert_text(agreement.state, "offered");
    assert_text(agreement.in_force.tax_category, "S");
    assert_text(agreement.in_force.tax_rate, "19");

    struct sign_agreement_input signing = {.signed_by = TEXT("Grace Hopper"), .if_version = 1};
    const struct sign_agreement_input by_seller = {.agreement = agreement.identifier,
                                                   .signed_by = TEXT("Somebody")};
    WORLD_FAULT(world, "not-yours", sign_agreement(&distributor, &by_seller, &agreement, &world->fault));
    WORLD_OK(world, sign_agreement(&buyer, &signing, &agreement, &world->fault));
    assert_text(agreement.state, "signed");
    assert_text(agreement.signed_by, "Grace Hopper");
    assert_int_equal(agreement.signed_at_us, world->now_us);
    signing.if_version = 0;
    WORLD_FAULT(world, "wrong-state", sign_agreement(&buyer, &signing, &agreement, &world->fault));
    WORLD_FAULT(world, "agreement-exists", offer_agreement(&distributor, &offer, &agreement, &world->fault));
}

static void terms_that_are_offered_again_are_not_signed_unread(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct call operator_call = world_call(world);
    struct account_view provider;
    const struct add_account_input add = {
        .kind = TEXT("provider"), .name = TEXT("P"), .seller = TEXT("DIST")};
    WORLD_OK(world, add_account(&operator_call, &add, &provider, &world->fault));
    struct agreement_view agreement;
    struct offer_agreement_input offer = {.buyer = TEXT("P"), .as_draft = true};
    WORLD_OK(world, offer_agreement(&operator_call, &offer, &agreement, &world->fault));
    assert_text(agreement.state, "draft");
    struct call buyer = call_of(world, "P", RIGHT_ALL);
    struct sign_agreement_input signing = {.signed_by = TEXT("P"), .if_version = agreement.version};
    WORLD_FAULT(world, "unknown-agreement", sign_agreement(&buyer, &signing, &agreement, &world->fault));
    offer.as_draft = false;
    offer.terms.payment_days = TEXT("60");
    WORLD_OK(world, offer_agreement(&operator_call, &offer, &agreement, &world->fault));
    WORLD_FAULT(world, "stale", sign_agreement(&buyer, &signing, &agreement, &world->fault));
    signing.if_version = agreement.version;
    WORLD_OK(world, sign_agreement(&buyer, &signing, &agreement, &world->fault));
    assert_int_equal(agreement.in_force.payment_days, 60);
}

static void a_customer_comes_with_its_agreement_signed(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call alpha = call_of(world, "ALPHA", RIGHT_ALL);
    struct agreement_view agreement;
    WORLD_OK(world, show_agreement(&alpha, TEXT(""), TEXT("ALPHA"), TEXT("A1"), &agreement, &world->fault));
    assert_text(agreement.state, "signed");
    assert_text(agreement.in_force.currency, "USD");
    assert_text(agreement.in_force.time_zone, "America/New_York");

    struct account_view account;
    const struct add_account_input add = {
        .kind = TEXT("customer"), .name = TEXT("Later"), .code = TEXT("LATER"), .without_agreement = true};
    WORLD_OK(world, add_account(&alpha, &add, &account, &world->fault));
    WORLD_FAULT(world, "unknown-agreement",
                show_agreement(&alpha, TEXT(""), TEXT("ALPHA"), TEXT("LATER"), &agreement, &world->fault));
}

static void an_agreement_is_its_two_parties_alone(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct call operator_call = world_call(world);
    struct agreement_view agreement;
    WORLD_OK(world,
             show_agreement(&operator_call, TEXT(""), TEXT("ALPHA"), TEXT("A1"), &agreement, &world->fault));
    static const char *const strangers[] = {"DIST", "BETA", "VENDOR", "B1"};
    for (size_t i = 0; i < 4; i++) {
        struct call call = call_of(world, strangers[i], RIGHT_ALL);
        struct agreement_view seen;
        WORLD_FAULT(world, "unknown-agreement",
                    show_agreement(&call, agreement.identifier, TEXT(""), TEXT(""), &seen, &world->fault));
        struct agreement_page page;
        const struct list_agreements_input list = {0};
        WORLD_OK(world, list_agreements(&call, &list, &page, &world->fault));
        for (size_t item = 0; item < page.count; item++) {
            assert_true(page.items[item].id != agreement.id);
        }
    }
    struct call customer = call_of(world, "A1", RIGHT_READ);
    WORLD_OK(world,
             show_agreement(&customer, agreement.identifier, TEXT(""), TEXT(""), &agreement, &world->fault));
}

static void terms_that_make_no_sense_are_refused(void **state) {
    struct world *world = *state;
    a_programme(world);
    struct call operator_call = world_call(world);
    struct account_view provider;
    const struct add_account_input add = {
        .kind = TEXT("provider"), .name = TEXT("P"), .seller = TEXT("DIST")};
    WORLD_OK(world, add_account(&operator_call, &add, &provider, &world->fault));
    static const struct {
        const char *fault;
        struct agreement_terms_input terms;
    } cases[] = {
        {"unknown-currency", {.currency = {"XAU1", 4}}},
        {"unknown-time-zone", {.time_zone = {"Mars/Olympus", 12}}},
        {"unknown-tax-category", {.tax_category = {"Q", 1}}},
        {"tax-rate-out-of-range", {.tax_category = {"S", 1}, .tax_rate = {"101", 3}}},
        {"malformed-number", {.tax_rate = {"1e3", 3}}},
        {"number-out-of-range", {.payment_days = {"-1", 2}}},
        {"number-out-of-range", {.report_due_days = {"9999", 4}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct agreement_view agreement;
        const struct offer_agreement_input offer = {.buyer = TEXT("P"), .terms = cases[i].terms};
        WORLD_FAULT(world, cases[i].fault,
                    offer_agreement(&operator_call, &offer, &agreement, &world->fault));
    }
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_programme_begins_once),
        WORLD_TEST(a_programme_needs_a_currency_and_a_time_zone_that_exist),
        WORLD_TEST(a_door_with_another_secret_is_told),
        WORLD_TEST(everybody_sells_to_whom_the_programme_says),
        WORLD_TEST(sub_distributors_make_the_tree_as_deep_as_it_is),
        WORLD_TEST(a_code_is_one_sellers_name_for_a_buyer),
        WORLD_TEST(exports_tell_accounts_of_one_code_apart),
        WORLD_TEST(a_code_is_made_of_the_name_where_none_is_given),
        WORLD_TEST(what_a_reader_would_not_see_is_in_no_name_code_or_address),
        WORLD_TEST(a_code_is_made_of_a_name_in_any_script),
        WORLD_TEST(what_is_malformed_is_named_and_adds_nothing),
        WORLD_TEST(one_knows_oneself_what_is_below_and_ones_parties),
        WORLD_TEST(a_buyer_reads_its_sellers_name_and_address_alone),
        WORLD_TEST(a_list_comes_in_pages_that_neither_skip_nor_repeat),
        WORLD_TEST(an_account_and_its_seller_edit_it_and_nobody_else),
        WORLD_TEST(an_edit_of_what_somebody_else_changed_is_stale),
        WORLD_TEST(a_logo_is_a_png_of_a_fair_size),
        WORLD_TEST(a_seller_offers_and_the_buyer_signs),
        WORLD_TEST(terms_that_are_offered_again_are_not_signed_unread),
        WORLD_TEST(a_customer_comes_with_its_agreement_signed),
        WORLD_TEST(an_agreement_is_its_two_parties_alone),
        WORLD_TEST(terms_that_make_no_sense_are_refused),
    };
    return world_run_tests("tree", tests, sizeof tests / sizeof tests[0]);
}
