#include "programme/simulation/simulate_setup.h"

#include "core/base/csv.h"
#include "programme/catalogue/catalogue.h"
#include "programme/catalogue/import_catalogue.h"
#include "programme/catalogue/prices.h"
#include "programme/licensing/blocks.h"
#include "programme/parties/accounts.h"
#include "programme/parties/agreements.h"
#include "programme/simulation/simulate_prices.h"

#include <assert.h>
#include <inttypes.h>

static const char *const VENDORS[SIM_VENDORS][2] = {
    {"AEGIS", "Aegis Security"}, {"NIMBUS", "Nimbus Cloud Defence"}, {"TALOS", "Talos Identity"}};

static const char *const PRODUCTS[][2] = {
    {"EPP", "Endpoint Protection"}, {"EDR", "Endpoint Detection and Response"},
    {"SRV", "Server Security"},     {"MAIL", "Mail Security"},
    {"WEB", "Web Gateway"},         {"DLP", "Data Loss Prevention"},
    {"ENC", "Disk Encryption"},     {"MFA", "Multi-Factor Authentication"},
    {"PAM", "Privileged Access"},   {"BKP", "Cloud Backup"},
    {"VPN", "Remote Access"},       {"MDM", "Mobile Management"},
    {"VUL", "Vulnerability Scan"},  {"SIEM", "Log Analytics"}};
static const char *const EDITIONS[][2] = {
    {"STD", "Standard"}, {"ADV", "Advanced"}, {"ELT", "Elite"}, {"EDU", "Education"}, {"GOV", "Government"}};
static const char *const SCOPES[][2] = {{"WIN", "for Windows"}, {"MAC", "for macOS"}};

static const char *const FIRST_WORDS[] = {"Brightwater", "Cedar",    "Granite", "Harbour",   "Juniper",
                                          "Kestrel",     "Lumen",    "Maple",   "Northgate", "Orchard",
                                          "Pioneer",     "Quayside", "Redwood", "Summit",    "Tidewater",
                                          "Umbra",       "Verdant",  "Willow",  "Zephyr",    "Alder"};
static const char *const PROVIDER_WORDS[] = {"IT Services", "Managed IT", "Systems", "Technology Partners",
                                             "Networks"};
static const char *const CUSTOMER_WORDS[] = {"Dental",   "Logistics", "Legal",    "Accounting",
                                             "Clinic",   "Foods",     "Printing", "Builders",
                                             "Pharmacy", "Academy",   "Motors",   "Hotels"};
static const char *const WORLD_NAMES[] = {"Żółty Ogród Sp. z o.o.", "Müller & Söhne GmbH", "株式会社みどり",
                                          "Société Générée SARL",   "شركة النور",          "Ελαία ΑΕ"};

static const struct sim_place PLACES[] = {{"US", "America/New_York", "USD", "New York, NY 10001"},
                                          {"DE", "Europe/Berlin", "EUR", "10115 Berlin"},
                                          {"JP", "Asia/Tokyo", "JPY", "東京都千代田区 100-0001"},
                                          {"KW", "Asia/Kuwait", "KWD", "Kuwait City 13001"},
                                          {"AU", "Australia/Lord_Howe", "AUD", "Lord Howe Island NSW 2898"},
                                          {"BR", "America/Sao_Paulo", "BRL", "01000-000 São Paulo"}};

enum { PLACE_COUNT = sizeof PLACES / sizeof PLACES[0] };
#define PICK(rng, array) ((array)[rng_below((rng), sizeof(array) / sizeof(array)[0])])

const struct sim_place *simulate_place(struct rng *rng) {
    return &PLACES[rng_below(rng, PLACE_COUNT)];
}

/* Gives back what one step made in the call's arena; nothing of it is needed afterwards. */
static void forget(struct sim *sim) {
    arena_clean_up(sim->call->arena);
}

static enum status add_one_account(struct sim *sim, struct add_account_input *input, struct fault *fault) {
    struct account_view account;
    TRY(add_account(sim->call, input, &account, fault));
    sim->result->accounts++;
    return STATUS_OK;
}

/* A buyer that signs its agreement itself: a sub-distributor or a provider. */
static enum status add_reseller(struct sim *sim, struct add_account_input *input,
                                const struct sim_place *place, struct fault *fault) {
    struct offer_agreement_input offer = {.seller = input->seller, .buyer = input->code};
    if (place != NULL) {
        offer.terms.time_zone = text_of(place->time_zone);
    }
    struct sign_agreement_input sign = {
        .seller = input->seller, .buyer = input->code, .signed_by = TEXT("the owner")};
    struct agreement_view agreement;
    TRY(add_one_account(sim, input, fault));
    TRY(offer_agreement(sim->call, &offer, &agreement, fault));
    return sign_agreement(sim->call, &sign, &agreement, fault);
}

static void make_skus(struct sim *sim) {
    int count = 0;
    for (int vendor = 0; vendor < SIM_VENDORS; vendor++) {
        for (size_t product = 0; product < sizeof PRODUCTS / sizeof PRODUCTS[0]; product++) {
            for (size_t edition = 0; edition < sizeof EDITIONS / sizeof EDITIONS[0]; edition++) {
                for (size_t scope = 0; scope < sizeof SCOPES / sizeof SCOPES[0]; scope++) {
                    struct sim_sku *sku = &sim->skus[count++];
                    sku->vendor = vendor;
                    sku->code = text_format(&sim->arena, "%s-%s-%s-%s", VENDORS[vendor][0],
                                            PRODUCTS[product][0], EDITIONS[edition][0], SCOPES[scope][0]);
                    sku->name = text_format(&sim->arena, "%s %s %s %s", VENDORS[vendor][1],
                                            PRODUCTS[product][1], EDITIONS[edition][1], SCOPES[scope][1]);
                    /* From 0.40 to 12.00, with up to six decimals: rounding must have something to do. */
                    sku->cost_millionths = rng_between(&sim->rng, 400000, 12000000);
                    if (rng_chance(&sim->rng, 1, 2)) {
                        sku->cost_millionths -= sku->cost_millionths % 10000;
                    }
                }
            }
        }
    }
    assert(count == SIM_SKUS);
}

static enum status import_vendor(struct sim *sim, int vendor, struct fault *fault) {
    struct csv_writer csv;
    csv_writer_init(&csv, sim->call->arena);
    static const char *const HEADER[] = {"sku", "name", "component_code", "component_name"};
    for (size_t i = 0; i < 4; i++) {
        csv_write(&csv, text_of(HEADER[i]));
    }
    csv_end_row(&csv);
    for (int i = 0; i < SIM_SKUS; i++) {
        const struct sim_sku *sku = &sim->skus[i];
        /* Every SKU includes its product's engine, and the vendor's console. */
        for (int component = 0; component < 2 && sku->vendor == vendor; component++) {
            struct text name = component == 0 ? TEXT("Management console") : sku->name;
            csv_write(&csv, sku->code);
            csv_write(&csv, sku->name);
            csv_write(&csv, component == 0
                                ? TEXT("CONSOLE")
                                : text_format(sim->call->arena, "ENGINE-%.*s", TEXT_ARGS(sku->code)));
            csv_write(&csv, name);
            csv_end_row(&csv);
        }
    }
    struct import_catalogue_input input = {
        .vendor = text_of(VENDORS[vendor][0]), .format = TEXT("csv"), .content = csv_written(&csv)};
    struct import_catalogue_result result;
    struct import_problems problems = {0};
    TRY(import_catalogue(sim->call, &input, &result, &problems, fault));
    assert(result.skus == result.skus_added);
    sim->result->skus += result.skus;
    sim->vendors[vendor] = text_of(VENDORS[vendor][0]);
    return STATUS_OK;
}

/* Prices of all SKUs (or of one vendor's), and for one SKU in eight another from the second month's middle
 * on. */
static enum status price_catalogue(struct sim *sim, struct text seller, struct text buyer, int vendor,
                                   int64_t percent, struct fault *fault) {
    struct csv_writer csv = simulate_prices_begin(sim);
    struct date from = month_first_day(sim->first_month);
    for (int i = 0; i < SIM_SKUS; i++) {
        const struct sim_sku *sku = &sim->skus[i];
        if (vendor >= 0 && sku->vendor != vendor) {
            continue;
        }
        int64_t unit = sku->cost_millionths * percent / 100;
        simulate_price_write(sim, &sim->rng, &csv,
                             (struct sim_price){sku->code, sim->currency, from, unit, buyer.length > 0});
        if (rng_chance(&sim->rng, 1, 8)) {
            simulate_price_write(sim, &sim->rng, &csv,
                                 (struct sim_price){sku->code, sim->currency, (struct date){from.day + 45},
                                                    unit * 105 / 100, buyer.length > 0});
        }
    }
    return simulate_prices_import(sim, seller, buyer, &csv, fault);
}

static enum status make_vendor(struct sim *sim, int vendor, struct fault *fault) {
    struct add_account_input account = {.kind = TEXT("vendor"),
                                        .name = text_of(VENDORS[vendor][1]),
                                        .code = text_of(VENDORS[vendor][0]),
                                        .address = TEXT("7 Foundry Lane\nDublin D02 XY45"),
                                        .country = TEXT("IE"),
                                        .tax_number = TEXT("IE1234567T")};
    TRY(add_one_account(sim, &account, fault));
    TRY(import_vendor(sim, vendor, fault));
    return price_catalogue(sim, sim->vendors[vendor], sim->distributor, vendor, 100, fault);
}

static enum status make_vendors(struct sim *sim, struct fault *fault) {
    make_skus(sim);
    for (int vendor = 0; vendor < SIM_VENDORS; vendor++) {
        TRY(make_vendor(sim, vendor, fault));
        forget(sim);
    }
    TRY(price_catalogue(sim, sim->distributor, TEXT(""), -1, 130, fault));
    forget(sim);
    return STATUS_OK;
}

static enum status make_sub_distributors(struct sim *sim, struct fault *fault) {
    int64_t wanted = sim->input->providers >= 4 ? 1 + sim->input->providers / 50 : 0;
    sim->sub_distributors = ARENA_NEW(&sim->arena, struct text, (size_t)wanted);
    for (; sim->sub_distributor_count < wanted; sim->sub_distributor_count++) {
        struct text code = text_format(&sim->arena, "D%02" PRId64, sim->sub_distributor_count + 1);
        struct add_account_input account = {
            .kind = TEXT("distributor"),
            .name = text_format(&sim->arena, "%s Regional Distribution",
                                FIRST_WORDS[(size_t)sim->sub_distributor_count % 20]),
            .code = code,
            .seller = sim->distributor};
        TRY(add_reseller(sim, &account, sim->input->rich ? simulate_place(&sim->rng) : NULL, fault));
        TRY(price_catalogue(sim, code, TEXT(""), -1, 150, fault));
        sim->sub_distributors[sim->sub_distributor_count] = code;
        forget(sim);
    }
    return STATUS_OK;
}

static bool has_sku(const struct sim_provider *provider, int sku) {
    for (int i = 0; i < provider->block_count; i++) {
        if (provider->blocks[i].sku == sku) {
            return true;
        }
    }
    return false;
}

static enum status order_sku(struct sim *sim, struct sim_provider *provider, struct text sku_code, int sku,
                             struct fault *fault) {
    struct sim_block *block = &provider->blocks[provider->block_count];
    struct order_block_input input = {.provider = provider->code, .sku = sku_code, .size = 50};
    struct block_view view;
    assert(provider->block_count < SIM_BLOCKS_PER_PROVIDER_MAX);
    TRY(order_block(sim->call, &input, &view, fault));
    *block = (struct sim_block){text_copy(&sim->arena, view.identifier), sku, view.size, 0};
    provider->block_count++;
    return STATUS_OK;
}

/* Two of the provider's SKUs together, as one of its own. */
static enum status compose_care_bundle(struct sim *sim, struct sim_provider *provider, struct fault *fault) {
    struct bundle_part_input parts[2] = {
        {.sku = sim->skus[provider->blocks[0].sku].code, .quantity = 1},
        {.sku = sim->skus[provider->blocks[1].sku].code, .quantity = 2},
    };
    struct text code = text_format(&sim->arena, "CARE-%.*s", TEXT_ARGS(provider->code));
    struct compose_bundle_input input = {.seller = provider->code,
                                         .code = code,
                                         .name = TEXT("Complete Care"),
                                         .parts = parts,
                                         .part_count = 2};
    struct sku_view bundle;
    TRY(compose_bundle(sim->call, &input, &bundle, fault));
    provider->bundle = code;
    return order_sku(sim, provider, code, SIM_SKUS, fault);
}

/* Prices for a provider's customers, with margins from a modest one to 90 %. */
static enum status price_provider(struct sim *sim, struct sim_provider *provider, struct fault *fault) {
    struct csv_writer csv = simulate_prices_begin(sim);
    struct date from = month_first_day(sim->first_month);
    for (int i = 0; i < provider->block_count; i++) {
        int sku = provider->blocks[i].sku;
        struct text code = sku == SIM_SKUS ? provider->bundle : sim->skus[sku].code;
        int64_t cost = sku == SIM_SKUS ? 20000000 : sim->skus[sku].cost_millionths;
        /* A yen or a dinar is not a dollar; the orders of magnitude are what matters here. */
        int64_t rate = text_is(provider->currency, "JPY") ? 150 : 1;
        int64_t unit = cost * rate * rng_between(&sim->rng, 170, 1500) / 100;
        simulate_price_write(sim, &sim->rng, &csv,
                             (struct sim_price){code, provider->currency, from, unit, false});
    }
    return simulate_prices_import(sim, provider->code, TEXT(""), &csv, fault);
}

static enum status make_provider(struct sim *sim, int64_t index, struct fault *fault) {
    struct sim_provider *provider = &sim->providers[index];
    const struct sim_place *place = sim->input->rich ? simulate_place(&sim->rng) : NULL;
    bool under_sub = sim->sub_distributor_count > 0 && rng_chance(&sim->rng, 1, 4);
    provider->seller = under_sub
                           ? sim->sub_distributors[rng_below(&sim->rng, (uint64_t)sim->sub_distributor_count)]
                           : sim->distributor;
    provider->code = text_format(&sim->arena, "P%04" PRId64, index + 1);
    provider->currency = place == NULL ? sim->currency : text_of(place->currency);
    provider->time_zone = place == NULL ? sim->time_zone : text_of(place->time_zone);
    struct add_account_input account = {
        .kind = TEXT("provider"),
        .name =
            text_format(&sim->arena, "%s %s", PICK(&sim->rng, FIRST_WORDS), PICK(&sim->rng, PROVIDER_WORDS)),
        .code = provider->code,
        .seller = provider->seller,
        .address = place == NULL ? TEXT("") : text_format(&sim->arena, "12 Main Street\n%s", place->city),
        .country = place == NULL ? TEXT("") : text_of(place->country)};
    TRY(add_reseller(sim, &account, place, fault));
    int wanted = (int)rng_between(&sim->rng, 4, 12);
    while (provider->block_count < wanted) {
        int sku = (int)rng_below(&sim->rng, SIM_SKUS);
        if (!has_sku(provider, sku)) {
            TRY(order_sku(sim, provider, sim->skus[sku].code, sku, fault));
        }
    }
    if (sim->input->rich && rng_chance(&sim->rng, 1, 2)) {
        TRY(compose_care_bundle(sim, provider, fault));
    }
    return price_provider(sim, provider, fault);
}

static enum status make_customer(struct sim *sim, int64_t index, struct fault *fault) {
    struct sim_customer *customer = &sim->customers[index];
    /* Everybody has one at least; the rest fall by chance. */
    customer->provider = index < sim->input->providers
                             ? index
                             : (int64_t)rng_below(&sim->rng, (uint64_t)sim->input->providers);
    const struct sim_provider *provider = &sim->providers[customer->provider];
    customer->code = text_format(&sim->arena, "C%05" PRId64, index + 1);
    bool foreign = sim->input->rich && rng_chance(&sim->rng, 1, 10);
    struct add_account_input account = {
        .kind = TEXT("customer"),
        .name = foreign ? text_of(PICK(&sim->rng, WORLD_NAMES))
                        : text_format(sim->call->arena, "%s %s", PICK(&sim->rng, FIRST_WORDS),
                                      PICK(&sim->rng, CUSTOMER_WORDS)),
        .code = customer->code,
        .seller = provider->code,
        .terms = {.currency = provider->currency, .time_zone = provider->time_zone}};
    customer->currency = provider->currency;
    customer->time_zone = provider->time_zone;
    if (sim->input->rich && rng_chance(&sim->rng, 1, 2)) {
        account.terms.tax_category = TEXT("S");
        account.terms.tax_rate = TEXT("19");
    }
    return add_one_account(sim, &account, fault);
}

static enum status do_setup(struct call *call, const void *input, void *output, struct fault *fault) {
    struct sim *sim = output;
    const struct simulate_input *wanted = input;
    (void)call;
    TRY(make_vendors(sim, fault));
    TRY(make_sub_distributors(sim, fault));
    for (int64_t i = 0; i < wanted->providers; i++) {
        TRY(make_provider(sim, i, fault));
        forget(sim);
    }
    for (int64_t i = 0; i < wanted->customers; i++) {
        TRY(make_customer(sim, i, fault));
        forget(sim);
    }
    return STATUS_OK;
}

enum status simulate_setup(struct sim *sim, struct fault *fault) {
    const struct simulate_input *input = sim->input;
    sim->providers = ARENA_NEW(&sim->arena, struct sim_provider, (size_t)input->providers);
    sim->customers = ARENA_NEW(&sim->arena, struct sim_customer, (size_t)input->customers);
    sim->licences = ARENA_NEW(&sim->arena, struct sim_licence, (size_t)input->licences);
    return call_run(sim->call, DB_WRITE, do_setup, input, sim, fault);
}
