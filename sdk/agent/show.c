/* Show: the library's answer and lease, and what the agent knows of updates. */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A name and a value of the status, in either form. */
struct printer {
    bool as_json;
    const char *separator;
};

static void print_quoted(const char *text) {
    putchar('"');
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') {
            printf("\\%c", byte);
        } else if (byte < 0x20) {
            printf("\\u%04x", byte);
        } else {
            putchar(byte);
        }
    }
    putchar('"');
}

static void begin(struct printer *printer, const char *name) {
    if (printer->as_json) {
        printf("%s\"%s\":", printer->separator, name);
        printer->separator = ",";
    } else {
        printf("%-18s", name);
    }
}

static void print_text(struct printer *printer, const char *name, const char *value) {
    if (value[0] == '\0' && !printer->as_json) {
        return;
    }
    begin(printer, name);
    if (printer->as_json) {
        print_quoted(value);
    } else {
        printf("%s\n", value);
    }
}

static void print_number(struct printer *printer, const char *name, int64_t value) {
    begin(printer, name);
    printf("%" PRId64 "%s", value, printer->as_json ? "" : "\n");
}

enum { DATE_BYTES = 40 };

/* Empty where there is no such instant. */
static void write_date(int64_t value, char text[DATE_BYTES]) {
    struct tm parts;
    time_t seconds = (time_t)value;
    if (value <= 0 || gmtime_r(&seconds, &parts) == NULL ||
        strftime(text, DATE_BYTES, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
        text[0] = '\0';
    }
}

/* An instant: seconds since 1970 for programs, a date for people. */
static void print_instant(struct printer *printer, const char *name, int64_t value) {
    if (printer->as_json) {
        print_number(printer, name, value);
        return;
    }
    char text[DATE_BYTES];
    write_date(value, text);
    print_text(printer, name, text);
}

static void print_components(struct printer *printer, struct sm_client *client) {
    begin(printer, "components");
    fputs(printer->as_json ? "[" : "", stdout);
    for (size_t i = 0;; i++) {
        const char *name = sm_lease_component(client, i);
        if (name == NULL) {
            break;
        }
        fputs(i == 0 ? "" : printer->as_json ? "," : ", ", stdout);
        if (printer->as_json) {
            print_quoted(name);
        } else {
            fputs(name, stdout);
        }
    }
    fputs(printer->as_json ? "]" : "\n", stdout);
}

static void print_advice(struct printer *printer, const struct sm_answer *answer) {
    if (answer->advice_count == 0 && !printer->as_json) {
        return;
    }
    begin(printer, "advice");
    fputs(printer->as_json ? "[" : "", stdout);
    for (size_t i = 0; i < answer->advice_count; i++) {
        const char *word = sm_code_word(answer->advice[i]);
        printf(printer->as_json ? "%s\"%s\"" : "%s%s", i == 0 ? "" : printer->as_json ? "," : ", ", word);
    }
    fputs(printer->as_json ? "]" : "\n", stdout);
}

void show_status(struct agent *agent, bool as_json) {
    struct printer printer = {as_json, ""};
    struct sm_answer answer = {.size = sizeof answer};
    struct sm_lease_info lease = {.size = sizeof lease};
    char path[SETTING_PATH_BYTES];
    char installed[VERSION_BYTES];
    (void)sm_check(agent->client, &answer);
    agent_path(agent, "told", path);
    told_load(&agent->told, path);
    agent_installed_version(agent, installed);
    fputs(as_json ? "{" : "", stdout);
    print_text(&printer, "decision", answer.decision == SM_WORK ? "work" : "stop");
    print_text(&printer, "code", answer.word);
    print_text(&printer, "words", answer.code == SM_OK && !as_json ? "" : answer.words);
    print_instant(&printer, "expires", answer.expires);
    if (answer.warn != 0 || as_json) {
        print_text(&printer, "warning", answer.warn != 0 ? "The lease is not being renewed." : "");
    }
    print_advice(&printer, &answer);
    print_instant(&printer, "now", answer.now);
    print_text(&printer, "server", agent->settings.server);
    print_text(&printer, "product", agent->settings.product);
    print_text(&printer, "installed", installed);
    if (sm_lease_info(agent->client, &lease) == SM_OK) {
        print_text(&printer, "device", lease.device);
        print_text(&printer, "licence", lease.licence);
        print_text(&printer, "sku", lease.sku);
        print_number(&printer, "seats", lease.seats);
        print_components(&printer, agent->client);
        print_number(&printer, "sequence", lease.sequence);
        print_instant(&printer, "issued", lease.issued);
        print_instant(&printer, "renew_after", lease.renew_after);
    }
    print_text(&printer, "update", agent->told.ready_version);
    print_text(&printer, "update_file", agent->told.ready);
    fputs(as_json ? "}\n" : "", stdout);
}

void show_decision(const struct sm_answer *answer) {
    char until[DATE_BYTES];
    write_date(answer->expires, until);
    if (answer->decision == SM_WORK && answer->code == SM_OK) {
        printf("work\n");
    } else if (answer->decision == SM_WORK) {
        printf("work until %s: %s (%s)\n", until, answer->words, answer->word);
    } else {
        printf("stop: %s (%s)\n", answer->words, answer->word);
    }
}
