#include "close_store.h"

#include "close_filling.h"
#include "core/time/zone.h"
#include "programme/parties/init_programme.h"

#include <stdio.h>

enum { ROWS_PER_ARENA = 4096 };

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

enum status close_store_fill(struct call *call, struct close_store_size size, uint64_t seed,
                             struct fault *fault) {
    struct filling filling = {.call = call, .size = size};
    rng_seed(&filling.rng, seed);
    arena_init(&filling.arena);
    arena_init(&filling.row);
    enum status status = close_store_month(&filling.month, &filling.m0_us, &filling.m1_us, fault);
    if (status != STATUS_OK) {
        return status;
    }
    call->now_us = filling.m0_us - 90 * FILLING_DAY_US;
    status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = begin_programme(&filling, fault);
    if (status == STATUS_OK) {
        status = filling_trade(&filling, fault);
    }
    if (status == STATUS_OK) {
        status = filling_prices(&filling, fault);
    }
    if (status == STATUS_OK) {
        status = filling_licences(&filling, fault);
    }
    arena_clean_up(&filling.row);
    arena_clean_up(&filling.arena);
    return call_end(call, status, fault);
}
