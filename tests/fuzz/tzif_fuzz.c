/* Time zone files. Whatever bytes make a zone, its days follow one another, and a local time is shown at the
 * instants that are found for it. */
#include "core/time/civil.h"
#include "core/time/zone.h"
#include "fuzz.h"

static const int64_t hour_us = 3600 * MICROSECONDS_PER_SECOND;

static void check_instant(struct zone *zone, int64_t at_us) {
    struct date date = zone_date_at(zone, at_us);
    int64_t begins_us = zone_midnight_us(zone, date);
    assert(begins_us <= at_us && at_us < zone_midnight_us(zone, (struct date){date.day + 1}));
    assert(begins_us + zone_offset_us(zone, begins_us) >= date.day * MICROSECONDS_PER_DAY);
    assert(begins_us - 1 + zone_offset_us(zone, begins_us - 1) < date.day * MICROSECONDS_PER_DAY);
    struct month_span span;
    zone_month_span(zone, zone_month_at(zone, at_us), &span);
    assert(span.midnights_us[0] <= at_us && at_us < span.midnights_us[span.days]);

    int64_t local_us = at_us + zone_offset_us(zone, at_us);
    struct zone_instants found = zone_instants_of(zone, local_us);
    assert(found.count > 0 && found.first_us <= at_us && at_us <= found.last_us);
    assert(found.first_us + zone_offset_us(zone, found.first_us) == local_us);
    assert(found.last_us + zone_offset_us(zone, found.last_us) == local_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct zone *zone;
    struct fault fault;
    if (zone_of_bytes(TEXT("Europe/Fuzz"), fuzz_text(bytes, size), &zone, &fault) != STATUS_OK) {
        assert(fault.status == STATUS_INTERNAL && text_is(text_of(fault.code), "time-zone-data-broken"));
        return 0;
    }
    uint64_t step = 1; /* instants all over the years 1 to 9999, the same for the same bytes */
    for (size_t i = 0; i < size; i++) {
        step = step * 31 + bytes[i];
    }
    for (int i = 0; i < 64; i++) {
        step = step * UINT64_C(6364136223846793005) + 1442695040888963407;
        int64_t day = (int64_t)(step >> 33) % (date_of(9999, 12, 31).day + 719162) - 719162;
        int64_t near_now_s = (int64_t)(step >> 33) * 2 - (INT64_C(1) << 31);
        check_instant(zone, i % 2 == 0 ? day * MICROSECONDS_PER_DAY + (int64_t)(step >> 30) % (24 * hour_us)
                                       : near_now_s * MICROSECONDS_PER_SECOND);
    }
    zone_close(zone);
    return 0;
}
