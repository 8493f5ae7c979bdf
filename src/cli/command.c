#include "cli/command.h"

#include "core/base/spelling.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char DEFAULT_DB[] = "sqlite:seatmeter.db";

size_t command_table_count(const struct command_table *table) {
    size_t count = 0;
    for (size_t g = 0; g < table->group_count; g++) {
        count += table->groups[g]->count;
    }
    return count;
}

const struct command *command_table_at(const struct command_table *table, size_t index) {
    size_t group = 0;
    while (group < table->group_count && index >= table->groups[group]->count) {
        index -= table->groups[group]->count;
        group++;
    }
    assert(group < table->group_count);
    return &table->groups[group]->commands[index];
}

const struct command *command_table_find(const struct command_table *table, struct text words) {
    for (size_t i = 0; i < command_table_count(table); i++) {
        const struct command *command = command_table_at(table, i);
        if (text_is(words, command->words)) {
            return command;
        }
    }
    return NULL;
}

const char *command_spelling(const char *word) {
    if (strcmp(word, "license") == 0) {
        return "licence";
    }
    return strcmp(word, "catalogue") == 0 ? "catalog" : word;
}

/* The longest command that the first words name; `*used` is how many of them it took. */
static const struct command *find_longest(const struct command_table *table, int word_count, char **words,
                                          int *used) {
    char joined[64] = "";
    const struct command *found = NULL;
    for (int i = 0; i < word_count && words[i][0] != '-'; i++) {
        const char *word = i == 0 ? command_spelling(words[i]) : words[i];
        size_t length = strlen(joined);
        if (length + strlen(word) + 2 > sizeof joined) {
            break;
        }
        if (i > 0) {
            joined[length++] = ' ';
        }
        memcpy(joined + length, word, strlen(word) + 1);
        const struct command *command = command_table_find(table, text_of(joined));
        if (command != NULL) {
            found = command;
            *used = i + 1;
        }
    }
    return found;
}

/* The command that one or two words may have been meant for; NULL: none is near. */
static const struct command *find_nearest(const struct command_table *table, struct text words) {
    const struct command *nearest = NULL;
    size_t reach = words.length / 3;
    for (size_t i = 0; i < command_table_count(table); i++) {
        const struct command *command = command_table_at(table, i);
        size_t distance = spelling_distance(words, text_of(command->words));
        if (distance < reach || (nearest == NULL && distance == reach)) {
            nearest = command;
            reach = distance;
        }
    }
    return nearest;
}

static enum status unknown_command(const struct command_table *table, const char *first, const char *second,
                                   struct fault *fault) {
    char words[64];
    snprintf(words, sizeof words, "%s%s%s", command_spelling(first), second[0] == '\0' ? "" : " ", second);
    const struct command *nearest = find_nearest(table, text_of(words));
    const char *meant = nearest == NULL ? "" : nearest->words;
    return fault_set(fault, STATUS_INVALID, "unknown-command", NULL, text_of(first),
                     "There is no command \"%s%s%s\"; %s%s%s`seatmeter --help` lists what there is.", first,
                     second[0] == '\0' ? "" : " ", second, nearest == NULL ? "" : "did you mean `seatmeter ",
                     meant, nearest == NULL ? "" : "`? ");
}

static int option_index(const struct command *command, struct text name) {
    for (int i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
        if (text_is(name, command->options[i].name)) {
            return i;
        }
    }
    return -1;
}

static enum status missing_value(struct text name, struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "missing-value", NULL, name, "Give a value behind --%.*s.",
                     TEXT_ARGS(name));
}

/* Takes one option at words[*at] and moves `*at` behind it. */
static enum status take_option(int word_count, char **words, int *at, struct arguments *arguments,
                               struct fault *fault) {
    struct text name = text_of(words[*at] + 2);
    struct text value = {NULL, 0};
    const char *equals = strchr(name.at, '=');
    if (equals != NULL) {
        value = text_of(equals + 1);
        name.length = (size_t)(equals - name.at);
    }
    (*at)++;
    if (text_is(name, "help")) {
        arguments->help = true;
        return STATUS_OK;
    }
    if (text_is(name, "json") && arguments->command->prints) {
        arguments->json = true;
        return STATUS_OK;
    }
    bool is_db = text_is(name, "db") && arguments->command->store != STORE_NONE;
    int index = is_db ? -1 : option_index(arguments->command, name);
    if (!is_db && index < 0) {
        return fault_set(fault, STATUS_INVALID, "unknown-option", NULL, name,
                         "There is no option --%.*s here; `seatmeter %s --help` lists what there is.",
                         TEXT_ARGS(name), arguments->command->words);
    }
    if (index >= 0 && arguments->values[index].at != NULL) {
        return fault_set(fault, STATUS_INVALID, "repeated-option", NULL, name, "Give --%.*s once.",
                         TEXT_ARGS(name));
    }
    if (index >= 0 && arguments->command->options[index].value == NULL) {
        if (value.at != NULL) {
            return fault_set(fault, STATUS_INVALID, "unexpected-value", NULL, name,
                             "Give --%.*s without a value.", TEXT_ARGS(name));
        }
        arguments->values[index] = TEXT("yes");
        return STATUS_OK;
    }
    if (value.at == NULL) {
        if (*at >= word_count) {
            return missing_value(name, fault);
        }
        value = text_of(words[(*at)++]);
    }
    if (!text_is_valid_utf8(value)) {
        return fault_set(fault, STATUS_INVALID, "malformed-text", arguments->command->words, value,
                         "Give --%.*s as well-formed UTF-8.", TEXT_ARGS(name));
    }
    if (is_db) {
        arguments->db = value;
    } else {
        arguments->values[index] = value;
    }
    return STATUS_OK;
}

static enum status take_operand(struct text word, struct arguments *arguments, struct fault *fault) {
    for (int i = 0; i < OPERANDS_MAX && arguments->command->operands[i].name != NULL; i++) {
        if (arguments->operands[i].at == NULL) {
            if (!text_is_valid_utf8(word)) {
                return fault_set(fault, STATUS_INVALID, "malformed-text",
                                 arguments->command->operands[i].name, word, "Give %s as well-formed UTF-8.",
                                 arguments->command->operands[i].name);
            }
            arguments->operands[i] = word;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unexpected-operand", NULL, word,
                     "The word \"%.*s\" is one too many; `seatmeter %s --help` shows how it is asked.",
                     TEXT_ARGS(word), arguments->command->words);
}

static enum status require_all(const struct arguments *arguments, struct fault *fault) {
    const struct command *command = arguments->command;
    for (int i = 0; i < OPERANDS_MAX && command->operands[i].name != NULL; i++) {
        if (command->operands[i].presence == REQUIRED && arguments->operands[i].at == NULL) {
            return fault_set(fault, STATUS_INVALID, "missing-operand", command->operands[i].name, TEXT(""),
                             "Give it (%s); `seatmeter %s --help` shows how it is asked.",
                             command->operands[i].help, command->words);
        }
    }
    for (int i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
        if (command->options[i].presence == REQUIRED && arguments->values[i].at == NULL) {
            return fault_set(fault, STATUS_INVALID, "missing-option", command->options[i].name, TEXT(""),
                             "Give --%s %s (%s); `seatmeter %s --help` shows how it is asked.",
                             command->options[i].name, command->options[i].value, command->options[i].help,
                             command->words);
        }
    }
    return STATUS_OK;
}

enum status arguments_parse(const struct command_table *table, int word_count, char **words,
                            struct arguments *arguments, struct fault *fault) {
    *arguments = (struct arguments){.table = table};
    int at = 0;
    /* --db may stand before the command as well. */
    const char *db = getenv("SEATMETER_DB");
    arguments->db = db != NULL && db[0] != '\0' ? text_of(db) : TEXT(DEFAULT_DB);
    if (word_count >= 2 && strcmp(words[0], "--db") == 0) {
        arguments->db = text_of(words[1]);
        at = 2;
    }
    int used = 0;
    arguments->command = find_longest(table, word_count - at, words + at, &used);
    if (arguments->command == NULL) {
        bool has_second = at + 1 < word_count && words[at + 1][0] != '-';
        return unknown_command(table, at < word_count ? words[at] : "", has_second ? words[at + 1] : "",
                               fault);
    }
    at += used;
    bool options_over = false;
    while (at < word_count) {
        if (!options_over && strcmp(words[at], "--") == 0) {
            options_over = true;
            at++;
            continue;
        }
        if (!options_over && strcmp(words[at], "-h") == 0) {
            arguments->help = true;
            at++;
            continue;
        }
        if (!options_over && strncmp(words[at], "--", 2) == 0) {
            TRY(take_option(word_count, words, &at, arguments, fault));
        } else {
            TRY(take_operand(text_of(words[at++]), arguments, fault));
        }
    }
    return arguments->help ? STATUS_OK : require_all(arguments, fault);
}

struct text argument_text(const struct arguments *arguments, const char *name) {
    const struct command *command = arguments->command;
    for (int i = 0; i < OPERANDS_MAX && command->operands[i].name != NULL; i++) {
        if (strcmp(command->operands[i].name, name) == 0) {
            return arguments->operands[i].at == NULL ? TEXT("") : arguments->operands[i];
        }
    }
    int index = option_index(command, text_of(name));
    assert(index >= 0);
    return arguments->values[index].at == NULL ? TEXT("") : arguments->values[index];
}

bool argument_given(const struct arguments *arguments, const char *name) {
    int index = option_index(arguments->command, text_of(name));
    assert(index >= 0);
    return arguments->values[index].at != NULL;
}

/* What a message shows as a number that is right. */
static const int64_t EXAMPLE = 8;

enum status argument_int(const struct arguments *arguments, const char *name, int64_t otherwise,
                         int64_t least, int64_t most, int64_t *value, struct fault *fault) {
    struct text word = argument_text(arguments, name);
    if (word.length == 0) {
        *value = otherwise;
        return STATUS_OK;
    }
    int64_t number;
    if (!text_to_int64(word, &number) || number < least || number > most) {
        return fault_set(fault, STATUS_INVALID, "malformed-number", name, word,
                         "Give a whole number from %" PRId64 " to %" PRId64
                         ", without point or comma, such as %" PRId64 ".",
                         least, most, least <= EXAMPLE && EXAMPLE <= most ? EXAMPLE : least);
    }
    *value = number;
    return STATUS_OK;
}
