/* Kept usage against the meter: what goes on with each event comes to what the whole log comes to. */
#include "core/base/rng.h"
#include "core/usage/kept_replay.h"
#include "core/usage/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LICENCES_MAX = 7, EVENTS_MAX = 60, MONTHS = 5, ROUNDS = 600 };
static const int64_t HOUR_US = INT64_C(3600) * 1000000;

/* Zones whose days begin oddly, and a month of each in which they do. */
struct odd_zone {
    const char *name;
    int year;
    int month;
};
static const struct odd_zone ZONES[] = {{"UTC", 2026, 1},
                                        {"America/New_York", 2026, 2},
                                        {"Europe/Lisbon", 2026, 9},
                                        {"America/Havana", 2026, 2},
                                        {"Pacific/Apia", 2011, 10},
                                        {"Asia/Kathmandu", 1985, 11},
                                        {"Africa/Casablanca", 2026, 1},
                                        {"America/Sao_Paulo", 2018, 9}};
enum { ZONE_COUNT = sizeof ZONES / sizeof ZONES[0] };

struct trial {
    struct arena arena;
    struct rng rng;
    struct zone *zone;
    struct month first; /* of MONTHS */
    struct kept_calendar calendar;
    struct kept_level ranges[LICENCES_MAX];
    size_t licence_count;
    struct kept_event events[EVENTS_MAX];
    size_t event_count;
};

static struct month_span span_of(struct trial *trial, struct month month) {
    struct month_span span;
    zone_month_span(trial->zone, month, &span);
    return span;
}

/* An instant of the months, or the one before it: often a midnight, or an hour beside one. */
static int64_t a_later_instant(struct trial *trial, int64_t than_us) {
    struct rng *rng = &trial->rng;
    struct month_span span = span_of(trial, trial->first);
    int64_t at_us = than_us;
    switch (rng_below(rng, 6)) {
    case 0:
    case 1:
        return than_us;
    case 2: { /* a midnight that follows */
        struct month month = month_plus(trial->first, (int)rng_below(rng, MONTHS));
        span = span_of(trial, month);
        at_us = span.midnights_us[rng_below(rng, (uint64_t)span.days)];
        break;
    }
    case 3:
        at_us += rng_between(rng, 1, 30) * 24 * HOUR_US;
        break;
    case 4:
        at_us += 1;
        break;
    default:
        at_us += rng_between(rng, 1, 40) * HOUR_US / 4;
    }
    struct month_span last = span_of(trial, month_plus(trial->first, MONTHS - 1));
    bool is_within = at_us >= than_us && at_us < last.midnights_us[last.days];
    return is_within ? at_us : than_us;
}

static struct kept_level a_range(struct trial *trial) {
    switch (rng_below(&trial->rng, 5)) {
    case 0:
        return (struct kept_level){0, 1};
    case 1:
        return (struct kept_level){2, KEPT_EDGE_MAX};
    case 2:
        return (struct kept_level){1, 3};
    default:
        return (struct kept_level){0, KEPT_EDGE_MAX};
    }
}

static void open_trial(struct trial *trial, uint64_t seed) {
    struct fault fault;
    const struct odd_zone *of = &ZONES[seed % ZONE_COUNT];
    *trial = (struct trial){.first = month_of(of->year, of->month)};
    arena_init(&trial->arena);
    rng_seed(&trial->rng, seed);
    assert_int_equal(zone_open(text_of(of->name), "zone", &trial->zone, &fault), STATUS_OK);
    trial->calendar = (struct kept_calendar){.arena = &trial->arena, .zone = trial->zone};
    trial->licence_count = 1 + rng_below(&trial->rng, LICENCES_MAX);
    bool are_alike = rng_chance(&trial->rng, 1, 2);
    for (size_t i = 0; i < trial->licence_count; i++) {
        trial->ranges[i] = are_alike ? (struct kept_level){0, KEPT_EDGE_MAX} : a_range(trial);
    }
    int64_t now_us = span_of(trial, trial->first).midnights_us[0];
    now_us -= rng_chance(&trial->rng, 1, 2) ? 0 : HOUR_US * rng_between(&trial->rng, 0, 3);
    trial->event_count = rng_below(&trial->rng, EVENTS_MAX + 1);
    for (size_t i = 0; i < trial->event_count; i++) {
        now_us = a_later_instant(trial, now_us);
        int32_t seats = rng_chance(&trial->rng, 1, 3) ? 0 : (int32_t)rng_between(&trial->rng, 1, 9);
        trial->events[i] = (struct kept_event){now_us, (uint32_t)rng_below(&trial->rng, trial->licence_count),
                                               seats, seats > 0};
    }
}

static void close_trial(struct trial *trial) {
    zone_close(trial->zone);
    arena_clean_up(&trial->arena);
}

static struct kept_rows replayed(struct trial *trial) {
    struct kept_rows rows = {0};
    const struct kept_group group = {trial->ranges, trial->licence_count, trial->events, trial->event_count};
    assert_true(kept_replay(&group, &trial->calendar, &trial->arena, &rows));
    return rows;
}

/* The row that answers for a level's month: its own, or what the one before it left. */
static struct kept_usage answer(const struct kept_rows *rows, int32_t depth, struct month month,
                                const struct month_span *span) {
    struct kept_usage found = kept_usage_begin(0, 0, span);
    for (size_t i = 0; i < rows->count; i++) {
        const struct kept_row *row = &rows->items[i];
        if (depth < row->level.first_edge || depth > row->level.last_edge || row->month.index > month.index) {
            continue;
        }
        found = row->month.index == month.index
                    ? row->usage
                    : kept_usage_begin(row->usage.seats, row->usage.first_on_at_us, span);
    }
    assert_true(kept_usage_is_sound(&found, span));
    return found;
}

/* The whole log of the licences that an edge bills, as the meter takes it. */
static struct meter_group log_of(struct trial *trial, int32_t depth, struct seat_change *changes,
                                 const int32_t *nothing) {
    size_t count = 0;
    for (size_t i = 0; i < trial->event_count; i++) {
        struct kept_level range = trial->ranges[trial->events[i].licence];
        if (range.first_edge <= depth && depth <= range.last_edge) {
            changes[count++] = (struct seat_change){trial->events[i].at_us, trial->events[i].licence,
                                                    trial->events[i].seats_after};
        }
    }
    return (struct meter_group){nothing, trial->licence_count, changes, count};
}

static int64_t first_on_of(const struct trial *trial, int32_t depth) {
    for (size_t i = 0; i < trial->event_count; i++) {
        struct kept_level range = trial->ranges[trial->events[i].licence];
        if (range.first_edge <= depth && depth <= range.last_edge && trial->events[i].turns_on) {
            return trial->events[i].at_us;
        }
    }
    return 0;
}

/* Every month, on edges of every depth, under every policy. */
static void the_rows_say_what_the_meter_says(struct trial *trial, const struct kept_rows *rows) {
    static const int32_t nothing[LICENCES_MAX];
    struct meter_scratch scratch = {.arena = &trial->arena};
    struct seat_change changes[EVENTS_MAX];
    for (int32_t depth = 0; depth < 5; depth++) {
        struct meter_group group = log_of(trial, depth, changes, nothing);
        for (int month = -1; month <= MONTHS; month++) {
            struct month of = month_plus(trial->first, month);
            struct month_span span = span_of(trial, of);
            struct kept_usage kept = answer(rows, depth, of, &span);
            int64_t first_on_at_us = first_on_of(trial, depth);
            for (int i = POLICY_PEAK; i <= POLICY_DAILY; i++) {
                enum metering_policy policy = (enum metering_policy)i;
                struct quantity measured = {-1, -1};
                struct fault fault;
                assert_int_equal(
                    meter_measure(&group, policy, &span, span.midnights_us[0], &scratch, &measured, &fault),
                    STATUS_OK);
                struct quantity said = kept_usage_quantity(&kept, &span, policy);
                assert_int_equal(said.parts, measured.parts);
                assert_int_equal(said.parts_per_unit, measured.parts_per_unit);
            }
            if (kept.seats > 0 || kept.any_seats > 0) {
                assert_int_equal(kept.first_on_at_us, first_on_at_us);
            }
        }
    }
}

static void a_replayed_log_comes_to_what_the_meter_says(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct trial trial;
        open_trial(&trial, seed);
        struct kept_rows rows = replayed(&trial);
        the_rows_say_what_the_meter_says(&trial, &rows);
        close_trial(&trial);
    }
}

/* What the store asks the log for: the licence's events up to this one. */
static struct kept_change change_of_log(const struct trial *trial, size_t event,
                                        const struct month_span *span) {
    struct kept_step steps[EVENTS_MAX];
    size_t count = 0;
    int32_t seats = 0;
    for (size_t i = 0; i <= event; i++) {
        if (trial->events[i].licence == trial->events[event].licence) {
            steps[count++] = (struct kept_step){trial->events[i].at_us, seats};
            seats = trial->events[i].seats_after;
        }
    }
    return (struct kept_change){trial->events[event].at_us, steps[count - 1].seats_before, seats,
                                kept_highest_before(steps, count, span)};
}

static void events_that_are_appended_come_to_what_a_replay_makes(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct trial trial;
        open_trial(&trial, seed);
        for (size_t i = 0; i < trial.licence_count; i++) {
            trial.ranges[i] = (struct kept_level){0, KEPT_EDGE_MAX};
        }
        struct kept_rows appended = {0};
        for (size_t i = 0; i < trial.event_count; i++) {
            const struct kept_span *span = kept_calendar_at(&trial.calendar, trial.events[i].at_us);
            const struct kept_row *last = appended.count == 0 ? NULL : &appended.items[appended.count - 1];
            if (last == NULL || last->month.index != span->month.index) {
                struct kept_row begun = {{0, KEPT_EDGE_MAX},
                                         span->month,
                                         kept_usage_begin(last == NULL ? 0 : last->usage.seats,
                                                          last == NULL ? 0 : last->usage.first_on_at_us,
                                                          &span->span)};
                appended.items = arena_grow(&trial.arena, appended.items, appended.count, &appended.capacity,
                                            sizeof *appended.items);
                appended.items[appended.count++] = begun;
            }
            struct kept_usage *usage = &appended.items[appended.count - 1].usage;
            struct kept_change change = change_of_log(&trial, i, &span->span);
            if (trial.events[i].turns_on && usage->first_on_at_us == 0) {
                usage->first_on_at_us = trial.events[i].at_us;
            }
            assert_true(kept_usage_append(usage, &span->span, &change));
        }
        struct kept_rows made = replayed(&trial);
        assert_int_equal(appended.count, made.count);
        for (size_t i = 0; i < made.count; i++) {
            assert_int_equal(appended.items[i].month.index, made.items[i].month.index);
            assert_memory_equal(&appended.items[i].usage, &made.items[i].usage, sizeof(struct kept_usage));
        }
        the_rows_say_what_the_meter_says(&trial, &appended);
        close_trial(&trial);
    }
}

static void a_month_that_is_cut_off_after_its_last_change_is_measured_so(void **state) {
    (void)state;
    static const int32_t nothing[LICENCES_MAX];
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct trial trial;
        struct seat_change changes[EVENTS_MAX];
        open_trial(&trial, seed);
        struct kept_rows rows = replayed(&trial);
        struct meter_group group = log_of(&trial, 0, changes, nothing);
        struct meter_scratch scratch = {.arena = &trial.arena};
        for (int month = 0; month < MONTHS; month++) {
            struct month_span span = span_of(&trial, month_plus(trial.first, month));
            struct kept_usage kept = answer(&rows, 0, month_plus(trial.first, month), &span);
            int64_t until_us = rng_between(&trial.rng, kept.changed_at_us + 1, span.midnights_us[span.days]);
            while (span.days > 0 && span.midnights_us[span.days - 1] >= until_us) {
                span.days--;
            }
            if (span.days == 0) {
                continue;
            }
            span.midnights_us[span.days] = until_us;
            for (int i = POLICY_PEAK; i <= POLICY_DAILY; i++) {
                struct quantity measured = {-1, -1};
                struct fault fault;
                assert_int_equal(meter_measure(&group, (enum metering_policy)i, &span, span.midnights_us[0],
                                               &scratch, &measured, &fault),
                                 STATUS_OK);
                assert_int_equal(kept_usage_quantity(&kept, &span, (enum metering_policy)i).parts,
                                 measured.parts);
            }
        }
        close_trial(&trial);
    }
}

static void a_change_before_the_last_one_is_not_appended(void **state) {
    (void)state;
    struct trial trial;
    open_trial(&trial, 1);
    struct month_span span = span_of(&trial, trial.first);
    struct kept_usage kept = kept_usage_begin(3, 1, &span);
    struct kept_change change = {span.midnights_us[4] + 5, 3, 5, 3};
    assert_true(kept_usage_append(&kept, &span, &change));
    struct kept_usage before = kept;
    change.at_us--;
    assert_false(kept_usage_append(&kept, &span, &change));
    change.at_us = span.midnights_us[span.days];
    assert_false(kept_usage_append(&kept, &span, &change));
    assert_memory_equal(&kept, &before, sizeof kept);
    close_trial(&trial);
}

static void numbers_that_no_month_has_are_not_sound(void **state) {
    (void)state;
    struct trial trial;
    open_trial(&trial, 1);
    struct month_span span = span_of(&trial, trial.first);
    struct kept_usage sound = kept_usage_begin(3, 1, &span);
    struct kept_change change = {span.midnights_us[4] + 5, 3, 5, 3};
    assert_true(kept_usage_append(&sound, &span, &change));
    static const int64_t ODD[] = {-1, INT64_MAX, INT64_MIN};
    int64_t *members[] = {&sound.opening_seats, &sound.seats, &sound.changed_at_us, &sound.peak_before,
                          &sound.any_seats,     &sound.day,   &sound.day_peak,      &sound.seat_days};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        for (size_t k = 0; k < sizeof ODD / sizeof ODD[0]; k++) {
            int64_t kept = *members[i];
            *members[i] = ODD[k];
            assert_false(kept_usage_is_sound(&sound, &span));
            *members[i] = kept;
        }
    }
    sound.day++;
    assert_false(kept_usage_is_sound(&sound, &span));
    close_trial(&trial);
}

static void a_log_that_goes_back_or_below_nothing_is_not_kept(void **state) {
    (void)state;
    struct trial trial;
    struct kept_rows rows = {0};
    open_trial(&trial, 1);
    int64_t at_us = span_of(&trial, trial.first).midnights_us[3];
    struct kept_event events[] = {{at_us, 0, 4, true}, {at_us - 1, 0, 2, false}};
    struct kept_level range = {0, KEPT_EDGE_MAX};
    struct kept_group group = {&range, 1, events, 2};
    assert_false(kept_replay(&group, &trial.calendar, &trial.arena, &rows));
    events[1] = (struct kept_event){at_us + 1, 0, -2, false};
    assert_false(kept_replay(&group, &trial.calendar, &trial.arena, &rows));
    events[1].seats_after = 2;
    assert_true(kept_replay(&group, &trial.calendar, &trial.arena, &rows));
    range.last_edge = KEPT_EDGE_MAX + 1;
    assert_false(kept_replay(&group, &trial.calendar, &trial.arena, &rows));
    range = (struct kept_level){-1, 3};
    assert_false(kept_replay(&group, &trial.calendar, &trial.arena, &rows));
    close_trial(&trial);
}

static void months_that_were_kept_are_asked_before_the_zone(void **state) {
    (void)state;
    struct trial trial;
    open_trial(&trial, 1);
    struct month_span span = span_of(&trial, trial.first);
    struct month_span later = span;
    for (int day = 0; day <= later.days; day++) {
        later.midnights_us[day] += HOUR_US;
    }
    assert_true(kept_calendar_add(&trial.calendar, trial.first, &later));
    assert_false(kept_calendar_add(&trial.calendar, month_plus(trial.first, 1), &later));
    const struct kept_span *kept = kept_calendar_at(&trial.calendar, later.midnights_us[2]);
    assert_int_equal(kept->month.index, trial.first.index);
    assert_false(kept->is_new);
    /* An hour that neither the kept month has nor the zone's month before it, and one that both have. */
    assert_null(kept_calendar_at(&trial.calendar, span.midnights_us[0] + 1));
    assert_null(kept_calendar_at(&trial.calendar, later.midnights_us[later.days]));
    struct month_span torn = span;
    torn.midnights_us[3] = torn.midnights_us[4];
    assert_false(kept_calendar_add(&trial.calendar, month_plus(trial.first, 9), &torn));
    const struct kept_span *before = kept_calendar_at(&trial.calendar, span.midnights_us[0] - 1);
    assert_true(before->is_new);
    assert_int_equal(before->month.index, trial.first.index - 1);
    assert_null(kept_calendar_at(&trial.calendar, INT64_MIN));
    assert_null(kept_calendar_at(&trial.calendar, INT64_MAX));
    close_trial(&trial);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replayed_log_comes_to_what_the_meter_says),
        cmocka_unit_test(events_that_are_appended_come_to_what_a_replay_makes),
        cmocka_unit_test(a_month_that_is_cut_off_after_its_last_change_is_measured_so),
        cmocka_unit_test(a_change_before_the_last_one_is_not_appended),
        cmocka_unit_test(numbers_that_no_month_has_are_not_sound),
        cmocka_unit_test(a_log_that_goes_back_or_below_nothing_is_not_kept),
        cmocka_unit_test(months_that_were_kept_are_asked_before_the_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
