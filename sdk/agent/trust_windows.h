/* Trust: whose files these are. A privileged process believes, and starts, only what nobody else could have
 * put there; Windows lets every user make folders in ProgramData, and be their owner. */
#ifndef SEATMETER_AGENT_TRUST_WINDOWS_H
#define SEATMETER_AGENT_TRUST_WINDOWS_H

#include <stdbool.h>
#include <wchar.h>

/* Whether this process may do what an ordinary user may not: it is elevated, or the system's own. */
bool trust_is_privileged(void);

enum trust { TRUST_GOOD, TRUST_ABSENT, TRUST_NOT, TRUST_UNKNOWN };

/* Whether the file or directory belongs to administrators, the system or this process's own user, may be
 * changed by nobody else, and is no link. UNKNOWN: it cannot be told, GetLastError() has why. */
enum trust trust_of(const wchar_t *path);

/* Makes the directory; of a privileged process, for administrators and the system alone. False where it
 * cannot be made or is there already: GetLastError(). */
bool trust_make_directory(const wchar_t *path);

/* A security descriptor (LocalFree) for a file that administrators own and that inherits who may do what;
 * NULL where this process is not privileged, or there is no memory. */
void *trust_owned_by_administrators(void);

/* As above: for its owner, administrators and the system alone. */
void *trust_private(void);

#endif
