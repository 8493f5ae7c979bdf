#include "cast.h"

#include "programme/parties/init_programme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void a_programme(struct world *world) {
    struct call call = world_call(world);
    struct account_view distributor;
    const struct init_programme_input input = {.distributor = TEXT("Northwind Distribution"),
                                               .code = TEXT("DIST"),
                                               .currency = TEXT("USD"),
                                               .time_zone = TEXT("America/New_York")};
    WORLD_OK(world, init_programme(&call, &input, &distributor, &world->fault));
}

static void sign(struct world *world, const char *buyer) {
    struct call call = world_call(world);
    struct agreement_view agreement;
    const struct offer_agreement_input offer = {.buyer = text_of(buyer)};
    WORLD_OK(world, offer_agreement(&call, &offer, &agreement, &world->fault));
    const struct sign_agreement_input signing = {.agreement = agreement.identifier,
                                                 .signed_by = TEXT("Ada Lovelace")};
    WORLD_OK(world, sign_agreement(&call, &signing, &agreement, &world->fault));
}

struct account_view an_account(struct world *world, const char *kind, const char *code, const char *seller) {
    struct call call = world_call(world);
    struct account_view account;
    const struct add_account_input input = {.kind = text_of(kind),
                                            .name = text_format(&world->arena, "The %s %s", kind, code),
                                            .code = text_of(code),
                                            .seller = text_of(seller)};
    WORLD_OK(world, add_account(&call, &input, &account, &world->fault));
    if (strcmp(kind, "provider") == 0 || strcmp(kind, "distributor") == 0) {
        sign(world, code);
    }
    return account;
}

void a_whole_cast(struct world *world) {
    a_programme(world);
    an_account(world, "vendor", "VENDOR", "");
    an_account(world, "provider", "ALPHA", "DIST");
    an_account(world, "provider", "BETA", "DIST");
    an_account(world, "customer", "A1", "ALPHA");
    an_account(world, "customer", "B1", "BETA");
}

struct account_view the_account(struct world *world, const char *code) {
    struct call call = world_call(world);
    struct account_view account;
    WORLD_OK(world, show_account(&call, text_of(code), &account, &world->fault));
    return account;
}

struct call call_of(struct world *world, const char *code, unsigned rights) {
    struct call call = world_call(world);
    call.actor = (struct actor){
        .kind = ACTOR_USER, .id = 1, .account_id = the_account(world, code).id, .rights = rights};
    return call;
}
