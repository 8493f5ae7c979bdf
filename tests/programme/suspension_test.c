/* Suspension: what an agreement's suspension, resumption and end do below it; and, over random lives of many
 * licences, that states, counters and blocks are what follows from the log and from the agreements. */
#include "channel.h"

#include "core/base/rng.h"
#include "core/time/date.h"
#include "core/time/instant.h"
#include "core/usage/event.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/parties/agreements.h"
#include "programme/parties/suspend_agreement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int64_t counted(struct world *world, struct text licence) {
    return licence_of(world, licence).licence.counted_seats;
}

static void suspending_stops_everything_below_and_resuming_brings_back_its_own_state(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text on = a_licence_on(world, "OFFICE", 5);
    struct text off = a_licence_on(world, "OFFICE", 5);
    turn_off(world, off);
    suspend(world, "DIST", "P1");
    struct licence_detail detail = licence_of(world, on);
    assert_int_equal(detail.licence.counted_seats, 0);
    assert_int_equal(detail.licence.state, LICENCE_ON);
    assert_true(text_is(detail.licence.effective, "suspended"));
    assert_int_equal(detail.suspended_by_count, 1);
    resume(world, "DIST", "P1");
    assert_int_equal(counted(world, on), 5);
    assert_int_equal(counted(world, off), 0);
    assert_int_equal(licence_of(world, off).licence.state, LICENCE_OFF);
}

static void suspensions_nest_and_the_last_one_to_go_brings_the_licence_back(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P3", "OFFICE", 5), "C4", 5);
    turn_on(world, licence);
    suspend(world, "SUB", "P3");
    suspend(world, "DIST", "SUB");
    suspend(world, "P3", "C4");
    assert_int_equal(licence_of(world, licence).suspended_by_count, 3);
    resume(world, "SUB", "P3");
    assert_int_equal(counted(world, licence), 0);
    resume(world, "P3", "C4");
    assert_int_equal(counted(world, licence), 0);
    resume(world, "DIST", "SUB");
    assert_int_equal(counted(world, licence), 5);
    assert_int_equal(ask(world, "select count(*) from licence_events"), 7);
    assert_int_equal(ask(world, "select count(*) from licence_events where kind in (4, 5) and cause_id = 0"),
                     0);
}

static void what_is_suspended_can_be_turned_off_and_retired_and_nothing_else(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 20);
    struct text licence = a_licence(world, block, "C1", 5);
    struct text other = a_licence(world, block, "C1", 5);
    turn_on(world, licence);
    suspend(world, "DIST", "P1");
    struct call call = world_call(world);
    struct licence_view info;
    struct issued_licences issued;
    struct turn_licence_input input = {.licence = other, .seats = 6};
    struct issue_licence_input issue = {.block = block, .customer = TEXT("C1"), .seats = 1};
    WORLD_FAULT(world, "agreement-suspended", turn_licence_on(&call, &input, &info, &world->fault));
    WORLD_FAULT(world, "agreement-suspended", resize_licence(&call, &input, &info, &world->fault));
    WORLD_FAULT(world, "agreement-suspended", issue_licence(&call, &issue, &issued, &world->fault));
    turn_off(world, licence);
    WORLD_OK(world, retire_licence(&call, &input, &info, &world->fault));
    resume(world, "DIST", "P1");
    assert_int_equal(counted(world, licence), 0);
    turn_on(world, licence);
    assert_int_equal(counted(world, licence), 5);
}

static void suspending_a_vendor_reaches_its_skus_alone_parts_of_bundles_included(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text office = a_licence_on(world, "OFFICE", 5);
    struct text backup = a_licence_on(world, "BACKUP", 5);
    struct text suite = a_licence_on(world, "SUITE", 5);
    suspend(world, "BOLT", "DIST");
    assert_int_equal(counted(world, office), 5);
    assert_int_equal(counted(world, backup), 0);
    assert_int_equal(licence_of(world, backup).suspended_by_count, 1);
    struct licence_detail detail = licence_of(world, suite);
    assert_int_equal(detail.licence.counted_seats, 5);
    for (size_t i = 0; i < detail.part_count; i++) {
        assert_int_equal(detail.parts[i].counted_seats, text_is(detail.parts[i].sku_code, "BACKUP") ? 0 : 5);
    }

    struct call call = world_call(world);
    struct licence_view info;
    struct issued_licences issued;
    struct turn_licence_input input = {.licence = suite};
    WORLD_OK(world, turn_licence_off(&call, &input, &info, &world->fault));
    WORLD_FAULT(world, "agreement-suspended", turn_licence_on(&call, &input, &info, &world->fault));
    struct issue_licence_input issue = {
        .block = a_block_of(world, "P1", "SUITE", 5), .customer = TEXT("C1"), .seats = 1};
    WORLD_FAULT(world, "agreement-suspended", issue_licence(&call, &issue, &issued, &world->fault));
    resume(world, "BOLT", "DIST");
    WORLD_OK(world, turn_licence_on(&call, &input, &info, &world->fault));
    assert_int_equal(counted(world, backup), 5);
    assert_int_equal(ask(world, "select count(*) from licences where suspensions <> 0"), 0);
}

static void terminating_retires_everything_below_and_ends_the_agreements_below(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P3", "SUITE", 5);
    struct text licence = a_licence(world, block, "C4", 5);
    struct text other = a_licence_on(world, "OFFICE", 5);
    turn_on(world, licence);
    struct call call = call_of(world, "DIST");
    struct cascade_result cascade;
    struct suspend_agreement_input input = {
        .seller = TEXT("DIST"), .buyer = TEXT("SUB"), .reason = TEXT("broke")};
    WORLD_OK(world, terminate_agreement(&call, &input, &cascade, &world->fault));
    assert_int_equal(cascade.licences, 3);
    assert_int_equal(cascade.agreements, 2);
    assert_int_equal(licence_of(world, licence).licence.state, LICENCE_RETIRED);
    assert_int_equal(counted(world, licence), 0);
    assert_int_equal(counted(world, other), 5);
    assert_int_equal(block_of(world, block).issued_seats, 0);
    assert_int_equal(block_of(world, block).state, BLOCK_CLOSED);
    assert_int_equal(ask(world, "select count(*) from agreements where state = 'terminated'"), 3);
    WORLD_FAULT(world, "unknown-agreement", terminate_agreement(&call, &input, &cascade, &world->fault));
}

static void ending_a_customer_gives_its_seats_back_to_the_providers_block(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 20);
    turn_on(world, a_licence(world, block, "C1", 5));
    a_licence(world, block, "C1", 6);
    turn_on(world, a_licence(world, block, "C2", 7));
    terminate(world, "P1", "C1");
    assert_int_equal(block_of(world, block).issued_seats, 7);
    assert_int_equal(block_of(world, block).state, BLOCK_OPEN);
    struct call call = world_call(world);
    struct issued_licences issued;
    struct issue_licence_input issue = {.block = block, .customer = TEXT("C1"), .seats = 1};
    WORLD_FAULT(world, "agreement-not-signed", issue_licence(&call, &issue, &issued, &world->fault));
}

static void a_bundle_that_lost_a_part_with_its_vendor_is_not_turned_on_again(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text suite = a_licence_on(world, "SUITE", 5);
    terminate(world, "BOLT", "DIST");
    assert_int_equal(counted(world, suite), 5);
    turn_off(world, suite);
    struct call call = world_call(world);
    struct licence_view info;
    struct turn_licence_input input = {.licence = suite};
    WORLD_FAULT(world, "part-retired", turn_licence_on(&call, &input, &info, &world->fault));
    WORLD_OK(world, retire_licence(&call, &input, &info, &world->fault));
}

static void only_the_seller_suspends_and_an_edge_of_others_is_unknown(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct cascade_result cascade;
    struct suspend_agreement_input edge = {.seller = TEXT("DIST"), .buyer = TEXT("P1")};
    struct call buyer = call_of(world, "P1");
    WORLD_FAULT(world, "not-yours", suspend_agreement(&buyer, &edge, &cascade, &world->fault));
    struct suspend_agreement_input below = {.seller = TEXT("SUB"), .buyer = TEXT("P3")};
    struct call above = call_of(world, "DIST");
    WORLD_FAULT(world, "unknown-agreement", suspend_agreement(&above, &below, &cascade, &world->fault));
    struct call seller = call_of(world, "SUB");
    WORLD_FAULT(world, "wrong-state", resume_agreement(&seller, &below, &cascade, &world->fault));
    below.if_version = 99;
    WORLD_FAULT(world, "stale", suspend_agreement(&seller, &below, &cascade, &world->fault));
    assert_int_equal(ask(world, "select count(*) from agreements where state = 'suspended'"), 0);
}

/* ---- random lives ---- */

enum { LIVES_LICENCES_MAX = 400, LIVES_STEPS = 600, LIVES_BLOCKS_MAX = 60 };

static const char *const edges[][2] = {{"DIST", "P1"},   {"DIST", "P2"},  {"DIST", "SUB"}, {"SUB", "P3"},
                                       {"P1", "C1"},     {"P1", "C2"},    {"P2", "C3"},    {"P3", "C4"},
                                       {"ACME", "DIST"}, {"BOLT", "DIST"}};
enum { EDGES = sizeof edges / sizeof edges[0] };
static const char *const providers[] = {"P1", "P2", "P3"};
/* Now and then somebody else's customer, which is refused. */
static const char *const provider_customers[][3] = {
    {"C1", "C2", "C3"}, {"C3", "C3", "C1"}, {"C4", "C4", "C1"}};
static const char *const customers[] = {"C1", "C2", "C3", "C4"};
static const char *const skus[] = {"OFFICE", "MAIL", "BACKUP", "SUITE"};

struct lives {
    struct world *world;
    struct rng rng;
    struct text licences[LIVES_LICENCES_MAX];
    size_t licence_count;
    struct text blocks[LIVES_BLOCKS_MAX];
    size_t block_providers[LIVES_BLOCKS_MAX]; /* index into providers */
    size_t block_count;
    int64_t steps_done;
};

/* What the log says of one licence. */
struct told {
    int64_t id;
    int64_t events;
    int64_t at_us;
    int32_t own_seats;
    int32_t seats;
    int64_t suspensions;
};

/* Replays all logs: numbers without gaps in each, times that never go back, each event beginning where the
 * last ended, and the seats that count being the licence's own unless something above is suspended. */
static size_t replay(struct world *world, struct told *told) {
    static const char SQL[] =
        "select e.number, at_us, licence_id, kind, own_seats, seats_before, seats_after, "
        "case when v.number is null and kind <> 6 then 1 else 0 end, e.provider_id "
        "from licence_events e left join voided_events v on v.provider_id = e.provider_id and v.number = "
        "e.number order by e.provider_id, e.number";
    struct db_rows *rows = NULL;
    bool have_row = true;
    int64_t expected = 1;
    int64_t provider = 0;
    size_t count = 0;
    WORLD_OK(world, db_query(world->db, SQL, DB_NO_ARGS, &rows, &world->fault));
    for (;;) {
        WORLD_OK(world, db_next(rows, &have_row, &world->fault));
        if (!have_row) {
            break;
        }
        expected = db_column_int(rows, 8) == provider ? expected + 1 : 1;
        provider = db_column_int(rows, 8);
        assert_int_equal(db_column_int(rows, 0), expected);
        size_t i = 0;
        while (i < count && told[i].id != db_column_int(rows, 2)) {
            i++;
        }
        if (i == count) {
            told[count++] = (struct told){.id = db_column_int(rows, 2)};
        }
        assert_true(count < LIVES_LICENCES_MAX * 3);
        struct told *licence = &told[i];
        bool is_live = db_column_int(rows, 7) == 1;
        assert_true(!is_live || db_column_int(rows, 1) >= licence->at_us);
        assert_int_equal(db_column_int(rows, 5), licence->seats);
        int64_t kind = db_column_int(rows, 3);
        licence->suspensions += kind == EVENT_SUSPEND ? 1 : kind == EVENT_RESUME ? -1 : 0;
        assert_true(licence->suspensions >= 0);
        if (kind == EVENT_SUSPEND || kind == EVENT_RESUME) {
            assert_int_equal(db_column_int(rows, 4), licence->own_seats);
        }
        licence->own_seats = (int32_t)db_column_int(rows, 4);
        assert_true((kind != EVENT_OFF) || licence->own_seats == 0);
        assert_true((kind != EVENT_ON) || licence->own_seats > 0);
        licence->seats = (int32_t)db_column_int(rows, 6);
        assert_int_equal(licence->seats, licence->suspensions == 0 ? licence->own_seats : 0);
        if (is_live) {
            licence->at_us = db_column_int(rows, 1);
            licence->events++;
        }
    }
    db_rows_close(rows);
    return count;
}

/* Every licence is as the log tells it, and as the agreements above it would have it. */
static void check_licences(struct world *world, const struct told *told, size_t told_count) {
    static const char SQL[] =
        "select l.id, l.state, l.seats, l.suspensions, l.counted_seats, l.last_event_at_us, l.part_quantity, "
        "whole.seats, whole.state, (select count(*) from agreements g where g.state = 'suspended' and "
        "(g.seller_id = s.owner_id and g.buyer_id in (select d.id from accounts d where d.depth = 1) or "
        "g.buyer_id in (c.id, c.seller_id, p.seller_id) and g.seller_id in (c.seller_id, p.seller_id, "
        "coalesce((select d.seller_id from accounts d where d.id = p.seller_id), 0)))) "
        "from licences l join accounts c on c.id = l.customer_id join accounts p on p.id = c.seller_id "
        "join skus s on s.id = l.sku_id left join licences whole on whole.id = l.parent_id order by l.id";
    struct db_rows *rows = NULL;
    bool have_row = true;
    WORLD_OK(world, db_query(world->db, SQL, DB_NO_ARGS, &rows, &world->fault));
    for (;;) {
        WORLD_OK(world, db_next(rows, &have_row, &world->fault));
        if (!have_row) {
            break;
        }
        struct told nothing = {0};
        const struct told *licence = &nothing;
        for (size_t i = 0; i < told_count; i++) {
            if (told[i].id == db_column_int(rows, 0)) {
                licence = &told[i];
            }
        }
        struct text word = db_column_text(rows, 1);
        bool on = text_is(word, "on");
        assert_int_equal(licence->own_seats, on ? db_column_int(rows, 2) : 0);
        assert_int_equal(licence->seats, db_column_int(rows, 4));
        assert_true(licence->at_us == db_column_int(rows, 5));
        assert_int_equal(licence->suspensions, db_column_int(rows, 3));
        if (text_is(word, "retired")) {
            continue;
        }
        assert_int_equal(db_column_int(rows, 3), db_column_int(rows, 9));
        if (!db_column_is_null(rows, 7)) {
            assert_int_equal(db_column_int(rows, 2), db_column_int(rows, 6) * db_column_int(rows, 7));
            assert_true(text_equal(word, db_column_text(rows, 8)));
        }
    }
    db_rows_close(rows);
}

/* Issued seats are those of the licences that name the block; nothing is issued beyond it. */
static void check_blocks(struct world *world) {
    assert_int_equal(ask(world,
                         "select count(*) from blocks b where b.issued_seats > b.size or b.issued_seats <> "
                         "(select coalesce(sum(l.seats), 0) from licences l where l.block_id = b.id "
                         "and l.parent_id is null and l.state <> 'retired')"),
                     0);
    assert_int_equal(
        ask(world, "select count(*) from licences where state = 'retired' and retired_at_us is null"), 0);
    assert_int_equal(
        ask(world, "select count(*) from licences where state = 'on' and first_on_at_us is null"), 0);
}

static void check_everything(struct world *world) {
    static struct told told[LIVES_LICENCES_MAX * 3];
    size_t count = replay(world, told);
    check_licences(world, told, count);
    check_blocks(world);
}

/* A use case may refuse, for reasons that are all right; anything else is a bug. */
static void may_refuse(struct lives *lives, enum status status) {
    struct world *world = lives->world;
    if (status == STATUS_OK) {
        lives->steps_done++;
    } else if (status != STATUS_CONFLICT && status != STATUS_NOT_FOUND) {
        WORLD_OK(world, status);
    }
}

static const char *pick(struct lives *lives, const char *const *words, size_t count) {
    return words[rng_below(&lives->rng, count)];
}

static void order_a_block(struct lives *lives) {
    struct world *world = lives->world;
    struct call call = world_call(world);
    struct block_view block;
    size_t provider = rng_below(&lives->rng, 3);
    struct order_block_input input = {text_of(providers[provider]), text_of(pick(lives, skus, 4)),
                                      rng_between(&lives->rng, 10, 90)};
    enum status status = order_block(&call, &input, &block, &world->fault);
    may_refuse(lives, status);
    if (status == STATUS_OK && lives->block_count < LIVES_BLOCKS_MAX) {
        lives->block_providers[lives->block_count] = provider;
        lives->blocks[lives->block_count++] = block.identifier;
    }
}

static void issue_licences(struct lives *lives) {
    struct world *world = lives->world;
    if (lives->block_count == 0) {
        return;
    }
    struct call call = world_call(world);
    struct issued_licences issued;
    size_t block = rng_below(&lives->rng, lives->block_count);
    struct issue_licence_input input = {
        .block = lives->blocks[block],
        .customer = text_of(provider_customers[lives->block_providers[block]][rng_below(&lives->rng, 3)]),
        .seats = rng_between(&lives->rng, 1, 9),
        .count = rng_between(&lives->rng, 1, 3)};
    enum status status = issue_licence(&call, &input, &issued, &world->fault);
    may_refuse(lives, status);
    for (size_t i = 0; status == STATUS_OK && i < issued.count && lives->licence_count < LIVES_LICENCES_MAX;
         i++) {
        lives->licences[lives->licence_count++] = issued.items[i].licence.identifier;
    }
}

static void change_a_licence(struct lives *lives) {
    struct world *world = lives->world;
    if (lives->licence_count == 0) {
        return;
    }
    struct call call = world_call(world);
    struct licence_view info;
    struct turn_licence_input input = {.licence =
                                           lives->licences[rng_below(&lives->rng, lives->licence_count)],
                                       .seats = rng_between(&lives->rng, 1, 12)};
    if (rng_chance(&lives->rng, 1, 4)) { /* some time in the last two hours */
        input.at = instant_format(&world->arena, world->now_us - rng_between(&lives->rng, 0, 7200) * 1000000);
    }
    switch (rng_below(&lives->rng, 8)) {
    case 0:
    case 1:
    case 2:
        may_refuse(lives, turn_licence_on(&call, &input, &info, &world->fault));
        break;
    case 3:
    case 4:
        may_refuse(lives, turn_licence_off(&call, &input, &info, &world->fault));
        break;
    case 5:
    case 6:
        may_refuse(lives, resize_licence(&call, &input, &info, &world->fault));
        break;
    default:
        may_refuse(lives, retire_licence(&call, &input, &info, &world->fault));
    }
}

/* Signs again what was terminated, sellers first, so that life goes on. */
static void sign_again(struct lives *lives) {
    struct world *world = lives->world;
    for (size_t i = 0; i < EDGES; i++) {
        struct call call = world_call(world);
        struct agreement_view view;
        struct offer_agreement_input offer = {.seller = text_of(edges[i][0]), .buyer = text_of(edges[i][1])};
        struct sign_agreement_input sign = {
            .seller = text_of(edges[i][0]), .buyer = text_of(edges[i][1]), .signed_by = TEXT("Ada")};
        if (offer_agreement(&call, &offer, &view, &world->fault) == STATUS_OK) {
            WORLD_OK(world, sign_agreement(&call, &sign, &view, &world->fault));
        }
    }
}

static void change_an_edge(struct lives *lives) {
    struct world *world = lives->world;
    struct call call = world_call(world);
    struct cascade_result cascade;
    size_t edge = rng_below(&lives->rng, EDGES);
    struct suspend_agreement_input input = {.seller = text_of(edges[edge][0]),
                                            .buyer = text_of(edges[edge][1])};
    switch (rng_below(&lives->rng, 12)) {
    case 0:
        if (rng_chance(&lives->rng, 1, 3)) {
            may_refuse(lives, terminate_agreement(&call, &input, &cascade, &world->fault));
        }
        sign_again(lives);
        break;
    case 1:
    case 2:
    case 3:
        may_refuse(lives, suspend_agreement(&call, &input, &cascade, &world->fault));
        break;
    default: /* more often than not, so that most of the time most can work */
        for (int i = 0; i < 5; i++) {
            edge = rng_below(&lives->rng, EDGES);
            input.seller = text_of(edges[edge][0]);
            input.buyer = text_of(edges[edge][1]);
            may_refuse(lives, resume_agreement(&call, &input, &cascade, &world->fault));
        }
    }
}

static void change_many(struct lives *lives) {
    struct world *world = lives->world;
    struct call call = world_call(world);
    int64_t turned = 0;
    struct block_view block;
    struct turn_customer_off_input off = {.customer = text_of(pick(lives, customers, 4))};
    if (rng_chance(&lives->rng, 1, 2)) {
        may_refuse(lives, turn_off_customer(&call, &off, &turned, &world->fault));
    } else if (lives->block_count > 0) {
        struct text identifier = lives->blocks[rng_below(&lives->rng, lives->block_count)];
        struct enlarge_block_input larger = {.block = identifier, .size = rng_between(&lives->rng, 1, 100)};
        enum status status = enlarge_block(&call, &larger, &block, &world->fault);
        if (status != STATUS_INVALID) { /* not larger */
            may_refuse(lives, status);
        }
    }
}

static void live(struct world *world, uint64_t seed) {
    static struct lives lives;
    lives = (struct lives){.world = world};
    rng_seed(&lives.rng, seed);
    a_channel(world);
    for (int step = 0; step < LIVES_STEPS; step++) {
        world->now_us += rng_between(&lives.rng, 0, 3600) * 1000000;
        uint64_t what = rng_below(&lives.rng, 100);
        if (what < 8) {
            order_a_block(&lives);
        } else if (what < 28) {
            issue_licences(&lives);
        } else if (what < 82) {
            change_a_licence(&lives);
        } else if (what < 95) {
            change_an_edge(&lives);
        } else {
            change_many(&lives);
        }
        check_everything(world);
    }
    assert_true(lives.steps_done > LIVES_STEPS / 5);
    assert_true(ask(world, "select count(*) from licence_events") > 200);
}

static void states_and_counters_follow_from_the_log_in_random_lives_seed_1(void **state) {
    live(*state, 1);
}

static void states_and_counters_follow_from_the_log_in_random_lives_seed_2(void **state) {
    live(*state, 2);
}

static void states_and_counters_follow_from_the_log_in_random_lives_seed_3(void **state) {
    live(*state, 3);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(suspending_stops_everything_below_and_resuming_brings_back_its_own_state),
        WORLD_TEST(suspensions_nest_and_the_last_one_to_go_brings_the_licence_back),
        WORLD_TEST(what_is_suspended_can_be_turned_off_and_retired_and_nothing_else),
        WORLD_TEST(suspending_a_vendor_reaches_its_skus_alone_parts_of_bundles_included),
        WORLD_TEST(terminating_retires_everything_below_and_ends_the_agreements_below),
        WORLD_TEST(ending_a_customer_gives_its_seats_back_to_the_providers_block),
        WORLD_TEST(a_bundle_that_lost_a_part_with_its_vendor_is_not_turned_on_again),
        WORLD_TEST(only_the_seller_suspends_and_an_edge_of_others_is_unknown),
        WORLD_TEST(states_and_counters_follow_from_the_log_in_random_lives_seed_1),
        WORLD_TEST(states_and_counters_follow_from_the_log_in_random_lives_seed_2),
        WORLD_TEST(states_and_counters_follow_from_the_log_in_random_lives_seed_3),
    };
    return world_run_tests("suspension", tests, sizeof tests / sizeof tests[0]);
}
