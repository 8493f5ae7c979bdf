#include "device/live/live_profile.h"

#include "core/licence/lease.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PROFILES_MAX = 65536, KEY_BYTES_MAX = DEVICE_VERSION_BYTES_MAX + 1 + DEVICE_COMPONENTS_MAX * 51 };

/* A profile's key: the version, a zero, the components. */
static size_t key_length(struct text version, struct text components) {
    return version.length + 1 + components.length;
}

static void write_key(char *key, struct text version, struct text components) {
    if (version.length > 0) {
        memcpy(key, version.at, version.length);
    }
    key[version.length] = '\0';
    if (components.length > 0) {
        memcpy(key + version.length + 1, components.at, components.length);
    }
}

bool live_profile_fits(struct text version, struct text components) {
    return version.length <= DEVICE_VERSION_BYTES_MAX && key_length(version, components) <= KEY_BYTES_MAX;
}

struct live_profile_report *live_profile_report_make(int64_t device_id, struct text version,
                                                     struct text components) {
    assert(live_profile_fits(version, components));
    struct live_profile_report *report = calloc(1, sizeof *report + key_length(version, components));
    if (report == NULL) {
        abort();
    }
    report->device_id = device_id;
    report->version_length = version.length;
    report->components_length = components.length;
    write_key(report->bytes, version, components);
    return report;
}

struct text live_profile_version(const struct live_profile_report *report) {
    return (struct text){report->bytes, report->version_length};
}

struct text live_profile_components(const struct live_profile_report *report) {
    return (struct text){report->bytes + report->version_length + 1, report->components_length};
}

void live_profile_reports_free(struct live_profile_report *reports) {
    while (reports != NULL) {
        struct live_profile_report *next = reports->next;
        free(reports);
        reports = next;
    }
}

void live_profiles_init(struct live_profiles *profiles, struct random_source *random) {
    unsigned char seed[TEXT_MAP_SEED_BYTES];
    random->fill(random, seed, sizeof seed);
    profiles->random = random;
    arena_init(&profiles->arena);
    text_map_init(&profiles->numbers, &profiles->arena, seed);
}

void live_profiles_clean_up(struct live_profiles *profiles) {
    arena_clean_up(&profiles->arena);
}

/* A full map is emptied, and fills again with the profiles that are in use. */
void live_profiles_put(struct live_profiles *profiles, struct text version, struct text components,
                       int64_t id) {
    if (profiles->numbers.count >= PROFILES_MAX) {
        live_profiles_clean_up(profiles);
        live_profiles_init(profiles, profiles->random);
    }
    size_t length = key_length(version, components);
    char *key = ARENA_NEW(&profiles->arena, char, length);
    write_key(key, version, components);
    text_map_put(&profiles->numbers, (struct text){key, length}, id);
    assert(profiles->numbers.count <= PROFILES_MAX);
}

int64_t live_profiles_get(const struct live_profiles *profiles, struct text version, struct text components) {
    char key[KEY_BYTES_MAX];
    assert(live_profile_fits(version, components));
    if (version.length == 0 && components.length == 0) {
        return 0;
    }
    write_key(key, version, components);
    return text_map_get(&profiles->numbers, (struct text){key, key_length(version, components)});
}
