/* The words of roles, for the fields of users and of invitations. Private to the store. */
#ifndef SEATMETER_STORE_ACCESS_ROLE_WORDS_H
#define SEATMETER_STORE_ACCESS_ROLE_WORDS_H

#include "store/engine/rows.h"

extern const struct db_words ROLE_WORDS;

#endif
