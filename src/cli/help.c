/* Help: the command tables, printed for a person. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static bool begins_with_word(const char *words, const char *first_word) {
    size_t length = strlen(first_word);
    return strncmp(words, first_word, length) == 0 && (words[length] == '\0' || words[length] == ' ');
}

/* "block order --provider P --sku S --size N [--json]". */
static void print_usage(const struct command *command) {
    printf("seatmeter %s", command->words);
    for (int i = 0; i < OPERANDS_MAX && command->operands[i].name != NULL; i++) {
        printf(command->operands[i].presence == REQUIRED ? " %s" : " [%s]", command->operands[i].name);
    }
    for (int i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
        const struct option *option = &command->options[i];
        const char *blank = option->value == NULL ? "" : " ";
        const char *value = option->value == NULL ? "" : option->value;
        printf(option->presence == REQUIRED ? " --%s%s%s" : " [--%s%s%s]", option->name, blank, value);
    }
    printf("%s\n", command->prints ? " [--json]" : "");
}

static void print_row(const char *left, const char *right) {
    printf("  %-30s %s\n", left, right);
}

void help_print_command(const struct command *command) {
    printf("%s.\n\nusage: ", command->summary);
    print_usage(command);
    if (command->operands[0].name != NULL) {
        printf("\n");
    }
    for (int i = 0; i < OPERANDS_MAX && command->operands[i].name != NULL; i++) {
        print_row(command->operands[i].name, command->operands[i].help);
    }
    printf("\n");
    for (int i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
        const struct option *option = &command->options[i];
        char left[80];
        snprintf(left, sizeof left, "--%s%s%s", option->name, option->value == NULL ? "" : " ",
                 option->value == NULL ? "" : option->value);
        print_row(left, option->help);
    }
    if (command->store != STORE_NONE) {
        print_row("--db URL",
                  "sqlite:PATH or postgresql://… (default: $SEATMETER_DB, else sqlite:seatmeter.db)");
    }
    if (command->prints) {
        print_row("--json", "print JSON instead of text");
    }
    print_row("--help", "this text");
    if (command->details != NULL) {
        printf("\n%s\n", command->details);
    }
}

bool help_print_group(const struct command_table *table, const char *first_word) {
    bool found = false;
    for (size_t i = 0; i < command_table_count(table); i++) {
        const struct command *command = command_table_at(table, i);
        if (begins_with_word(command->words, first_word)) {
            print_row(command->words, command->summary);
            found = true;
        }
    }
    if (found) {
        printf("\n`seatmeter COMMAND --help` shows the options of one.\n");
    }
    return found;
}

void help_print_overview(const struct command_table *table) {
    printf("Seatmeter runs a usage-based software licensing programme.\n\n"
           "usage: seatmeter COMMAND [OPTION …] [--db sqlite:PATH | postgresql://…] [--json]\n");
    for (size_t g = 0; g < table->group_count; g++) {
        printf("\n");
        for (size_t c = 0; c < table->groups[g]->count; c++) {
            print_row(table->groups[g]->commands[c].words, table->groups[g]->commands[c].summary);
        }
    }
    printf("\n`seatmeter COMMAND --help` shows the options of one. The store is $SEATMETER_DB, else\n"
           "sqlite:seatmeter.db. Accounts and SKUs are named by identifier or code.\n"
           "Exit codes: 0 done; 1 an audit found violations; 2 refused, nothing was changed; 3 the machine,\n"
           "the database or the network failed.\n");
}
