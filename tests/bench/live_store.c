/* The store of live_bench and checkin_bench, filled in bulk. */
#include "live_store.h"

#include "core/base/rng.h"
#include "core/licence/lease.h"
#include "programme/keys/licence_keys.h"
#include "programme/parties/accounts.h"
#include "programme/parties/agreements.h"
#include "programme/parties/init_programme.h"
#include "store/catalogue/skus.h"
#include "store/engine/numbers.h"
#include "store/licensing/blocks.h"

#include <endian.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A SKU of a real vendor's catalogue of 569 has 9.6 components on average, with codes of 17 letters. */
enum { SKUS = 4, COMPONENTS = 10, ROWS_PER_ARENA = 4096 };

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
    return (double)now_us() / 1e6;
}

static struct fault fault;

static void must(enum status status) {
    if (status != STATUS_OK) {
        fprintf(stderr, "live_store: %s: %s\n", fault.code, fault.message);
        exit(1);
    }
}

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
    for (int i = 0; i < COMPONENTS; i++) {
        components[i] = (struct component){.vendor_id = vendor,
                                           .external_id = text_format(call->arena, "%d", i),
                                           .code = text_format(call->arena, "component-number%d", i),
                                           .name = text_format(call->arena, "Component number %d", i)};
    }
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
        for (int k = 0; k < COMPONENTS; k++) {
            links[k] = (struct sku_component){sku.id, components[k].id};
        }
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
    if (i % ROWS_PER_ARENA == 0) {
        arena_clean_up(&filling->row);
    }
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
    int64_t all = filling->licences + LIVE_STORE_ROOMY;
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

static int64_t utc_month(int64_t at_s) {
    time_t at = at_s;
    struct tm parts;
    gmtime_r(&at, &parts);
    return (parts.tm_year + 1900) * 12 + parts.tm_mon;
}

/* In the midst of a month: they have all been seen in it. */
static void add_devices(struct filling *filling) {
    static const char *const columns[] = {"id",    "licence_id", "fingerprint",    "public_key",
                                          "state", "seat",       "activated_at_us"};
    static const char *const seen_columns[] = {"device_id", "sequence",        "link",
                                               "seen_at_s", "lease_expires_s", "month_marks"};
    static const char *const month_columns[] = {"month", "device_id", "licensed", "unlicensed"};
    struct db *db = filling->call.db;
    struct db_bulk *bulk = NULL;
    int64_t now_s = filling->call.now_us / 1000000;
    int64_t month = utc_month(now_s);
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
    must(db_bulk_start(db, "device_seen", seen_columns, "iiiiii", &bulk, &fault));
    for (int64_t i = 0; i < filling->licences; i++) {
        const struct db_value values[] = {db_integer(i + 1),
                                          db_integer(5),
                                          db_integer((int64_t)rng_next(&filling->rng)),
                                          db_integer(now_s),
                                          db_integer(now_s + 86400),
                                          db_integer((month & 255) * 4 + 1)};
        must(db_bulk_row(bulk, values, &fault));
    }
    must(db_bulk_finish(bulk, &fault));
    must(db_bulk_start(db, "device_months", month_columns, "iiii", &bulk, &fault));
    for (int64_t i = 0; i < filling->licences; i++) {
        const struct db_value values[] = {db_integer(month), db_integer(i + 1), db_integer(1), db_integer(0)};
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
    for (size_t i = 0; i < LIVE_STORE_ROOMY; i++) {
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
    must(db_numbers_settle(call->db, &fault));
    must(call_end(call, STATUS_OK, &fault));
    printf("filled with %" PRId64 " licences in %.1f s\n", filling->licences, seconds_now() - began);
}

void live_store_fill(const char *url, const unsigned char *secret, int64_t licences,
                     char (*keys)[LICENCE_KEY_BYTES]) {
    struct arena arena;
    struct filling filling = {.licences = licences, .keys = keys};
    arena_init(&arena);
    arena_init(&filling.row);
    rng_seed(&filling.rng, 1);
    filling.call = (struct call){.arena = &arena,
                                 .actor = {.kind = ACTOR_OPERATOR, .rights = RIGHT_ALL},
                                 .now_us = now_us(),
                                 .secret = secret,
                                 .random = &machine_random};
    must(db_open(text_of(url), &filling.call.db, &fault));
    fill(&filling);
    db_close(filling.call.db);
    arena_clean_up(&filling.row);
    arena_clean_up(&arena);
}
