#include "machines.h"

#include "core/time/date.h"
#include "programme/call/authorise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t number_of(struct world *world, enum identifier_kind kind, struct text word) {
    int64_t id = 0;
    assert_true(identifier_decode(world->secret, kind, word, &id));
    return id;
}

struct text a_machine(struct world *world, struct text licence, const char *name, int32_t seat) {
    struct call call = world_call(world);
    unsigned char bytes[DEVICE_FINGERPRINT_BYTES];
    call.random->fill(call.random, bytes, sizeof bytes);
    struct text random = {(const char *)bytes, sizeof bytes};
    struct device device = {.licence_id = number_of(world, IDENTIFIER_LICENCE, licence),
                            .fingerprint = random,
                            .public_key = random,
                            .generation = 1,
                            .state = DEVICE_ACTIVE,
                            .seat = seat,
                            .name = text_of(name),
                            .activated_at_us = world->now_us,
                            .released_by = TEXT("")};
    struct device_seen seen = {.sequence = 3,
                               .link = UINT64_MAX,
                               .seen_at_s = world->now_us / 1000000,
                               .lease_expires_s = world->now_us / 1000000 + 86400};
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, device_insert(world->db, &device, &world->fault));
    WORLD_OK(world, device_profile_take(world->db, TEXT("4.2.0"), TEXT("firewall,mail"), &seen.profile_id,
                                        &world->fault));
    seen.device_id = device.id;
    WORLD_OK(world, device_seen_save(world->db, &seen, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    return identifier_text(&call, IDENTIFIER_DEVICE, device.id);
}

void it_was_seen(struct world *world, struct text device, const char *month_word, bool licensed) {
    struct month month;
    WORLD_OK(world, month_parse(text_of(month_word), "month", &month, &world->fault));
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, device_month_mark(world->db, month.index, number_of(world, IDENTIFIER_DEVICE, device),
                                      licensed, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

void it_became(struct world *world, struct text word, enum device_state state, int64_t clones,
               int64_t seat_until_s) {
    struct device device;
    bool found = false;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, device_load(world->db, &world->arena, number_of(world, IDENTIFIER_DEVICE, word), &device,
                                &found, &world->fault));
    assert_true(found);
    device.state = state;
    device.clones = clones;
    device.clone_seen_at_us = clones > 0 ? world->now_us : 0;
    device.seat_until_s = seat_until_s;
    device.released_at_us = state == DEVICE_RELEASED ? world->now_us : 0;
    WORLD_OK(world, device_update(world->db, &device, &world->fault));
    if (state == DEVICE_RELEASED) {
        WORLD_OK(world, device_release_note(world->db, &device, world->now_us, &world->fault));
    }
    WORLD_OK(world, db_commit(world->db, &world->fault));
}
