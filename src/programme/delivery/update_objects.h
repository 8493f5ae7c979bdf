/* Update objects: what each role of the update repository has to sign, made of what the store holds now. */
#ifndef SEATMETER_PROGRAMME_DELIVERY_UPDATE_OBJECTS_H
#define SEATMETER_PROGRAMME_DELIVERY_UPDATE_OBJECTS_H

#include "programme/delivery/update_keys.h"

struct text update_root_object(struct arena *arena, const struct update_keys *keys, int64_t version,
                               int64_t expires_at_us);

/* Targets names the releases; snapshot and timestamp each name the newest file of the role before. */
enum status update_role_object(struct call *call, enum tuf_role role, int64_t version, int64_t expires_at_us,
                               struct text *object, struct fault *fault) MUST_CHECK;

#endif
