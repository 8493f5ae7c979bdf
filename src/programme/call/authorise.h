/* Authorise: who the actor is, what it may see and what it may do, and the trail of what it did.
 *
 * Finding a thing comes first (call/lookup_account.h and its neighbours): what the actor may not know of is
 * "not found", and only what it may see, but not change, is "forbidden". The operator and the system may do
 * everything. All of these run inside call_run. */
#ifndef SEATMETER_PROGRAMME_CALL_AUTHORISE_H
#define SEATMETER_PROGRAMME_CALL_AUTHORISE_H

#include "programme/call/call.h"
#include "store/access/users.h"
#include "store/parties/agreements.h"

/* The actor in words for the audit trail and logs: "operator", "system", "user usr_…", "token tok_…". In the
 * call's arena. */
struct text actor_text(const struct call *call);

/* True for the operator and the system. */
bool actor_is_operator(const struct call *call);

/* STATUS_FORBIDDEN "operator-only" with that sentence for anybody but the operator and the system. */
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

/* Whether the actor's account is the account or above it; always true for the operator. Such an actor sees
 * the account in full, and its licences and events without keys. */
enum status actor_is_or_is_above(const struct call *call, int64_t account_id, bool *yes,
                                 struct fault *fault) MUST_CHECK;

/* Whether the actor may see an account at all: besides its own and those below, its seller and the other
 * parties of its own agreements, of which it sees name and address alone. */
enum status actor_may_see_account(const struct call *call, int64_t account_id, bool *yes,
                                  struct fault *fault) MUST_CHECK;

/* The account whose visibility limits a search: the actor's. 0 means the operator, who has no limit. */
int64_t actor_viewer_id(const struct call *call);

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

/* STATUS_STALE "stale" unless `if_version` is 0 or `version`. */
enum status check_version(int64_t if_version, int64_t version, struct fault *fault) MUST_CHECK;

/* Writes the audit entry of a change: audit_write(call, "licence.on", identifier, whose, detail, fault).
 * `subject` is an identifier, `subject_account_id` the account whose thing it is (0: nobody's), `detail` a
 * few plain words that both the actor's account and the subject's may read. */
enum status audit_write(const struct call *call, const char *action, struct text subject,
                        int64_t subject_account_id, struct text detail, struct fault *fault) MUST_CHECK;

#endif
