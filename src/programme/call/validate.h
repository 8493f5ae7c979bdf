/* Validate: what every use case asks of the texts that it is given, with one wording of each fault.
 *
 * A door hands on valid UTF-8 alone; a use case refuses anything else all the same. */
#ifndef SEATMETER_PROGRAMME_CALL_VALIDATE_H
#define SEATMETER_PROGRAMME_CALL_VALIDATE_H

#include "core/base/fault.h"
#include "core/money/tax.h"

#include <stdbool.h>
#include <stdint.h>

enum { CODE_MAX_BYTES = 40 };

/* Well-formed UTF-8 without control and invisible characters (core/base/visible.h), and not of blanks alone;
 * may be empty. `lines`: line ends and tabs are fine. Fault "malformed-text". Every text that somebody else
 * reads passes here, most of them in one of the checks below. */
enum status check_visible(struct text given, const char *field, bool lines, struct fault *fault) MUST_CHECK;

/* One line without control characters, trimmed, of at most `max_bytes`; may be empty. Faults "text-too-long",
 * "malformed-text". */
enum status check_line(struct text given, const char *field, size_t max_bytes, struct text *line,
                       struct fault *fault) MUST_CHECK;

/* As check_line, and not empty: fault "missing-field". */
enum status check_required_line(struct text given, const char *field, size_t max_bytes, struct text *line,
                                struct fault *fault) MUST_CHECK;

/* As check_line, but of several lines: addresses, terms. */
enum status check_lines(struct text given, const char *field, size_t max_bytes, struct text *lines,
                        struct fault *fault) MUST_CHECK;

/* A word that no account is called by, in letters of either case (R1.14). */
bool code_is_reserved(struct text code);

/* A new code: letters and digits of ASCII, ".", "_", "-", 1 to CODE_MAX_BYTES of them, beginning with a
 * letter or digit and not as identifiers begin: "malformed-code"; no reserved word: "reserved-code". */
enum status check_code(struct text given, const char *field, struct fault *fault) MUST_CHECK;

/* Lower-cased in the arena; fault "malformed-email". Empty is fine. */
enum status check_email(struct arena *arena, struct text given, const char *field, struct text *email,
                        struct fault *fault) MUST_CHECK;

/* Upper-cased; fault "malformed-country". Empty is fine. */
enum status check_country(struct arena *arena, struct text given, const char *field, struct text *country,
                          struct fault *fault) MUST_CHECK;

/* A whole number from `least` to `most`, `otherwise` where empty; fault "number-out-of-range". */
enum status check_number(struct text given, const char *field, int64_t least, int64_t most, int64_t otherwise,
                         int64_t *number, struct fault *fault) MUST_CHECK;

/* "yes", "true", "1" and "no", "false", "0", empty (no); fault "malformed-yes-no". */
enum status check_yes_no(struct text given, const char *field, bool *yes, struct fault *fault) MUST_CHECK;

/* A tax category and a rate in percent ("8.25"): "S" where a rate stands alone, 0 where a category does, "O"
 * and 0 where neither is given. Fields tax_category and tax_rate. */
enum status check_tax(struct text category, struct text rate, struct tax *tax,
                      struct fault *fault) MUST_CHECK;

/* The same in place of a present one, which stays where neither is given. A rate alone keeps a category that
 * has one. */
enum status check_tax_change(struct text category, struct text rate, struct tax present, struct tax *tax,
                             struct fault *fault) MUST_CHECK;

#endif
