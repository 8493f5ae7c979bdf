#include "programme/catalogue/import_catalogue.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup.h"
#include "programme/call/lookup_account.h"
#include "programme/call/seeded_map.h"
#include "programme/catalogue/catalogue_file.h"
#include "programme/parties/account_create.h"
#include "programme/parties/agreements.h"
#include "store/catalogue/skus.h"
#include "store/parties/programme.h"

#include <assert.h>
#include <stdlib.h>

/* ---- the vendor ---- */

static enum status not_a_vendor(const struct account *account, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "not-a-vendor", "vendor", account->code,
                     "Name a vendor, as a catalogue is one's: %.*s is a %s.", TEXT_ARGS(account->code),
                     account_kind_name(account->kind));
}

/* A vendor's own people import for it alone, whatever name they give it by. */
static enum status find_own_vendor(struct call *call, struct text word, struct account *vendor,
                                   struct fault *fault) {
    struct account own;
    TRY(account_load(call->db, call->arena, call->actor.account_id, &own, fault));
    if (word.length > 0 && !text_equal(word, own.name)) {
        TRY(find_account_with_right(call, word, "vendor", RIGHT_CATALOGUE, &own, fault));
    }
    if (own.kind != ACCOUNT_VENDOR) {
        return not_a_vendor(&own, fault);
    }
    *vendor = own;
    return STATUS_OK;
}

static enum status find_vendor_by_identifier(struct call *call, struct text word, struct account *vendor,
                                             struct fault *fault) {
    TRY(find_account(call, word, "vendor", vendor, fault));
    return vendor->kind == ACCOUNT_VENDOR ? STATUS_OK : not_a_vendor(vendor, fault);
}

/* A code goes before a name, and the code that is spelled exactly so before others. */
static enum status choose_vendor(struct call *call, struct text word, const struct account *vendors,
                                 size_t count, struct account *vendor, struct fault *fault) {
    static const struct lookup_noun VENDOR = {
        .noun = "vendor", .ambiguous_code = "ambiguous-code", .ambiguous_status = STATUS_INVALID};
    struct code_claim *claims = ARENA_NEW(call->arena, struct code_claim, count);
    struct lookup_choice *choices = ARENA_NEW(call->arena, struct lookup_choice, count);
    size_t chosen = 0;
    size_t tied = 0;
    for (size_t i = 0; i < count; i++) {
        bool has_code = text_equal_folded(vendors[i].code, word);
        claims[i] = (struct code_claim){.code = vendors[i].code, .circle = has_code ? 0 : 1};
    }
    if (code_claim_choose(word, claims, count, &chosen)) {
        *vendor = vendors[chosen];
        return STATUS_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (claims[i].is_tied) {
            choices[tied++].identifier = identifier_text(call, IDENTIFIER_ACCOUNT, vendors[i].id);
        }
    }
    return lookup_ambiguous(&VENDOR, word, "vendor", choices, tied, fault);
}

/* Any vendor, by identifier, code or name; `*found` is false where there is none of that name. */
static enum status find_any_vendor(struct call *call, struct text word, bool *found, struct account *vendor,
                                   struct fault *fault) {
    int64_t id = 0;
    struct account *vendors = NULL;
    size_t count = 0;
    *found = true;
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, word, &id)) {
        return find_vendor_by_identifier(call, word, vendor, fault);
    }
    TRY(account_find_vendor(call->db, call->arena, word, &vendors, &count, fault));
    *found = count > 0;
    return *found ? choose_vendor(call, word, vendors, count, vendor, fault) : STATUS_OK;
}

static enum status add_vendor(struct call *call, struct text name, int64_t distributor_id,
                              struct account *vendor, struct fault *fault) {
    struct account_details details = {.name = name};
    const struct agreement_terms_input defaults = {0};
    TRY(require_any_right(call, RIGHT_ACCOUNTS, fault));
    TRY(account_details_check(call, &details, fault));
    TRY(account_create(call, ACCOUNT_VENDOR, NULL, details, vendor, fault));
    return agreement_create_signed(call, vendor->id, distributor_id, &defaults, fault);
}

static enum status find_or_add_vendor(struct call *call, struct text word, struct account *vendor,
                                      bool *added, struct fault *fault) {
    struct programme programme;
    bool found = false;
    TRY(require_any_right(call, RIGHT_CATALOGUE, fault));
    TRY(programme_load(call->db, call->arena, &programme, fault));
    if (!actor_is(call, programme.distributor_id)) {
        return find_own_vendor(call, word, vendor, fault);
    }
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "vendor", word,
                         "Say whose catalogue this is: a vendor's name, code or identifier.");
    }
    TRY(find_any_vendor(call, word, &found, vendor, fault));
    *added = !found;
    return found ? STATUS_OK : add_vendor(call, word, programme.distributor_id, vendor, fault);
}

/* ---- saving ---- */

/* The vendor's codes in the store, and the file that is being saved. */
struct saving {
    struct call *call;
    struct catalogue_file *file;
    int64_t vendor_id;
    struct text_map codes; /* taken ones */
    struct import_catalogue_result *result;
};

static int compare_keys(const void *a, const void *b) {
    const struct file_sku *const *first = a;
    const struct file_sku *const *second = b;
    return text_compare((*first)->key, (*second)->key);
}

/* The first of CODE, CODE#2, CODE#3, … that is free. */
static struct text choose_code(struct saving *saving, struct text code) {
    struct text tried = code;
    for (int number = 2; text_map_get(&saving->codes, text_fold(saving->call->arena, tried)) >= 0; number++) {
        tried = text_format(saving->call->arena, "%.*s#%d", TEXT_ARGS(code), number);
    }
    text_map_put(&saving->codes, text_fold(saving->call->arena, tried), 0);
    return tried;
}

/* The file's SKU that the vendor's is, by its key; NULL where there is none, or one that has been found. */
static struct file_sku *sku_in_file(const struct saving *saving, const struct sku *owned,
                                    struct text folded) {
    const struct catalogue_file *file = saving->file;
    int64_t number = text_map_get(&file->sku_numbers, file->microsoft ? owned->external_id : folded);
    bool is_there = number >= 0 && owned->kind == SKU_PRODUCT && file->skus[number].id == 0;
    return is_there ? &file->skus[number] : NULL;
}

/* Takes a SKU of the vendor's for the file's of its key, and renames it where the file has another name. */
static enum status match_sku(struct saving *saving, const struct sku *one, bool as_spelled,
                             struct fault *fault) {
    struct call *call = saving->call;
    struct text folded = text_fold(call->arena, one->code);
    text_map_put(&saving->codes, folded, 0);
    struct file_sku *sku = sku_in_file(saving, one, folded);
    if (sku == NULL || (as_spelled && !text_equal(sku->code, one->code))) {
        return STATUS_OK;
    }
    sku->id = one->id;
    sku->code = one->code;
    if (!text_equal(sku->name, one->name)) {
        saving->result->renamed++;
        sku->old_name = one->name;
        TRY(sku_update_name(call->db, sku->id, sku->name, fault));
    }
    return STATUS_OK;
}

/* Of two codes from before letters of either case were one, the file means the one that it spells. */
static enum status match_skus(struct saving *saving, struct fault *fault) {
    struct call *call = saving->call;
    struct sku *owned = NULL;
    size_t count = 0;
    TRY(sku_load_owned(call->db, call->arena, saving->vendor_id, &owned, &count, fault));
    for (size_t i = 0; i < count; i++) {
        TRY(match_sku(saving, &owned[i], true, fault));
    }
    for (size_t i = 0; i < count; i++) {
        TRY(match_sku(saving, &owned[i], false, fault));
    }
    return STATUS_OK;
}

/* The SKUs of the file that the store does not have. Codes are given in the order of the keys, whatever the
 * order of the rows. */
static struct file_sku **new_skus(struct saving *saving, size_t *count) {
    struct catalogue_file *file = saving->file;
    struct file_sku **added = ARENA_NEW(saving->call->arena, struct file_sku *, file->sku_count);
    *count = 0;
    for (size_t i = 0; i < file->sku_count; i++) {
        if (file->skus[i].id == 0) {
            added[(*count)++] = &file->skus[i];
        }
    }
    qsort(added, *count, sizeof(struct file_sku *), compare_keys);
    return added;
}

static enum status save_skus(struct saving *saving, struct fault *fault) {
    struct call *call = saving->call;
    size_t count = 0;
    TRY(match_skus(saving, fault));
    struct file_sku **added = new_skus(saving, &count);
    struct sku *skus = ARENA_NEW(call->arena, struct sku, count);
    for (size_t i = 0; i < count; i++) {
        skus[i] = (struct sku){.owner_id = saving->vendor_id,
                               .kind = SKU_PRODUCT,
                               .code = choose_code(saving, added[i]->code),
                               .external_id = saving->file->microsoft ? added[i]->key : TEXT(""),
                               .name = added[i]->name,
                               .created_at_us = call->now_us};
    }
    TRY(sku_insert_many(call->db, skus, count, fault));
    for (size_t i = 0; i < count; i++) {
        added[i]->id = skus[i].id;
        added[i]->is_new = true;
        added[i]->code = skus[i].code;
    }
    saving->result->skus_added = (int64_t)count;
    assert(saving->result->skus_added <= saving->result->skus);
    return STATUS_OK;
}

static enum status match_components(struct saving *saving, struct fault *fault) {
    struct call *call = saving->call;
    struct catalogue_file *file = saving->file;
    struct component *owned = NULL;
    size_t count = 0;
    TRY(component_load_owned(call->db, call->arena, saving->vendor_id, &owned, &count, fault));
    for (size_t i = 0; i < count; i++) {
        int64_t number = text_map_get(&file->component_numbers, owned[i].external_id);
        if (number >= 0) {
            file->components[number].id = owned[i].id;
        }
    }
    return STATUS_OK;
}

static enum status save_components(struct saving *saving, struct fault *fault) {
    struct call *call = saving->call;
    struct catalogue_file *file = saving->file;
    TRY(match_components(saving, fault));
    struct component *added = ARENA_NEW(call->arena, struct component, file->component_count);
    size_t *numbers = ARENA_NEW(call->arena, size_t, file->component_count);
    size_t count = 0;
    for (size_t i = 0; i < file->component_count; i++) {
        const struct file_component *component = &file->components[i];
        if (component->id != 0) {
            continue;
        }
        numbers[count] = i;
        added[count++] = (struct component){.vendor_id = saving->vendor_id,
                                            .external_id = component->key,
                                            .code = component->code,
                                            .name = component->name};
    }
    TRY(component_insert_many(call->db, added, count, fault));
    for (size_t i = 0; i < count; i++) {
        file->components[numbers[i]].id = added[i].id;
    }
    saving->result->components_added = (int64_t)count;
    assert(saving->result->components_added <= saving->result->components);
    return STATUS_OK;
}

static enum status save_links(struct saving *saving, struct fault *fault) {
    struct call *call = saving->call;
    struct catalogue_file *file = saving->file;
    struct id_map known;
    struct sku_component *owned = NULL;
    size_t owned_count = 0;
    TRY(sku_component_load_owned(call->db, call->arena, saving->vendor_id, &owned, &owned_count, fault));
    id_map_init(&known, call->arena, owned_count);
    for (size_t i = 0; i < owned_count; i++) {
        id_map_put(&known, owned[i].sku_id, owned[i].component_id, 0);
    }
    struct sku_component *added = ARENA_NEW(call->arena, struct sku_component, file->link_count);
    size_t count = 0;
    for (size_t i = 0; i < file->link_count; i++) {
        const struct sku_component link = {file->skus[file->links[i].sku].id,
                                           file->components[file->links[i].component].id};
        uint32_t index = 0;
        assert(link.sku_id > 0 && link.component_id > 0);
        if (!id_map_get(&known, link.sku_id, link.component_id, &index)) {
            added[count++] = link;
            file->skus[file->links[i].sku].links_added++;
        }
    }
    return sku_component_insert_many(call->db, added, count, fault);
}

/* Counts what is as it was and, for a dry run, lists the rest. */
static void tell_catalogue_changes(struct saving *saving) {
    const struct catalogue_file *file = saving->file;
    struct arena *arena = saving->call->arena;
    struct catalogue_change *changes = ARENA_NEW(arena, struct catalogue_change, CATALOGUE_CHANGES_KEPT_MAX);
    size_t count = 0;
    for (size_t i = 0; i < file->sku_count; i++) {
        const struct file_sku *sku = &file->skus[i];
        if (!sku->is_new && sku->old_name.length == 0 && sku->links_added == 0) {
            saving->result->unchanged++;
        } else if (saving->call->dry_run && count < CATALOGUE_CHANGES_KEPT_MAX) {
            changes[count++] =
                (struct catalogue_change){sku->is_new, sku->code, sku->name, sku->old_name, sku->links_added};
        }
    }
    saving->result->dry_run = saving->call->dry_run;
    saving->result->changes = changes;
    saving->result->change_count = count;
}

static enum status save_catalogue(struct call *call, struct catalogue_file *file, int64_t vendor_id,
                                  struct import_catalogue_result *result, struct fault *fault) {
    struct saving saving = {.call = call, .file = file, .vendor_id = vendor_id, .result = result};
    seeded_map_init(call, &saving.codes);
    TRY(save_skus(&saving, fault));
    TRY(save_components(&saving, fault));
    TRY(save_links(&saving, fault));
    tell_catalogue_changes(&saving);
    return audit_write(call, "catalogue.import", identifier_text(call, IDENTIFIER_ACCOUNT, vendor_id),
                       vendor_id,
                       text_format(call->arena, "%lld SKUs, %lld components, %lld and %lld of them new",
                                   (long long)result->skus, (long long)result->components,
                                   (long long)result->skus_added, (long long)result->components_added),
                       fault);
}

/* A catalogue that has been read, and the word for its vendor. */
struct catalogue_import {
    struct text vendor;
    struct catalogue_file *file;
};

static enum status do_import_catalogue(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    const struct catalogue_import *import = input;
    struct account vendor = {0};
    struct import_catalogue_result result = {.skus = (int64_t)import->file->sku_count,
                                             .components = (int64_t)import->file->component_count};
    TRY(find_or_add_vendor(call, import->vendor, &vendor, &result.vendor_added, fault));
    TRY(save_catalogue(call, import->file, vendor.id, &result, fault));
    if (!call->dry_run || !result.vendor_added) {
        result.vendor = identifier_text(call, IDENTIFIER_ACCOUNT, vendor.id);
    }
    result.vendor_code = vendor.code;
    *(struct import_catalogue_result *)output = result;
    return STATUS_OK;
}

enum status import_catalogue(struct call *call, const struct import_catalogue_input *input,
                             struct import_catalogue_result *out, struct import_problems *problems,
                             struct fault *fault) {
    struct catalogue_file file;
    const struct catalogue_import import = {text_trim(input->vendor), &file};
    TRY(require_any_right(call, RIGHT_CATALOGUE, fault));
    TRY(catalogue_file_read(call, input->content, input->format, &file, problems, fault));
    return call_run(call, DB_WRITE, do_import_catalogue, &import, out, fault);
}
