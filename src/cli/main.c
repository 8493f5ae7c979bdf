/* The seatmeter command: finds the row of what is asked, opens the store, runs it, translates faults.
 *
 * Exit codes: 0 done; 1 an audit found violations; 2 refused, nothing was changed; 3 the machine or the
 * database failed. A fault is translated here and nowhere else: one line on standard error. */
#include "cli/group.h"
#include "cli/progress.h"
#include "cli/show.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const struct command_group *const GROUPS[] = {
    &account_commands, &catalogue_commands, &licence_commands,   &device_commands,     &key_commands,
    &release_commands, &report_commands,    &billing_commands,   &job_commands,        &preview_commands,
    &move_commands,    &user_commands,      &operation_commands, &completion_commands, &manual_commands,
};
static const struct command_table TABLE = {GROUPS, sizeof GROUPS / sizeof GROUPS[0]};

enum { EXIT_REFUSED = 2, EXIT_FAILED = 3 };

static int report_fault(const struct fault *fault) {
    progress_end();
    fprintf(stderr, "seatmeter: ");
    if (fault->field[0] != '\0') {
        show_line(stderr, fault->value[0] != '\0' ? "%s \"%s\": " : "%s: ", fault->field, fault->value);
    }
    show_line(stderr, "%s (%s)\n", fault->message, fault->code);
    return fault->status == STATUS_INTERNAL ? EXIT_FAILED : EXIT_REFUSED;
}

static int run_command(const struct arguments *arguments) {
    struct operator_session session = {0};
    struct fault fault = {0};
    enum status status = STATUS_OK;
    if (arguments->command->store == STORE_OPEN) {
        status = operator_open(&session, arguments->db, &fault);
    } else if (arguments->command->store == STORE_CREATE) {
        status = operator_create(&session, arguments->db, &fault);
    }
    if (status == STATUS_OK) {
        status = arguments->command->run(&session, arguments, &fault);
    }
    if (status != STATUS_OK && arguments->command->store == STORE_CREATE) {
        operator_undo_create(&session, arguments->db);
    }
    operator_close(&session);
    progress_end();
    if (status == STATUS_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        status = fault_set(&fault, STATUS_INTERNAL, "output-failed", NULL, TEXT(""),
                           "Standard output could not be written.");
    }
    return status == STATUS_OK ? session.exit_code : report_fault(&fault);
}

/* "help invoice show" is asked as "invoice show --help". */
static char **ask_for_help(int argument_count, char **words) {
    static char HELP[] = "--help";
    for (int i = 1; i + 1 < argument_count; i++) {
        words[i] = words[i + 1];
    }
    words[argument_count - 1] = HELP;
    return words;
}

int main(int argument_count, char **words) {
    if (sodium_init() < 0) {
        fprintf(stderr, "seatmeter: the machine gives no random numbers\n");
        return EXIT_FAILED;
    }
    const char *first = argument_count > 1 ? words[1] : "--help";
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0 || strcmp(first, "version") == 0) {
        printf("seatmeter %s\n", SEATMETER_VERSION);
        return 0;
    }
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 ||
        (strcmp(first, "help") == 0 && argument_count == 2)) {
        help_print_overview(&TABLE);
        return 0;
    }
    if (strcmp(first, "help") == 0) {
        words = ask_for_help(argument_count, words);
        first = words[1];
    }
    /* "seatmeter licence --help" lists a group, and so does "seatmeter licence", which lacks a word. */
    const char *group = command_spelling(first);
    bool asks = argument_count == 3 && (strcmp(words[2], "--help") == 0 || strcmp(words[2], "-h") == 0);
    if ((argument_count == 2 || asks) && command_table_find(&TABLE, text_of(group)) == NULL &&
        help_print_group(&TABLE, group)) {
        return asks ? 0 : EXIT_REFUSED;
    }
    struct arguments arguments;
    struct fault fault = {0};
    if (arguments_parse(&TABLE, argument_count - 1, words + 1, &arguments, &fault) != STATUS_OK) {
        return report_fault(&fault);
    }
    if (arguments.help) {
        help_print_command(arguments.command);
        return 0;
    }
    return run_command(&arguments);
}
