/* Codes: what a code names, for whom, and what nobody can do to it by giving codes of his own (R1.12 to
 * R1.15). */
#include "cast.h"

#include "programme/call/lookup_account.h"
#include "programme/call/lookup_sku.h"
#include "programme/catalogue/catalogue.h"
#include "programme/catalogue/import_catalogue.h"
#include "programme/catalogue/import_prices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- the verbs ---- */

static void run(struct world *world, const char *sql) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

/* As it is in a store of before, where nobody can say which of two codes is older. */
static void ages_are_not_known(struct world *world) {
    run(world, "update account_codes set given_at_us = 0");
    run(world, "update skus set has_age = 0");
}

static enum status add(struct world *world, const char *who, const char *kind, const char *code) {
    struct call call = call_of(world, who, RIGHT_ALL);
    struct account_view account;
    const struct add_account_input input = {
        .kind = text_of(kind), .name = text_of(code), .code = text_of(code)};
    return add_account(&call, &input, &account, &world->fault);
}

static enum status rename_code(struct world *world, const char *who, const char *account, const char *code) {
    struct call call = call_of(world, who, RIGHT_ALL);
    struct text given = text_of(code);
    struct account_view view;
    const struct edit_account_input input = {.account = text_of(account), .code = &given};
    return edit_account(&call, &input, &view, &world->fault);
}

static enum status look(struct world *world, const struct call *call, const char *word,
                        struct account_view *account) {
    struct call looking = *call;
    return show_account(&looking, text_of(word), account, &world->fault);
}

/* The word names that very account for the operator ("") or for somebody of an account. */
static void must_name(struct world *world, const char *who, const char *word, struct text identifier) {
    struct call call = who[0] == '\0' ? world_call(world) : call_of(world, who, RIGHT_ALL);
    struct account_view account;
    WORLD_OK(world, look(world, &call, word, &account));
    assert_true(text_equal(account.identifier, identifier));
}

static void must_not_name(struct world *world, const char *who, const char *word, const char *code) {
    struct call call = who[0] == '\0' ? world_call(world) : call_of(world, who, RIGHT_ALL);
    struct account_view account;
    WORLD_FAULT(world, code, look(world, &call, word, &account));
}

static void import(struct world *world, const char *vendor, const char *rows) {
    struct call call = call_of(world, vendor, RIGHT_ALL);
    struct import_catalogue_result result;
    struct import_problems problems = {0};
    const struct import_catalogue_input input = {.content = text_format(&world->arena, "sku,name\n%s", rows)};
    WORLD_OK(world, import_catalogue(&call, &input, &result, &problems, &world->fault));
}

/* Whose SKU the word names, as the owner's code. */
static void must_name_sku_of(struct world *world, const char *who, const char *word, const char *owner,
                             const char *code) {
    struct call call = who[0] == '\0' ? world_call(world) : call_of(world, who, RIGHT_ALL);
    struct sku_view sku;
    WORLD_OK(world, show_sku(&call, text_of(word), &sku, &world->fault));
    assert_true(text_equal(sku.owner, the_account(world, owner).identifier));
    assert_true(text_is(sku.code, code));
}

/* ---- which account ---- */

static void a_later_code_disturbs_no_older_one_for_anybody_above(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    static const char *const TAKEN[] = {"DIST", "VENDOR", "BETA", "B1", "ALPHA", "beta", "b1"};
    struct text known[7];
    for (size_t i = 0; i < 7; i++) {
        known[i] = the_account(world, TAKEN[i]).identifier;
    }
    for (size_t i = 0; i < 5; i++) {
        WORLD_OK(world, add(world, "ALPHA", "customer", TAKEN[i]));
    }
    for (size_t i = 0; i < 7; i++) {
        must_name(world, "", TAKEN[i], known[i]);
        must_name(world, "DIST", TAKEN[i], known[i]);
    }
    must_name(world, "BETA", "B1", known[3]);
    must_name(world, "BETA", "DIST", known[0]);
}

static void an_old_account_that_is_renamed_catches_nothing_either(void **state) {
    struct world *world = *state;
    a_whole_cast(world); /* A1 is older than B1 */
    struct text caught = the_account(world, "B1").identifier;
    struct text catcher = the_account(world, "A1").identifier;
    WORLD_OK(world, rename_code(world, "ALPHA", "A1", "B1"));
    must_name(world, "", "B1", caught);
    must_name(world, "DIST", "B1", caught);
    must_name(world, "DIST", "ALPHA/B1", catcher);
    must_name(world, "ALPHA", "B1", catcher);
    WORLD_OK(world, rename_code(world, "ALPHA", "B1", "b1")); /* which is the same code */
    must_name(world, "DIST", "b1", caught);
}

static void ones_own_parties_go_before_what_others_named_so_in_advance(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    WORLD_OK(world, add(world, "ALPHA", "customer", "GAMMA"));
    struct text squatter = the_account(world, "GAMMA").identifier;
    WORLD_OK(world, add(world, "DIST", "provider", "GAMMA"));
    struct text provider = the_account(world, "DIST/GAMMA").identifier;
    assert_false(text_equal(squatter, provider));
    must_name(world, "DIST", "GAMMA", provider);
    must_name(world, "", "GAMMA", provider);
    must_name(world, "ALPHA", "GAMMA", squatter);
}

static void seller_and_code_name_an_account_whatever_others_are_called(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    an_account(world, "distributor", "SUB", "DIST");
    an_account(world, "provider", "P", "SUB");
    struct text deep = an_account(world, "customer", "A1", "P").identifier;
    struct text first = the_account(world, "A1").identifier;
    WORLD_OK(world, add(world, "ALPHA", "customer", "P"));
    static const char *const WORDS[] = {"P/A1", "SUB/P/A1", "DIST/SUB/P/A1", "sub/p/a1"};
    for (size_t i = 1; i < 4; i++) {
        must_name(world, "", WORDS[i], deep);
        must_name(world, "DIST", WORDS[i], deep);
    }
    must_name(world, "SUB", "P/A1", deep);
    must_name(world, "P", "P/A1", deep);
    must_name(world, "DIST", "ALPHA/A1", first);
    must_name(world, "DIST",
              text_format(&world->arena, "%s/A1", the_account(world, "ALPHA").identifier.at).at, first);
    static const char *const WRONG[] = {"ALPHA/B1",  "ALPHA/",   "/A1",      "//",
                                        "ALPHA//A1", "A1/ALPHA", "ALPHA/A1/"};
    for (size_t i = 0; i < 7; i++) {
        must_not_name(world, "DIST", WRONG[i], "unknown-account");
    }
    must_not_name(world, "BETA", "ALPHA/A1", "unknown-account");
    must_not_name(world, "BETA", "DIST/ALPHA/A1", "unknown-account");
    must_not_name(world, "BETA", "DIST/ALPHA", "unknown-account");
}

static void an_ambiguous_code_lists_what_the_asker_may_know_of(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct text first = an_account(world, "customer", "ACME", "ALPHA").identifier;
    struct text second = an_account(world, "customer", "acme", "BETA").identifier;
    ages_are_not_known(world);
    must_not_name(world, "DIST", "Acme", "ambiguous-code");
    assert_int_equal(world->fault.choice_count, 2);
    assert_true(text_is(first, world->fault.choices[0].identifier));
    assert_string_equal(world->fault.choices[0].path, "ALPHA/ACME");
    assert_true(text_is(second, world->fault.choices[1].identifier));
    assert_string_equal(world->fault.choices[1].path, "BETA/acme");
    assert_non_null(strstr(world->fault.message, "ALPHA/ACME"));
    assert_non_null(strstr(world->fault.message, "BETA/acme"));
    must_name(world, "DIST", "ACME", first); /* each as it is spelled, as before */
    must_name(world, "DIST", "acme", second);
    must_name(world, "ALPHA", "Acme", first);
    must_name(world, "BETA", "Acme", second);
    must_name(world, "DIST", world->fault.choices[0].path, first);
    WORLD_OK(world, add(world, "ALPHA", "customer", "OMEGA"));
    must_not_name(world, "DIST", "Acme", "ambiguous-code"); /* whatever came since */
    assert_int_equal(world->fault.choice_count, 2);
}

/* ---- which codes ---- */

static void words_of_the_programme_are_no_codes(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    static const char *const RESERVED[] = {"all",   "ALL",   "Me",       "none",
                                           "other", "total", "operator", "system"};
    static const char *const MALFORMED[] = {".",     "..",      "--help",   "-",  "_a",
                                            "lic_1", "SKU_ABC", "inv_2026", "a/b"};
    for (size_t i = 0; i < sizeof RESERVED / sizeof *RESERVED; i++) {
        WORLD_FAULT(world, "reserved-code", add(world, "ALPHA", "customer", RESERVED[i]));
        WORLD_FAULT(world, "reserved-code", rename_code(world, "ALPHA", "A1", RESERVED[i]));
    }
    for (size_t i = 0; i < sizeof MALFORMED / sizeof *MALFORMED; i++) {
        WORLD_FAULT(world, "malformed-code", add(world, "ALPHA", "customer", MALFORMED[i]));
        WORLD_FAULT(world, "malformed-code", rename_code(world, "ALPHA", "A1", MALFORMED[i]));
    }
    struct call call = call_of(world, "ALPHA", RIGHT_ALL);
    struct account_view account;
    const struct add_account_input named = {.kind = TEXT("customer"), .name = TEXT("Other")};
    WORLD_OK(world, add_account(&call, &named, &account, &world->fault));
    assert_true(text_is(account.code, "OTHER-2"));
}

static void an_account_with_a_word_of_the_programme_for_a_code_is_edited_and_found(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    run(world, "update accounts set code = 'all' where code = 'A1'"); /* a store of before */
    struct call call = call_of(world, "ALPHA", RIGHT_ALL);
    struct account_view account;
    struct text name = TEXT("All Ways Ltd");
    const struct edit_account_input edit = {.account = TEXT("all"), .name = &name};
    WORLD_OK(world, edit_account(&call, &edit, &account, &world->fault));
    assert_true(text_is(account.code, "all"));
}

static void letters_of_either_case_are_one_code(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    WORLD_OK(world, add(world, "ALPHA", "customer", "Acme"));
    WORLD_FAULT(world, "code-taken", add(world, "ALPHA", "customer", "acme"));
    WORLD_FAULT(world, "code-taken", rename_code(world, "ALPHA", "A1", "ACME"));
    must_name(world, "ALPHA", "aCME", the_account(world, "Acme").identifier);
    WORLD_OK(world, rename_code(world, "ALPHA", "Acme", "ACME"));
    must_name(world, "DIST", "acme", the_account(world, "ACME").identifier);
}

static void two_codes_of_one_seller_that_differ_in_case_stay_of_use(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    struct text first = an_account(world, "customer", "Z1", "ALPHA").identifier;
    struct text second = an_account(world, "customer", "Z2", "ALPHA").identifier;
    run(world, "update accounts set code = 'z1' where code = 'Z2'"); /* a store of before */
    run(world, "update account_codes set code = 'z1' where code = 'Z2'");
    ages_are_not_known(world);
    must_name(world, "ALPHA", "Z1", first);
    must_name(world, "ALPHA", "z1", second);
    must_name(world, "DIST", "ALPHA/Z1", first);
    must_name(world, "DIST", "ALPHA/z1", second);
    WORLD_OK(world, rename_code(world, "ALPHA", "z1", "Z3"));
    must_name(world, "ALPHA", "z1", first);
}

/* ---- renaming ---- */

static void whoever_sold_it_or_stands_above_renames_it_and_no_stranger(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    static const char *const STRANGERS[] = {"BETA", "VENDOR", "B1"};
    for (size_t i = 0; i < 3; i++) {
        WORLD_FAULT(world, "unknown-account", rename_code(world, STRANGERS[i], "A1", "MINE"));
    }
    WORLD_FAULT(world, "not-yours", rename_code(world, "A1", "A1", "MINE"));
    struct text identifier = the_account(world, "A1").identifier;
    WORLD_OK(world, rename_code(world, "DIST", "A1", "FIRST"));
    must_name(world, "ALPHA", "FIRST", identifier);
    WORLD_OK(world, rename_code(world, "ALPHA", "FIRST", "SECOND"));
    WORLD_OK(world, rename_code(world, "DIST", "ALPHA", "ALEPH"));
    struct call call = call_of(world, "DIST", RIGHT_ALL);
    struct text code = TEXT("THIRD");
    struct text name = TEXT("Another name");
    struct account_view account;
    const struct edit_account_input more = {.account = identifier, .code = &code, .name = &name};
    WORLD_FAULT(world, "not-yours", edit_account(&call, &more, &account, &world->fault));
    struct call reader = call_of(world, "DIST", RIGHT_READ);
    const struct edit_account_input unwritten = {.account = identifier, .code = &code};
    WORLD_FAULT(world, "right-missing", edit_account(&reader, &unwritten, &account, &world->fault));
}

static void a_code_that_was_anothers_before_is_not_given_again(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    WORLD_OK(world, rename_code(world, "ALPHA", "A1", "A2"));
    WORLD_FAULT(world, "code-taken", add(world, "ALPHA", "customer", "a1"));
    WORLD_OK(world, add(world, "ALPHA", "customer", "A3"));
    WORLD_FAULT(world, "code-taken", rename_code(world, "ALPHA", "A3", "A1"));
    WORLD_OK(world, add(world, "BETA", "customer", "A1")); /* another seller's word is its own */
    WORLD_OK(world, rename_code(world, "ALPHA", "A2", "A1"));
}

static enum status import_list(struct world *world, const char *who, const char *buyer, const char *row) {
    struct call call = call_of(world, who, RIGHT_ALL);
    struct import_prices_result result;
    struct import_problems problems = {0};
    const struct import_prices_input input = {
        .buyer = text_of(buyer),
        .content = text_format(
            &world->arena,
            "seller,buyer,sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n%s", row)};
    return import_prices(&call, &input, &result, &problems, &world->fault);
}

static void a_price_list_is_taken_by_every_name_that_its_parties_had(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    import(world, "VENDOR", "S,Seat\n");
    WORLD_OK(world, rename_code(world, "DIST", "ALPHA", "ALEPH"));
    static const char REST[] = "s,USD,2026-12-01,peak,flat,1,5.00\n";
    struct text identifier = the_account(world, "ALEPH").identifier;
    const char *const names[] = {"ALPHA", "aleph", "DIST/ALEPH", identifier.at};
    for (size_t i = 0; i < 4; i++) {
        struct text row = text_format(&world->arena, "DIST,%s,%s", names[i], REST);
        WORLD_OK(world, import_list(world, "DIST", "ALEPH", row.at));
    }
    struct text others = text_format(&world->arena, "DIST,BETA,%s", REST);
    WORLD_FAULT(world, "wrong-buyer", import_list(world, "DIST", "ALEPH", others.at));
    struct text standard = text_format(&world->arena, "DIST,ALPHA,%s", REST);
    WORLD_FAULT(world, "wrong-buyer", import_list(world, "DIST", "", standard.at));
}

/* ---- SKUs ---- */

static void another_vendors_code_disturbs_no_older_sku(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    an_account(world, "vendor", "TALOS", "");
    import(world, "TALOS", "SRV-ADV,Server\n");
    import(world, "VENDOR", "SRV-ADV,Fake\nsrv-adv-2,Fake\n");
    static const char *const WHO[] = {"", "DIST", "ALPHA", "A1", "TALOS"};
    for (size_t i = 0; i < 5; i++) {
        must_name_sku_of(world, WHO[i], "SRV-ADV", "TALOS", "SRV-ADV");
        must_name_sku_of(world, WHO[i], "srv-adv", "TALOS", "SRV-ADV");
        must_name_sku_of(world, WHO[i], "TALOS/SRV-ADV", "TALOS", "SRV-ADV");
    }
    must_name_sku_of(world, "ALPHA", "VENDOR/SRV-ADV", "VENDOR", "SRV-ADV");
    must_name_sku_of(world, "ALPHA", "vendor/SRV-ADV-2", "VENDOR", "srv-adv-2");
    must_name_sku_of(world, "VENDOR", "SRV-ADV", "VENDOR", "SRV-ADV");
    struct call call = call_of(world, "VENDOR", RIGHT_ALL);
    struct sku_view sku;
    WORLD_FAULT(world, "unknown-sku", show_sku(&call, TEXT("TALOS/SRV-ADV"), &sku, &world->fault));
}

static void a_sku_that_is_called_like_a_path_is_not_taken_for_it(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    an_account(world, "vendor", "TALOS", "");
    import(world, "VENDOR", "TALOS/SRV,Fake\nA/B,Both\n");
    must_name_sku_of(world, "DIST", "TALOS/SRV", "VENDOR", "TALOS/SRV"); /* as long as there is no other */
    import(world, "TALOS", "SRV,Server\n");
    must_name_sku_of(world, "DIST", "TALOS/SRV", "TALOS", "SRV");
    must_name_sku_of(world, "DIST", "VENDOR/TALOS/SRV", "VENDOR", "TALOS/SRV");
    must_name_sku_of(world, "DIST", "A/B", "VENDOR", "A/B");
}

static void an_ambiguous_sku_lists_its_owners(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    an_account(world, "vendor", "TALOS", "");
    import(world, "TALOS", "SRV,Server\nepp,One\n");
    import(world, "VENDOR", "SRV,Other\nEPP,Two\n");
    ages_are_not_known(world);
    struct call call = call_of(world, "ALPHA", RIGHT_ALL);
    struct sku_view sku;
    WORLD_FAULT(world, "ambiguous-code", show_sku(&call, TEXT("SRV"), &sku, &world->fault));
    assert_int_equal(world->fault.choice_count, 2);
    assert_string_equal(world->fault.choices[0].path, "TALOS/SRV");
    assert_string_equal(world->fault.choices[1].path, "VENDOR/SRV");
    must_name_sku_of(world, "ALPHA", "epp", "TALOS", "epp");
    must_name_sku_of(world, "ALPHA", "EPP", "VENDOR", "EPP");
}

static void a_word_of_slashes_is_refused_at_once(void **state) {
    struct world *world = *state;
    a_whole_cast(world);
    char slashes[2000];
    memset(slashes, '/', sizeof slashes);
    struct text word = {slashes, sizeof slashes};
    struct call call = call_of(world, "ALPHA", RIGHT_ALL);
    struct sku_view sku;
    struct account_view account;
    WORLD_FAULT(world, "unknown-sku", show_sku(&call, word, &sku, &world->fault));
    WORLD_FAULT(world, "unknown-account", show_account(&call, word, &account, &world->fault));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_later_code_disturbs_no_older_one_for_anybody_above),
        WORLD_TEST(an_old_account_that_is_renamed_catches_nothing_either),
        WORLD_TEST(ones_own_parties_go_before_what_others_named_so_in_advance),
        WORLD_TEST(seller_and_code_name_an_account_whatever_others_are_called),
        WORLD_TEST(an_ambiguous_code_lists_what_the_asker_may_know_of),
        WORLD_TEST(words_of_the_programme_are_no_codes),
        WORLD_TEST(an_account_with_a_word_of_the_programme_for_a_code_is_edited_and_found),
        WORLD_TEST(letters_of_either_case_are_one_code),
        WORLD_TEST(two_codes_of_one_seller_that_differ_in_case_stay_of_use),
        WORLD_TEST(whoever_sold_it_or_stands_above_renames_it_and_no_stranger),
        WORLD_TEST(a_code_that_was_anothers_before_is_not_given_again),
        WORLD_TEST(a_price_list_is_taken_by_every_name_that_its_parties_had),
        WORLD_TEST(another_vendors_code_disturbs_no_older_sku),
        WORLD_TEST(a_sku_that_is_called_like_a_path_is_not_taken_for_it),
        WORLD_TEST(an_ambiguous_sku_lists_its_owners),
        WORLD_TEST(a_word_of_slashes_is_refused_at_once),
    };
    return world_run_tests("codes", tests, sizeof tests / sizeof *tests);
}
