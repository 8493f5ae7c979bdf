/* Wide: Windows' UTF-16 from our UTF-8, and back. */
#ifndef SEATMETER_WIDE_H
#define SEATMETER_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* In malloc's memory; NULL where the text is no UTF-8 or there is no memory. */
wchar_t *sm_wide_of(const char *text);

/* Zero-terminated; false, and an empty text, where it does not fit or is no UTF-16. */
bool sm_wide_to_text(const wchar_t *wide, char *text, size_t capacity);

#endif
