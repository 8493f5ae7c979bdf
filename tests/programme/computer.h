/* Computer: what activates, in a test's language: its key pair and fingerprint come of its name. */
#ifndef SEATMETER_TESTS_PROGRAMME_COMPUTER_H
#define SEATMETER_TESTS_PROGRAMME_COMPUTER_H

#include "programme/devices/activate_device.h"
#include "programme/devices/release_device.h"
#include "world.h"

struct computer {
    unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES];
    unsigned char public_key[DEVICE_KEY_BYTES];
    unsigned char secret_key[64];
    uint64_t link;
};
struct computer a_machine(const char *name);
/* The same machine, enrolled anew: with another key pair. */
void enrol_again(struct computer *machine);

/* The key of a licence. */
struct text key_of(struct world *world, struct text licence);

/* The request, signed, as the device door has parsed it; and the bytes of it. */
struct activation_request request_of(const struct computer *machine, struct text key);
struct text request_file(struct world *world, const struct computer *machine, struct text key);

/* Activates in a transaction of its own, as the device door does; fails the test at a fault. */
struct activation activate(struct world *world, const struct computer *machine, struct text licence);
/* The same by file: no envelope is made. */
struct activation activate_offline(struct world *world, const struct computer *machine, struct text licence);

enum status release(struct world *world, struct call call, int64_t device_id, struct released_device *out);

#endif
