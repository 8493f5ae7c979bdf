#include "service/upkeep.h"

#include "machine/clock.h"
#include "machine/random.h"
#include "programme/call/call.h"
#include "programme/delivery/update_repository.h"
#include "programme/licensing/carry_out_move.h"
#include "programme/parties/heartbeat.h"
#include "service/rounds.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUND_S = 60, ROUNDS_PER_SWEEP = 60 };

struct upkeep {
    struct upkeep_options options;
    struct db *db; /* NULL while the store cannot be reached */
    struct rounds *rounds;
    int64_t round_count;
    int64_t wall_us; /* both clocks when the heartbeat was kept last; 0: never */
    int64_t since_start_us;
};

/* A round's extra work: the first one may find the clock put right while nothing ran. */
struct round {
    bool sweeps;
    bool trusts_clock;
};

static enum status keep_up(struct upkeep *upkeep, struct call *call, struct round round,
                           struct fault *fault) {
    if (upkeep->db == NULL) {
        TRY(db_open(upkeep->options.database_url, &upkeep->db, fault));
    }
    call->db = upkeep->db;
    int64_t since_start_us = machine_since_start_us();
    int64_t ahead_us = call->now_us - upkeep->wall_us - (since_start_us - upkeep->since_start_us);
    const struct keep_heartbeat_input heartbeat = {.trusts_clock = round.trusts_clock,
                                                   .has_leapt = upkeep->wall_us != 0 &&
                                                                ahead_us > CLOCK_LEAP_RUNNING_US};
    TRY(keep_heartbeat(call, &heartbeat, fault));
    upkeep->wall_us = call->now_us;
    upkeep->since_start_us = since_start_us;
    TRY(renew_updates(call, &(struct renew_updates_input){.all = false}, NULL, fault));
    if (round.sweeps) {
        TRY(artifact_sweep(upkeep->options.artifacts, call->now_us, NULL, fault));
    }
    int64_t moved = 0;
    return carry_out_due_moves(call, &moved, fault);
}

/* One round; a connection that failed is made anew in the next. */
static enum status do_round(struct upkeep *upkeep, struct round round, struct fault *fault) {
    struct arena arena;
    arena_init(&arena);
    struct call call = {.arena = &arena,
                        .actor = {.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL},
                        .now_us = machine_now_us(),
                        .secret = upkeep->options.secret,
                        .random = machine_random_source(),
                        .artifacts = upkeep->options.artifacts};
    enum status status = keep_up(upkeep, &call, round, fault);
    if (status == STATUS_INTERNAL) {
        db_close(upkeep->db);
        upkeep->db = NULL;
    }
    arena_clean_up(&arena);
    return status;
}

static void try_round(struct upkeep *upkeep, struct round round) {
    struct fault fault;
    if (do_round(upkeep, round, &fault) != STATUS_OK) {
        fprintf(stderr, "seatmeter: upkeep: %s (%s)\n", fault.message, fault.code);
    }
}

static bool do_next_round(struct rounds *rounds, void *context) {
    struct upkeep *upkeep = context;
    (void)rounds;
    upkeep->round_count++;
    try_round(upkeep, (struct round){.sweeps = upkeep->round_count % ROUNDS_PER_SWEEP == 0});
    return false;
}

enum status upkeep_start(const struct upkeep_options *options, struct upkeep **upkeep, struct fault *fault) {
    struct upkeep *made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    made->options = *options;
    try_round(made, (struct round){.sweeps = true, .trusts_clock = machine_clock_is_synchronised()});
    const struct rounds_options rounds = {
        .apart_s = ROUND_S, .waits_first = true, .round = do_next_round, .context = made};
    enum status status = rounds_start(&rounds, &made->rounds, fault);
    if (status != STATUS_OK) {
        db_close(made->db);
        free(made);
        return status;
    }
    *upkeep = made;
    return STATUS_OK;
}

void upkeep_stop(struct upkeep *upkeep) {
    if (upkeep == NULL) {
        return;
    }
    rounds_stop(upkeep->rounds);
    db_close(upkeep->db);
    free(upkeep);
}
