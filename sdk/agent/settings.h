/* Settings: what the agent was told, by options, by its configuration file, and by its own activation.
 *
 * A setting of the command line goes before one of the configuration file, and that before one of the file
 * "settings" in the state directory, which an activation writes. All are `name = value` with the
 * same names; what nobody knows is refused, so that a slip of the hand is seen. */
#ifndef SEATMETER_AGENT_SETTINGS_H
#define SEATMETER_AGENT_SETTINGS_H

#include "platform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SETTING_BYTES = 512, SETTING_PATH_BYTES = PLATFORM_PATH_BYTES };

struct settings {
    char config[SETTING_PATH_BYTES];
    char state[SETTING_PATH_BYTES];
    char server[SETTING_BYTES];
    char ca_file[SETTING_PATH_BYTES];
    char proxy[SETTING_BYTES];
    char machine_id[SETTING_BYTES];
    char root[SETTING_BYTES];
    char product[SETTING_BYTES];
    char key[SETTING_BYTES];
    char key_file[SETTING_PATH_BYTES];
    char name[SETTING_BYTES];
    char version[SETTING_BYTES];
    char version_file[SETTING_PATH_BYTES];
    char components[SETTING_BYTES];
    char tuf_root[SETTING_PATH_BYTES];
    char tuf_root_sha256[SETTING_BYTES];
    char channel[SETTING_BYTES];
    char platform[SETTING_BYTES];
    char hook[SETTING_PATH_BYTES];
    int64_t hook_limit_s;
    int64_t update_interval_s;
    bool name_is_hosts; /* nobody gave a name: it is the host's, and follows it */
    bool updates;
    bool json;
};

/* Settings without any. */
void settings_begin(struct settings *settings);

/* Takes the command line's options: `--name value` or `--name=value` or, of what is yes or no, `--name`
 * alone. What is no option is left in `words`, which has room for all arguments. False with a message on
 * standard error. */
bool settings_take_options(struct settings *settings, int count, char **arguments, char **words,
                           int *word_count);

/* Reads the configuration file, which need not be there, for what the options did not say; then it is known
 * where the state is. */
bool settings_take_config(struct settings *settings);

/* Reads what an activation kept in that file, which need not be there, for what neither said. */
bool settings_take_kept(struct settings *settings, const char *path);

/* Fills in what nobody said. */
bool settings_take_defaults(struct settings *settings);

/* Keeps in that file what a later start needs. */
bool settings_keep(const struct settings *settings, const char *path);

/* How many bytes of the first line are the byte order mark that some editors of Windows begin a text with. */
size_t settings_mark(const char *text);

/* The proxy as a transport takes it: NULL: the system's; empty: none. */
const char *settings_proxy(const struct settings *settings);

/* Follows the host's name where nobody gave another. Whether it has changed. */
bool settings_follow_host(struct settings *settings);

/* Whether a text setting was given; says what is missing on standard error where not. */
bool settings_need(const char *value, const char *name);

/* Prints the options with what they mean. */
void settings_print_help(void);

#endif
