#include "close_store.h"

#include "bench_call.h"
#include "close_filling.h"
#include "core/time/zone.h"
#include "loose_tables.h"
#include "programme/parties/init_programme.h"
#include "programme/usage/keep_usage.h"
#include "store/engine/db_engine.h"
#include "store/engine/numbers.h"

#include <stdio.h>
#include <stdlib.h>

/* FILLING_VERSION counts how often the same seed has come to give another store. */
enum { ROWS_PER_ARENA = 4096, STORE_SEED = 7, FILLING_VERSION = 1 };

struct close_store_size close_store_size_of(int64_t licences) {
    return (struct close_store_size){
        .licences = licences,
        .events = 3 * licences,
        .providers = licences / 1000 > 4 ? licences / 1000 : 4,
        .customers = licences / 100 > 40 ? licences / 100 : 40,
    };
}

enum status close_store_month(struct month *month, int64_t *m0_us, int64_t *m1_us, struct fault *fault) {
    struct zone *zone = NULL;
    struct month_span span;
    enum status status = month_parse(TEXT(CLOSE_MONTH), "month", month, fault);
    if (status == STATUS_OK) {
        status = zone_open(TEXT(CLOSE_TIME_ZONE), "time_zone", &zone, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    zone_month_span(zone, *month, &span);
    zone_close(zone);
    *m0_us = span.midnights_us[0];
    *m1_us = span.midnights_us[span.days];
    return STATUS_OK;
}

struct db_value filling_words(struct filling *filling, const char *format, int64_t number) {
    return db_string(text_format(&filling->row, format, (long long)number));
}

enum status filling_put(struct filling *filling, struct db_bulk *bulk, const struct db_value *values,
                        struct fault *fault) {
    enum status status = db_bulk_row(bulk, values, fault);
    if (++filling->row_count % ROWS_PER_ARENA == 0) {
        arena_clean_up(&filling->row);
    }
    return status;
}

enum status filling_end(struct db_bulk *bulk, enum status status, struct fault *fault) {
    if (status == STATUS_OK) {
        return db_bulk_finish(bulk, fault);
    }
    db_bulk_abandon(bulk);
    return status;
}

enum status filling_count(struct filling *filling, const char *counter, int64_t count, struct fault *fault) {
    int64_t first = 0;
    return count == 0 ? STATUS_OK : db_counter_take(filling->call->db, counter, count, &first, fault);
}

/* The programme and its distributor, months before the one that will be closed. */
static enum status begin_programme(struct filling *filling, struct fault *fault) {
    const struct init_programme_input input = {.distributor = TEXT("Northern Software Distribution"),
                                               .code = TEXT("NSD"),
                                               .currency = TEXT("USD"),
                                               .time_zone = TEXT(CLOSE_TIME_ZONE),
                                               .address = TEXT("1 Harbor Street\nPortland, ME 04101"),
                                               .country = TEXT("US"),
                                               .email = TEXT("billing@nsd.example")};
    struct account_view distributor;
    return init_programme(filling->call, &input, &distributor, fault);
}

/* ---- the whole ---- */

/* A filling that fails is thrown away whole and its rows are known to be sound, so the connection keeps no
 * way back and looks nothing up. That is no way to use a store, so db.h does not offer it. */
static const char SQLITE_IN_A_HURRY[] = "pragma journal_mode = off; pragma synchronous = off; pragma "
                                        "foreign_keys = off; pragma cache_size = -1000000";
static const char POSTGRESQL_IN_A_HURRY[] =
    "set session_replication_role = replica; set synchronous_commit = off";

static enum status hurry(struct db *db, struct fault *fault) {
    const char *settings = db_engine(db) == DB_SQLITE ? SQLITE_IN_A_HURRY : POSTGRESQL_IN_A_HURRY;
    return db->driver->script(db, settings, fault);
}

/* What was emptied by the transaction that fills it needs no log where the server keeps a minimal one. */
static const char EMPTY_LARGEST[] = "truncate licences, licence_events cascade";

static enum status fill_in(struct filling *filling, struct fault *fault) {
    enum status status = begin_programme(filling, fault);
    if (status == STATUS_OK && db_engine(filling->call->db) == DB_POSTGRESQL) {
        status = db_run(filling->call->db, EMPTY_LARGEST, DB_NO_ARGS, NULL, fault);
    }
    if (status == STATUS_OK) {
        status = filling_trade(filling, fault);
    }
    if (status == STATUS_OK) {
        status = filling_prices(filling, fault);
    }
    if (status == STATUS_OK) {
        status = filling_licences(filling, fault);
    }
    return status == STATUS_OK ? db_numbers_settle(filling->call->db, fault) : status;
}

static enum status begin_filling(struct filling *filling, struct call *call, int64_t licences,
                                 struct fault *fault) {
    *filling = (struct filling){.call = call, .size = close_store_size_of(licences)};
    rng_seed(&filling->rng, STORE_SEED);
    arena_init(&filling->arena);
    arena_init(&filling->row);
    return close_store_month(&filling->month, &filling->m0_us, &filling->m1_us, fault);
}

static void end_filling(struct filling *filling) {
    arena_clean_up(&filling->row);
    arena_clean_up(&filling->arena);
}

static enum status fill(struct call *call, int64_t licences, struct fault *fault) {
    struct filling filling;
    enum status status = begin_filling(&filling, call, licences, fault);
    call->now_us = filling.m0_us - 90 * FILLING_DAY_US;
    if (status == STATUS_OK) {
        status = hurry(call->db, fault);
    }
    if (status == STATUS_OK) {
        status = call_begin(call, DB_WRITE, fault);
    }
    if (status == STATUS_OK) {
        status = call_end(call, fill_in(&filling, fault), fault);
    }
    end_filling(&filling);
    return status;
}

enum status close_store_report(struct call *call, int64_t licences, struct fault *fault) {
    struct filling filling;
    enum status status = begin_filling(&filling, call, licences, fault);
    if (status == STATUS_OK) {
        status = filling_reports(&filling, fault);
    }
    if (status == STATUS_OK) {
        status = db_numbers_settle(call->db, fault);
    }
    end_filling(&filling);
    return status;
}

static void make_at(const struct place *place, int64_t licences) {
    struct bench_call bench;
    struct loose_tables tables;
    struct fault fault;
    bench_call_open(&bench, place, 0);
    bench_must(db_migrate(bench.call.db, &fault), &fault);
    bench_call_close(&bench);
    loose_tables_take(&tables, place);
    bench_call_open(&bench, place, 0);
    bench_must(fill(&bench.call, licences, &fault), &fault);
    bench_call_close(&bench);
    loose_tables_put_back(&tables, place);
    bench_call_open(&bench, place, 0);
    bench_must(hurry(bench.call.db, &fault), &fault);
    bench_must(rebuild_usage(&bench.call, &fault), &fault);
    bench_call_close(&bench);
    place_settle(place);
}

/* ---- what is kept ---- */

static struct place kept_place(enum db_engine engine, int64_t licences) {
    char name[64];
    snprintf(name, sizeof name, "close-%lld-%d", (long long)licences, FILLING_VERSION);
    return place_kept(engine, name);
}

/* Whether the kept place is there and could be brought to this program's version: one that a later program
 * has made cannot. */
static bool is_usable(const struct place *kept) {
    struct bench_call bench;
    struct fault fault;
    if (!place_is_there(kept)) {
        return false;
    }
    bench_call_open(&bench, kept, 0);
    enum status status = hurry(bench.call.db, &fault);
    if (status == STATUS_OK) {
        status = db_migrate(bench.call.db, &fault);
    }
    if (status == STATUS_OK) {
        status = keep_usage_of_before(&bench.call, &fault);
    }
    bench_call_close(&bench);
    return status == STATUS_OK;
}

struct close_store close_store_keep(enum db_engine engine, int64_t licences) {
    struct close_store store = {.place = kept_place(engine, licences), .is_kept = true};
    if (is_usable(&store.place)) {
        return store;
    }
    if (place_is_there(&store.place)) {
        place_drop(&store.place);
    }
    struct place unfinished = place_kept(engine, "close-unfinished");
    if (place_is_there(&unfinished)) {
        place_drop(&unfinished);
    }
    place_begin(&unfinished);
    make_at(&unfinished, licences);
    place_rename(&unfinished, &store.place);
    return store;
}

struct close_store close_store_open(enum db_engine engine, int64_t licences) {
    if (place_keeps_stores()) {
        struct close_store kept = {.place = kept_place(engine, licences), .is_kept = true};
        if (is_usable(&kept.place)) {
            return kept;
        }
    }
    struct close_store store = {.place = place_make(engine, "store")};
    make_at(&store.place, licences);
    return store;
}

void close_store_leave(const struct close_store *store) {
    if (!store->is_kept) {
        place_drop(&store->place);
    }
}
