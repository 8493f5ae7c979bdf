/* Update: the library does the verifying; here is where files go and what is thrown away. */
#include "update.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOT_BYTES_MAX = 256 * 1024 };

/* A file's bytes in malloc's memory; NULL where it cannot be read or is larger than a root may be. */
static void *read_whole(const char *path, size_t *size) {
    FILE *file = platform_open_plain(path);
    if (file == NULL) {
        return NULL;
    }
    char *bytes = malloc(ROOT_BYTES_MAX + 1);
    *size = bytes == NULL ? 0 : fread(bytes, 1, ROOT_BYTES_MAX + 1, file);
    bool is_good = bytes != NULL && !ferror(file) && *size > 0 && *size <= ROOT_BYTES_MAX;
    fclose(file);
    if (!is_good) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

/* The root file that there is: of the settings, else the one that was kept. */
static void root_path(const struct agent *agent, char path[SETTING_PATH_BYTES]) {
    if (agent->settings.tuf_root[0] != '\0') {
        memcpy(path, agent->settings.tuf_root, SETTING_PATH_BYTES);
    } else {
        agent_path(agent, "tuf-root.json", path);
    }
}

bool update_is_wanted(const struct agent *agent) {
    char path[SETTING_PATH_BYTES];
    root_path(agent, path);
    return agent->settings.updates && platform_can_read(path);
}

struct fetched {
    char *bytes;
    size_t size;
};

static int take_bytes(void *context, const struct sm_response *response, const void *bytes, size_t size) {
    struct fetched *fetched = context;
    if (response->status != 200 || size > ROOT_BYTES_MAX - fetched->size) {
        return 1;
    }
    memcpy(fetched->bytes + fetched->size, bytes, size);
    fetched->size += size;
    return 0;
}

/* Gets 1.root.json from the server; whom to trust is for the caller to say. */
static void *fetch_first_root(struct agent *agent, size_t *size) {
    char url[SETTING_BYTES + 32];
    struct fetched fetched = {malloc(ROOT_BYTES_MAX), 0};
    struct sm_transport transport = network_transport(agent->network);
    size_t length = strlen(agent->settings.server);
    length -= length > 0 && agent->settings.server[length - 1] == '/';
    snprintf(url, sizeof url, "%.*s/tuf/1.root.json", (int)length, agent->settings.server);
    struct sm_request request = {sizeof request, "GET", url, NULL, NULL, 0};
    struct sm_response response = {sizeof response, 0, -1, -1, -1, -1};
    if (fetched.bytes != NULL &&
        (transport.perform(transport.context, &request, &response, take_bytes, &fetched) != 0 ||
         response.status != 200)) {
        free(fetched.bytes);
        fetched.bytes = NULL;
    }
    *size = fetched.size;
    return fetched.bytes;
}

static bool hash_is(const void *bytes, size_t size, const char *digits) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    char found[2 * sizeof hash + 1];
    crypto_hash_sha256(hash, bytes, size);
    sodium_bin2hex(found, sizeof found, hash, sizeof hash);
    return strcasecmp(found, digits) == 0;
}

bool update_keep_root(struct agent *agent) {
    const struct settings *settings = &agent->settings;
    char path[SETTING_PATH_BYTES];
    size_t size = 0;
    void *bytes = NULL;
    if (settings->tuf_root[0] == '\0' && settings->tuf_root_sha256[0] == '\0') {
        return true;
    }
    bool is_fetched = settings->tuf_root[0] == '\0';
    bytes = is_fetched ? fetch_first_root(agent, &size) : read_whole(settings->tuf_root, &size);
    if (bytes == NULL) {
        fprintf(stderr, "seatmeter-agent: the update repository's root cannot be read from %s\n",
                is_fetched ? settings->server : settings->tuf_root);
        return false;
    }
    agent_path(agent, "tuf-root.json", path);
    bool is_right = settings->tuf_root_sha256[0] == '\0' || hash_is(bytes, size, settings->tuf_root_sha256);
    bool is_kept = is_right && platform_replace(path, bytes, size);
    free(bytes);
    if (!is_right) {
        fprintf(stderr,
                "seatmeter-agent: the update repository's root does not have the hash that was given\n");
    } else if (!is_kept) {
        fprintf(stderr, "seatmeter-agent: %s cannot be written: %s\n", path, platform_why());
    }
    return is_kept;
}

static enum sm_code open_updates(struct agent *agent) {
    char path[SETTING_PATH_BYTES];
    char directory[SETTING_PATH_BYTES];
    size_t size = 0;
    if (agent->updates != NULL) {
        return SM_OK;
    }
    root_path(agent, path);
    agent_path(agent, "tuf", directory);
    void *root = read_whole(path, &size);
    struct sm_updates_options options = {sizeof options, directory, root, root == NULL ? 0 : size};
    enum sm_code code = sm_updates_open(agent->client, &options, &agent->updates);
    free(root);
    return code;
}

static void forget_ready(struct agent *agent) {
    agent->told.ready[0] = '\0';
    agent->told.ready_version[0] = '\0';
    agent->told.ready_sha256[0] = '\0';
}

void update_make_room(struct agent *agent) {
    char updates[SETTING_PATH_BYTES];
    agent_path(agent, "updates", updates);
    platform_remove_others(updates, agent->told.ready_version);
}

static enum sm_code fetch_target(struct agent *agent, const struct sm_target *target) {
    char updates[SETTING_PATH_BYTES];
    char folder[SETTING_PATH_BYTES + SM_TARGET_VERSION_BYTES + 2];
    char file[sizeof folder + SM_TARGET_NAME_BYTES + 2];
    agent_path(agent, "updates", updates);
    snprintf(folder, sizeof folder, "%s%s%s", updates, PLATFORM_SEPARATOR, target->version);
    snprintf(file, sizeof file, "%s%s%s", folder, PLATFORM_SEPARATOR, target->name);
    if (!platform_is_file_name(target->version) || !platform_is_file_name(target->name) ||
        strlen(agent->settings.state) + strlen(target->path) + 16 >= TOLD_BYTES) {
        return SM_WRONG_CALL;
    }
    if (!platform_make_directory(updates) || !platform_make_directory(folder)) {
        return SM_STORE_BROKEN;
    }
    enum sm_code code = sm_updates_fetch(agent->updates, target, file);
    if (code == SM_DISK_FULL && strcmp(agent->told.ready_version, target->version) != 0) {
        forget_ready(agent); /* what is superseded gives its room */
        platform_remove_others(updates, target->version);
        code = sm_updates_fetch(agent->updates, target, file);
    }
    if (code != SM_OK) {
        return code;
    }
    platform_let_others_read(file);
    platform_remove_others(updates, target->version);
    snprintf(agent->told.ready, sizeof agent->told.ready, "%s%supdates%s%s%s%s", agent->settings.state,
             PLATFORM_SEPARATOR, PLATFORM_SEPARATOR, target->version, PLATFORM_SEPARATOR, target->name);
    snprintf(agent->told.ready_version, sizeof agent->told.ready_version, "%s", target->version);
    sodium_bin2hex(agent->told.ready_sha256, sizeof agent->told.ready_sha256, target->sha256,
                   sizeof target->sha256);
    return SM_OK;
}

enum sm_code update_look(struct agent *agent) {
    struct sm_target target = {.size = sizeof target};
    char installed[VERSION_BYTES];
    agent_installed_version(agent, installed);
    enum sm_code code = open_updates(agent);
    if (code != SM_OK) {
        agent_complain("the update repository cannot be opened", code, "");
        return code;
    }
    code = sm_updates_refresh(agent->updates);
    if (code == SM_OK) {
        code = sm_updates_find(agent->updates, agent->settings.product, agent->settings.channel,
                               agent->settings.platform, installed[0] == '\0' ? NULL : installed, &target);
    }
    if (code ==
        SM_UNKNOWN_TARGET) { /* installed meanwhile, or withdrawn: what was ready is no longer wanted */
        char updates[SETTING_PATH_BYTES];
        agent_path(agent, "updates", updates);
        platform_remove_others(updates, "");
        forget_ready(agent);
        return code;
    }
    if (code == SM_OK) {
        code = fetch_target(agent, &target);
    }
    if (code != SM_OK && !agent->signals.is_stopping) {
        agent_complain("no update could be fetched", code, sm_updates_words(agent->updates));
    }
    return code;
}
