#include "programme/simulation/simulate.h"

#include "core/time/zone.h"
#include "programme/call/authorise.h"
#include "programme/parties/accounts.h"
#include "programme/parties/init_programme.h"
#include "programme/simulation/simulate_life.h"
#include "programme/simulation/simulate_setup.h"
#include "store/parties/programme.h"

#include <inttypes.h>
#include <stdio.h>

static enum status require_within(int64_t value, int64_t least, int64_t most, const char *field,
                                  struct fault *fault) {
    if (value >= least && value <= most) {
        return STATUS_OK;
    }
    char word[24];
    snprintf(word, sizeof word, "%" PRId64, value);
    return fault_set(fault, STATUS_INVALID, "malformed-number", field, text_of(word),
                     "Give %s from %" PRId64 " to %" PRId64 ".", field, least, most);
}

static enum status check_input(const struct simulate_input *input, struct fault *fault) {
    TRY(require_within(input->providers, 1, SIMULATE_PROVIDERS_MAX, "providers", fault));
    TRY(require_within(input->customers, input->providers, SIMULATE_LICENCES_MAX, "customers", fault));
    TRY(require_within(input->licences, 0, SIMULATE_LICENCES_MAX, "licences", fault));
    return require_within(input->months, 1, SIMULATE_MONTHS_MAX, "months", fault);
}

static enum status require_empty(struct call *call, struct fault *fault) {
    struct list_accounts_input all = {.page = {.limit = 2}};
    struct account_page page;
    TRY(list_accounts(call, &all, &page, fault));
    if (page.count > 1) {
        return fault_set(fault, STATUS_CONFLICT, "store-not-empty", "db", TEXT(""),
                         "Name an empty store with --db: a simulation fills one of its own.");
    }
    return STATUS_OK;
}

/* A programme that the store may have. */
struct found_programme {
    bool found;
    struct programme programme;
};

static enum status do_find_programme(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    struct found_programme *found = output;
    (void)input;
    return programme_find(call->db, call->arena, &found->found, &found->programme, fault);
}

/* Takes over a programme that has been initialised and nothing else. */
static enum status take_programme(struct sim *sim, const struct programme *programme, struct fault *fault) {
    struct call *call = sim->call;
    sim->distributor =
        text_copy(&sim->arena, identifier_text(call, IDENTIFIER_ACCOUNT, programme->distributor_id));
    sim->currency = text_copy(&sim->arena, programme->currency);
    sim->time_zone = text_copy(&sim->arena, programme->time_zone);
    return require_empty(call, fault);
}

static enum status make_programme(struct sim *sim, struct fault *fault) {
    const struct init_programme_input init = {
        .distributor = TEXT("Meridian Distribution"),
        .code = TEXT("MERIDIAN"),
        .currency = TEXT("USD"),
        .time_zone = TEXT("UTC"),
        .address = TEXT("1200 Harbour Street\nSeattle, WA 98101"),
        .country = TEXT("US"),
        .tax_number = TEXT("91-1234567"),
        .email = TEXT("billing@meridian.example"),
    };
    struct account_view distributor;
    TRY(init_programme(sim->call, &init, &distributor, fault));
    sim->distributor = text_copy(&sim->arena, distributor.identifier);
    sim->currency = init.currency;
    sim->time_zone = init.time_zone;
    return STATUS_OK;
}

static enum status take_or_make_programme(struct sim *sim, struct fault *fault) {
    struct found_programme existing = {0};
    TRY(call_run(sim->call, DB_READ, do_find_programme, NULL, &existing, fault));
    return existing.found ? take_programme(sim, &existing.programme, fault) : make_programme(sim, fault);
}

static enum status choose_time(struct sim *sim, struct fault *fault) {
    const struct simulate_input *input = sim->input;
    TRY(zone_open(sim->time_zone, "time_zone", &sim->zone, fault));
    int64_t now_us = sim->call->now_us;
    sim->first_month = month_of(2026, 1);
    if (input->from.length > 0) {
        TRY(month_parse(input->from, "from", &sim->first_month, fault));
    } else if (input->until_now) {
        sim->first_month = month_plus(zone_month_at(sim->zone, now_us), 1 - (int)input->months);
    }
    struct month after = month_plus(sim->first_month, (int)input->months);
    sim->begins_at_us = zone_midnight_us(sim->zone, month_first_day(sim->first_month));
    /* Long enough after the last month for its reports and its close. */
    sim->until_us = zone_midnight_us(sim->zone, month_first_day(after)) + 10 * INT64_C(86400000000);
    if (input->until_now && sim->until_us > now_us) {
        sim->until_us = now_us;
    }
    return STATUS_OK;
}

static enum status live_through(struct sim *sim, struct fault *fault) {
    TRY(take_or_make_programme(sim, fault));
    TRY(choose_time(sim, fault));
    sim->call->now_us = sim->begins_at_us;
    TRY(simulate_setup(sim, fault));
    return simulate_life(sim, fault);
}

enum status simulate(struct call *call, const struct simulate_input *input, struct simulate_result *result,
                     struct fault *fault) {
    struct sim sim = {.call = call, .input = input, .result = result};
    int64_t now_us = call->now_us;
    TRY(check_input(input, fault));
    *result = (struct simulate_result){0};
    arena_init(&sim.arena);
    rng_seed(&sim.rng, input->seed);
    rng_seed(&sim.slips, ~input->seed);
    rng_seed(&sim.changes, input->seed ^ UINT64_C(0x5ea70004));
    call->any_clock = true; /* it has a time of its own */
    enum status status = live_through(&sim, fault);
    call->any_clock = false;
    call->now_us = now_us;
    zone_close(sim.zone);
    arena_clean_up(&sim.arena);
    return status;
}
