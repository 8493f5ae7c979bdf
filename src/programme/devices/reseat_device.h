/* Giving an active device its seat again: one that has none within its licence's seats gets the smallest free
 * one, and one that was silent for so long that its seat could be given away keeps it, if it still has it.
 *
 * The store then says until when its next lease runs, so that no activation takes the seat before the device
 * door has saved the lease itself. */
#ifndef SEATMETER_PROGRAMME_DEVICES_RESEAT_DEVICE_H
#define SEATMETER_PROGRAMME_DEVICES_RESEAT_DEVICE_H

#include "core/licence/decision.h"
#include "programme/call/call.h"
#include "store/devices/devices.h"

struct reseating {
    enum lease_code answer; /* as device_decide has it afterwards */
    struct door_licence_row licence;
    struct device device; /* id 0 where there is no such device (LEASE_CODE_UNKNOWN_DEVICE) */
    struct device_seen seen;
};

/* In a write transaction of the caller's, which may hold many. For the device door: checks no rights. */
enum status reseat_device(struct call *call, int64_t device_id, struct reseating *out,
                          struct fault *fault) MUST_CHECK;

#endif
