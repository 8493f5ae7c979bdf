/* Platform: what the agent asks of the system, apart from signals, hooks and the network, which have headers
 * of their own. platform_posix.c and platform_windows.c are the two answers.
 *
 * Paths and texts are UTF-8. What fails says so by false or NULL, and platform_why() has the system's words.
 */
#ifndef SEATMETER_AGENT_PLATFORM_H
#define SEATMETER_AGENT_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { PLATFORM_PATH_BYTES = 4096 };

/* At the program's start: the arguments as UTF-8 (they live as long as the process), the console ready for
 * it. */
bool platform_begin(int *count, char ***arguments);

/* Why the last call of this header failed; until the next one. */
const char *platform_why(void);

/* Milliseconds of a clock that nobody sets and that goes on while the machine sleeps. */
int64_t platform_now_ms(void);

/* Of releases: "linux-amd64", "windows-amd64": the system, a minus, the machine as Debian calls it. */
extern const char PLATFORM_NAME[];

/* Between the parts of a path. */
extern const char PLATFORM_SEPARATOR[];

/* Where the configuration file and the state are unless somebody says otherwise; for the help, and in full.
 */
extern const char PLATFORM_CONFIG_HELP[];
extern const char PLATFORM_STATE_HELP[];
bool platform_default_config(char path[PLATFORM_PATH_BYTES]);
bool platform_default_state(char path[PLATFORM_PATH_BYTES]);

/* The machine's name, cut to the capacity; empty where it has none. */
void platform_host_name(char *name, size_t capacity);

/* A path as it means the same from any directory. */
bool platform_full_path(const char *given, char *path, size_t capacity);

/* Whether the text can be the name of a file in a directory, and of nothing else. */
bool platform_is_file_name(const char *name);

/* For reading, byte by byte as it stands, and not inherited by what is started; errno is set too. Of a file
 * that the caller names, which may be a pipe. */
FILE *platform_open(const char *path);

/* The same of a file that a setting names: a plain one (else EINVAL), so that opening it never waits. */
FILE *platform_open_plain(const char *path);

/* The same of a file of the state directory: no link either (ELOOP). */
FILE *platform_open_own(const char *path);

/* Whether something has that path, as far as can be told. */
bool platform_is_there(const char *path);

/* Made anew, also where one is there, and for its owner alone; "-" is standard output. */
FILE *platform_create_private(const char *path);

bool platform_can_read(const char *path);

/* Puts a file with these bytes in the place of what was there, at once, and brings it to the disk. */
bool platform_replace(const char *path, const void *bytes, size_t size);

/* True too where it is there. */
bool platform_make_directory(const char *path);

/* Whoever installs the file may read it, as far as the directories above allow. */
void platform_let_others_read(const char *path);

/* Removes the folders in the directory with the plain files in them, apart from the one of that name. */
void platform_remove_others(const char *directory, const char *but);

/* Whether what the file says can be believed, whether it is there or not: where this process is privileged,
 * and somebody who is not could put a file there, it cannot. Says why not on standard error. */
bool platform_trusts(const char *file);

/* Makes the state directory where it is missing and becomes who owns it where that is needed; `base` is how
 * this process names it from then on. Says what went wrong on standard error. */
bool platform_enter_state(const char *state, char base[PLATFORM_PATH_BYTES]);

/* The lock that the file stands for, without waiting: the process's number is in it. False where it cannot be
 * had; `*holder` is then the number of the process that has it, 0 where that is not known. The system gives
 * it back where a process dies. */
bool platform_lock(const char *path, intptr_t *lock, int64_t *holder);
void platform_unlock(intptr_t *lock);

/* Has the process that holds the lock look again (signals.h: is_asked); its number, or 0. */
int64_t platform_nudge(const char *path);

#endif
