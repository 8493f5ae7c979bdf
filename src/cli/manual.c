/* Manual: the manual page seatmeter(1) in the macros of man(7), made from the command tables as --help is. */
#include "cli/group.h"

#include <stdio.h>

/* The day on which the words of this file were last looked through. */
static const char REVISED[] = "2026-11-29";

struct item {
    const char *name;
    const char *text;
};

static const struct item VARIABLES[] = {
    {"SEATMETER_DB", "The store, where --db does not name it: sqlite:PATH or postgresql://…"},
    {"SEATMETER_SECRET", "The programme's secret: 64 hexadecimal digits."},
    {"SEATMETER_SECRET_FILE", "The file with the secret; else PATH.secret beside a SQLite store, or "
                              "seatmeter.secret in the working directory."},
    {"SEATMETER_ARTIFACTS", "The directory of published files; else PATH.artifacts beside a SQLite store."},
    {"SEATMETER_METRICS_TOKEN", "The token that opens /metrics to other machines."},
};

static const struct item EXIT_CODES[] = {
    {"0", "It is done."},
    {"1", "An audit found violations."},
    {"2", "It was refused, and nothing was changed."},
    {"3", "The machine, the database or the network failed."},
};

/* Bytes that follow the first one of a character of UTF-8. */
static int following(unsigned char first) {
    return first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
}

/* A character that is no ASCII, as roff names it; gives back where it ends. */
static const char *put_named(const char *at) {
    unsigned char first = (unsigned char)*at++;
    int left = following(first);
    unsigned code = first & (0x3fU >> left);
    for (; left > 0 && *at != '\0'; left--) {
        code = code << 6 | ((unsigned char)*at++ & 0x3fU);
    }
    printf("\\[u%04X]", code);
    return at;
}

/* Text as it stands: nothing in it is roff's to read. A line's end is a blank. */
static void put(const char *text) {
    while (*text != '\0') {
        if ((unsigned char)*text >= 0x80) {
            text = put_named(text);
            continue;
        }
        switch (*text) {
        case '\\':
            printf("\\e");
            break;
        case '-':
            printf("\\-");
            break;
        case '\'':
            printf("\\(aq");
            break;
        case '`':
            printf("\\(ga");
            break;
        case '~':
            printf("\\(ti");
            break;
        case '^':
            printf("\\(ha");
            break;
        case '\n':
            putchar(' ');
            break;
        default:
            putchar(*text);
        }
        text++;
    }
}

/* A line of its own: \& keeps a dot at its beginning from being a request. */
static void put_line(const char *text) {
    printf("\\&");
    put(text);
    printf("\n");
}

static void put_font(char font, const char *text) {
    printf("\\f%c", font);
    put(text);
    printf("\\fR");
}

static void put_items(const char *heading, size_t count, const struct item items[]) {
    printf(".SH %s\n", heading);
    for (size_t i = 0; i < count; i++) {
        printf(".TP\n\\&");
        put_font('B', items[i].name);
        printf("\n");
        put_line(items[i].text);
    }
}

/* "--size N". */
static void put_option(const char *name, const char *value) {
    printf("\\fB\\-\\-");
    put(name);
    printf("\\fR");
    if (value != NULL) {
        printf("\\ ");
        put_font('I', value);
    }
}

static void put_usage(const struct command *command) {
    printf(".PP\n.B seatmeter ");
    put(command->words);
    printf("\n");
    for (int i = 0; i < OPERANDS_MAX && command->operands[i].name != NULL; i++) {
        bool required = command->operands[i].presence == REQUIRED;
        printf(required ? "\\&" : "\\&[");
        put_font('I', command->operands[i].name);
        printf(required ? "\n" : "]\n");
    }
    for (int i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
        bool required = command->options[i].presence == REQUIRED;
        printf(required ? "\\&" : "\\&[");
        put_option(command->options[i].name, command->options[i].value);
        printf(required ? "\n" : "]\n");
    }
    if (command->prints) {
        printf("\\&[\\fB\\-\\-json\\fR]\n");
    }
}

static void put_command(const struct command *command) {
    printf(".SS ");
    put(command->words);
    printf("\n\\&");
    put(command->summary);
    printf(".\n");
    put_usage(command);
    for (int i = 0; i < OPERANDS_MAX && command->operands[i].name != NULL; i++) {
        printf(".TP\n\\&");
        put_font('I', command->operands[i].name);
        printf("\n");
        put_line(command->operands[i].help);
    }
    for (int i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
        printf(".TP\n\\&");
        put_option(command->options[i].name, command->options[i].value);
        printf("\n");
        put_line(command->options[i].help);
    }
    if (command->details != NULL) {
        printf(".PP\n");
        put_line(command->details);
    }
}

static enum status run_manual(struct operator_session *session, const struct arguments *arguments,
                              struct fault *fault) {
    (void)session;
    (void)fault;
    printf(".TH SEATMETER 1 %s \"Seatmeter " SEATMETER_VERSION "\" \"User Commands\"\n"
           ".nh\n.ad l\n"
           ".SH NAME\nseatmeter \\- run a usage\\-based software licensing programme\n"
           ".SH SYNOPSIS\n"
           ".B seatmeter\n"
           ".I command\n"
           "[\\fIoption\\fR\\ ...] [\\fB\\-\\-db\\fR\\ \\fIurl\\fR] [\\fB\\-\\-json\\fR]\n"
           ".SH DESCRIPTION\n",
           REVISED);
    put_line("Each command works on one store, in SQLite or PostgreSQL. Accounts and SKUs are named by "
             "identifier or code.");
    printf(".TP\n");
    put_option("db", "URL");
    printf("\n");
    put_line("The store: sqlite:PATH or postgresql://… The default is $SEATMETER_DB, else "
             "sqlite:seatmeter.db. Every command that needs a store takes this option.");
    printf(".TP\n");
    put_option("json", NULL);
    printf("\n");
    put_line("Print JSON instead of text.");
    printf(".TP\n");
    put_option("help", NULL);
    printf("\n");
    put_line("Print what the command is for, its operands and its options.");
    printf(".TP\n");
    put_option("version", NULL);
    printf("\n");
    put_line("Print the version. It stands alone.");
    printf(".SH COMMANDS\n");
    for (size_t c = 0; c < command_table_count(arguments->table); c++) {
        put_command(command_table_at(arguments->table, c));
    }
    put_items("ENVIRONMENT", sizeof VARIABLES / sizeof VARIABLES[0], VARIABLES);
    put_items("EXIT STATUS", sizeof EXIT_CODES / sizeof EXIT_CODES[0], EXIT_CODES);
    printf(".SH SEE ALSO\n.BR seatmeter\\-agent (8)\n");
    return STATUS_OK;
}

static const struct command COMMANDS[] = {
    {.words = "man",
     .summary = "Print the manual page of this command",
     .details = "To read it where it is not installed: seatmeter man | man -l -",
     .store = STORE_NONE,
     .run = run_manual},
};

const struct command_group manual_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
