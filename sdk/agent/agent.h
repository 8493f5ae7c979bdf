/* Agent: what every command works with: settings, signals, the client of the library, its transport.
 *
 * The state directory holds the library's store ("store"), the settings of the activation ("settings"), what
 * the hook was told ("told"), the update repository's trusted metadata ("tuf", "tuf-root.json") and updates
 * ("updates"). The store may be used by several processes; everything that concerns updates and the hook
 * belongs to the one process that holds the lock ("lock"). */
#ifndef SEATMETER_AGENT_AGENT_H
#define SEATMETER_AGENT_AGENT_H

#include "network.h"
#include "platform.h"
#include "seatmeter.h"
#include "seatmeter_updates.h"
#include "settings.h"
#include "signals.h"
#include "told.h"

enum { EXIT_WELL = 0, EXIT_NOT = 1, EXIT_WRONG = 2, EXIT_WAITS = 3, VERSION_BYTES = 51 };

struct agent {
    struct settings settings;
    char base[SETTING_PATH_BYTES]; /* the state directory as this process names it: see agent_open */
    struct signals signals;
    struct network *network; /* NULL: the command needs none */
    struct sm_client *client;
    struct sm_updates *updates;  /* NULL: not opened */
    char version[VERSION_BYTES]; /* that the client was opened with */
    intptr_t lock;               /* of platform_lock; -1: not held */
    int64_t give_way_at_ms;      /* monotonic: an exchange that takes longer is to stop; 0: none is */
    int64_t say_at_ms; /* monotonic: from then on it is said that the server is waited for; 0: not */
    struct told told;
};

/* Becomes the owner of the state directory, then reads the settings that are kept there: what the owner wrote
 * is never read with more rights than the owner has. What the caller names on the command line with its own
 * rights, the key's file or an off-line request's, is opened before. False with a message on standard error,
 * also where settings are missing or the server cannot be talked to safely; then no directory is made. */
bool agent_enter(struct agent *agent);

/* A path in the state directory, for this process; empty where it would be too long. */
void agent_path(const struct agent *agent, const char *name, char path[SETTING_PATH_BYTES]);

/* Enters where that was not done, and opens the client. With `may_talk` false it has no transport. SM_OK or
 * the code, with a message on standard error. */
enum sm_code agent_open(struct agent *agent, bool may_talk);

/* The installed version as it is now: of the version file, else of the setting; may be empty. */
void agent_installed_version(const struct agent *agent, char version[VERSION_BYTES]);

/* Opens the client anew where the installed version, or the host's name, is another than it knows. */
enum sm_code agent_follow_version(struct agent *agent);

void agent_close(struct agent *agent);

/* Takes the lock; false where another process holds it. `*holder` is its number, 0 where unknown. */
bool agent_lock(struct agent *agent, int64_t *holder);

/* Has the process that holds the lock look again, where there is one; its number, or 0. */
int64_t agent_nudge(struct agent *agent);

/* The network's words where the server was not reached, else none; for agent_complain. */
const char *agent_network_words(const struct agent *agent, enum sm_code code);

/* Whether an activation that was refused so waits, and is asked for again by the library: the licence is not
 * on yet, is off or suspended, or has no seat left. */
bool agent_is_waiting(enum sm_code code);

/* Prints `what: words (code)` on standard error. */
void agent_complain(const char *what, enum sm_code code, const char *words);

#endif
