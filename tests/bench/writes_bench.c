/* Licence switches a second, through the use case: clients with a connection each, over many providers.
 *
 * usage: writes_bench URL SECONDS   (an empty store; it is filled first). Prints the switches a second. */
#include "core/base/rng.h"
#include "core/time/instant.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/parties/accounts.h"
#include "programme/parties/agreements.h"
#include "programme/parties/init_programme.h"
#include "store/catalogue/skus.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CLIENTS = 64, PROVIDERS = 200, LICENCES_EACH = 8, LICENCES = PROVIDERS * LICENCES_EACH };

static const unsigned char SECRET[PROGRAMME_SECRET_BYTES] = {1};
static struct text licences[LICENCES]; /* by identifier */
static struct arena keeping;
static const char *url;
static atomic_bool is_over;

struct client {
    struct random_source source;
    struct rng rng;
    struct arena arena;
    struct call call;
    pthread_t thread;
    int number;
    int64_t switched;
};

static void must(enum status status, const struct fault *fault) {
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", fault->code, fault->message);
        exit(1);
    }
}

static void fill_random(struct random_source *source, void *bytes, size_t size_bytes) {
    struct client *client = (struct client *)source; /* its first member */
    for (size_t i = 0; i < size_bytes; i++) {
        ((unsigned char *)bytes)[i] = (unsigned char)rng_next(&client->rng);
    }
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void open_client(struct client *client, int number) {
    struct fault fault;
    *client = (struct client){.source = {.fill = fill_random}, .number = number};
    rng_seed(&client->rng, (uint64_t)number + 1);
    arena_init(&client->arena);
    client->call = (struct call){.arena = &client->arena,
                                 .actor = {.kind = ACTOR_OPERATOR, .rights = RIGHT_ALL},
                                 .now_us = now_us(),
                                 .secret = SECRET,
                                 .random = &client->source};
    must(db_open(text_of(url), &client->call.db, &fault), &fault);
}

static void close_client(struct client *client) {
    db_close(client->call.db);
    arena_clean_up(&client->arena);
}

static void add(struct call *call, const char *kind, struct text code, struct text seller) {
    const struct add_account_input input = {
        .kind = text_of(kind), .name = code, .code = code, .seller = seller};
    struct account_view view;
    struct fault fault;
    must(add_account(call, &input, &view, &fault), &fault);
}

static void add_provider(struct call *call, int number) {
    struct fault fault;
    struct text provider = text_format(call->arena, "P%d", number);
    struct text customer = text_format(call->arena, "C%d", number);
    struct agreement_view agreement;
    struct block_view block;
    struct issued_licences issued;
    add(call, "provider", provider, TEXT("DIST"));
    const struct offer_agreement_input offer = {.seller = TEXT("DIST"), .buyer = provider};
    const struct sign_agreement_input signing = {
        .seller = TEXT("DIST"), .buyer = provider, .signed_by = TEXT("Ada")};
    must(offer_agreement(call, &offer, &agreement, &fault), &fault);
    must(sign_agreement(call, &signing, &agreement, &fault), &fault);
    add(call, "customer", customer, provider);
    const struct order_block_input order = {provider, TEXT("OFFICE"), LICENCES_EACH};
    must(order_block(call, &order, &block, &fault), &fault);
    const struct issue_licence_input issue = {
        .block = block.identifier, .customer = customer, .seats = 1, .count = LICENCES_EACH};
    must(issue_licence(call, &issue, &issued, &fault), &fault);
    for (int i = 0; i < LICENCES_EACH; i++) {
        licences[number * LICENCES_EACH + i] = text_copy(&keeping, issued.items[i].licence.identifier);
    }
}

static void add_product(struct call *call, int64_t vendor_id) {
    struct fault fault;
    struct sku sku = {.owner_id = vendor_id,
                      .kind = SKU_PRODUCT,
                      .code = TEXT("OFFICE"),
                      .external_id = TEXT(""),
                      .name = TEXT("Office"),
                      .created_at_us = call->now_us};
    must(call_begin(call, DB_WRITE, &fault), &fault);
    must(call_end(call, sku_insert(call->db, &sku, &fault), &fault), &fault);
}

static void fill(struct call *call) {
    static const char VENDOR[] = "select id from accounts where code = 'ACME'";
    const struct init_programme_input init = {
        .distributor = TEXT("DIST"), .code = TEXT("DIST"), .currency = TEXT("USD"), .time_zone = TEXT("UTC")};
    struct account_view view;
    struct fault fault;
    int64_t vendor_id = 0;
    must(db_migrate(call->db, &fault), &fault);
    must(init_programme(call, &init, &view, &fault), &fault);
    add(call, "vendor", TEXT("ACME"), TEXT(""));
    must(db_query_int(call->db, VENDOR, DB_NO_ARGS, 0, &vendor_id, &fault), &fault);
    add_product(call, vendor_id);
    for (int i = 0; i < PROVIDERS; i++) {
        add_provider(call, i);
    }
}

/* Each client has licences of its own, of many providers, which it turns on and off in turn. */
static void *switch_often(void *argument) {
    struct client *client = argument;
    struct fault fault;
    for (int64_t turn = 0; !atomic_load(&is_over); turn++) {
        int64_t own = LICENCES / CLIENTS;
        struct licence_view view;
        const struct turn_licence_input input = {.licence = licences[client->number + turn % own * CLIENTS]};
        client->call.now_us = now_us();
        bool is_on = turn / own % 2 == 1;
        must(is_on ? turn_licence_off(&client->call, &input, &view, &fault)
                   : turn_licence_on(&client->call, &input, &view, &fault),
             &fault);
        client->switched++;
        arena_clean_up(&client->arena);
    }
    return NULL;
}

int main(int count, char **arguments) {
    static struct client clients[CLIENTS];
    static struct client filler;
    int64_t switched = 0;
    if (count != 3) {
        fprintf(stderr, "usage: writes_bench URL SECONDS\n");
        return 2;
    }
    url = arguments[1];
    arena_init(&keeping);
    open_client(&filler, CLIENTS);
    fill(&filler.call);
    close_client(&filler);
    for (int i = 0; i < CLIENTS; i++) {
        open_client(&clients[i], i);
    }
    struct timespec length = {.tv_sec = strtol(arguments[2], NULL, 10)};
    for (int i = 0; i < CLIENTS; i++) {
        if (pthread_create(&clients[i].thread, NULL, switch_often, &clients[i]) != 0) {
            return 1;
        }
    }
    nanosleep(&length, NULL);
    atomic_store(&is_over, true);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        switched += clients[i].switched;
        close_client(&clients[i]);
    }
    arena_clean_up(&keeping);
    printf("%lld\n", (long long)(switched / length.tv_sec));
    return 0;
}
