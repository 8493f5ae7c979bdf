/* Accounts: adding, editing, listing and showing them, and their logos.
 *
 * A seller adds its buyers: distributors have sub-distributors and providers, providers have customers.
 * Vendors are added by the operator or the distributor. A customer's or vendor's agreement is made and signed
 * with it, with the programme's currency and time zone, unless told otherwise; the others are offered and
 * signed. Whoever may only know the account (its buyer, its vendor) reads name and address alone. */
#ifndef SEATMETER_PROGRAMME_PARTIES_ACCOUNTS_H
#define SEATMETER_PROGRAMME_PARTIES_ACCOUNTS_H

#include "documents/invoice/document.h"
#include "programme/call/call.h"
#include "programme/parties/agreements.h"
#include "store/parties/accounts.h"

enum { ACCOUNT_LOGO_MAX_BYTES = DOCUMENT_LOGO_MAX_BYTES };

/* An account as people read it. */
struct account_view {
    int64_t id;
    struct text identifier; /* acc_… */
    struct text kind;
    struct text code;
    struct text name;
    struct text address;
    struct text country;
    bool in_full;       /* false: what stands below is not the reader's to know, and empty */
    struct text seller; /* acc_…; empty where there is none */
    struct text seller_code;
    struct text tax_number;
    struct text email;
    bool has_logo;
    const struct account *named_to; /* the vendors that read its code and name (R2.17) */
    struct text *named_to_ids;      /* acc_… of each */
    size_t named_to_count;
    int64_t created_at_us;
    int64_t version;
};

struct add_account_input {
    struct text kind;
    struct text name;
    struct text code;    /* empty: made of the name. Letters, digits, "." "_" "-", 1 to 40 */
    struct text seller;  /* empty: the actor's account; the distributor for the operator. None for vendors */
    struct text address; /* lines with "\n" between */
    struct text country; /* ISO 3166-1 alpha-2 */
    struct text tax_number;
    struct text email;
    bool without_agreement;             /* of a customer or vendor */
    struct agreement_terms_input terms; /* of the agreement that is made */
};

/* Faults: "unknown-account-kind", "wrong-seller" (its kind does not sell to this kind), "malformed-code",
 * "code-taken", "missing-field", "malformed-country", "malformed-email", "text-too-long". */
enum status add_account(struct call *call, const struct add_account_input *input, struct account_view *out,
                        struct fault *fault) MUST_CHECK;

/* NULL leaves a thing as it is. The account's own actors and its seller's may edit it; the code, being the
 * seller's name for it, its seller alone (roots: themselves). */
struct edit_account_input {
    struct text account;
    const struct text *code;
    const struct text *name;
    const struct text *address;
    const struct text *country;
    const struct text *tax_number;
    const struct text *email;
    const struct text *logo_png; /* empty text takes the logo away */
    int64_t if_version;
};

/* Faults besides: "stale", "malformed-logo" (document_logo_check). */
enum status edit_account(struct call *call, const struct edit_account_input *input, struct account_view *out,
                         struct fault *fault) MUST_CHECK;

enum status show_account(struct call *call, struct text account, struct account_view *out,
                         struct fault *fault) MUST_CHECK;

/* The logo of an account that the actor may see: PNG bytes, empty where there is none. */
enum status show_account_logo(struct call *call, struct text account, struct text *png,
                              struct fault *fault) MUST_CHECK;

/* Empty texts leave a condition out. */
struct list_accounts_input {
    struct text kind;
    struct text seller;
    struct text code;
    struct page page;
};
struct account_page {
    struct account_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_accounts(struct call *call, const struct list_accounts_input *input,
                          struct account_page *out, struct fault *fault) MUST_CHECK;

#endif
