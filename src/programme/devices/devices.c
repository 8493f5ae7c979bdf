#include "programme/devices/devices.h"

#include "core/time/date.h"
#include "programme/call/lookup_licence.h"
#include "programme/devices/activate_device.h"

#include <assert.h>

/* ---- as people read it ---- */

static int64_t present_month(const struct call *call) {
    struct date today = {(int32_t)(call->now_us / (INT64_C(86400) * 1000000))}; /* years 1970 to 9999 */
    return date_month(today).index;
}

/* What the device would be told now. */
static enum status decide(const struct call *call, const struct device_row *row, enum lease_code *answer,
                          struct fault *fault) {
    struct device_facts facts = {.licence_state = row->licence_state,
                                 .suspender = SUSPENDER_NONE,
                                 .counted_seats = row->licence_counted_seats,
                                 .device_state = row->device.state,
                                 .seat = row->device.seat};
    if (row->licence_suspensions > 0) {
        struct door_licence_row live = {0};
        bool found = false;
        enum status status = door_licence_load(call->db, row->device.licence_id, &live, &found, fault);
        if (status != STATUS_OK) {
            return status;
        }
        assert(found);
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
    return decide(call, row, &out->answer, fault);
}

/* ---- one ---- */

static bool actor_sees_devices_of(const struct call *call, int64_t provider_id, int64_t customer_id) {
    return actor_is(call, provider_id) || actor_is(call, customer_id);
}

enum status find_device(const struct call *call, struct text word, struct device_row *row,
                        struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    word = text_trim(word);
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "device", word,
                         "a device must be named by its identifier (dev_…)");
    }
    enum status status = STATUS_OK;
    if (identifier_decode(call->secret, IDENTIFIER_DEVICE, word, &id)) {
        status = device_row_load(call->db, call->arena, id, row, &found, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (found && actor_sees_devices_of(call, row->provider_id, row->customer_id)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-device", "device", word,
                     "there is no such device; give its identifier (dev_…)");
}

enum status show_device(struct call *call, struct text device, struct device_view *out, struct fault *fault) {
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct device_row row;
    struct device_view info = {0};
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_device(call, device, &row, fault);
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &row, &info, fault);
    }
    if (status == STATUS_OK) {
        *out = info;
    }
    return call_end(call, status, fault);
}

/* ---- a page ---- */

/* A licence that the actor sees, but whose machines are not its to see, is told so. */
static enum status filter_by_licence(const struct call *call, struct text word, struct device_filter *filter,
                                     struct fault *fault) {
    struct licence_row row = {0};
    enum status status = find_licence(call, word, &row, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (!actor_sees_devices_of(call, row.licence.provider_id, row.licence.customer_id)) {
        return fault_set(fault, STATUS_FORBIDDEN, "not-yours", "licence", word,
                         "the devices of a licence are its provider's and its customer's to see");
    }
    filter->licence_id = row.licence.parent_id != 0 ? row.licence.parent_id : row.licence.id;
    return STATUS_OK;
}

/* Where nothing is named, what is the actor's own. */
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
    enum status status = account_load(call->db, call->arena, call->actor.account_id, &account, fault);
    if (status == STATUS_OK) {
        *(account.kind == ACCOUNT_CUSTOMER ? &filter->customer_id : &filter->provider_id) = account.id;
    }
    return status;
}

static enum status make_filter(const struct call *call, const struct list_devices_input *input,
                               struct device_filter *filter, struct fault *fault) {
    struct account provider = {0};
    struct account customer = {0};
    *filter = (struct device_filter){.state = -1,
                                     .clones = input->clones,
                                     .idle = input->idle,
                                     .unlicensed = input->unlicensed,
                                     .now_s = call->now_us / 1000000,
                                     .month = present_month(call)};
    enum status status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK && input->licence.length > 0) {
        status = filter_by_licence(call, input->licence, filter, fault);
    }
    if (status == STATUS_OK && input->provider.length > 0) {
        status = find_account_below(call, input->provider, "provider", &provider, fault);
    }
    if (status == STATUS_OK && input->customer.length > 0) {
        status = provider.id == 0 ? find_account_below(call, input->customer, "customer", &customer, fault)
                                  : find_customer_of(call, provider.id, input->customer, &customer, fault);
    }
    filter->provider_id = provider.id;
    filter->customer_id = customer.id;
    if (status == STATUS_OK && input->state.length > 0) {
        enum device_state state = DEVICE_ACTIVE;
        status = device_state_parse(input->state, &state, fault);
        filter->state = (int)state;
    }
    return status == STATUS_OK ? filter_by_party(call, filter, fault) : status;
}

enum status list_devices(struct call *call, const struct list_devices_input *input, struct device_page *out,
                         struct fault *fault) {
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct device_filter filter;
    struct device_row *rows = NULL;
    struct device_page page = {0};
    status = make_filter(call, input, &filter, fault);
    if (status == STATUS_OK) {
        status = device_rows_list(call->db, call->arena, &filter, input->page, &rows, &page.count,
                                  &page.next_after, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    page.items = ARENA_NEW(call->arena, struct device_view, page.count);
    for (size_t i = 0; status == STATUS_OK && i < page.count; i++) {
        status = fill_view(call, &rows[i], &page.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = page;
    }
done:
    return call_end(call, status, fault);
}

/* ---- in numbers ---- */

enum status licence_devices_count(const struct call *call, const struct licence_row *licence,
                                  struct licence_devices *out, struct fault *fault) {
    const struct licence *own = &licence->licence;
    int64_t id = own->parent_id != 0 ? own->parent_id : own->id;
    int64_t seats = own->seats / own->part_quantity; /* of the bundle */
    struct device_counts counts = {0};
    int64_t released = 0;
    enum status status =
        device_count(call->db, id, present_month(call), call->now_us / 1000000, &counts, fault);
    if (status == STATUS_OK) {
        status = device_count_releases(call->db, id, call->now_us - RELEASES_WINDOW_US, &released, fault);
    }
    if (status == STATUS_OK) {
        *out = (struct licence_devices){.active = counts.active,
                                        .seats_taken = counts.seats_taken,
                                        .seen = counts.seen,
                                        .cloned = counts.cloned,
                                        .released = released,
                                        .releases_max = seats + RELEASES_BEYOND_SEATS};
    }
    return status;
}
