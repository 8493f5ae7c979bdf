/* Accounts, agreements, catalogue, prices, users, invitations, tokens and the audit trail, as JSON. */
#include "json/represent.h"

/* {"id": …, "code": …, "name": …}; null where there is none. Empty parts are left out. */
static void write_party(struct json_writer *out, const char *name, struct text id, struct text code,
                        struct text party_name) {
    if (id.length == 0 && code.length == 0) {
        json_write_null(out, name);
        return;
    }
    json_write_open(out, name);
    json_write_text(out, "id", id);
    json_write_text(out, "code", code);
    if (party_name.length > 0) {
        json_write_text(out, "name", party_name);
    }
    json_write_close(out);
}

void represent_account(struct json_writer *out, const char *name, const struct account_view *account) {
    json_write_open(out, name);
    json_write_text(out, "id", account->identifier);
    json_write_text(out, "kind", account->kind);
    json_write_text(out, "code", account->code);
    json_write_text(out, "name", account->name);
    json_write_text_or_null(out, "address", account->address);
    json_write_text_or_null(out, "country", account->country);
    json_write_bool(out, "in_full", account->in_full);
    if (account->in_full) {
        write_party(out, "seller", account->seller, account->seller_code, TEXT(""));
        json_write_text_or_null(out, "tax_number", account->tax_number);
        json_write_text_or_null(out, "email", account->email);
        json_write_bool(out, "has_logo", account->has_logo);
        json_write_open_array(out, "named_to");
        for (size_t i = 0; i < account->named_to_count; i++) {
            const struct account *vendor = &account->named_to[i];
            write_party(out, NULL, account->named_to_ids[i], vendor->code, vendor->name);
        }
        json_write_close_array(out);
        json_write_instant(out, "created_at", account->created_at_us);
        json_write_int(out, "version", account->version);
    }
    json_write_close(out);
}

/* What the terms say, of an agreement and of an amendment alike. */
static void write_terms(struct json_writer *out, const struct terms_view *terms) {
    json_write_text(out, "currency", terms->currency);
    json_write_text(out, "time_zone", terms->time_zone);
    json_write_text(out, "tax_category", terms->tax_category);
    json_write_text(out, "tax_rate", terms->tax_rate);
    json_write_int(out, "payment_days", terms->payment_days);
    json_write_int(out, "report_due_days", terms->report_due_days);
    json_write_text_or_null(out, "terms", terms->terms);
}

void represent_agreement(struct json_writer *out, const char *name, const struct agreement_view *agreement) {
    json_write_open(out, name);
    json_write_text(out, "id", agreement->identifier);
    json_write_text(out, "state", agreement->state);
    write_party(out, "seller", agreement->seller, agreement->seller_code, agreement->seller_name);
    write_party(out, "buyer", agreement->buyer, agreement->buyer_code, agreement->buyer_name);
    json_write_int(out, "terms_number", agreement->in_force.number);
    json_write_text_or_null(out, "terms_from", agreement->in_force.from);
    write_terms(out, &agreement->in_force);
    json_write_open_array(out, "amendments");
    for (size_t i = 0; i < agreement->ahead_count; i++) {
        represent_terms(out, NULL, &agreement->ahead[i]);
    }
    json_write_close_array(out);
    json_write_bool(out, "bills_elsewhere", agreement->bills_elsewhere);
    json_write_bool(out, "names_to_vendors", agreement->names_to_vendors);
    json_write_instant(out, "offered_at", agreement->offered_at_us);
    json_write_instant(out, "signed_at", agreement->signed_at_us);
    json_write_text_or_null(out, "signed_by", agreement->signed_by);
    json_write_instant(out, "ended_at", agreement->ended_at_us);
    json_write_instant(out, "created_at", agreement->created_at_us);
    json_write_int(out, "version", agreement->version);
    json_write_close(out);
}

/* What an amendment names; the first terms change nothing. */
static void write_changes(struct json_writer *out, int64_t changes) {
    static const struct {
        enum amendment_change change;
        const char *name;
    } NAMES[] = {{CHANGES_CURRENCY, "currency"},
                 {CHANGES_TIME_ZONE, "time_zone"},
                 {CHANGES_TAX, "tax"},
                 {CHANGES_PAYMENT_DAYS, "payment_days"},
                 {CHANGES_REPORT_DAYS, "report_due_days"},
                 {CHANGES_TEXT, "terms"}};
    json_write_open_array(out, "changes");
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if ((changes & NAMES[i].change) != 0) {
            json_write_text(out, NULL, text_of(NAMES[i].name));
        }
    }
    json_write_close_array(out);
}

void represent_terms(struct json_writer *out, const char *name, const struct terms_view *terms) {
    json_write_open(out, name);
    json_write_int(out, "number", terms->number);
    json_write_text(out, "agreement", terms->agreement);
    json_write_text(out, "state", terms->state);
    json_write_text_or_null(out, "from", terms->from);
    write_changes(out, terms->changes);
    write_terms(out, terms);
    json_write_instant(out, "proposed_at", terms->proposed_at_us);
    json_write_text_or_null(out, "proposed_by", terms->proposed_by);
    json_write_instant(out, "decided_at", terms->decided_at_us);
    json_write_text_or_null(out, "decided_by", terms->decided_by);
    json_write_close(out);
}

void represent_cascade(struct json_writer *out, const char *name, const struct cascade_result *cascade) {
    json_write_open(out, name);
    json_write_text(out, "agreement", cascade->agreement);
    json_write_text(out, "state", cascade->state);
    json_write_int(out, "licences", cascade->licences);
    json_write_int(out, "agreements", cascade->agreements);
    json_write_int(out, "version", cascade->version);
    json_write_close(out);
}

static void write_sku_fields(struct json_writer *out, const struct sku_view *sku) {
    json_write_text(out, "id", sku->identifier);
    json_write_text(out, "kind", sku->kind);
    json_write_text(out, "code", sku->code);
    json_write_text(out, "name", sku->name);
    json_write_text_or_null(out, "external_id", sku->external_id);
    json_write_text(out, "owner", sku->owner);
    json_write_text(out, "owner_name", sku->owner_name);
    json_write_instant(out, "created_at", sku->created_at_us);
}

void represent_sku(struct json_writer *out, const char *name, const struct sku_view *sku) {
    json_write_open(out, name);
    write_sku_fields(out, sku);
    json_write_close(out);
}

void represent_sku_in_full(struct json_writer *out, const char *name, const struct sku_view *sku) {
    json_write_open(out, name);
    write_sku_fields(out, sku);
    json_write_open_array(out, "parts");
    for (size_t i = 0; i < sku->part_count; i++) {
        json_write_open(out, NULL);
        json_write_text(out, "id", sku->parts[i].identifier);
        json_write_text(out, "code", sku->parts[i].code);
        json_write_text(out, "name", sku->parts[i].name);
        json_write_int(out, "quantity", sku->parts[i].quantity);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_open_array(out, "components");
    for (size_t i = 0; i < sku->component_count; i++) {
        json_write_open(out, NULL);
        json_write_text_or_null(out, "external_id", sku->components[i].external_id);
        json_write_text(out, "code", sku->components[i].code);
        json_write_text(out, "name", sku->components[i].name);
        json_write_close(out);
    }
    json_write_close_array(out);
    json_write_close(out);
}

static void write_catalogue_changes(struct json_writer *out, const struct import_catalogue_result *result) {
    json_write_open_array(out, "changes");
    for (size_t i = 0; i < result->change_count; i++) {
        const struct catalogue_change *change = &result->changes[i];
        json_write_open(out, NULL);
        json_write_string(out, "effect", change->is_new ? "new" : "changed");
        json_write_text(out, "sku", change->code);
        json_write_text(out, "name", change->name);
        json_write_text_or_null(out, "old_name", change->old_name);
        json_write_int(out, "components_added", change->components_added);
        json_write_close(out);
    }
    json_write_close_array(out);
}

void represent_catalogue_import(struct json_writer *out, const char *name,
                                const struct import_catalogue_result *result) {
    json_write_open(out, name);
    json_write_text_or_null(out, "vendor", result->vendor);
    json_write_text(out, "vendor_code", result->vendor_code);
    json_write_bool(out, "vendor_added", result->vendor_added);
    json_write_int(out, "skus", result->skus);
    json_write_int(out, "components", result->components);
    json_write_int(out, "skus_added", result->skus_added);
    json_write_int(out, "components_added", result->components_added);
    json_write_int(out, "renamed", result->renamed);
    json_write_int(out, "unchanged", result->unchanged);
    json_write_bool(out, "dry_run", result->dry_run);
    if (result->dry_run) {
        write_catalogue_changes(out, result);
    }
    json_write_close(out);
}

static void write_tiers(struct json_writer *out, const struct price *price) {
    json_write_open_array(out, "tiers");
    for (size_t i = 0; i < price->tier_count; i++) {
        json_write_open(out, NULL);
        json_write_int(out, "from", price->tiers[i].from);
        json_write_text(out, "unit_price",
                        decimal_format_short(out->arena, price->tiers[i].unit_price_millionths, 6));
        json_write_close(out);
    }
    json_write_close_array(out);
}

/* What a price says, without whose it is. */
static void write_price_body(struct json_writer *out, const struct price *price) {
    json_write_text(out, "effective_from", date_format(out->arena, price->effective_from));
    json_write_string(out, "policy", metering_policy_name(price->policy));
    json_write_string(out, "tier_mode", tier_mode_name(price->mode));
    write_tiers(out, price);
    json_write_int(out, "minimum", price->terms.minimum_units);
    json_write_int(out, "free_months", price->terms.free_months);
    json_write_text_or_null(out, "trial_end",
                            price->terms.has_trial_end ? date_format(out->arena, price->terms.trial_end)
                                                       : TEXT(""));
    json_write_bool(out, "not_for_resale", price->terms.not_for_resale);
}

void represent_price(struct json_writer *out, const char *name, const struct price_view *view) {
    const struct price *price = &view->price;
    json_write_open(out, name);
    write_party(out, "seller", view->seller, view->seller_code, TEXT(""));
    write_party(out, "buyer", view->buyer, view->buyer_code, TEXT(""));
    write_party(out, "sku", view->sku, view->sku_code, TEXT(""));
    json_write_text(out, "currency", view->currency);
    write_price_body(out, price);
    json_write_text_or_null(out, "tax_category", view->tax_category);
    json_write_text_or_null(out, "tax_rate", view->tax_category.length > 0 ? view->tax_rate : TEXT(""));
    if (view->withdrawn_at_us > 0) {
        json_write_instant(out, "withdrawn_at", view->withdrawn_at_us);
    } else {
        json_write_null(out, "withdrawn_at");
    }
    json_write_close(out);
}

static void write_price_change(struct json_writer *out, const struct price_changes *changes,
                               const struct price_change *change) {
    json_write_open(out, NULL);
    json_write_string(out, "effect", price_effect_name(change->effect));
    write_party(out, "seller", changes->seller, changes->seller_code, TEXT(""));
    write_party(out, "buyer", change->buyer, change->buyer_code, TEXT(""));
    write_party(out, "sku", change->sku, change->sku_code, TEXT(""));
    json_write_text(out, "currency", change->currency);
    json_write_text_or_null(out, "first_month",
                            change->has_month ? month_format(out->arena, change->first_month) : TEXT(""));
    json_write_open(out, "price");
    write_price_body(out, &change->price);
    json_write_close(out);
    if (change->has_before) {
        json_write_open(out, "before");
        write_price_body(out, &change->before);
        json_write_close(out);
    } else {
        json_write_null(out, "before");
    }
    json_write_close(out);
}

static void write_price_changes(struct json_writer *out, const struct price_changes *changes) {
    json_write_open(out, "effects");
    for (int i = 0; i < PRICE_EFFECTS; i++) {
        json_write_int(out, price_effect_name((enum price_effect)i), changes->effects[i]);
    }
    json_write_close(out);
    json_write_open_array(out, "changes");
    for (size_t i = 0; i < changes->count; i++) {
        write_price_change(out, changes, &changes->items[i]);
    }
    json_write_close_array(out);
}

void represent_price_import(struct json_writer *out, const char *name,
                            const struct import_prices_result *result) {
    json_write_open(out, name);
    json_write_int(out, "prices", result->prices);
    json_write_int(out, "prices_added", result->prices_added);
    json_write_int(out, "prices_replaced", result->prices_replaced);
    json_write_bool(out, "dry_run", result->dry_run);
    if (result->dry_run) {
        write_price_changes(out, &result->changes);
    }
    json_write_close(out);
}

void represent_import_problems(struct json_writer *out, const char *name,
                               const struct import_problems *problems) {
    json_write_open_array(out, name);
    for (size_t i = 0; i < problems->count; i++) {
        const struct import_problem *problem = &problems->items[i];
        json_write_open(out, NULL);
        json_write_int(out, "line", problem->line);
        json_write_string(out, "code", problem->fault.code);
        json_write_text_or_null(out, "field", text_of(problem->fault.field));
        json_write_text_or_null(out, "value", text_of(problem->fault.value));
        json_write_string(out, "detail", problem->fault.message);
        json_write_close(out);
    }
    json_write_close_array(out);
}

void represent_user(struct json_writer *out, const char *name, const struct user_view *user) {
    json_write_open(out, name);
    json_write_text(out, "id", user->identifier);
    write_party(out, "account", user->account, user->account_code, TEXT(""));
    json_write_text(out, "email", user->email);
    json_write_text(out, "name", user->name);
    json_write_text(out, "role", user->role);
    json_write_bool(out, "active", user->active);
    json_write_instant(out, "created_at", user->created_at_us);
    json_write_int(out, "version", user->version);
    json_write_close(out);
}

void represent_invitation(struct json_writer *out, const char *name,
                          const struct invitation_view *invitation) {
    json_write_open(out, name);
    json_write_text(out, "id", invitation->identifier);
    write_party(out, "account", invitation->account, invitation->account_code, TEXT(""));
    json_write_text(out, "email", invitation->email);
    json_write_text(out, "name", invitation->name);
    json_write_text(out, "role", invitation->role);
    json_write_text(out, "invited_by", invitation->invited_by);
    json_write_instant(out, "created_at", invitation->created_at_us);
    json_write_instant(out, "expires_at", invitation->expires_at_us);
    json_write_close(out);
}

void represent_token(struct json_writer *out, const char *name, const struct token_view *token) {
    json_write_open(out, name);
    json_write_text(out, "id", token->identifier);
    write_party(out, "account", token->account, token->account_code, TEXT(""));
    json_write_text(out, "name", token->name);
    json_write_text(out, "scopes", token->scopes);
    json_write_text(out, "created_by", token->created_by);
    json_write_instant(out, "created_at", token->created_at_us);
    json_write_instant(out, "expires_at", token->expires_at_us);
    json_write_instant(out, "revoked_at", token->revoked_at_us);
    json_write_close(out);
}

void represent_audit_entry(struct json_writer *out, const char *name, const struct audit_view *entry) {
    json_write_open(out, name);
    json_write_text(out, "id", entry->identifier);
    json_write_instant(out, "at", entry->at_us);
    json_write_text(out, "actor", entry->actor);
    json_write_text_or_null(out, "account", entry->account);
    json_write_text(out, "action", entry->action);
    json_write_text(out, "subject", entry->subject);
    json_write_text(out, "detail", entry->detail);
    json_write_close(out);
}
