#include "programme/parties/code_from_name.h"

#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { NAME_UNITS_MAX = 400, WRITTEN_UNITS_MAX = 2000, CODE_FROM_NAME_MAX_BYTES = 30 };

static const char TRANSFORM[] = "NFC; de-ASCII; Any-Latin; de-ASCII; Latin-ASCII; Upper";

/* The name in Latin letters; as it was where ICU lacks its data. */
static struct text write_in_latin(struct arena *arena, struct text name) {
    UErrorCode error = U_ZERO_ERROR;
    UChar transform[sizeof TRANSFORM];
    UChar *units = ARENA_NEW(arena, UChar, WRITTEN_UNITS_MAX);
    int32_t length = 0;
    u_uastrncpy(transform, TRANSFORM, sizeof TRANSFORM);
    u_strFromUTF8WithSub(units, NAME_UNITS_MAX, &length, name.at, (int32_t)name.length, 0xFFFD, NULL, &error);
    UTransliterator *writer = utrans_openU(transform, -1, UTRANS_FORWARD, NULL, 0, NULL, &error);
    int32_t limit = length;
    utrans_transUChars(writer, units, &length, WRITTEN_UNITS_MAX, 0, &limit, &error);
    utrans_close(writer);
    char *bytes = ARENA_NEW(arena, char, (size_t)3 * WRITTEN_UNITS_MAX);
    int32_t size_bytes = 0;
    u_strToUTF8(bytes, 3 * WRITTEN_UNITS_MAX, &size_bytes, units, length, &error);
    return U_FAILURE(error) ? name : (struct text){bytes, (size_t)size_bytes};
}

struct text code_from_name(struct arena *arena, struct text name) {
    char *code = ARENA_NEW(arena, char, CODE_FROM_NAME_MAX_BYTES);
    size_t length = 0;
    struct text latin = write_in_latin(arena, name);
    for (size_t i = 0; i < latin.length && length < CODE_FROM_NAME_MAX_BYTES; i++) {
        char c = latin.at[i];
        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            code[length++] = c;
        } else if (length > 0 && code[length - 1] != '-') {
            code[length++] = '-';
        }
    }
    while (length > 0 && code[length - 1] == '-') {
        length--;
    }
    return length == 0 ? TEXT("ACCOUNT") : (struct text){code, length};
}
