#include "device/live/live_message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct live_message *live_message_new(void) {
    struct live_message *message = calloc(1, sizeof *message);
    if (message == NULL) {
        abort();
    }
    arena_init(&message->arena);
    return message;
}

void live_message_free(struct live_message *message) {
    if (message == NULL) {
        return;
    }
    while (message->skus != NULL) {
        struct live_sku_update *next = message->skus->next;
        live_sku_update_free(message->skus);
        message->skus = next;
    }
    live_profile_reports_free(message->reports);
    live_keys_free(message->keys);
    arena_clean_up(&message->arena);
    free(message);
}

bool live_message_is_empty(const struct live_message *message) {
    return message->skus == NULL && message->licence_count == 0 && message->device_count == 0 &&
           message->reports == NULL && message->keys == NULL && message->jobs == NULL &&
           message->changes == 0 && message->releases == 0;
}

enum status live_number_check(int64_t number, struct fault *fault) {
    if (number >= 1 && number <= UINT32_MAX) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "store-too-large", NULL, TEXT(""),
                     "A device door holds at most 4294967295 licences and devices.");
}

enum status live_licence_row_check(const struct door_licence_row *row, struct fault *fault) {
    return live_number_check(row->id, fault);
}

enum status live_device_row_check(const struct door_device_row *row, struct fault *fault) {
    TRY(live_number_check(row->id, fault));
    TRY(live_number_check(row->licence_id, fault));
    if (row->fingerprint.length != DEVICE_FINGERPRINT_BYTES) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", "fingerprint", TEXT(""),
                         "Device number %lld has a fingerprint of %zu bytes.", (long long)row->id,
                         row->fingerprint.length);
    }
    return STATUS_OK;
}

enum status live_message_add_licence(struct live_message *message, const struct door_licence_row *row,
                                     struct fault *fault) {
    TRY(live_licence_row_check(row, fault));
    message->licences = arena_grow(&message->arena, message->licences, message->licence_count,
                                   &message->licence_capacity, sizeof *message->licences);
    message->licences[message->licence_count++] = *row;
    assert(message->licence_count <= message->licence_capacity);
    return STATUS_OK;
}

enum status live_message_add_device(struct live_message *message, const struct door_device_row *row,
                                    const struct device_seen *seen, int64_t stamp, bool begins_chain,
                                    struct fault *fault) {
    TRY(live_device_row_check(row, fault));
    message->devices = arena_grow(&message->arena, message->devices, message->device_count,
                                  &message->device_capacity, sizeof *message->devices);
    struct live_device_update *update = &message->devices[message->device_count++];
    *update = (struct live_device_update){.id = row->id,
                                          .licence_id = row->licence_id,
                                          .generation = row->generation,
                                          .activated_at_us = row->activated_at_us,
                                          .seen = *seen,
                                          .stamp = (uint32_t)stamp,
                                          .seat = row->seat,
                                          .state = row->state,
                                          .begins_chain = begins_chain};
    memcpy(update->fingerprint, row->fingerprint.at, DEVICE_FINGERPRINT_BYTES);
    assert(message->device_count <= message->device_capacity);
    return STATUS_OK;
}

static enum status add_queried_device(struct live_message *message, struct db_rows *rows, int64_t stamp,
                                      int64_t *licence_id, struct fault *fault) {
    struct door_device_row row;
    struct device_seen seen;
    bool have_row = false;
    TRY(db_next(rows, &have_row, fault));
    if (!have_row) {
        return STATUS_OK;
    }
    TRY(door_device_and_seen_read(rows, &row, &seen, fault));
    TRY(live_message_add_device(message, &row, &seen, stamp, false, fault));
    *licence_id = row.licence_id;
    return STATUS_OK;
}

enum status live_message_read_device(struct live_message *message, struct db *db, int64_t device_id,
                                     int64_t stamp, int64_t *licence_id, struct fault *fault) {
    struct db_rows *rows = NULL;
    *licence_id = 0;
    TRY(door_device_query(db, device_id, &rows, fault));
    enum status status = add_queried_device(message, rows, stamp, licence_id, fault);
    db_rows_close(rows);
    return status;
}

void live_message_add_sku(struct live_message *message, struct live_sku_update *update) {
    update->next = message->skus;
    message->skus = update;
}
