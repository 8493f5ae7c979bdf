/* Previews: what a preview says is what the close bills, on every edge; nothing else changes, and nobody is
 * told of an edge that is not its own.
 *
 * A simulated programme stands in the middle of a month. Each change is previewed; then, in a transaction
 * that is rolled back, it is made, both months end and are closed, and their documents are held against the
 * preview and against those of a close without the change. */
#include "core/base/rng.h"
#include "programme/billing/margins.h"
#include "programme/jobs/close_month.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/parties/accounts.h"
#include "programme/parties/agreements.h"
#include "programme/parties/suspend_agreement.h"
#include "programme/preview/preview_change.h"
#include "programme/preview/preview_prices.h"
#include "programme/simulation/simulate.h"
#include "programme/usage/decide_report.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DAY_US INT64_C(86400000000)

/* The months of WORLD_NOW_US and the next. */
static const char *const MONTHS[PREVIEW_MONTHS] = {"2026-11", "2026-12"};

/* What is billed for usage of a SKU by a customer (0: a minimum) on an edge in a month. */
struct billed {
    int64_t agreement_id;
    int64_t month;
    int64_t customer_id;
    int64_t sku_id;
    int64_t quantity_parts;
    int64_t amount_minor;
    int64_t lines;
};

struct bills {
    struct billed *items;
    size_t count;
};

static const char BILLED[] =
    "select i.agreement_id, i.month, l.customer_id, l.sku_id, cast(sum(l.quantity_parts) as bigint), "
    "cast(sum(l.amount_minor) as bigint), count(*) from invoices i join invoice_lines l on l.invoice_id = "
    "i.id "
    "where i.kind <> 'credit-note' and l.corrects_month is null and l.sku_id <> 0 and i.month >= $1 "
    "group by i.agreement_id, i.month, l.customer_id, l.sku_id "
    "order by i.agreement_id, i.month, l.customer_id, l.sku_id";

static struct bills read_bills(struct world *world) {
    struct bills bills = {0};
    struct db_rows *rows = NULL;
    size_t capacity = 0;
    bool have_row = false;
    WORLD_OK(world, db_query(world->db, BILLED, DB_ARGS(db_integer(month_of(2026, 11).index)), &rows,
                             &world->fault));
    for (;;) {
        WORLD_OK(world, db_next(rows, &have_row, &world->fault));
        if (!have_row) {
            break;
        }
        bills.items = arena_grow(&world->arena, bills.items, bills.count, &capacity, sizeof *bills.items);
        bills.items[bills.count++] = (struct billed){
            db_column_int(rows, 0), db_column_int(rows, 1), db_column_int(rows, 2), db_column_int(rows, 3),
            db_column_int(rows, 4), db_column_int(rows, 5), db_column_int(rows, 6)};
    }
    db_rows_close(rows);
    return bills;
}

static struct billed find_billed(const struct bills *bills, int64_t agreement_id, int32_t month,
                                 int64_t customer_id, int64_t sku_id) {
    for (size_t i = 0; i < bills->count; i++) {
        const struct billed *billed = &bills->items[i];
        if (billed->agreement_id == agreement_id && billed->month == month &&
            billed->customer_id == customer_id && billed->sku_id == sku_id) {
            return *billed;
        }
    }
    return (struct billed){0};
}

/* Closes a month on every edge, approving what waits for its approval. */
static void close_whole(struct world *world, struct call *call, const char *month) {
    const struct close_month_input input = {.month = text_of(month)};
    struct close_month_result result;
    WORLD_OK(world, close_month(call, &input, &result, &world->fault));
    for (size_t i = 0; i < result.open_count; i++) {
        struct decide_report_input decision = {.name = {.provider = result.open[i].buyer_code,
                                                        .seller = result.open[i].seller_code,
                                                        .month = text_of(month)}};
        struct report_detail detail;
        if (text_is(result.open[i].reason, "report-not-approved")) {
            WORLD_OK(world, approve_report(call, &decision, &detail, &world->fault));
        }
    }
    if (result.open_count > 0) {
        WORLD_OK(world, close_month(call, &input, &result, &world->fault));
    }
}

/* ---- changes ---- */

enum what { ON, OFF, SEATS, RETIRE, ISSUE, CUSTOMER_OFF, PRICES, SUSPEND, RESUME, TERMINATE, WHATS };

struct tried {
    enum what what;
    struct text name;     /* of the licence, customer, block or agreement */
    struct text customer; /* of an issue, or the buyer whose prices these are (name is the seller) */
    int64_t seats;
    struct text prices; /* CSV */
};

static enum status preview_it(struct world *world, struct call *call, const struct tried *tried,
                              struct text account, struct preview *preview) {
    static const char *const WORDS[WHATS] = {"on",  "off", "seats",   "retire", "issue",
                                             "off", "",    "suspend", "resume", "terminate"};
    const struct import_prices_input prices = {
        .seller = tried->name, .buyer = tried->customer, .content = tried->prices, .replace = true};
    struct import_problems problems = {0};
    if (tried->what == PRICES) {
        return preview_prices(call, &prices, preview, &problems, &world->fault);
    }
    if (tried->what >= SUSPEND) {
        const struct preview_agreement_input input = {
            .account = account, .agreement = tried->name, .change = text_of(WORDS[tried->what])};
        return preview_agreement(call, &input, preview, &world->fault);
    }
    bool of_licence = tried->what <= RETIRE;
    const struct preview_change_input input = {
        .account = account,
        .change = text_of(WORDS[tried->what]),
        .licences = &tried->name,
        .licence_count = of_licence ? 1 : 0,
        .customer = tried->what == CUSTOMER_OFF ? tried->name : tried->customer,
        .block = tried->what == ISSUE ? tried->name : TEXT(""),
        .seats = tried->seats,
        .count = tried->what == ISSUE ? 2 : 0,
    };
    return preview_change(call, &input, preview, &world->fault);
}

static enum status make_agreement(struct world *world, struct call *call, const struct tried *tried) {
    const struct suspend_agreement_input input = {.agreement = tried->name};
    struct cascade_result cascade;
    return tried->what == SUSPEND  ? suspend_agreement(call, &input, &cascade, &world->fault)
           : tried->what == RESUME ? resume_agreement(call, &input, &cascade, &world->fault)
                                   : terminate_agreement(call, &input, &cascade, &world->fault);
}

static enum status make_issue(struct world *world, struct call *call, const struct tried *tried) {
    const struct issue_licence_input input = {
        .block = tried->name, .customer = tried->customer, .seats = tried->seats, .count = 2};
    struct issued_licences issued;
    TRY(issue_licence(call, &input, &issued, &world->fault));
    for (size_t i = 0; i < issued.count; i++) {
        const struct turn_licence_input on = {.licence = issued.items[i].licence.identifier};
        struct licence_view view;
        TRY(turn_licence_on(call, &on, &view, &world->fault));
    }
    return STATUS_OK;
}

static enum status make_prices(struct world *world, struct call *call, const struct tried *tried) {
    const struct import_prices_input input = {
        .seller = tried->name, .buyer = tried->customer, .content = tried->prices, .replace = true};
    struct import_prices_result result;
    struct import_problems problems = {0};
    return import_prices(call, &input, &result, &problems, &world->fault);
}

static enum status make_it(struct world *world, struct call *call, const struct tried *tried) {
    struct turn_licence_input input = {.licence = tried->name, .seats = tried->seats};
    const struct turn_customer_off_input customer = {.customer = tried->name};
    struct licence_view view;
    int64_t turned = 0;
    switch (tried->what) {
    case ON:
        return turn_licence_on(call, &input, &view, &world->fault);
    case OFF:
        return turn_licence_off(call, &input, &view, &world->fault);
    case SEATS:
        return resize_licence(call, &input, &view, &world->fault);
    case RETIRE:
        return retire_licence(call, &input, &view, &world->fault);
    case ISSUE:
        return make_issue(world, call, tried);
    case CUSTOMER_OFF:
        return turn_off_customer(call, &customer, &turned, &world->fault);
    case PRICES:
        return make_prices(world, call, tried);
    default:
        return make_agreement(world, call, tried);
    }
}

/* ---- comparing ---- */

static int64_t id_of(struct world *world, enum identifier_kind kind, struct text identifier) {
    int64_t id = 0;
    if (identifier.length > 0) {
        assert_true(identifier_decode(world->secret, kind, identifier, &id));
    }
    return id;
}

static void must_be_side(const struct preview_side *side, const struct billed *billed) {
    assert_int_equal(side->amount_minor, billed->amount_minor);
    assert_int_equal(side->line_count, billed->lines);
    assert_int_equal(side->charged.parts, billed->quantity_parts);
}

/* How many of a month's rows name the customer and SKU. */
static size_t count_rows(struct world *world, const struct preview_month *month, int64_t customer_id,
                         int64_t sku_id) {
    size_t count = 0;
    for (size_t i = 0; i < month->row_count; i++) {
        count += id_of(world, IDENTIFIER_ACCOUNT, month->rows[i].customer) == customer_id &&
                         id_of(world, IDENTIFIER_SKU, month->rows[i].sku) == sku_id
                     ? 1
                     : 0;
    }
    return count;
}

static const struct preview_month *find_month(struct world *world, const struct preview *preview,
                                              int64_t agreement_id, int64_t month) {
    for (size_t e = 0; e < preview->edge_count; e++) {
        if (id_of(world, IDENTIFIER_AGREEMENT, preview->edges[e].agreement) == agreement_id) {
            for (int at = 0; at < PREVIEW_MONTHS; at++) {
                if (preview->edges[e].months[at].month.index == month) {
                    return &preview->edges[e].months[at];
                }
            }
        }
    }
    return NULL;
}

/* What is billed and not told of is billed alike without the change and with it. */
static void must_be_told(struct world *world, const struct preview *preview, const struct bills *bills,
                         const struct bills *others) {
    for (size_t i = 0; i < bills->count; i++) {
        const struct billed *billed = &bills->items[i];
        const struct preview_month *month = find_month(world, preview, billed->agreement_id, billed->month);
        bool is_open = month != NULL && month->reason.length > 0;
        if (is_open ||
            (month != NULL && count_rows(world, month, billed->customer_id, billed->sku_id) == 1)) {
            continue;
        }
        struct billed other = find_billed(others, billed->agreement_id, (int32_t)billed->month,
                                          billed->customer_id, billed->sku_id);
        assert_int_equal(billed->amount_minor, other.amount_minor);
        assert_int_equal(billed->quantity_parts, other.quantity_parts);
    }
}

static size_t compare(struct world *world, const struct preview *preview, const struct bills *without,
                      const struct bills *with) {
    size_t compared = 0;
    for (size_t e = 0; e < preview->edge_count; e++) {
        int64_t agreement_id = id_of(world, IDENTIFIER_AGREEMENT, preview->edges[e].agreement);
        for (int at = 0; at < PREVIEW_MONTHS; at++) {
            const struct preview_month *month = &preview->edges[e].months[at];
            for (size_t i = 0; i < month->row_count && month->reason.length == 0; i++) {
                const struct preview_row *row = &month->rows[i];
                int64_t customer_id = id_of(world, IDENTIFIER_ACCOUNT, row->customer);
                int64_t sku_id = id_of(world, IDENTIFIER_SKU, row->sku);
                struct billed before =
                    find_billed(without, agreement_id, month->month.index, customer_id, sku_id);
                struct billed after =
                    find_billed(with, agreement_id, month->month.index, customer_id, sku_id);
                must_be_side(&row->before, &before);
                must_be_side(&row->after, &after);
                compared++;
            }
        }
    }
    must_be_told(world, preview, without, with);
    must_be_told(world, preview, with, without);
    return compared;
}

/* ---- the property ---- */

struct choosing {
    struct rng rng;
    struct licence_page licences;
    struct account_page accounts;
    struct block_page blocks;
    struct agreement_page agreements;
};

static void gather(struct world *world, uint64_t seed, struct choosing *choosing) {
    struct call call = world_call(world);
    struct list_licences_input licences = {.page = {.limit = PAGE_LIMIT_MAX}};
    struct list_accounts_input accounts = {.page = {.limit = PAGE_LIMIT_MAX}};
    struct list_blocks_input blocks = {.page = {.limit = PAGE_LIMIT_MAX}};
    struct list_agreements_input agreements = {.page = {.limit = PAGE_LIMIT_MAX}};
    rng_seed(&choosing->rng, seed);
    WORLD_OK(world, list_licences(&call, &licences, &choosing->licences, &world->fault));
    WORLD_OK(world, list_accounts(&call, &accounts, &choosing->accounts, &world->fault));
    WORLD_OK(world, list_blocks(&call, &blocks, &choosing->blocks, &world->fault));
    WORLD_OK(world, list_agreements(&call, &agreements, &choosing->agreements, &world->fault));
}

static size_t pick(struct choosing *choosing, size_t count) {
    return (size_t)rng_below(&choosing->rng, count);
}

/* Prices of a SKU that is licensed, with a minimum and tiers: of its provider for the customer, for all its
 * customers, or of the provider's seller for it. They begin now or with the next month. */
static void choose_prices(struct world *world, struct choosing *choosing, struct tried *tried) {
    static const char *const MODES[] = {"flat", "volume", "graduated"};
    static const char *const POLICIES[] = {"peak", "snapshot", "any", "daily"};
    const struct licence_view *licence = &choosing->licences.items[pick(choosing, choosing->licences.count)];
    size_t mode = pick(choosing, 3);
    struct text row = text_format(&world->arena, "%.*s,,%s,%s,%s", TEXT_ARGS(licence->sku_code),
                                  pick(choosing, 2) == 0 ? "2026-12-01" : "2026-11-20",
                                  POLICIES[pick(choosing, 4)], MODES[mode]);
    struct text terms = text_format(&world->arena, "%lld,%lld", (long long)rng_between(&choosing->rng, 0, 6),
                                    (long long)rng_between(&choosing->rng, 0, 2));
    struct text second =
        mode == 0 ? TEXT("")
                  : text_format(&world->arena, "%.*s,4,0.37,%.*s\n", TEXT_ARGS(row), TEXT_ARGS(terms));
    tried->name = licence->provider;
    tried->customer = pick(choosing, 3) == 0 ? TEXT("") : licence->customer;
    tried->prices = text_format(&world->arena,
                                "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price,minimum,"
                                "free_months\n%.*s,1,0.5,%.*s\n%.*s",
                                TEXT_ARGS(row), TEXT_ARGS(terms), TEXT_ARGS(second));
}

/* A change of that kind of something that there is; it may be impossible. */
static struct tried choose(struct world *world, struct choosing *choosing, enum what what) {
    struct tried tried = {.what = what};
    if (what <= RETIRE) {
        const struct licence_view *licence =
            &choosing->licences.items[pick(choosing, choosing->licences.count)];
        tried.name = licence->identifier;
        tried.seats = what == SEATS ? licence->seats + rng_between(&choosing->rng, -2, 3) : 0;
    } else if (what == ISSUE) {
        tried.name = choosing->blocks.items[pick(choosing, choosing->blocks.count)].identifier;
        tried.customer = choosing->accounts.items[pick(choosing, choosing->accounts.count)].identifier;
        tried.seats = rng_between(&choosing->rng, 1, 4);
    } else if (what == CUSTOMER_OFF) {
        tried.name = choosing->accounts.items[pick(choosing, choosing->accounts.count)].identifier;
    } else if (what == PRICES) {
        choose_prices(world, choosing, &tried);
    } else {
        tried.name = choosing->agreements.items[pick(choosing, choosing->agreements.count)].identifier;
    }
    return tried;
}

/* After the ends of both months and the days that reports have. */
static struct call call_of_later(struct world *world) {
    struct call later = world_call(world);
    later.now_us = world->now_us + 75 * DAY_US;
    return later;
}

static struct bills close_both(struct world *world, struct call *outer) {
    struct call later = *outer;
    later.now_us = call_of_later(world).now_us;
    for (int at = 0; at < PREVIEW_MONTHS; at++) {
        close_whole(world, &later, MONTHS[at]);
    }
    return read_bills(world);
}

/* Makes a change and closes; then all of it is rolled back. False where the change is impossible. */
static bool bills_with(struct world *world, const struct tried *tried, struct bills *bills) {
    struct call call = world_call(world);
    WORLD_OK(world, call_begin(&call, DB_WRITE, &world->fault));
    bool is_made = tried == NULL || make_it(world, &call, tried) == STATUS_OK;
    if (is_made) {
        *bills = close_both(world, &call);
    }
    struct fault unused;
    assert_int_equal(call_end(&call, STATUS_CONFLICT, &unused), STATUS_CONFLICT);
    return is_made;
}

/* Previews a change that can be made, and compares. Returns how many amounts that were. */
static size_t try_change(struct world *world, const struct tried *tried, const struct bills *without,
                         bool *is_possible) {
    struct call call = world_call(world);
    struct preview preview;
    struct bills with = {0};
    enum status status = preview_it(world, &call, tried, TEXT(""), &preview);
    *is_possible = bills_with(world, tried, &with);
    if (!*is_possible) {
        assert_int_not_equal(status, STATUS_OK);
        return 0;
    }
    assert_int_equal(status, STATUS_OK);
    return compare(world, &preview, without, &with);
}

static void live(struct world *world, uint64_t seed) {
    struct call call = world_call(world);
    struct simulate_input input = {.seed = seed,
                                   .providers = 4,
                                   .customers = 12,
                                   .licences = 90,
                                   .months = 2,
                                   .until_now = true,
                                   .rich = true};
    struct simulate_result result;
    WORLD_OK(world, simulate(&call, &input, &result, &world->fault));
}

/* A few agreements are suspended, so that there is something to resume. */
static void suspend_some(struct world *world, struct choosing *choosing) {
    struct call call = world_call(world);
    for (int made = 0, i = 0; made < 4 && i < 100; i++) {
        struct tried tried = choose(world, choosing, SUSPEND);
        made += make_agreement(world, &call, &tried) == STATUS_OK ? 1 : 0;
    }
}

static void must_be_what_the_close_bills(struct world *world, uint64_t seed) {
    struct choosing choosing;
    struct bills without = {0};
    live(world, seed);
    gather(world, seed, &choosing);
    suspend_some(world, &choosing);
    assert_true(bills_with(world, NULL, &without));
    assert_true(without.count > 50);
    for (int what = 0; what < WHATS; what++) {
        size_t compared = 0;
        int made = 0;
        for (int i = 0; i < 80 && made < 5; i++) {
            struct tried tried = choose(world, &choosing, (enum what)what);
            bool is_possible = false;
            compared += try_change(world, &tried, &without, &is_possible);
            made += is_possible ? 1 : 0;
        }
        assert_true(made > 0);
        assert_true(compared > 0);
    }
}

static void what_a_preview_says_is_what_the_close_bills(void **state) {
    must_be_what_the_close_bills(*state, 21);
}

static void what_a_preview_says_of_another_life_is_what_the_close_bills(void **state) {
    must_be_what_the_close_bills(*state, 4);
}

/* ---- who is told ---- */

static struct call call_of(struct world *world, int64_t account_id) {
    struct call call = world_call(world);
    call.actor = (struct actor){.kind = ACTOR_TOKEN, .id = 1, .account_id = account_id, .rights = RIGHT_READ};
    return call;
}

/* What the operator is told of the same edge. */
static const struct preview_edge *same_edge(const struct preview *whole, const struct preview_edge *edge) {
    for (size_t i = 0; i < whole->edge_count; i++) {
        if (text_equal(whole->edges[i].agreement, edge->agreement)) {
            return &whole->edges[i];
        }
    }
    fail_msg("the operator is not told of the edge %.*s", TEXT_ARGS(edge->agreement));
    return NULL;
}

/* Asks as the account, and holds what it is told against what the operator is told. Returns how many edges
 * that were. */
static size_t must_be_told_its_own(struct world *world, const struct tried *tried,
                                   const struct preview *whole, const struct account_view *account) {
    struct call call = call_of(world, account->id);
    struct preview preview;
    money_wide kept[PREVIEW_MONTHS] = {0};
    WORLD_OK(world, preview_it(world, &call, tried, TEXT(""), &preview));
    for (size_t e = 0; e < preview.edge_count; e++) {
        const struct preview_edge *edge = &preview.edges[e];
        const struct preview_edge *same = same_edge(whole, edge);
        assert_true(edge->is_revenue != edge->is_cost);
        assert_true(text_equal(edge->is_revenue ? edge->seller_code : edge->buyer_code, account->code));
        for (int at = 0; at < PREVIEW_MONTHS; at++) {
            assert_int_equal(edge->months[at].row_count, same->months[at].row_count);
            assert_true(edge->months[at].before_minor == same->months[at].before_minor);
            assert_true(edge->months[at].after_minor == same->months[at].after_minor);
            money_wide difference = edge->months[at].after_minor - edge->months[at].before_minor;
            kept[at] += edge->is_revenue ? difference : -difference;
        }
    }
    for (int at = 0; at < PREVIEW_MONTHS; at++) {
        for (size_t i = 0; i < preview.total_count; i++) {
            kept[at] -= preview.totals[i].revenue_minor[at] - preview.totals[i].cost_minor[at];
        }
        assert_true(kept[at] == 0);
    }
    return preview.edge_count;
}

static void an_account_is_told_of_its_own_edges_alone(void **state) {
    struct world *world = *state;
    struct choosing choosing;
    size_t told = 0;
    live(world, 22);
    gather(world, 22, &choosing);
    for (int i = 0, made = 0; i < 60 && made < 4; i++) {
        struct call operator= world_call(world);
        struct tried tried = choose(world, &choosing, i % 2 == 0 ? OFF : SEATS);
        struct preview whole;
        size_t edges = 0;
        if (preview_it(world, &operator, & tried, TEXT(""), &whole) != STATUS_OK || whole.edge_count == 0) {
            continue;
        }
        made++;
        for (size_t k = 0; k < choosing.accounts.count; k++) {
            const struct account_view *account = &choosing.accounts.items[k];
            struct call call = call_of(world, account->id);
            struct preview preview;
            enum status status = preview_it(world, &call, &tried, TEXT(""), &preview);
            if (status == STATUS_OK) {
                edges += must_be_told_its_own(world, &tried, &whole, account);
            } else {
                assert_string_equal(world->fault.code, "unknown-licence");
            }
        }
        assert_int_equal(edges, 2 * whole.edge_count); /* each by its two parties */
        told += edges;
    }
    assert_true(told > 8);
}

static void what_is_left_of_a_block_is_told_its_provider_alone(void **state) {
    struct world *world = *state;
    struct choosing choosing;
    size_t told = 0;
    live(world, 23);
    gather(world, 23, &choosing);
    for (size_t i = 0; i < choosing.licences.count && told < 3; i++) {
        const struct licence_view *licence = &choosing.licences.items[i];
        struct tried tried = {.what = SEATS, .name = licence->identifier, .seats = licence->seats + 1000000};
        struct preview preview;
        int64_t provider = id_of(world, IDENTIFIER_ACCOUNT, licence->provider);
        int64_t customer = id_of(world, IDENTIFIER_ACCOUNT, licence->customer);
        struct call call = call_of(world, provider);
        if (preview_it(world, &call, &tried, TEXT(""), &preview) == STATUS_OK ||
            strcmp(world->fault.code, "seats-beyond-block") != 0) {
            continue;
        }
        call = call_of(world, customer);
        WORLD_OK(world, preview_it(world, &call, &tried, TEXT(""), &preview));
        assert_int_equal(preview.block_count, 0);
        told++;
    }
    assert_int_equal(told, 3);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(what_a_preview_says_is_what_the_close_bills),
        WORLD_TEST(what_a_preview_says_of_another_life_is_what_the_close_bills),
        WORLD_TEST(an_account_is_told_of_its_own_edges_alone),
        WORLD_TEST(what_is_left_of_a_block_is_told_its_provider_alone),
    };
    return world_run_tests("preview", tests, sizeof tests / sizeof *tests);
}
