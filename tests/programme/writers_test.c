/* Writers beside each other, through the use cases.
 *
 * Two of them in every interleaving: each is stopped before it begins, takes its parts, writes first and
 * commits, and the test says who goes on. Whatever the order, the store must stand as if one had come after
 * the other. Eight of them at random, over three providers, while a reader follows the logs as the device
 * door does, and a killer ends their connections: nothing is lost, doubled or out of order. */
#include "channel.h"
#include "core/base/rng.h"
#include "programme/audit/audit_store.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/licensing/undo_licence.h"
#include "programme/parties/suspend_agreement.h"
#include "store/engine/db_engine.h"
#include "store/licensing/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <pthread.h>

enum act { ON, OFF, SEATS, RETIRE, ISSUE, UNDO, SUSPEND };

/* What one writer does to one licence of a provider. */
struct change {
    enum act act;
    const char *provider;
    const char *customer;
    struct text licence;
    struct text block;
    int64_t seats;
};

static enum status turn(struct call *call, const struct change *change, struct fault *fault) {
    const struct turn_licence_input input = {.licence = change->licence, .seats = change->seats};
    struct licence_view view;
    switch (change->act) {
    case ON:
        return turn_licence_on(call, &input, &view, fault);
    case OFF:
        return turn_licence_off(call, &input, &view, fault);
    case SEATS:
        return resize_licence(call, &input, &view, fault);
    default:
        return retire_licence(call, &input, &view, fault);
    }
}

static enum status do_change(struct call *call, const struct change *change, struct fault *fault) {
    if (change->act == ISSUE) {
        const struct issue_licence_input input = {
            .block = change->block, .customer = text_of(change->customer), .seats = change->seats};
        struct issued_licences issued;
        return issue_licence(call, &input, &issued, fault);
    }
    if (change->act == UNDO) {
        const struct undo_licence_input input = {.licence = change->licence};
        struct undone_licence undone;
        return undo_licence(call, &input, &undone, fault);
    }
    if (change->act == SUSPEND) {
        const struct suspend_agreement_input input = {.seller = TEXT("DIST"),
                                                      .buyer = text_of(change->provider)};
        struct cascade_result cascade;
        return suspend_agreement(call, &input, &cascade, fault);
    }
    return turn(call, change, fault);
}

/* A writer has a connection, memory and random bytes of its own. */
struct writer {
    struct world *world;
    struct db *db;
    struct arena arena;
    struct world_random random;
    const struct change *change;
    enum status status;
    struct fault fault;
    /* of one that is stepped */
    int64_t pid;
    bool waits_at_gate;
    bool may_go;
    bool has_ended;
    bool has_written;
    pthread_t thread;
};

static struct call call_by(struct writer *writer) {
    struct call call = world_call(writer->world);
    call.db = writer->db;
    call.arena = &writer->arena;
    call.random = &writer->random.source;
    return call;
}

static void open_writer(struct world *world, struct writer *writer, uint64_t seed) {
    static const char WHO[] = "select pg_backend_pid()";
    *writer = (struct writer){.world = world, .random = world->random};
    writer->random.state = seed;
    arena_init(&writer->arena);
    WORLD_OK(world, db_open(text_of(world->url), &writer->db, &world->fault));
    if (world->engine == DB_POSTGRESQL) {
        WORLD_OK(world, db_query_int(writer->db, WHO, DB_NO_ARGS, 0, &writer->pid, &world->fault));
    }
}

static void close_writer(struct writer *writer) {
    db_close(writer->db);
    arena_clean_up(&writer->arena);
}

/* ---- stepped ---- */

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static _Thread_local struct writer *me;
static const struct db_driver *real;

static void wait_at_gate(void) {
    pthread_mutex_lock(&gate_lock);
    me->waits_at_gate = true;
    pthread_cond_broadcast(&gate_moved);
    while (!me->may_go) {
        pthread_cond_wait(&gate_moved, &gate_lock);
    }
    me->may_go = me->waits_at_gate = false;
    pthread_mutex_unlock(&gate_lock);
}

static enum status gated_begin(struct db *db, enum db_access access, struct fault *fault) {
    wait_at_gate();
    return real->begin(db, access, fault);
}

static enum status gated_begin_open(struct db *db, struct text name, struct fault *fault) {
    wait_at_gate();
    return real->begin_open(db, name, fault);
}

static enum status gated_take_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault) {
    wait_at_gate();
    return real->take_parts(db, parts, count, fault);
}

static enum status gated_commit(struct db *db, struct fault *fault) {
    wait_at_gate();
    return real->commit(db, fault);
}

static enum status gated_run_later(struct db_rows *rows, const struct db_value *values, size_t count,
                                   struct fault *fault) {
    if (!me->has_written) {
        me->has_written = true;
        wait_at_gate();
    }
    return real->run_later(rows, values, count, fault);
}

static void *run_stepped(void *argument) {
    struct writer *writer = argument;
    struct call call = call_by(writer);
    me = writer;
    writer->status = do_change(&call, writer->change, &writer->fault);
    pthread_mutex_lock(&gate_lock);
    writer->has_ended = true;
    pthread_cond_broadcast(&gate_moved);
    pthread_mutex_unlock(&gate_lock);
    return NULL;
}

static bool waits_for_a_lock(struct world *world, const struct writer *writer) {
    static const char WAITS[] = "select count(*) from pg_locks where pid = $1 and not granted";
    int64_t count = 0;
    WORLD_OK(world,
             db_query_int(world->db, WAITS, DB_ARGS(db_integer(writer->pid)), 0, &count, &world->fault));
    return count > 0;
}

/* Until the writer stands at a gate, has ended, or waits for a lock. */
static void let_it_come_to_rest(struct world *world, struct writer *writer) {
    bool rests = false;
    while (!rests) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 2000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_mutex_lock(&gate_lock);
        if (!writer->has_ended && (!writer->waits_at_gate || writer->may_go)) {
            (void)pthread_cond_timedwait(&gate_moved, &gate_lock, &until);
        }
        rests = writer->has_ended || (writer->waits_at_gate && !writer->may_go);
        pthread_mutex_unlock(&gate_lock);
        rests = rests || waits_for_a_lock(world, writer);
    }
}

/* False where it has ended or waits for a lock, so that it cannot go on. */
static bool step(struct world *world, struct writer *writer) {
    let_it_come_to_rest(world, writer);
    pthread_mutex_lock(&gate_lock);
    bool goes = writer->waits_at_gate && !writer->has_ended;
    writer->may_go = goes;
    pthread_cond_broadcast(&gate_moved);
    pthread_mutex_unlock(&gate_lock);
    if (goes) {
        let_it_come_to_rest(world, writer);
    }
    return goes;
}

/* Lets the two go on as the bits say, the lowest first: where the one that is named cannot, the other does.
 * Were neither able to, they would wait for each other for ever. */
static void interleave(struct world *world, struct writer writers[2], unsigned order) {
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&writers[i].thread, NULL, run_stepped, &writers[i]), 0);
    }
    for (int stuck = 0; !(writers[0].has_ended && writers[1].has_ended); order >>= 1) {
        unsigned first = order & 1;
        bool went = step(world, &writers[first]) || step(world, &writers[1 - first]);
        stuck = went ? 0 : stuck + 1;
        assert_true(stuck < 1000);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(writers[i].thread, NULL);
    }
}

/* ---- what stands there afterwards ---- */

static struct text ask_text(struct world *world, const char *sql, const struct db_value *values,
                            size_t count) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    WORLD_OK(world, db_query(world->db, sql, values, count, &rows, &world->fault));
    WORLD_OK(world, db_next(rows, &have_row, &world->fault));
    assert_true(have_row);
    struct text text = db_column_copy(rows, 0, &world->arena);
    db_rows_close(rows);
    return text;
}

/* Licences, blocks, events and audit entries since a mark, without the numbers that may have gaps. */
static struct text outcome(struct world *world, const struct writer writers[2], int64_t licences_after,
                           int64_t audit_after) {
    static const char LICENCES[] =
        "select coalesce(string_agg(l.provider_id || l.state || l.seats || ' ' || l.counted_seats || ' ' || "
        "l.version || ' ' || l.suspensions || ' ' || b.issued_seats, ';' order by l.provider_id, l.state, "
        "l.seats, l.version), '') from licences l join blocks b on b.id = l.block_id where l.id > $1";
    static const char EVENTS[] =
        "select coalesce(string_agg(e.provider_id || ':' || e.kind || ' ' || e.seats_before || '>' || "
        "e.seats_after, ';' order by e.provider_id, e.number), '') from licence_events e where e.licence_id "
        "> $1";
    static const char AUDIT[] =
        "select coalesce(string_agg(subject_account_id || action, ';' order by subject_account_id, id), '') "
        "from audit where id > $1";
    return text_format(&world->arena, "%d %d | %s | %s | %s", (int)writers[0].status, (int)writers[1].status,
                       ask_text(world, LICENCES, DB_ARGS(db_integer(licences_after))).at,
                       ask_text(world, EVENTS, DB_ARGS(db_integer(licences_after))).at,
                       ask_text(world, AUDIT, DB_ARGS(db_integer(audit_after))).at);
}

/* Each run has new licences, of 5 seats in a block of 8: what `second` names may be of the same provider. */
static struct text run_order(struct world *world, const struct change changes[2], bool is_same_licence,
                             unsigned order) {
    struct change mine[2] = {changes[0], changes[1]};
    struct writer writers[2];
    int64_t licences_after = ask(world, "select coalesce(max(id), 0) from licences");
    for (int i = 0; i < 2; i++) {
        if (i == 1 && is_same_licence) {
            mine[1].licence = mine[0].licence;
            mine[1].block = mine[0].block;
        } else {
            mine[i].block = a_block_of(world, mine[i].provider, "OFFICE", 8);
            mine[i].licence = a_licence(world, mine[i].block, mine[i].customer, 5);
        }
        if (mine[i].act != ON && !(i == 1 && is_same_licence)) {
            turn_on(world, mine[i].licence);
        }
    }
    int64_t audit_after = ask(world, "select max(id) from audit");
    static struct db_driver gated;
    static uint64_t seeds = 1000; /* no two of them make the same key */
    for (int i = 0; i < 2; i++) {
        open_writer(world, &writers[i], ++seeds);
        writers[i].change = &mine[i];
        real = writers[i].db->driver;
        gated = *real;
        gated.begin = gated_begin;
        gated.begin_open = gated_begin_open;
        gated.take_parts = gated_take_parts;
        gated.commit = gated_commit;
        gated.run_later = gated_run_later;
        writers[i].db->driver = &gated;
    }
    interleave(world, writers, order);
    struct text text = outcome(world, writers, licences_after, audit_after);
    for (int i = 0; i < 2; i++) {
        assert_int_not_equal(writers[i].status, STATUS_INTERNAL);
        assert_int_not_equal(writers[i].status, STATUS_BUSY);
        writers[i].db->driver = real;
        close_writer(&writers[i]);
        if (mine[i].act == SUSPEND) {
            resume(world, "DIST", mine[i].provider);
        }
    }
    return text;
}

enum { GATES = 4, ORDERS = 1 << (2 * GATES) };

/* All orders in which each of the two passes its gates: as many zeros as ones. Where one has fewer gates,
 * some of them are alike. */
static void in_every_order(struct world *world, enum act first, enum act second, int64_t seats,
                           const char *provider, const char *customer, bool is_same_licence) {
    const struct change changes[2] = {
        {.act = first, .provider = "P1", .customer = "C1", .seats = seats},
        {.act = second, .provider = provider, .customer = customer, .seats = seats + 1}};
    struct text one_way = run_order(world, changes, is_same_licence, 0xF0);
    struct text other_way = run_order(world, changes, is_same_licence, 0x0F);
    for (unsigned order = 0; order < ORDERS; order++) {
        if (__builtin_popcount(order) != GATES) {
            continue;
        }
        struct text text = run_order(world, changes, is_same_licence, order);
        if (!text_equal(text, one_way) && !text_equal(text, other_way)) {
            print_error("in the order %x: %s\nwhere one after the other gives\n%s\nor\n%s\n", order, text.at,
                        one_way.at, other_way.at);
        }
        assert_true(text_equal(text, one_way) || text_equal(text, other_way));
    }
    struct call call = world_call(world);
    struct audit_store_result result;
    WORLD_OK(world, audit_store(&call, &result, &world->fault));
    assert_int_equal(result.violation_total, 0);
}

static bool has_one_writer(const struct world *world) {
    return world->engine == DB_SQLITE; /* whose writers cannot be interleaved */
}

static void two_switches_of_one_licence_stand_one_after_the_other(void **state) {
    struct world *world = *state;
    if (has_one_writer(world)) {
        return;
    }
    a_channel(world);
    in_every_order(world, ON, ON, 0, "P1", "C1", true);
    in_every_order(world, OFF, SEATS, 6, "P1", "C1", true);
}

static void what_one_does_the_other_does_not_see_half(void **state) {
    struct world *world = *state;
    if (has_one_writer(world)) {
        return;
    }
    a_channel(world);
    in_every_order(world, RETIRE, OFF, 0, "P1", "C1", true);
    in_every_order(world, ISSUE, SEATS, 2, "P1", "C1", true);
    in_every_order(world, UNDO, RETIRE, 0, "P1", "C1", true);
}

static void a_block_gives_no_more_seats_than_it_has(void **state) {
    struct world *world = *state;
    if (has_one_writer(world)) {
        return;
    }
    a_channel(world);
    in_every_order(world, ISSUE, ISSUE, 2, "P1", "C1", true);
}

static void writers_of_two_providers_do_not_touch_each_other(void **state) {
    struct world *world = *state;
    if (has_one_writer(world)) {
        return;
    }
    a_channel(world);
    in_every_order(world, OFF, OFF, 0, "P2", "C3", false);
    in_every_order(world, RETIRE, RETIRE, 0, "P2", "C3", false);
}

static void a_change_of_the_programme_stands_before_or_after_a_providers(void **state) {
    struct world *world = *state;
    if (has_one_writer(world)) {
        return;
    }
    a_channel(world);
    in_every_order(world, OFF, SUSPEND, 0, "P1", "C1", true);
}

/* ---- ways to the server and back ---- */

static int asked;

static enum status counted_query(struct db_rows *rows, const struct db_value *values, size_t count,
                                 struct fault *fault) {
    asked++;
    return real->query(rows, values, count, fault);
}

static enum status counted_run(struct db_rows *rows, const struct db_value *values, size_t count,
                               int64_t *changed, struct fault *fault) {
    asked++;
    return real->run(rows, values, count, changed, fault);
}

static enum status counted_commit(struct db *db, struct fault *fault) {
    asked++;
    return real->commit(db, fault);
}

/* Of a licence that was on in this month before, by the operator, on a connection that knows its statements.
 * What only begins, takes a lock or is run later goes along with the next question. */
static void a_switch_asks_the_server_few_times(void **state) {
    enum { SWITCH_ASKS = 8 };
    struct world *world = *state;
    static struct db_driver counted;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    turn_off(world, licence);
    turn_on(world, licence);
    real = world->db->driver;
    counted = *real;
    counted.query = counted_query;
    counted.run = counted_run;
    counted.commit = counted_commit;
    asked = 0;
    world->db->driver = &counted;
    turn_off(world, licence);
    world->db->driver = real;
    if (asked > SWITCH_ASKS) {
        print_error("%d times\n", asked);
    }
    assert_true(asked <= SWITCH_ASKS);
}

/* ---- at random ---- */

enum { WRITERS = 8, CHANGES = 60, LICENCES_EACH = 4, PROVIDERS = 3, KILLED = 20 };

static const char *const PROVIDER_CODES[PROVIDERS] = {"P1", "P2", "P3"};
static const char *const CUSTOMER_CODES[PROVIDERS] = {"C1", "C3", "C4"};

struct crowd {
    struct world *world;
    struct text blocks[PROVIDERS];
    struct text licences[PROVIDERS][LICENCES_EACH];
    struct writer writers[WRITERS];
    struct rng rngs[WRITERS];
    struct {
        int64_t done;    /* that were answered well */
        int64_t unknown; /* whose answer was lost with the connection */
    } counts[UNDO][WRITERS];
    atomic_int at_work;
    bool has_killer;
    atomic_int killed;
};

struct member {
    struct crowd *crowd;
    int number;
};

/* A connection that was lost may have lost the commit's answer, or the whole change. */
static void count_outcome(struct crowd *crowd, int number, enum act act, enum status status,
                          const struct fault *fault) {
    if (status == STATUS_OK) {
        crowd->counts[act][number].done++;
    } else if (status == STATUS_INTERNAL && crowd->has_killer) {
        crowd->counts[act][number].unknown++;
    } else if (status == STATUS_INTERNAL || status == STATUS_BUSY) {
        print_error("fault %s: %s\n", fault->code, fault->message);
        crowd->writers[number].status = status;
    }
}

static void *change_at_random(void *argument) {
    struct member *member = argument;
    struct crowd *crowd = member->crowd;
    struct writer *writer = &crowd->writers[member->number];
    struct rng *rng = &crowd->rngs[member->number];
    for (int i = 0; i < CHANGES || (crowd->has_killer && atomic_load(&crowd->killed) < KILLED); i++) {
        int provider = (int)(rng_next(rng) % PROVIDERS);
        struct change change = {.act = (enum act)(rng_next(rng) % UNDO),
                                .provider = PROVIDER_CODES[provider],
                                .customer = CUSTOMER_CODES[provider],
                                .block = crowd->blocks[provider],
                                .licence = crowd->licences[provider][rng_next(rng) % LICENCES_EACH],
                                .seats = 1 + (int64_t)(rng_next(rng) % 3)};
        if (change.act == RETIRE && rng_next(rng) % 8 != 0) {
            change.act = ON;
        }
        struct call call = call_by(writer);
        enum status status = do_change(&call, &change, &writer->fault);
        count_outcome(crowd, member->number, change.act, status, &writer->fault);
    }
    atomic_fetch_sub(&crowd->at_work, 1);
    return NULL;
}

/* Follows the logs as the device door does: a log's end, and what lies behind where it was read, in one
 * snapshot. `*is_whole` stays true where no number was missed. */
static enum status follow_logs(struct writer *reader, int64_t read[], int64_t *events, bool *is_whole,
                               struct fault *fault) {
    static const char BEHIND[] =
        "select number from licence_events where provider_id = $1 and number > $2 order by number";
    struct event_log *logs = NULL;
    size_t count = 0;
    enum status status = event_logs_load(reader->db, &reader->arena, &logs, &count, fault);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        assert_true(logs[i].provider_id < 64);
        int64_t *at = &read[logs[i].provider_id];
        struct db_rows *rows = NULL;
        bool have_row = false;
        status = db_query(reader->db, BEHIND, DB_ARGS(db_integer(logs[i].provider_id), db_integer(*at)),
                          &rows, fault);
        if (status != STATUS_OK) {
            break;
        }
        status = db_next(rows, &have_row, fault);
        while (status == STATUS_OK && have_row) {
            *is_whole = *is_whole && db_column_int(rows, 0) == *at + 1;
            *at = db_column_int(rows, 0);
            (*events)++;
            status = db_next(rows, &have_row, fault);
        }
        db_rows_close(rows);
        *is_whole = *is_whole && *at == logs[i].taken;
    }
    return status;
}

static void read_once(struct writer *reader, int64_t read[], int64_t *events) {
    bool is_whole = true;
    struct world *world = reader->world;
    WORLD_OK(world, db_begin(reader->db, DB_READ, &world->fault));
    WORLD_OK(world, follow_logs(reader, read, events, &is_whole, &world->fault));
    db_rollback(reader->db);
    assert_true(is_whole);
}

/* Ends a connection of one of them, whatever it is at. It has another one afterwards, which is not known
 * here: so all of this store's are meant but the reader's and the test's own. */
static void kill_one(struct crowd *crowd, const struct writer *reader, struct rng *rng) {
    static const char WHO[] = "select pg_backend_pid()";
    static const char KILL[] =
        "select count(pg_terminate_backend(pid)) from (select l.pid from pg_locks l where l.locktype = "
        "'advisory' and l.pid <> $1 and l.pid <> $2 and l.classid = ((hashtextextended('seatmeter ' || "
        "current_schema(), 0) >> 32) & 4294967295)::oid order by md5(cast(l.pid + $3 as text)) limit 1) one";
    struct world *world = crowd->world;
    int64_t killed = 0;
    int64_t own = 0;
    WORLD_OK(world, db_query_int(world->db, WHO, DB_NO_ARGS, 0, &own, &world->fault));
    WORLD_OK(world, db_query_int(world->db, KILL,
                                 DB_ARGS(db_integer(reader->pid), db_integer(own),
                                         db_integer((int64_t)(rng_next(rng) % 100000))),
                                 0, &killed, &world->fault));
    atomic_fetch_add(&crowd->killed, (int)killed);
}

static void begin_crowd(struct crowd *crowd, struct world *world, uint64_t seed) {
    *crowd = (struct crowd){.world = world};
    a_channel(world);
    for (int p = 0; p < PROVIDERS; p++) {
        crowd->blocks[p] = a_block_of(world, PROVIDER_CODES[p], "OFFICE", 400);
        for (int i = 0; i < LICENCES_EACH; i++) {
            crowd->licences[p][i] = a_licence(world, crowd->blocks[p], CUSTOMER_CODES[p], 2);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        open_writer(world, &crowd->writers[i], seed * 100 + (uint64_t)i);
        rng_seed(&crowd->rngs[i], seed * 1000 + (uint64_t)i);
    }
}

/* What was answered well is in the trail once, and in the log; of what nobody knows, at most once. */
static void count_up(struct crowd *crowd) {
    static const char *const ACTIONS[UNDO] = {"licence.on", "licence.off", "licence.seats", "licence.retire",
                                              "licence.issue"};
    static const char COUNT[] = "select count(*) from audit where action = $1";
    struct world *world = crowd->world;
    for (int act = 0; act < UNDO; act++) {
        int64_t done = act == ISSUE ? (int64_t)PROVIDERS * LICENCES_EACH : 0;
        int64_t unknown = 0;
        int64_t count = 0;
        for (int i = 0; i < WRITERS; i++) {
            done += crowd->counts[act][i].done;
            unknown += crowd->counts[act][i].unknown;
        }
        WORLD_OK(world, db_query_int(world->db, COUNT, DB_ARGS(db_string(text_of(ACTIONS[act]))), 0, &count,
                                     &world->fault));
        if (count < done || count > done + unknown) {
            print_error("%s: %lld entries of %lld and %lld unknown\n", ACTIONS[act], (long long)count,
                        (long long)done, (long long)unknown);
        }
        assert_true(count >= done && count <= done + unknown);
    }
}

static void end_crowd(struct crowd *crowd) {
    struct world *world = crowd->world;
    struct call call = world_call(world);
    struct audit_store_result result;
    WORLD_OK(world, audit_store(&call, &result, &world->fault));
    for (size_t i = 0; i < result.count; i++) {
        print_error("%s %.*s\n", result.violations[i].rule.at, TEXT_ARGS(result.violations[i].message));
    }
    assert_int_equal(result.violation_total, 0);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(crowd->writers[i].status, STATUS_OK);
        close_writer(&crowd->writers[i]);
    }
}

static void run_crowd(struct world *world, uint64_t seed, bool has_killer) {
    static struct crowd crowd;
    struct writer reader;
    struct member members[WRITERS];
    int64_t read[64] = {0};
    int64_t events = 0;
    struct rng rng;
    begin_crowd(&crowd, world, seed);
    rng_seed(&rng, seed);
    open_writer(world, &reader, seed);
    crowd.has_killer = has_killer;
    atomic_store(&crowd.at_work, WRITERS);
    for (int i = 0; i < WRITERS; i++) {
        members[i] = (struct member){&crowd, i};
        assert_int_equal(pthread_create(&crowd.writers[i].thread, NULL, change_at_random, &members[i]), 0);
    }
    while (atomic_load(&crowd.at_work) > 0) {
        read_once(&reader, read, &events);
        if (has_killer) {
            kill_one(&crowd, &reader, &rng);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(crowd.writers[i].thread, NULL);
    }
    read_once(&reader, read, &events);
    assert_int_equal(events, ask(world, "select count(*) from licence_events"));
    assert_true(events > 0);
    close_writer(&reader);
    count_up(&crowd);
    end_crowd(&crowd);
}

static void eight_writers_lose_and_double_nothing_and_a_reader_misses_nothing(void **state) {
    struct world *world = *state;
    run_crowd(world, 1, false);
}

static void writers_that_are_killed_leave_all_of_a_change_or_nothing(void **state) {
    struct world *world = *state;
    if (has_one_writer(world)) {
        return; /* whose connections nobody else can end */
    }
    run_crowd(world, 2, true);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(two_switches_of_one_licence_stand_one_after_the_other),
        WORLD_TEST(what_one_does_the_other_does_not_see_half),
        WORLD_TEST(a_block_gives_no_more_seats_than_it_has),
        WORLD_TEST(writers_of_two_providers_do_not_touch_each_other),
        WORLD_TEST(a_change_of_the_programme_stands_before_or_after_a_providers),
        WORLD_TEST(a_switch_asks_the_server_few_times),
        WORLD_TEST(eight_writers_lose_and_double_nothing_and_a_reader_misses_nothing),
        WORLD_TEST(writers_that_are_killed_leave_all_of_a_change_or_nothing),
    };
    return world_run_tests("writers side by side", tests, sizeof tests / sizeof tests[0]);
}
