/* Deployment: the lines run, with a stand-in for the agent, whatever stands in the values. */
#include "channel.h"
#include "core/base/base64url.h"
#include "programme/devices/deployment.h"
#include "programme/keys/signing_keys.h"
#include "programme/licensing/issue_licence.h"
#include "store/delivery/products.h"
#include "store/keys/signing_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char SERVER[] = "https://licences.example.net";

static enum status snippets_for(struct world *world, struct call call, const char *licence,
                                const char *customer, const char *platform, const char *server,
                                struct snippet_list *list) {
    struct write_snippets_input input = {.licence = text_of(licence),
                                         .customer = text_of(customer),
                                         .platform = text_of(platform),
                                         .server = text_of(server)};
    return write_snippets(&call, &input, list, &world->fault);
}

static struct snippet_list snippets_of(struct world *world, struct text licence, const char *platform,
                                       const char *server) {
    struct snippet_list list;
    WORLD_OK(world, snippets_for(world, call_of(world, "P1"), licence.at, NULL, platform, server, &list));
    return list;
}

static struct text key_of(struct world *world, struct text licence) {
    struct call call = world_call(world);
    struct text key;
    WORLD_OK(world, reveal_licence_key(&call, licence, &key, &world->fault));
    return key;
}

/* A file in the world's directory as text. */
static struct text contents(struct world *world, const char *name) {
    FILE *file = fopen(world_file(world, name).at, "r");
    assert_non_null(file);
    char *bytes = ARENA_NEW(&world->arena, char, 4096);
    struct text text = {bytes, fread(bytes, 1, 4095, file)};
    assert_int_equal(fclose(file), 0);
    return text;
}

static void a_script(struct world *world, const char *name, const char *does) {
    struct text path = world_file(world, name);
    FILE *file = fopen(path.at, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\ncd '%s' || exit 1\n%s\n", world->place, does);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path.at, 0700), 0);
}

/* Runs the line by sh, where seatmeter-agent and systemctl are scripts that write down what they get. */
static void run(struct world *world, struct text line) {
    a_script(world, "seatmeter-agent",
             "for word; do printf '<%s>\\n' \"$word\"; done >arguments; cat >input");
    a_script(world, "systemctl", "echo \"$*\" >service");
    struct text command = text_format(&world->arena, "cd '%s' && PATH='%s':$PATH\n%.*s\n", world->place,
                                      world->place, TEXT_ARGS(line));
    assert_int_equal(system(command.at), 0); /* NOLINT(cert-env33-c): what a shell does is the test */
}

static struct text root_of(struct world *world) {
    struct signing_key_row *rows = NULL;
    size_t count = 0;
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    WORLD_OK(world, signing_key_list(world->db, &world->arena, &rows, &count, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].purpose == SIGNING_ROOT) {
            char *text = ARENA_NEW(&world->arena, char, BASE64URL_LENGTH(32));
            return (struct text){text, base64url_encode(rows[i].public_key.at, 32, text)};
        }
    }
    fail();
    return TEXT("");
}

static void a_product_with_sku(struct world *world, const char *code, const char *sku) {
    struct product product = {.vendor_id = account_id_of(world, "ACME"),
                              .code = text_of(code),
                              .update_name = text_of(code),
                              .name = text_of(code),
                              .created_at_us = world->now_us};
    static const char SQL[] = "select id from skus where code = $1";
    int64_t sku_id = 0;
    WORLD_OK(world,
             db_query_int(world->db, SQL, DB_ARGS(db_string(text_of(sku))), 0, &sku_id, &world->fault));
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, product_insert(world->db, &product, &world->fault));
    WORLD_OK(world, product_sku_insert(world->db, product.id, sku_id, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void the_line_for_linux_gives_the_agent_all_it_needs_and_the_key_by_its_input(void **state) {
    struct world *world = *state;
    a_channel(world);
    a_product_with_sku(world, "office", "OFFICE");
    struct text licence = a_licence_on(world, "OFFICE", 3);
    struct snippet_list list = snippets_of(world, licence, "linux", SERVER);
    assert_int_equal(list.count, 1);
    assert_true(text_equal(list.items[0].licence, licence));
    run(world, list.items[0].command);
    struct text expected =
        text_format(&world->arena,
                    "<activate>\n<--server>\n<%s>\n<--root>\n<%.*s>\n<--product>\n<office>\n"
                    "<--key>\n<->\n",
                    SERVER, TEXT_ARGS(root_of(world)));
    assert_true(text_equal(contents(world, "arguments"), expected));
    assert_true(text_equal(contents(world, "input"),
                           text_format(&world->arena, "%.*s\n", TEXT_ARGS(key_of(world, licence)))));
    assert_true(text_is(contents(world, "service"), "enable --now seatmeter-agent\n"));
}

static void hostile_values_are_words_and_nothing_else(void **state) {
    struct world *world = *state;
    a_channel(world);
    static const char *const SERVERS[] = {"https://x'$(touch${IFS}owned)';touch${IFS}owned;'",
                                          "https://x/`touch", "http://[::1]:7078/'\\''a&b=(c)*"};
    struct text licence = a_licence_on(world, "OFFICE", 3);
    static const char RENAME[] = "update skus set code = 'it''s $(touch owned) `touch owned`; \\ %s -- -n' "
                                 "where code = 'OFFICE'";
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, RENAME, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    struct snippet_list list;
    for (size_t i = 0; i < 3; i++) { /* braces, backticks and backslashes are no part of an address */
        WORLD_FAULT(world, "malformed-server",
                    snippets_for(world, call_of(world, "P1"), licence.at, NULL, "linux", SERVERS[i], &list));
    }
    list = snippets_of(world, licence, "linux", "https://x/'$(touch)';touch;'?a=*&b=$HOME#!~");
    run(world, list.items[0].command);
    struct text arguments = contents(world, "arguments");
    struct text server = TEXT("<--server>\n<https://x/'$(touch)';touch;'?a=*&b=$HOME#!~>\n");
    struct text product = TEXT("<--product>\n<it's $(touch owned) `touch owned`; \\ %s -- -n>\n");
    assert_non_null(memmem(arguments.at, arguments.length, server.at, server.length));
    assert_non_null(memmem(arguments.at, arguments.length, product.at, product.length));
    assert_int_equal(access(world_file(world, "owned").at, F_OK), -1);
    list = snippets_of(world, licence, "windows", "https://x/'$(touch)'");
    assert_non_null(memmem(list.items[0].command.at, list.items[0].command.length,
                           "--server 'https://x/''$(touch)''' --root '", 42));
}

/* What the line comes to where the agent ends with that status, and whether the service was then enabled. */
static int status_of_line(struct world *world, struct text line, int agent_status, bool *is_enabled) {
    a_script(world, "seatmeter-agent",
             text_format(&world->arena, "cat >/dev/null; exit %d", agent_status).at);
    a_script(world, "systemctl", "echo \"$*\" >service");
    (void)unlink(world_file(world, "service").at);
    struct text command = text_format(&world->arena, "cd '%s' && PATH='%s':$PATH\n%.*s\n", world->place,
                                      world->place, TEXT_ARGS(line));
    int status = system(command.at); /* NOLINT(cert-env33-c): what a shell does is the test */
    *is_enabled = access(world_file(world, "service").at, F_OK) == 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_machine_whose_activation_waits_has_the_service_that_asks_again(void **state) {
    struct world *world = *state;
    enum { WELL, REFUSED, WRONG, WAITS };
    bool is_enabled = false;
    a_channel(world);
    struct text line = snippets_of(world, a_licence_on(world, "OFFICE", 3), "linux", SERVER).items[0].command;
    assert_int_equal(status_of_line(world, line, WELL, &is_enabled), 0);
    assert_true(is_enabled);
    assert_int_equal(status_of_line(world, line, WAITS, &is_enabled), 0);
    assert_true(is_enabled);
    assert_int_equal(status_of_line(world, line, REFUSED, &is_enabled), 1);
    assert_false(is_enabled);
    assert_int_equal(status_of_line(world, line, WRONG, &is_enabled), 1);
    assert_false(is_enabled);
}

/* How often the word is in the text. */
static size_t count_of(struct text text, struct text word) {
    size_t count = 0;
    for (size_t i = 0; i + word.length <= text.length; i++) {
        count += memcmp(text.at + i, word.at, word.length) == 0;
    }
    return count;
}

/* There is no PowerShell to run it; what it consists of is held word by word. */
static void the_line_for_windows_gives_the_key_by_input_alone_and_installs_the_service(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 3);
    struct text key = key_of(world, licence);
    struct snippet_list list = snippets_of(world, licence, "windows", SERVER);
    struct text expected = text_format(
        &world->arena,
        "& { $a = 'seatmeter-agent.exe'; '%.*s' | & $a activate --server '%s' --root '%.*s' "
        "--product 'OFFICE' --key -; if ($LASTEXITCODE -notin 0, 3) { throw 'the activation failed' }; & "
        "$a install; if ($LASTEXITCODE -ne 0) { throw 'the service was not installed' } }",
        TEXT_ARGS(key), SERVER, TEXT_ARGS(root_of(world)));
    assert_int_equal(list.count, 1);
    assert_true(text_equal(list.items[0].command, expected));
}

static enum status agent_snippets(struct world *world, struct text licence, const char *agent,
                                  const char *hash, struct snippet_list *list) {
    struct call call = call_of(world, "P1");
    struct write_snippets_input input = {.licence = licence,
                                         .server = text_of(SERVER),
                                         .agent = text_of(agent),
                                         .agent_sha256 = text_of(hash)};
    return write_snippets(&call, &input, list, &world->fault);
}

static void the_line_for_windows_fetches_an_agent_and_starts_it_only_with_its_hash(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 3);
    static const char HASH[] = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789";
    static const char *const WRONG_AGENTS[] = {"downloads.example.net/agent.exe", "https://x/`a`",
                                               "https://"};
    static const char *const WRONG_HASHES[] = {
        "0123", "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef012345678g"};
    struct snippet_list list;
    WORLD_OK(world, agent_snippets(world, licence, "https://d.example/a'b.exe", HASH, &list));
    assert_int_equal(list.count, 2);
    struct text line = list.items[1].command;
    struct text fetched = text_format(&world->arena, "$h = '%s'; if (!(Test-Path $a) -or ", HASH);
    assert_true(text_starts_with(line, TEXT("& { $d = \"$env:ProgramW6432\\Seatmeter\"; $a = ")));
    assert_int_equal(count_of(line, fetched), 1);
    assert_int_equal(count_of(line, TEXT("-Uri 'https://d.example/a''b.exe' -OutFile \"$a.new\"")), 1);
    assert_int_equal(count_of(line, TEXT("if ((Get-FileHash \"$a.new\" -Algorithm SHA256).Hash -ne $h) { "
                                         "Remove-Item \"$a.new\"; throw ")),
                     1);
    assert_int_equal(count_of(line, key_of(world, licence)), 1);
    assert_int_equal(count_of(line, TEXT("' | & $a activate ")), 1);
    assert_int_equal(count_of(list.items[0].command, TEXT("d.example")), 0); /* Linux has it from a package */
    WORLD_FAULT(world, "missing-field", agent_snippets(world, licence, "https://d.example/a.exe", "", &list));
    WORLD_FAULT(world, "missing-field", agent_snippets(world, licence, "", HASH, &list));
    for (size_t i = 0; i < 3; i++) {
        WORLD_FAULT(world, "malformed-agent", agent_snippets(world, licence, WRONG_AGENTS[i], HASH, &list));
    }
    for (size_t i = 0; i < 2; i++) {
        WORLD_FAULT(world, "malformed-hash",
                    agent_snippets(world, licence, "https://d.example/a.exe", WRONG_HASHES[i], &list));
    }
}

static void a_code_that_no_command_line_can_carry_is_refused(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 3);
    static const char RENAME[] = "update skus set code = 'a\"b' where code = 'OFFICE'";
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, RENAME, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    struct snippet_list list;
    WORLD_FAULT(world, "not-quotable",
                snippets_for(world, call_of(world, "P1"), licence.at, NULL, "", SERVER, &list));
}

static void an_address_is_one_of_https_with_a_host_and_no_user_or_this_machine(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 3);
    static const char *const WRONG[] = {"licences.example.net", "ftp://x",   "https://",      "https:///x",
                                        "https://a b",          "https://ä", "https://a\"b",  "https://a\nb",
                                        "https://<a>",          "https://?", "javascript:a()"};
    static const char *const UNSAFE[] = {"http://evil.example",
                                         "http://127.0.0.2:7078",
                                         "http://127.0.0.1.evil.example",
                                         "http://localhost.evil.example/",
                                         "http://[::2]",
                                         "http://127.0.0.1:80@127.0.0.2:7434",
                                         "http://localhost@evil.example",
                                         "https://licences.example.net@evil.example",
                                         "https://name:word@licences.example.net",
                                         "https://@licences.example.net"};
    static const char *const SAFE[] = {"http://127.0.0.1:7078", "http://localhost", "http://[::1]:7078/x",
                                       "https://x/a@b"};
    struct snippet_list list;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        WORLD_FAULT(world, "malformed-server",
                    snippets_for(world, call_of(world, "P1"), licence.at, NULL, "", WRONG[i], &list));
    }
    for (size_t i = 0; i < sizeof UNSAFE / sizeof UNSAFE[0]; i++) {
        WORLD_FAULT(world, "malformed-server",
                    snippets_for(world, call_of(world, "P1"), licence.at, NULL, "", UNSAFE[i], &list));
    }
    for (size_t i = 0; i < sizeof SAFE / sizeof SAFE[0]; i++) {
        (void)snippets_of(world, licence, "linux", SAFE[i]);
    }
    WORLD_FAULT(world, "missing-field",
                snippets_for(world, call_of(world, "P1"), licence.at, NULL, "", "", &list));
    WORLD_FAULT(world, "missing-field",
                snippets_for(world, call_of(world, "P1"), NULL, NULL, "", SERVER, &list));
    WORLD_FAULT(world, "missing-field",
                snippets_for(world, call_of(world, "P1"), licence.at, "C1", "", SERVER, &list));
    WORLD_FAULT(world, "unknown-platform",
                snippets_for(world, call_of(world, "P1"), licence.at, NULL, "amiga", SERVER, &list));
}

static void a_customers_licences_have_a_line_per_product_and_platform(void **state) {
    struct world *world = *state;
    a_channel(world);
    a_product_with_sku(world, "mail", "MAIL");
    a_product_with_sku(world, "mail-server", "MAIL");
    struct text block = a_block_of(world, "P1", "MAIL", 20);
    struct text first = a_licence(world, block, "C1", 3);
    a_licence(world, a_block_of(world, "P1", "BACKUP", 20), "C1", 3);
    a_licence(world, block, "C2", 3);
    struct snippet_list list;
    WORLD_OK(world, snippets_for(world, call_of(world, "P1"), NULL, "C1", "", SERVER, &list));
    assert_int_equal(list.count, 6);
    assert_true(text_equal(list.items[0].licence, first));
    assert_true(text_is(list.items[0].product, "mail"));
    assert_int_equal(list.items[0].platform, SNIPPET_LINUX);
    assert_int_equal(list.items[1].platform, SNIPPET_WINDOWS);
    assert_true(text_is(list.items[2].product, "mail-server"));
    assert_true(text_is(list.items[4].product, "BACKUP"));
    static const char AUDITED[] = "select count(*) from audit where action = 'licence.write-snippets' and "
                                  "detail = '2 keys'";
    assert_int_equal(ask(world, AUDITED), 1);
}

static void a_bundles_line_is_of_its_parts_products_and_a_part_has_none(void **state) {
    struct world *world = *state;
    a_channel(world);
    a_product_with_sku(world, "mail", "MAIL");
    struct text licence = a_licence(world, a_block_of(world, "P1", "PACK", 10), "C1", 3);
    struct snippet_list list = snippets_of(world, licence, "linux", SERVER);
    assert_int_equal(list.count, 1);
    assert_true(text_is(list.items[0].product, "mail"));
    struct licence_detail whole = licence_of(world, licence);
    WORLD_FAULT(
        world, "part-of-bundle",
        snippets_for(world, call_of(world, "P1"), whole.parts[0].identifier.at, NULL, "", SERVER, &list));
}

static void nobody_but_the_provider_gets_lines(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 3);
    static const char *const SEEING[] = {"DIST", "ACME", "C1"};
    struct snippet_list list;
    for (size_t i = 0; i < 3; i++) {
        WORLD_FAULT(world, "not-yours",
                    snippets_for(world, call_of(world, SEEING[i]), licence.at, NULL, "", SERVER, &list));
    }
    WORLD_FAULT(world, "unknown-licence",
                snippets_for(world, call_of(world, "P2"), licence.at, NULL, "", SERVER, &list));
    WORLD_FAULT(world, "unknown-account",
                snippets_for(world, call_of(world, "P2"), NULL, "C1", "", SERVER, &list));
    WORLD_FAULT(world, "not-yours",
                snippets_for(world, call_of(world, "DIST"), NULL, "C1", "", SERVER, &list));
    WORLD_FAULT(world, "not-a-customer",
                snippets_for(world, call_of(world, "DIST"), NULL, "P1", "", SERVER, &list));
    struct call call = call_of(world, "P1");
    call.actor.rights = RIGHT_READ;
    WORLD_FAULT(world, "right-missing", snippets_for(world, call, licence.at, NULL, "", SERVER, &list));
}

/* The roots as the operator is shown them, oldest first. */
static struct signing_key_list roots_of(struct world *world) {
    struct call call = world_call(world);
    struct signing_key_list roots;
    WORLD_OK(world, list_root_keys(&call, &roots, &world->fault));
    return roots;
}

static void a_line_carries_every_root_first_the_one_that_signs(void **state) {
    struct world *world = *state;
    enum { AGENT_TAKES = 4, ROTATIONS = 6 };
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 3);
    for (size_t rotation = 0; rotation <= ROTATIONS; rotation++) {
        struct snippet_list list = snippets_of(world, licence, NULL, SERVER);
        struct signing_key_list roots = roots_of(world);
        assert_int_equal(roots.count, rotation + 1);
        struct text expected = roots.items[0].public_key;
        for (size_t i = 1; i < roots.count; i++) {
            if (i + AGENT_TAKES > roots.count) {
                expected = text_format(&world->arena, "%.*s,%.*s", TEXT_ARGS(expected),
                                       TEXT_ARGS(roots.items[i].public_key));
            }
        }
        expected = text_format(&world->arena, " --root '%.*s' ", TEXT_ARGS(expected));
        assert_int_equal(list.count, 2);
        assert_int_equal(count_of(list.items[0].command, expected), 1);
        assert_int_equal(count_of(list.items[1].command, expected), 1);
        struct call call = world_call(world);
        struct rotate_signing_key_input rotate = {.purpose = SIGNING_ROOT};
        WORLD_OK(world, rotate_signing_key(&call, &rotate, &roots, &world->fault));
    }
    struct signing_key_list roots = roots_of(world);
    struct call call = world_call(world);
    WORLD_OK(world, revoke_signing_key(&call, roots.items[0].kid, &roots, &world->fault));
    struct snippet_list list = snippets_of(world, licence, "linux", SERVER);
    roots = roots_of(world);
    assert_int_equal(count_of(list.items[0].command, text_format(&world->arena, " --root '%.*s,",
                                                                 TEXT_ARGS(roots.items[0].public_key))),
                     1);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(the_line_for_linux_gives_the_agent_all_it_needs_and_the_key_by_its_input),
        WORLD_TEST(a_line_carries_every_root_first_the_one_that_signs),
        WORLD_TEST(a_machine_whose_activation_waits_has_the_service_that_asks_again),
        WORLD_TEST(hostile_values_are_words_and_nothing_else),
        WORLD_TEST(the_line_for_windows_gives_the_key_by_input_alone_and_installs_the_service),
        WORLD_TEST(the_line_for_windows_fetches_an_agent_and_starts_it_only_with_its_hash),
        WORLD_TEST(a_code_that_no_command_line_can_carry_is_refused),
        WORLD_TEST(an_address_is_one_of_https_with_a_host_and_no_user_or_this_machine),
        WORLD_TEST(a_customers_licences_have_a_line_per_product_and_platform),
        WORLD_TEST(a_bundles_line_is_of_its_parts_products_and_a_part_has_none),
        WORLD_TEST(nobody_but_the_provider_gets_lines),
    };
    return world_run_tests("deployment", tests, sizeof tests / sizeof tests[0]);
}
