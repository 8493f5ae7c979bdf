/* Channel: a whole chain of sellers to test licences on, in the programme's language.
 *
 *   vendors ACME (SKUs OFFICE, MAIL) and BOLT (SKU BACKUP)
 *     └ distributor DIST ┬ provider P1 ─ customers C1, C2
 *                        ├ provider P2 ─ customer C3
 *                        └ sub-distributor SUB ─ provider P3 ─ customer C4
 *
 * All agreements are signed, in UTC and USD. Bundles: SUITE (DIST: one OFFICE, two BACKUP) and PACK (P1: two
 * MAIL and one BACKUP). Every helper fails the test where the use case fails. */
#ifndef SEATMETER_TESTS_PROGRAMME_CHANNEL_H
#define SEATMETER_TESTS_PROGRAMME_CHANNEL_H

#include "programme/licensing/blocks.h"
#include "programme/licensing/licences.h"
#include "world.h"

void a_channel(struct world *world);

/* A call of somebody with all rights in the account of that code. */
struct call call_of(struct world *world, const char *account_code);
int64_t account_id_of(struct world *world, const char *account_code);

/* An identifier: of a block, of a licence. */
struct text a_block_of(struct world *world, const char *provider, const char *sku, int64_t size);
struct text a_licence(struct world *world, struct text block, const char *customer, int64_t seats);

/* A block of that size and a licence from it that is on, of P1 at C1 where the words say nothing else. */
struct text a_licence_on(struct world *world, const char *sku, int64_t seats);

void turn_on(struct world *world, struct text licence);
void turn_off(struct world *world, struct text licence);

void suspend(struct world *world, const char *seller, const char *buyer);
void resume(struct world *world, const char *seller, const char *buyer);
void terminate(struct world *world, const char *seller, const char *buyer);

struct licence_detail licence_of(struct world *world, struct text licence);
struct block_view block_of(struct world *world, struct text block);

/* The world's clock, "2026-11-24T12:00:00Z". */
void it_is(struct world *world, const char *instant);
int64_t instant(struct world *world, const char *words);

/* The first integer of a query in the test's own SQL. */
int64_t ask(struct world *world, const char *sql);

#endif
