/* Commands: each opens the client, does one thing, and says what came of it. */
#include "commands.h"

#include "run.h"
#include "show.h"
#include "tell.h"
#include "update.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ACTIVATION_TRIES = 4,
    ACTIVATION_LIMIT_MS = 30 * 1000,
    SILENCE_MS = 3000,
    OFFLINE_FILE_BYTES_MAX = 256 * 1024
};

/* The first line, without its byte order mark and what ends it. */
static bool read_line(FILE *file, char line[SETTING_BYTES]) {
    if (fgets(line, SETTING_BYTES, file) == NULL) {
        return false;
    }
    size_t mark = settings_mark(line);
    memmove(line, line + mark, strlen(line + mark) + 1);
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

static bool read_from(const char *path, char line[SETTING_BYTES]) {
    FILE *file = platform_open(path);
    bool is_read = file != NULL && read_line(file, line);
    if (file != NULL) {
        fclose(file);
    }
    return is_read;
}

/* The licence key from where the settings say. */
static bool read_key(const struct agent *agent, char key[SETTING_BYTES]) {
    const struct settings *settings = &agent->settings;
    bool is_stdin = strcmp(settings->key, "-") == 0;
    if (!is_stdin && settings->key_file[0] == '\0') {
        memcpy(key, settings->key, SETTING_BYTES);
        return settings_need(key, "key");
    }
    bool is_read = is_stdin ? read_line(stdin, key) : read_from(settings->key_file, key);
    if (!is_read) {
        fprintf(stderr, "seatmeter-agent: the licence key cannot be read from %s\n",
                is_stdin ? "standard input" : settings->key_file);
    }
    return is_read;
}

/* After a change of the store: what the product is to do now, and the daemon, if one runs, looks again. */
static int say_decision(struct agent *agent) {
    struct sm_answer answer = {.size = sizeof answer};
    (void)agent_nudge(agent);
    (void)sm_check(agent->client, &answer);
    show_decision(&answer);
    return answer.decision == SM_WORK ? EXIT_WELL : EXIT_NOT;
}

/* Whether the same activation may be answered another way soon. */
static bool may_help(const struct agent *agent, enum sm_code code) {
    return code == SM_UNREACHABLE ? !network_failed_for_good(agent->network)
                                  : code == SM_BUSY || code == SM_IN_USE || code == SM_INTERNAL;
}

/* An answer may be lost, or the server be busy: the same activation again takes no second seat. Somebody
 * looks on, so it says what it waits for and ends after a while. */
static enum sm_code activate_with_patience(struct agent *agent, const char *key) {
    enum sm_code code = SM_UNREACHABLE;
    agent->give_way_at_ms = platform_now_ms() + ACTIVATION_LIMIT_MS;
    for (int try = 0; try < ACTIVATION_TRIES; try++) {
        agent->say_at_ms = try == 0 ? platform_now_ms() + SILENCE_MS : 0;
        code = sm_activate(agent->client, key);
        int64_t until_ms = platform_now_ms() + run_jittered_ms(INT64_C(2) << try);
        if (!may_help(agent, code) || try + 1 == ACTIVATION_TRIES || until_ms >= agent->give_way_at_ms ||
            agent->signals.is_stopping) {
            break;
        }
        agent_complain("there is no activation yet, and it is asked for again", code,
                       agent_network_words(agent, code));
        while (!agent->signals.is_stopping && platform_now_ms() < until_ms) {
            signals_wait(&agent->signals, until_ms - platform_now_ms());
        }
    }
    agent->say_at_ms = 0;
    return code;
}

/* Why an activation failed that was given up because its time was over. */
static const char *activation_words(const struct agent *agent, enum sm_code code) {
    return code == SM_UNREACHABLE && !agent->signals.is_stopping && platform_now_ms() >= agent->give_way_at_ms
               ? "no answer came within half a minute"
               : agent_network_words(agent, code);
}

static bool keep_settings(const struct agent *agent) {
    char path[SETTING_PATH_BYTES];
    agent_path(agent, "settings", path);
    return settings_keep(&agent->settings, path);
}

static int activate(struct agent *agent, const char *argument) {
    char key[SETTING_BYTES];
    (void)argument;
    if (!read_key(agent, key) || agent_open(agent, true) != SM_OK) {
        return EXIT_WRONG;
    }
    enum sm_code code = activate_with_patience(agent, key);
    sodium_memzero(key, sizeof key);
    bool is_waiting = agent_is_waiting(code);
    if (code != SM_OK && !is_waiting) {
        agent_complain("the activation failed", code, activation_words(agent, code));
        return EXIT_NOT;
    }
    agent->give_way_at_ms = 0;
    if (!keep_settings(agent) || !update_keep_root(agent)) {
        return EXIT_WRONG;
    }
    if (is_waiting) {
        agent_complain("the activation waits, and is asked for again while seatmeter-agent runs", code, "");
        (void)agent_nudge(agent);
        return EXIT_WAITS;
    }
    return say_decision(agent);
}

static int run(struct agent *agent, const char *argument) {
    (void)argument;
    return run_daemon(agent);
}

static int status(struct agent *agent, const char *argument) {
    (void)argument;
    if (agent_open(agent, false) != SM_OK) {
        return EXIT_WRONG;
    }
    show_status(agent, agent->settings.json);
    return EXIT_WELL;
}

static int check(struct agent *agent, const char *argument) {
    struct sm_answer answer = {.size = sizeof answer};
    (void)argument;
    if (agent_open(agent, false) != SM_OK) {
        return EXIT_WRONG;
    }
    (void)sm_check(agent->client, &answer);
    show_decision(&answer);
    return answer.decision == SM_WORK ? EXIT_WELL : EXIT_NOT;
}

static int check_in(struct agent *agent, const char *argument) {
    (void)argument;
    if (agent_open(agent, true) != SM_OK) {
        return EXIT_WRONG;
    }
    agent->say_at_ms = platform_now_ms() + SILENCE_MS;
    enum sm_code code = sm_check_in(agent->client);
    if (code != SM_OK) {
        agent_complain(agent_is_waiting(code) ? "the activation waits" : "the check-in was not answered",
                       code, agent_network_words(agent, code));
        return EXIT_NOT;
    }
    return say_decision(agent);
}

/* Where a daemon runs, the updates are its: it is asked to look. */
static int update(struct agent *agent, const char *argument) {
    char path[SETTING_PATH_BYTES];
    struct sm_answer answer = {.size = sizeof answer};
    int64_t holder = 0;
    (void)argument;
    if (agent_open(agent, true) != SM_OK) {
        return EXIT_WRONG;
    }
    if (!update_is_wanted(agent)) {
        fprintf(
            stderr,
            "seatmeter-agent: the update repository's root is not known (--tuf-root), or updates are off\n");
        return EXIT_WRONG;
    }
    if (!agent_lock(agent, &holder)) {
        int64_t daemon = agent_nudge(agent);
        printf("process %" PRId64 ", which runs here, was asked to look\n", daemon);
        return daemon > 0 ? EXIT_WELL : EXIT_WRONG;
    }
    agent_path(agent, "told", path);
    told_load(&agent->told, path);
    enum sm_code code = update_look(agent);
    if (code != SM_OK && code != SM_UNKNOWN_TARGET) {
        return EXIT_NOT;
    }
    bool is_kept = told_keep(&agent->told, path);
    if (code == SM_UNKNOWN_TARGET) {
        printf("there is no newer version\n");
        return is_kept ? EXIT_WELL : EXIT_WRONG;
    }
    (void)sm_check(agent->client, &answer);
    bool is_told = tell_changes(agent, &answer);
    printf("%s\n", agent->told.ready);
    return is_kept && is_told ? EXIT_WELL : EXIT_NOT;
}

static int release(struct agent *agent, const char *argument) {
    (void)argument;
    if (agent_open(agent, true) != SM_OK) {
        return EXIT_WRONG;
    }
    agent->say_at_ms = platform_now_ms() + SILENCE_MS;
    enum sm_code code = sm_release(agent->client);
    if (code != SM_OK) {
        agent_complain("the device was not released", code, agent_network_words(agent, code));
        return EXIT_NOT;
    }
    (void)agent_nudge(agent);
    printf("released\n");
    return EXIT_WELL;
}

/* The licence key will be in it. */
static FILE *open_request(const char *path) {
    FILE *file = platform_create_private(path);
    if (file == NULL) {
        fprintf(stderr, "seatmeter-agent: %s cannot be written: %s\n", path, platform_why());
    }
    return file;
}

static int offline_request(struct agent *agent, const char *argument) {
    char key[SETTING_BYTES];
    char request[SM_OFFLINE_REQUEST_BYTES_MAX];
    size_t size = 0;
    FILE *file = read_key(agent, key) ? open_request(argument) : NULL;
    if (file == NULL) {
        return EXIT_WRONG;
    }
    enum sm_code code = agent_open(agent, false);
    if (code == SM_OK) {
        code = sm_offline_request(agent->client, key, request, sizeof request, &size);
        if (code != SM_OK) {
            agent_complain("no request could be made", code, "");
        }
    }
    sodium_memzero(key, sizeof key);
    bool is_written = fwrite(request, 1, size, file) == size && fflush(file) == 0;
    is_written = fclose(file) == 0 && is_written;
    sodium_memzero(request, sizeof request);
    if (code != SM_OK) {
        return EXIT_NOT;
    }
    if (!is_written) {
        fprintf(stderr, "seatmeter-agent: %s cannot be written: %s\n", argument, strerror(errno));
    }
    return is_written && keep_settings(agent) ? EXIT_WELL : EXIT_WRONG;
}

static int offline_accept(struct agent *agent, const char *argument) {
    FILE *file = strcmp(argument, "-") == 0 ? stdin : platform_open(argument);
    char *bytes = malloc(OFFLINE_FILE_BYTES_MAX + 1);
    size_t size = file == NULL || bytes == NULL ? 0 : fread(bytes, 1, OFFLINE_FILE_BYTES_MAX + 1, file);
    int result = EXIT_WRONG;
    if (size == 0 || size > OFFLINE_FILE_BYTES_MAX) {
        fprintf(stderr, "seatmeter-agent: %s cannot be read, or is no answer\n", argument);
    } else if (agent_open(agent, false) == SM_OK) {
        enum sm_code code = sm_offline_accept(agent->client, bytes, size);
        if (code == SM_OK) {
            result = say_decision(agent);
        } else {
            agent_complain("the answer was not accepted", code, "");
            result = EXIT_NOT;
        }
    }
    if (file != NULL && file != stdin) {
        fclose(file);
    }
    free(bytes);
    return result;
}

const struct command COMMANDS[] = {
    {"activate", NULL, "enrols this machine with a licence key and keeps the settings", activate, false},
    {"run", NULL, "keeps the lease fresh, fetches updates, runs the hook, until SIGTERM", run, false},
    {"status", NULL, "shows the decision, the lease and updates (--json for programs)", status, false},
    {"check", NULL, "exit status 0: the product may work; 1: it must stop; 2: it cannot be told", check,
     false},
    {"check-in", NULL, "renews the lease now; exit status as check", check_in, false},
    {"update", NULL, "looks for a newer version, fetches it, runs the hook, prints the file", update, false},
    {"release", NULL, "gives the device's seat back", release, false},
    {"offline-request", "FILE", "writes the file that goes to the provider (- standard output)",
     offline_request, false},
    {"offline-accept", "FILE", "takes the file that came back (- standard input)", offline_accept, false},
};
const size_t COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0];
