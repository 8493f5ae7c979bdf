/* Command: what `seatmeter` can be asked, as tables.
 *
 * Every subcommand is one row: its words, its operands, its options, one line of help, and a function.
 * Parsing, --help, shell completion and the manual page all read these rows, so that none of them can tell
 * another story. A group of related rows stands in one file (accounts.c, licences.c, …) and is listed once,
 * in main.c. */
#ifndef SEATMETER_CLI_COMMAND_H
#define SEATMETER_CLI_COMMAND_H

#include "core/base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct operator_session;

/* How often an option or operand must be given. */
enum presence { OPTIONAL, REQUIRED };

/* A shell completes a value with one of these. */
enum completion { COMPLETE_NOTHING, COMPLETE_FILE, COMPLETE_WORDS };

struct option {
    const char *name;  /* without the dashes: "time-zone" */
    const char *value; /* what stands behind it in the help: "NAME"; NULL for a switch */
    enum presence presence;
    const char *help; /* one line */
    enum completion completion;
    const char *words; /* for COMPLETE_WORDS: "text json pdf" */
};

enum { OPTIONS_MAX = 16, OPERANDS_MAX = 2 };

struct arguments;

/* A command needs this of the store before it runs. */
enum store_need {
    STORE_OPEN,     /* a store with the present schema */
    STORE_CREATE,   /* one that may be empty: it is migrated first, and a secret made */
    STORE_UNOPENED, /* the command opens it itself */
    STORE_NONE
};

struct command {
    const char *words;                    /* "licence on" */
    const char *summary;                  /* one line, a sentence without a full stop */
    struct option operands[OPERANDS_MAX]; /* `name` as the help shows it: "FILE"; unused ones are zero */
    struct option options[OPTIONS_MAX];   /* unused ones are zero */
    const char *details;                  /* more for --help, or NULL */
    enum store_need store;
    bool prints; /* takes --json */
    /* Does it. Returns a status, with a fault where it is not OK. */
    enum status (*run)(struct operator_session *session, const struct arguments *arguments,
                       struct fault *fault);
};

struct command_group {
    const struct command *commands;
    size_t count;
};

/* All groups, in the order of the help. main.c has the one table; it is passed on, as `completion` and `man`
 * both stand in it and print it. */
struct command_table {
    const struct command_group *const *groups;
    size_t group_count;
};

/* How many commands there are, and the one at an index. */
size_t command_table_count(const struct command_table *table);
const struct command *command_table_at(const struct command_table *table, size_t index);

/* The command's own spelling of a first word: "licence" for "license", "catalog" for "catalogue". */
const char *command_spelling(const char *word);

/* The command that `words` are, or NULL. */
const struct command *command_table_find(const struct command_table *table, struct text words);

/* The words of a command line, checked against a command's row. */
struct arguments {
    const struct command_table *table; /* that the command stands in */
    const struct command *command;
    struct text operands[OPERANDS_MAX];
    struct text values[OPTIONS_MAX]; /* `.at` is NULL where the option was not given */
    struct text db;                  /* --db, else SEATMETER_DB, else sqlite:seatmeter.db */
    bool json;
    bool help;
};

/* Finds the command that `words` begin with and parses the rest. Faults: "unknown-command", "unknown-option",
 * "missing-value", "missing-option", "missing-operand", "unexpected-operand", "repeated-option". */
enum status arguments_parse(const struct command_table *table, int word_count, char **words,
                            struct arguments *arguments, struct fault *fault) MUST_CHECK;

/* The value of an option or operand of the command's row (any other name is a bug); empty where not given. */
struct text argument_text(const struct arguments *arguments, const char *name);
bool argument_given(const struct arguments *arguments, const char *name);

/* The value as a whole number from `least` to `most`; `otherwise` where not given. Fault "malformed-number".
 */
enum status argument_int(const struct arguments *arguments, const char *name, int64_t otherwise,
                         int64_t least, int64_t most, int64_t *value, struct fault *fault) MUST_CHECK;

/* Help on standard output: of everything, of the commands that begin with `words`, of one command. */
void help_print_overview(const struct command_table *table);
void help_print_command(const struct command *command);
bool help_print_group(const struct command_table *table, const char *first_word);

#endif
