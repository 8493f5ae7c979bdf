/* Run: waits for whatever comes first: a check-in that is due, a look for updates, the end of a lease, a hook
 * that is to be told again, a signal.
 *
 * When to check in the library says (the lease's wish with jitter, or a back-off). Between two rounds lies a
 * second at least, whatever anybody says, so that no mistake of anybody makes it spin. */
#include "run.h"

#include "tell.h"
#include "update.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    SHORTEST_PAUSE_MS = 1000,
    AFTER_FAILURE_MS = 5000,      /* at least, before the next check-in */
    LONGEST_PAUSE_MS = 60 * 1000, /* another process may have changed the store */
    FIRST_RETRY_MS = 60 * 1000,   /* of what failed; doubled each time, up to: */
    LONGEST_RETRY_MS = 3600 * 1000,
    FIRST_LOOK_MS = 10 * 1000,
    LONGEST_WAIT_S = 366 * 86400
};

struct rounds {
    int64_t check_in_at_ms; /* monotonic; all of them */
    int64_t look_at_ms;
    int64_t tell_at_ms; /* 0: all is told */
    int64_t look_retry_ms;
    int64_t tell_retry_ms;
};

int64_t run_jittered_ms(int64_t seconds) {
    uint64_t chance = 0;
    randombytes_buf(&chance, sizeof chance);
    int64_t whole = seconds * 1000;
    return whole - whole / 10 + (int64_t)(chance % (uint64_t)(whole / 5 + 1));
}

static int64_t earlier(int64_t first, int64_t second) {
    return first < second ? first : second;
}

static int64_t doubled(int64_t retry_ms) {
    return retry_ms == 0 ? FIRST_RETRY_MS : 2 * retry_ms < LONGEST_RETRY_MS ? 2 * retry_ms : LONGEST_RETRY_MS;
}

/* Asks the library when the next check-in is due. */
static void plan_check_in(struct agent *agent, struct rounds *rounds, int64_t least_ms) {
    int64_t wait_s = 0;
    int64_t wait_ms = least_ms;
    if (sm_next_check_in(agent->client, &wait_s) == SM_OK && wait_s < LONGEST_WAIT_S) {
        wait_ms = wait_s * 1000 > least_ms ? wait_s * 1000 : least_ms;
    }
    rounds->check_in_at_ms = platform_now_ms() + wait_ms;
}

static void check_in(struct agent *agent, struct rounds *rounds) {
    enum sm_code code = agent_follow_version(agent);
    if (code == SM_OK) {
        code = sm_check_in(agent->client);
    }
    if ((code == SM_STORE_BROKEN || code == SM_DISK_FULL) && agent->client != NULL) {
        update_make_room(agent);
        code = sm_check_in(agent->client);
    }
    if (code != SM_OK && code != SM_NOT_ACTIVATED && !agent->signals.is_stopping) {
        agent_complain(agent_is_waiting(code) ? "the activation waits" : "the check-in was not answered",
                       code, "");
    }
    plan_check_in(agent, rounds,
                  code == SM_OK              ? SHORTEST_PAUSE_MS
                  : code == SM_NOT_ACTIVATED ? LONGEST_PAUSE_MS
                                             : AFTER_FAILURE_MS);
}

/* A download gives way to a check-in, and to the end of the lease, of which the hook is to be told. */
static void look_for_updates(struct agent *agent, struct rounds *rounds, const struct sm_answer *answer) {
    char path[SETTING_PATH_BYTES];
    agent->give_way_at_ms = rounds->check_in_at_ms;
    if (answer->expires > answer->now && answer->expires - answer->now < LONGEST_WAIT_S) {
        agent->give_way_at_ms =
            earlier(agent->give_way_at_ms, platform_now_ms() + (answer->expires - answer->now) * 1000);
    }
    enum sm_code code = agent_follow_version(agent);
    code = code == SM_OK ? update_look(agent) : code;
    bool gave_way = platform_now_ms() >= agent->give_way_at_ms;
    agent->give_way_at_ms = 0;
    if (code == SM_OK || code == SM_UNKNOWN_TARGET) {
        agent_path(agent, "told", path);
        (void)told_keep(&agent->told, path);
        rounds->look_retry_ms = 0;
        rounds->look_at_ms = platform_now_ms() + run_jittered_ms(agent->settings.update_interval_s);
    } else if (gave_way) {
        rounds->look_at_ms = platform_now_ms(); /* after the check-in it goes on */
    } else {
        rounds->look_retry_ms = doubled(rounds->look_retry_ms);
        rounds->look_at_ms = platform_now_ms() + run_jittered_ms(rounds->look_retry_ms / 1000);
    }
}

/* Tells what has changed, unless a hook that failed is to be left alone for a while. */
static void tell_of(struct agent *agent, struct rounds *rounds, const struct sm_answer *answer) {
    if (platform_now_ms() < rounds->tell_at_ms) {
        return;
    }
    if (tell_changes(agent, answer)) {
        rounds->tell_at_ms = 0;
        rounds->tell_retry_ms = 0;
    } else {
        rounds->tell_retry_ms = doubled(rounds->tell_retry_ms);
        rounds->tell_at_ms = platform_now_ms() + rounds->tell_retry_ms;
    }
}

/* Until when to sleep: the first thing that comes. */
static int64_t pause_ms(const struct agent *agent, const struct rounds *rounds,
                        const struct sm_answer *answer) {
    int64_t now_ms = platform_now_ms();
    int64_t pause = earlier(LONGEST_PAUSE_MS, rounds->check_in_at_ms - now_ms);
    if (update_is_wanted(agent)) {
        pause = earlier(pause, rounds->look_at_ms - now_ms);
    }
    if (rounds->tell_at_ms != 0) {
        pause = earlier(pause, rounds->tell_at_ms - now_ms);
    }
    if (answer->expires > answer->now && answer->expires - answer->now < LONGEST_PAUSE_MS / 1000) {
        pause = earlier(pause, (answer->expires - answer->now) * 1000);
    }
    return pause < SHORTEST_PAUSE_MS ? SHORTEST_PAUSE_MS : pause;
}

/* One round of what is due; false where the agent is to stop. */
static bool one_round(struct agent *agent, struct rounds *rounds, struct sm_answer *answer) {
    bool is_asked = agent->signals.is_asked;
    agent->signals.is_asked = false;
    if (is_asked || platform_now_ms() >= rounds->check_in_at_ms) {
        check_in(agent, rounds);
    }
    if (agent->signals.is_stopping || agent->client == NULL) {
        return false;
    }
    (void)sm_check(agent->client, answer);
    tell_of(agent, rounds, answer);
    if (update_is_wanted(agent) && answer->expires != 0 &&
        (is_asked || platform_now_ms() >= rounds->look_at_ms)) {
        look_for_updates(agent, rounds, answer);
        if (agent->client == NULL) {
            return false;
        }
        tell_of(agent, rounds, answer);
    }
    return !agent->signals.is_stopping;
}

/* Until then, or until it is told to stop, or asked to look, which it does once a second at most. */
static void sleep_until(struct agent *agent, int64_t until_ms) {
    int64_t soonest_ms = platform_now_ms() + SHORTEST_PAUSE_MS;
    while (!agent->signals.is_stopping) {
        int64_t now_ms = platform_now_ms();
        int64_t end_ms = agent->signals.is_asked ? soonest_ms : until_ms;
        if (now_ms >= end_ms) {
            return;
        }
        signals_wait(&agent->signals, end_ms - now_ms);
    }
}

static int run_rounds(struct agent *agent) {
    struct sm_answer answer = {.size = sizeof answer};
    struct rounds rounds = {.look_at_ms = platform_now_ms() + run_jittered_ms(FIRST_LOOK_MS / 1000)};
    char path[SETTING_PATH_BYTES];
    agent_path(agent, "told", path);
    told_load(&agent->told, path);
    plan_check_in(agent, &rounds, 0);
    fprintf(stderr, "seatmeter-agent: runs for %s at %s\n", agent->settings.product, agent->settings.server);
    while (one_round(agent, &rounds, &answer)) {
        signals_take(&agent->signals);
        sleep_until(agent, platform_now_ms() + pause_ms(agent, &rounds, &answer));
    }
    fprintf(stderr, "seatmeter-agent: stops\n");
    return agent->signals.is_stopping ? EXIT_WELL : EXIT_NOT;
}

int run_daemon(struct agent *agent) {
    int64_t holder = 0;
    if (agent_open(agent, true) != SM_OK) {
        return EXIT_WRONG;
    }
    if (!agent_lock(agent, &holder)) {
        fprintf(stderr, "seatmeter-agent: process %" PRId64 " runs with this state directory already\n",
                holder);
        return EXIT_WRONG;
    }
    return run_rounds(agent);
}
