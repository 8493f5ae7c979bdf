/* Agent: opening and closing what the commands work with. */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int64_t agent_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void agent_complain(const char *what, enum sm_code code, const char *words) {
    fprintf(stderr, "seatmeter-agent: %s: %s (%s)\n", what, words[0] == '\0' ? sm_code_words(code) : words,
            sm_code_word(code));
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* Licence keys go to the server in clear text, so there is TLS around it, unless it is this machine. */
static bool is_safe_server(const char *server) {
    static const char *const HERE[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    if (starts_with(server, "https://")) {
        return true;
    }
    for (size_t i = 0; i < sizeof HERE / sizeof HERE[0]; i++) {
        size_t length = strlen(HERE[i]);
        if (strncmp(server, HERE[i], length) == 0 &&
            (server[length] == '\0' || strchr(":/", server[length]) != NULL)) {
            return true;
        }
    }
    fprintf(stderr, "seatmeter-agent: the server must be https://…, and \"%.200s\" is not\n", server);
    return false;
}

bool agent_has_settings(const struct agent *agent) {
    const struct settings *settings = &agent->settings;
    return settings_need(settings->server, "server") && settings_need(settings->root, "root") &&
           settings_need(settings->product, "product") && is_safe_server(settings->server);
}

void agent_path(const struct agent *agent, const char *name, char path[SETTING_PATH_BYTES]) {
    int length = snprintf(path, SETTING_PATH_BYTES, "%s/%s", agent->base, name);
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
    FILE *file = fopen(settings->version_file, "re");
    if (file != NULL) {
        if (fgets(version, VERSION_BYTES, file) == NULL) {
            version[0] = '\0';
        }
        fclose(file);
    }
    version[strcspn(version, " \t\r\n")] = '\0';
}

/* An exchange gives way to SIGTERM, and to a check-in that has become due meanwhile. */
static int is_interrupted(void *context) {
    struct agent *agent = context;
    signals_take(&agent->signals);
    return agent->signals.is_stopping ||
           (agent->give_way_at_ms != 0 && agent_now_ms() >= agent->give_way_at_ms);
}

/* Texts with commas between, in place; how many. */
static size_t split(char *text, const char **parts, size_t most) {
    size_t count = 0;
    char *rest = NULL;
    for (char *part = strtok_r(text, ", ", &rest); part != NULL && count < most;
         part = strtok_r(NULL, ", ", &rest)) {
        parts[count++] = part;
    }
    return count;
}

/* Becomes the owner of the directory. */
static bool become_owner(int directory, const struct stat *status) {
    return fchdir(directory) == 0 && setgroups(0, NULL) == 0 && setgid(status->st_gid) == 0 &&
           setuid(status->st_uid) == 0;
}

static bool enter_state(struct agent *agent) {
    const char *state = agent->settings.state;
    struct stat status;
    memcpy(agent->base, state, sizeof agent->base);
    bool is_there = mkdir(state, 0755) == 0 || errno == EEXIST;
    int directory = is_there ? open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    is_there = directory >= 0 && fstat(directory, &status) == 0;
    if (is_there && geteuid() == 0 && status.st_uid != 0) {
        is_there = become_owner(directory, &status);
        memcpy(agent->base, ".", 2);
    }
    if (!is_there) {
        fprintf(stderr, "seatmeter-agent: %s cannot be entered: %s\n", state, strerror(errno));
    }
    if (directory >= 0) {
        close(directory);
    }
    return is_there;
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
    options.name = agent->settings.name[0] == '\0' ? NULL : agent->settings.name;
    options.version = agent->version[0] == '\0' ? NULL : agent->version;
    options.component_count = split(names, components, SM_COMPONENTS_MAX);
    options.components = components;
    if (agent->curl != NULL) {
        options.transport = sm_curl_transport(agent->curl);
    }
    return sm_client_open(&options, &agent->client);
}

enum sm_code agent_open(struct agent *agent, bool may_talk) {
    struct sm_curl_options options = {.size = sizeof options,
                                      .user_agent = "seatmeter-agent/" SM_VERSION,
                                      .is_interrupted = is_interrupted,
                                      .interrupt_context = agent,
                                      .interrupt_descriptor = agent->signals.descriptor};
    if (!enter_state(agent)) {
        return SM_STORE_BROKEN;
    }
    enum sm_code code = may_talk ? sm_curl_open(&options, &agent->curl) : SM_OK;
    if (code == SM_OK) {
        code = open_client(agent);
    }
    if (code != SM_OK) {
        agent_complain("the licence's store cannot be opened", code, "");
    }
    return code;
}

enum sm_code agent_follow_version(struct agent *agent) {
    char version[VERSION_BYTES];
    agent_installed_version(agent, version);
    if (strcmp(version, agent->version) == 0) {
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
    sm_curl_close(agent->curl);
    agent->updates = NULL;
    agent->client = NULL;
    agent->curl = NULL;
    if (agent->lock >= 0) {
        close(agent->lock);
        agent->lock = -1;
    }
}

static pid_t read_holder(int descriptor) {
    char digits[24] = "";
    ssize_t length = pread(descriptor, digits, sizeof digits - 1, 0);
    long number = length > 0 ? strtol(digits, NULL, 10) : 0;
    return number > 1 ? (pid_t)number : 0;
}

bool agent_lock(struct agent *agent, pid_t *holder) {
    char path[SETTING_PATH_BYTES];
    agent_path(agent, "lock", path);
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        fprintf(stderr, "seatmeter-agent: %s cannot be opened: %s\n", path, strerror(errno));
        return false;
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (holder != NULL) {
            *holder = read_holder(descriptor);
        }
        close(descriptor);
        return false;
    }
    if (ftruncate(descriptor, 0) != 0 || dprintf(descriptor, "%ld\n", (long)getpid()) < 0) {
        fprintf(stderr, "seatmeter-agent: %s cannot be written: %s\n", path, strerror(errno));
    }
    agent->lock = descriptor;
    return true;
}

pid_t agent_nudge(struct agent *agent) {
    char path[SETTING_PATH_BYTES];
    agent_path(agent, "lock", path);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return 0;
    }
    pid_t holder = 0;
    if (flock(descriptor, LOCK_SH | LOCK_NB) != 0) {
        holder = read_holder(descriptor);
        if (holder != 0 && kill(holder, SIGUSR1) != 0) {
            holder = 0;
        }
    }
    close(descriptor);
    return holder;
}
