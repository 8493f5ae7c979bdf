/* Settings: one table of names says what each is, where it goes and who may give it. */
#include "settings.h"

#include "platform.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_PATH, KIND_SECONDS, KIND_YES_NO };
enum { BY_OPTION = 1, BY_FILE = 2, KEPT = 4, LINE_BYTES = 8192, NAME_BYTES_MAX = 100 /* of the protocol */ };

struct row {
    const char *name;
    enum kind kind;
    int allowed;
    size_t offset;
    size_t size;
    const char *fallback; /* NULL: none */
    const char *help;
};

#define ROW(name, member, kind, allowed, fallback, help)                                                     \
    {                                                                                                        \
        name, kind, allowed, offsetof(struct settings, member), sizeof((struct settings *)NULL)->member,     \
            fallback, help                                                                                   \
    }

static const struct row ROWS[] = {
    ROW("config", config, KIND_PATH, BY_OPTION, NULL, PLATFORM_CONFIG_HELP),
    ROW("state", state, KIND_PATH, BY_OPTION | BY_FILE, NULL, PLATFORM_STATE_HELP),
    ROW("server", server, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, NULL,
        "the licence server's address, https://…"),
    ROW("proxy", proxy, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, NULL,
        "the proxy to the server, http://proxy.example.com:3128, or none (what the system says)"),
    ROW("ca-file", ca_file, KIND_PATH, BY_OPTION | BY_FILE | KEPT, NULL,
        "certificates of authorities to trust instead of the system's, PEM; not on Windows"),
    ROW("root", root, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, NULL,
        "the root key's public half, which the vendor publishes; up to four with commas between"),
    ROW("product", product, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, NULL, "the product's update name"),
    ROW("key", key, KIND_TEXT, BY_OPTION, NULL, "the licence key (- reads it from standard input)"),
    ROW("key-file", key_file, KIND_PATH, BY_OPTION, NULL,
        "a file with the licence key, which other users do not see as they see options"),
    ROW("machine-id", machine_id, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, NULL,
        "what tells this machine from all others, where it has no identifier that lasts: a container"),
    ROW("name", name, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, NULL,
        "what the provider sees this device as (the host's name)"),
    ROW("version", version, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, NULL, "the product's installed version"),
    ROW("version-file", version_file, KIND_PATH, BY_OPTION | BY_FILE | KEPT, NULL,
        "a file whose first line is the installed version; read whenever it is needed"),
    ROW("components", components, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, NULL,
        "the components in use, with commas between"),
    ROW("tuf-root", tuf_root, KIND_PATH, BY_OPTION | BY_FILE | KEPT, NULL,
        "the update repository's first root.json, a file of the vendor's: turns updates on"),
    ROW("tuf-root-sha256", tuf_root_sha256, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, NULL,
        "its SHA-256 instead: the file is then fetched from the server and held against it"),
    ROW("channel", channel, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, "stable", "the channel of updates"),
    ROW("platform", platform, KIND_TEXT, BY_OPTION | BY_FILE | KEPT, NULL,
        "the platform of updates, linux-amd64 or the like (this machine's)"),
    ROW("updates", updates, KIND_YES_NO, BY_OPTION | BY_FILE, "yes",
        "whether updates are looked for, where their root is known"),
    ROW("update-interval", update_interval_s, KIND_SECONDS, BY_OPTION | BY_FILE, "6h",
        "how often updates are looked for; each time up to a tenth more or less"),
    ROW("hook", hook, KIND_PATH, BY_OPTION | BY_FILE | KEPT, NULL,
        "a program that is started when the lease or decision changed or an update is ready"),
    ROW("hook-limit", hook_limit_s, KIND_SECONDS, BY_OPTION | BY_FILE, "5m", "how long a hook may take"),
    ROW("json", json, KIND_YES_NO, BY_OPTION, "no", "status as JSON"),
};
enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0], NOT_GIVEN = -1 };

static char *text_of(struct settings *settings, const struct row *row) {
    return (char *)settings + row->offset;
}

static int64_t *seconds_of(struct settings *settings, const struct row *row) {
    return (int64_t *)(void *)((char *)settings + row->offset);
}

/* Yes and no have no third value to say that they were not given: the table of what was is beside. */
struct given {
    bool rows[ROW_COUNT];
};

static const struct row *find_row(const char *name, size_t length) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strlen(ROWS[i].name) == length && memcmp(ROWS[i].name, name, length) == 0) {
            return &ROWS[i];
        }
    }
    return NULL;
}

/* "90", "90s", "15m", "6h" or "1d": from a second to a year. */
static bool parse_seconds(const char *text, int64_t *seconds) {
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    int64_t unit = 1;
    if (end == text || errno != 0 || number < 1 || number > 366LL * 86400) {
        return false;
    }
    switch (*end) {
    case 'm':
        unit = 60;
        break;
    case 'h':
        unit = 3600;
        break;
    case 'd':
        unit = 86400;
        break;
    default:
        break;
    }
    if (*end != '\0' && (strchr("smhd", *end) == NULL || end[1] != '\0')) {
        return false;
    }
    *seconds = number * unit;
    return *seconds <= 366LL * 86400;
}

static bool parse_yes_no(const char *text, bool *value) {
    *value = strcmp(text, "yes") == 0;
    return *value || strcmp(text, "no") == 0;
}

static bool set(struct settings *settings, const struct row *row, const char *value) {
    bool is_good = false;
    const char *form = "";
    switch (row->kind) {
    case KIND_PATH:
        is_good = platform_full_path(value, text_of(settings, row), row->size);
        form = "a path";
        break;
    case KIND_TEXT:
        is_good = strlen(value) < row->size;
        form = "shorter";
        if (is_good) {
            memcpy(text_of(settings, row), value, strlen(value) + 1);
        }
        break;
    case KIND_SECONDS:
        is_good = parse_seconds(value, seconds_of(settings, row));
        form = "a time such as 90s, 15m, 6h or 1d";
        break;
    case KIND_YES_NO:
        is_good = parse_yes_no(value, (bool *)text_of(settings, row));
        form = "yes or no";
        break;
    }
    if (!is_good) {
        fprintf(stderr, "seatmeter-agent: %s must be %s, and \"%.100s\" is not\n", row->name, form, value);
    }
    return is_good;
}

void settings_begin(struct settings *settings) {
    *settings = (struct settings){.hook_limit_s = NOT_GIVEN, .update_interval_s = NOT_GIVEN, .updates = true};
}

bool settings_take_options(struct settings *settings, int count, char **arguments, char **words,
                           int *word_count) {
    *word_count = 0;
    for (int i = 0; i < count; i++) {
        if (strncmp(arguments[i], "--", 2) != 0) {
            words[(*word_count)++] = arguments[i];
            continue;
        }
        const char *name = arguments[i] + 2;
        const char *equals = strchr(name, '=');
        const struct row *row = find_row(name, equals == NULL ? strlen(name) : (size_t)(equals - name));
        if (row == NULL || (row->allowed & BY_OPTION) == 0) {
            fprintf(stderr, "seatmeter-agent: there is no option %s (see --help)\n", arguments[i]);
            return false;
        }
        const char *value = equals == NULL ? NULL : equals + 1;
        if (value == NULL && row->kind == KIND_YES_NO) {
            value = "yes";
        }
        if (value == NULL && i + 1 < count) {
            value = arguments[++i];
        }
        if (value == NULL) {
            fprintf(stderr, "seatmeter-agent: --%s wants a value\n", row->name);
            return false;
        }
        if (!set(settings, row, value)) {
            return false;
        }
    }
    return true;
}

static bool is_given(struct settings *settings, const struct row *row) {
    switch (row->kind) {
    case KIND_TEXT:
    case KIND_PATH:
        return text_of(settings, row)[0] != '\0';
    case KIND_SECONDS:
        return *seconds_of(settings, row) != NOT_GIVEN;
    default:
        return !*(bool *)text_of(settings, row); /* updates: the option can only turn them off */
    }
}

const char *settings_proxy(const struct settings *settings) {
    return settings->proxy[0] == '\0' ? NULL : strcmp(settings->proxy, "none") == 0 ? "" : settings->proxy;
}

static char *trim(char *text) {
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL) {
        text[--length] = '\0';
    }
    return text + strspn(text, " \t");
}

static bool take_line(struct settings *settings, char *line, const char *file, int number) {
    char *text = trim(line);
    if (*text == '\0' || *text == '#') {
        return true;
    }
    char *equals = strchr(text, '=');
    const struct row *row = NULL;
    if (equals != NULL) {
        *equals = '\0';
        char *name = trim(text);
        row = find_row(name, strlen(name));
    }
    if (row == NULL || (row->allowed & BY_FILE) == 0) {
        fprintf(stderr,
                "seatmeter-agent: %s, line %d: not `name = value` of a setting that goes into a file\n", file,
                number);
        return false;
    }
    if (is_given(settings, row)) {
        return true;
    }
    if (!set(settings, row, trim(equals + 1))) {
        fprintf(stderr, "seatmeter-agent: so says %s, line %d\n", file, number);
        return false;
    }
    return true;
}

size_t settings_mark(const char *text) {
    static const char MARK[] = "\xEF\xBB\xBF";
    return strncmp(text, MARK, sizeof MARK - 1) == 0 ? sizeof MARK - 1 : 0;
}

/* The lines of a file that was opened, which is NULL where it was not (errno says why); one that is not there
 * has none. */
static bool take_file(struct settings *settings, FILE *file, const char *path) {
    char line[LINE_BYTES];
    int number = 0;
    if (file == NULL) {
        if (errno == ENOENT) {
            return true;
        }
        fprintf(stderr, "seatmeter-agent: %s cannot be read: %s\n", path,
                errno == EINVAL || errno == ELOOP ? "it is no plain file" : strerror(errno));
        return false;
    }
    bool is_good = true;
    while (is_good && fgets(line, sizeof line, file) != NULL) {
        size_t mark = number == 0 ? settings_mark(line) : 0;
        is_good = take_line(settings, line + mark, path, ++number);
    }
    fclose(file);
    return is_good;
}

bool settings_take_defaults(struct settings *settings) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (ROWS[i].fallback != NULL && ROWS[i].kind != KIND_YES_NO && !is_given(settings, &ROWS[i]) &&
            !set(settings, &ROWS[i], ROWS[i].fallback)) {
            return false;
        }
    }
    if (settings->platform[0] == '\0') {
        snprintf(settings->platform, sizeof settings->platform, "%s", PLATFORM_NAME);
    }
    if (settings->name[0] == '\0') {
        settings->name_is_hosts = true;
        platform_host_name(settings->name, NAME_BYTES_MAX + 1);
    }
    size_t length = strlen(settings->name);
    if (length > NAME_BYTES_MAX) {
        length = NAME_BYTES_MAX;
        while (length > 0 && ((unsigned char)settings->name[length] & 0xC0) == 0x80) {
            length--; /* no half of a character */
        }
        settings->name[length] = '\0';
    }
    return true;
}

bool settings_follow_host(struct settings *settings) {
    char name[SETTING_BYTES] = "";
    if (settings->name_is_hosts) {
        platform_host_name(name, NAME_BYTES_MAX + 1);
    }
    if (name[0] == '\0' || strcmp(name, settings->name) == 0) {
        return false;
    }
    memcpy(settings->name, name, sizeof name);
    return true;
}

/* The configuration file that was named is its namer's to trust. */
static bool take_config(struct settings *settings) {
    char path[SETTING_PATH_BYTES];
    if (settings->config[0] != '\0') {
        return take_file(settings, platform_open(settings->config), settings->config);
    }
    return platform_default_config(path) && platform_trusts(path) &&
           take_file(settings, platform_open(path), path);
}

bool settings_take_config(struct settings *settings) {
    return take_config(settings) && (settings->state[0] != '\0' || platform_default_state(settings->state));
}

bool settings_take_kept(struct settings *settings, const char *path) {
    return platform_trusts(path) && take_file(settings, platform_open_own(path), path);
}

/* The rows that an activation keeps; text is long enough for all of them. */
static size_t write_kept(const struct settings *settings, char *text, size_t capacity) {
    size_t length = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const char *value = (const char *)settings + ROWS[i].offset;
        bool is_hosts = settings->name_is_hosts && ROWS[i].offset == offsetof(struct settings, name);
        if ((ROWS[i].allowed & KEPT) != 0 && value[0] != '\0' && !is_hosts) {
            length += (size_t)snprintf(text + length, capacity - length, "%s = %s\n", ROWS[i].name, value);
        }
    }
    return length;
}

bool settings_keep(const struct settings *settings, const char *path) {
    size_t capacity = sizeof *settings + (size_t)ROW_COUNT * 32;
    char *text = malloc(capacity);
    bool is_kept = text != NULL && platform_replace(path, text, write_kept(settings, text, capacity));
    free(text);
    if (!is_kept) {
        fprintf(stderr, "seatmeter-agent: %s cannot be written: %s\n", path, platform_why());
    }
    return is_kept;
}

bool settings_need(const char *value, const char *name) {
    if (value[0] == '\0') {
        fprintf(stderr, "seatmeter-agent: --%s is missing (an option, or a line of the configuration file)\n",
                name);
        return false;
    }
    return true;
}

void settings_print_help(void) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        printf("  --%-16s %s\n", ROWS[i].name, ROWS[i].help);
    }
}
