#include "programme/catalogue/import_catalogue.h"

#include "core/base/csv.h"
#include "core/base/text_map.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/validate.h"
#include "programme/catalogue/catalogue.h"
#include "programme/parties/account_create.h"
#include "programme/parties/agreements.h"
#include "store/catalogue/skus.h"
#include "store/parties/programme.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { GUID_BYTES = 36, ROWS_MAX = 1000000 };

/* ---- the file ---- */

/* What the file says, each thing once. `key` is what tells it apart: the GUID, or the code. */
struct file_sku {
    struct text key;
    struct text code;
    struct text name;
    int64_t id; /* of the store, once it is known there */
};
struct file_component {
    struct text key;
    struct text code;
    struct text name;
    int64_t id;
};
struct file_link {
    size_t sku;
    size_t component;
};

struct file {
    struct call *call;
    bool microsoft;
    struct text_map sku_numbers;
    struct text_map component_numbers;
    struct text_map link_numbers;
    struct file_sku *skus;
    size_t sku_count, sku_capacity;
    struct file_component *components;
    size_t component_count, component_capacity;
    struct file_link *links;
    size_t link_count, link_capacity;
};

/* Where the columns stand; −1: not there. */
struct columns {
    int key, code, name, component_key, component_code, component_name;
};

static void init_map(struct call *call, struct text_map *map) {
    unsigned char seed[TEXT_MAP_SEED_BYTES];
    call->random->fill(call->random, seed, sizeof seed);
    text_map_init(map, call->arena, seed);
}

static size_t blank_length(struct text t, size_t at) {
    unsigned char c = (unsigned char)t.at[at];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        return 1;
    }
    return c == 0xC2 && at + 1 < t.length && (unsigned char)t.at[at + 1] == 0xA0 ? 2 : 0;
}

/* White space made plain: runs of it one blank, none at the ends. */
static struct text plain(struct arena *arena, struct text t) {
    char *made = ARENA_NEW(arena, char, t.length + 1);
    size_t length = 0;
    bool gap = false;
    for (size_t i = 0; i < t.length;) {
        size_t blank = blank_length(t, i);
        if (blank > 0) {
            gap = length > 0;
            i += blank;
            continue;
        }
        if (gap) {
            made[length++] = ' ';
        }
        gap = false;
        made[length++] = t.at[i++];
    }
    return (struct text){made, length};
}

/* The GUID in lower case, so that one is one however it was typed. */
static enum status read_guid(struct arena *arena, struct text given, const char *field, struct text *guid,
                             struct fault *fault) {
    struct text word = plain(arena, given);
    char *lower = ARENA_NEW(arena, char, GUID_BYTES + 1);
    bool fine = word.length == GUID_BYTES;
    for (size_t i = 0; fine && i < word.length; i++) {
        char c = word.at[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        lower[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        bool hex = (lower[i] >= '0' && lower[i] <= '9') || (lower[i] >= 'a' && lower[i] <= 'f');
        fine = dash ? c == '-' : hex;
    }
    if (!fine) {
        return fault_set(fault, STATUS_INVALID, "malformed-guid", field, word,
                         "\"%.*s\" is no GUID: it must read like 01234567-89ab-cdef-0123-456789abcdef.",
                         TEXT_ARGS(word));
    }
    *guid = (struct text){lower, GUID_BYTES};
    return STATUS_OK;
}

static struct text field_of(const struct csv_row *row, int column) {
    return column < 0 ? TEXT("") : row->fields[column];
}

/* The row's SKU; a row of our own format that contradicts an earlier one is refused. */
static enum status take_sku(struct file *file, const struct csv_row *row, const struct columns *columns,
                            size_t *number, struct fault *fault) {
    struct arena *arena = file->call->arena;
    const char *code_field = file->microsoft ? "String_Id" : "sku";
    struct file_sku sku = {0};
    enum status status = check_required_line(plain(arena, field_of(row, columns->code)), code_field,
                                             SKU_CODE_MAX_BYTES, &sku.code, fault);
    if (status == STATUS_OK) {
        status = sku_code_check(file->call, sku.code, code_field, fault);
    }
    if (status == STATUS_OK) {
        status = check_required_line(plain(arena, field_of(row, columns->name)),
                                     file->microsoft ? "Product_Display_Name" : "name", SKU_NAME_MAX_BYTES,
                                     &sku.name, fault);
    }
    sku.key = sku.code;
    if (status == STATUS_OK && file->microsoft) {
        status = read_guid(arena, field_of(row, columns->key), "GUID", &sku.key, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    int64_t known = text_map_get(&file->sku_numbers, sku.key);
    if (known >= 0 && !file->microsoft && !text_equal(file->skus[known].name, sku.name)) {
        return fault_set(fault, STATUS_INVALID, "row-differs", "name", sku.name,
                         "%.*s was named \"%.*s\" in an earlier row.", TEXT_ARGS(sku.code),
                         TEXT_ARGS(file->skus[known].name));
    }
    if (known < 0) {
        known = (int64_t)file->sku_count;
        file->skus = arena_grow(arena, file->skus, file->sku_count, &file->sku_capacity, sizeof *file->skus);
        file->skus[file->sku_count++] = sku;
        text_map_put(&file->sku_numbers, sku.key, known);
    }
    *number = (size_t)known;
    return STATUS_OK;
}

/* The row's component, where it has one. */
static enum status take_component(struct file *file, const struct csv_row *row, const struct columns *columns,
                                  bool *has, size_t *number, struct fault *fault) {
    struct arena *arena = file->call->arena;
    const char *code_field = file->microsoft ? "Service_Plan_Name" : "component_code";
    struct file_component component = {.code = plain(arena, field_of(row, columns->component_code)),
                                       .name = plain(arena, field_of(row, columns->component_name))};
    struct text key = plain(arena, file->microsoft ? field_of(row, columns->component_key) : component.code);
    *has = key.length > 0 || component.code.length > 0 || component.name.length > 0;
    if (!*has) {
        return STATUS_OK;
    }
    enum status status =
        check_required_line(component.code, code_field, SKU_CODE_MAX_BYTES, &component.code, fault);
    if (status == STATUS_OK) {
        status = check_line(component.name,
                            file->microsoft ? "Service_Plans_Included_Friendly_Names" : "component_name",
                            SKU_NAME_MAX_BYTES, &component.name, fault);
    }
    component.key = component.code;
    if (status == STATUS_OK && file->microsoft) {
        status = read_guid(arena, key, "Service_Plan_Id", &component.key, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (component.name.length == 0) {
        component.name = component.code;
    }
    int64_t known = text_map_get(&file->component_numbers, component.key);
    if (known < 0) {
        known = (int64_t)file->component_count;
        file->components = arena_grow(arena, file->components, file->component_count,
                                      &file->component_capacity, sizeof *file->components);
        file->components[file->component_count++] = component;
        text_map_put(&file->component_numbers, component.key, known);
    }
    *number = (size_t)known;
    return STATUS_OK;
}

/* Two numbers as a map's key. */
static struct text pair_key(struct arena *arena, int64_t a, int64_t b) {
    int64_t *pair = ARENA_NEW(arena, int64_t, 2);
    pair[0] = a;
    pair[1] = b;
    return (struct text){(const char *)pair, 2 * sizeof *pair};
}

static void take_link(struct file *file, size_t sku, size_t component) {
    struct arena *arena = file->call->arena;
    struct text key = pair_key(arena, (int64_t)sku, (int64_t)component);
    if (text_map_get(&file->link_numbers, key) >= 0) {
        return;
    }
    text_map_put(&file->link_numbers, key, (int64_t)file->link_count);
    file->links = arena_grow(arena, file->links, file->link_count, &file->link_capacity, sizeof *file->links);
    file->links[file->link_count++] = (struct file_link){sku, component};
}

static enum status take_row(struct file *file, const struct csv_row *row, const struct columns *columns,
                            struct fault *fault) {
    size_t sku = 0;
    size_t component = 0;
    bool has_component = false;
    enum status status = take_sku(file, row, columns, &sku, fault);
    if (status == STATUS_OK) {
        status = take_component(file, row, columns, &has_component, &component, fault);
    }
    if (status == STATUS_OK && has_component) {
        take_link(file, sku, component);
    }
    return status;
}

static enum status find_columns(struct file *file, struct text format, const struct csv_row *header,
                                struct columns *columns, struct fault *fault) {
    file->microsoft = text_is(format, "microsoft") || (format.length == 0 && csv_column(header, "GUID") >= 0);
    if (format.length > 0 && !file->microsoft && !text_is(format, "csv")) {
        return fault_set(fault, STATUS_INVALID, "unknown-format", "format", format,
                         "\"%.*s\" is no format of a catalogue: say microsoft or csv.", TEXT_ARGS(format));
    }
    if (!file->microsoft) {
        *columns = (struct columns){.key = -1,
                                    .component_key = -1,
                                    .component_code = csv_column(header, "component_code"),
                                    .component_name = csv_column(header, "component_name")};
        enum status status = csv_column_require(header, "sku", &columns->code, fault);
        return status == STATUS_OK ? csv_column_require(header, "name", &columns->name, fault) : status;
    }
    const struct {
        const char *name;
        int *column;
    } wanted[] = {
        {"Product_Display_Name", &columns->name},
        {"String_Id", &columns->code},
        {"GUID", &columns->key},
        {"Service_Plan_Name", &columns->component_code},
        {"Service_Plan_Id", &columns->component_key},
        {"Service_Plans_Included_Friendly_Names", &columns->component_name},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        enum status status = csv_column_require(header, wanted[i].name, wanted[i].column, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

/* Reads the whole file, noting every bad row. */
static enum status read_file(struct file *file, const struct import_catalogue_input *input,
                             struct import_problems *problems, struct fault *fault) {
    struct arena *arena = file->call->arena;
    struct csv_reader reader;
    struct csv_row header;
    struct columns columns;
    csv_open(&reader, arena, input->content);
    reader.limits.rows_max = ROWS_MAX;
    enum status status = csv_read_header(&reader, &header, fault);
    if (status == STATUS_OK) {
        status = find_columns(file, input->format, &header, &columns, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (;;) {
        struct csv_row row;
        bool have_row = false;
        struct fault problem;
        status = csv_next(&reader, &row, &have_row, &problem);
        if (status != STATUS_OK) {
            import_problems_add(problems, arena, import_problems_line_of(&problem), &problem);
            continue;
        }
        if (!have_row) {
            break;
        }
        status = take_row(file, &row, &columns, &problem);
        if (status != STATUS_OK) {
            import_problems_add(problems, arena, row.line, &problem);
        }
    }
    return import_problems_result(problems, fault);
}

/* ---- the vendor ---- */

static enum status no_vendor(const struct account *account, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "not-a-vendor", "vendor", account->code,
                     "%.*s is a %s; a catalogue is a vendor's.", TEXT_ARGS(account->code),
                     account_kind_name(account->kind));
}

/* The vendor's own people import for it alone, whatever name they give it by. */
static enum status find_own_vendor(struct call *call, struct text word, struct account *vendor,
                                   struct fault *fault) {
    struct account own;
    enum status status = account_load(call->db, call->arena, call->actor.account_id, &own, fault);
    if (status == STATUS_OK && word.length > 0 && !text_equal(word, own.name)) {
        status = find_account_with_right(call, word, "vendor", RIGHT_CATALOGUE, &own, fault);
    }
    if (status == STATUS_OK && own.kind != ACCOUNT_VENDOR) {
        status = no_vendor(&own, fault);
    }
    if (status == STATUS_OK) {
        *vendor = own;
    }
    return status;
}

static enum status find_any_vendor(struct call *call, struct text word, bool *found, struct account *vendor,
                                   struct fault *fault) {
    int64_t id = 0;
    struct account *vendors = NULL;
    size_t count = 0;
    *found = true;
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, word, &id)) {
        enum status status = find_account(call, word, "vendor", vendor, fault);
        return status == STATUS_OK && vendor->kind != ACCOUNT_VENDOR ? no_vendor(vendor, fault) : status;
    }
    enum status status = account_find_vendor(call->db, call->arena, word, &vendors, &count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (count > 1) {
        return fault_set(fault, STATUS_INVALID, "ambiguous-code", "vendor", word,
                         "More than one vendor is called \"%.*s\": name it by its identifier.",
                         TEXT_ARGS(word));
    }
    *found = count == 1;
    if (*found) {
        *vendor = vendors[0];
    }
    return STATUS_OK;
}

static enum status add_vendor(struct call *call, struct text name, int64_t distributor_id,
                              struct account *vendor, struct fault *fault) {
    struct account_details details = {.name = name};
    const struct agreement_terms_input defaults = {0};
    enum status status = require_any_right(call, RIGHT_ACCOUNTS, fault);
    if (status == STATUS_OK) {
        status = account_details_check(call, &details, fault);
    }
    if (status == STATUS_OK) {
        status = account_create(call, ACCOUNT_VENDOR, NULL, details, vendor, fault);
    }
    if (status == STATUS_OK) {
        status = agreement_create_signed(call, vendor->id, distributor_id, &defaults, fault);
    }
    return status;
}

static enum status find_vendor(struct call *call, struct text word, struct account *vendor, bool *added,
                               struct fault *fault) {
    struct programme programme;
    bool found = false;
    enum status status = require_any_right(call, RIGHT_CATALOGUE, fault);
    if (status == STATUS_OK) {
        status = programme_load(call->db, call->arena, &programme, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (!actor_is(call, programme.distributor_id)) {
        return find_own_vendor(call, word, vendor, fault);
    }
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "vendor", word,
                         "Say whose catalogue this is: a vendor's name, code or identifier.");
    }
    status = find_any_vendor(call, word, &found, vendor, fault);
    if (status == STATUS_OK && !found) {
        status = add_vendor(call, word, programme.distributor_id, vendor, fault);
        *added = true;
    }
    return status;
}

/* ---- saving ---- */

/* What the vendor has in the store, and what is to be added. */
struct saving {
    struct call *call;
    struct file *file;
    int64_t vendor_id;
    struct text_map codes; /* taken ones */
    struct import_catalogue_result *result;
};

static int compare_keys(const void *a, const void *b) {
    const struct file_sku *const *first = a;
    const struct file_sku *const *second = b;
    return text_compare((*first)->key, (*second)->key);
}

/* CODE, CODE#2, CODE#3, …: the first that is free. */
static struct text free_code(struct saving *saving, struct text code) {
    struct text tried = code;
    for (int number = 2; text_map_get(&saving->codes, tried) >= 0; number++) {
        tried = text_format(saving->call->arena, "%.*s#%d", TEXT_ARGS(code), number);
    }
    text_map_put(&saving->codes, tried, 0);
    return tried;
}

/* Finds the file's SKUs among the vendor's, by what tells them apart, and renames those with another name. */
static enum status match_skus(struct saving *saving, struct fault *fault) {
    struct call *call = saving->call;
    struct sku *owned = NULL;
    size_t count = 0;
    enum status status = sku_load_owned(call->db, call->arena, saving->vendor_id, &owned, &count, fault);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        text_map_put(&saving->codes, owned[i].code, 0);
        struct text key = saving->file->microsoft ? owned[i].external_id : owned[i].code;
        int64_t number = text_map_get(&saving->file->sku_numbers, key);
        if (number < 0 || owned[i].kind != SKU_PRODUCT) {
            continue;
        }
        struct file_sku *sku = &saving->file->skus[number];
        sku->id = owned[i].id;
        if (!text_equal(sku->name, owned[i].name)) {
            saving->result->renamed++;
            status = sku_update_name(call->db, sku->id, sku->name, fault);
        }
    }
    return status;
}

static enum status save_skus(struct saving *saving, struct fault *fault) {
    struct call *call = saving->call;
    struct file *file = saving->file;
    enum status status = match_skus(saving, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct file_sku **news = ARENA_NEW(call->arena, struct file_sku *, file->sku_count);
    size_t count = 0;
    for (size_t i = 0; i < file->sku_count; i++) {
        if (file->skus[i].id == 0) {
            news[count++] = &file->skus[i];
        }
    }
    /* Codes are given in the order of the GUIDs, whatever the order of the rows. */
    qsort(news, count, sizeof(struct file_sku *), compare_keys);
    struct sku *skus = ARENA_NEW(call->arena, struct sku, count);
    for (size_t i = 0; i < count; i++) {
        skus[i] = (struct sku){.owner_id = saving->vendor_id,
                               .kind = SKU_PRODUCT,
                               .code = free_code(saving, news[i]->code),
                               .external_id = file->microsoft ? news[i]->key : TEXT(""),
                               .name = news[i]->name,
                               .created_at_us = call->now_us};
    }
    status = sku_insert_many(call->db, skus, count, fault);
    for (size_t i = 0; i < count; i++) {
        news[i]->id = skus[i].id;
    }
    saving->result->skus_added = (int64_t)count;
    return status;
}

static enum status save_components(struct saving *saving, struct fault *fault) {
    struct call *call = saving->call;
    struct file *file = saving->file;
    struct component *owned = NULL;
    size_t owned_count = 0;
    enum status status =
        component_load_owned(call->db, call->arena, saving->vendor_id, &owned, &owned_count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < owned_count; i++) {
        int64_t number = text_map_get(&file->component_numbers, owned[i].external_id);
        if (number >= 0) {
            file->components[number].id = owned[i].id;
        }
    }
    struct component *news = ARENA_NEW(call->arena, struct component, file->component_count);
    size_t *numbers = ARENA_NEW(call->arena, size_t, file->component_count);
    size_t count = 0;
    for (size_t i = 0; i < file->component_count; i++) {
        const struct file_component *component = &file->components[i];
        if (component->id != 0) {
            continue;
        }
        numbers[count] = i;
        news[count++] = (struct component){.vendor_id = saving->vendor_id,
                                           .external_id = component->key,
                                           .code = component->code,
                                           .name = component->name};
    }
    status = component_insert_many(call->db, news, count, fault);
    for (size_t i = 0; i < count; i++) {
        file->components[numbers[i]].id = news[i].id;
    }
    saving->result->components_added = (int64_t)count;
    return status;
}

static enum status save_links(struct saving *saving, struct fault *fault) {
    struct call *call = saving->call;
    struct file *file = saving->file;
    struct text_map known;
    struct sku_component *owned = NULL;
    size_t owned_count = 0;
    init_map(call, &known);
    enum status status =
        sku_component_load_owned(call->db, call->arena, saving->vendor_id, &owned, &owned_count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < owned_count; i++) {
        text_map_put(&known, pair_key(call->arena, owned[i].sku_id, owned[i].component_id), 0);
    }
    struct sku_component *news = ARENA_NEW(call->arena, struct sku_component, file->link_count);
    size_t count = 0;
    for (size_t i = 0; i < file->link_count; i++) {
        const struct sku_component link = {file->skus[file->links[i].sku].id,
                                           file->components[file->links[i].component].id};
        assert(link.sku_id > 0 && link.component_id > 0);
        if (text_map_get(&known, pair_key(call->arena, link.sku_id, link.component_id)) < 0) {
            news[count++] = link;
        }
    }
    return sku_component_insert_many(call->db, news, count, fault);
}

static enum status save(struct call *call, struct file *file, const struct account *vendor,
                        struct import_catalogue_result *result, struct fault *fault) {
    struct saving saving = {.call = call, .file = file, .vendor_id = vendor->id, .result = result};
    init_map(call, &saving.codes);
    enum status status = save_skus(&saving, fault);
    if (status == STATUS_OK) {
        status = save_components(&saving, fault);
    }
    if (status == STATUS_OK) {
        status = save_links(&saving, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    return audit_write(call, "catalogue.import", identifier_text(call, IDENTIFIER_ACCOUNT, vendor->id),
                       vendor->id,
                       text_format(call->arena, "%lld SKUs, %lld components, %lld and %lld of them new",
                                   (long long)result->skus, (long long)result->components,
                                   (long long)result->skus_added, (long long)result->components_added),
                       fault);
}

enum status import_catalogue(struct call *call, const struct import_catalogue_input *input,
                             struct import_catalogue_result *out, struct import_problems *problems,
                             struct fault *fault) {
    struct file file = {.call = call};
    struct account vendor;
    struct import_catalogue_result result = {0};
    init_map(call, &file.sku_numbers);
    init_map(call, &file.component_numbers);
    init_map(call, &file.link_numbers);
    enum status status = require_any_right(call, RIGHT_CATALOGUE, fault);
    if (status == STATUS_OK) {
        status = read_file(&file, input, problems, fault);
    }
    if (status == STATUS_OK) {
        status = call_begin(call, DB_WRITE, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    result.skus = (int64_t)file.sku_count;
    result.components = (int64_t)file.component_count;
    status = find_vendor(call, text_trim(input->vendor), &vendor, &result.vendor_added, fault);
    if (status == STATUS_OK) {
        status = save(call, &file, &vendor, &result, fault);
    }
    if (status == STATUS_OK) {
        result.vendor = identifier_text(call, IDENTIFIER_ACCOUNT, vendor.id);
        result.vendor_code = vendor.code;
        *out = result;
    }
    return call_end(call, status, fault);
}
