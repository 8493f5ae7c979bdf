/* Crockford's base 32: the digits of identifiers and licence keys.
 *
 * There is no I, L or O (too like 1, 1 and 0) and no U. What a person typed may have them all the same: O is
 * read as 0, I and L as 1, and small letters as large ones. */
#ifndef SEATMETER_CORE_LICENCE_CROCKFORD_H
#define SEATMETER_CORE_LICENCE_CROCKFORD_H

/* The digit of each value below 32. */
extern const char CROCKFORD_DIGITS[33];

/* The value of each ASCII character as a person may have typed it, or -1. */
extern const signed char CROCKFORD_VALUES[128];

static inline int crockford_value(char digit) {
    unsigned char byte = (unsigned char)digit;
    return byte < sizeof CROCKFORD_VALUES ? CROCKFORD_VALUES[byte] : -1;
}

#endif
