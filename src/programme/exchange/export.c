#include "programme/exchange/export.h"

#include "core/base/csv.h"
#include "core/time/instant.h"
#include "core/usage/event.h"
#include "programme/call/authorise.h"
#include "programme/exchange/export_names.h"
#include "store/catalogue/skus.h"
#include "store/parties/accounts.h"
#include "store/parties/programme.h"
#include "store/upkeep/export_queries.h"

#include <stdio.h>
#include <string.h>

enum { FLUSH_BYTES = 64 * 1024, PRICE_DIGITS = 6, PERCENT_DIGITS = 4 };

struct exporting {
    struct call *call;
    struct export_sink *sink;
    struct snapshot snapshot;
    struct export_names names;
    struct export_scope scope;
    struct arena arena; /* of the rows being written: cleaned when they are handed on */
    struct csv_writer writer;
};

typedef enum status export_write(struct exporting *exporting, struct fault *fault);

/* ---- writing ---- */

static enum status hand_on(struct exporting *exporting, struct fault *fault) {
    struct text written = csv_written(&exporting->writer);
    enum status status = exporting->sink->write(exporting->sink, written.at, written.length, fault);
    arena_clean_up(&exporting->arena);
    csv_writer_init(&exporting->writer, &exporting->arena);
    return status;
}

static enum status end_row(struct exporting *exporting, struct fault *fault) {
    csv_end_row(&exporting->writer);
    if (csv_written(&exporting->writer).length < FLUSH_BYTES) {
        return STATUS_OK;
    }
    return hand_on(exporting, fault);
}

static enum status write_header(struct exporting *exporting, const char *const *names, struct fault *fault) {
    for (; *names != NULL; names++) {
        csv_write(&exporting->writer, text_of(*names));
    }
    return end_row(exporting, fault);
}

static void write_account(struct exporting *exporting, int64_t id) {
    uint32_t index = id == 0 ? SNAPSHOT_NONE : snapshot_account_find(&exporting->snapshot, id);
    csv_write(&exporting->writer, index == SNAPSHOT_NONE ? TEXT("") : exporting->names.accounts[index]);
}

static void write_sku(struct exporting *exporting, int64_t id) {
    uint32_t index = id == 0 ? SNAPSHOT_NONE : snapshot_sku_find(&exporting->snapshot, id);
    csv_write(&exporting->writer, index == SNAPSHOT_NONE ? TEXT("") : exporting->names.skus[index]);
}

static void write_identifier(struct exporting *exporting, enum identifier_kind kind, int64_t id) {
    char identifier[IDENTIFIER_BYTES] = "";
    if (id > 0) {
        identifier_encode(exporting->call->secret, kind, id, identifier);
    }
    csv_write(&exporting->writer, text_copy(&exporting->arena, text_of(identifier)));
}

static void write_time(struct exporting *exporting, int64_t at_us) {
    csv_write(&exporting->writer, at_us == 0 ? TEXT("") : instant_format(&exporting->arena, at_us));
}

static void write_month(struct exporting *exporting, int64_t index) {
    csv_write(&exporting->writer, month_format(&exporting->arena, (struct month){(int32_t)index}));
}

static void write_decimal(struct exporting *exporting, int64_t value, int digits) {
    csv_write(&exporting->writer, decimal_format_short(&exporting->arena, value, digits));
}

/* The number where it begins with the name that this export has for its seller, which makes it unique; else
 * the identifier. */
static void write_invoice(struct exporting *exporting, int64_t id, struct text number, int64_t seller_id) {
    uint32_t seller = snapshot_account_find(&exporting->snapshot, seller_id);
    struct text name = seller == SNAPSHOT_NONE ? TEXT("") : exporting->names.accounts[seller];
    if (name.length > 0 && text_starts_with(number, name) && number.length > name.length &&
        number.at[name.length] == '-') {
        csv_write(&exporting->writer, number);
    } else {
        write_identifier(exporting, IDENTIFIER_INVOICE, id);
    }
}

static enum status write_amount(struct exporting *exporting, int64_t amount_minor, struct text code,
                                struct fault *fault) {
    struct currency currency;
    enum status status = currency_find(code, "currency", &currency, fault);
    if (status == STATUS_OK) {
        csv_write(&exporting->writer, money_format(&exporting->arena, amount_minor, currency));
    }
    return status;
}

/* ---- the long tables ---- */

/* Runs `write` for each row of a stream. */
static enum status write_rows(struct exporting *exporting, struct db_rows *rows,
                              enum status (*write)(struct exporting *, struct db_rows *, struct fault *),
                              struct fault *fault) {
    bool have_row = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        status = write(exporting, rows, fault);
        if (status == STATUS_OK) {
            status = end_row(exporting, fault);
        }
    }
    db_rows_close(rows);
    return status;
}

static enum status write_event(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    (void)fault;
    csv_write_int(&exporting->writer, db_column_int(rows, 0));
    write_time(exporting, db_column_int(rows, 1));
    write_account(exporting, db_column_int(rows, 2));
    write_account(exporting, db_column_int(rows, 3));
    write_identifier(exporting, IDENTIFIER_LICENCE, db_column_int(rows, 4));
    write_sku(exporting, db_column_int(rows, 5));
    csv_write(&exporting->writer, text_of(event_kind_name((enum event_kind)db_column_int(rows, 6))));
    csv_write_int(&exporting->writer, db_column_int(rows, 7));
    return STATUS_OK;
}

static enum status export_events(struct exporting *exporting, struct fault *fault) {
    static const char *const names[] = {"sequence", "time",  "provider", "customer", "licence",
                                        "sku",      "event", "seats",    NULL};
    struct db_rows *rows = NULL;
    enum status status = write_header(exporting, names, fault);
    if (status == STATUS_OK) {
        status = export_events_stream(exporting->call->db, &exporting->scope, &rows, fault);
    }
    return status == STATUS_OK ? write_rows(exporting, rows, write_event, fault) : status;
}

/* A vendor is not told which bundle its SKU is sold in. */
static enum status write_licence(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    (void)fault;
    write_identifier(exporting, IDENTIFIER_LICENCE, db_column_int(rows, 0));
    write_account(exporting, db_column_int(rows, 1));
    write_account(exporting, db_column_int(rows, 2));
    write_sku(exporting, db_column_int(rows, 3));
    write_identifier(exporting, IDENTIFIER_LICENCE,
                     exporting->scope.vendor_id == 0 ? db_column_int(rows, 4) : 0);
    csv_write_int(&exporting->writer, db_column_int(rows, 5));
    csv_write_int(&exporting->writer, db_column_int(rows, 6));
    write_time(exporting, db_column_int(rows, 7));
    return STATUS_OK;
}

static enum status export_licences(struct exporting *exporting, struct fault *fault) {
    static const char *const names[] = {"licence",    "provider",  "customer", "sku", "parent",
                                        "first_edge", "last_edge", "first_on", NULL};
    struct db_rows *rows = NULL;
    enum status status = write_header(exporting, names, fault);
    if (status == STATUS_OK) {
        status = export_licences_stream(exporting->call->db, &exporting->scope, &rows, fault);
    }
    return status == STATUS_OK ? write_rows(exporting, rows, write_licence, fault) : status;
}

static enum status write_line(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    int64_t parts_per_unit = db_column_int(rows, 11);
    struct text description = db_column_text(rows, 14);
    struct text note = db_column_text(rows, 15);
    struct quantity measured = {db_column_int(rows, 9), parts_per_unit};
    struct quantity quantity = {db_column_int(rows, 10), parts_per_unit};
    write_invoice(exporting, db_column_int(rows, 0), db_column_text(rows, 1), db_column_int(rows, 3));
    write_month(exporting, db_column_int(rows, 2));
    write_account(exporting, db_column_int(rows, 3));
    write_account(exporting, db_column_int(rows, 4));
    write_account(exporting, db_column_int(rows, 6));
    write_sku(exporting, db_column_int(rows, 7));
    csv_write(&exporting->writer, db_column_text(rows, 8));
    csv_write(&exporting->writer, quantity_format(&exporting->arena, measured));
    csv_write(&exporting->writer, quantity_format(&exporting->arena, quantity));
    write_decimal(exporting, db_column_int(rows, 12), PRICE_DIGITS);
    enum status status = write_amount(exporting, db_column_int(rows, 13), db_column_text(rows, 5), fault);
    csv_write(&exporting->writer, db_column_text(rows, 5));
    csv_write(&exporting->writer, note.length > 0 ? note : description);
    return status;
}

static enum status export_lines(struct exporting *exporting, struct fault *fault) {
    static const char *const names[] = {"invoice", "month",    "seller",   "buyer",    "customer",
                                        "sku",     "policy",   "measured", "quantity", "unit_price",
                                        "amount",  "currency", "note",     NULL};
    struct db_rows *rows = NULL;
    enum status status = write_header(exporting, names, fault);
    if (status == STATUS_OK) {
        status = export_lines_stream(exporting->call->db, &exporting->scope, &rows, fault);
    }
    return status == STATUS_OK ? write_rows(exporting, rows, write_line, fault) : status;
}

static enum status write_entry(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    struct text currency = db_column_text(rows, 6);
    csv_write_int(&exporting->writer, db_column_int(rows, 0));
    write_time(exporting, db_column_int(rows, 1));
    write_invoice(exporting, db_column_int(rows, 2), db_column_text(rows, 8), db_column_int(rows, 7));
    csv_write(&exporting->writer, db_column_text(rows, 3));
    enum status status = write_amount(exporting, db_column_int(rows, 4), currency, fault);
    if (status == STATUS_OK) {
        status = write_amount(exporting, db_column_int(rows, 5), currency, fault);
    }
    csv_write(&exporting->writer, currency);
    return status;
}

static enum status export_ledger(struct exporting *exporting, struct fault *fault) {
    static const char *const names[] = {"posting", "time",   "invoice",  "account",
                                        "debit",   "credit", "currency", NULL};
    struct db_rows *rows = NULL;
    enum status status = write_header(exporting, names, fault);
    if (status == STATUS_OK) {
        status = export_ledger_stream(exporting->call->db, &exporting->scope, &rows, fault);
    }
    return status == STATUS_OK ? write_rows(exporting, rows, write_entry, fault) : status;
}

static enum status write_adjustment(struct exporting *exporting, struct db_rows *rows, struct fault *fault) {
    uint32_t agreement = snapshot_agreement_find(&exporting->snapshot, db_column_int(rows, 1));
    (void)fault;
    write_month(exporting, db_column_int(rows, 0));
    write_account(exporting, exporting->snapshot.agreements[agreement].seller_id);
    write_account(exporting, exporting->snapshot.agreements[agreement].buyer_id);
    write_account(exporting, db_column_int(rows, 2));
    write_sku(exporting, db_column_int(rows, 3));
    csv_write_int(&exporting->writer, db_column_int(rows, 4));
    csv_write(&exporting->writer, db_column_text(rows, 5));
    csv_write(&exporting->writer, db_column_text(rows, 6));
    write_identifier(exporting, IDENTIFIER_INVOICE, db_column_int(rows, 7));
    return STATUS_OK;
}

static enum status export_adjustments(struct exporting *exporting, struct fault *fault) {
    static const char *const names[] = {"month", "seller", "buyer", "customer", "sku",
                                        "units", "reason", "kind",  "invoice",  NULL};
    struct db_rows *rows = NULL;
    enum status status = write_header(exporting, names, fault);
    if (status == STATUS_OK) {
        status = export_adjustments_stream(exporting->call->db, &exporting->scope, &rows, fault);
    }
    return status == STATUS_OK ? write_rows(exporting, rows, write_adjustment, fault) : status;
}

/* ---- what the snapshot holds ---- */

static bool is_party(const struct exporting *exporting, int64_t seller_id, int64_t buyer_id) {
    int64_t party_id = exporting->scope.party_id;
    return party_id == 0 || party_id == seller_id || party_id == buyer_id;
}

/* A draft is its seller's alone. */
static enum status write_agreement(struct exporting *exporting, const struct agreement *agreement,
                                   struct fault *fault) {
    bool is_draft = agreement->state == AGREEMENT_DRAFT;
    if (!is_party(exporting, agreement->seller_id, is_draft ? agreement->seller_id : agreement->buyer_id)) {
        return STATUS_OK;
    }
    write_identifier(exporting, IDENTIFIER_AGREEMENT, agreement->id);
    write_account(exporting, agreement->seller_id);
    write_account(exporting, agreement->buyer_id);
    csv_write(&exporting->writer, text_of(machine_state_name(&agreement_machine, (int)agreement->state)));
    csv_write(&exporting->writer, agreement->currency);
    csv_write(&exporting->writer, agreement->time_zone);
    csv_write(&exporting->writer, text_copy(&exporting->arena, text_of(agreement->tax.category)));
    write_decimal(exporting, agreement->tax.rate_millionths, PERCENT_DIGITS);
    csv_write_int(&exporting->writer, agreement->payment_days);
    csv_write_int(&exporting->writer, agreement->report_due_days);
    write_time(exporting, agreement->signed_at_us);
    write_time(exporting, agreement->ended_at_us);
    return end_row(exporting, fault);
}

static enum status export_agreements(struct exporting *exporting, struct fault *fault) {
    static const char *const names[] = {
        "agreement", "seller",       "buyer",           "state",     "currency", "time_zone", "tax_category",
        "tax_rate",  "payment_days", "report_due_days", "signed_at", "ended_at", NULL};
    const struct snapshot *snapshot = &exporting->snapshot;
    enum status status = write_header(exporting, names, fault);
    for (size_t i = 0; status == STATUS_OK && i < snapshot->edge_count; i++) {
        const struct snapshot_edge *edge = &snapshot->edges[exporting->names.edges[i]];
        for (uint32_t k = 0; status == STATUS_OK && k < edge->agreement_count; k++) {
            status = write_agreement(
                exporting, &snapshot->agreements[snapshot->edge_agreements[edge->first_agreement + k]],
                fault);
        }
    }
    return status;
}

static enum status export_accounts(struct exporting *exporting, struct fault *fault) {
    static const char *const names[] = {"account", "kind", "code", "name", "seller", "depth", NULL};
    const struct snapshot *snapshot = &exporting->snapshot;
    int64_t own = exporting->scope.party_id;
    enum status status = write_header(exporting, names, fault);
    for (size_t i = 0; status == STATUS_OK && i < snapshot->account_count; i++) {
        const struct account *account = &snapshot->accounts[i];
        bool visible = own == 0 || account->id == own;
        for (uint32_t at = (uint32_t)i; !visible && snapshot->accounts[at].seller_id != 0;) {
            at = snapshot_account(snapshot, snapshot->accounts[at].seller_id);
            visible = snapshot->accounts[at].id == own;
        }
        if (!visible) {
            continue;
        }
        write_account(exporting, account->id);
        csv_write(&exporting->writer, text_of(account_kind_name(account->kind)));
        csv_write(&exporting->writer, account->code);
        csv_write(&exporting->writer, account->name);
        write_account(exporting, account->seller_id);
        csv_write_int(&exporting->writer, account->depth);
        status = end_row(exporting, fault);
    }
    return status;
}

static enum status export_skus(struct exporting *exporting, struct fault *fault) {
    static const char *const names[] = {"sku", "kind", "owner", "code", "name", NULL};
    const struct snapshot *snapshot = &exporting->snapshot;
    enum status status = write_header(exporting, names, fault);
    for (size_t i = 0; status == STATUS_OK && i < snapshot->sku_count; i++) {
        const struct sku *sku = &snapshot->skus[snapshot->sku_of_rank[i]];
        bool visible = true;
        if (exporting->scope.party_id != 0) {
            status = sku_is_known(exporting->call->db, exporting->scope.party_id, sku, &visible, fault);
        }
        if (status != STATUS_OK || !visible) {
            continue;
        }
        write_sku(exporting, sku->id);
        csv_write(&exporting->writer, text_of(sku_kind_name(sku->kind)));
        write_account(exporting, sku->owner_id);
        csv_write(&exporting->writer, sku->code);
        csv_write(&exporting->writer, sku->name);
        status = end_row(exporting, fault);
    }
    return status;
}

/* ---- prices, edge by edge ---- */

typedef enum status write_price(struct exporting *exporting, const struct agreement *agreement,
                                const struct price *price, const struct price_edge *edge,
                                struct fault *fault);

/* The part of the price list that belongs to (seller, buyer); buyer 0: the standard prices. */
static struct price_list prices_of(const struct price_list *snapshot, int64_t seller_id, int64_t buyer_id) {
    size_t low = 0;
    size_t high = snapshot->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct price_edge *at = &snapshot->edges[middle];
        if (at->seller_id < seller_id || (at->seller_id == seller_id && at->buyer_id < buyer_id)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < snapshot->count && snapshot->edges[end].seller_id == seller_id &&
           snapshot->edges[end].buyer_id == buyer_id) {
        end++;
    }
    return (struct price_list){snapshot->prices + low, snapshot->edges + low, end - low};
}

static enum status write_sku_prices(struct exporting *exporting, const struct agreement *agreement,
                                    int64_t sku_id, write_price *write, struct fault *fault) {
    struct price_list range = price_list_of_edge(&exporting->snapshot.prices, exporting->call->arena,
                                                 agreement->seller_id, agreement->buyer_id, sku_id);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < range.count; i++) {
        if (text_equal(range.edges[i].currency, agreement->currency)) {
            status = write(exporting, agreement, &range.prices[i], &range.edges[i], fault);
        }
    }
    return status;
}

/* Both ranges are sorted by SKU: walks the SKUs of either. */
static enum status write_edge_prices(struct exporting *exporting, const struct agreement *agreement,
                                     write_price *write, struct fault *fault) {
    struct price_list own = prices_of(&exporting->snapshot.prices, agreement->seller_id, agreement->buyer_id);
    struct price_list standard = prices_of(&exporting->snapshot.prices, agreement->seller_id, 0);
    size_t i = 0;
    size_t k = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (i < own.count || k < standard.count)) {
        int64_t sku_id = i < own.count ? own.prices[i].sku_id : INT64_MAX;
        if (k < standard.count && standard.prices[k].sku_id < sku_id) {
            sku_id = standard.prices[k].sku_id;
        }
        status = write_sku_prices(exporting, agreement, sku_id, write, fault);
        while (i < own.count && own.prices[i].sku_id == sku_id) {
            i++;
        }
        while (k < standard.count && standard.prices[k].sku_id == sku_id) {
            k++;
        }
    }
    return status;
}

/* The last signed agreement of each edge says in which currency prices apply. */
static enum status write_all_prices(struct exporting *exporting, write_price *write, struct fault *fault) {
    const struct snapshot *snapshot = &exporting->snapshot;
    enum status status = STATUS_OK;
    for (size_t e = 0; status == STATUS_OK && e < snapshot->edge_count; e++) {
        const struct snapshot_edge *edge = &snapshot->edges[exporting->names.edges[e]];
        const struct agreement *agreement = NULL;
        for (uint32_t i = 0; i < edge->agreement_count; i++) {
            const struct agreement *one =
                &snapshot->agreements[snapshot->edge_agreements[edge->first_agreement + i]];
            if (one->signed_at_us > 0) {
                agreement = one;
            }
        }
        if (agreement != NULL && is_party(exporting, agreement->seller_id, agreement->buyer_id)) {
            status = write_edge_prices(exporting, agreement, write, fault);
        }
    }
    return status;
}

static void write_price_key(struct exporting *exporting, const struct agreement *agreement,
                            const struct price *price) {
    write_account(exporting, agreement->seller_id);
    write_account(exporting, agreement->buyer_id);
    write_sku(exporting, price->sku_id);
}

static enum status write_tiers(struct exporting *exporting, const struct agreement *agreement,
                               const struct price *price, const struct price_edge *edge,
                               struct fault *fault) {
    enum status status = STATUS_OK;
    for (size_t t = 0; status == STATUS_OK && t < price->tier_count; t++) {
        write_price_key(exporting, agreement, price);
        csv_write(&exporting->writer, edge->currency);
        csv_write(&exporting->writer, date_format(&exporting->arena, price->effective_from));
        csv_write(&exporting->writer, text_of(metering_policy_name(price->policy)));
        csv_write(&exporting->writer, text_of(tier_mode_name(price->mode)));
        csv_write_int(&exporting->writer, price->tiers[t].from);
        write_decimal(exporting, price->tiers[t].unit_price_millionths, PRICE_DIGITS);
        status = end_row(exporting, fault);
    }
    return status;
}

static enum status write_terms(struct exporting *exporting, const struct agreement *agreement,
                               const struct price *price, const struct price_edge *edge,
                               struct fault *fault) {
    struct tax tax = edge->has_tax ? edge->tax : agreement->tax;
    write_price_key(exporting, agreement, price);
    csv_write(&exporting->writer, date_format(&exporting->arena, price->effective_from));
    csv_write_int(&exporting->writer, price->terms.minimum_units);
    csv_write_int(&exporting->writer, price->terms.free_months);
    csv_write(&exporting->writer,
              price->terms.has_trial_end ? date_format(&exporting->arena, price->terms.trial_end) : TEXT(""));
    csv_write(&exporting->writer, price->terms.not_for_resale ? TEXT("yes") : TEXT("no"));
    csv_write(&exporting->writer, text_copy(&exporting->arena, text_of(tax.category)));
    write_decimal(exporting, tax.rate_millionths, PERCENT_DIGITS);
    return end_row(exporting, fault);
}

static enum status export_prices(struct exporting *exporting, struct fault *fault) {
    static const char *const names[] = {"seller", "buyer",     "sku",       "currency",   "effective_from",
                                        "policy", "tier_mode", "tier_from", "unit_price", NULL};
    enum status status = write_header(exporting, names, fault);
    return status == STATUS_OK ? write_all_prices(exporting, write_tiers, fault) : status;
}

static enum status export_terms(struct exporting *exporting, struct fault *fault) {
    static const char *const names[] = {"seller",       "buyer",       "sku",       "effective_from",
                                        "minimum",      "free_months", "trial_end", "not_for_resale",
                                        "tax_category", "tax_rate",    NULL};
    enum status status = write_header(exporting, names, fault);
    return status == STATUS_OK ? write_all_prices(exporting, write_terms, fault) : status;
}

/* ---- which ---- */

const char *const EXPORT_KINDS[] = {"events",     "prices", "lines",    "ledger",      "accounts", "skus",
                                    "agreements", "terms",  "licences", "adjustments", NULL};

static export_write *const EXPORTS[] = {export_events,   export_prices,     export_lines,      export_ledger,
                                        export_accounts, export_skus,       export_agreements, export_terms,
                                        export_licences, export_adjustments};

static enum status find_export(struct text word, export_write **export, struct fault *fault) {
    for (size_t i = 0; EXPORT_KINDS[i] != NULL; i++) {
        if (text_is(word, EXPORT_KINDS[i])) {
            *export = EXPORTS[i];
            return STATUS_OK;
        }
    }
    return fault_set(
        fault, STATUS_INVALID, "unknown-export", "what", word,
        "what can be exported: events, prices, lines, ledger, accounts, skus, agreements, terms, "
        "licences, adjustments");
}

/* What the actor may see, and the month in the programme's time zone. */
static enum status choose_scope(struct exporting *exporting, struct text month_word, struct fault *fault) {
    struct call *call = exporting->call;
    struct programme programme;
    struct zone *zone = NULL;
    struct month month;
    struct month_span span;
    exporting->scope = (struct export_scope){.until_us = INT64_MAX, .month = -1};
    if (!actor_is_operator(call)) {
        int64_t account_id = call->actor.account_id;
        uint32_t account = snapshot_account(&exporting->snapshot, account_id);
        bool is_vendor = exporting->snapshot.accounts[account].kind == ACCOUNT_VENDOR;
        exporting->scope.party_id = account_id;
        exporting->scope.vendor_id = is_vendor ? account_id : 0;
        exporting->scope.under_id = is_vendor ? 0 : account_id;
    }
    if (month_word.length == 0) {
        return STATUS_OK;
    }
    enum status status = month_parse(month_word, "month", &month, fault);
    if (status == STATUS_OK) {
        status = programme_load(call->db, call->arena, &programme, fault);
    }
    if (status == STATUS_OK) {
        status = zone_open(programme.time_zone, "time_zone", &zone, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    zone_month_span(zone, month, &span);
    zone_close(zone);
    exporting->scope.month = month.index;
    exporting->scope.from_us = span.midnights_us[0];
    exporting->scope.until_us = span.midnights_us[span.days];
    return STATUS_OK;
}

enum status export_records(struct call *call, const struct export_input *input, struct export_sink *sink,
                           struct fault *fault) {
    struct exporting exporting = {.call = call, .sink = sink};
    export_write *export = NULL;
    enum status status = find_export(input->what, &export, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    arena_init(&exporting.arena);
    csv_writer_init(&exporting.writer, &exporting.arena);
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = snapshot_load(call, &exporting.snapshot, fault);
    }
    if (status == STATUS_OK) {
        status = choose_scope(&exporting, input->month, fault);
    }
    if (status == STATUS_OK) {
        status =
            export_names_make(call, &exporting.snapshot, exporting.scope.party_id, &exporting.names, fault);
    }
    if (status == STATUS_OK) {
        status = export(&exporting, fault);
    }
    if (status == STATUS_OK) {
        status = hand_on(&exporting, fault);
    }
    arena_clean_up(&exporting.arena);
    snapshot_close(&exporting.snapshot);
    return call_end(call, status, fault);
}

static enum status write_to_file(struct export_sink *sink, const char *bytes, size_t size_bytes,
                                 struct fault *fault) {
    struct export_file *file = (struct export_file *)sink;
    if (size_bytes == 0 || fwrite(bytes, 1, size_bytes, file->stream) == size_bytes) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "write-failed", NULL, (struct text){0},
                     "the export could not be written to its end");
}

struct export_file export_to_file(void *stream) {
    return (struct export_file){{write_to_file}, stream};
}
