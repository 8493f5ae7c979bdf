#include "programme/licensing/licences.h"

#include "core/base/csv.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_licence.h"
#include "programme/call/lookup_sku.h"
#include "programme/call/parts.h"
#include "programme/call/sight.h"
#include "programme/catalogue/catalogue.h"
#include "programme/keys/licence_keys.h"
#include "store/licensing/events.h"

#include <assert.h>

/* All parts of a licence fit one page. */
static_assert((int)BUNDLE_PARTS_MAX <= (int)PAGE_LIMIT_MAX, "a bundle has too many parts");

static struct text effective_state(const struct licence *licence) {
    if (licence->state == LICENCE_ON && licence->suspensions > 0) {
        return TEXT("suspended");
    }
    return text_of(machine_state_name(&licence_machine, (int)licence->state));
}

/* How many agreements above a licence are suspended tells of edges that are not the reader's: it is told
 * whether. */
static int64_t may_count_suspensions(const struct call *call, int64_t suspensions) {
    return actor_is_operator(call) || suspensions == 0 ? suspensions : 1;
}

static void fill_view(struct call *call, const struct sight *sight, const struct licence_row *loaded,
                      bool may_see_keys, struct licence_view *out) {
    struct licence_row shown = *loaded;
    const struct licence_row *row = &shown;
    sight_limit_licence(sight, &shown);
    const struct licence *licence = &row->licence;
    /* A vendor is not told which bundle its SKU is sold in. */
    bool is_vendor = !actor_is_operator(call) && actor_is(call, row->sku_owner_id);
    struct text parent = TEXT("");
    if (licence->parent_id != 0 && !is_vendor) {
        parent = identifier_text(call, IDENTIFIER_LICENCE, licence->parent_id);
    }
    struct text block = TEXT("");
    if (may_see_keys) {
        block = identifier_text(call, IDENTIFIER_BLOCK, licence->block_id);
    }
    *out = (struct licence_view){
        .id = licence->id,
        .identifier = identifier_text(call, IDENTIFIER_LICENCE, licence->id),
        .block = block,
        .provider = identifier_text(call, IDENTIFIER_ACCOUNT, licence->provider_id),
        .provider_code = row->provider_code,
        .customer = identifier_text(call, IDENTIFIER_ACCOUNT, licence->customer_id),
        .customer_code = row->customer_code,
        .customer_name = row->customer_name,
        .sku = identifier_text(call, IDENTIFIER_SKU, licence->sku_id),
        .sku_code = row->sku_code,
        .sku_name = row->sku_name,
        .parent = parent,
        .key_hint = may_see_keys ? licence->key_hint : TEXT(""),
        .state = licence->state,
        .effective = effective_state(licence),
        .seats = licence->seats,
        .counted_seats = licence->counted_seats,
        .suspensions = may_count_suspensions(call, licence->suspensions),
        .issued_at_us = licence->issued_at_us,
        .first_on_at_us = licence->first_on_at_us,
        .last_event_at_us = licence->last_event_at_us,
        .version = licence->version,
    };
}

enum status licence_view_fill(struct call *call, const struct licence_row *row, bool may_see_keys,
                              struct licence_view *out, struct fault *fault) {
    struct sight sight;
    TRY(sight_open(call, &sight, fault));
    fill_view(call, &sight, row, may_see_keys, out);
    return STATUS_OK;
}

/* Adds the edge's agreement where it is a suspended one. */
static enum status add_if_suspended(struct call *call, int64_t seller_id, int64_t buyer_id,
                                    struct licence_detail *detail, struct fault *fault) {
    struct agreement agreement = {0};
    bool found = false;
    TRY(agreement_find_edge(call->db, call->arena, seller_id, buyer_id, &found, &agreement, fault));
    if (found && agreement.state == AGREEMENT_SUSPENDED) {
        struct text shown = TEXT("");
        TRY(sight_agreement(call, agreement.id, &shown, fault));
        for (size_t i = 0; i < detail->suspended_by_count; i++) {
            if (text_equal(detail->suspended_by[i], shown)) {
                return STATUS_OK; /* how many others there are is not the reader's to know */
            }
        }
        detail->suspended_by[detail->suspended_by_count++] = shown;
    }
    return STATUS_OK;
}

/* The suspended agreements on the licence's path, from the customer up to the vendor. */
static enum status find_suspensions(struct call *call, const struct licence_row *row,
                                    struct licence_detail *detail, struct fault *fault) {
    int64_t *ids = NULL;
    size_t count = 0;
    TRY(account_path(call->db, call->arena, row->licence.customer_id, &ids, &count, fault));
    if (count == 0) {
        return fault_set(fault, STATUS_INTERNAL, "account-path-broken", NULL,
                         identifier_text(call, IDENTIFIER_ACCOUNT, row->licence.customer_id),
                         "The store has no path from the licence's customer up: run seatmeter check.");
    }
    detail->suspended_by = ARENA_NEW(call->arena, struct text, count);
    for (size_t i = count - 1; i > 0; i--) {
        TRY(add_if_suspended(call, ids[i - 1], ids[i], detail, fault));
    }
    return add_if_suspended(call, row->sku_owner_id, ids[0], detail, fault);
}

/* The parts of a bundle's licence, all of them. */
static enum status load_parts(struct call *call, const struct sight *sight, const struct licence_row *row,
                              bool keys, struct licence_detail *detail, struct fault *fault) {
    struct licence_filter filter = {
        .below_id = row->licence.customer_id, .parent_id = row->licence.id, .state = -1, .suspended = -1};
    struct licence_row *rows = NULL;
    int64_t next_after = 0;
    TRY(licence_list(call->db, call->arena, &filter, (struct page){.limit = PAGE_LIMIT_MAX}, &rows,
                     &detail->part_count, &next_after, fault));
    if (next_after != 0) {
        return fault_set(
            fault, STATUS_INTERNAL, "too-many-parts", NULL,
            identifier_text(call, IDENTIFIER_LICENCE, row->licence.id),
            "A licence should have at most %d parts, and the store has more: run seatmeter check.",
            BUNDLE_PARTS_MAX);
    }
    detail->parts = ARENA_NEW(call->arena, struct licence_view, detail->part_count);
    if (detail->part_count > 0) {
        bool known = false;
        TRY(sight_parts(call, &rows[0].licence, &known, fault));
        detail->part_count = known ? detail->part_count : 0;
    }
    for (size_t i = 0; i < detail->part_count; i++) {
        fill_view(call, sight, &rows[i], keys, &detail->parts[i]);
    }
    return STATUS_OK;
}

static enum status do_show_licence(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct licence_row row;
    struct licence_detail detail = {0};
    struct sight sight;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_licence(call, *word, &row, fault));
    TRY(sight_open(call, &sight, fault));
    bool keys = actor_is(call, row.licence.provider_id);
    fill_view(call, &sight, &row, keys, &detail.licence);
    if (row.licence.first_edge > 0) {
        TRY(load_parts(call, &sight, &row, keys, &detail, fault));
    }
    if (row.licence.suspensions > 0) {
        TRY(find_suspensions(call, &row, &detail, fault));
    }
    TRY(licence_devices_count(call, &row, &detail.devices, fault));
    *(struct licence_detail *)output = detail;
    return STATUS_OK;
}

enum status show_licence(struct call *call, struct text licence, struct licence_detail *out,
                         struct fault *fault) {
    return call_run(call, DB_READ, do_show_licence, &licence, out, fault);
}

/* ---- a page ---- */

static enum status filter_by_state(struct text word, struct licence_filter *filter, struct fault *fault) {
    if (text_is(word, "suspended")) {
        filter->state = LICENCE_ON;
        filter->suspended = 1;
        return STATUS_OK;
    }
    if (text_is(word, "on")) {
        filter->suspended = 0;
    }
    return machine_state_parse(&licence_machine, word, &filter->state, fault);
}

/* The account below which to look: the customer's, else the provider's, else the actor's own. */
static enum status find_account_to_list(struct call *call, const struct list_licences_input *input,
                                        struct account *account, struct fault *fault) {
    struct account provider = {0};
    if (input->provider.length > 0) {
        TRY(find_account_below(call, input->provider, "provider", &provider, fault));
        *account = provider;
    }
    if (input->customer.length > 0) {
        return provider.id == 0 ? find_account_below(call, input->customer, "customer", account, fault)
                                : find_customer_of(call, provider.id, input->customer, account, fault);
    }
    if (input->provider.length > 0) {
        return STATUS_OK;
    }
    return account_load(call->db, call->arena, call->actor.account_id, account, fault);
}

static enum status filter_by_account(struct call *call, const struct list_licences_input *input,
                                     struct licence_filter *filter, struct fault *fault) {
    struct account account = {0};
    bool named = input->customer.length > 0 || input->provider.length > 0;
    if (!named && call->actor.account_id == 0) {
        return STATUS_OK;
    }
    TRY(find_account_to_list(call, input, &account, fault));
    filter->below_id = account.id;
    filter->wide = account.kind == ACCOUNT_DISTRIBUTOR;
    if (account.kind == ACCOUNT_VENDOR) {
        filter->below_id = 0;
        filter->vendor_id = account.id;
    }
    return STATUS_OK;
}

static enum status make_licence_filter(struct call *call, const struct list_licences_input *input,
                                       struct licence_filter *filter, struct fault *fault) {
    *filter = (struct licence_filter){.state = -1, .suspended = -1};
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(filter_by_account(call, input, filter, fault));
    if (input->sku.length > 0) {
        struct sku sku = {0};
        TRY(find_sku(call, input->sku, "sku", &sku, fault));
        filter->sku_id = sku.id;
    }
    if (input->block.length > 0) {
        struct block block = {0};
        TRY(find_block(call, input->block, &block, fault));
        filter->block_id = block.id;
    }
    if (input->state.length > 0) {
        TRY(filter_by_state(input->state, filter, fault));
    }
    return STATUS_OK;
}

static enum status do_list_licences(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct list_licences_input *list = input;
    struct licence_filter filter;
    struct licence_row *rows = NULL;
    struct licence_page page = {0};
    struct sight sight;
    TRY(make_licence_filter(call, list, &filter, fault));
    TRY(sight_open(call, &sight, fault));
    TRY(licence_list(call->db, call->arena, &filter, list->page, &rows, &page.count, &page.next_after,
                     fault));
    page.items = ARENA_NEW(call->arena, struct licence_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        fill_view(call, &sight, &rows[i], actor_is(call, rows[i].licence.provider_id), &page.items[i]);
    }
    *(struct licence_page *)output = page;
    return STATUS_OK;
}

enum status list_licences(struct call *call, const struct list_licences_input *input,
                          struct licence_page *out, struct fault *fault) {
    return call_run(call, DB_READ, do_list_licences, input, out, fault);
}

/* ---- events ---- */

struct list_events_input {
    struct text licence;
    struct page page;
};

static enum status do_list_licence_events(struct call *call, const void *input, void *output,
                                          struct fault *fault) {
    const struct list_events_input *list = input;
    struct licence_row row;
    struct logged_event *events = NULL;
    struct licence_event_page page = {0};
    struct text named = TEXT("");
    int64_t named_id = 0;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_licence(call, list->licence, &row, fault));
    TRY(licence_events_list(call->db, call->arena, row.licence.id, list->page, &events, &page.count,
                            &page.next_after, fault));
    page.items = ARENA_NEW(call->arena, struct licence_event_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        const struct licence_event *event = &events[i].event;
        page.items[i] = (struct licence_event_view){*event, TEXT(""), events[i].voided_by};
        if (event->kind == EVENT_SUSPEND || event->kind == EVENT_RESUME) {
            /* Those of one agreement mostly follow each other. */
            if (event->cause_id != named_id) {
                TRY(sight_agreement(call, event->cause_id, &named, fault));
                named_id = event->cause_id;
            }
            page.items[i].cause = named;
        }
    }
    *(struct licence_event_page *)output = page;
    return STATUS_OK;
}

enum status list_licence_events(struct call *call, struct text licence, struct page page,
                                struct licence_event_page *out, struct fault *fault) {
    const struct list_events_input input = {licence, page};
    return call_run(call, DB_READ, do_list_licence_events, &input, out, fault);
}

/* ---- keys ---- */

static enum status do_reveal_licence_key(struct call *call, const void *input, void *output,
                                         struct fault *fault) {
    const struct text *word = input;
    struct licence_row row;
    struct text key = {0};
    TRY(find_licence_to_change(call, *word, &row, fault));
    if (row.licence.parent_id != 0) {
        return fault_set(fault, STATUS_CONFLICT, "part-of-bundle", "licence", *word,
                         "A part of a bundle has no key of its own: the bundle's key is its key.");
    }
    TRY(licence_key_open(call, &row.licence, &key, fault));
    TRY(audit_write(call, "licence.reveal-key", identifier_text(call, IDENTIFIER_LICENCE, row.licence.id),
                    row.licence.provider_id, TEXT(""), fault));
    *(struct text *)output = key;
    return STATUS_OK;
}

static enum status find_parts_to_reveal(struct call *call, const void *input, struct call_parts *parts,
                                        struct fault *fault) {
    const struct text *licence = input;
    return parts_of_licence(call, *licence, &parts->provider_id, fault);
}

enum status reveal_licence_key(struct call *call, struct text licence, struct text *key,
                               struct fault *fault) {
    return call_run_parts(call, find_parts_to_reveal, do_reveal_licence_key, &licence, key, fault);
}

static enum status write_key_row(struct call *call, struct csv_writer *writer, const struct licence_row *row,
                                 struct fault *fault) {
    struct text key = {0};
    TRY(licence_key_open(call, &row->licence, &key, fault));
    csv_write(writer, row->customer_code);
    csv_write(writer, identifier_text(call, IDENTIFIER_LICENCE, row->licence.id));
    csv_write(writer, row->sku_code);
    csv_write_int(writer, row->licence.seats);
    csv_write(writer, effective_state(&row->licence));
    csv_write(writer, key);
    csv_end_row(writer);
    return STATUS_OK;
}

/* All pages of the customer's licences. */
static enum status write_key_rows(struct call *call, int64_t customer_id, struct csv_writer *writer,
                                  int64_t *written, struct fault *fault) {
    struct licence_filter filter = {.below_id = customer_id, .state = -1, .suspended = -1};
    struct page page = {.limit = PAGE_LIMIT_MAX};
    do {
        struct licence_row *rows = NULL;
        size_t count = 0;
        TRY(licence_list(call->db, call->arena, &filter, page, &rows, &count, &page.after_id, fault));
        for (size_t i = 0; i < count; i++) {
            if (rows[i].licence.state == LICENCE_RETIRED) {
                continue;
            }
            TRY(write_key_row(call, writer, &rows[i], fault));
            (*written)++;
        }
    } while (page.after_id != 0);
    return STATUS_OK;
}

static enum status do_export_licence_keys(struct call *call, const void *input, void *output,
                                          struct fault *fault) {
    static const char *const COLUMNS[] = {"customer", "licence", "sku", "seats", "state", "key"};
    const struct text *word = input;
    struct account customer = {0};
    struct csv_writer writer;
    int64_t written = 0;
    TRY(find_customer_to_licence(call, *word, &customer, fault));
    csv_writer_init(&writer, call->arena);
    for (size_t i = 0; i < sizeof COLUMNS / sizeof COLUMNS[0]; i++) {
        csv_write(&writer, text_of(COLUMNS[i]));
    }
    csv_end_row(&writer);
    TRY(write_key_rows(call, customer.id, &writer, &written, fault));
    TRY(audit_write(call, "licence.export-keys", identifier_text(call, IDENTIFIER_ACCOUNT, customer.id),
                    customer.seller_id, text_format(call->arena, "%lld keys", (long long)written), fault));
    *(struct text *)output = csv_written(&writer);
    return STATUS_OK;
}

static enum status find_parts_to_export(struct call *call, const void *input, struct call_parts *parts,
                                        struct fault *fault) {
    const struct text *customer = input;
    return parts_of_customer(call, *customer, &parts->provider_id, fault);
}

enum status export_licence_keys(struct call *call, struct text customer, struct text *csv,
                                struct fault *fault) {
    return call_run_parts(call, find_parts_to_export, do_export_licence_keys, &customer, csv, fault);
}
