#include "machine/random.h"

#include <sodium.h>

void machine_random(void *bytes, size_t size_bytes) {
    randombytes_buf(bytes, size_bytes);
}

static void fill_from_machine(struct random_source *source, void *bytes, size_t size_bytes) {
    (void)source;
    machine_random(bytes, size_bytes);
}

struct random_source *machine_random_source(void) {
    static struct random_source machine = {fill_from_machine};
    return &machine;
}
