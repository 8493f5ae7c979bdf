#include "store/billing/kept_months.h"

#include "store/engine/rows.h"

#include <assert.h>
#include <string.h>

/* A row as the store has it. */
struct kept_row {
    struct text time_zone;
    struct month month;
    struct text midnights_us;
};

static const struct db_field ROW_FIELDS[] = {
    DB_FIELD_TEXT(struct kept_row, time_zone, "time_zone"),
    DB_FIELD_MONTH(struct kept_row, month, "month"),
    DB_FIELD_TEXT(struct kept_row, midnights_us, "midnights_us"),
};
static const struct db_fields ROW = DB_FIELDS(struct kept_row, ROW_FIELDS);

/* As many numbers as the month has midnights. */
static bool read_midnights(struct text words, struct kept_month *month) {
    int wanted = month_days(month->month) + 1;
    int read = 0;
    while (words.length > 0 && read < wanted) {
        const char *blank = memchr(words.at, ' ', words.length);
        size_t length = blank == NULL ? words.length : (size_t)(blank - words.at);
        if (!text_to_int64((struct text){words.at, length}, &month->midnights_us[read++])) {
            return false;
        }
        size_t used = blank == NULL ? length : length + 1;
        words = (struct text){words.at + used, words.length - used};
    }
    return read == wanted && words.length == 0 && kept_month_is_sound(month);
}

static enum status months_of_rows(struct arena *arena, const struct kept_row *rows, size_t count,
                                  struct kept_month **months, struct fault *fault) {
    struct kept_month *made = ARENA_NEW(arena, struct kept_month, count);
    for (size_t i = 0; i < count; i++) {
        made[i] = (struct kept_month){.time_zone = rows[i].time_zone, .month = rows[i].month};
        if (!month_is_sayable(rows[i].month) || !read_midnights(rows[i].midnights_us, &made[i])) {
            return fault_set(fault, STATUS_INTERNAL, "database-failed", "midnights_us", rows[i].time_zone,
                             "The store keeps midnights of the zone %.*s, for month number %lld, that are no "
                             "month's.",
                             TEXT_ARGS(rows[i].time_zone), (long long)rows[i].month.index);
        }
    }
    *months = made;
    return STATUS_OK;
}

static const char LOAD[] = "select {} from kept_months order by month, time_zone";

enum status kept_months_load(struct db *db, struct arena *arena, struct kept_month **months, size_t *count,
                             struct fault *fault) {
    struct kept_row *rows = NULL;
    TRY(rows_all(db, arena, &ROW, LOAD, DB_NO_ARGS, &rows, count, fault));
    return months_of_rows(arena, rows, *count, months, fault);
}

static const char OF_ZONE[] = "select {} from kept_months where time_zone = $1 order by month";

enum status kept_months_of_zone(struct db *db, struct arena *arena, struct text time_zone,
                                struct kept_month **months, size_t *count, struct fault *fault) {
    struct kept_row *rows = NULL;
    TRY(rows_all(db, arena, &ROW, OF_ZONE, DB_ARGS(db_string(time_zone)), &rows, count, fault));
    return months_of_rows(arena, rows, *count, months, fault);
}

static const char INSERT[] =
    "insert into kept_months ({}) values ({$1}) on conflict (time_zone, month) do nothing";

enum status kept_month_insert(struct db *db, struct arena *arena, const struct kept_month *month,
                              struct fault *fault) {
    struct text words = TEXT("");
    assert(kept_month_is_sound(month));
    for (int day = 0; day <= month_days(month->month); day++) {
        words = text_format(arena, "%.*s%s%lld", TEXT_ARGS(words), day == 0 ? "" : " ",
                            (long long)month->midnights_us[day]);
    }
    const struct kept_row row = {month->time_zone, month->month, words};
    return rows_insert(db, &ROW, INSERT, DB_NO_ARGS, &row, fault);
}

static const struct db_field MISSING_FIELDS[] = {
    DB_FIELD_TEXT(struct kept_month, time_zone, "time_zone"),
    DB_FIELD_MONTH(struct kept_month, month, "month"),
};
static const struct db_fields MISSING_MONTH = DB_FIELDS(struct kept_month, MISSING_FIELDS);

/* The zone of a month is that of the terms that its agreement had in it. */
static const char MISSING[] =
    "select distinct closed.time_zone, closed.month from (select m.month as month, coalesce((select "
    "t.time_zone from amendments t where t.agreement_id = a.id and t.state = 'accepted' and t.from_month <= "
    "m.month order by t.from_month desc, t.number desc limit 1), a.time_zone) as time_zone from months m "
    "join agreements a on a.id = m.agreement_id where m.state = 'closed') closed where not exists (select 1 "
    "from kept_months k where k.time_zone = closed.time_zone and k.month = closed.month) "
    "order by closed.time_zone, closed.month";

enum status kept_months_missing(struct db *db, struct arena *arena, struct kept_month **months, size_t *count,
                                struct fault *fault) {
    return rows_all(db, arena, &MISSING_MONTH, MISSING, DB_NO_ARGS, months, count, fault);
}
