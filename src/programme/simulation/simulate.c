#include "programme/simulation/simulate.h"

#include "core/time/zone.h"
#include "programme/call/authorise.h"
#include "programme/parties/accounts.h"
#include "programme/parties/init_programme.h"
#include "programme/simulation/simulate_world.h"
#include "store/parties/programme.h"

#include <inttypes.h>
#include <stdio.h>

static enum status check_number(int64_t value, int64_t least, int64_t most, const char *field,
                                struct fault *fault) {
    if (value >= least && value <= most) {
        return STATUS_OK;
    }
    char word[24];
    snprintf(word, sizeof word, "%" PRId64, value);
    return fault_set(fault, STATUS_INVALID, "malformed-number", field, text_of(word),
                     "must be from %" PRId64 " to %" PRId64, least, most);
}

static enum status check_input(const struct simulate_input *input, struct fault *fault) {
    enum status status = check_number(input->providers, 1, SIMULATE_PROVIDERS_MAX, "providers", fault);
    if (status == STATUS_OK) {
        status = check_number(input->customers, input->providers, SIMULATE_LICENCES_MAX, "customers", fault);
    }
    if (status == STATUS_OK) {
        status = check_number(input->licences, 0, SIMULATE_LICENCES_MAX, "licences", fault);
    }
    return status == STATUS_OK ? check_number(input->months, 1, SIMULATE_MONTHS_MAX, "months", fault)
                               : status;
}

static enum status require_empty(struct call *call, struct fault *fault) {
    struct list_accounts_input all = {.page = {.limit = 2}};
    struct account_page page;
    enum status status = list_accounts(call, &all, &page, fault);
    if (status == STATUS_OK && page.count > 1) {
        status = fault_set(fault, STATUS_CONFLICT, "store-not-empty", "db", TEXT(""),
                           "a simulation needs an empty store; name a new one with --db");
    }
    return status;
}

/* The distributor, of a programme that is made where there is none yet. */
static enum status find_or_make_programme(struct sim *sim, struct fault *fault) {
    struct call *call = sim->call;
    struct programme programme;
    bool found;
    enum status status = call_begin(call, DB_READ, fault);
    if (status == STATUS_OK) {
        status = call_end(call, programme_find(call->db, &sim->arena, &found, &programme, fault), fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (found) {
        sim->distributor =
            text_copy(&sim->arena, identifier_text(call, IDENTIFIER_ACCOUNT, programme.distributor_id));
        sim->currency = programme.currency;
        sim->time_zone = programme.time_zone;
        return require_empty(call, fault);
    }
    struct init_programme_input init = {
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
    status = init_programme(call, &init, &distributor, fault);
    if (status == STATUS_OK) {
        sim->distributor = text_copy(&sim->arena, distributor.identifier);
        sim->currency = init.currency;
        sim->time_zone = init.time_zone;
    }
    return status;
}

static enum status choose_time(struct sim *sim, struct fault *fault) {
    const struct simulate_input *input = sim->input;
    enum status status = zone_open(sim->time_zone, "time_zone", &sim->zone, fault);
    if (status != STATUS_OK) {
        return status;
    }
    int64_t now_us = sim->call->now_us;
    sim->first_month = month_of(2026, 1);
    if (input->from.length > 0) {
        status = month_parse(input->from, "from", &sim->first_month, fault);
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
    return status;
}

enum status simulate(struct call *call, const struct simulate_input *input, struct simulate_result *result,
                     struct fault *fault) {
    struct sim sim = {.call = call, .input = input, .result = result};
    int64_t now_us = call->now_us;
    *result = (struct simulate_result){0};
    arena_init(&sim.arena);
    rng_seed(&sim.rng, input->seed);
    enum status status = check_input(input, fault);
    if (status == STATUS_OK) {
        status = find_or_make_programme(&sim, fault);
    }
    if (status == STATUS_OK) {
        status = choose_time(&sim, fault);
    }
    if (status == STATUS_OK) {
        call->now_us = sim.begins_at_us;
        status = simulate_setup(&sim, fault);
    }
    if (status == STATUS_OK) {
        status = simulate_life(&sim, fault);
    }
    call->now_us = now_us;
    zone_close(sim.zone);
    arena_clean_up(&sim.arena);
    return status;
}
