/* Text: a slice of UTF-8 bytes, never assumed to end in zero.
 *
 * Text from outside passes text_is_valid_utf8 at a door before it goes further in. Text that the
 * arena makes (text_copy, text_format) happens to have a zero behind it, so that libraries which
 * want a C string can be given `.at`. */
#ifndef SEATMETER_CORE_BASE_TEXT_H
#define SEATMETER_CORE_BASE_TEXT_H

#include "core/base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *at;
    size_t length;
};

/* For printf: printf("%.*s", TEXT_ARGS(name)). */
#define TEXT_ARGS(t) (int)(t).length, (t).at

/* A string literal as text. */
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

/* A C string as text; NULL gives empty text. The string must live as long as the text. */
struct text text_of(const char *string);

bool text_equal(struct text a, struct text b);
bool text_is(struct text a, const char *string);

/* The same where A to Z and a to z are one; every other byte is itself. */
bool text_equal_folded(struct text a, struct text b);
bool text_starts_with(struct text whole, struct text start);

/* Byte order, as memcmp has it, the shorter first: the order that never depends on a locale. */
int text_compare(struct text a, struct text b);

/* Without the ASCII blanks, tabs and line ends at both sides. */
struct text text_trim(struct text t);

/* The text in front of the first `until`; `*rest` becomes what stands behind it. Without one it is all of
 * `*rest`, which becomes empty. */
struct text text_take_until(struct text *rest, char until);

/* A copy in the arena, zero-terminated. */
struct text text_copy(struct arena *arena, struct text t);

/* A copy with a to z for A to Z: texts that text_equal_folded takes for one have one such copy. */
struct text text_fold(struct arena *arena, struct text t);

/* printf into the arena, zero-terminated. */
struct text text_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));
struct text text_format_list(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0), nonnull(2)));

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms) without a zero byte. */
bool text_is_valid_utf8(struct text t);

/* A decimal integer with an optional minus sign and nothing else; false leaves `*value` alone. */
bool text_to_int64(struct text t, int64_t *value);

#endif
