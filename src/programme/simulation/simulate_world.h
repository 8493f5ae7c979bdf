/* Simulated world: the simulation's own picture of its programme, which simulate_setup makes and
 * simulate_life lives through.
 *
 * It knows enough of each licence never to ask a use case for something impossible, so any refusal is a bug
 * of the simulation or of the programme, and stops it. */
#ifndef SEATMETER_PROGRAMME_SIMULATION_SIMULATE_WORLD_H
#define SEATMETER_PROGRAMME_SIMULATION_SIMULATE_WORLD_H

#include "core/base/rng.h"
#include "core/licence/licence_state.h"
#include "core/time/date.h"
#include "core/time/zone.h"
#include "programme/simulation/simulate_input.h"

enum { SIM_VENDORS = 3, SIM_BLOCKS_PER_PROVIDER_MAX = 16, SIM_SKUS = 420 };

struct sim_sku {
    struct text code;
    struct text name;
    int vendor;
    int64_t cost_millionths; /* what the distributor pays for one unit */
};

struct sim_block {
    struct text identifier;
    int sku; /* index; SIM_SKUS for the provider's bundle */
    int64_t size;
    int64_t issued;
};

struct sim_provider {
    struct text code;
    struct text seller;
    struct text currency; /* that it bills its customers in */
    struct text time_zone;
    struct text bundle; /* code; empty where it has none */
    struct sim_block blocks[SIM_BLOCKS_PER_PROVIDER_MAX];
    int block_count;
    bool suspended;
};

struct sim_customer {
    struct text code;
    int64_t provider;     /* index */
    struct text currency; /* of its agreement's latest terms */
    struct text time_zone;
    int32_t zone_from;   /* the month, from the first, from which on it is in that zone */
    struct text move;    /* mov_…, while it is about to go to another provider */
    int64_t moves_to;    /* index */
    int32_t moves_month; /* the first there */
    bool suspended;
    bool gone; /* or at another provider, where it rests */
};

/* What a change made of a licence. */
struct sim_mark {
    enum licence_state state;
    int32_t seats;
    int64_t at_us;
};

struct sim_licence {
    struct text identifier;
    int64_t customer; /* index */
    int32_t block;    /* index into the provider's */
    int32_t seats;
    enum licence_state state;
    bool issued;
    int64_t last_at_us; /* of its last change */
    struct sim_mark last;
    struct sim_mark before; /* the change before that one */
};

struct sim {
    struct call *call;
    const struct simulate_input *input;
    struct simulate_result *result;
    struct rng rng;
    struct rng changes; /* of amendments, moves and late changes; as the next */
    struct rng slips;   /* of mistakes that are undone: they change nothing else of a seed's world */
    struct arena arena; /* of this picture; the call's own arena is emptied between batches */
    struct month first_month;
    int64_t begins_at_us;
    int64_t until_us; /* nothing happens after it */
    struct text distributor;
    struct text currency;
    struct text time_zone;
    struct zone *zone;
    struct text vendors[SIM_VENDORS];
    struct sim_sku skus[SIM_SKUS];
    struct text *sub_distributors;
    int64_t sub_distributor_count;
    struct sim_provider *providers;
    struct sim_customer *customers;
    struct sim_licence *licences;
};

#endif
