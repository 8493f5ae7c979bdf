/* What the device door's live state costs and does, without HTTP: how long it takes to load, how much memory
 * it is, how long a lookup takes, how many activations a second the writer makes durable, how fast check-ins
 * are saved behind.
 *
 * usage: live_bench DATABASE_URL LICENCES [ACTIVATIONS]
 * Makes the store there, unless one of a run before it is there: LICENCES licences with a device each. */
#include "core/rng.h"
#include "device/live.h"
#include "programme/accounts.h"
#include "programme/agreements.h"
#include "programme/init_programme.h"
#include "programme/licence_keys.h"
#include "store/blocks.h"
#include "store/catalogue.h"

#include <endian.h>
#include <inttypes.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { SKUS = 4, COMPONENTS = 20, ROOMY_LICENCES = 1000, ROWS_PER_ARENA = 4096, LOOKUPS = 4000000 };

static const unsigned char secret[PROGRAMME_SECRET_BYTES] = {7, 3, 9};

static void fill_random(struct random_source *source, void *bytes, size_t size_bytes) {
    (void)source;
    randombytes_buf(bytes, size_bytes);
}

static struct random_source machine_random = {fill_random};

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct fault fault;

static void must(enum status status) {
    if (status != STATUS_OK) {
        fprintf(stderr, "live_bench: %s: %s\n", fault.code, fault.message);
        exit(1);
    }
}

/* ---- the store ---- */

struct filling {
    struct call call;
    int64_t provider_id;
    int64_t customer_id;
    int64_t licences;
    struct rng rng;
    struct arena row;
    char (*keys)[LICENCE_KEY_BYTES]; /* of the roomy ones, which come last */
};

static int64_t account_id(struct db *db, const char *code) {
    static const char SQL[] = "select id from accounts where code = $1";
    int64_t id = 0;
    must(db_query_int(db, SQL, DB_ARGS(db_string(text_of(code))), 0, &id, &fault));
    return id;
}

static void add_accounts(struct filling *filling) {
    struct call *call = &filling->call;
    struct account_view account;
    struct agreement_view agreement;
    struct init_programme_input init = {
        .distributor = TEXT("DIST"), .code = TEXT("DIST"), .currency = TEXT("USD"), .time_zone = TEXT("UTC")};
    must(init_programme(call, &init, &account, &fault));
    static const char *const accounts[][3] = {
        {"vendor", "ACME", ""}, {"provider", "P1", "DIST"}, {"customer", "C1", "P1"}};
    for (int i = 0; i < 3; i++) {
        struct add_account_input input = {.kind = text_of(accounts[i][0]),
                                          .name = text_of(accounts[i][1]),
                                          .code = text_of(accounts[i][1]),
                                          .seller = text_of(accounts[i][2])};
        must(add_account(call, &input, &account, &fault));
    }
    struct offer_agreement_input offer = {.seller = TEXT("DIST"), .buyer = TEXT("P1")};
    struct sign_agreement_input sign = {
        .seller = TEXT("DIST"), .buyer = TEXT("P1"), .signed_by = TEXT("Ada")};
    must(offer_agreement(call, &offer, &agreement, &fault));
    must(sign_agreement(call, &sign, &agreement, &fault));
    filling->provider_id = account_id(call->db, "P1");
    filling->customer_id = account_id(call->db, "C1");
}

static void add_skus(struct filling *filling) {
    struct call *call = &filling->call;
    int64_t vendor = account_id(call->db, "ACME");
    struct component components[COMPONENTS];
    for (int i = 0; i < COMPONENTS; i++)
        components[i] = (struct component){.vendor_id = vendor,
                                           .external_id = text_format(call->arena, "%d", i),
                                           .code = text_format(call->arena, "component-number-%d", i),
                                           .name = text_format(call->arena, "Component number %d", i)};
    must(component_insert_many(call->db, components, COMPONENTS, &fault));
    for (int i = 0; i < SKUS; i++) {
        struct sku sku = {.owner_id = vendor,
                          .kind = SKU_PRODUCT,
                          .code = text_format(call->arena, "PRODUCT-%d", i),
                          .external_id = TEXT(""),
                          .name = TEXT("Product"),
                          .created_at_us = call->now_us};
        struct sku_component links[COMPONENTS];
        must(sku_insert(call->db, &sku, &fault));
        for (int k = 0; k < COMPONENTS; k++)
            links[k] = (struct sku_component){sku.id, components[k].id};
        must(sku_component_insert_many(call->db, links, COMPONENTS, &fault));
        struct block block = {.provider_id = filling->provider_id,
                              .sku_id = sku.id,
                              .size = INT32_MAX,
                              .issued_seats = filling->licences,
                              .state = BLOCK_OPEN,
                              .ordered_at_us = call->now_us};
        must(block_insert(call->db, &block, &fault));
    }
}

static void end_row(struct filling *filling, int64_t i) {
    if (i % ROWS_PER_ARENA == 0)
        arena_clean_up(&filling->row);
}

static struct text random_bytes(struct filling *filling, size_t count) {
    char *bytes = ARENA_NEW(&filling->row, char, count);
    for (size_t i = 0; i < count; i += 8) {
        uint64_t word = rng_next(&filling->rng);
        memcpy(bytes + i, &word, count - i < 8 ? count - i : 8);
    }
    return (struct text){bytes, count};
}

/* In the order of the index: the store is filled for the sake of what comes afterwards. */
static struct text ascending_hash(struct filling *filling, int64_t number) {
    struct text hash = random_bytes(filling, LICENCE_KEY_HASH_BYTES);
    uint64_t start = htobe64((uint64_t)number << 32);
    memcpy((char *)hash.at, &start, sizeof start);
    return hash;
}

static void add_licences(struct filling *filling) {
    static const char *const columns[] = {"id",
                                          "block_id",
                                          "provider_id",
                                          "customer_id",
                                          "sku_id",
                                          "first_edge",
                                          "last_edge",
                                          "state",
                                          "seats",
                                          "counted_seats",
                                          "issued_at_us",
                                          "first_on_at_us",
                                          "last_event_at_us",
                                          "key_hash",
                                          "key_sealed",
                                          "key_hint"};
    struct db_bulk *bulk = NULL;
    struct call call = filling->call;
    call.arena = &filling->row;
    int64_t first = 0;
    int64_t all = filling->licences + ROOMY_LICENCES;
    must(db_counter_take(call.db, "licences", all, &first, &fault));
    must(db_bulk_start(call.db, "licences", columns, "iiiiiiitiiiiibbt", &bulk, &fault));
    for (int64_t i = 0; i < all; i++) {
        struct licence key = {.key_hint = TEXT("ABCDE")};
        bool is_roomy = i >= filling->licences;
        int64_t seats = is_roomy ? 1000000 : 1;
        if (is_roomy) {
            struct text text = licence_key_new(&call, &key);
            memcpy(filling->keys[i - filling->licences], text.at, text.length);
        } else {
            key.key_hash = ascending_hash(filling, i);
            key.key_sealed = random_bytes(filling, 69);
        }
        const struct db_value values[] = {db_integer(i + 1),
                                          db_integer(i % SKUS + 1),
                                          db_integer(filling->provider_id),
                                          db_integer(filling->customer_id),
                                          db_integer(i % SKUS + 1),
                                          db_integer(1),
                                          db_integer(2),
                                          db_string(TEXT("on")),
                                          db_integer(seats),
                                          db_integer(seats),
                                          db_integer(call.now_us),
                                          db_integer(call.now_us),
                                          db_integer(call.now_us),
                                          db_bytes(key.key_hash),
                                          db_bytes(key.key_sealed),
                                          db_string(key.key_hint)};
        must(db_bulk_row(bulk, values, &fault));
        end_row(filling, i);
    }
    must(db_bulk_finish(bulk, &fault));
}

static void add_devices(struct filling *filling) {
    static const char *const columns[] = {"id",    "licence_id", "fingerprint",    "public_key",
                                          "state", "seat",       "activated_at_us"};
    static const char *const seen_columns[] = {"device_id", "sequence", "link", "seen_at_s",
                                               "lease_expires_s"};
    struct db *db = filling->call.db;
    struct db_bulk *bulk = NULL;
    int64_t now_s = filling->call.now_us / 1000000;
    int64_t first = 0;
    must(db_counter_take(db, "devices", filling->licences, &first, &fault));
    must(db_bulk_start(db, "devices", columns, "iibbtii", &bulk, &fault));
    for (int64_t i = 0; i < filling->licences; i++) {
        const struct db_value values[] = {db_integer(i + 1),
                                          db_integer(i + 1),
                                          db_bytes(random_bytes(filling, DEVICE_FINGERPRINT_BYTES)),
                                          db_bytes(random_bytes(filling, DEVICE_KEY_BYTES)),
                                          db_string(TEXT("active")),
                                          db_integer(1),
                                          db_integer(filling->call.now_us)};
        must(db_bulk_row(bulk, values, &fault));
        end_row(filling, i);
    }
    must(db_bulk_finish(bulk, &fault));
    must(db_bulk_start(db, "device_seen", seen_columns, "iiiii", &bulk, &fault));
    for (int64_t i = 0; i < filling->licences; i++) {
        const struct db_value values[] = {db_integer(i + 1), db_integer(5),
                                          db_integer((int64_t)rng_next(&filling->rng)), db_integer(now_s),
                                          db_integer(now_s + 86400)};
        must(db_bulk_row(bulk, values, &fault));
    }
    must(db_bulk_finish(bulk, &fault));
}

/* The keys of the roomy licences of a store of a run before are opened again. */
static void load_keys(struct filling *filling) {
    static const char SQL[] = "select key_hash, key_sealed from licences where seats > 1 order by id";
    struct db_rows *rows = NULL;
    bool have_row = true;
    must(db_query(filling->call.db, SQL, DB_NO_ARGS, &rows, &fault));
    for (size_t i = 0; i < ROOMY_LICENCES; i++) {
        struct licence licence = {0};
        struct text key;
        must(db_next(rows, &have_row, &fault));
        licence.key_hash = db_column_copy(rows, 0, filling->call.arena);
        licence.key_sealed = db_column_copy(rows, 1, filling->call.arena);
        must(licence_key_open(&filling->call, &licence, &key, &fault));
        memcpy(filling->keys[i], key.at, key.length);
    }
    db_rows_close(rows);
}

static void fill(struct filling *filling) {
    struct call *call = &filling->call;
    int64_t devices = 0;
    double began = seconds_now();
    must(db_migrate(call->db, &fault));
    must(db_query_int(call->db, "select count(*) from devices", DB_NO_ARGS, 0, &devices, &fault));
    if (devices > 0) {
        load_keys(filling);
        return;
    }
    add_accounts(filling);
    must(call_begin(call, DB_WRITE, &fault));
    add_skus(filling);
    add_licences(filling);
    add_devices(filling);
    must(call_end(call, STATUS_OK, &fault));
    printf("filled with %" PRId64 " licences in %.1f s\n", filling->licences, seconds_now() - began);
}

/* ---- measures ---- */

static double resident_mb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void measure_lookups(struct live *live, int64_t devices) {
    struct rng rng;
    uint64_t sum = 0;
    int64_t *ids = calloc(LOOKUPS, sizeof *ids);
    rng_seed(&rng, 5);
    for (int i = 0; i < LOOKUPS; i++)
        ids[i] = 1 + (int64_t)rng_below(&rng, (uint64_t)devices);
    double began = seconds_now();
    for (int i = 0; i < LOOKUPS; i++) {
        const struct live_device *device = live_device_find(live, ids[i]);
        sum += device->link + (uint64_t)live_licence(live, device->licence)->seats;
    }
    double plain = seconds_now() - began;
    began = seconds_now();
    for (int i = 0; i < LOOKUPS; i++) {
        if (i + 16 < LOOKUPS)
            live_prefetch(live, ids[i + 16]);
        const struct live_device *device = live_device_find(live, ids[i]);
        sum += device->link + (uint64_t)live_licence(live, device->licence)->seats;
    }
    double ahead = seconds_now() - began;
    printf("lookup of a device at random and its licence: %.0f ns, %.0f ns with prefetch (%d)\n",
           plain / LOOKUPS * 1e9, ahead / LOOKUPS * 1e9, (int)(sum & 1));
    free(ids);
}

static size_t turn(struct live *live) {
    struct pollfd event = {.fd = live_fd(live), .events = POLLIN};
    size_t finished = 0;
    (void)poll(&event, 1, 1000);
    for (struct live_job *job = live_turn(live); job != NULL; job = job->next) {
        if (job->answer != ANSWER_OK) {
            fprintf(stderr, "live_bench: an activation was answered %s\n", answer_row(job->answer)->word);
            exit(1);
        }
        finished++;
    }
    return finished;
}

static void measure_activations(struct live *live, const struct filling *filling, size_t count) {
    struct live_job *jobs = calloc(count, sizeof *jobs);
    struct live_counts before;
    struct live_counts after;
    live_count(live, &before);
    for (size_t i = 0; i < count; i++) {
        jobs[i].kind = LIVE_ACTIVATE;
        memcpy(jobs[i].request.key, filling->keys[i % ROOMY_LICENCES], LICENCE_KEY_BYTES);
        randombytes_buf(jobs[i].request.device_key, DEVICE_KEY_BYTES);
        randombytes_buf(jobs[i].request.fingerprint, DEVICE_FINGERPRINT_BYTES);
        jobs[i].request.link = i;
        jobs[i].request.name = TEXT("PC-1234");
        jobs[i].request.version = TEXT("4.2.0");
        jobs[i].request.components = TEXT("firewall,mail");
        jobs[i].request.has_version = jobs[i].request.has_components = true;
    }
    double began = seconds_now();
    size_t pushed = 0;
    size_t done = 0;
    while (done < count) {
        while (pushed < count && pushed - done < 8000 && live_push(live, &jobs[pushed]))
            pushed++;
        done += turn(live);
    }
    double took = seconds_now() - began;
    live_count(live, &after);
    printf("activations: %.0f/s (%zu in %.2f s, %" PRIu64 " transactions)\n", (double)count / took, count,
           took, after.transactions - before.transactions);
    free(jobs);
}

static void measure_saves(struct live *live, int64_t devices) {
    struct rng rng;
    struct live_counts counts;
    uint32_t now_s = (uint32_t)(now_us() / 1000000);
    rng_seed(&rng, 9);
    int64_t marks = devices < 200000 ? devices : 200000;
    live_count(live, &counts);
    uint64_t saved = counts.saved;
    double began = seconds_now();
    for (int64_t i = 0; i < marks; i++) {
        struct live_device *device = live_device_find(live, 1 + (int64_t)rng_below(&rng, (uint64_t)devices));
        device->sequence++;
        device->seen_at_s = now_s;
        live_mark(live, device, ANSWER_OK);
    }
    double marked = seconds_now() - began;
    double longest = 0;
    do {
        struct pollfd event = {.fd = live_fd(live), .events = POLLIN};
        (void)poll(&event, 1, 1000);
        double before = seconds_now();
        (void)live_turn(live);
        double took = seconds_now() - before;
        longest = took > longest ? took : longest;
        live_count(live, &counts);
    } while (counts.marked > 0 || counts.saved == saved);
    printf(
        "check-ins at random: marked in %.0f ns each; %.0f rows/s saved behind; the longest turn %.2f ms\n",
        marked / (double)marks * 1e9, (double)(counts.saved - saved) / (seconds_now() - began),
        longest * 1e3);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: live_bench DATABASE_URL LICENCES [ACTIVATIONS]\n");
        return 2;
    }
    struct arena arena;
    struct filling filling = {.licences = strtoll(argv[2], NULL, 10)};
    arena_init(&arena);
    arena_init(&filling.row);
    rng_seed(&filling.rng, 1);
    filling.keys = calloc(ROOMY_LICENCES, LICENCE_KEY_BYTES);
    filling.call = (struct call){.arena = &arena,
                                 .actor = {.kind = ACTOR_OPERATOR, .rights = RIGHT_ALL},
                                 .now_us = now_us(),
                                 .secret = secret,
                                 .random = &machine_random};
    must(db_open(text_of(argv[1]), &filling.call.db, &fault));
    fill(&filling);
    db_close(filling.call.db);

    double before_mb = resident_mb();
    struct live_options options = {
        .database_url = text_of(argv[1]), .secret = secret, .random = &machine_random, .now_us = now_us};
    struct live *live = NULL;
    struct live_counts counts;
    must(live_start(&options, &live, &fault));
    live_count(live, &counts);
    printf("loaded %" PRIu64 " licences, %" PRIu64 " devices in %.2f s\n", counts.licences, counts.devices,
           (double)counts.loaded_in_us / 1e6);
    printf("memory: %.1f bytes per licence and device (%.0f MB; the process grew by %.0f MB)\n",
           (double)counts.bytes / (double)counts.licences, (double)counts.bytes / 1048576,
           resident_mb() - before_mb);
    measure_lookups(live, filling.licences);
    if (argc > 3)
        measure_activations(live, &filling, (size_t)strtoull(argv[3], NULL, 10));
    measure_saves(live, filling.licences);
    double began = seconds_now();
    live_stop(live);
    printf("stopped in %.2f s\n", seconds_now() - began);
    free(filling.keys);
    arena_clean_up(&filling.row);
    arena_clean_up(&arena);
    return 0;
}
