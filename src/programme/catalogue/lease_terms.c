#include "programme/catalogue/lease_terms.h"

#include "core/time/duration.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_sku.h"
#include "store/devices/devices.h"

#include <assert.h>

/* ---- finding ---- */

static enum status find_licensed_sku(const struct call *call, struct text word, struct sku *sku,
                                     struct fault *fault) {
    TRY(find_sku(call, text_trim(word), "sku", sku, fault));
    if (sku->kind == SKU_SERVICE) {
        return fault_set(fault, STATUS_CONFLICT, "not-licensable", "sku", word,
                         "Name a product or a bundle: a service has no licences and so no leases.");
    }
    return STATUS_OK;
}

static enum status load_view(const struct call *call, const struct sku *sku, struct lease_terms_view *view,
                             struct fault *fault) {
    int64_t version = 0;
    struct lease_terms_view loaded = {.sku = identifier_text(call, IDENTIFIER_SKU, sku->id),
                                      .sku_code = sku->code};
    TRY(lease_terms_load(call->db, sku->id, &loaded.terms, &version, fault));
    loaded.is_default = version == 0;
    loaded.version = version + 1;
    *view = loaded;
    return STATUS_OK;
}

static enum status do_show_lease_terms(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    const struct text *word = input;
    struct sku sku;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_licensed_sku(call, *word, &sku, fault));
    return load_view(call, &sku, output, fault);
}

enum status show_lease_terms(struct call *call, struct text sku_word, struct lease_terms_view *out,
                             struct fault *fault) {
    return call_run(call, DB_READ, do_show_lease_terms, &sku_word, out, fault);
}

/* ---- setting ---- */

/* One of the four terms, and what it may be set to. */
struct term {
    const int64_t *given;
    int32_t *term;
    int64_t least;
    int64_t most;
    const char *field;
    const char *code;
    const char *what;
};

static enum status set_term(const struct call *call, const struct term *term, struct fault *fault) {
    if (term->given == NULL) {
        return STATUS_OK;
    }
    int64_t given = *term->given;
    if (given < term->least || given > term->most) {
        return fault_set(fault, STATUS_INVALID, term->code, term->field,
                         text_format(call->arena, "%lld", (long long)given),
                         "Give %s from %s to %s, which in seconds is from %lld to %lld.", term->what,
                         duration_format(call->arena, term->least).at,
                         duration_format(call->arena, term->most).at, (long long)term->least,
                         (long long)term->most);
    }
    *term->term = (int32_t)given; /* within the bounds */
    return STATUS_OK;
}

static enum status set_terms(const struct call *call, const struct set_lease_terms_input *input,
                             struct lease_terms *terms, struct fault *fault) {
    const struct term settable[] = {
        {input->ttl_s, &terms->ttl_s, LEASE_TTL_S_MIN, LEASE_TTL_S_MAX, "ttl_s", "ttl-out-of-range",
         "the time to live of a lease"},
        {input->grace_s, &terms->grace_s, 0, LEASE_GRACE_S_MAX, "grace_s", "grace-out-of-range",
         "the grace after it"},
        {input->offline_ttl_s, &terms->offline_ttl_s, LEASE_OFFLINE_TTL_S_MIN, LEASE_OFFLINE_TTL_S_MAX,
         "offline_ttl_s", "offline-ttl-out-of-range", "the time to live of an offline lease"},
        {input->silent_s, &terms->silent_s, LEASE_SILENT_S_MIN, LEASE_SILENT_S_MAX, "silent_s",
         "silent-out-of-range", "the silence after which a device may lose its seat"},
    };
    for (size_t i = 0; i < sizeof settable / sizeof settable[0]; i++) {
        TRY(set_term(call, &settable[i], fault));
    }
    return STATUS_OK;
}

/* The longest that a device may be promised under a licence of the bundle: the least that a part allows. */
static enum status load_limits(const struct call *call, int64_t bundle_id, int64_t *online_s,
                               int64_t *offline_s, struct fault *fault) {
    struct bundle_part *parts = NULL;
    size_t count = 0;
    *online_s = *offline_s = INT64_MAX;
    TRY(bundle_part_load(call->db, call->arena, bundle_id, &parts, &count, fault));
    for (size_t i = 0; i < count; i++) {
        struct lease_terms terms = {0};
        int64_t version = 0;
        TRY(lease_terms_load(call->db, parts[i].part_id, &terms, &version, fault));
        int64_t promised_s = (int64_t)terms.ttl_s + terms.grace_s;
        *online_s = promised_s < *online_s ? promised_s : *online_s;
        *offline_s = terms.offline_ttl_s < *offline_s ? terms.offline_ttl_s : *offline_s;
    }
    return STATUS_OK;
}

static enum status check_limits(const struct call *call, const struct sku *sku,
                                const struct lease_terms *terms, struct fault *fault) {
    int64_t online_s = 0;
    int64_t offline_s = 0;
    if (sku->kind != SKU_BUNDLE) {
        return STATUS_OK;
    }
    TRY(load_limits(call, sku->id, &online_s, &offline_s, fault));
    if ((int64_t)terms->ttl_s + terms->grace_s > online_s) {
        return fault_set(
            fault, STATUS_CONFLICT, "longer-than-parts", "ttl_s",
            text_format(call->arena, "%d", terms->ttl_s),
            "Promise %s at most, grace included: a part of the bundle lets a device work no longer.",
            duration_format(call->arena, online_s).at);
    }
    if (terms->offline_ttl_s > offline_s) {
        return fault_set(fault, STATUS_CONFLICT, "longer-than-parts", "offline_ttl_s",
                         text_format(call->arena, "%d", terms->offline_ttl_s),
                         "Promise %s at most: a part of the bundle has no longer offline leases.",
                         duration_format(call->arena, offline_s).at);
    }
    return STATUS_OK;
}

static enum status save_terms(const struct call *call, const struct sku *sku, const struct lease_terms *terms,
                              const char *why, struct fault *fault) {
    TRY(lease_terms_save(call->db, sku->id, terms, fault));
    TRY(device_change_note(call->db, DEVICE_CHANGE_TERMS, sku->id, call->now_us, fault));
    return audit_write(call, "sku.lease-terms", identifier_text(call, IDENTIFIER_SKU, sku->id), sku->owner_id,
                       text_format(call->arena, "%.*s: ttl %s, grace %s, offline %s, silent %s%s",
                                   TEXT_ARGS(sku->code), duration_format(call->arena, terms->ttl_s).at,
                                   duration_format(call->arena, terms->grace_s).at,
                                   duration_format(call->arena, terms->offline_ttl_s).at,
                                   duration_format(call->arena, terms->silent_s).at, why),
                       fault);
}

static bool fits_within(const struct lease_terms *terms, int64_t online_s, int64_t offline_s) {
    return (int64_t)terms->ttl_s + terms->grace_s <= online_s && terms->offline_ttl_s <= offline_s;
}

/* Each limit that cuts a term is below that term, and so within 32 bits. */
static void shorten_terms(struct lease_terms *terms, int64_t online_s, int64_t offline_s) {
    if (terms->ttl_s > online_s) {
        terms->ttl_s = (int32_t)online_s;
    }
    if ((int64_t)terms->ttl_s + terms->grace_s > online_s) {
        terms->grace_s = (int32_t)(online_s - terms->ttl_s);
    }
    if (terms->offline_ttl_s > offline_s) {
        terms->offline_ttl_s = (int32_t)offline_s;
    }
    assert(fits_within(terms, online_s, offline_s));
}

enum status lease_terms_fit_bundle(const struct call *call, const struct sku *bundle, struct fault *fault) {
    int64_t online_s = 0;
    int64_t offline_s = 0;
    struct lease_terms terms = {0};
    int64_t version = 0;
    TRY(load_limits(call, bundle->id, &online_s, &offline_s, fault));
    TRY(lease_terms_load(call->db, bundle->id, &terms, &version, fault));
    if (fits_within(&terms, online_s, offline_s)) {
        return STATUS_OK;
    }
    shorten_terms(&terms, online_s, offline_s);
    return save_terms(call, bundle, &terms, ", as a part of it allows no longer", fault);
}

/* Acts as the system: a vendor is not to read in its audit trail which bundles its SKU is in. */
static enum status fit_bundles_with(const struct call *call, int64_t part_id, struct fault *fault) {
    struct call system = *call;
    system.actor = (struct actor){.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL};
    int64_t *ids = NULL;
    size_t count = 0;
    TRY(bundle_list_with_part(call->db, call->arena, part_id, &ids, &count, fault));
    for (size_t i = 0; i < count; i++) {
        struct sku bundle;
        TRY(sku_load(call->db, call->arena, ids[i], &bundle, fault));
        TRY(lease_terms_fit_bundle(&system, &bundle, fault));
    }
    return STATUS_OK;
}

static enum status do_set_lease_terms(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct set_lease_terms_input *wanted = input;
    struct sku sku;
    struct lease_terms_view view = {0};
    TRY(find_licensed_sku(call, wanted->sku, &sku, fault));
    TRY(require_right(call, sku.owner_id, RIGHT_CATALOGUE, fault));
    TRY(load_view(call, &sku, &view, fault));
    TRY(check_version(wanted->if_version, view.version, fault));
    TRY(set_terms(call, wanted, &view.terms, fault));
    TRY(check_limits(call, &sku, &view.terms, fault));
    TRY(save_terms(call, &sku, &view.terms, "", fault));
    TRY(fit_bundles_with(call, sku.id, fault));
    return load_view(call, &sku, output, fault);
}

enum status set_lease_terms(struct call *call, const struct set_lease_terms_input *input,
                            struct lease_terms_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_set_lease_terms, input, out, fault);
}

enum status lease_opening_load(struct db *db, struct arena *arena, int64_t sku_id,
                               const struct lease_opening **opening, struct fault *fault) {
    struct arena scratch;
    struct sku sku;
    struct text *components = NULL;
    size_t count = 0;
    arena_init(&scratch);
    enum status status = sku_load(db, &scratch, sku_id, &sku, fault);
    if (status == STATUS_OK) {
        status = lease_components_load(db, &scratch, sku_id, &components, &count, fault);
    }
    if (status == STATUS_OK) {
        *opening = lease_open(arena, sku.code, components, count);
    }
    arena_clean_up(&scratch);
    return status;
}
