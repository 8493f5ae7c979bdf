/* Licence key: finds slips of typing before the network is asked. The form is the programme's: 22 Crockford
 * base 32 digits and 3 check digits of a Reed–Solomon code over GF(32), in five groups of five. */
#ifndef SEATMETER_LICENCE_KEY_H
#define SEATMETER_LICENCE_KEY_H

#include <stdbool.h>

enum { SM_LICENCE_KEY_DIGITS = 25, SM_LICENCE_KEY_BYTES = 30 /* four dashes and a zero too */ };

/* The canonical form of a key as a person typed it (any case, dashes and blanks anywhere, O, I and L read as
 * 0, 1 and 1); false where it is none. */
bool sm_licence_key_read(const char *typed, char key[SM_LICENCE_KEY_BYTES]);

#endif
