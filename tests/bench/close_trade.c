/* Who sells what to whom: accounts, agreements, SKUs and reports of the close store.
 *
 * Numbers are given in order: the distributor is account 1, then vendors, providers, customers; agreement n
 * is the one that brought account n + 1 in. */
#include "close_filling.h"

#include <string.h>

static int64_t first_customer(const struct filling *filling) {
    return FIRST_PROVIDER + filling->size.providers;
}

/* Vendors, providers and customers: all but the distributor, which is there. */
static int64_t newcomers(const struct filling *filling) {
    return VENDORS + filling->size.providers + filling->size.customers;
}

/* ---- draws ---- */

/* `count` different numbers below `out_of`, low ones first and most: a product of two draws. */
static void draw_different(struct rng *rng, uint16_t *drawn, int count, int out_of) {
    bool taken[SKUS] = {false};
    for (int i = 0; i < count; i++) {
        uint64_t bound = (uint64_t)out_of;
        uint16_t at = (uint16_t)(rng_below(rng, bound) * rng_below(rng, bound) / bound);
        while (taken[at]) {
            at = (uint16_t)((at + 1) % out_of);
        }
        taken[at] = true;
        drawn[i] = at;
    }
}

/* Most customers are small, a few are thirty times as large. */
static int64_t draw_weight(struct rng *rng) {
    return 1 + (rng_chance(rng, 1, 3) ? rng_between(rng, 1, 6) : 0) +
           (rng_chance(rng, 1, 20) ? rng_between(rng, 10, 30) : 0);
}

static void draw_customers(struct filling *filling) {
    struct rng *rng = &filling->rng;
    size_t capacity = 0;
    filling->customers = ARENA_NEW(&filling->arena, struct customer, (size_t)filling->size.customers);
    for (int64_t c = 0; c < filling->size.customers; c++) {
        struct customer *customer = &filling->customers[c];
        bool is_first = c < filling->size.providers; /* everybody has one */
        customer->provider = is_first ? c : (int64_t)rng_below(rng, (uint64_t)filling->size.providers);
        customer->palette_size = (int)rng_between(rng, PALETTE_MIN, PALETTE_MAX);
        draw_different(rng, customer->palette, customer->palette_size, ASSORTMENT);
        for (int64_t left = draw_weight(rng); left > 0; left--) {
            filling->customer_draws =
                arena_grow(&filling->arena, filling->customer_draws, filling->customer_draw_count, &capacity,
                           sizeof *filling->customer_draws);
            filling->customer_draws[filling->customer_draw_count++] = (uint32_t)c;
        }
    }
}

static void draw_assortments(struct filling *filling) {
    filling->assortments =
        arena_alloc(&filling->arena, (size_t)filling->size.providers, sizeof *filling->assortments);
    for (int64_t p = 0; p < filling->size.providers; p++) {
        draw_different(&filling->rng, filling->assortments[p], ASSORTMENT, SKUS);
    }
}

/* ---- accounts ---- */

static int64_t seller_of(const struct filling *filling, int64_t account) {
    if (account < FIRST_PROVIDER) {
        return 0;
    }
    if (account < first_customer(filling)) {
        return DISTRIBUTOR;
    }
    return FIRST_PROVIDER + filling->customers[account - first_customer(filling)].provider;
}

struct person {
    const char *kind;
    const char *code;
    const char *name;
    const char *email;
    int64_t depth;
};

static const struct person *person_of(const struct filling *filling, int64_t account) {
    static const struct person vendor = {"vendor", "V%05lld", "Vendor %lld Software Corporation",
                                         "partners@vendor%lld.example", 0};
    static const struct person provider = {"provider", "P%05lld", "Provider %lld Managed Services LLC",
                                           "accounts@provider%lld.example", 2};
    static const struct person customer = {"customer", "C%05lld", "Customer %lld Industries Inc.",
                                           "office@customer%lld.example", 3};
    return account < FIRST_PROVIDER ? &vendor : account < first_customer(filling) ? &provider : &customer;
}

static enum status put_accounts(struct filling *filling, struct fault *fault) {
    static const char *const columns[] = {"id",        "kind",    "code",          "label",   "name",
                                          "seller_id", "depth",   "address",       "country", "tax_number",
                                          "email",     "version", "created_at_us", NULL};
    struct db_bulk *bulk = NULL;
    int64_t end = FIRST_VENDOR + newcomers(filling);
    enum status status = db_bulk_start(filling->call->db, "accounts", columns, "ittttiittttii", &bulk, fault);
    for (int64_t id = FIRST_VENDOR; status == STATUS_OK && id < end; id++) {
        const struct person *person = person_of(filling, id);
        int64_t seller = seller_of(filling, id);
        struct db_value code = filling_words(filling, person->code, id);
        const struct db_value values[] = {
            db_integer(id),
            db_string(text_of(person->kind)),
            code,
            code,
            filling_words(filling, person->name, id),
            seller == 0 ? db_null() : db_integer(seller),
            db_integer(person->depth),
            filling_words(filling, "%lld Main Street\nSpringfield, OH 45501", id),
            db_string(TEXT("US")),
            filling_words(filling, "US-%09lld", id),
            filling_words(filling, person->email, id),
            db_integer(1),
            db_integer(filling->call->now_us)};
        status = filling_put(filling, bulk, values, fault);
    }
    status = filling_end(bulk, status, fault);
    return status == STATUS_OK ? filling_count(filling, "accounts", newcomers(filling), fault) : status;
}

static enum status put_codes(struct filling *filling, struct fault *fault) {
    static const char *const columns[] = {"id", "account_id", "code", "given_at_us", NULL};
    struct db_bulk *bulk = NULL;
    int64_t end = FIRST_VENDOR + newcomers(filling);
    enum status status = db_bulk_start(filling->call->db, "account_codes", columns, "iiti", &bulk, fault);
    for (int64_t id = FIRST_VENDOR; status == STATUS_OK && id < end; id++) {
        const struct db_value values[] = {db_integer(id), db_integer(id),
                                          filling_words(filling, person_of(filling, id)->code, id),
                                          db_integer(filling->call->now_us)};
        status = filling_put(filling, bulk, values, fault);
    }
    status = filling_end(bulk, status, fault);
    return status == STATUS_OK ? filling_count(filling, "account-codes", newcomers(filling), fault) : status;
}

static enum status put_ancestors(struct filling *filling, struct fault *fault) {
    static const char *const columns[] = {"ancestor_id", "account_id", NULL};
    struct db_bulk *bulk = NULL;
    int64_t end = FIRST_VENDOR + newcomers(filling);
    enum status status = db_bulk_start(filling->call->db, "account_ancestors", columns, "ii", &bulk, fault);
    for (int64_t id = FIRST_VENDOR; status == STATUS_OK && id < end; id++) {
        for (int64_t above = id; status == STATUS_OK && above != 0; above = seller_of(filling, above)) {
            const struct db_value values[] = {db_integer(above), db_integer(id)};
            status = filling_put(filling, bulk, values, fault);
        }
    }
    return filling_end(bulk, status, fault);
}

/* ---- agreements ---- */

static enum status put_agreements(struct filling *filling, struct fault *fault) {
    static const char *const zones[] = {CLOSE_TIME_ZONE, "America/Chicago", "America/Los_Angeles"};
    static const char *const columns[] = {"id",
                                          "seller_id",
                                          "buyer_id",
                                          "state",
                                          "currency",
                                          "time_zone",
                                          "tax_category",
                                          "tax_rate_millionths",
                                          "payment_days",
                                          "report_due_days",
                                          "terms",
                                          "offered_at_us",
                                          "signed_at_us",
                                          "signed_by",
                                          "created_at_us",
                                          "version",
                                          NULL};
    struct db_bulk *bulk = NULL;
    int64_t now_us = filling->call->now_us;
    enum status status =
        db_bulk_start(filling->call->db, "agreements", columns, "iiittttiiitiitii", &bulk, fault);
    for (int64_t id = 1; status == STATUS_OK && id <= newcomers(filling); id++) {
        int64_t account = id + 1;
        bool is_vendor = account < FIRST_PROVIDER;
        bool is_taxed = account >= first_customer(filling);
        const struct db_value values[] = {db_integer(id),
                                          db_integer(is_vendor ? account : seller_of(filling, account)),
                                          db_integer(is_vendor ? DISTRIBUTOR : account),
                                          db_string(TEXT("signed")),
                                          db_string(TEXT("USD")),
                                          db_string(text_of(is_taxed ? zones[id % 3] : zones[0])),
                                          db_string(is_taxed ? TEXT("S") : TEXT("O")),
                                          db_integer(is_taxed ? 82500 : 0),
                                          db_integer(30),
                                          db_integer(10),
                                          db_string(TEXT("Payable within 30 days.")),
                                          db_integer(now_us),
                                          db_integer(now_us),
                                          filling_words(filling, "Account %lld's owner", account),
                                          db_integer(now_us),
                                          db_integer(1)};
        status = filling_put(filling, bulk, values, fault);
    }
    status = filling_end(bulk, status, fault);
    return status == STATUS_OK ? filling_count(filling, "agreements", newcomers(filling), fault) : status;
}

static enum status put_skus(struct filling *filling, struct fault *fault) {
    static const char *const columns[] = {"id", "owner_id", "kind", "code", "name", "created_at_us", NULL};
    struct db_bulk *bulk = NULL;
    enum status status = db_bulk_start(filling->call->db, "skus", columns, "iittti", &bulk, fault);
    for (int64_t id = 1; status == STATUS_OK && id <= SKUS; id++) {
        const struct db_value values[] = {db_integer(id),
                                          db_integer(FIRST_VENDOR + id % VENDORS),
                                          db_string(TEXT("product")),
                                          filling_words(filling, "SKU-%04lld", id),
                                          filling_words(filling, "Product %lld, per seat and month", id),
                                          db_integer(filling->call->now_us)};
        status = filling_put(filling, bulk, values, fault);
    }
    status = filling_end(bulk, status, fault);
    return status == STATUS_OK ? filling_count(filling, "skus", SKUS, fault) : status;
}

/* ---- reports: every provider has reported the month, and the distributor has approved it ---- */

static enum status put_reports(struct filling *filling, struct fault *fault) {
    static const char *const columns[] = {
        "id",           "agreement_id",  "month",      "state", "submitted_at_us",
        "submitted_by", "decided_at_us", "decided_by", NULL};
    struct db_bulk *bulk = NULL;
    enum status status = db_bulk_start(filling->call->db, "reports", columns, "iiititit", &bulk, fault);
    for (int64_t p = 0; status == STATUS_OK && p < filling->size.providers; p++) {
        const struct db_value values[] = {db_integer(p + 1),
                                          db_integer(FIRST_PROVIDER - 1 + p),
                                          db_integer(filling->month.index),
                                          db_string(TEXT("approved")),
                                          db_integer(filling->m1_us + 3 * FILLING_DAY_US),
                                          db_string(TEXT("operator")),
                                          db_integer(filling->m1_us + 4 * FILLING_DAY_US),
                                          db_string(TEXT("operator"))};
        status = filling_put(filling, bulk, values, fault);
    }
    return filling_end(bulk, status, fault);
}

static enum status put_months(struct filling *filling, struct fault *fault) {
    static const char *const columns[] = {"agreement_id", "month", "state", NULL};
    struct db_bulk *bulk = NULL;
    enum status status = db_bulk_start(filling->call->db, "months", columns, "iit", &bulk, fault);
    for (int64_t p = 0; status == STATUS_OK && p < filling->size.providers; p++) {
        const struct db_value values[] = {db_integer(FIRST_PROVIDER - 1 + p),
                                          db_integer(filling->month.index), db_string(TEXT("reporting"))};
        status = filling_put(filling, bulk, values, fault);
    }
    return filling_end(bulk, status, fault);
}

/* One provider in four has corrected what the meter says for its first customer. */
static enum status put_adjustments(struct filling *filling, struct fault *fault) {
    static const char *const columns[] = {"report_id", "customer_id", "sku_id", "units", "reason", NULL};
    struct db_bulk *bulk = NULL;
    enum status status =
        db_bulk_start(filling->call->db, "report_adjustments", columns, "iiiit", &bulk, fault);
    for (int64_t p = 0; status == STATUS_OK && p < filling->size.providers; p += 4) {
        uint16_t place = filling->customers[p].palette[0];
        const struct db_value values[] = {db_integer(p + 1), db_integer(first_customer(filling) + p),
                                          db_integer(filling->assortments[p][place] + 1),
                                          db_integer(rng_between(&filling->rng, 1, 50)),
                                          db_string(TEXT("counted by hand on the last day"))};
        status = filling_put(filling, bulk, values, fault);
    }
    return filling_end(bulk, status, fault);
}

enum status filling_trade(struct filling *filling, struct fault *fault) {
    draw_assortments(filling);
    draw_customers(filling);
    enum status status = put_accounts(filling, fault);
    if (status == STATUS_OK) {
        status = put_codes(filling, fault);
    }
    if (status == STATUS_OK) {
        status = put_ancestors(filling, fault);
    }
    if (status == STATUS_OK) {
        status = put_agreements(filling, fault);
    }
    if (status == STATUS_OK) {
        status = put_skus(filling, fault);
    }
    return status;
}

enum status filling_reports(struct filling *filling, struct fault *fault) {
    draw_assortments(filling);
    draw_customers(filling);
    enum status status = put_reports(filling, fault);
    if (status == STATUS_OK) {
        status = put_months(filling, fault);
    }
    return status == STATUS_OK ? put_adjustments(filling, fault) : status;
}
