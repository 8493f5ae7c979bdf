/* Visible: what a reader would not see is found, refused as a name's whole, and written out. */
#include "core/base/visible.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void controls_overrides_and_invisible_characters_are_hidden(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int32_t hidden;
    } CASES[] = {
        {"A\x1b[31m", 0x1B},
        {"DEL\x7f", 0x7F},
        {"CSI \xc2\x9b"
         "31m",
         0x9B},
        {"OSC \xc2\x9d"
         "0;title\xc2\x9c",
         0x9D},
        {"next line \xc2\x85", 0x85},
        {"line \u2028 separator", 0x2028},
        {"paragraph \u2029", 0x2029},
        {"\ufeffmark", 0xFEFF},
        {"right to left \u202e", 0x202E},
        {"isolate \u2066", 0x2066},
        {"zero \u200b width", 0x200B},
        {"soft\u00adhyphen", 0xAD},
        {"\u3164", 0x3164},
        {"tag \U000E0041", 0xE0041},
        {"none \U0001FFFE", 0x1FFFE},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_int_equal(visible_first_hidden(text_of(CASES[i].text), true), CASES[i].hidden);
    }
    assert_int_equal(visible_first_hidden(TEXT("two\nlines"), false), '\n');
    assert_int_equal(visible_first_hidden(TEXT("two\r\n\tlines"), true), -1);
    assert_int_equal(visible_first_hidden(TEXT("a\0b"), true), 0);
}

static void names_of_any_script_are_not_hidden(void **state) {
    (void)state;
    static const char *const NAMES[] = {"Müller & Söhne GmbH", "株式会社", "می\u200cخواهم", "क्\u200dष",
                                        "👩\u200d💻 ❤\ufe0f",    "Ąžuolas",  "עברית",         "A\u00a0B"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        assert_int_equal(visible_first_hidden(text_of(NAMES[i]), false), -1);
        assert_true(visible_is_any(text_of(NAMES[i])));
    }
}

static void blanks_and_joiners_alone_show_nothing(void **state) {
    (void)state;
    static const char *const NOTHING[] = {"",       " ",      "\u00a0",   "\u3000\u2003", "\u2800",
                                          "\u200d", "\ufe0f", "\xc2\x85", "\ufeff"};
    for (size_t i = 0; i < sizeof NOTHING / sizeof NOTHING[0]; i++) {
        assert_false(visible_is_any(text_of(NOTHING[i])));
    }
}

static void what_is_hidden_is_written_out_and_nothing_else_changes(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_true(text_is(visible_escape(&arena, TEXT("A\xc2\x9b"
                                                    "31mRED\n\u202eB")),
                        "A\\u009B31mRED\n\\u202EB"));
    assert_true(text_is(visible_escape(&arena, TEXT("\U000E0041\xff.")), "\\U000E0041\\xFF."));
    assert_true(text_is(visible_escape(&arena, TEXT("株式会社")), "株式会社"));
    assert_true(text_is(visible_escape_json(&arena, TEXT("{\"n\": \"A\xc2\x9b\U000E0041\"}")),
                        "{\"n\": \"A\\u009b\\udb40\\udc41\"}"));
    arena_clean_up(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controls_overrides_and_invisible_characters_are_hidden),
        cmocka_unit_test(names_of_any_script_are_not_hidden),
        cmocka_unit_test(blanks_and_joiners_alone_show_nothing),
        cmocka_unit_test(what_is_hidden_is_written_out_and_nothing_else_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
