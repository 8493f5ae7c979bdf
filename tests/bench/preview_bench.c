/* How long a provider waits for its running month and for a preview of one change, and the distributor for
 * its month, on both engines, beside the bare question in SQL: what the provider's events of the month come
 * to by customer and SKU.
 *
 * usage: preview_bench [LICENCES] [ASKED]. ASKED providers ask in turn, one change of one licence each.
 * PostgreSQL's address stands in SEATMETER_TEST_POSTGRESQL; without it only SQLite is measured. Each kind of
 * question is asked in a process of its own, so that its peak memory is its own too. Prints a table and, as
 * the last line, the worse engine's ratio: the median preview to the median bare question.
 * PREVIEW_BENCH_NO_MONTH leaves the distributor's month out. */
#include "bench_call.h"
#include "bench_clock.h"
#include "close_store.h"

#include "programme/billing/margins.h"
#include "programme/call/authorise.h"
#include "programme/licensing/licences.h"
#include "programme/parties/accounts.h"
#include "programme/preview/preview_change.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASKED_MAX = 2000 };

enum question { BARE, MONTH, CHANGE, CHANGE_ABOVE, DISTRIBUTOR, QUESTIONS };
static const char *const QUESTION_WORDS[QUESTIONS] = {"bare SQL", "provider's month", "one change",
                                                      "same, distributor", "distributor's month"};

struct asking {
    struct place place;
    int64_t licences;
    int asked;
    struct bench_call bench;
    int64_t m0_us;
    int64_t m1_us;
    int64_t distributor_id;
    int64_t *providers;
    size_t provider_count;
};

struct answer {
    double p50_s;
    double p99_s;
};

static const char DISTRIBUTOR_ID[] = "select distributor_id from programme";
static const char PROVIDERS[] = "select id from accounts where kind = 'provider' order by id";
static const char A_LICENCE[] =
    "select max(id) from licences where provider_id = $1 and state = 'on' and parent_id is null";
static const char BARE_SUMS[] =
    "select customer_id, sku_id, cast(sum((seats_after - seats_before) * ($3 - at_us)) as bigint) from "
    "licence_events "
    "where provider_id = $1 and at_us >= $2 and at_us < $3 group by customer_id, sku_id";

static void find_providers(struct asking *asking) {
    struct call *call = &asking->bench.call;
    struct fault fault;
    struct db_rows *rows = NULL;
    size_t capacity = 0;
    bool have_row = false;
    bench_must(db_query(call->db, PROVIDERS, DB_NO_ARGS, &rows, &fault), &fault);
    for (;;) {
        bench_must(db_next(rows, &have_row, &fault), &fault);
        if (!have_row) {
            break;
        }
        asking->providers = arena_grow(call->arena, asking->providers, asking->provider_count, &capacity,
                                       sizeof *asking->providers);
        asking->providers[asking->provider_count++] = db_column_int(rows, 0);
    }
    db_rows_close(rows);
    assert(asking->provider_count > 0);
}

/* ---- the questions ---- */

static void ask_bare(struct call *call, const struct asking *asking, int64_t provider_id) {
    struct fault fault;
    struct db_rows *rows = NULL;
    bool have_row = true;
    const struct db_value values[] = {db_integer(provider_id), db_integer(asking->m0_us),
                                      db_integer(asking->m1_us)};
    bench_must(db_query(call->db, BARE_SUMS, values, 3, &rows, &fault), &fault);
    while (have_row) {
        bench_must(db_next(rows, &have_row, &fault), &fault);
    }
    db_rows_close(rows);
}

static void ask_month(struct call *call) {
    const struct show_margins_input input = {.month = TEXT(CLOSE_MONTH), .forecast = true};
    struct show_margins_result result;
    struct fault fault;
    bench_must(show_margins(call, &input, &result, &fault), &fault);
    assert(result.count > 0 && result.problem_count == 0);
}

static void ask_change(struct call *call, int64_t provider_id) {
    struct fault fault;
    struct preview preview;
    int64_t licence_id = 0;
    bench_must(db_query_int(call->db, A_LICENCE, DB_ARGS(db_integer(provider_id)), 0, &licence_id, &fault),
               &fault);
    const struct text licence = identifier_text(call, IDENTIFIER_LICENCE, licence_id);
    const struct preview_change_input input = {
        .change = TEXT("off"), .licences = &licence, .licence_count = 1};
    bench_must(preview_change(call, &input, &preview, &fault), &fault);
    assert(preview.edge_count > 0);
}

/* As its own token would ask, in memory of its own. */
static double ask(struct asking *asking, enum question question, size_t number) {
    int64_t provider_id = asking->providers[(number * 7919) % asking->provider_count];
    struct call call = asking->bench.call;
    struct arena arena;
    arena_init(&arena);
    call.arena = &arena;
    if (question == MONTH || question == CHANGE) {
        call.actor =
            (struct actor){.kind = ACTOR_TOKEN, .id = 1, .account_id = provider_id, .rights = RIGHT_READ};
    }
    double began = seconds_now();
    if (question == BARE) {
        ask_bare(&call, asking, provider_id);
    } else if (question == CHANGE || question == CHANGE_ABOVE) {
        ask_change(&call, provider_id);
    } else {
        ask_month(&call);
    }
    double took = seconds_now() - began;
    arena_clean_up(&arena);
    return took;
}

/* ---- in a process of its own ---- */

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void tell(int out, const void *outcome, size_t size) {
    if (write(out, outcome, size) != (ssize_t)size) {
        exit(1);
    }
}

static void ask_all(struct asking *asking, enum question question, int out) {
    static double seconds[ASKED_MAX];
    struct fault fault;
    struct month month;
    struct answer answer = {0};
    int asked = question == DISTRIBUTOR ? 3 : asking->asked;
    bench_must(close_store_month(&month, &asking->m0_us, &asking->m1_us, &fault), &fault);
    bench_call_open(&asking->bench, &asking->place, asking->m1_us - 1000000);
    if (asking->place.engine ==
        DB_SQLITE) { /* its page cache, 64 MiB at most, is not the question's memory */
        int64_t unused = 0;
        bench_must(
            db_query_int(asking->bench.call.db, "pragma cache_size = -2048", DB_NO_ARGS, 0, &unused, &fault),
            &fault);
    }
    find_providers(asking);
    bench_must(
        db_query_int(asking->bench.call.db, DISTRIBUTOR_ID, DB_NO_ARGS, 0, &asking->distributor_id, &fault),
        &fault);
    ask(asking, question, 0); /* statements are prepared, pages read */
    for (int i = 0; i < asked; i++) {
        seconds[i] = ask(asking, question, (size_t)i + 1);
    }
    bench_call_close(&asking->bench);
    qsort(seconds, (size_t)asked, sizeof *seconds, compare_doubles);
    answer.p50_s = seconds[asked / 2];
    answer.p99_s = seconds[(asked * 99) / 100];
    tell(out, &answer, sizeof answer);
}

/* What a process of its own is to do; it writes what came of it to `out`. */
typedef void task(struct asking *asking, enum question question, int out);

/* Waits for it. Returns its peak memory. */
static int64_t in_child(struct asking *asking, task *run, enum question question, void *outcome,
                        size_t size) {
    int ends[2];
    int how = 0;
    struct rusage usage = {0};
    fflush(stdout);
    bool is_open = pipe(ends) == 0;
    assert(is_open);
    pid_t child = fork();
    assert(child >= 0);
    if (child == 0) {
        run(asking, question, ends[1]);
        exit(0);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], outcome, size);
    close(ends[0]);
    wait4(child, &how, 0, &usage);
    if (length != (ssize_t)size || how != 0) {
        exit(1);
    }
    return usage.ru_maxrss;
}

/* Filling takes much memory, which must not count as a question's. */
static void open_store(struct asking *asking, enum question question, int out) {
    (void)question;
    struct close_store store = close_store_open(asking->place.engine, asking->licences);
    tell(out, &store, sizeof store);
}

static double measure(enum db_engine engine, int64_t licences, int asked) {
    struct asking asking = {.place = {.engine = engine}, .licences = licences, .asked = asked};
    struct close_store store;
    in_child(&asking, open_store, BARE, &store, sizeof store);
    asking.place = store.place;
    struct answer answers[QUESTIONS] = {{0}};
    int questions = getenv("PREVIEW_BENCH_NO_MONTH") == NULL ? QUESTIONS : DISTRIBUTOR;
    for (int i = 0; i < questions; i++) {
        int64_t peak_kib = in_child(&asking, ask_all, (enum question)i, &answers[i], sizeof answers[i]);
        printf("%-10s %9lld %-20s %9.2f %9.2f %6lld\n", engine == DB_SQLITE ? "SQLite" : "PostgreSQL",
               (long long)licences, QUESTION_WORDS[i], answers[i].p50_s * 1e3, answers[i].p99_s * 1e3,
               (long long)peak_kib / 1024);
        fflush(stdout);
    }
    close_store_leave(&store);
    return answers[CHANGE].p50_s / answers[BARE].p50_s;
}

int main(int argc, char **argv) {
    int64_t licences = 100000;
    int64_t asked = 200;
    if ((argc > 1 && !text_to_int64(text_of(argv[1]), &licences)) || licences < CLOSE_STORE_MIN ||
        licences > CLOSE_STORE_MAX || (argc > 2 && !text_to_int64(text_of(argv[2]), &asked)) || asked < 1 ||
        asked > ASKED_MAX || argc > 3) {
        fprintf(stderr, "usage: preview_bench [LICENCES] [ASKED], %d to %d and 1 to %d\n", CLOSE_STORE_MIN,
                CLOSE_STORE_MAX, ASKED_MAX);
        return 2;
    }
    printf("%-10s %9s %-20s %9s %9s %6s\n", "engine", "licences", "question", "p50 ms", "p99 ms", "MiB");
    double worst = measure(DB_SQLITE, licences, (int)asked);
    if (place_has_postgresql()) {
        double other = measure(DB_POSTGRESQL, licences, (int)asked);
        worst = other > worst ? other : worst;
    }
    printf("ratio %.2f\n", worst);
    return 0;
}
