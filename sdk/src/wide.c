/* Strict both ways: what is not well-formed is refused, never replaced by something else. */
#include "wide.h"

#ifdef _WIN32

#include <windows.h>

#include <limits.h>
#include <stdlib.h>

wchar_t *sm_wide_of(const char *text) {
    int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide = length > 0 ? malloc((size_t)length * sizeof *wide) : NULL;
    if (wide != NULL &&
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, length) != length) {
        free(wide);
        wide = NULL;
    }
    return wide;
}

bool sm_wide_to_text(const wchar_t *wide, char *text, size_t capacity) {
    int room = capacity > INT_MAX ? INT_MAX : (int)capacity;
    if (WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, text, room, NULL, NULL) > 0) {
        return true;
    }
    text[0] = '\0';
    return false;
}

#endif
