/* Quoted words: what a shell makes of them is the word again, whatever stands in it. */
#include "core/base/shell_quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const HOSTILE[] = {
    "plain",
    "",
    "it's",
    "''''",
    "$(touch owned) `touch owned` ${HOME} $HOME",
    "\"; touch owned; \"",
    "'; touch owned; '",
    "a\\'b\\",
    "two\nlines",
    "* ? [a] ~ ! # & | < > ; ( ) { }",
    "-n",
    "%s %n",
    "\xE2\x80\x99; touch owned; \xE2\x80\x98",
};

/* What sh passes on as the one argument of printf. */
static struct text said_by_sh(struct arena *arena, struct text quoted) {
    struct text command = text_format(arena, "printf '<%%s>' %.*s", TEXT_ARGS(quoted));
    FILE *pipe = popen(command.at, "r"); /* NOLINT(cert-env33-c): what a shell does is the test */
    assert_non_null(pipe);
    char *out = ARENA_NEW(arena, char, 4096);
    size_t length = fread(out, 1, 4096, pipe);
    assert_int_equal(pclose(pipe), 0);
    return (struct text){out, length};
}

static void sh_gives_back_every_word_as_it_was(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof HOSTILE / sizeof HOSTILE[0]; i++) {
        struct text said = said_by_sh(&arena, shell_quote_posix(&arena, text_of(HOSTILE[i])));
        assert_true(text_equal(said, text_format(&arena, "<%s>", HOSTILE[i])));
    }
    arena_clean_up(&arena);
}

/* Reads one single-quoted string as PowerShell's tokenizer does: any of the five quotes ends it unless a
 * second follows. */
static size_t quote_at(const char *at, const char *end) {
    if (at < end && *at == '\'') {
        return 1;
    }
    return end - at >= 3 && memcmp(at, "\xE2\x80", 2) == 0 && (unsigned char)at[2] >= 0x98 &&
                   (unsigned char)at[2] <= 0x9B
               ? 3
               : 0;
}

static struct text read_by_powershell(struct arena *arena, struct text quoted) {
    const char *at = quoted.at + 1;
    const char *end = quoted.at + quoted.length;
    char *out = ARENA_NEW(arena, char, quoted.length + 1);
    size_t used = 0;
    assert_int_equal(quoted.at[0], '\'');
    while (at < end) {
        size_t quote = quote_at(at, end);
        if (quote > 0) {
            at += quote;
            size_t second = quote_at(at, end);
            if (second == 0) {
                break;
            }
            memcpy(out + used, at, second);
            used += second;
            at += second;
        } else {
            out[used++] = *at++;
        }
    }
    assert_ptr_equal(at, end); /* nothing is left for the shell to run */
    return (struct text){out, used};
}

static void powershell_gives_back_every_word_as_it_was(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof HOSTILE / sizeof HOSTILE[0]; i++) {
        struct text quoted = shell_quote_powershell(&arena, text_of(HOSTILE[i]));
        assert_true(text_is(read_by_powershell(&arena, quoted), HOSTILE[i]));
    }
    arena_clean_up(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sh_gives_back_every_word_as_it_was),
        cmocka_unit_test(powershell_gives_back_every_word_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
