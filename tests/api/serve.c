/* The real control door on a fresh store, for the tests of the API: a distributor, a vendor with a few SKUs,
 * two providers, and their users, made by the use cases that the command uses.
 *
 * usage: api_server DATABASE_URL ADDRESS [trust-forwarded], or api_server routes
 * Says where it listens on standard output, as JSON. Obeys lines on standard input: "now
 * 2026-12-01T00:00:00Z" sets its clock, "activate KEY NAME" has a machine take a
 * seat, "link EMAIL" says the link of the open invitation to that address, "hold" takes the store's write
 * lock and "release" gives it back, "seal-as-before KEY" seals what is kept for an Idempotency-Key as earlier
 * versions did, the end of input stops it. */
#include "web/server.h"

#include "api/routes.h"
#include "core/time/date.h"
#include "core/time/instant.h"
#include "delivery/artifacts.h"
#include "portal/routes.h"
#include "programme/access/invitations.h"
#include "programme/access/users.h"
#include "programme/catalogue/import_catalogue.h"
#include "programme/devices/activate_device.h"
#include "programme/parties/accounts.h"
#include "programme/parties/init_programme.h"
#include "json/json_write.h"

#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* 2026-11-24T12:00:00Z */
#define FIRST_NOW_US (INT64_C(1795521600) * 1000000)

static _Atomic int64_t offset_us;

static int64_t machine_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t test_now_us(void) {
    return machine_us() + atomic_load(&offset_us);
}

static void set_now(int64_t now_us) {
    atomic_store(&offset_us, now_us - machine_us());
}

static void fill_random(struct random_source *source, void *bytes, size_t size_bytes) {
    (void)source;
    randombytes_buf(bytes, size_bytes);
}

static _Noreturn void give_up(const struct fault *fault) {
    fprintf(stderr, "api_server: %s: %s\n", fault->code, fault->message);
    exit(1);
}

static void must(enum status status, const struct fault *fault) {
    if (status != STATUS_OK) {
        give_up(fault);
    }
}

static const char CATALOGUE[] = "sku,name,component_code,component_name\n"
                                "SUITE,Contoso Suite,MAIL,Contoso Mail\n"
                                "SUITE,Contoso Suite,DOCS,Contoso Docs\n"
                                "MAIL,Contoso Mail,MAIL,Contoso Mail\n"
                                "GUARD,Contoso Guard,GUARD,Contoso Guard\n";

static void add_account_of(struct call *call, const char *kind, const char *code, const char *name) {
    struct fault fault;
    struct account_view account;
    struct add_account_input input = {.kind = text_of(kind), .code = text_of(code), .name = text_of(name)};
    must(add_account(call, &input, &account, &fault), &fault);
}

static void add_user_of(struct call *call, const char *account, const char *role, const char *email) {
    struct fault fault;
    struct user_view user;
    struct add_user_input input = {
        .account = text_of(account),
        .role = text_of(role),
        .email = text_of(email),
        .name = text_of(email),
        .password = TEXT("correct horse battery"),
    };
    must(add_user(call, &input, &user, &fault), &fault);
}

static void make_world(struct call *call) {
    struct fault fault;
    struct account_view distributor;
    struct init_programme_input input = {
        .distributor = TEXT("Northwind Distribution"),
        .code = TEXT("NORTHWIND"),
        .currency = TEXT("USD"),
        .time_zone = TEXT("America/New_York"),
    };
    must(init_programme(call, &input, &distributor, &fault), &fault);
    struct import_catalogue_input catalogue = {
        .vendor = TEXT("Contoso"), .format = TEXT("csv"), .content = text_of(CATALOGUE)};
    struct import_catalogue_result imported;
    struct import_problems problems = {0};
    must(import_catalogue(call, &catalogue, &imported, &problems, &fault), &fault);
    add_account_of(call, "provider", "ALPINE", "Alpine Ski House");
    add_account_of(call, "provider", "BLUE", "Blue Yonder");
    add_user_of(call, "NORTHWIND", "owner", "owner@northwind.example");
    add_user_of(call, "ALPINE", "owner", "owner@alpine.example");
    add_user_of(call, "ALPINE", "technician", "technician@alpine.example");
    add_user_of(call, "ALPINE", "viewer", "viewer@alpine.example");
    add_user_of(call, "BLUE", "owner", "owner@blue.example");
    add_user_of(call, imported.vendor_code.at, "owner", "owner@contoso.example");
}

/* A machine of that name takes a seat of the licence with the key: "KEY NAME". */
static void activate(struct call *call, const char *words) {
    struct fault fault;
    struct activation activation;
    struct activation_request request = {.time_s = test_now_us() / 1000000,
                                         .version = TEXT("4.2.0"),
                                         .components = TEXT("firewall,mail"),
                                         .has_version = true,
                                         .has_components = true};
    const char *name = strchr(words, ' ');
    if (name == NULL) {
        return;
    }
    request.name = text_of(name + 1);
    must(licence_key_parse((struct text){words, (size_t)(name - words)}, request.key, &fault), &fault);
    randombytes_buf(request.device_key, sizeof request.device_key);
    randombytes_buf(request.fingerprint, sizeof request.fingerprint);
    call->now_us = test_now_us();
    must(call_begin(call, DB_WRITE, &fault), &fault);
    must(call_end(call, activate_device(call, &request, false, NULL, &activation, &fault), &fault), &fault);
}

/* Says the link of the open invitation to the address, as the operator makes it. */
static void print_link(struct call *call, const char *email) {
    struct fault fault;
    struct invitation_page page;
    struct invitation_view invitation;
    struct text link = TEXT("");
    call->now_us = test_now_us();
    must(list_invitations(call, TEXT(""), (struct page){0}, &page, &fault), &fault);
    for (size_t i = 0; i < page.count; i++) {
        if (text_is(page.items[i].email, email)) {
            must(make_invitation_link(call, page.items[i].identifier, &invitation, &link, &fault), &fault);
        }
    }
    printf("%.*s\n", TEXT_ARGS(link));
}

/* What is kept for the key, sealed as it was before there were sealed boxes. */
static void seal_as_before(struct call *call, const char *idempotency_key) {
    static const char PURPOSE[] = "seatmeter kept answer";
    static const unsigned char PLAIN[] = "application/json\0\0\0{}";
    unsigned char key[crypto_secretbox_KEYBYTES];
    unsigned char sealed[crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + sizeof PLAIN - 1];
    struct fault fault;
    int64_t changed = 0;
    crypto_generichash(key, sizeof key, (const unsigned char *)PURPOSE, strlen(PURPOSE), call->secret,
                       PROGRAMME_SECRET_BYTES);
    randombytes_buf(sealed, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, PLAIN, sizeof PLAIN - 1, sealed, key);
    must(db_begin(call->db, DB_WRITE, &fault), &fault);
    must(db_run(call->db, "update idempotency set answer = $1 where key = $2",
                DB_ARGS(db_bytes((struct text){(const char *)sealed, sizeof sealed}),
                        db_string(text_of(idempotency_key))),
                &changed, &fault),
         &fault);
    must(db_commit(call->db, &fault), &fault);
    if (changed != 1) {
        exit(1);
    }
}

static void obey(struct call *call) {
    struct db *db = call->db;
    char line[128];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        struct fault fault;
        int64_t now_us = 0;
        if (strncmp(line, "now ", 4) == 0) {
            must(instant_parse(text_of(line + 4), NULL, "now", &now_us, &fault), &fault);
            set_now(now_us);
        } else if (strcmp(line, "hold") == 0) {
            must(db_begin(db, DB_WRITE, &fault), &fault);
        } else if (strcmp(line, "release") == 0) {
            db_rollback(db);
        } else if (strncmp(line, "activate ", 9) == 0) {
            activate(call, line + 9);
        } else if (strncmp(line, "link ", 5) == 0) {
            print_link(call, line + 5);
        } else if (strncmp(line, "seal-as-before ", 15) == 0) {
            seal_as_before(call, line + 15);
        }
        printf("done\n");
        fflush(stdout);
    }
}

/* The route table, for the test that compares it with the description. */
static int print_routes(const struct route_table *routes) {
    struct arena arena;
    arena_init(&arena);
    struct json_writer out = {.arena = &arena};
    json_write_open_array(&out, NULL);
    for (size_t i = 0; i < route_table_count(routes); i++) {
        const struct route *route = route_table_at(routes, i);
        bool is_public = (route->flags & (ROUTE_PUBLIC | ROUTE_METRICS)) != 0;
        json_write_open(&out, NULL);
        json_write_string(&out, "method", method_name(route->method));
        json_write_string(&out, "path", route->pattern);
        json_write_string(&out, "query", route->query);
        json_write_int(&out, "right", route->right);
        json_write_bool(&out, "public", is_public);
        json_write_bool(&out, "versioned", (route->flags & ROUTE_VERSIONED) != 0);
        json_write_bool(&out, "kept", route->method == METHOD_POST && (route->flags & ROUTE_NO_REPLAY) == 0);
        json_write_close(&out);
    }
    json_write_close_array(&out);
    printf("%.*s\n", TEXT_ARGS(json_written(&out)));
    arena_clean_up(&arena);
    return 0;
}

int main(int argc, char **argv) {
    struct route_table routes = {0};
    api_add_routes(&routes);
    portal_add_routes(&routes);
    if (argc == 2 && strcmp(argv[1], "routes") == 0) {
        return print_routes(&routes);
    }
    if (argc < 3 || sodium_init() < 0) {
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct arena arena;
    arena_init(&arena);
    set_now(FIRST_NOW_US);
    unsigned char secret[PROGRAMME_SECRET_BYTES];
    randombytes_buf(secret, sizeof secret);
    struct fault fault;
    struct db *db = NULL;
    must(db_open(text_of(argv[1]), &db, &fault), &fault);
    must(db_migrate(db, &fault), &fault);
    struct random_source random = {fill_random};
    struct call call = {.db = db,
                        .arena = &arena,
                        .actor = {.kind = ACTOR_OPERATOR, .rights = RIGHT_ALL},
                        .now_us = test_now_us(),
                        .secret = secret,
                        .random = &random};
    make_world(&call);
    struct artifact_store *artifacts = NULL;
    if (getenv("SEATMETER_ARTIFACTS") != NULL) {
        must(artifact_store_open(text_of(getenv("SEATMETER_ARTIFACTS")), &artifacts, &fault), &fault);
    }
    struct web_server_options options = {
        .routes = &routes,
        .database_url = text_of(argv[1]),
        .address = text_of(argv[2]),
        .secret = secret,
        .metrics_token = TEXT("metrics-token-of-the-tests"),
        .artifacts = artifacts,
        .log_fd = STDERR_FILENO,
        .trust_forwarded = argc > 3 && strcmp(argv[3], "trust-forwarded") == 0,
        .now_us = test_now_us,
    };
    struct web_server *server = NULL;
    must(web_server_start(&options, &server, &fault), &fault);
    printf("{\"url\":\"%.*s\"}\n", TEXT_ARGS(web_server_url(server)));
    fflush(stdout);
    obey(&call);
    web_server_stop(server);
    artifact_store_close(artifacts);
    db_close(db);
    arena_clean_up(&arena);
    return 0;
}
