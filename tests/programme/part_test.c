/* Parts of the programme: what is read around one account rates its edges as the whole does, and has nothing
 * of anybody beside it. */
#include "core/rating/effect.h"
#include "programme/billing/load_month.h"
#include "programme/billing/load_snapshot.h"
#include "programme/simulation/simulate.h"
#include "store/parties/accounts.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* A month of a part of the programme, or of the whole, as the next close would rate it. */
struct rated_part {
    struct call call;
    struct programme_part part;
    struct snapshot snapshot;
    struct loaded_month loaded;
    struct rated_month rated;
};

static void open_part(struct world *world, const struct programme_part *part, struct month month,
                      struct rated_part *opened) {
    *opened = (struct rated_part){.call = world_call(world)};
    if (part != NULL) {
        opened->part = *part;
        part = &opened->part;
    }
    WORLD_OK(world, snapshot_load(&opened->call, part, &opened->snapshot, &world->fault));
    struct load_month_input input = {.snapshot = &opened->snapshot,
                                     .part = part,
                                     .month = month,
                                     .runs_on = true,
                                     .under_account_id = part == NULL ? 0 : part->around_id,
                                     .party_id = part == NULL ? 0 : part->party_id};
    WORLD_OK(world, load_month(&opened->call, &input, &opened->loaded, &world->fault));
    WORLD_OK(world, loaded_month_rate(&opened->loaded, opened->call.arena, 0, &opened->rated, &world->fault));
}

static struct edge_bill bill_of(struct world *world, struct rated_part *part, int64_t agreement_id,
                                struct month month) {
    struct edge_bill bill = {0};
    uint32_t agreement = snapshot_agreement_in(&part->snapshot, agreement_id, month);
    assert_int_not_equal(agreement, SNAPSHOT_NONE);
    WORLD_OK(world, bill_edge(&part->rated, &part->loaded.waiting, part->call.arena, agreement, &bill,
                              &world->fault));
    return bill;
}

static void must_be_same_lines(const struct billed_line *a, size_t a_count, const struct billed_line *b,
                               size_t b_count) {
    assert_int_equal(a_count, b_count);
    for (size_t i = 0; i < a_count; i++) {
        assert_int_equal(a[i].customer_id, b[i].customer_id);
        assert_int_equal(a[i].sku_id, b[i].sku_id);
        assert_int_equal(a[i].price_id, b[i].price_id);
        assert_int_equal(a[i].measured_parts, b[i].measured_parts);
        assert_int_equal(a[i].quantity_parts, b[i].quantity_parts);
        assert_int_equal(a[i].unit_price_millionths, b[i].unit_price_millionths);
        assert_int_equal(a[i].amount_minor, b[i].amount_minor);
        assert_string_equal(a[i].tax.category, b[i].tax.category);
        assert_int_equal(a[i].tax.rate_millionths, b[i].tax.rate_millionths);
        assert_true(text_equal(a[i].note, b[i].note));
    }
}

static void must_be_same_bills(const struct edge_bill *a, const struct edge_bill *b) {
    must_be_same_lines(a->lines, a->line_count, b->lines, b->line_count);
    assert_int_equal(a->total.gross_minor, b->total.gross_minor);
    assert_int_equal(a->usage_billing, b->usage_billing);
    assert_int_equal(a->credit_note_count, b->credit_note_count);
    for (size_t i = 0; i < a->credit_note_count; i++) {
        must_be_same_lines(a->credit_notes[i].lines, a->credit_notes[i].line_count, b->credit_notes[i].lines,
                           b->credit_notes[i].line_count);
    }
}

/* Whether the account is around the part's, or a vendor. */
static bool is_around(struct world *world, int64_t around_id, const struct account *account) {
    bool below = false;
    bool above = false;
    WORLD_OK(world, account_is_or_is_above(world->db, around_id, account->id, &below, &world->fault));
    WORLD_OK(world, account_is_or_is_above(world->db, account->id, around_id, &above, &world->fault));
    return below || above || account->kind == ACCOUNT_VENDOR;
}

static void must_hold_nothing_beside(struct world *world, const struct rated_part *part) {
    const struct snapshot *snapshot = &part->snapshot;
    for (size_t i = 0; i < snapshot->account_count; i++) {
        assert_true(is_around(world, part->part.around_id, &snapshot->accounts[i]));
    }
    for (size_t i = 0; i < snapshot->prices.count; i++) {
        int64_t buyer_id = snapshot->prices.edges[i].buyer_id;
        assert_true(buyer_id == 0 || snapshot_account_find(snapshot, buyer_id) != SNAPSHOT_NONE);
        assert_int_not_equal(snapshot_account_find(snapshot, snapshot->prices.edges[i].seller_id),
                             SNAPSHOT_NONE);
    }
}

/* Bills every edge that the part answers for from the part and from the whole. Returns how many lines that
 * were. */
static size_t compare_part(struct world *world, struct rated_part *whole, const struct programme_part *part,
                           struct month month) {
    struct rated_part opened;
    size_t lines = 0;
    open_part(world, part, month, &opened);
    must_hold_nothing_beside(world, &opened);
    for (size_t e = 0; e < opened.snapshot.edge_count; e++) {
        uint32_t at = snapshot_agreement_of_month(&opened.snapshot, (uint32_t)e, month, true);
        bool is_asked = false;
        if (at == SNAPSHOT_NONE) {
            continue;
        }
        const struct agreement *agreement = &opened.snapshot.agreements[at];
        WORLD_OK(world, account_is_or_is_above(world->db, part->around_id, agreement->buyer_id, &is_asked,
                                               &world->fault));
        if (!is_asked || (part->party_id != 0 && agreement->seller_id != part->party_id &&
                          agreement->buyer_id != part->party_id)) {
            continue;
        }
        struct edge_bill of_part = bill_of(world, &opened, agreement->id, month);
        struct edge_bill of_whole = bill_of(world, whole, agreement->id, month);
        must_be_same_bills(&of_part, &of_whole);
        lines += of_part.line_count;
    }
    snapshot_close(&opened.snapshot);
    return lines;
}

static void live(struct world *world, uint64_t seed) {
    struct call call = world_call(world);
    struct simulate_input input = {.seed = seed,
                                   .providers = 4,
                                   .customers = 14,
                                   .licences = 80,
                                   .months = 3,
                                   .no_close = true,
                                   .rich = true};
    struct simulate_result result;
    WORLD_OK(world, simulate(&call, &input, &result, &world->fault));
}

static int64_t distributor_of(const struct snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->account_count; i++) {
        if (snapshot->accounts[i].depth == 1) {
            return snapshot->accounts[i].id;
        }
    }
    return 0;
}

static void each_edge_is_billed_from_a_part_as_from_the_whole(void **state) {
    struct world *world = *state;
    struct month month = month_of(2026, 3);
    struct rated_part whole;
    size_t lines_of_parties = 0;
    size_t lines_of_all = 0;
    live(world, 12);
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    open_part(world, NULL, month, &whole);
    for (size_t i = 0; i < whole.snapshot.account_count; i++) {
        const struct account *account = &whole.snapshot.accounts[i];
        struct programme_part part = {.around_id = account->id};
        part.party_id = account->id;
        if (account->kind == ACCOUNT_VENDOR) {
            part.around_id = distributor_of(&whole.snapshot); /* whose customers are the vendor's */
        } else {
            lines_of_all +=
                compare_part(world, &whole, &(struct programme_part){.around_id = account->id}, month);
        }
        lines_of_parties += compare_part(world, &whole, &part, month);
    }
    assert_true(lines_of_parties > 200);
    assert_true(lines_of_all > lines_of_parties);
    snapshot_close(&whole.snapshot);
    db_rollback(world->db);
}

/* How many of the lines of a SKU are among those of another bill. */
static size_t count_same(const struct edge_bill *bill, int64_t sku_id, const struct edge_bill *other) {
    size_t same = 0;
    for (size_t i = 0; i < bill->usage_count; i++) {
        for (size_t k = 0; k < other->usage_count && bill->lines[i].sku_id == sku_id; k++) {
            same += other->lines[k].measured_parts == bill->lines[i].measured_parts &&
                            lines_charge_the_same(&other->lines[k], &bill->lines[i])
                        ? 1
                        : 0;
        }
    }
    return same;
}

/* The SKU of the edge's first line, from a part that has no other. */
static size_t compare_sku(struct world *world, const struct agreement *agreement,
                          const struct edge_bill *bill, struct month month) {
    int64_t sku_id = bill->lines[0].sku_id;
    const struct programme_part part = {agreement->buyer_id, agreement->buyer_id, sku_id};
    struct rated_part opened;
    open_part(world, &part, month, &opened);
    struct edge_bill of_sku = bill_of(world, &opened, agreement->id, month);
    size_t lines = count_same(bill, sku_id, bill);
    assert_true(lines > 0);
    assert_int_equal(count_same(bill, sku_id, &of_sku), lines);
    snapshot_close(&opened.snapshot);
    return lines;
}

static void a_sku_is_charged_from_its_part_as_from_the_whole(void **state) {
    struct world *world = *state;
    struct month month = month_of(2026, 3);
    struct rated_part whole;
    size_t compared = 0;
    live(world, 13);
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    open_part(world, NULL, month, &whole);
    for (size_t e = 0; e < whole.snapshot.edge_count; e++) {
        uint32_t at = snapshot_agreement_of_month(&whole.snapshot, (uint32_t)e, month, true);
        if (at != SNAPSHOT_NONE) {
            const struct agreement *agreement = &whole.snapshot.agreements[at];
            struct edge_bill bill = bill_of(world, &whole, agreement->id, month);
            compared += bill.usage_count > 0 ? compare_sku(world, agreement, &bill, month) : 0;
        }
    }
    assert_true(compared > 10);
    snapshot_close(&whole.snapshot);
    db_rollback(world->db);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(each_edge_is_billed_from_a_part_as_from_the_whole),
        WORLD_TEST(a_sku_is_charged_from_its_part_as_from_the_whole),
    };
    return world_run_tests("part", tests, sizeof tests / sizeof *tests);
}
