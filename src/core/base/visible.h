/* Visible: whether a text shows a reader what it holds.
 *
 * A name travels into terminals, spreadsheets and documents of other people. Control characters (C0, C1)
 * command a terminal, bidirectional overrides make a text read as another one, and invisible characters make
 * two names look alike. None of them belongs in a name, a code or a reason. Joiners and variation selectors
 * do: Persian, Indic scripts and emoji need them. The ranges are Unicode's default ignorables, controls and
 * non-characters, which stay as they are from one version of Unicode to the next. */
#ifndef SEATMETER_CORE_BASE_VISIBLE_H
#define SEATMETER_CORE_BASE_VISIBLE_H

#include "core/base/text.h"

/* The first character of well-formed UTF-8 that a reader would not see or that acts on what shows it; -1
 * where there is none. `lines`: line ends and tabs are fine. */
int32_t visible_first_hidden(struct text text, bool lines);

/* Whether well-formed UTF-8 shows anything at all: a character that is neither hidden nor blank. */
bool visible_is_any(struct text text);

/* The text with what is hidden in it written out as "\u009B" ("\U000E0001"), and bytes that are not UTF-8 as
 * "\x9B"; line ends and tabs stay. The text itself where there is nothing to write out. */
struct text visible_escape(struct arena *arena, struct text text);

/* The same for JSON: "\u009b", in which a reader of JSON finds the character again. Of well-formed JSON
 * alone. */
struct text visible_escape_json(struct arena *arena, struct text json);

#endif
