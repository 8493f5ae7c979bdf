/* Completion: scripts for bash, zsh and fish, made from the command tables. */
#include "cli/group.h"

#include <stdio.h>
#include <string.h>

static void print_words_with_dashes(const struct command *command) {
    for (int i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
        printf(" --%s", command->options[i].name);
    }
    printf("%s%s --help", command->store == STORE_NONE ? "" : " --db", command->prints ? " --json" : "");
}

/* bash: the words before the cursor without options pick a row; zsh runs the same through bashcompinit. */
static void print_bash(const struct command_table *table) {
    printf("_seatmeter_words() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} said= w rest\n"
           "    for w in \"${COMP_WORDS[@]:1:$((COMP_CWORD-1))}\"; do\n"
           "        case $w in -*) break ;; esac\n"
           "        said=\"$said $w\"\n"
           "    done\n"
           "    said=${said# }\n"
           "    case $said:$prev in\n");
    for (size_t c = 0; c < command_table_count(table); c++) {
        const struct command *command = command_table_at(table, c);
        for (int i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
            if (command->options[i].completion == COMPLETE_WORDS) {
                printf("    \"%s\"*:--%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
                       command->words, command->options[i].name, command->options[i].words);
            } else if (command->options[i].completion == COMPLETE_FILE) {
                printf("    \"%s\"*:--%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", command->words,
                       command->options[i].name);
            }
        }
    }
    printf("    esac\n"
           "    case $said in\n");
    for (size_t c = 0; c < command_table_count(table); c++) {
        const struct command *command = command_table_at(table, c);
        printf("    \"%s\"*)\n        case $cur in\n        -*) COMPREPLY=($(compgen -W '", command->words);
        print_words_with_dashes(command);
        printf("' -- \"$cur\")) ;;\n");
        if (command->operands[0].completion == COMPLETE_FILE) {
            printf("        *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n");
        }
        printf("        esac; return ;;\n");
    }
    printf("    esac\n"
           "    while IFS= read -r w; do\n"
           "        case $w in \"$said\"*) rest=${w#\"$said\"}; rest=${rest# }; rest=${rest%%%% *}\n"
           "            case \" ${COMPREPLY[*]} \" in *\" $rest \"*) continue ;; esac\n"
           "            case $rest in \"$cur\"*) COMPREPLY+=(\"$rest\") ;; esac ;; esac\n"
           "    done <<'COMMANDS'\n");
    for (size_t c = 0; c < command_table_count(table); c++) {
        printf("%s\n", command_table_at(table, c)->words);
    }
    printf("COMMANDS\n"
           "}\n"
           "complete -F _seatmeter_words seatmeter\n");
}

/* zsh reads the same script from .zshrc, or finds it in its fpath by #compdef: there the whole file is the
 * function _seatmeter, and its first run has to complete too. */
static void print_zsh(const struct command_table *table) {
    printf("#compdef seatmeter\n"
           "autoload -U +X bashcompinit && bashcompinit\n");
    print_bash(table);
    printf("[[ ${funcstack[1]} != _seatmeter ]] || _bash_complete -F _seatmeter_words\n");
}

/* A help line inside fish's single quotes. */
static void print_fish_quoted(const char *line) {
    putchar('\'');
    for (; *line != '\0'; line++) {
        if (*line == '\'' || *line == '\\') {
            putchar('\\');
        }
        putchar(*line);
    }
    putchar('\'');
}

static void print_fish(const struct command_table *table) {
    printf("complete -c seatmeter -f\n"
           "function __seatmeter_words\n"
           "    echo (string match -v -- '-*' (commandline -opc)[2..])\n"
           "end\n");
    for (size_t c = 0; c < command_table_count(table); c++) {
        const struct command *command = command_table_at(table, c);
        const char *blank = strchr(command->words, ' ');
        int first_length = blank == NULL ? (int)strlen(command->words) : (int)(blank - command->words);
        printf("complete -c seatmeter -n 'test -z (__seatmeter_words)' -a %.*s\n", first_length,
               command->words);
        if (blank != NULL) {
            printf("complete -c seatmeter -n 'test (__seatmeter_words) = %.*s' -a %s -d ", first_length,
                   command->words, blank + 1);
            print_fish_quoted(command->summary);
            printf("\n");
        }
        for (int i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
            const struct option *option = &command->options[i];
            printf("complete -c seatmeter -n 'string match -q -- \"%s*\" (__seatmeter_words)' -l %s %s",
                   command->words, option->name, option->value == NULL ? "" : "-r ");
            if (option->completion == COMPLETE_WORDS) {
                printf("-a '%s' ", option->words);
            } else if (option->completion == COMPLETE_FILE) {
                printf("-F ");
            }
            printf("-d ");
            print_fish_quoted(option->help);
            printf("\n");
        }
    }
}

static enum status run_completion(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    (void)session;
    const struct command_table *table = arguments->table;
    struct text shell = argument_text(arguments, "SHELL");
    if (text_is(shell, "bash")) {
        print_bash(table);
    } else if (text_is(shell, "zsh")) {
        print_zsh(table);
    } else if (text_is(shell, "fish")) {
        print_fish(table);
    } else {
        return fault_set(fault, STATUS_INVALID, "unknown-shell", "SHELL", shell,
                         "Ask for bash, zsh or fish.");
    }
    return STATUS_OK;
}

static const struct command COMMANDS[] = {
    {.words = "completion",
     .summary = "Print a completion script for a shell",
     .operands = {{.name = "SHELL", .presence = REQUIRED, .help = "bash, zsh or fish"}},
     .details = "For bash, put this into ~/.bashrc:   source <(seatmeter completion bash)",
     .store = STORE_NONE,
     .run = run_completion},
};

const struct command_group completion_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
