/* TZif files: a header of counts, a block of tables, all that again with 64-bit instants, and the rule's text
 * between two line ends. The first block is for readers of before 2005; it is stepped over. Nothing of the
 * rest is taken on trust: a broken file must not move a month's boundary in silence, so whatever RFC 9636
 * says must hold is checked, down to the rule's agreement with the last change. Files that count leap seconds
 * (the "right/" ones) are refused: their instants are not ours. */
#include "core/time/tzif.h"

#include "core/base/search.h"

#include <assert.h>
#include <string.h>

struct counts {
    uint32_t ut_indicators;
    uint32_t standard_indicators;
    uint32_t leap_seconds;
    uint32_t changes;
    uint32_t types;
    uint32_t name_bytes;
};

enum { HEADER_BYTES = 44, VERSION_AT = 4, COUNTS_AT = 20, TYPE_BYTES = 6, TYPES_MAX = 256 };

/* The tables of the 64-bit block, as they lie in the file. */
struct tables {
    struct counts counts;
    const unsigned char *change_times;
    const unsigned char *change_types;
    const unsigned char *types;
    const unsigned char *names;
    const unsigned char *standard_indicators;
    const unsigned char *ut_indicators;
};

struct reader {
    const unsigned char *at;
    size_t left;
};

static uint32_t big_endian_32(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t big_endian_64(const unsigned char *at) {
    return (int64_t)((uint64_t)big_endian_32(at) << 32 | big_endian_32(at + 4));
}

/* Steps over `bytes`; NULL where there are not so many. */
static const unsigned char *take(struct reader *reader, uint64_t bytes) {
    if (reader->left < bytes) {
        return NULL;
    }
    const unsigned char *taken = reader->at;
    reader->at += bytes;
    reader->left -= (size_t)bytes;
    return taken;
}

static const char *take_header(struct reader *reader, struct counts *counts) {
    const unsigned char *header = take(reader, HEADER_BYTES);
    if (header == NULL || memcmp(header, "TZif", 4) != 0) {
        return "it is no TZif file";
    }
    if (header[VERSION_AT] < '2') {
        return "it is of version 1, which has no rule for the future";
    }
    const unsigned char *at = header + COUNTS_AT;
    *counts = (struct counts){.ut_indicators = big_endian_32(at),
                              .standard_indicators = big_endian_32(at + 4),
                              .leap_seconds = big_endian_32(at + 8),
                              .changes = big_endian_32(at + 12),
                              .types = big_endian_32(at + 16),
                              .name_bytes = big_endian_32(at + 20)};
    return NULL;
}

static bool step_over_old_block(struct reader *reader, const struct counts *counts) {
    uint64_t bytes = UINT64_C(5) * counts->changes + UINT64_C(6) * counts->types + counts->name_bytes +
                     UINT64_C(8) * counts->leap_seconds + counts->standard_indicators + counts->ut_indicators;
    return take(reader, bytes) != NULL;
}

static const char *take_tables(struct reader *reader, struct tables *tables) {
    const struct counts *counts = &tables->counts;
    if (counts->leap_seconds != 0) {
        return "it counts leap seconds";
    }
    if (counts->types == 0 || counts->types > TYPES_MAX || counts->name_bytes == 0 ||
        (counts->standard_indicators != 0 && counts->standard_indicators != counts->types) ||
        (counts->ut_indicators != 0 && counts->ut_indicators != counts->types)) {
        return "its counts do not fit together";
    }
    tables->change_times = take(reader, UINT64_C(8) * counts->changes);
    tables->change_types = take(reader, counts->changes);
    tables->types = take(reader, UINT64_C(6) * counts->types);
    tables->names = take(reader, counts->name_bytes);
    tables->standard_indicators = take(reader, counts->standard_indicators);
    tables->ut_indicators = take(reader, counts->ut_indicators);
    bool are_whole = tables->change_times != NULL && tables->change_types != NULL && tables->types != NULL &&
                     tables->names != NULL && tables->standard_indicators != NULL &&
                     tables->ut_indicators != NULL;
    return are_whole ? NULL : "it is cut off";
}

static int32_t type_offset_s(const struct tables *tables, size_t type) {
    return (int32_t)big_endian_32(tables->types + type * TYPE_BYTES);
}

static const char *check_types(const struct tables *tables) {
    const struct counts *counts = &tables->counts;
    for (size_t i = 0; i < counts->types; i++) {
        const unsigned char *type = tables->types + i * TYPE_BYTES;
        int32_t offset_s = type_offset_s(tables, i);
        if (offset_s < TZ_OFFSET_MIN_S || offset_s > TZ_OFFSET_MAX_S) {
            return "an offset is of more than a day";
        }
        if (type[4] > 1) {
            return "a summer time mark is neither 0 nor 1";
        }
        size_t name = type[5];
        if (name >= counts->name_bytes ||
            memchr(tables->names + name, '\0', counts->name_bytes - name) == NULL) {
            return "an abbreviation does not end";
        }
        unsigned standard = counts->standard_indicators == 0 ? 0 : tables->standard_indicators[i];
        unsigned ut = counts->ut_indicators == 0 ? 0 : tables->ut_indicators[i];
        if (standard > 1 || ut > standard) {
            return "a standard or UT indicator is wrong";
        }
    }
    return NULL;
}

/* The changes of the offset; those of a name or a mark alone are left out. */
static const char *read_changes(const struct tables *tables, struct arena *arena, struct tzif *tzif) {
    struct tzif_change *changes = ARENA_NEW(arena, struct tzif_change, tables->counts.changes);
    int32_t offset_s = tzif->first_offset_s = type_offset_s(tables, 0);
    for (size_t i = 0; i < tables->counts.changes; i++) {
        int64_t at_s = big_endian_64(tables->change_times + i * 8);
        size_t type = tables->change_types[i];
        if (i > 0 && at_s <= big_endian_64(tables->change_times + (i - 1) * 8)) {
            return "its changes do not ascend";
        }
        if (at_s > TZ_REACH_S) {
            return "a change is too far in the future";
        }
        if (type >= tables->counts.types) {
            return "a change is to a type that is not there";
        }
        int32_t next_s = type_offset_s(tables, type);
        if (at_s < -TZ_REACH_S) { /* files may begin at the Big Bang */
            tzif->first_offset_s = next_s;
        } else {
            if (next_s != offset_s) {
                changes[tzif->count++] = (struct tzif_change){at_s, next_s};
            }
            tzif->rule_from_s = at_s;
        }
        offset_s = next_s;
    }
    tzif->changes = changes;
    return NULL;
}

static const char *read_rule(struct reader *reader, struct tzif *tzif) {
    const unsigned char *end = reader->left < 2 ? NULL : memchr(reader->at + 1, '\n', reader->left - 1);
    if (end == NULL || *reader->at != '\n') {
        return "it is cut off";
    }
    struct text text = {(const char *)reader->at + 1, (size_t)(end - reader->at - 1)};
    if (text.length == 0) {
        return NULL; /* then the last change holds */
    }
    if (!tz_rule_parse(text, &tzif->rule)) {
        return "its rule for the future is malformed";
    }
    tzif->has_rule = true;
    if (tzif->rule_from_s != INT64_MIN) {
        int32_t offset_s = tzif->count == 0 ? tzif->first_offset_s : tzif->changes[tzif->count - 1].offset_s;
        if (tz_rule_span(&tzif->rule, tzif->rule_from_s).offset_s != offset_s) {
            return "its rule for the future contradicts its last change";
        }
    }
    return NULL;
}

/* NULL, or what is wrong. */
static const char *read_file(struct reader *reader, struct arena *arena, struct tzif *tzif) {
    struct counts old;
    struct tables tables;
    const char *flaw = take_header(reader, &old);
    if (flaw == NULL && !step_over_old_block(reader, &old)) {
        flaw = "it is cut off";
    }
    flaw = flaw != NULL ? flaw : take_header(reader, &tables.counts);
    flaw = flaw != NULL ? flaw : take_tables(reader, &tables);
    flaw = flaw != NULL ? flaw : check_types(&tables);
    flaw = flaw != NULL ? flaw : read_changes(&tables, arena, tzif);
    return flaw != NULL ? flaw : read_rule(reader, tzif); /* what may follow is for readers to come */
}

enum status tzif_parse(struct text bytes, struct text name, struct arena *arena, struct tzif *tzif,
                       struct fault *fault) {
    struct text readable = bytes.length == 0 ? TEXT("") : bytes;
    struct reader reader = {(const unsigned char *)readable.at, readable.length};
    struct tzif read = {.rule_from_s = INT64_MIN};
    const char *flaw = read_file(&reader, arena, &read);
    if (flaw != NULL) {
        return fault_set(
            fault, STATUS_INTERNAL, "time-zone-data-broken", NULL, name,
            "The system's data of the time zone %.*s is broken, as %s: install the package tzdata again.",
            TEXT_ARGS(name), flaw);
    }
    *tzif = read;
    return STATUS_OK;
}

/* What a change of the zone is held against. */
struct moment {
    const struct tzif *tzif;
    int64_t at_s;
};

static bool change_has_been(const void *context, size_t index) {
    const struct moment *moment = context;
    return moment->tzif->changes[index].at_s <= moment->at_s;
}

struct tz_span tzif_span(const struct tzif *tzif, int64_t at_s) {
    assert(at_s >= -TZ_REACH_S && at_s <= TZ_REACH_S);
    if (tzif->has_rule && at_s >= tzif->rule_from_s) {
        struct tz_span span = tz_rule_span(&tzif->rule, at_s);
        span.from_s = span.from_s < tzif->rule_from_s ? tzif->rule_from_s : span.from_s;
        return span;
    }
    /* Changes in front of `next` have been; it and those behind are to come. */
    size_t next = lower_bound(tzif->count, change_has_been, &(struct moment){tzif, at_s});
    int64_t last_s = tzif->has_rule ? tzif->rule_from_s : INT64_MAX;
    struct tz_span span = {.from_s = next == 0 ? INT64_MIN : tzif->changes[next - 1].at_s,
                           .until_s = next == tzif->count ? last_s : tzif->changes[next].at_s,
                           .offset_s = next == 0 ? tzif->first_offset_s : tzif->changes[next - 1].offset_s};
    assert(span.from_s <= at_s && at_s < span.until_s);
    return span;
}
