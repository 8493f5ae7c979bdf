/* The catalogue, bundles, services and prices. */
#include "programme/catalogue/catalogue.h"
#include "cli/commands/bad_rows.h"
#include "cli/file.h"
#include "cli/group.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "programme/catalogue/import_catalogue.h"
#include "programme/catalogue/prices.h"
#include "programme/catalogue/withdraw_price.h"
#include "json/represent.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const size_t IMPORT_MAX_BYTES = (size_t)256 << 20;

static void show_sku_view(struct operator_session *session, const struct arguments *arguments,
                          const struct sku_view *sku) {
    struct json_writer writer = {.arena = &session->arena};
    represent_sku_in_full(&writer, NULL, sku);
    show_record(session, arguments, json_written(&writer));
}

typedef enum status import_function(struct operator_session *session, const struct arguments *arguments,
                                    struct text content, struct import_problems *problems, void *result,
                                    struct fault *fault);

/* Imports FILE, or prints its bad rows. */
static enum status run_import(struct operator_session *session, const struct arguments *arguments,
                              import_function *import, void *result, struct fault *fault) {
    struct text content;
    struct import_problems problems = {0};
    TRY(file_read(&session->arena, argument_text(arguments, "FILE"), "FILE", IMPORT_MAX_BYTES, &content,
                  fault));
    session->call.dry_run = argument_given(arguments, "dry-run");
    enum status status = import(session, arguments, content, &problems, result, fault);
    progress_end();
    return show_bad_rows(&problems, status, fault);
}

static enum status import_catalogue_file(struct operator_session *session, const struct arguments *arguments,
                                         struct text content, struct import_problems *problems, void *result,
                                         struct fault *fault) {
    const struct import_catalogue_input input = {.vendor = argument_text(arguments, "vendor"),
                                                 .format = argument_text(arguments, "format"),
                                                 .content = content};
    return import_catalogue(&session->call, &input, result, problems, fault);
}

static void print_catalogue_change(const struct catalogue_change *change) {
    show_line(stdout, "%s  %.*s  %.*s", change->is_new ? "new    " : "changed", TEXT_ARGS(change->code),
              TEXT_ARGS(change->name));
    if (change->old_name.length > 0) {
        show_line(stdout, " (it was %.*s)", TEXT_ARGS(change->old_name));
    }
    if (change->components_added > 0) {
        printf(", %" PRId64 " components more", change->components_added);
    }
    putchar('\n');
}

static void print_imported_catalogue(const struct import_catalogue_result *result) {
    const char *verb = result->dry_run ? "would be" : "were";
    for (size_t i = 0; i < result->change_count; i++) {
        print_catalogue_change(&result->changes[i]);
    }
    if (result->vendor_added) {
        show_line(stdout, "vendor %.*s %s\n", TEXT_ARGS(result->vendor_code),
                  result->dry_run ? "would be added" : "added");
    }
    printf("%" PRId64 " SKUs and %" PRId64 " components %s new, %" PRId64 " renamed\n", result->skus_added,
           result->components_added, verb, result->renamed);
    printf("%" PRId64 " SKUs, %" PRId64 " components%s\n", result->skus, result->components,
           result->dry_run ? "; nothing was changed" : "");
}

static enum status run_catalogue_import(struct operator_session *session, const struct arguments *arguments,
                                        struct fault *fault) {
    struct import_catalogue_result result;
    TRY(run_import(session, arguments, import_catalogue_file, &result, fault));
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_catalogue_import(&writer, NULL, &result);
        show_json(json_written(&writer));
    } else {
        print_imported_catalogue(&result);
    }
    return STATUS_OK;
}

static enum status run_catalogue_list(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct list_skus_input input = {.owner = argument_text(arguments, "owner"),
                                    .kind = argument_text(arguments, "kind"),
                                    .search = argument_text(arguments, "search"),
                                    .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {
        {"SKU", "code"}, {"kind", "kind"}, {"owner", "owner_name"}, {"name", "name"}, {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct sku_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_skus(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_sku(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

static enum status run_catalogue_show(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct sku_view sku;
    TRY(show_sku(&session->call, argument_text(arguments, "SKU"), &sku, fault));
    show_sku_view(session, arguments, &sku);
    return STATUS_OK;
}

/* "EPP*1,MAIL*2": a part's quantity is 1 where it says none. */
static enum status parse_parts(struct text list, struct bundle_part_input parts[BUNDLE_PARTS_MAX],
                               size_t *count, struct fault *fault) {
    *count = 0;
    while (list.length > 0) {
        struct text word = text_take_until(&list, ',');
        if (*count == BUNDLE_PARTS_MAX) {
            return fault_set(fault, STATUS_INVALID, "too-many-parts", "parts", word, "Give at most %d parts.",
                             BUNDLE_PARTS_MAX);
        }
        struct bundle_part_input *part = &parts[(*count)++];
        const char *star = memrchr(word.at, '*', word.length);
        *part = (struct bundle_part_input){word, 1};
        if (star != NULL) {
            part->sku.length = (size_t)(star - word.at);
            if (!text_to_int64((struct text){star + 1, word.length - part->sku.length - 1},
                               &part->quantity)) {
                return fault_set(fault, STATUS_INVALID, "malformed-quantity", "parts", word,
                                 "Give each part as SKU or SKU*QUANTITY, with commas between, such as "
                                 "EPP-STD,MAIL-STD*2.");
            }
        }
    }
    return STATUS_OK;
}

static enum status run_bundle_compose(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct bundle_part_input parts[BUNDLE_PARTS_MAX];
    struct compose_bundle_input input = {.seller = argument_text(arguments, "seller"),
                                         .code = argument_text(arguments, "code"),
                                         .name = argument_text(arguments, "name"),
                                         .parts = parts};
    struct sku_view sku;
    TRY(parse_parts(argument_text(arguments, "parts"), parts, &input.part_count, fault));
    TRY(compose_bundle(&session->call, &input, &sku, fault));
    show_sku_view(session, arguments, &sku);
    return STATUS_OK;
}

static enum status run_service_add(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct add_service_input input = {.seller = argument_text(arguments, "seller"),
                                      .code = argument_text(arguments, "code"),
                                      .name = argument_text(arguments, "name")};
    struct sku_view sku;
    TRY(add_service(&session->call, &input, &sku, fault));
    show_sku_view(session, arguments, &sku);
    return STATUS_OK;
}

static enum status import_price_file(struct operator_session *session, const struct arguments *arguments,
                                     struct text content, struct import_problems *problems, void *result,
                                     struct fault *fault) {
    const struct import_prices_input input = {.seller = argument_text(arguments, "seller"),
                                              .buyer = argument_text(arguments, "buyer"),
                                              .content = content,
                                              .replace = argument_given(arguments, "replace")};
    return import_prices(&session->call, &input, result, problems, fault);
}

/* "10 from 1, 8.25 from 11": a flat price has its unit price alone. */
static struct text price_words(struct arena *arena, const struct price *price) {
    struct text words = TEXT("");
    for (size_t i = 0; i < price->tier_count; i++) {
        struct text unit = decimal_format_short(arena, price->tiers[i].unit_price_millionths, 6);
        words = price->tier_count == 1
                    ? unit
                    : text_format(arena, "%.*s%s%.*s from %" PRId64, TEXT_ARGS(words), i == 0 ? "" : ", ",
                                  TEXT_ARGS(unit), price->tiers[i].from);
    }
    struct text policy = text_of(metering_policy_name(price->policy));
    return text_format(arena, "%.*s %.*s", TEXT_ARGS(words), TEXT_ARGS(policy));
}

static void print_price_change(struct arena *arena, const struct price_changes *changes,
                               const struct price_change *change) {
    struct text buyer = change->buyer.length == 0 ? TEXT("all buyers") : change->buyer_code;
    struct text month = change->has_month ? month_format(arena, change->first_month) : TEXT("never");
    struct text before = change->has_before && change->effect == PRICE_CHANGED
                             ? text_format(arena, "%.*s → ", TEXT_ARGS(price_words(arena, &change->before)))
                             : TEXT("");
    show_line(stdout, "%-9s %.*s → %.*s  %.*s  %s%.*s  %.*s%.*s %.*s\n", price_effect_name(change->effect),
              TEXT_ARGS(changes->seller_code), TEXT_ARGS(buyer), TEXT_ARGS(change->sku_code),
              change->has_month ? "from " : "", TEXT_ARGS(month), TEXT_ARGS(before),
              TEXT_ARGS(price_words(arena, &change->price)), TEXT_ARGS(change->currency));
}

static void print_price_changes(struct arena *arena, const struct price_changes *changes) {
    for (size_t i = 0; i < changes->count; i++) {
        print_price_change(arena, changes, &changes->items[i]);
    }
    if (changes->total > (int64_t)changes->count) {
        printf("… and %" PRId64 " more\n", changes->total - (int64_t)changes->count);
    }
    for (int i = 0; i < PRICE_EFFECTS; i++) {
        printf("%s%" PRId64 " %s", i == 0 ? "" : ", ", changes->effects[i],
               price_effect_name((enum price_effect)i));
    }
    printf("; nothing was changed\n");
}

static enum status run_price_import(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct import_prices_result result;
    TRY(run_import(session, arguments, import_price_file, &result, fault));
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_price_import(&writer, NULL, &result);
        show_json(json_written(&writer));
    } else {
        if (result.dry_run) {
            print_price_changes(&session->arena, &result.changes);
        }
        printf("%" PRId64 " prices, %" PRId64 " of them new\n", result.prices, result.prices_added);
        if (result.prices_replaced > 0) {
            printf("%" PRId64 " took another's place\n", result.prices_replaced);
        }
    }
    return STATUS_OK;
}

static enum status run_price_try(struct operator_session *session, const struct arguments *arguments,
                                 const struct set_price_input *input, struct fault *fault) {
    struct import_prices_result tried;
    TRY(try_price(&session->call, input, &tried, fault));
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_price_import(&writer, NULL, &tried);
        show_json(json_written(&writer));
    } else {
        print_price_changes(&session->arena, &tried.changes);
    }
    return STATUS_OK;
}

static enum status run_price_set(struct operator_session *session, const struct arguments *arguments,
                                 struct fault *fault) {
    struct tier_input tier = {.unit_price = argument_text(arguments, "unit-price")};
    struct set_price_input input = {.seller = argument_text(arguments, "seller"),
                                    .buyer = argument_text(arguments, "buyer"),
                                    .sku = argument_text(arguments, "sku"),
                                    .currency = argument_text(arguments, "currency"),
                                    .effective_from = argument_text(arguments, "from"),
                                    .policy = argument_text(arguments, "policy"),
                                    .tiers = &tier,
                                    .tier_count = 1,
                                    .replace = argument_given(arguments, "replace"),
                                    .minimum = argument_text(arguments, "minimum"),
                                    .free_months = argument_text(arguments, "free-months"),
                                    .trial_end = argument_text(arguments, "trial-end"),
                                    .not_for_resale =
                                        argument_given(arguments, "not-for-resale") ? TEXT("yes") : TEXT(""),
                                    .tax_category = argument_text(arguments, "tax-category"),
                                    .tax_rate = argument_text(arguments, "tax-rate")};
    struct json_writer writer = {.arena = &session->arena};
    if (argument_given(arguments, "dry-run")) {
        return run_price_try(session, arguments, &input, fault);
    }
    struct price_view price;
    TRY(set_price(&session->call, &input, &price, fault));
    represent_price(&writer, NULL, &price);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_price_withdraw(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    const struct withdraw_price_input input = {.seller = argument_text(arguments, "seller"),
                                               .buyer = argument_text(arguments, "buyer"),
                                               .sku = argument_text(arguments, "sku"),
                                               .currency = argument_text(arguments, "currency"),
                                               .effective_from = argument_text(arguments, "from")};
    struct price_view price;
    TRY(withdraw_price(&session->call, &input, &price, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_price(&writer, NULL, &price);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_price_list(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    struct list_prices_input input = {.seller = argument_text(arguments, "seller"),
                                      .buyer = argument_text(arguments, "buyer"),
                                      .sku = argument_text(arguments, "sku"),
                                      .withdrawn = argument_given(arguments, "withdrawn"),
                                      .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {{"seller", "seller.code"},
                                            {"buyer", "buyer.code"},
                                            {"SKU", "sku.code"},
                                            {"from", "effective_from"},
                                            {"policy", "policy"},
                                            {"tiers", "tier_mode"},
                                            {"first tier", "tiers.0.unit_price"},
                                            {"", "currency"},
                                            {"minimum", "minimum"},
                                            {"free months", "free_months"},
                                            {"trial end", "trial_end"},
                                            {"withdrawn", "withdrawn_at"},
                                            {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct price_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_prices(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_price(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

static const struct command COMMANDS[] = {
    {.words = "catalog import",
     .summary = "Import a vendor's catalogue of SKUs and components; safe to repeat",
     .operands = {{.name = "FILE",
                   .presence = REQUIRED,
                   .help = "a CSV file, - for standard input",
                   .completion = COMPLETE_FILE}},
     .options = {{.name = "vendor",
                  .value = "NAME",
                  .presence = REQUIRED,
                  .help = "the vendor; added where it is not there"},
                 {.name = "format",
                  .value = "FORMAT",
                  .help = "microsoft or csv (default: seen from the header)",
                  .completion = COMPLETE_WORDS,
                  .words = "microsoft csv"},
                 {.name = "dry-run", .help = "say which SKUs are new or changed, and change nothing"}},
     .details =
         "csv has the columns sku,name[,component_code,component_name]; microsoft is Microsoft's reference\n"
         "table of product names and service plan identifiers. One bad row imports nothing.",
     .prints = true,
     .run = run_catalogue_import},
    {.words = "catalog list",
     .summary = "List SKUs",
     .options = {{.name = "owner", .value = "A", .help = "of this vendor or seller"},
                 {.name = "kind",
                  .value = "KIND",
                  .help = "product, bundle or service",
                  .completion = COMPLETE_WORDS,
                  .words = "product bundle service"},
                 {.name = "search", .value = "TEXT", .help = "part of the code or name"}},
     .prints = true,
     .run = run_catalogue_list},
    {.words = "catalog show",
     .summary = "Show a SKU with its components or parts",
     .operands = {{.name = "SKU", .presence = REQUIRED, .help = "sku_… or code"}},
     .prints = true,
     .run = run_catalogue_show},
    {.words = "bundle compose",
     .summary = "Compose a SKU of one's own out of others",
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "whose SKU it will be"},
                 {.name = "code", .value = "CODE", .presence = REQUIRED, .help = "its code"},
                 {.name = "name", .value = "NAME", .presence = REQUIRED, .help = "its name"},
                 {.name = "parts",
                  .value = "LIST",
                  .presence = REQUIRED,
                  .help = "SKUs with commas between, e.g. EPP-STD,MAIL-STD*2"}},
     .prints = true,
     .run = run_bundle_compose},
    {.words = "service add",
     .summary = "Add a service to a seller's catalogue; it is billed by charges",
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "who offers it"},
                 {.name = "code", .value = "CODE", .presence = REQUIRED, .help = "its code"},
                 {.name = "name", .value = "NAME", .presence = REQUIRED, .help = "its name"}},
     .prints = true,
     .run = run_service_add},
    {.words = "price import",
     .summary = "Import a price list for one buyer, or a standard one for all; safe to repeat",
     .operands = {{.name = "FILE",
                   .presence = REQUIRED,
                   .help = "a CSV file, - for standard input",
                   .completion = COMPLETE_FILE}},
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "who sells"},
                 {.name = "buyer", .value = "B", .help = "who buys (default: all its buyers)"},
                 {.name = "replace", .help = "other prices from the same days are withdrawn"},
                 {.name = "dry-run",
                  .help = "say what changes for whom from which month, and change nothing"}},
     .details =
         "Columns: sku,currency,effective_from,policy,tier_mode,tier_from,unit_price and, where wanted,\n"
         "minimum,free_months,trial_end,not_for_resale,tax_category,tax_rate. Rows of one SKU and date are\n"
         "the tiers of one price. policy: peak, snapshot, any, daily. tier_mode: flat, volume, graduated.\n"
         "A change is a new row from a later date on, or with --replace from the same. A closed month keeps\n"
         "its prices, and a dearer one begins in a month that has not begun.",
     .prints = true,
     .run = run_price_import},
    {.words = "price set",
     .summary = "Set one flat price",
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "who sells"},
                 {.name = "buyer", .value = "B", .help = "who buys (default: all its buyers)"},
                 {.name = "sku", .value = "S", .presence = REQUIRED, .help = "the SKU"},
                 {.name = "unit-price", .value = "PRICE", .presence = REQUIRED, .help = "e.g. 3.25"},
                 {.name = "from", .value = "DATE", .presence = REQUIRED, .help = "e.g. 2026-11-01"},
                 {.name = "currency", .value = "CUR", .help = "(default: the agreement's)"},
                 {.name = "policy",
                  .value = "POLICY",
                  .help = "peak (default), snapshot, any or daily",
                  .completion = COMPLETE_WORDS,
                  .words = "peak snapshot any daily"},
                 {.name = "minimum", .value = "N", .help = "units that are charged at least"},
                 {.name = "free-months", .value = "N", .help = "a customer's first months that cost nothing"},
                 {.name = "trial-end", .value = "DATE", .help = "the first day that is charged"},
                 {.name = "not-for-resale", .help = "metered, and priced 0"},
                 {.name = "tax-category",
                  .value = "CODE",
                  .help = "UNCL 5305: S, Z, E, AE, K, G, O, L, M (default: the agreement's)"},
                 {.name = "tax-rate", .value = "PERCENT", .help = "e.g. 19 (default: the agreement's)"},
                 {.name = "replace", .help = "another price from the same day is withdrawn"},
                 {.name = "dry-run",
                  .help = "say what changes for whom from which month, and change nothing"}},
     .prints = true,
     .run = run_price_set},
    {.words = "price withdraw",
     .summary = "Take back a price that no closed month was rated with",
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "who sells"},
                 {.name = "buyer", .value = "B", .help = "who buys (default: the standard price)"},
                 {.name = "sku", .value = "S", .presence = REQUIRED, .help = "the SKU"},
                 {.name = "from", .value = "DATE", .presence = REQUIRED, .help = "the day that it begins on"},
                 {.name = "currency", .value = "CUR", .help = "(default: the agreement's)"}},
     .details =
         "A SKU that is in use keeps a price in the months that have begun. What was withdrawn stays in\n"
         "price list --withdrawn and in the exports.",
     .prints = true,
     .run = run_price_withdraw},
    {.words = "price list",
     .summary = "List prices",
     .options = {{.name = "seller", .value = "A", .help = "of this seller"},
                 {.name = "buyer", .value = "B", .help = "for this buyer"},
                 {.name = "sku", .value = "S", .help = "of this SKU"},
                 {.name = "withdrawn", .help = "those too that were withdrawn"}},
     .prints = true,
     .run = run_price_list},
};

const struct command_group catalogue_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
