/* Account create: what init_programme, add_account and import_catalogue share.
 *
 * That is the checks of an account's own details, its code and label, and the insert with its audit entry.
 * Inside a write call; nothing is authorised. */
#ifndef SEATMETER_PROGRAMME_PARTIES_ACCOUNT_CREATE_H
#define SEATMETER_PROGRAMME_PARTIES_ACCOUNT_CREATE_H

#include "programme/call/call.h"
#include "store/parties/accounts.h"

struct account_details {
    struct text name;
    struct text code; /* empty: made of the name */
    struct text address;
    struct text country;
    struct text tax_number;
    struct text email;
};

/* Trims, checks and normalises all but the code. */
enum status account_details_check(struct call *call, struct account_details *details,
                                  struct fault *fault) MUST_CHECK;

/* STATUS_OK where the seller has given the code to no other account than `account_id` (0: to none), now or
 * before; else "code-taken". */
enum status account_code_require_free(struct call *call, int64_t seller_id, int64_t account_id,
                                      struct text code, struct fault *fault) MUST_CHECK;

/* Inserts a new account below `seller` (NULL: a vendor or the distributor). Faults "malformed-code",
 * "reserved-code" and "code-taken". */
enum status account_create(struct call *call, enum account_kind kind, const struct account *seller,
                           struct account_details details, struct account *account,
                           struct fault *fault) MUST_CHECK;

#endif
