#include "programme/catalogue/lease_terms.h"

#include "core/time/duration.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_sku.h"
#include "store/devices/devices.h"

#include <assert.h>

/* ---- finding ---- */

static enum status find_licensed_sku(const struct call *call, struct text word, struct sku *sku,
                                     struct fault *fault) {
    enum status status = find_sku(call, text_trim(word), "sku", sku, fault);
    if (status == STATUS_OK && sku->kind == SKU_SERVICE) {
        return fault_set(fault, STATUS_CONFLICT, "not-licensable", "sku", word,
                         "a service has no licences and so no leases; products and bundles have");
    }
    return status;
}

static enum status load_view(const struct call *call, const struct sku *sku, struct lease_terms_view *view,
                             struct fault *fault) {
    int64_t version = 0;
    *view = (struct lease_terms_view){.sku = identifier_text(call, IDENTIFIER_SKU, sku->id),
                                      .sku_code = sku->code};
    enum status status = lease_terms_load(call->db, sku->id, &view->terms, &version, fault);
    view->is_default = version == 0;
    view->version = version + 1;
    return status;
}

enum status show_lease_terms(struct call *call, struct text sku_word, struct lease_terms_view *out,
                             struct fault *fault) {
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct sku sku;
    struct lease_terms_view view = {0};
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_licensed_sku(call, sku_word, &sku, fault);
    }
    if (status == STATUS_OK) {
        status = load_view(call, &sku, &view, fault);
    }
    if (status == STATUS_OK) {
        *out = view;
    }
    return call_end(call, status, fault);
}

/* ---- setting ---- */

/* One of the four, where it is given. */
struct term {
    const int64_t *given;
    int32_t *term;
    int64_t least;
    int64_t most;
    const char *field;
    const char *code;
    const char *what;
};

static enum status take_term(const struct call *call, const struct term *term, struct fault *fault) {
    if (term->given == NULL) {
        return STATUS_OK;
    }
    int64_t given = *term->given;
    if (given < term->least || given > term->most) {
        return fault_set(fault, STATUS_INVALID, term->code, term->field,
                         text_format(call->arena, "%lld", (long long)given),
                         "%s is from %s to %s, in seconds from %lld to %lld", term->what,
                         duration_format(call->arena, term->least).at,
                         duration_format(call->arena, term->most).at, (long long)term->least,
                         (long long)term->most);
    }
    *term->term = (int32_t)given; /* within the bounds */
    return STATUS_OK;
}

static enum status take_terms(const struct call *call, const struct set_lease_terms_input *input,
                              struct lease_terms *terms, struct fault *fault) {
    const struct term taken[] = {
        {input->ttl_s, &terms->ttl_s, LEASE_TTL_S_MIN, LEASE_TTL_S_MAX, "ttl_s", "ttl-out-of-range",
         "the time to live of a lease"},
        {input->grace_s, &terms->grace_s, 0, LEASE_GRACE_S_MAX, "grace_s", "grace-out-of-range",
         "the grace after it"},
        {input->offline_ttl_s, &terms->offline_ttl_s, LEASE_OFFLINE_TTL_S_MIN, LEASE_OFFLINE_TTL_S_MAX,
         "offline_ttl_s", "offline-ttl-out-of-range", "the time to live of an offline lease"},
        {input->silent_s, &terms->silent_s, LEASE_SILENT_S_MIN, LEASE_SILENT_S_MAX, "silent_s",
         "silent-out-of-range", "the silence after which a device may lose its seat"},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sizeof taken / sizeof taken[0]; i++) {
        status = take_term(call, &taken[i], fault);
    }
    return status;
}

/* What a device may be promised at most under a licence of the bundle: the least that a part allows. */
static enum status load_limits(const struct call *call, int64_t bundle_id, int64_t *online_s,
                               int64_t *offline_s, struct fault *fault) {
    struct bundle_part *parts = NULL;
    size_t count = 0;
    *online_s = *offline_s = INT64_MAX;
    enum status status = bundle_part_load(call->db, call->arena, bundle_id, &parts, &count, fault);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct lease_terms terms = {0};
        int64_t version = 0;
        status = lease_terms_load(call->db, parts[i].part_id, &terms, &version, fault);
        int64_t promised_s = (int64_t)terms.ttl_s + terms.grace_s;
        *online_s = promised_s < *online_s ? promised_s : *online_s;
        *offline_s = terms.offline_ttl_s < *offline_s ? terms.offline_ttl_s : *offline_s;
    }
    return status;
}

static enum status check_limits(const struct call *call, const struct sku *sku,
                                const struct lease_terms *terms, struct fault *fault) {
    int64_t online_s = 0;
    int64_t offline_s = 0;
    if (sku->kind != SKU_BUNDLE) {
        return STATUS_OK;
    }
    enum status status = load_limits(call, sku->id, &online_s, &offline_s, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if ((int64_t)terms->ttl_s + terms->grace_s > online_s) {
        return fault_set(fault, STATUS_CONFLICT, "longer-than-parts", "ttl_s",
                         text_format(call->arena, "%d", terms->ttl_s),
                         "a part of the bundle lets a device work for %s at most, grace included; the bundle "
                         "cannot promise longer",
                         duration_format(call->arena, online_s).at);
    }
    if (terms->offline_ttl_s > offline_s) {
        return fault_set(fault, STATUS_CONFLICT, "longer-than-parts", "offline_ttl_s",
                         text_format(call->arena, "%d", terms->offline_ttl_s),
                         "a part of the bundle has offline leases of %s at most; the bundle cannot promise "
                         "longer",
                         duration_format(call->arena, offline_s).at);
    }
    return STATUS_OK;
}

static enum status keep(const struct call *call, const struct sku *sku, const struct lease_terms *terms,
                        const char *why, struct fault *fault) {
    enum status status = lease_terms_save(call->db, sku->id, terms, fault);
    if (status == STATUS_OK) {
        status = device_change_note(call->db, DEVICE_CHANGE_TERMS, sku->id, call->now_us, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "sku.lease-terms", identifier_text(call, IDENTIFIER_SKU, sku->id),
                             sku->owner_id,
                             text_format(call->arena, "%.*s: ttl %s, grace %s, offline %s, silent %s%s",
                                         TEXT_ARGS(sku->code), duration_format(call->arena, terms->ttl_s).at,
                                         duration_format(call->arena, terms->grace_s).at,
                                         duration_format(call->arena, terms->offline_ttl_s).at,
                                         duration_format(call->arena, terms->silent_s).at, why),
                             fault);
    }
    return status;
}

enum status lease_terms_fit_bundle(const struct call *call, const struct sku *bundle, struct fault *fault) {
    assert(bundle->kind == SKU_BUNDLE);
    int64_t online_s = 0;
    int64_t offline_s = 0;
    struct lease_terms terms = {0};
    int64_t version = 0;
    enum status status = load_limits(call, bundle->id, &online_s, &offline_s, fault);
    if (status == STATUS_OK) {
        status = lease_terms_load(call->db, bundle->id, &terms, &version, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if ((int64_t)terms.ttl_s + terms.grace_s <= online_s && terms.offline_ttl_s <= offline_s) {
        return STATUS_OK;
    }
    if (terms.ttl_s > online_s) {
        terms.ttl_s = (int32_t)online_s; /* shorter than one of 32 bits */
    }
    if ((int64_t)terms.ttl_s + terms.grace_s > online_s) {
        terms.grace_s = (int32_t)(online_s - terms.ttl_s); /* the same */
    }
    if (terms.offline_ttl_s > offline_s) {
        terms.offline_ttl_s = (int32_t)offline_s; /* the same */
    }
    return keep(call, bundle, &terms, ", as a part of it allows no longer", fault);
}

/* As the system: which bundles its SKU is in is not a vendor's to read in its audit trail. */
static enum status fit_bundles_with(const struct call *call, int64_t part_id, struct fault *fault) {
    struct call system = *call;
    system.actor = (struct actor){.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL};
    int64_t *ids = NULL;
    size_t count = 0;
    enum status status = bundle_list_with_part(call->db, call->arena, part_id, &ids, &count, fault);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct sku bundle;
        status = sku_load(call->db, call->arena, ids[i], &bundle, fault);
        if (status == STATUS_OK) {
            status = lease_terms_fit_bundle(&system, &bundle, fault);
        }
    }
    return status;
}

enum status set_lease_terms(struct call *call, const struct set_lease_terms_input *input,
                            struct lease_terms_view *out, struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct sku sku;
    struct lease_terms_view view = {0};
    status = find_licensed_sku(call, input->sku, &sku, fault);
    if (status == STATUS_OK) {
        status = require_right(call, sku.owner_id, RIGHT_CATALOGUE, fault);
    }
    if (status == STATUS_OK) {
        status = load_view(call, &sku, &view, fault);
    }
    if (status == STATUS_OK) {
        status = check_version(input->if_version, view.version, fault);
    }
    if (status == STATUS_OK) {
        status = take_terms(call, input, &view.terms, fault);
    }
    if (status == STATUS_OK) {
        status = check_limits(call, &sku, &view.terms, fault);
    }
    if (status == STATUS_OK) {
        status = keep(call, &sku, &view.terms, "", fault);
    }
    if (status == STATUS_OK) {
        status = fit_bundles_with(call, sku.id, fault);
    }
    if (status == STATUS_OK) {
        status = load_view(call, &sku, &view, fault);
    }
    if (status == STATUS_OK) {
        *out = view;
    }
    return call_end(call, status, fault);
}

enum status lease_opening_load(struct db *db, struct arena *arena, int64_t sku_id,
                               const struct lease_opening **opening, struct fault *fault) {
    struct arena looked_at;
    struct sku sku;
    struct text *components = NULL;
    size_t count = 0;
    arena_init(&looked_at);
    enum status status = sku_load(db, &looked_at, sku_id, &sku, fault);
    if (status == STATUS_OK) {
        status = lease_components_load(db, &looked_at, sku_id, &components, &count, fault);
    }
    if (status == STATUS_OK) {
        *opening = lease_open(arena, sku.code, components, count);
    }
    arena_clean_up(&looked_at);
    return status;
}
