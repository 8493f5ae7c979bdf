/* Importing a vendor's catalogue, in Microsoft's public format or in ours.
 *
 * `csv`:       sku,name[,component_code,component_name], one row per (SKU, component) or per SKU.
 * `microsoft`: the reference table "Product names and service plan identifiers for licensing" as it is
 *              published. The GUID tells SKUs apart, the Service_Plan_Id components; String_Id and
 *              Service_Plan_Name are their codes, of which the first spelling met is kept.
 *
 * Tabs, no-break spaces and runs of blanks count as one blank, and those at the ends as nothing. SKUs may
 * share a String_Id: of those that come new, the first in the order of their GUIDs has it as its code, the
 * next "CODE#2", and so on; a code once given stays. Importing again adds what is new, renames what was
 * renamed, removes nothing.
 *
 * The vendor is found by identifier, code or name; one that is not there is made, with its signed agreement
 * to the distributor. Who may: the operator, the distributor, and the vendor itself. A dry run (struct call)
 * imports, says what has changed, and is rolled back. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_IMPORT_CATALOGUE_H
#define SEATMETER_PROGRAMME_CATALOGUE_IMPORT_CATALOGUE_H

#include "programme/call/call.h"
#include "programme/catalogue/import_problems.h"

struct import_catalogue_input {
    struct text vendor;  /* identifier, code or name */
    struct text format;  /* "microsoft" or "csv"; empty: seen from the header row */
    struct text content; /* the file */
};

enum { CATALOGUE_CHANGES_KEPT_MAX = 1000 };

/* A SKU that is new, gets another name or more components. */
struct catalogue_change {
    bool is_new;
    struct text code;
    struct text name;
    struct text old_name; /* empty: as before */
    int64_t components_added;
};

struct import_catalogue_result {
    struct text vendor; /* acc_…; empty: a dry run would add it */
    struct text vendor_code;
    bool vendor_added;
    int64_t skus; /* in the file */
    int64_t components;
    int64_t skus_added;
    int64_t components_added;
    int64_t renamed;
    int64_t unchanged;                      /* SKUs that were there just so */
    bool dry_run;                           /* nothing was imported */
    const struct catalogue_change *changes; /* of a dry run: the first CATALOGUE_CHANGES_KEPT_MAX, as the file
                                               has them */
    size_t change_count;
};

enum status import_catalogue(struct call *call, const struct import_catalogue_input *input,
                             struct import_catalogue_result *out, struct import_problems *problems,
                             struct fault *fault) MUST_CHECK;

#endif
