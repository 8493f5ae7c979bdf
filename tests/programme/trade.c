#include "trade.h"

#include "core/time/instant.h"
#include "programme/audit/audit_store.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_sku.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/parties/accounts.h"
#include "programme/parties/agreements.h"
#include "programme/parties/init_programme.h"
#include "store/catalogue/skus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *trade_zone;
static const char *trade_currency;

void trade_at(struct trade *trade, const char *instant) {
    struct world *world = trade->world;
    struct zone *zone = NULL;
    WORLD_OK(world, zone_open(TEXT("UTC"), "zone", &zone, &world->fault));
    WORLD_OK(world, instant_parse(text_of(instant), zone, "at", &world->now_us, &world->fault));
    zone_close(zone);
    trade->call.now_us = world->now_us;
}

static void sign(struct trade *trade, const char *seller, const char *buyer, const char *tax_rate) {
    struct world *world = trade->world;
    struct agreement_view view;
    struct offer_agreement_input offer = {
        .seller = text_of(seller),
        .buyer = text_of(buyer),
        .terms = {.tax_category = text_of(tax_rate == NULL ? "O" : "S"), .tax_rate = text_of(tax_rate)}};
    WORLD_OK(world, offer_agreement(&trade->call, &offer, &view, &world->fault));
    struct sign_agreement_input input = {
        .seller = text_of(seller), .buyer = text_of(buyer), .signed_by = TEXT("Somebody")};
    WORLD_OK(world, sign_agreement(&trade->call, &input, &view, &world->fault));
}

int64_t trade_account(struct trade *trade, const char *kind, const char *code, const char *seller) {
    struct world *world = trade->world;
    struct account_view view;
    struct add_account_input input = {.kind = text_of(kind),
                                      .name = text_format(&world->arena, "%s Inc.", code),
                                      .code = text_of(code),
                                      .seller = text_of(seller)};
    WORLD_OK(world, add_account(&trade->call, &input, &view, &world->fault));
    if (strcmp(kind, "provider") == 0 || strcmp(kind, "distributor") == 0) {
        sign(trade, seller, code, "20");
    }
    return view.id;
}

void trade_begin(struct trade *trade, struct world *world, const char *zone, const char *currency) {
    struct account_view distributor;
    *trade = (struct trade){.world = world, .call = world_call(world)};
    trade_zone = zone;
    trade_currency = currency;
    trade_at(trade, "2026-09-01T12:00:00Z");
    struct init_programme_input input = {.distributor = TEXT("Distributor Ltd"),
                                         .code = TEXT("DIST"),
                                         .currency = text_of(currency),
                                         .time_zone = text_of(zone)};
    WORLD_OK(world, init_programme(&trade->call, &input, &distributor, &world->fault));
    trade->distributor_id = distributor.id;
    trade->vendor_id = trade_account(trade, "vendor", "VEND", NULL);
    trade->provider_id = trade_account(trade, "provider", "P1", "DIST");
    trade_account(trade, "customer", "A", "P1");
    trade_account(trade, "customer", "B", "P1");
}

void trade_sku(struct trade *trade, const char *code) {
    struct world *world = trade->world;
    struct sku sku = {.owner_id = trade->vendor_id,
                      .kind = SKU_PRODUCT,
                      .code = text_of(code),
                      .name = text_format(&world->arena, "Product %s", code),
                      .created_at_us = world->now_us};
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, sku_insert(world->db, &sku, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static size_t parse_tiers(struct world *world, const char *words, struct price_tier *tiers) {
    size_t count = 0;
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        const char *colon = memchr(words, ':', length);
        int64_t from = 0;
        assert_non_null(colon);
        assert_true(text_to_int64((struct text){words, (size_t)(colon - words)}, &from));
        tiers[count].from = from;
        WORLD_OK(world, decimal_parse((struct text){colon + 1, (size_t)(words + length - colon - 1)}, 6,
                                      "price", &tiers[count].unit_price_millionths, &world->fault));
        count++;
        words += length;
        words += strspn(words, " ");
    }
    return count;
}

void trade_price(struct trade *trade, const char *seller, const char *buyer, const char *sku_code,
                 enum metering_policy policy, enum tier_mode mode, const char *words,
                 const struct price_terms *terms) {
    struct world *world = trade->world;
    struct account selling;
    struct account buying = {0};
    struct sku sku;
    struct price_tier tiers[8];
    struct price price = {
        .effective_from = date_of(2026, 9, 1), .policy = policy, .mode = mode, .tiers = tiers};
    price.tier_count = parse_tiers(world, words, tiers);
    if (terms != NULL) {
        price.terms = *terms;
    }
    WORLD_OK(world, call_begin(&trade->call, DB_WRITE, &world->fault));
    WORLD_OK(world, find_account(&trade->call, text_of(seller), "seller", &selling, &world->fault));
    if (buyer != NULL) {
        WORLD_OK(world, find_account(&trade->call, text_of(buyer), "buyer", &buying, &world->fault));
    }
    WORLD_OK(world, find_sku(&trade->call, text_of(sku_code), "sku", &sku, &world->fault));
    price.sku_id = sku.id;
    struct price_edge edge = {
        .seller_id = selling.id, .buyer_id = buying.id, .currency = text_of(trade_currency)};
    WORLD_OK(world, price_check(&price, &world->fault));
    WORLD_OK(world, price_insert(world->db, &price, &edge, &world->fault));
    WORLD_OK(world, call_end(&trade->call, STATUS_OK, &world->fault));
}

struct text trade_licence(struct trade *trade, const char *provider, const char *customer, const char *sku,
                          int64_t seats) {
    struct world *world = trade->world;
    struct order_block_input order = {
        .provider = text_of(provider), .sku = text_of(sku), .size = seats + 1000};
    struct block_view block;
    struct issued_licences issued;
    WORLD_OK(world, order_block(&trade->call, &order, &block, &world->fault));
    struct issue_licence_input issue = {
        .block = block.identifier, .customer = text_of(customer), .seats = seats};
    WORLD_OK(world, issue_licence(&trade->call, &issue, &issued, &world->fault));
    return issued.items[0].licence.identifier;
}

void trade_on(struct trade *trade, struct text licence) {
    struct turn_licence_input input = {.licence = licence};
    struct licence_view info;
    WORLD_OK(trade->world, turn_licence_on(&trade->call, &input, &info, &trade->world->fault));
}

void trade_off(struct trade *trade, struct text licence) {
    struct turn_licence_input input = {.licence = licence};
    struct licence_view info;
    WORLD_OK(trade->world, turn_licence_off(&trade->call, &input, &info, &trade->world->fault));
}

void trade_resize(struct trade *trade, struct text licence, int64_t seats) {
    struct turn_licence_input input = {.licence = licence, .seats = seats};
    struct licence_view info;
    WORLD_OK(trade->world, resize_licence(&trade->call, &input, &info, &trade->world->fault));
}

struct close_month_result trade_close(struct trade *trade, const char *month) {
    struct close_month_input input = {.month = text_of(month)};
    struct close_month_result result = {0};
    WORLD_OK(trade->world, close_month(&trade->call, &input, &result, &trade->world->fault));
    return result;
}

struct invoice_detail trade_invoice(struct trade *trade, const char *seller, const char *buyer,
                                    const char *month) {
    struct world *world = trade->world;
    struct list_invoices_input input = {
        .seller = text_of(seller), .buyer = text_of(buyer), .month = text_of(month)};
    struct invoice_page result;
    struct invoice_detail view = {0};
    WORLD_OK(world, list_invoices(&trade->call, &input, &result, &world->fault));
    assert_int_equal(result.count, 1);
    struct show_invoice_input show = {.invoice = result.items[0].identifier};
    WORLD_OK(world, show_invoice(&trade->call, &show, &view, &world->fault));
    return view;
}

const struct close_month_edge *trade_open_edge(const struct close_month_result *result, const char *seller,
                                               const char *buyer) {
    for (size_t i = 0; i < result->open_count; i++) {
        if (text_is(result->open[i].seller_code, seller) && text_is(result->open[i].buyer_code, buyer)) {
            return &result->open[i];
        }
    }
    return NULL;
}

struct text trade_lines(struct trade *trade, const struct invoice *invoice) {
    struct arena *arena = &trade->world->arena;
    struct text all = TEXT("");
    for (size_t i = 0; i < invoice->line_count; i++) {
        const struct invoice_line *line = &invoice->lines[i];
        struct text sku = line->sku.length > 0 ? line->sku : line->description;
        all = text_format(arena, "%.*s%.*s %.*s %.*s %.*s %.*s %.*s %.*s%s%.*s\n", TEXT_ARGS(all),
                          TEXT_ARGS(line->customer_code), TEXT_ARGS(sku), TEXT_ARGS(line->policy),
                          TEXT_ARGS(quantity_format(arena, line->measured)),
                          TEXT_ARGS(quantity_format(arena, line->quantity)),
                          TEXT_ARGS(decimal_format_short(arena, line->unit_price_millionths, 6)),
                          TEXT_ARGS(money_format(arena, line->amount_minor, invoice->currency)),
                          line->note.length > 0 ? " " : "", TEXT_ARGS(line->note));
    }
    return all;
}

int64_t trade_ask(struct trade *trade, const char *sql) {
    int64_t value = 0;
    WORLD_OK(trade->world, db_query_int(trade->world->db, sql, DB_NO_ARGS, 0, &value, &trade->world->fault));
    return value;
}

void trade_sabotage(struct trade *trade, const char *sql) {
    struct world *world = trade->world;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

void trade_must_be_clean(struct trade *trade) {
    struct audit_store_result result;
    WORLD_OK(trade->world, audit_store(&trade->call, &result, &trade->world->fault));
    for (size_t i = 0; i < result.count; i++) {
        print_error("%s: %s %s\n", result.violations[i].rule.at, result.violations[i].subject.at,
                    result.violations[i].message.at);
    }
    assert_int_equal(result.violation_total, 0);
}

bool trade_check_finds(struct trade *trade, const char *rule) {
    struct audit_store_result result;
    WORLD_OK(trade->world, audit_store(&trade->call, &result, &trade->world->fault));
    bool is_found = false;
    for (size_t i = 0; i < result.count; i++) {
        is_found = is_found || text_is(result.violations[i].rule, rule);
    }
    return is_found;
}
