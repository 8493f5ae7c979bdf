/* Agent: opening and closing what the commands work with. */
#include "agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROOT_DIGITS = 43, /* 32 bytes in base64url */
    PRODUCT_BYTES_MAX = 128,
    COMPONENT_BYTES_MAX = 50
};

const char *agent_network_words(const struct agent *agent, enum sm_code code) {
    return code == SM_UNREACHABLE && agent->network != NULL ? network_words(agent->network) : "";
}

bool agent_is_waiting(enum sm_code code) {
    return code == SM_NOT_ON_YET || code == SM_OFF || code == SM_SUSPENDED_BY_PROVIDER ||
           code == SM_SUSPENDED_BY_DISTRIBUTOR || code == SM_SUSPENDED_BY_VENDOR || code == SM_NO_SEAT_LEFT;
}

void agent_complain(const char *what, enum sm_code code, const char *words) {
    fprintf(stderr, "seatmeter-agent: %s: %s (%s)\n", what, words[0] == '\0' ? sm_code_words(code) : words,
            sm_code_word(code));
}

/* Whether something stands where a reader looks for the host: a user's name, a third slash or a backslash, of
 * which one parser makes this and another that. */
static bool hides_its_host(const char *server) {
    const char *authority = strstr(server, "://");
    const char *from = authority == NULL ? server : authority + 3;
    size_t length = strcspn(from, "/?#");
    return length == 0 || memchr(from, '@', length) != NULL || strchr(server, '\\') != NULL;
}

static bool is_this_machine(const char *host) {
    static const char *const HERE[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof HERE / sizeof HERE[0]; i++) {
        if (strcmp(host, HERE[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Licence keys go to the server in clear text, so there is TLS around it, unless it is this machine. What
 * counts is the host that the transport will talk to, so its own parser reads the address. */
static bool is_safe_server(const char *server) {
    struct network_address address = {.is_tls = false};
    if (!hides_its_host(server) && network_read_address(server, &address) &&
        (address.is_tls || is_this_machine(address.host))) {
        return true;
    }
    fprintf(stderr,
            "seatmeter-agent: the server must be https:// and a host without a user's name, "
            "or http:// and localhost, 127.0.0.1 or [::1], and \"%.200s\" is not\n",
            server);
    return false;
}

/* Texts with commas between, in place; how many, of which `most` are kept. */
static size_t split(char *text, const char **parts, size_t most) {
    size_t count = 0;
    char *rest = NULL;
    for (char *part = strtok_r(text, ", ", &rest); part != NULL; part = strtok_r(NULL, ", ", &rest)) {
        if (count < most) {
            parts[count] = part;
        }
        count++;
    }
    return count;
}

static bool is_root(const char *text) {
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    /* The last of 43 digits has four bits of the 32 bytes and two that are 0. */
    return strlen(text) == ROOT_DIGITS && strspn(text, DIGITS) == ROOT_DIGITS &&
           (strchr(DIGITS, text[ROOT_DIGITS - 1]) - DIGITS) % 4 == 0;
}

/* Whether each root is one, so that a slip in copying one is named here. */
static bool are_roots(const char *given) {
    char copy[SETTING_BYTES];
    const char *roots[SM_ROOTS_MAX] = {"", "", "", ""};
    snprintf(copy, sizeof copy, "%s", given);
    size_t count = split(copy, roots, SM_ROOTS_MAX);
    if (count == 0 || count > SM_ROOTS_MAX) {
        fprintf(stderr, "seatmeter-agent: --root takes from 1 to %d root keys with commas between\n",
                SM_ROOTS_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_root(roots[i])) {
            fprintf(stderr,
                    "seatmeter-agent: --root wants root keys of %d letters, digits, - and _, and \"%.100s\" "
                    "(%zu characters) is none: take it over whole from its vendor\n",
                    ROOT_DIGITS, roots[i], strlen(roots[i]));
            return false;
        }
    }
    return true;
}

static bool is_short(const char *name, const char *value, size_t most) {
    size_t length = strlen(value);
    if (length > most) {
        fprintf(stderr, "seatmeter-agent: --%s takes at most %zu bytes, and ", name, most);
        fwrite(value, 1, length, stderr);
        fprintf(stderr, " has %zu\n", length);
    }
    return length <= most;
}

static bool are_components(const char *given) {
    char copy[SETTING_BYTES];
    const char *parts[SM_COMPONENTS_MAX] = {NULL};
    snprintf(copy, sizeof copy, "%s", given);
    size_t count = split(copy, parts, SM_COMPONENTS_MAX);
    if (count > SM_COMPONENTS_MAX) {
        fprintf(stderr, "seatmeter-agent: --components takes at most %d, and there are %zu\n",
                SM_COMPONENTS_MAX, count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (parts[i] != NULL && !is_short("components", parts[i], COMPONENT_BYTES_MAX)) {
            return false;
        }
    }
    return true;
}

static bool has_settings(const struct agent *agent) {
    const struct settings *settings = &agent->settings;
    return settings_need(settings->server, "server") && settings_need(settings->root, "root") &&
           settings_need(settings->product, "product") && is_safe_server(settings->server) &&
           are_roots(settings->root) && is_short("product", settings->product, PRODUCT_BYTES_MAX) &&
           are_components(settings->components);
}

void agent_path(const struct agent *agent, const char *name, char path[SETTING_PATH_BYTES]) {
    int length = snprintf(path, SETTING_PATH_BYTES, "%s%s%s", agent->base, PLATFORM_SEPARATOR, name);
    if (length < 0 || length >= SETTING_PATH_BYTES) {
        path[0] = '\0';
    }
}

void agent_installed_version(const struct agent *agent, char version[VERSION_BYTES]) {
    const struct settings *settings = &agent->settings;
    version[0] = '\0';
    if (settings->version_file[0] == '\0') {
        snprintf(version, VERSION_BYTES, "%.*s", VERSION_BYTES - 1, settings->version);
        return;
    }
    FILE *file = platform_open_plain(settings->version_file);
    if (file != NULL) {
        if (fgets(version, VERSION_BYTES, file) == NULL) {
            version[0] = '\0';
        }
        fclose(file);
    }
    size_t mark = settings_mark(version);
    memmove(version, version + mark, strlen(version + mark) + 1);
    version[strcspn(version, " \t\r\n")] = '\0';
}

/* An exchange gives way to SIGTERM, and to a check-in that has become due meanwhile. */
static int is_interrupted(void *context) {
    struct agent *agent = context;
    signals_take(&agent->signals);
    if (agent->say_at_ms != 0 && platform_now_ms() >= agent->say_at_ms) {
        fprintf(stderr, "seatmeter-agent: waits for %s\n", agent->settings.server);
        agent->say_at_ms = 0;
    }
    return agent->signals.is_stopping ||
           (agent->give_way_at_ms != 0 && platform_now_ms() >= agent->give_way_at_ms);
}

static enum sm_code open_client(struct agent *agent) {
    char directory[SETTING_PATH_BYTES];
    char roots[SETTING_BYTES];
    char names[SETTING_BYTES];
    const char *components[SM_COMPONENTS_MAX];
    struct sm_options options = {.size = sizeof options};
    agent_path(agent, "store", directory);
    memcpy(roots, agent->settings.root, sizeof roots);
    memcpy(names, agent->settings.components, sizeof names);
    agent_installed_version(agent, agent->version);
    options.server = agent->settings.server;
    options.root_count = split(roots, options.roots, SM_ROOTS_MAX);
    options.product = agent->settings.product;
    options.directory = directory;
    if (agent->settings.machine_id[0] != '\0') {
        options.fingerprint_source = SM_FINGERPRINT_GIVEN;
        options.machine_id = agent->settings.machine_id;
        options.machine_id_size = strlen(agent->settings.machine_id);
    }
    options.name = agent->settings.name[0] == '\0' ? NULL : agent->settings.name;
    options.version = agent->version[0] == '\0' ? NULL : agent->version;
    options.component_count = split(names, components, SM_COMPONENTS_MAX);
    options.components = components;
    if (agent->network != NULL) {
        options.transport = network_transport(agent->network);
    }
    return sm_client_open(&options, &agent->client);
}

bool agent_enter(struct agent *agent) {
    char path[SETTING_PATH_BYTES];
    struct settings *settings = &agent->settings;
    bool is_there = platform_is_there(settings->state);
    if (!is_there && !(settings_take_defaults(settings) && has_settings(agent))) {
        return false;
    }
    if (!platform_enter_state(settings->state, agent->base)) {
        return false;
    }
    agent_path(agent, "settings", path);
    return !is_there ||
           (settings_take_kept(settings, path) && settings_take_defaults(settings) && has_settings(agent));
}

enum sm_code agent_open(struct agent *agent, bool may_talk) {
    if (agent->base[0] == '\0' && !agent_enter(agent)) {
        return SM_WRONG_CALL;
    }
    enum sm_code code =
        may_talk ? network_open(&agent->settings, &agent->signals, is_interrupted, agent, &agent->network)
                 : SM_OK;
    if (code != SM_OK) {
        agent_complain("the network cannot be used", code, "");
        return code;
    }
    code = open_client(agent);
    if (code == SM_WRONG_CALL) {
        agent_complain("the settings cannot be used", code,
                       "server, product, name, version and components are UTF-8 without control characters");
    } else if (code != SM_OK) {
        agent_complain("the licence's store cannot be opened", code, "");
    }
    return code;
}

enum sm_code agent_follow_version(struct agent *agent) {
    char version[VERSION_BYTES];
    agent_installed_version(agent, version);
    bool is_renamed = settings_follow_host(&agent->settings);
    if (strcmp(version, agent->version) == 0 && !is_renamed) {
        return SM_OK;
    }
    sm_updates_close(agent->updates);
    agent->updates = NULL;
    sm_client_close(agent->client);
    agent->client = NULL;
    return open_client(agent);
}

void agent_close(struct agent *agent) {
    sm_updates_close(agent->updates);
    sm_client_close(agent->client);
    network_close(agent->network);
    agent->updates = NULL;
    agent->client = NULL;
    agent->network = NULL;
    platform_unlock(&agent->lock);
}

bool agent_lock(struct agent *agent, int64_t *holder) {
    char path[SETTING_PATH_BYTES];
    agent_path(agent, "lock", path);
    return platform_lock(path, &agent->lock, holder);
}

int64_t agent_nudge(struct agent *agent) {
    char path[SETTING_PATH_BYTES];
    agent_path(agent, "lock", path);
    return platform_nudge(path);
}
