/* Shell quote: a text as one word of a command line that somebody will paste into a shell.
 *
 * Both shells take a text between single quotes as it stands, but for the quote itself: sh (POSIX.1-2017,
 * Shell Command Language 2.2.2) ends the quotes for it, PowerShell (about_Quoting_Rules) doubles it, and
 * takes the typographic quotes U+2018 to U+201B for single quotes too. */
#ifndef SEATMETER_CORE_BASE_SHELL_QUOTE_H
#define SEATMETER_CORE_BASE_SHELL_QUOTE_H

#include "core/base/text.h"

/* For sh and what understands it (bash, dash, zsh, ksh). */
struct text shell_quote_posix(struct arena *arena, struct text word);

/* For PowerShell 5.1 and later. What starts a native program splits its arguments again, and 5.1 does not
 * guard a double quote inside: give no word that has one. */
struct text shell_quote_powershell(struct arena *arena, struct text word);

#endif
