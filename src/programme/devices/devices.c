#include "programme/devices/devices.h"

#include "core/time/date.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_licence.h"
#include "programme/devices/release_device.h"

/* ---- as people read it ---- */

static int64_t present_month(const struct call *call) {
    struct date today = {(int32_t)(call->now_us / (INT64_C(86400) * 1000000))}; /* years 1970 to 9999 */
    return date_month(today).index;
}

/* Decides what the device would be told now. */
static enum status decide_answer(const struct call *call, const struct device_row *row,
                                 enum lease_code *answer, struct fault *fault) {
    struct device_facts facts = {.licence_state = row->licence_state,
                                 .suspender = SUSPENDER_NONE,
                                 .counted_seats = row->licence_counted_seats,
                                 .device_state = row->device.state,
                                 .seat = row->device.seat};
    if (row->licence_suspensions > 0) {
        struct door_licence_row live = {0};
        bool found = false;
        TRY(door_licence_load(call->db, row->device.licence_id, &live, &found, fault));
        if (!found) {
            return fault_set(fault, STATUS_INTERNAL, "device-without-licence", NULL,
                             identifier_text(call, IDENTIFIER_DEVICE, row->device.id),
                             "The store has no licence of this device: run seatmeter check.");
        }
        facts.suspender = live.suspender;
    }
    *answer = device_decide(&facts);
    return STATUS_OK;
}

static enum status fill_view(const struct call *call, const struct device_row *row, struct device_view *out,
                             struct fault *fault) {
    const struct device *device = &row->device;
    bool is_active = device->state == DEVICE_ACTIVE;
    bool holds_seat = is_active || device->seat_until_s > call->now_us / 1000000;
    *out = (struct device_view){
        .id = device->id,
        .identifier = identifier_text(call, IDENTIFIER_DEVICE, device->id),
        .licence = identifier_text(call, IDENTIFIER_LICENCE, device->licence_id),
        .provider = identifier_text(call, IDENTIFIER_ACCOUNT, row->provider_id),
        .provider_code = row->provider_code,
        .customer = identifier_text(call, IDENTIFIER_ACCOUNT, row->customer_id),
        .customer_code = row->customer_code,
        .customer_name = row->customer_name,
        .sku = identifier_text(call, IDENTIFIER_SKU, row->sku_id),
        .sku_code = row->sku_code,
        .sku_name = row->sku_name,
        .name = device->name,
        .version = row->version,
        .components = row->components,
        .state = device->state,
        .seat = holds_seat ? device->seat : 0,
        .seat_until_s = holds_seat && !is_active ? device->seat_until_s : 0,
        .is_offline = device->is_offline,
        .generation = device->generation,
        .sequence = row->seen.sequence,
        .activated_at_us = device->activated_at_us,
        .seen_at_s = row->seen.seen_at_s,
        .lease_expires_s = row->seen.lease_expires_s,
        .released_at_us = device->released_at_us,
        .clones = device->clones,
        .clone_seen_at_us = device->clone_seen_at_us,
    };
    return decide_answer(call, row, &out->answer, fault);
}

/* ---- one ---- */

static bool actor_sees_devices_of(const struct call *call, int64_t provider_id, int64_t customer_id) {
    return actor_is(call, provider_id) || actor_is(call, customer_id);
}

/* To everybody but the operator, the provider and the customer there is no such device. */
static enum status find_device(const struct call *call, struct text word, struct device_row *row,
                               struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    word = text_trim(word);
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "device", word,
                         "Name a device by its identifier (dev_…).");
    }
    if (identifier_decode(call->secret, IDENTIFIER_DEVICE, word, &id)) {
        TRY(device_row_load(call->db, call->arena, id, row, &found, fault));
    }
    if (found && actor_sees_devices_of(call, row->provider_id, row->customer_id)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-device", "device", word,
                     "There is no such device: give its identifier (dev_…).");
}

static enum status do_show_device(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct device_row row;
    struct device_view view = {0};
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_device(call, *word, &row, fault));
    TRY(fill_view(call, &row, &view, fault));
    *(struct device_view *)output = view;
    return STATUS_OK;
}

enum status show_device(struct call *call, struct text device, struct device_view *out, struct fault *fault) {
    return call_run(call, DB_READ, do_show_device, &device, out, fault);
}

/* ---- a page ---- */

/* A licence that the actor sees, but whose machines are not its to see, is told so. */
static enum status filter_by_licence(const struct call *call, struct text word, struct device_filter *filter,
                                     struct fault *fault) {
    struct licence_row row = {0};
    TRY(find_licence(call, word, &row, fault));
    if (!actor_sees_devices_of(call, row.licence.provider_id, row.licence.customer_id)) {
        return fault_set(fault, STATUS_FORBIDDEN, "not-yours", "licence", word,
                         "The devices of a licence are its provider's and its customer's to see.");
    }
    filter->licence_id = row.licence.parent_id != 0 ? row.licence.parent_id : row.licence.id;
    return STATUS_OK;
}

/* The list is the actor's own, where it names nothing. */
static enum status filter_by_party(const struct call *call, struct device_filter *filter,
                                   struct fault *fault) {
    if (actor_is_operator(call)) {
        return STATUS_OK;
    }
    filter->party_id = call->actor.account_id;
    if (filter->licence_id != 0 || filter->customer_id != 0 || filter->provider_id != 0) {
        return STATUS_OK;
    }
    struct account account = {0};
    TRY(account_load(call->db, call->arena, call->actor.account_id, &account, fault));
    *(account.kind == ACCOUNT_CUSTOMER ? &filter->customer_id : &filter->provider_id) = account.id;
    return STATUS_OK;
}

static enum status filter_by_accounts(const struct call *call, const struct list_devices_input *input,
                                      struct device_filter *filter, struct fault *fault) {
    struct account provider = {0};
    struct account customer = {0};
    if (input->provider.length > 0) {
        TRY(find_account_below(call, input->provider, "provider", &provider, fault));
    }
    if (input->customer.length > 0) {
        TRY(provider.id == 0 ? find_account_below(call, input->customer, "customer", &customer, fault)
                             : find_customer_of(call, provider.id, input->customer, &customer, fault));
    }
    filter->provider_id = provider.id;
    filter->customer_id = customer.id;
    return STATUS_OK;
}

static enum status make_device_filter(const struct call *call, const struct list_devices_input *input,
                                      struct device_filter *filter, struct fault *fault) {
    *filter = (struct device_filter){.state = -1,
                                     .clones = input->clones,
                                     .idle = input->idle,
                                     .unlicensed = input->unlicensed,
                                     .now_s = call->now_us / 1000000,
                                     .month = present_month(call)};
    TRY(require_any_right(call, RIGHT_READ, fault));
    if (input->licence.length > 0) {
        TRY(filter_by_licence(call, input->licence, filter, fault));
    }
    TRY(filter_by_accounts(call, input, filter, fault));
    if (input->state.length > 0) {
        enum device_state state = DEVICE_ACTIVE;
        TRY(device_state_parse(input->state, &state, fault));
        filter->state = (int)state;
    }
    return filter_by_party(call, filter, fault);
}

static enum status do_list_devices(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct list_devices_input *list = input;
    struct device_filter filter;
    struct device_row *rows = NULL;
    struct device_page page = {0};
    TRY(make_device_filter(call, list, &filter, fault));
    TRY(device_rows_list(call->db, call->arena, &filter, list->page, &rows, &page.count, &page.next_after,
                         fault));
    page.items = ARENA_NEW(call->arena, struct device_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        TRY(fill_view(call, &rows[i], &page.items[i], fault));
    }
    *(struct device_page *)output = page;
    return STATUS_OK;
}

enum status list_devices(struct call *call, const struct list_devices_input *input, struct device_page *out,
                         struct fault *fault) {
    return call_run(call, DB_READ, do_list_devices, input, out, fault);
}

/* ---- in numbers ---- */

enum status licence_devices_count(const struct call *call, const struct licence_row *licence,
                                  struct licence_devices *out, struct fault *fault) {
    const struct licence *own = &licence->licence;
    int64_t id = own->parent_id != 0 ? own->parent_id : own->id;
    struct device_counts counts = {0};
    int64_t released = 0;
    if (own->part_quantity < 1) {
        return fault_set(fault, STATUS_INTERNAL, "part-seats-wrong", NULL,
                         identifier_text(call, IDENTIFIER_LICENCE, own->id),
                         "A licence should be one part of its bundle at least: run seatmeter check.");
    }
    int64_t seats = own->seats / own->part_quantity; /* of the bundle */
    TRY(device_count(call->db, id, present_month(call), call->now_us / 1000000, &counts, fault));
    TRY(device_count_releases(call->db, id, call->now_us - RELEASES_WINDOW_US, &released, fault));
    *out = (struct licence_devices){.active = counts.active,
                                    .seats_taken = counts.seats_taken,
                                    .seen = counts.seen,
                                    .cloned = counts.cloned,
                                    .released = released,
                                    .releases_max = seats + RELEASES_BEYOND_SEATS};
    return STATUS_OK;
}
