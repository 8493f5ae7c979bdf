/* Blocks, licences, their events, and usage reports, as JSON. */
#include "json/represent.h"

/* A thing by its identifier and code; null where the reader may not know of it. */
static void write_thing(struct json_writer *out, const char *name, struct text id, struct text code,
                        struct text thing_name) {
    json_write_open(out, name);
    if (id.length > 0) {
        json_write_text(out, "id", id);
    }
    json_write_text(out, "code", code);
    if (thing_name.length > 0) {
        json_write_text(out, "name", thing_name);
    }
    json_write_close(out);
}

void represent_block(struct json_writer *out, const char *name, const struct block_view *block) {
    json_write_open(out, name);
    json_write_text(out, "id", block->identifier);
    write_thing(out, "provider", block->provider, block->provider_code, TEXT(""));
    write_thing(out, "sku", block->sku, block->sku_code, block->sku_name);
    json_write_int(out, "size", block->size);
    json_write_int(out, "issued_seats", block->issued_seats);
    json_write_int(out, "free_seats", block->free_seats);
    json_write_string(out, "state", machine_state_name(&block_machine, (int)block->state));
    json_write_instant(out, "ordered_at", block->ordered_at_us);
    json_write_int(out, "version", block->version);
    json_write_close(out);
}

static void write_licence_fields(struct json_writer *out, const struct licence_view *licence) {
    json_write_text(out, "id", licence->identifier);
    json_write_text_or_null(out, "block", licence->block);
    write_thing(out, "provider", licence->provider, licence->provider_code, TEXT(""));
    write_thing(out, "customer", licence->customer, licence->customer_code, licence->customer_name);
    write_thing(out, "sku", licence->sku, licence->sku_code, licence->sku_name);
    json_write_text_or_null(out, "parent", licence->parent);
    json_write_text_or_null(out, "key_hint", licence->key_hint);
    json_write_string(out, "state", machine_state_name(&licence_machine, (int)licence->state));
    json_write_text(out, "effective", licence->effective);
    json_write_int(out, "seats", licence->seats);
    json_write_int(out, "counted_seats", licence->counted_seats);
    json_write_int(out, "suspensions", licence->suspensions);
    json_write_instant(out, "issued_at", licence->issued_at_us);
    json_write_instant(out, "first_on_at", licence->first_on_at_us);
    json_write_instant(out, "last_event_at", licence->last_event_at_us);
    json_write_int(out, "version", licence->version);
}

void represent_licence(struct json_writer *out, const char *name, const struct licence_view *licence) {
    json_write_open(out, name);
    write_licence_fields(out, licence);
    json_write_close(out);
}

void represent_licence_in_full(struct json_writer *out, const char *name,
                               const struct licence_detail *detail) {
    json_write_open(out, name);
    write_licence_fields(out, &detail->licence);
    json_write_open_array(out, "parts");
    for (size_t i = 0; i < detail->part_count; i++) {
        represent_licence(out, NULL, &detail->parts[i]);
    }
    json_write_close_array(out);
    json_write_open_array(out, "suspended_by");
    for (size_t i = 0; i < detail->suspended_by_count; i++) {
        json_write_text(out, NULL, detail->suspended_by[i]);
    }
    json_write_close_array(out);
    represent_licence_devices(out, "devices", &detail->devices);
    json_write_close(out);
}

void represent_issued_licence(struct json_writer *out, const char *name,
                              const struct issued_licence *issued) {
    json_write_open(out, name);
    json_write_text(out, "key", issued->key);
    represent_licence(out, "licence", &issued->licence);
    json_write_close(out);
}

void represent_licence_event(struct json_writer *out, const char *name,
                             const struct licence_event_view *info) {
    const struct licence_event *event = &info->event;
    json_write_open(out, name);
    json_write_int(out, "sequence", event->number);
    json_write_instant(out, "at", event->at_us);
    json_write_string(out, "event", event_kind_name(event->kind));
    json_write_int(out, "own_seats", event->own_seats);
    json_write_int(out, "seats_before", event->seats_before);
    json_write_int(out, "seats_after", event->seats_after);
    json_write_text_or_null(out, "cause", info->cause);
    if (info->voided_by == 0) {
        json_write_null(out, "voided_by");
    } else {
        json_write_int(out, "voided_by", info->voided_by);
    }
    json_write_close(out);
}

void represent_undone_licence(struct json_writer *out, const char *name,
                              const struct undone_licence *undone) {
    json_write_open(out, name);
    represent_licence(out, "licence", &undone->licence);
    json_write_int(out, "undone", undone->undone);
    json_write_text_or_null(out, "instead", undone->instead);
    json_write_close(out);
}

void represent_undone_customer(struct json_writer *out, const char *name,
                               const struct undone_customer *undone) {
    json_write_open(out, name);
    json_write_int(out, "licences", undone->licences);
    json_write_int(out, "left", undone->left);
    json_write_close(out);
}

void represent_report(struct json_writer *out, const char *name, const struct report_view *report) {
    json_write_open(out, name);
    json_write_text_or_null(out, "id", report->identifier);
    json_write_text(out, "agreement", report->agreement);
    write_thing(out, "seller", TEXT(""), report->seller_code, TEXT(""));
    write_thing(out, "provider", TEXT(""), report->provider_code, report->provider_name);
    json_write_text(out, "month", month_format(out->arena, report->month));
    json_write_string(out, "state", machine_state_name(&report_machine, (int)report->state));
    json_write_instant(out, "submitted_at", report->submitted_at_us);
    json_write_text_or_null(out, "submitted_by", report->submitted_by);
    json_write_instant(out, "decided_at", report->decided_at_us);
    json_write_text_or_null(out, "decided_by", report->decided_by);
    json_write_text_or_null(out, "rejection_reason", report->rejection_reason);
    json_write_int(out, "version", report->version);
    json_write_close(out);
}

static void write_int_or_null(struct json_writer *out, const char *name, bool is_there, int64_t value) {
    if (is_there) {
        json_write_int(out, name, value);
    } else {
        json_write_null(out, name);
    }
}

static void write_amount_or_null(struct json_writer *out, const char *name, bool is_there, int64_t minor,
                                 struct currency currency) {
    json_write_text_or_null(out, name, is_there ? money_format(out->arena, minor, currency) : TEXT(""));
}

static void write_report_row(struct json_writer *out, const struct usage_report_row *row,
                             struct currency currency) {
    json_write_open(out, NULL);
    write_thing(out, "customer", TEXT(""), row->customer_code, row->customer_name);
    write_thing(out, "sku", TEXT(""), row->sku, row->description);
    json_write_text_or_null(out, "policy", row->policy);
    json_write_int(out, "provisioned", row->provisioned_units);
    write_int_or_null(out, "used", row->has_used, row->used_units);
    write_int_or_null(out, "over_provisioned", row->has_used, row->over_provisioned_units);
    write_int_or_null(out, "unlicensed", row->has_used, row->unlicensed_units);
    json_write_text(out, "measured", quantity_format(out->arena, row->measured));
    json_write_text(out, "late", quantity_format(out->arena, row->late));
    write_amount_or_null(out, "late_amount", row->has_late_amount, row->late_minor, currency);
    write_int_or_null(out, "adjusted", row->has_adjustment, row->adjusted_units);
    json_write_text(out, "chargeable", quantity_format(out->arena, row->chargeable));
    json_write_text_or_null(out, "reason", row->reason);
    json_write_close(out);
}

void represent_report_in_full(struct json_writer *out, const char *name, const struct report_detail *detail) {
    const struct usage_report *report = &detail->report;
    json_write_open(out, name);
    json_write_text_or_null(out, "id", report->identifier);
    json_write_text(out, "agreement", report->agreement);
    write_thing(out, "seller", TEXT(""), report->seller_code, report->seller_name);
    write_thing(out, "provider", TEXT(""), report->provider_code, report->provider_name);
    json_write_text(out, "month", month_format(out->arena, report->month));
    json_write_string(out, "state", machine_state_name(&report_machine, (int)report->state));
    json_write_text(out, "due_on", date_format(out->arena, report->due_on));
    json_write_instant(out, "submitted_at", detail->submitted_at_us);
    json_write_text_or_null(out, "submitted_by", report->submitted_by);
    json_write_instant(out, "decided_at", detail->decided_at_us);
    json_write_text_or_null(out, "decided_by", report->decided_by);
    json_write_text_or_null(out, "rejection_reason", report->rejection_reason);
    json_write_int(out, "version", detail->version);
    json_write_string(out, "currency", report->currency.code);
    write_amount_or_null(out, "late_amount", report->has_late_amount, report->late_minor, report->currency);
    json_write_open_array(out, "rows");
    for (size_t i = 0; i < report->row_count; i++) {
        write_report_row(out, &report->rows[i], report->currency);
    }
    json_write_close_array(out);
    json_write_close(out);
}

static void write_move_party(struct json_writer *out, const char *name, const struct move_party_view *party) {
    json_write_open(out, name);
    json_write_text(out, "id", party->identifier);
    json_write_text(out, "code", party->code);
    json_write_text(out, "name", party->name);
    json_write_text_or_null(out, "agreed_by", party->agreed_by);
    json_write_close(out);
}

static void write_move_licence(struct json_writer *out, const struct move_licence_view *licence) {
    json_write_open(out, NULL);
    json_write_text_or_null(out, "licence", licence->licence);
    json_write_text(out, "sku", licence->sku);
    json_write_text(out, "state", licence->state);
    json_write_int(out, "seats", licence->seats);
    json_write_int(out, "devices", licence->devices);
    json_write_text_or_null(out, "stays", licence->stays);
    json_write_close(out);
}

void represent_move(struct json_writer *out, const char *name, const struct move_view *move) {
    json_write_open(out, name);
    json_write_text_or_null(out, "id", move->identifier);
    json_write_text(out, "state", move->state);
    write_move_party(out, "customer", &move->customer);
    write_move_party(out, "from", &move->from);
    write_move_party(out, "to", &move->to);
    json_write_text(out, "month", move->month);
    json_write_instant(out, "at", move->at_us);
    json_write_bool(out, "alone", move->is_alone);
    json_write_text_or_null(out, "successor", move->successor);
    json_write_text(out, "proposed_by", move->proposed_by);
    json_write_instant(out, "proposed_at", move->proposed_at_us);
    json_write_instant(out, "decided_at", move->decided_at_us);
    json_write_open_array(out, "licences");
    for (size_t i = 0; i < move->licence_count; i++) {
        write_move_licence(out, &move->licences[i]);
    }
    json_write_close_array(out);
    json_write_int(out, "version", move->version);
    json_write_close(out);
}
