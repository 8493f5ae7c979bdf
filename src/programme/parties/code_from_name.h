/* Code from name: the code of an account that was given none, made of its name.
 *
 * "Müller & Söhne GmbH" gives "MUELLER-SOEHNE-GMBH": the name as ICU writes it in Latin letters of ASCII, in
 * upper case, with a dash for each run of all else. Umlauts go by the German rule, which their neighbours
 * read without trouble. */
#ifndef SEATMETER_PROGRAMME_PARTIES_CODE_FROM_NAME_H
#define SEATMETER_PROGRAMME_PARTIES_CODE_FROM_NAME_H

#include "core/base/text.h"

/* "ACCOUNT" where nothing of the name is left. In the arena. */
struct text code_from_name(struct arena *arena, struct text name);

#endif
