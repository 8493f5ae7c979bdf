/* Authorise: finding a thing by the name that somebody gave it, within what the asker may know of, and
 * whether the asker may do something to it.
 *
 * What is not the asker's to know of is "not found", word for word as if it were not there; only what it may
 * see, but not change, is "forbidden". The operator and the system may everything. All of these run inside
 * call_begin and call_end. */
#ifndef SEATMETER_PROGRAMME_CALL_AUTHORISE_H
#define SEATMETER_PROGRAMME_CALL_AUTHORISE_H

#include "programme/call/call.h"
#include "store/access/users.h"
#include "store/catalogue/skus.h"
#include "store/parties/accounts.h"
#include "store/parties/agreements.h"

/* Who acts, for the audit trail and logs: "operator", "system", "user usr_…", "token tok_…", in the call's
 * arena. */
struct text actor_text(const struct call *call);

/* True for the operator and the system. */
bool actor_is_operator(const struct call *call);

/* STATUS_FORBIDDEN "operator-only" with that sentence for anybody else than those. */
enum status require_operator(const struct call *call, const char *sentence, struct fault *fault) MUST_CHECK;

/* The rights of a role, bits of enum right. */
unsigned role_rights(enum role role);

/* Every right with its word, which is also the scope of a token. */
enum { RIGHT_COUNT = 8 };
struct right_word {
    enum right right;
    const char *word;
};
extern const struct right_word RIGHT_WORDS[RIGHT_COUNT];

/* Rights as the words of enum right with blanks between, and back; fault "unknown-scope". */
struct text rights_text(struct arena *arena, unsigned rights);
enum status rights_parse(struct text words, const char *field, unsigned *rights,
                         struct fault *fault) MUST_CHECK;

/* An identifier as text in the call's arena: identifier_text(call, IDENTIFIER_LICENCE, id) is "lic_…". */
struct text identifier_text(const struct call *call, enum identifier_kind kind, int64_t id);

/* Whether the actor's account is the account or above it; always true for the operator. What it gives: the
 * account in full, and its licences and events without keys. */
enum status actor_is_or_is_above(const struct call *call, int64_t account_id, bool *yes,
                                 struct fault *fault) MUST_CHECK;

/* Whether the actor may see an account at all: besides those, its seller and the other parties of its own
 * agreements (name and address alone). */
enum status actor_may_see_account(const struct call *call, int64_t account_id, bool *yes,
                                  struct fault *fault) MUST_CHECK;

/* Whether the actor acts for `account_id` itself: always true for the operator. */
bool actor_is(const struct call *call, int64_t account_id);

/* Whether the actor's account is a party of the edge; always true for the operator. */
bool actor_is_party(const struct call *call, const struct agreement *agreement);

/* The actor must have the right; fault "right-missing" (STATUS_FORBIDDEN) names it. */
enum status require_any_right(const struct call *call, enum right right, struct fault *fault) MUST_CHECK;

/* The actor must act for this very account and have the right: what is a provider's to change, nobody above
 * it changes. Faults "right-missing" and "not-yours" (STATUS_FORBIDDEN). For reading what accounts above may
 * see too, use actor_is_or_is_above. */
enum status require_right(const struct call *call, int64_t account_id, enum right right,
                          struct fault *fault) MUST_CHECK;

/* The account of an identifier or a code. STATUS_NOT_FOUND "unknown-account"; a code that several accounts
 * have which the actor may see is "ambiguous-code"; no word at all is "missing-field". */
enum status find_account(const struct call *call, struct text word, const char *field,
                         struct account *account, struct fault *fault) MUST_CHECK;

/* The same, where no word means the actor's own account, and for the operator the distributor. */
enum status find_account_or_own(const struct call *call, struct text word, const char *field,
                                struct account *account, struct fault *fault) MUST_CHECK;

/* find_account_or_own, and require_right on it. */
enum status find_account_with_right(const struct call *call, struct text word, const char *field,
                                    enum right right, struct account *account,
                                    struct fault *fault) MUST_CHECK;

/* The SKU of an identifier or a code: "unknown-sku", "ambiguous-code". */
enum status find_sku(const struct call *call, struct text word, const char *field, struct sku *sku,
                     struct fault *fault) MUST_CHECK;

/* The same with the eyes of a seller that the actor acts for: what that account may know of. For the
 * operator, to whom a code may be ambiguous that is not so to the seller. */
enum status find_sku_of_seller(const struct call *call, int64_t seller_id, struct text word,
                               const char *field, struct sku *sku, struct fault *fault) MUST_CHECK;

/* An agreement by its identifier, or, where that is empty, by its seller and buyer (the one that is not
 * terminated). Only its parties find it: "unknown-agreement". Finding says nothing of rights: use
 * require_right with its seller_id or buyer_id. */
struct agreement_words {
    struct text identifier;
    struct text seller;
    struct text buyer;
};
enum status find_agreement(const struct call *call, struct agreement_words words, struct agreement *agreement,
                           struct fault *fault) MUST_CHECK;

/* STATUS_STALE "stale" unless `if_version` is 0 or `version`. */
enum status check_version(int64_t if_version, int64_t version, struct fault *fault) MUST_CHECK;

/* Writes the audit entry of a change: audit_write(call, "licence.on", identifier, whose, detail, fault).
 * `subject` is an identifier, `subject_account_id` the account whose thing it is (0: nobody's), `detail` a
 * few plain words that both the actor's account and the subject's may read. */
enum status audit_write(const struct call *call, const char *action, struct text subject,
                        int64_t subject_account_id, struct text detail, struct fault *fault) MUST_CHECK;

#endif
