/* Rows as structs, by tables of fields: what goes in comes back, and what the store should not have is a
 * fault. */
#include "store/engine/rows.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum colour { COLOUR_RED, COLOUR_GREEN };

static const char *colour_word(int colour) {
    return colour == COLOUR_RED ? "red" : "green";
}

static const struct db_words COLOURS = {colour_word, COLOUR_GREEN + 1};

enum phase { PHASE_NEW, PHASE_OLD };
static const char *const PHASES[] = {"new", "old"};
static const struct transition PHASE_TRANSITIONS[] = {{PHASE_NEW, "age", PHASE_OLD}};
static const struct state_machine PHASE_MACHINE = STATE_MACHINE("thing", PHASES, PHASE_TRANSITIONS);

struct place {
    int64_t shelf;
    struct text room;
};

struct thing {
    int64_t id;
    int32_t weight;
    uint64_t link;
    bool is_broken;
    struct date bought_on;
    bool has_end;
    struct date ends_on;
    struct month month;
    struct text name;
    struct text mark; /* 4 bytes; empty: none */
    char code[3];
    enum colour colour;
    enum phase phase;
    struct place place;
    int64_t owner_id; /* 0: none */
    int64_t version;
};

static const struct db_field PLACE_FIELDS[] = {
    DB_FIELD_INT(struct place, shelf, "shelf", DB_SAVED),
    DB_FIELD_TEXT(struct place, room, "room", DB_SAVED),
};
static const struct db_fields PLACE = DB_FIELDS(struct place, PLACE_FIELDS);

static const struct db_field THING_FIELDS[] = {
    DB_FIELD_INT(struct thing, id, "id"),
    DB_FIELD_INT32(struct thing, weight, "weight", DB_COUNT),
    DB_FIELD_UINT64(struct thing, link, "link"),
    DB_FIELD_BOOL(struct thing, is_broken, "is_broken"),
    DB_FIELD_DATE(struct thing, bought_on, "bought_on"),
    DB_FIELD_DATE_IF(struct thing, ends_on, has_end, "ends_on"),
    DB_FIELD_MONTH(struct thing, month, "month", DB_OR_NULL),
    DB_FIELD_TEXT(struct thing, name, "name", DB_SAVED),
    DB_FIELD_BYTES_OF(struct thing, mark, "mark", 4, DB_OR_NULL),
    DB_FIELD_CODE(struct thing, code, "code"),
    DB_FIELD_WORD(struct thing, colour, "colour", &COLOURS, DB_SAVED),
    DB_FIELD_STATE(struct thing, phase, "phase", &PHASE_MACHINE),
    DB_FIELD_PART(struct thing, place, NULL, &PLACE),
    DB_FIELD_INT(struct thing, owner_id, "owner_id", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct thing, version, "version", DB_FROM_ONE),
};
static const struct db_fields THING = DB_FIELDS(struct thing, THING_FIELDS);

static const char INSERT[] = "insert into things ({}) values ({$1})";
static const char LOAD[] = "select {t} from things t where t.id = $1";

static void run_alone(struct world *world, const char *sql) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void a_table_of_things(struct world *world) {
#define TABLE(bytes)                                                                                         \
    "create table things (id bigint primary key, weight bigint, link bigint, is_broken bigint, "             \
    "bought_on bigint, ends_on bigint, month bigint, name text, mark " bytes ", code text, colour text, "    \
    "phase text, shelf bigint, room text, owner_id bigint, version bigint)"
    run_alone(world, world->engine == DB_SQLITE ? TABLE("blob") : TABLE("bytea"));
}

static struct thing a_thing(int64_t id) {
    return (struct thing){.id = id,
                          .weight = INT32_MAX,
                          .link = UINT64_MAX - 1,
                          .is_broken = true,
                          .bought_on = {-719162},
                          .has_end = true,
                          .ends_on = {0},
                          .month = {24323},
                          .name = TEXT("Stuhl 🪑"),
                          .mark = TEXT("\x00\x01\xFF\xFE"),
                          .code = "AE",
                          .colour = COLOUR_GREEN,
                          .phase = PHASE_OLD,
                          .place = {.shelf = -7, .room = TEXT("3.14")},
                          .owner_id = 12,
                          .version = 1};
}

static void insert_thing(struct world *world, const struct thing *thing) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, rows_insert(world->db, &THING, INSERT, DB_NO_ARGS, thing, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static enum status load_thing(struct world *world, int64_t id, struct thing *thing) {
    bool found = false;
    enum status status = rows_one(world->db, &world->arena, &THING, LOAD, DB_ARGS(db_integer(id)), thing,
                                  &found, &world->fault);
    assert_true(status != STATUS_OK || found);
    return status;
}

static void assert_same_thing(const struct thing *a, const struct thing *b) {
    assert_true(a->id == b->id && a->weight == b->weight && a->link == b->link);
    assert_true(a->is_broken == b->is_broken && a->bought_on.day == b->bought_on.day);
    assert_true(a->has_end == b->has_end && a->ends_on.day == b->ends_on.day);
    assert_true(a->month.index == b->month.index && text_equal(a->name, b->name));
    assert_true(text_equal(a->mark, b->mark) && strcmp(a->code, b->code) == 0);
    assert_true(a->colour == b->colour && a->phase == b->phase);
    assert_true(a->place.shelf == b->place.shelf && text_equal(a->place.room, b->place.room));
    assert_true(a->owner_id == b->owner_id && a->version == b->version);
}

/* The number of things of which an SQL condition holds. */
#define COUNT_WHERE(world, condition) count_of((world), "select count(*) from things where " condition)
static int64_t count_of(struct world *world, const char *sql) {
    int64_t count = -1;
    WORLD_OK(world, db_query_int(world->db, sql, DB_NO_ARGS, -1, &count, &world->fault));
    return count;
}

static void an_item_comes_back_as_it_went(void **state) {
    struct world *world = *state;
    const struct thing thing = a_thing(5);
    struct thing loaded;
    a_table_of_things(world);
    insert_thing(world, &thing);
    WORLD_OK(world, load_thing(world, 5, &loaded));
    assert_same_thing(&loaded, &thing);
}

static void what_is_none_stands_as_null_and_comes_back_as_none(void **state) {
    struct world *world = *state;
    struct thing thing = a_thing(5);
    struct thing loaded;
    thing.has_end = false;
    thing.month.index = DB_NO_MONTH;
    thing.mark = TEXT("");
    thing.owner_id = 0;
    a_table_of_things(world);
    insert_thing(world, &thing);
    assert_int_equal(COUNT_WHERE(world, "ends_on is null and month is null and mark is null and "
                                        "owner_id is null"),
                     1);
    WORLD_OK(world, load_thing(world, 5, &loaded));
    assert_same_thing(&loaded, &thing);
}

static void a_bulk_takes_items_and_a_query_gives_all_of_them(void **state) {
    struct world *world = *state;
    static const char ALL[] = "select {} from things order by id";
    const struct thing things[] = {a_thing(1), a_thing(2), a_thing(3)};
    struct thing *loaded = NULL;
    size_t count = 0;
    a_table_of_things(world);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, rows_insert_many(world->db, "things", &THING, things, 3, &world->fault));
    WORLD_OK(world, rows_insert_many(world->db, "things", &THING, NULL, 0, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_OK(world,
             rows_all(world->db, &world->arena, &THING, ALL, DB_NO_ARGS, &loaded, &count, &world->fault));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_same_thing(&loaded[i], &things[i]);
    }
}

static void an_update_saves_the_fields_that_say_so_and_no_others(void **state) {
    struct world *world = *state;
    static const char SAVE[] = "update things set {=3}, version = version + 1 where id = $1 and version = $2";
    struct thing thing = a_thing(5);
    struct thing loaded;
    int64_t changed = 0;
    a_table_of_things(world);
    insert_thing(world, &thing);
    thing.name = TEXT("Hocker");
    thing.colour = COLOUR_RED;
    thing.place = (struct place){.shelf = 8, .room = TEXT("")};
    thing.owner_id = 0;
    struct thing saved = thing;
    saved.weight = 1; /* is not saved */
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, rows_save(world->db, &THING, SAVE, DB_ARGS(db_integer(5), db_integer(1)), &saved,
                              &changed, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(changed, 1);
    thing.version = 2;
    WORLD_OK(world, load_thing(world, 5, &loaded));
    assert_same_thing(&loaded, &thing);
}

static void an_insert_over_what_is_there_saves_the_same_fields(void **state) {
    struct world *world = *state;
    static const char PUT[] =
        "insert into things ({}) values ({$1}) on conflict (id) do update set {=excluded}";
    struct thing thing = a_thing(5);
    struct thing loaded;
    a_table_of_things(world);
    insert_thing(world, &thing);
    thing.name = TEXT("Hocker");
    struct thing put = thing;
    put.weight = 1; /* is not saved */
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, rows_insert(world->db, &THING, PUT, DB_NO_ARGS, &put, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_OK(world, load_thing(world, 5, &loaded));
    assert_same_thing(&loaded, &thing);
}

static void a_page_ends_with_the_number_behind_which_the_next_begins(void **state) {
    struct world *world = *state;
    static const char LIST[] = "select {} from things where id > $1 order by id limit $2";
    const struct thing things[] = {a_thing(10), a_thing(20), a_thing(30), a_thing(40)};
    struct page page = {.limit = 2};
    struct thing *loaded = NULL;
    size_t count = 0;
    a_table_of_things(world);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, rows_insert_many(world->db, "things", &THING, things, 4, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    for (int64_t first = 10; first <= 30; first += 20) {
        int64_t next_after = -1;
        WORLD_OK(world, rows_page(world->db, &world->arena, &THING, LIST, DB_ARGS(db_integer(page.after_id)),
                                  page, &loaded, &count, &next_after, &world->fault));
        assert_int_equal(count, 2);
        assert_int_equal(loaded[0].id, first);
        assert_int_equal(loaded[1].id, first + 10);
        assert_int_equal(next_after, first == 10 ? 20 : 0);
        page.after_id = next_after;
    }
}

/* What no program of ours has written, in a thing that was sound. */
static void a_store_in_which(struct world *world, const char *update) {
    const struct thing thing = a_thing(5);
    run_alone(world, "delete from things");
    insert_thing(world, &thing);
    run_alone(world, update);
}

static void what_a_column_may_not_have_is_a_fault_with_its_name(void **state) {
    struct world *world = *state;
    static const struct {
        const char *update;
        const char *column;
    } CASES[] = {
        {"update things set colour = 'blue'", "colour"},
        {"update things set colour = null", "colour"},
        {"update things set phase = 'ancient'", "phase"},
        {"update things set weight = -1", "weight"},
        {"update things set weight = 2147483648", "weight"},
        {"update things set bought_on = 2147483648", "bought_on"},
        {"update things set month = -2147483649", "month"},
        {"update things set version = 0", "version"},
        {"update things set code = 'AEX'", "code"},
        {"update things set mark = substr(mark, 1, 3)", "mark"},
    };
    struct thing loaded;
    a_table_of_things(world);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        a_store_in_which(world, CASES[i].update);
        WORLD_FAULT(world, "database-failed", load_thing(world, 5, &loaded));
        assert_int_equal(world->fault.status, STATUS_INTERNAL);
        assert_string_equal(world->fault.field, CASES[i].column);
    }
}

/* SQLite keeps whatever it is given. */
static void a_column_with_a_value_of_another_type_is_a_fault(void **state) {
    struct world *world = *state;
    static const char WEIGHT[] = "select weight from things";
    static const char STREAM[] = "select {} from things";
    struct thing loaded;
    struct db_rows *rows = NULL;
    bool have_row = false;
    int64_t weight = 0;
    if (world->engine == DB_POSTGRESQL) {
        return; /* does not */
    }
    a_table_of_things(world);
    a_store_in_which(world, "update things set name = cast(5 as integer) + 0.5");
    a_store_in_which(world, "update things set weight = 'heavy'");
    WORLD_FAULT(world, "database-failed", load_thing(world, 5, &loaded));
    WORLD_FAULT(world, "database-failed",
                db_query_int(world->db, WEIGHT, DB_NO_ARGS, 0, &weight, &world->fault));
    WORLD_OK(world, db_stream_fields(world->db, &THING, STREAM, DB_NO_ARGS, &rows, &world->fault));
    WORLD_OK(world, db_next(rows, &have_row, &world->fault));
    rows_read_or_spoil(rows, 0, &THING, NULL, &loaded);
    WORLD_FAULT(world, "database-failed", db_next(rows, &have_row, &world->fault));
    db_rows_close(rows);
    a_store_in_which(world, "update things set weight = 3");
    WORLD_OK(world, db_query_int(world->db, WEIGHT, DB_NO_ARGS, 0, &weight, &world->fault));
    assert_int_equal(weight, 3);
}

static void a_counter_below_zero_is_a_fault(void **state) {
    struct world *world = *state;
    int64_t first = 0;
    run_alone(world, "insert into counters (name, taken) values ('odd', -5)");
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_FAULT(world, "database-failed", db_counter_take(world->db, "odd", 2, &first, &world->fault));
    db_rollback(world->db);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(an_item_comes_back_as_it_went),
        WORLD_TEST(what_is_none_stands_as_null_and_comes_back_as_none),
        WORLD_TEST(a_bulk_takes_items_and_a_query_gives_all_of_them),
        WORLD_TEST(an_update_saves_the_fields_that_say_so_and_no_others),
        WORLD_TEST(an_insert_over_what_is_there_saves_the_same_fields),
        WORLD_TEST(a_page_ends_with_the_number_behind_which_the_next_begins),
        WORLD_TEST(what_a_column_may_not_have_is_a_fault_with_its_name),
        WORLD_TEST(a_column_with_a_value_of_another_type_is_a_fault),
        WORLD_TEST(a_counter_below_zero_is_a_fault),
    };
    return world_run_tests("rows", tests, sizeof tests / sizeof tests[0]);
}
