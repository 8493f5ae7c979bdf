/* Trade: a small programme for the tests of billing: vendor VEND → distributor DIST → provider P1 → customers
 * A and B, all in one time zone, signed on 2026-09-01, with verbs that make a month's history in a line each.
 */
#ifndef SEATMETER_TESTS_PROGRAMME_TRADE_H
#define SEATMETER_TESTS_PROGRAMME_TRADE_H

#include "programme/billing/margins.h"
#include "programme/billing/show_invoices.h"
#include "programme/jobs/close_month.h"
#include "store/catalogue/prices.h"
#include "world.h"

struct trade {
    struct world *world;
    struct call call;
    int64_t vendor_id;
    int64_t distributor_id;
    int64_t provider_id;
};

/* The programme in that zone and currency; the provider's edge is taxed at 20 %. */
void trade_begin(struct trade *trade, struct world *world, const char *zone, const char *currency);

/* Now is that instant: "2026-11-10T00:00:00Z". */
void trade_at(struct trade *trade, const char *instant);

/* Another account below a seller (by code), with a signed agreement; returns its id. */
int64_t trade_account(struct trade *trade, const char *kind, const char *code, const char *seller);

/* A product of the vendor's, with a large block of it at each provider on first use. */
void trade_sku(struct trade *trade, const char *code);

/* A price from 2026-09-01 on: `tiers` is "1:10.00 6:8.00", buyer NULL is standard. `terms` may be NULL. */
void trade_price(struct trade *trade, const char *seller, const char *buyer, const char *sku,
                 enum metering_policy policy, enum tier_mode mode, const char *tiers,
                 const struct price_terms *terms);

/* Issues a licence at the customer of a provider, and its verbs, at the trade's now. */
struct text trade_licence(struct trade *trade, const char *provider, const char *customer, const char *sku,
                          int64_t seats);
void trade_on(struct trade *trade, struct text licence);
void trade_off(struct trade *trade, struct text licence);
void trade_resize(struct trade *trade, struct text licence, int64_t seats);

/* Closes; the invoice of an edge for a month, which must be there; its gross. */
struct close_month_result trade_close(struct trade *trade, const char *month);
struct invoice_detail trade_invoice(struct trade *trade, const char *seller, const char *buyer,
                                    const char *month);
const struct close_month_edge *trade_open_edge(const struct close_month_result *result, const char *seller,
                                               const char *buyer);

/* The lines as text, one per line: "A PEAK peak 7 3 10.00 30.00 note". */
struct text trade_lines(struct trade *trade, const struct invoice *invoice);

/* What an integer query gives. */
int64_t trade_ask(struct trade *trade, const char *sql);

/* Runs a statement past all guards, to break the store. */
void trade_sabotage(struct trade *trade, const char *sql);

/* The audit finds nothing in the store; what it finds is printed. */
void trade_must_be_clean(struct trade *trade);

/* Whether the audit finds that the rule is broken. */
bool trade_check_finds(struct trade *trade, const char *rule);

#endif
