/* Lookup account: accounts by the word that somebody gave, an identifier or a code.
 *
 * The actor may know of its own account, of those above and below it, of its seller and of the other parties
 * of its agreements (R2.2). The operator may know of all. Faults of every lookup: "missing-field" for no
 * word, STATUS_NOT_FOUND "unknown-account", and "ambiguous-code" for a code that several accounts have which
 * the actor may know of. */
#ifndef SEATMETER_PROGRAMME_CALL_LOOKUP_ACCOUNT_H
#define SEATMETER_PROGRAMME_CALL_LOOKUP_ACCOUNT_H

#include "programme/call/authorise.h"
#include "store/parties/accounts.h"

/* An account that the actor may know of. */
enum status find_account(const struct call *call, struct text word, const char *field,
                         struct account *account, struct fault *fault) MUST_CHECK;

/* An account that the actor may know of; no word means the actor's own, and for the operator the distributor.
 */
enum status find_account_or_own(const struct call *call, struct text word, const char *field,
                                struct account *account, struct fault *fault) MUST_CHECK;

/* find_account_or_own, and require_right on what it found. */
enum status find_account_with_right(const struct call *call, struct text word, const char *field,
                                    enum right right, struct account *account,
                                    struct fault *fault) MUST_CHECK;

/* Whether a file's word is that account: its identifier, a code that it has or had (exports go by its first),
 * or a path. */
enum status account_is_called(const struct call *call, int64_t account_id, struct text word, bool *yes,
                              struct fault *fault) MUST_CHECK;

/* The id of the account that a list's condition names; no word is no condition, and the id 0. */
enum status find_account_condition(const struct call *call, struct text word, const char *field,
                                   int64_t *account_id, struct fault *fault) MUST_CHECK;

/* An account at or below the actor's own. What it knows of beside those is "unknown-account" all the same,
 * because that one's licences are none of its business. */
enum status find_account_below(const struct call *call, struct text word, const char *field,
                               struct account *account, struct fault *fault) MUST_CHECK;

/* The buyer of the agreement, or an account below it. Fault "not-below-buyer". */
enum status find_customer_below(const struct call *call, const struct agreement *agreement, struct text word,
                                struct account *customer, struct fault *fault) MUST_CHECK;

/* A customer whose seller the provider is. The provider's own names go first: its customer ACME is meant, not
 * somebody else's. Fault "not-a-customer". */
enum status find_customer_of(const struct call *call, int64_t provider_id, struct text word,
                             struct account *customer, struct fault *fault) MUST_CHECK;

/* An end customer at or below an account (0: anywhere), whose names go first. Only where no customer has the
 * code another account is found by it: the caller checks the kind. */
enum status find_end_customer(const struct call *call, int64_t within_id, struct text word,
                              struct account *customer, struct fault *fault) MUST_CHECK;

/* A customer whose seller the actor must act for, with the right to its licences. Faults "not-a-customer",
 * "right-missing", "not-yours". */
enum status find_customer_to_licence(const struct call *call, struct text word, struct account *customer,
                                     struct fault *fault) MUST_CHECK;

#endif
