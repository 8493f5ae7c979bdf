/* Who a client is: one normal form for every way in which its address can come. */
#include "machine/client_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct text normal(struct arena *arena, const char *written) {
    struct client_address address;
    client_address_parse(text_of(written), &address);
    return client_address_text(arena, &address);
}

static void must_be(struct text text, const char *expected) {
    char shown[80] = {0};
    assert_true(text.length < sizeof shown);
    memcpy(shown, text.at, text.length);
    assert_string_equal(shown, expected);
}

static void every_form_of_an_address_is_one_client(void **state) {
    struct arena *arena = *state;
    static const struct {
        const char *written;
        const char *normal;
    } rows[] = {
        {"198.51.100.12", "198.51.100.12"},
        {" 198.51.100.12 ", "198.51.100.12"},
        {"198.51.100.12:4000", "198.51.100.12"},
        {"198.51.100.12:4001", "198.51.100.12"},
        {"::ffff:198.51.100.12", "198.51.100.12"},
        {"::FFFF:c633:640c", "198.51.100.12"},
        {"[::ffff:198.51.100.12]:4000", "198.51.100.12"},
        {"2001:db8:1:2::7", "2001:db8:1:2::7"},
        {"2001:0DB8:0001:0002:0:0:0:7", "2001:db8:1:2::7"},
        {"[2001:db8:1:2::7]", "2001:db8:1:2::7"},
        {"[2001:db8:1:2::7]:65535", "2001:db8:1:2::7"},
        {"fe80::1%eth0", "fe80::1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        must_be(normal(arena, rows[i].written), rows[i].normal);
    }
}

static void what_is_no_address_is_nobody(void **state) {
    struct arena *arena = *state;
    static const char *const rows[] = {
        "",          "unknown",         "_hidden",          "198.51.100",       "198.51.100.12:",
        "1.2.3.4:x", "1.2.3.4:65536",   "1.2.3.4:-1",       "[2001:db8::1",     "[2001:db8::1]x",
        "[]",        "2001:db8::1::2",  "01.2.3.4",         "[2001:db8::1]:",   "1.2.3.4 5.6.7.8",
        "%eth0",     "example.example", "example.test:400", "[198.51.100.12]:", "\"198.51.100.12\"",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client_address address;
        assert_false(client_address_parse(text_of(rows[i]), &address));
        must_be(client_address_text(arena, &address), "unknown");
    }
    struct client_address address;
    assert_false(client_address_parse((struct text){"1.2.3.4\0x", 9}, &address));
}

static void an_ipv6_client_is_its_64(void **state) {
    struct arena *arena = *state;
    struct client_address address;
    assert_true(client_address_parse(TEXT("2001:db8:1:2:3:4:5:6"), &address));
    must_be(client_address_owner_text(arena, &address), "2001:db8:1:2::/64");
    assert_true(client_address_parse(TEXT("[2001:db8:1:2::19]:80"), &address));
    must_be(client_address_owner_text(arena, &address), "2001:db8:1:2::/64");
    assert_true(client_address_parse(TEXT("::ffff:198.51.100.12"), &address));
    must_be(client_address_owner_text(arena, &address), "198.51.100.12");
}

static void the_last_of_a_list_is_what_our_proxy_saw(void **state) {
    struct arena *arena = *state;
    struct client_address address;
    assert_true(client_address_parse_last(TEXT("203.0.113.1, 198.51.100.8"), &address));
    must_be(client_address_text(arena, &address), "198.51.100.8");
    assert_true(client_address_parse_last(TEXT("203.0.113.1,198.51.100.8:99 , ,"), &address));
    must_be(client_address_text(arena, &address), "198.51.100.8");
    assert_false(client_address_parse_last(TEXT("203.0.113.1, unknown"), &address));
    assert_false(client_address_parse_last(TEXT(" , "), &address));
    assert_false(client_address_parse_last(TEXT(""), &address));
}

static void only_this_machine_is_local(void **state) {
    (void)state;
    static const char *const local[] = {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"};
    static const char *const other[] = {"128.0.0.1", "10.0.0.1", "::2", "::ffff:10.0.0.1", ""};
    struct client_address address;
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        client_address_parse(text_of(local[i]), &address);
        assert_true(client_address_is_local(&address));
    }
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        client_address_parse(text_of(other[i]), &address);
        assert_false(client_address_is_local(&address));
    }
    address = client_address_of(NULL);
    assert_true(client_address_is_local(&address));
}

static void a_host_names_this_machine_whole_or_not_at_all(void **state) {
    (void)state;
    static const char *const own[] = {"localhost",   "LocalHost:7077", "127.0.0.1",
                                      "127.0.0.1:1", "[::1]",          "[::1]:7077"};
    static const char *const others[] = {"",           "evil.example",       "localhost.evil.example",
                                         "localhosts", "127.evil.example",   "127.0.0.1.evil.example:80",
                                         "10.0.0.1",   "[::1].evil.example", "localhost:evil"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        assert_true(host_names_this_machine(text_of(own[i])));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(host_names_this_machine(text_of(others[i])));
    }
}

static int set_up(void **state) {
    static struct arena arena;
    arena_init(&arena);
    *state = &arena;
    return 0;
}

static int tear_down(void **state) {
    arena_clean_up(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_an_address_is_one_client),
        cmocka_unit_test(what_is_no_address_is_nobody),
        cmocka_unit_test(an_ipv6_client_is_its_64),
        cmocka_unit_test(the_last_of_a_list_is_what_our_proxy_saw),
        cmocka_unit_test(only_this_machine_is_local),
        cmocka_unit_test(a_host_names_this_machine_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
