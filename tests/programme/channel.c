#include "channel.h"

#include "core/time/date.h"
#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/parties/accounts.h"
#include "programme/parties/agreements.h"
#include "programme/parties/init_programme.h"
#include "programme/parties/suspend_agreement.h"
#include "store/catalogue/skus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(struct world *world, const char *kind, const char *code, const char *seller) {
    struct call call = world_call(world);
    struct account_view view;
    struct add_account_input input = {
        .kind = text_of(kind), .name = text_of(code), .code = text_of(code), .seller = text_of(seller)};
    WORLD_OK(world, add_account(&call, &input, &view, &world->fault));
}

static void sign(struct world *world, const char *seller, const char *buyer) {
    struct call call = world_call(world);
    struct agreement_view view;
    struct offer_agreement_input offer = {.seller = text_of(seller), .buyer = text_of(buyer)};
    WORLD_OK(world, offer_agreement(&call, &offer, &view, &world->fault));
    struct sign_agreement_input signing = {
        .seller = text_of(seller), .buyer = text_of(buyer), .signed_by = TEXT("Ada")};
    WORLD_OK(world, sign_agreement(&call, &signing, &view, &world->fault));
}

static void a_product(struct world *world, const char *vendor, const char *code) {
    struct sku sku = {.owner_id = account_id_of(world, vendor),
                      .kind = SKU_PRODUCT,
                      .code = text_of(code),
                      .external_id = TEXT(""),
                      .name = text_of(code),
                      .created_at_us = world->now_us};
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, sku_insert(world->db, &sku, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static int64_t sku_id_of(struct world *world, const char *code) {
    static const char SQL[] = "select id from skus where code = $1";
    int64_t id = 0;
    WORLD_OK(world, db_query_int(world->db, SQL, DB_ARGS(db_string(text_of(code))), 0, &id, &world->fault));
    assert_true(id > 0);
    return id;
}

static void a_bundle(struct world *world, const char *seller, const char *code, const char *first,
                     int64_t firsts, const char *second, int64_t seconds) {
    struct sku bundle = {.owner_id = account_id_of(world, seller),
                         .kind = SKU_BUNDLE,
                         .code = text_of(code),
                         .external_id = TEXT(""),
                         .name = text_of(code),
                         .created_at_us = world->now_us};
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, sku_insert(world->db, &bundle, &world->fault));
    struct bundle_part parts[] = {{bundle.id, sku_id_of(world, first), firsts},
                                  {bundle.id, sku_id_of(world, second), seconds}};
    WORLD_OK(world, bundle_part_insert(world->db, &parts[0], &world->fault));
    WORLD_OK(world, bundle_part_insert(world->db, &parts[1], &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

void a_channel(struct world *world) {
    struct call call = world_call(world);
    struct account_view view;
    struct init_programme_input init = {
        .distributor = TEXT("DIST"), .code = TEXT("DIST"), .currency = TEXT("USD"), .time_zone = TEXT("UTC")};
    WORLD_OK(world, init_programme(&call, &init, &view, &world->fault));
    add(world, "vendor", "ACME", "");
    add(world, "vendor", "BOLT", "");
    add(world, "provider", "P1", "DIST");
    add(world, "provider", "P2", "DIST");
    add(world, "distributor", "SUB", "DIST");
    add(world, "provider", "P3", "SUB");
    sign(world, "DIST", "P1");
    sign(world, "DIST", "P2");
    sign(world, "DIST", "SUB");
    sign(world, "SUB", "P3");
    add(world, "customer", "C1", "P1");
    add(world, "customer", "C2", "P1");
    add(world, "customer", "C3", "P2");
    add(world, "customer", "C4", "P3");
    a_product(world, "ACME", "OFFICE");
    a_product(world, "ACME", "MAIL");
    a_product(world, "BOLT", "BACKUP");
    a_bundle(world, "DIST", "SUITE", "OFFICE", 1, "BACKUP", 2);
    a_bundle(world, "P1", "PACK", "MAIL", 2, "BACKUP", 1);
}

int64_t account_id_of(struct world *world, const char *account_code) {
    static const char SQL[] = "select id from accounts where code = $1";
    int64_t id = 0;
    WORLD_OK(world,
             db_query_int(world->db, SQL, DB_ARGS(db_string(text_of(account_code))), 0, &id, &world->fault));
    assert_true(id > 0);
    return id;
}

struct call call_of(struct world *world, const char *account_code) {
    struct call call = world_call(world);
    call.actor = (struct actor){
        .kind = ACTOR_TOKEN, .id = 1, .account_id = account_id_of(world, account_code), .rights = RIGHT_ALL};
    return call;
}

struct text a_block_of(struct world *world, const char *provider, const char *sku, int64_t size) {
    struct call call = world_call(world);
    struct block_view block;
    struct order_block_input input = {text_of(provider), text_of(sku), size};
    WORLD_OK(world, order_block(&call, &input, &block, &world->fault));
    return block.identifier;
}

struct text a_licence(struct world *world, struct text block, const char *customer, int64_t seats) {
    struct call call = world_call(world);
    struct issued_licences issued;
    struct issue_licence_input input = {.block = block, .customer = text_of(customer), .seats = seats};
    WORLD_OK(world, issue_licence(&call, &input, &issued, &world->fault));
    assert_int_equal(issued.count, 1);
    return issued.items[0].licence.identifier;
}

struct text a_licence_on(struct world *world, const char *sku, int64_t seats) {
    struct text licence = a_licence(world, a_block_of(world, "P1", sku, seats), "C1", seats);
    turn_on(world, licence);
    return licence;
}

void turn_on(struct world *world, struct text licence) {
    struct call call = world_call(world);
    struct licence_view info;
    WORLD_OK(world,
             turn_licence_on(&call, &(struct turn_licence_input){.licence = licence}, &info, &world->fault));
}

void turn_off(struct world *world, struct text licence) {
    struct call call = world_call(world);
    struct licence_view info;
    WORLD_OK(world,
             turn_licence_off(&call, &(struct turn_licence_input){.licence = licence}, &info, &world->fault));
}

static struct suspend_agreement_input edge_of(const char *seller, const char *buyer) {
    return (struct suspend_agreement_input){.seller = text_of(seller), .buyer = text_of(buyer)};
}

void suspend(struct world *world, const char *seller, const char *buyer) {
    struct call call = world_call(world);
    struct cascade_result cascade;
    struct suspend_agreement_input input = edge_of(seller, buyer);
    WORLD_OK(world, suspend_agreement(&call, &input, &cascade, &world->fault));
    assert_true(text_is(cascade.state, "suspended"));
}

void resume(struct world *world, const char *seller, const char *buyer) {
    struct call call = world_call(world);
    struct cascade_result cascade;
    struct suspend_agreement_input input = edge_of(seller, buyer);
    WORLD_OK(world, resume_agreement(&call, &input, &cascade, &world->fault));
    assert_true(text_is(cascade.state, "signed"));
}

void terminate(struct world *world, const char *seller, const char *buyer) {
    struct call call = world_call(world);
    struct cascade_result cascade;
    struct suspend_agreement_input input = edge_of(seller, buyer);
    WORLD_OK(world, terminate_agreement(&call, &input, &cascade, &world->fault));
    assert_true(text_is(cascade.state, "terminated"));
}

struct licence_detail licence_of(struct world *world, struct text licence) {
    struct call call = world_call(world);
    struct licence_detail detail;
    WORLD_OK(world, show_licence(&call, licence, &detail, &world->fault));
    return detail;
}

struct block_view block_of(struct world *world, struct text block) {
    struct call call = world_call(world);
    struct block_view info;
    WORLD_OK(world, show_block(&call, block, &info, &world->fault));
    return info;
}

int64_t instant(struct world *world, const char *words) {
    struct zone *zone = NULL;
    int64_t at_us = 0;
    WORLD_OK(world, zone_open(TEXT("UTC"), "time_zone", &zone, &world->fault));
    WORLD_OK(world, instant_parse(text_of(words), zone, "at", &at_us, &world->fault));
    zone_close(zone);
    return at_us;
}

void it_is(struct world *world, const char *words) {
    world->now_us = instant(world, words);
}

int64_t ask(struct world *world, const char *sql) {
    int64_t value = 0;
    WORLD_OK(world, db_query_int(world->db, sql, DB_NO_ARGS, 0, &value, &world->fault));
    return value;
}
