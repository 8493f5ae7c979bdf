/* seatmeter-agent: keeps a product's licence fresh and its updates at hand; docs/agent.md. */
#include "commands.h"
#include "service.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *command_at(size_t number) {
    if (number < COMMAND_COUNT) {
        return &COMMANDS[number];
    }
    return number - COMMAND_COUNT < SERVICE_COMMAND_COUNT ? &SERVICE_COMMANDS[number - COMMAND_COUNT] : NULL;
}

static int print_help(void) {
    printf("usage: seatmeter-agent COMMAND [FILE] [--option value …]\n\n");
    for (size_t i = 0; command_at(i) != NULL; i++) {
        const struct command *command = command_at(i);
        char name[40];
        snprintf(name, sizeof name, "%s%s%s", command->name, command->argument == NULL ? "" : " ",
                 command->argument == NULL ? "" : command->argument);
        printf("  %-20s %s\n", name, command->help);
    }
    printf("\nOptions; those that name no single occasion may also be lines `name = value` of the "
           "configuration file,\n"
           "and are remembered by an activation:\n");
    settings_print_help();
    return EXIT_WELL;
}

static const struct command *find_command(const char *name) {
    for (size_t i = 0; command_at(i) != NULL; i++) {
        if (strcmp(command_at(i)->name, name) == 0) {
            return command_at(i);
        }
    }
    return NULL;
}

/* The command and its argument out of the words that are no options. */
static const struct command *choose(char **words, int count, const char **argument) {
    const struct command *command = count > 0 ? find_command(words[0]) : NULL;
    if (command == NULL) {
        fprintf(stderr, "seatmeter-agent: %s%s (see --help)\n",
                count > 0 ? "there is no command " : "say what to do", count > 0 ? words[0] : "");
        return NULL;
    }
    if (count != (command->argument == NULL ? 1 : 2)) {
        fprintf(stderr, "seatmeter-agent: %s takes %s\n", command->name,
                command->argument == NULL ? "options alone" : "the name of one file");
        return NULL;
    }
    *argument = count > 1 ? words[1] : NULL;
    return command;
}

static int carry_out(const struct command *command, struct agent *agent, const char *argument) {
    int result = EXIT_WRONG;
    if (command->begins_itself) {
        return command->run(agent, argument);
    }
    if (settings_take_config(&agent->settings) && signals_open(&agent->signals)) {
        result = command->run(agent, argument);
        agent_close(agent);
    }
    signals_close(&agent->signals);
    return result;
}

int main(int count, char **arguments) {
    const char *argument = NULL;
    int word_count = 0;
    int result = EXIT_WRONG;
    if (!platform_begin(&count, &arguments)) {
        return EXIT_WRONG;
    }
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--help") == 0) {
            return print_help();
        }
    }
    struct agent *agent = calloc(1, sizeof *agent);
    char **words = calloc((size_t)count, sizeof *words);
    if (agent == NULL || words == NULL || sodium_init() < 0) {
        fprintf(stderr, "seatmeter-agent: there is no memory\n");
        goto done;
    }
    agent->lock = -1;
    agent->signals.wake = -1;
    settings_begin(&agent->settings);
    if (!settings_take_options(&agent->settings, count - 1, arguments + 1, words, &word_count)) {
        goto done;
    }
    const struct command *command = choose(words, word_count, &argument);
    if (command != NULL) {
        result = carry_out(command, agent, argument);
    }
done:
    free(words);
    free(agent);
    return result;
}
