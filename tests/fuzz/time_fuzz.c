/* Months, dates, zone names and instants. The first byte chooses a zone, the rest is the text. */
#include "core/time/date.h"
#include "core/time/instant.h"
#include "fuzz.h"

static struct zone *a_zone(size_t chosen) {
    static const char *const names[] = {
        "UTC",          "America/Sao_Paulo",   "America/Havana",  "America/St_Johns",
        "Pacific/Apia", "Australia/Lord_Howe", "Africa/Monrovia", "Europe/Berlin"};
    enum { COUNT = sizeof names / sizeof names[0] };
    static struct zone *zones[COUNT]; /* for the life of the fuzzer */
    size_t index = chosen % COUNT;
    if (zones[index] == NULL) {
        struct fault fault;
        enum status status = zone_open(text_of(names[index]), NULL, &zones[index], &fault);
        assert(status == STATUS_OK);
    }
    return zones[index];
}

static void check_instant(struct arena *arena, struct text text, struct zone *zone) {
    struct fault fault;
    int64_t at_us, again_us;
    if (instant_parse(text, zone, "at", &at_us, &fault) != STATUS_OK) {
        assert(fault.status == STATUS_INVALID && text_is_valid_utf8(text_of(fault.message)));
        return;
    }
    enum status status = instant_parse(instant_format(arena, at_us), NULL, "at", &again_us, &fault);
    assert(status == STATUS_OK && again_us == at_us);
    struct date date = zone_date_at(zone, at_us);
    assert(zone_midnight_us(zone, date) <= at_us);
    assert(zone_midnight_us(zone, (struct date){date.day + 1}) > at_us);
    struct month_span span;
    zone_month_span(zone, zone_month_at(zone, at_us), &span);
    assert(span.midnights_us[0] <= at_us && at_us < span.midnights_us[span.days]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size == 0) {
        return 0;
    }
    struct text text = fuzz_text(bytes + 1, size - 1);
    struct arena arena;
    arena_init(&arena);
    struct fault fault;
    struct month month;
    if (month_parse(text, "month", &month, &fault) == STATUS_OK) {
        assert(text_equal(month_format(&arena, month), text));
    }
    struct date date;
    if (date_parse(text, "date", &date, &fault) == STATUS_OK) {
        assert(text_equal(date_format(&arena, date), text));
    }
    check_instant(&arena, text, a_zone(bytes[0]));
    struct zone *zone;
    if (zone_open(text, "time_zone", &zone, &fault) == STATUS_OK) {
        assert(text_is(text, zone_name(zone)));
        zone_close(zone);
    }
    arena_clean_up(&arena);
    return 0;
}
