#include "device/live/live_rows.h"

#include "device/live/live_marks.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint32_t sku_index_of(const struct live *live, int64_t sku_id) {
    uint32_t index = 0;
    bool found = id_map_get(&live->sku_index, sku_id, 0, &index);
    assert(found); /* D5 */
    return index;
}

static void append_sku(struct live *live, struct live_sku_update *update) {
    if (live->sku_count == live->sku_capacity) {
        live->sku_capacity = live->sku_capacity == 0 ? 64 : live->sku_capacity * 2;
        live->skus = realloc(live->skus, live->sku_capacity * sizeof(struct live_sku_update *));
        if (live->skus == NULL) {
            abort();
        }
    }
    live->skus[live->sku_count++] = update;
}

void live_put_sku(struct live *live, struct live_sku_update *update) {
    uint32_t index = id_map_put(&live->sku_index, update->sku.id, 0, (uint32_t)live->sku_count);
    assert(index <= live->sku_count);
    if (index == live->sku_count) {
        append_sku(live, update);
    } else if (update->replaces) {
        live_sku_update_free(live->skus[index]);
        live->skus[index] = update;
    } else {
        live_sku_update_free(update);
    }
}

void live_put_licence(struct live *live, const struct door_licence_row *row) {
    struct live_licence *licence = live_table_place(&live->licences, (uint32_t)row->id);
    if (licence->id != 0 && row->version < licence->version) {
        return; /* D4 */
    }
    live->licence_count += licence->id == 0;
    *licence = (struct live_licence){.id = (uint32_t)row->id,
                                     .version = (uint32_t)row->version,
                                     .seats = row->seats,
                                     .counted_seats = row->counted_seats,
                                     .sku = sku_index_of(live, row->sku_id),
                                     .state = (uint8_t)row->state,
                                     .suspender = (uint8_t)row->suspender};
}

/* Values of the store, which keeps 64 bits, within the 32 bits of memory. */
static uint32_t within_32_bits(int64_t value) {
    return value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void begin_chain(struct live_device *device, const struct device_seen *seen) {
    uint32_t promised_s = device->lease_expires_s;
    uint32_t lease_expires_s = within_32_bits(seen->lease_expires_s);
    device->sequence = seen->sequence;
    device->link = seen->link;
    device->seen_at_s = within_32_bits(seen->seen_at_s);
    device->profile = within_32_bits(seen->profile_id);
    device->lease_expires_s = lease_expires_s > promised_s ? lease_expires_s : promised_s;
    device->flags &= (uint8_t)~LIVE_UNSETTLED;
    assert(device->lease_expires_s >= promised_s); /* D7 */
}

void live_put_device(struct live *live, const struct live_device_update *update) {
    struct live_device *device = live_table_place(&live->devices, (uint32_t)update->id);
    bool is_new = device->id == 0;
    if (!is_new && update->stamp < device->stamp) {
        return; /* D3 */
    }
    (void)live_table_place(&live->licences, (uint32_t)update->licence_id); /* so that it is always found */
    bool begins = is_new || update->begins_chain || update->activated_at_us != device->activated_at_us;
    live->device_count += is_new;
    live->last_device = update->id > live->last_device ? update->id : live->last_device;
    if (!is_new && within_32_bits(update->generation) > device->generation) {
        device->displaced_until_s = device->lease_expires_s;
    }
    device->id = update->id;
    device->licence = (uint32_t)update->licence_id;
    device->seat = update->seat;
    device->generation = within_32_bits(update->generation);
    device->state = (uint8_t)update->state;
    device->stamp = update->stamp;
    device->activated_at_us = update->activated_at_us;
    memcpy(device->fingerprint, update->fingerprint, sizeof device->fingerprint);
    if (begins) {
        begin_chain(device, &update->seen); /* D6 */
    }
    /* A lease that memory has given meanwhile holds the seat of what was released (D13), and a save that
     * yielded to this change is made up for (D9). */
    if (!is_new && update->begins_chain) {
        live_mark_behind(live, device);
    } else if (!is_new) {
        live_mark_urgent(live, device);
    }
}

/* The store has numbered a profile that a device has reported. */
static void apply_report(struct live *live, const struct live_profile_report *report) {
    live_profiles_put(&live->profiles, live_profile_version(report), live_profile_components(report),
                      report->profile_id);
    struct live_device *device = live_state_device(live, report->device_id);
    if (device != NULL) {
        device->profile = within_32_bits(report->profile_id);
        live_mark_behind(live, device);
    }
    assert(live->report_count > 0);
    live->report_count--;
}

/* The device of a finished job is marked, as what was saved ahead of the job may have been overtaken
 * meanwhile. An activated device is marked with its row. */
static void apply_job(struct live *live, struct live_job *job) {
    if (job->kind != LIVE_ACTIVATE) {
        live_mark_urgent(live, live_state_device(live, job->device_id));
    }
    *live->finished_end = job;
    live->finished_end = &job->next;
}

static void take_keys(struct live *live, struct live_message *message) {
    if (message->keys != NULL) {
        live_keys_free(live->keys);
        live->keys = message->keys;
        message->keys = NULL;
    }
}

size_t live_apply(struct live *live, struct live_message *message) {
    while (message->skus != NULL) { /* ahead of the licences (D5) */
        struct live_sku_update *update = message->skus;
        message->skus = update->next;
        live_put_sku(live, update);
    }
    for (size_t i = 0; i < message->licence_count; i++) {
        live_put_licence(live, &message->licences[i]);
    }
    for (size_t i = 0; i < message->device_count; i++) {
        live_put_device(live, &message->devices[i]);
    }
    for (const struct live_profile_report *report = message->reports; report != NULL; report = report->next) {
        apply_report(live, report);
    }
    take_keys(live, message);
    if (message->changes > live->changes) {
        live->changes = message->changes;
    }
    live->releases += message->releases;
    struct live_job *next;
    for (struct live_job *job = message->jobs; job != NULL; job = next) {
        next = job->next;
        apply_job(live, job);
    }
    return message->licence_count + message->device_count + 1;
}
