/* Live profile: the version and the components that a device has reported. The store numbers them, as many
 * devices have the same; memory keeps the number of each that is in use. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_PROFILE_H
#define SEATMETER_DEVICE_LIVE_LIVE_PROFILE_H

#include "core/base/random_source.h"
#include "core/base/text_map.h"

/* A profile that a device has reported and that memory has no number of. */
struct live_profile_report {
    struct live_profile_report *next;
    int64_t device_id;
    int64_t profile_id; /* set by the writer */
    size_t version_length;
    size_t components_length;
    char bytes[]; /* the key: both, with a zero between */
};

/* Whether the texts are short enough for a profile. The following want such texts. */
bool live_profile_fits(struct text version, struct text components);

struct live_profile_report *live_profile_report_make(int64_t device_id, struct text version,
                                                     struct text components);
struct text live_profile_version(const struct live_profile_report *report);
struct text live_profile_components(const struct live_profile_report *report);
/* Frees the whole list. NULL is fine. */
void live_profile_reports_free(struct live_profile_report *reports);

/* Numbers by profile. */
struct live_profiles {
    struct random_source *random;
    struct arena arena;
    struct text_map numbers;
};
void live_profiles_init(struct live_profiles *profiles, struct random_source *random);
void live_profiles_clean_up(struct live_profiles *profiles);
void live_profiles_put(struct live_profiles *profiles, struct text version, struct text components,
                       int64_t id);

/* The profile's number: 0 for two empty texts, −1 where memory does not have it. */
int64_t live_profiles_get(const struct live_profiles *profiles, struct text version, struct text components);

#endif
