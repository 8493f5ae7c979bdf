/* Zones, from the system's compiled time zone files: /usr/share/zoneinfo, which the package tzdata keeps.
 *
 * This is the one place in core that reads files. What a month is depends on laws that governments change a
 * few times a year, at times with weeks of notice; Debian updates tzdata within days, and every data set that
 * is built into a program or library would lag behind (docs/decisions/time-zones.md). A file is read whole,
 * once, in zone_open; from there on a zone is values. Its name becomes a path only after it is known to be
 * harmless.
 *
 * The civil calendar is arithmetic (days and months are counted, core/time/date.c); a file is asked for one
 * thing only, the offset at an instant and how long it lasts: a segment. The last few are remembered, as are
 * the last months. */
#include "core/time/zone.h"
#include "core/base/search.h"
#include "core/time/civil.h"
#include "core/time/tzif.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A stretch [from_us, until_us) of one offset. */
struct segment {
    int64_t from_us;
    int64_t until_us;
    int64_t offset_us;
};

/* The largest file is of 4 KB. */
enum { SEGMENTS = 8, MONTHS = 8, NAME_MAX_BYTES = 48, FILE_MAX_BYTES = 64 * 1024 };

struct zone {
    struct arena arena; /* holds the zone itself */
    struct tzif tzif;
    char name[NAME_MAX_BYTES + 1];
    struct segment segments[SEGMENTS]; /* an unused one is empty: from_us = until_us */
    size_t next_segment;               /* the one to overwrite next */
    const struct kept_month *kept;     /* ascending by month */
    size_t kept_count;
    struct {
        bool known;
        struct month month;
        struct month_span span;
    } months[MONTHS]; /* by month modulo MONTHS */
};

static const char system_files[] = "/usr/share/zoneinfo";

/* Where the zone files are: glibc's variable may name another folder. */
static const char *zone_files(void) {
    const char *folder = getenv("TZDIR");
    return folder == NULL || folder[0] == '\0' ? system_files : folder;
}

/* No clock is, or ever was, further from UTC (Manila had -15:56, Alaska +15:02); tzif_parse sees to it. */
static const int64_t offset_max_us = INT64_C(26) * 3600 * MICROSECONDS_PER_SECOND;

/* Days that can be asked for: some ninety thousand years. */
static const int32_t day_max = (int32_t)(TZ_REACH_S / 86400) - 3;

static bool is_in_range(int64_t at_us) {
    return at_us / MICROSECONDS_PER_DAY <= day_max + 2 && at_us / MICROSECONDS_PER_DAY >= -day_max - 2;
}

/* In a region that IANA has; "Etc/GMT+3", "right/UTC" and "posixrules" are files, too. */
static bool is_place(struct text name) {
    static const char *const regions[] = {"Africa/",   "America/",   "Antarctica/", "Arctic/", "Asia/",
                                          "Atlantic/", "Australia/", "Europe/",     "Indian/", "Pacific/"};
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        if (text_starts_with(name, text_of(regions[i]))) {
            return true;
        }
    }
    return text_is(name, "UTC");
}

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Whether the name leads to a file below the zone files and is the only way to write it: parts of letters,
 * digits, '_',
 * '+' and '-', none empty, a '/' between them. So there is no dot, and no way up. */
static bool is_path(struct text name) {
    bool part_begins = true;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.at[i];
        bool is_inside = c == '/' || c == '_' || c == '+' || c == '-';
        if (!is_letter_or_digit(c) && (part_begins || !is_inside)) {
            return false;
        }
        part_begins = c == '/';
    }
    return !part_begins;
}

static enum status refuse_name(struct text name, const char *field, struct fault *fault) {
    return fault_set(fault, STATUS_INVALID, "unknown-time-zone", field, name,
                     "Give %s as an IANA time zone such as Europe/Berlin or America/New_York, or UTC.",
                     field == NULL ? "it" : field);
}

/* For what is not the name's fault. */
static enum status refuse_file(struct text name, int error, struct fault *fault) {
    if (access(zone_files(), F_OK) != 0) {
        return fault_set(fault, STATUS_INTERNAL, "time-zone-data-missing", NULL, name,
                         "This machine has no %s: install the package tzdata.", zone_files());
    }
    return fault_set(fault, STATUS_INTERNAL, "time-zone-data-unreadable", NULL, name,
                     "The system's data of the time zone %.*s cannot be read: %s.", TEXT_ARGS(name),
                     strerror(error));
}

/* Until the end or until there is no room; below 0 where the system says no. */
static ssize_t read_whole(int file, char *bytes, size_t room) {
    size_t length = 0;
    while (length < room) {
        ssize_t more = read(file, bytes + length, room - length);
        if (more < 0 && errno == EINTR) {
            continue;
        }
        if (more <= 0) {
            return more < 0 ? more : (ssize_t)length;
        }
        length += (size_t)more;
    }
    return (ssize_t)length;
}

/* A package update renames the new file over the old one, so what is read is the one or the other. */
static enum status read_file(struct text name, const char *field, struct arena *arena, struct text *bytes,
                             struct fault *fault) {
    struct text path = text_format(arena, "%s/%.*s", zone_files(), TEXT_ARGS(name));
    int file = open(path.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        int error = errno;
        bool is_unknown = (error == ENOENT || error == ENOTDIR) && access(zone_files(), F_OK) == 0;
        return is_unknown ? refuse_name(name, field, fault) : refuse_file(name, error, fault);
    }
    enum status status = STATUS_OK;
    struct stat facts;
    if (fstat(file, &facts) != 0) {
        status = refuse_file(name, errno, fault);
    } else if (!S_ISREG(facts.st_mode)) { /* "America/Argentina" is a folder */
        status = refuse_name(name, field, fault);
    } else {
        size_t room = facts.st_size < FILE_MAX_BYTES ? (size_t)facts.st_size : FILE_MAX_BYTES;
        char *at = ARENA_NEW(arena, char, room + 1);
        ssize_t length = read_whole(file, at, room);
        if (length < 0) {
            status = refuse_file(name, errno, fault);
        } else {
            *bytes = (struct text){at, (size_t)length}; /* what is cut off here, tzif_parse refuses */
        }
    }
    close(file);
    return status;
}

enum status zone_of_bytes(struct text name, struct text tzif, struct zone **zone, struct fault *fault) {
    assert(name.length <= NAME_MAX_BYTES);
    struct arena arena;
    arena_init(&arena);
    struct zone *made = ARENA_NEW(&arena, struct zone, 1);
    enum status status = tzif_parse(tzif, name, &arena, &made->tzif, fault);
    if (status != STATUS_OK) {
        arena_clean_up(&arena);
        return status;
    }
    memcpy(made->name, name.at, name.length);
    made->arena = arena;
    *zone = made;
    return STATUS_OK;
}

enum status zone_open(struct text iana_name, const char *field, struct zone **zone, struct fault *fault) {
    if (iana_name.length > NAME_MAX_BYTES || !is_place(iana_name) || !is_path(iana_name)) {
        return refuse_name(iana_name, field, fault);
    }
    struct arena arena;
    arena_init(&arena);
    struct text bytes;
    enum status status = read_file(iana_name, field, &arena, &bytes, fault);
    if (status == STATUS_OK) {
        status = zone_of_bytes(iana_name, bytes, zone, fault);
    }
    arena_clean_up(&arena);
    return status;
}

void zone_close(struct zone *zone) {
    if (zone == NULL) {
        return;
    }
    struct arena arena = zone->arena;
    arena_clean_up(&arena);
}

const char *zone_name(const struct zone *zone) {
    return zone->name;
}

static struct segment look_up(const struct zone *zone, int64_t at_us) {
    struct tz_span span = tzif_span(&zone->tzif, divide_down(at_us, MICROSECONDS_PER_SECOND));
    struct segment segment = {
        .from_us = span.from_s == INT64_MIN ? INT64_MIN : span.from_s * MICROSECONDS_PER_SECOND,
        .until_us = span.until_s == INT64_MAX ? INT64_MAX : span.until_s * MICROSECONDS_PER_SECOND,
        .offset_us = span.offset_s * MICROSECONDS_PER_SECOND};
    assert(segment.from_us <= at_us && at_us < segment.until_us);
    assert(segment.offset_us > -offset_max_us && segment.offset_us < offset_max_us);
    return segment;
}

/* What a store or a clock says may lie anywhere: beyond the reach of a zone's rules it is at their end. */
static int64_t within_reach(int64_t at_us) {
    int64_t reach_us = (day_max - 3) * MICROSECONDS_PER_DAY; /* the day, and the one behind it, in any zone */
    return at_us > reach_us ? reach_us : at_us < -reach_us ? -reach_us : at_us;
}

static struct segment segment_at(struct zone *zone, int64_t at_us) {
    assert(is_in_range(at_us));
    for (size_t i = 0; i < SEGMENTS; i++) {
        const struct segment *segment = &zone->segments[i];
        if (at_us >= segment->from_us && at_us < segment->until_us) {
            return *segment;
        }
    }
    struct segment segment = look_up(zone, at_us);
    zone->segments[zone->next_segment] = segment;
    zone->next_segment = (zone->next_segment + 1) % SEGMENTS;
    return segment;
}

int64_t zone_offset_us(struct zone *zone, int64_t at_us) {
    return segment_at(zone, within_reach(at_us)).offset_us;
}

/* The first instant at which the wall shows `local_us` or later. */
static int64_t first_instant_from(struct zone *zone, int64_t local_us) {
    struct segment segment =
        segment_at(zone, local_us - offset_max_us); /* earlier than any zone gets there */
    for (;;) {
        int64_t at_us = local_us - segment.offset_us;
        if (at_us < segment.until_us) {
            return at_us > segment.from_us ? at_us : segment.from_us;
        }
        segment = segment_at(zone, segment.until_us);
    }
}

/* ---- kept months ---- */

struct sought_month {
    const struct zone *zone;
    struct month month;
};

static bool is_kept_before(const void *context, size_t i) {
    const struct sought_month *sought = context;
    return sought->zone->kept[i].month.index < sought->month.index;
}

/* The month as it is kept, or NULL. */
static const struct kept_month *find_kept(const struct zone *zone, struct month month) {
    size_t at = lower_bound(zone->kept_count, is_kept_before, &(struct sought_month){zone, month});
    return at < zone->kept_count && zone->kept[at].month.index == month.index ? &zone->kept[at] : NULL;
}

bool kept_month_is_sound(const struct kept_month *month) {
    int days = month_days(month->month);
    for (int day = 0; day < days; day++) {
        if (month->midnights_us[day] > month->midnights_us[day + 1]) {
            return false;
        }
    }
    int64_t first_us = month_first_day(month->month).day * MICROSECONDS_PER_DAY;
    int64_t end_us = first_us + days * MICROSECONDS_PER_DAY;
    return month->midnights_us[0] > first_us - offset_max_us &&
           month->midnights_us[0] < first_us + offset_max_us &&
           month->midnights_us[days] > end_us - offset_max_us &&
           month->midnights_us[days] < end_us + offset_max_us;
}

void zone_keep_months(struct zone *zone, const struct kept_month *months, size_t count) {
    struct kept_month *kept = ARENA_NEW(&zone->arena, struct kept_month, count);
    zone->kept_count = 0;
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || months[i - 1].month.index <= months[i].month.index);
        assert(kept_month_is_sound(&months[i]));
        if (text_is(months[i].time_zone, zone->name)) {
            kept[zone->kept_count++] = months[i];
        }
    }
    zone->kept = kept;
    for (size_t i = 0; i < MONTHS; i++) {
        zone->months[i].known = false;
    }
}

/* Where months beside an open one are kept, it lies between them. */
static int64_t between_kept(const struct zone *zone, struct date date, int64_t at_us) {
    struct month month = date_month(date);
    const struct kept_month *before = find_kept(zone, month_plus(month, -1));
    const struct kept_month *after = find_kept(zone, month_plus(month, 1));
    int64_t from_us = before == NULL ? INT64_MIN : before->midnights_us[month_days(before->month)];
    int64_t until_us = after == NULL ? INT64_MAX : after->midnights_us[0];
    if (before != NULL && date.day == month_first_day(month).day) {
        return from_us;
    }
    at_us = at_us > until_us ? until_us : at_us;
    return at_us < from_us ? from_us : at_us;
}

int64_t zone_midnight_us(struct zone *zone, struct date date) {
    date.day = date.day > day_max ? day_max : date.day < -day_max ? -day_max : date.day; /* as within_reach */
    int64_t at_us = first_instant_from(zone, date.day * MICROSECONDS_PER_DAY);
    if (zone->kept_count == 0) {
        return at_us;
    }
    const struct kept_month *kept = find_kept(zone, date_month(date));
    return kept == NULL ? between_kept(zone, date, at_us)
                        : kept->midnights_us[date.day - month_first_day(kept->month).day];
}

struct kept_month zone_kept_month(struct zone *zone, struct month month) {
    struct kept_month kept = {.time_zone = text_of(zone->name), .month = month};
    int32_t first = month_first_day(month).day;
    for (int day = 0; day <= month_days(month); day++) {
        kept.midnights_us[day] = zone_midnight_us(zone, (struct date){first + day});
    }
    return kept;
}

/* The days that last. */
static void fill_span(struct zone *zone, struct month month, struct month_span *span) {
    struct kept_month civil = zone_kept_month(zone, month);
    *span = (struct month_span){.midnights_us[0] = civil.midnights_us[0]};
    for (int day = 0; day < month_days(month); day++) {
        if (civil.midnights_us[day + 1] > span->midnights_us[span->days]) {
            span->day_of_month[span->days] = (uint8_t)(day + 1);
            span->midnights_us[++span->days] = civil.midnights_us[day + 1];
        }
    }
}

void zone_month_span(struct zone *zone, struct month month, struct month_span *span) {
    size_t slot = (size_t)((uint32_t)month.index % MONTHS);
    if (!zone->months[slot].known || zone->months[slot].month.index != month.index) {
        fill_span(zone, month, &zone->months[slot].span);
        zone->months[slot].month = month;
        zone->months[slot].known = true;
    }
    *span = zone->months[slot].span;
    assert(span->midnights_us[0] < span->midnights_us[span->days]);
}

void month_span_join(const struct month_span *span, int64_t begins_us, struct month_span *joined) {
    int first = 0;
    while (first + 1 < span->days && span->midnights_us[first + 1] <= begins_us) {
        first++;
    }
    struct month_span made = {.days = span->days - first};
    for (int i = 0; i < made.days; i++) {
        made.midnights_us[i] = span->midnights_us[first + i];
        made.day_of_month[i] = span->day_of_month[first + i];
    }
    made.midnights_us[made.days] = span->midnights_us[span->days];
    made.midnights_us[0] = begins_us;
    assert(made.days >= 1 && made.midnights_us[0] < made.midnights_us[1]);
    *joined = made;
}

struct date zone_date_at(struct zone *zone, int64_t at_us) {
    at_us = within_reach(at_us);
    struct segment segment = segment_at(zone, at_us);
    struct date date = {(int32_t)divide_down(at_us + segment.offset_us, MICROSECONDS_PER_DAY)};
    /* A clock that was put back is behind the furthest it has shown for at most as long as offsets differ. */
    bool may_be_behind =
        zone->kept_count > 0 || (segment.from_us != INT64_MIN && at_us - segment.from_us < 2 * offset_max_us);
    /* A month that is kept may have begun later, or ended earlier, than the zone's data has it now. */
    while (zone->kept_count > 0 && zone_midnight_us(zone, date) > at_us) {
        date.day--;
    }
    while (may_be_behind && zone_midnight_us(zone, (struct date){date.day + 1}) <= at_us) {
        date.day++;
    }
    return date;
}

struct month zone_month_at(struct zone *zone, int64_t at_us) {
    return date_month(zone_date_at(zone, at_us));
}

struct zone_instants zone_instants_of(struct zone *zone, int64_t local_us) {
    struct zone_instants found = {0};
    struct segment segment = segment_at(zone, local_us - offset_max_us);
    for (;;) {
        int64_t at_us = local_us - segment.offset_us;
        if (at_us >= segment.from_us && at_us < segment.until_us) {
            found.first_us = found.count == 0 ? at_us : found.first_us;
            found.last_us = at_us;
            found.count++;
        }
        if (segment.until_us > local_us + offset_max_us) {
            break;
        }
        segment = segment_at(zone, segment.until_us);
    }
    if (found.count == 0) {
        found.skip_us = first_instant_from(zone, local_us);
    }
    return found;
}
