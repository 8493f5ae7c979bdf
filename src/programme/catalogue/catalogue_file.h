/* Catalogue file: a vendor's catalogue as its file says it, each SKU, component and link of the two once.
 *
 * The two formats are told in import_catalogue.h. Nothing here reads or writes the store. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_CATALOGUE_FILE_H
#define SEATMETER_PROGRAMME_CATALOGUE_CATALOGUE_FILE_H

#include "core/base/id_map.h"
#include "core/base/text_map.h"
#include "programme/call/call.h"
#include "programme/catalogue/import_problems.h"

/* `key` is what tells a SKU or component apart: the GUID in Microsoft's format, the code in ours. */
struct file_sku {
    struct text key;
    struct text code;
    struct text name;
    int64_t id; /* in the store; 0 until it is known or inserted there */
    bool is_new;
    struct text old_name; /* in the store, where it is another */
    int64_t links_added;
};
struct file_component {
    struct text key;
    struct text code;
    struct text name;
    int64_t id;
};

/* The component is part of the SKU; both by their index. */
struct file_link {
    size_t sku;
    size_t component;
};

struct catalogue_file {
    struct call *call;
    bool microsoft;              /* whose format it has */
    struct text_map sku_numbers; /* key to index */
    struct text_map component_numbers;
    struct id_map link_numbers;
    struct file_sku *skus;
    size_t sku_count, sku_capacity;
    struct file_component *components;
    size_t component_count, component_capacity;
    struct file_link *links;
    size_t link_count, link_capacity;
};

/* Reads the whole file and notes every bad row; with one, the fault is that of import_problems_result.
 * `format` is "microsoft", "csv" or empty, which is seen from the header row. Faults besides:
 * "unknown-format" and those of the header. */
enum status catalogue_file_read(struct call *call, struct text content, struct text format,
                                struct catalogue_file *file, struct import_problems *problems,
                                struct fault *fault) MUST_CHECK;

#endif
