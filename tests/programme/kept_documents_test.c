/* Kept documents: what was delivered once is delivered for ever, whatever the parties are called by then
 * (R8.7). */
#include "programme/audit/audit_store.h"
#include "programme/billing/deliver_document.h"
#include "programme/parties/accounts.h"
#include "programme/receivables/settle_invoice.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const enum document_format FORMATS[] = {DOCUMENT_PDF, DOCUMENT_TEXT, DOCUMENT_CSV};
enum { FORMAT_COUNT = sizeof FORMATS / sizeof FORMATS[0] };

static const char PNG[] = "\211PNG\015\012\032\012\000\000\000\015IHDR\000\000\000\001\000\000\000\001\010"
                          "\006\000\000\000\037\025\304\211\000\000\000\015IDATx\332cPph\370\017\000\003D"
                          "\001\340\355\364\255\224\000\000\000\000IEND\256B`\202";

static void october_is_closed(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
    trade_at(trade, "2026-10-01T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "S", 10));
    trade_at(trade, "2026-11-10T00:00:00Z");
    assert_int_equal(trade_close(trade, "2026-10").open_count, 0);
}

static struct delivered_document deliver(struct trade *trade, const char *seller, const char *buyer,
                                         enum document_format format) {
    struct deliver_document_input input = {trade_invoice(trade, seller, buyer, "2026-10").invoice.identifier,
                                           format};
    struct delivered_document document;
    WORLD_OK(trade->world, deliver_document(&trade->call, &input, &document, &trade->world->fault));
    assert_true(text_equal(document_sha256(trade->call.arena, document.content), document.sha256));
    return document;
}

static void is_clean(struct trade *trade) {
    struct audit_store_result result;
    WORLD_OK(trade->world, audit_store(&trade->call, &result, &trade->world->fault));
    assert_int_equal(result.violation_total, 0);
}

/* Everybody is called otherwise, sits elsewhere and has another logo. */
static void everything_is_renamed(struct trade *trade) {
    static const char *const CODES[] = {"DIST", "P1", "A", "VEND"};
    struct text address = TEXT("New Street 9\n10115 Berlin");
    struct text logo = {PNG, sizeof PNG - 1};
    struct account_view view;
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        struct text code = text_format(trade->call.arena, "NEW-%s", CODES[i]);
        struct text name = text_format(trade->call.arena, "New name of %s", CODES[i]);
        struct edit_account_input edit = {.account = text_of(CODES[i]),
                                          .code = &code,
                                          .name = &name,
                                          .address = &address,
                                          .logo_png = &logo};
        WORLD_OK(trade->world, edit_account(&trade->call, &edit, &view, &trade->world->fault));
    }
}

static void a_document_delivered_once_stays_when_its_parties_change(void **state) {
    struct trade trade;
    struct delivered_document first[FORMAT_COUNT];
    october_is_closed(&trade, *state);
    struct text identifier = trade_invoice(&trade, "DIST", "P1", "2026-10").invoice.identifier;
    assert_int_equal(trade_ask(&trade, "select count(*) from kept_documents"), 0);
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        first[i] = deliver(&trade, "DIST", "P1", FORMATS[i]);
    }
    assert_int_equal(trade_ask(&trade, "select count(*) from kept_documents"), FORMAT_COUNT);
    everything_is_renamed(&trade);
    trade_at(&trade, "2027-11-10T00:00:00Z");
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        struct deliver_document_input input = {identifier, FORMATS[i]};
        struct delivered_document again;
        WORLD_OK(trade.world, deliver_document(&trade.call, &input, &again, &trade.world->fault));
        assert_true(text_equal(again.content, first[i].content));
        assert_true(text_equal(again.sha256, first[i].sha256));
    }
    assert_int_equal(trade_ask(&trade, "select count(*) from kept_documents"), FORMAT_COUNT);
    is_clean(&trade);
}

static void a_document_is_kept_from_its_first_delivery_on(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct text before = deliver(&trade, "DIST", "P1", DOCUMENT_CSV).content;
    struct text identifier = trade_invoice(&trade, "P1", "A", "2026-10").invoice.identifier;
    everything_is_renamed(&trade);
    struct deliver_document_input input = {identifier, DOCUMENT_CSV};
    struct delivered_document later;
    WORLD_OK(trade.world, deliver_document(&trade.call, &input, &later, &trade.world->fault));
    assert_non_null(memmem(before.at, before.length, ",A,", 3));
    assert_non_null(memmem(later.content.at, later.content.length, ",NEW-A,", 7));
}

static void paying_changes_no_byte_of_a_document(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct delivered_document text = deliver(&trade, "DIST", "P1", DOCUMENT_TEXT);
    assert_null(memmem(text.content.at, text.content.length, "State", 5));
    struct settle_invoice_input pay = {.invoice =
                                           trade_invoice(&trade, "DIST", "P1", "2026-10").invoice.identifier};
    struct invoice_view paid;
    struct settle_invoice_input pay_own = {
        .invoice = trade_invoice(&trade, "P1", "A", "2026-10").invoice.identifier};
    WORLD_OK(trade.world, pay_invoice(&trade.call, &pay, &paid, &trade.world->fault));
    assert_true(text_equal(deliver(&trade, "DIST", "P1", DOCUMENT_TEXT).content, text.content));
    /* Nor one that is delivered first when it is paid already. */
    WORLD_OK(trade.world, pay_invoice(&trade.call, &pay_own, &paid, &trade.world->fault));
    struct delivered_document late = deliver(&trade, "P1", "A", DOCUMENT_TEXT);
    assert_null(memmem(late.content.at, late.content.length, "paid", 4));
}

static void both_parties_and_the_operator_get_the_same_document(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct text identifier = trade_invoice(&trade, "VEND", "DIST", "2026-10").invoice.identifier;
    const int64_t readers[] = {trade.distributor_id, trade.vendor_id};
    struct delivered_document operators = deliver(&trade, "VEND", "DIST", DOCUMENT_CSV);
    struct deliver_document_input input = {identifier, DOCUMENT_CSV};
    struct delivered_document theirs;
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        struct call call = trade.call;
        call.actor = (struct actor){ACTOR_USER, 1, readers[i], RIGHT_READ};
        WORLD_OK(trade.world, deliver_document(&call, &input, &theirs, &trade.world->fault));
        assert_true(text_equal(theirs.content, operators.content));
    }
    struct call strangers = trade.call;
    strangers.actor = (struct actor){ACTOR_USER, 1, trade.provider_id, RIGHT_READ};
    WORLD_FAULT(trade.world, "unknown-invoice",
                deliver_document(&strangers, &input, &theirs, &trade.world->fault));
}

static void a_busy_store_still_delivers(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct db *writer = world_reopen(trade.world);
    WORLD_OK(trade.world, db_begin(writer, DB_WRITE, &trade.world->fault));
    struct delivered_document busy = deliver(&trade, "DIST", "P1", DOCUMENT_CSV);
    db_rollback(writer);
    assert_int_equal(trade_ask(&trade, "select count(*) from kept_documents"), 0);
    struct delivered_document kept = deliver(&trade, "DIST", "P1", DOCUMENT_CSV);
    assert_int_equal(trade_ask(&trade, "select count(*) from kept_documents"), 1);
    assert_true(text_equal(busy.content, kept.content));
}

static void what_is_kept_cannot_be_changed(void **state) {
    static const char *const CHANGES[] = {"update kept_documents set format = 'pdf'",
                                          "delete from kept_documents"};
    struct trade trade;
    october_is_closed(&trade, *state);
    deliver(&trade, "DIST", "P1", DOCUMENT_CSV);
    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0]; i++) {
        WORLD_OK(trade.world, db_begin(trade.world->db, DB_WRITE, &trade.world->fault));
        assert_int_not_equal(db_run(trade.world->db, CHANGES[i], DB_NO_ARGS, NULL, &trade.world->fault),
                             STATUS_OK);
        db_rollback(trade.world->db);
    }
    assert_int_equal(trade_ask(&trade, "select count(*) from kept_documents where format = 'csv'"), 1);
}

static void bytes_that_the_store_has_altered_are_found_and_not_delivered(void **state) {
    struct trade trade;
    struct audit_store_result result;
    struct delivered_document document;
    october_is_closed(&trade, *state);
    struct text identifier = trade_invoice(&trade, "DIST", "P1", "2026-10").invoice.identifier;
    struct deliver_document_input input = {identifier, DOCUMENT_CSV};
    deliver(&trade, "DIST", "P1", DOCUMENT_CSV);
    if (trade.world->engine == DB_SQLITE) {
        trade_sabotage(&trade, "drop trigger kept_documents_no_update");
        trade_sabotage(&trade, "update kept_documents set content = cast('forged' as blob)");
    } else {
        trade_sabotage(&trade, "alter table kept_documents disable trigger user");
        trade_sabotage(&trade, "update kept_documents set content = 'forged'");
    }
    WORLD_OK(trade.world, audit_store(&trade.call, &result, &trade.world->fault));
    assert_int_equal(result.violation_total, 1);
    assert_string_equal(result.violations[0].rule.at, "document-altered");
    assert_true(text_equal(result.violations[0].subject, identifier));
    WORLD_FAULT(trade.world, "document-altered",
                deliver_document(&trade.call, &input, &document, &trade.world->fault));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_document_delivered_once_stays_when_its_parties_change),
        WORLD_TEST(a_document_is_kept_from_its_first_delivery_on),
        WORLD_TEST(paying_changes_no_byte_of_a_document),
        WORLD_TEST(both_parties_and_the_operator_get_the_same_document),
        WORLD_TEST(a_busy_store_still_delivers),
        WORLD_TEST(what_is_kept_cannot_be_changed),
        WORLD_TEST(bytes_that_the_store_has_altered_are_found_and_not_delivered),
    };
    return world_run_tests("kept documents", tests, sizeof tests / sizeof tests[0]);
}
