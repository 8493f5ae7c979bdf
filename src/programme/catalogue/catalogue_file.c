#include "programme/catalogue/catalogue_file.h"

#include "core/base/csv.h"
#include "programme/call/seeded_map.h"
#include "programme/call/validate.h"
#include "programme/catalogue/catalogue.h"
#include "programme/catalogue/import_rows.h"

#include <assert.h>

enum { GUID_BYTES = 36, ROWS_MAX = 1000000 };

/* The index of each column; -1 where the file has none. */
struct columns {
    int key, code, name, component_key, component_code, component_name;
};

static size_t blank_length(struct text t, size_t at) {
    unsigned char c = (unsigned char)t.at[at];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        return 1;
    }
    return c == 0xC2 && at + 1 < t.length && (unsigned char)t.at[at + 1] == 0xA0 ? 2 : 0;
}

/* The text with each run of white space as one blank, and none at its ends. */
static struct text plain_text(struct arena *arena, struct text t) {
    char *made = ARENA_NEW(arena, char, t.length);
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
    struct text word = plain_text(arena, given);
    char *lower = ARENA_NEW(arena, char, GUID_BYTES);
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

static enum status read_sku(struct catalogue_file *file, const struct csv_row *row,
                            const struct columns *columns, struct file_sku *sku, struct fault *fault) {
    struct arena *arena = file->call->arena;
    const char *code_field = file->microsoft ? "String_Id" : "sku";
    const char *name_field = file->microsoft ? "Product_Display_Name" : "name";
    struct text code = plain_text(arena, field_of(row, columns->code));
    struct text name = plain_text(arena, field_of(row, columns->name));
    TRY(check_required_line(code, code_field, SKU_CODE_MAX_BYTES, &sku->code, fault));
    TRY(sku_code_check(file->call, sku->code, code_field, fault));
    TRY(check_required_line(name, name_field, SKU_NAME_MAX_BYTES, &sku->name, fault));
    sku->key = text_fold(arena, sku->code);
    return file->microsoft ? read_guid(arena, field_of(row, columns->key), "GUID", &sku->key, fault)
                           : STATUS_OK;
}

/* Adds the SKU of the row, unless an earlier row has. A row of our own format that contradicts that one is
 * refused. */
static enum status take_sku(struct catalogue_file *file, const struct csv_row *row,
                            const struct columns *columns, size_t *number, struct fault *fault) {
    struct file_sku sku = {0};
    TRY(read_sku(file, row, columns, &sku, fault));
    int64_t known = text_map_get(&file->sku_numbers, sku.key);
    if (known >= 0 && !file->microsoft && !text_equal(file->skus[known].name, sku.name)) {
        return fault_set(fault, STATUS_INVALID, "row-differs", "name", sku.name,
                         "%.*s was named \"%.*s\" in an earlier row: name it alike in both.",
                         TEXT_ARGS(sku.code), TEXT_ARGS(file->skus[known].name));
    }
    if (known < 0) {
        known = (int64_t)file->sku_count;
        file->skus = arena_grow(file->call->arena, file->skus, file->sku_count, &file->sku_capacity,
                                sizeof *file->skus);
        file->skus[file->sku_count++] = sku;
        text_map_put(&file->sku_numbers, sku.key, known);
    }
    *number = (size_t)known;
    assert(*number < file->sku_count);
    return STATUS_OK;
}

/* The component that the row names; `*has` is false where it names none. */
static enum status read_component(struct catalogue_file *file, const struct csv_row *row,
                                  const struct columns *columns, bool *has, struct file_component *component,
                                  struct fault *fault) {
    struct arena *arena = file->call->arena;
    const char *code_field = file->microsoft ? "Service_Plan_Name" : "component_code";
    const char *name_field = file->microsoft ? "Service_Plans_Included_Friendly_Names" : "component_name";
    struct text code = plain_text(arena, field_of(row, columns->component_code));
    struct text name = plain_text(arena, field_of(row, columns->component_name));
    struct text key = file->microsoft ? plain_text(arena, field_of(row, columns->component_key)) : code;
    *has = key.length > 0 || code.length > 0 || name.length > 0;
    if (!*has) {
        return STATUS_OK;
    }
    TRY(check_required_line(code, code_field, SKU_CODE_MAX_BYTES, &component->code, fault));
    TRY(check_line(name, name_field, SKU_NAME_MAX_BYTES, &component->name, fault));
    component->key = component->code;
    if (component->name.length == 0) {
        component->name = component->code;
    }
    return file->microsoft ? read_guid(arena, key, "Service_Plan_Id", &component->key, fault) : STATUS_OK;
}

static size_t add_component(struct catalogue_file *file, const struct file_component *component) {
    int64_t known = text_map_get(&file->component_numbers, component->key);
    if (known < 0) {
        known = (int64_t)file->component_count;
        file->components = arena_grow(file->call->arena, file->components, file->component_count,
                                      &file->component_capacity, sizeof *file->components);
        file->components[file->component_count++] = *component;
        text_map_put(&file->component_numbers, component->key, known);
    }
    assert((size_t)known < file->component_count);
    return (size_t)known;
}

static void add_link(struct catalogue_file *file, size_t sku, size_t component) {
    uint32_t number = (uint32_t)file->link_count;
    if (id_map_put(&file->link_numbers, (int64_t)sku, (int64_t)component, number) != number) {
        return;
    }
    file->links = arena_grow(file->call->arena, file->links, file->link_count, &file->link_capacity,
                             sizeof *file->links);
    file->links[file->link_count++] = (struct file_link){sku, component};
}

/* A file while its rows come. */
struct reading {
    struct catalogue_file *file;
    struct columns columns;
};

static enum status take_row(void *context, const struct csv_row *row, struct fault *fault) {
    struct reading *reading = context;
    struct catalogue_file *file = reading->file;
    struct file_component component = {0};
    size_t sku = 0;
    bool has_component = false;
    TRY(take_sku(file, row, &reading->columns, &sku, fault));
    TRY(read_component(file, row, &reading->columns, &has_component, &component, fault));
    if (has_component) {
        add_link(file, sku, add_component(file, &component));
    }
    return STATUS_OK;
}

static enum status find_own_columns(const struct csv_row *header, struct columns *columns,
                                    struct fault *fault) {
    *columns = (struct columns){.key = -1,
                                .component_key = -1,
                                .component_code = csv_column(header, "component_code"),
                                .component_name = csv_column(header, "component_name")};
    const struct text names[] = {TEXT("sku"), TEXT("name"), TEXT("component_code"), TEXT("component_name")};
    TRY(csv_column_require(header, "sku", &columns->code, fault));
    TRY(csv_column_require(header, "name", &columns->name, fault));
    return csv_columns_allow(header, names, sizeof names / sizeof names[0], fault);
}

static enum status find_microsoft_columns(const struct csv_row *header, struct columns *columns,
                                          struct fault *fault) {
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
        TRY(csv_column_require(header, wanted[i].name, wanted[i].column, fault));
    }
    return STATUS_OK;
}

static enum status find_columns(struct catalogue_file *file, struct text format, const struct csv_row *header,
                                struct columns *columns, struct fault *fault) {
    file->microsoft = text_is(format, "microsoft") || (format.length == 0 && csv_column(header, "GUID") >= 0);
    if (format.length > 0 && !file->microsoft && !text_is(format, "csv")) {
        return fault_set(fault, STATUS_INVALID, "unknown-format", "format", format,
                         "\"%.*s\" is no format of a catalogue: say microsoft or csv.", TEXT_ARGS(format));
    }
    return file->microsoft ? find_microsoft_columns(header, columns, fault)
                           : find_own_columns(header, columns, fault);
}

enum status catalogue_file_read(struct call *call, struct text content, struct text format,
                                struct catalogue_file *file, struct import_problems *problems,
                                struct fault *fault) {
    struct reading reading = {.file = file};
    struct csv_reader reader;
    struct csv_row header;
    *file = (struct catalogue_file){.call = call};
    seeded_map_init(call, &file->sku_numbers);
    seeded_map_init(call, &file->component_numbers);
    id_map_init(&file->link_numbers, call->arena, 64);
    csv_open(&reader, call->arena, content);
    reader.limits.rows_max = ROWS_MAX;
    TRY(csv_read_header(&reader, &header, fault));
    TRY(find_columns(file, format, &header, &reading.columns, fault));
    TRY(import_rows(&reader, take_row, &reading, problems, fault));
    return import_problems_result(problems, fault);
}
